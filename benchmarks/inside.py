"""What is measured inside a process: `python -m benchmarks.inside FIGURE PATH...` prints a number.

Only the work itself is timed, neither start-up nor the reading of files.
"""

import sys
import time
from collections.abc import Callable
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from benchmarks.floors import inflated

_REPETITIONS: Final = 300


class Header(Struct, kw_only=True):
    """What every record may say of itself."""

    schema_id: str = ""
    schema_version: str = ""
    created_at: str = ""
    producer_version: str = ""
    run_id: str = ""
    intent_id: str = ""


class Intent(Header, kw_only=True):
    """An intent with its arguments decoded."""

    tool_name: str = ""
    args_digest: str = ""
    args: dict[str, Any] = {}


class Result(Header, kw_only=True):
    """A result with its payload decoded."""

    status: str = ""
    result_digest: str = ""
    result: dict[str, Any] = {}


class RecordInput(Struct):
    """What `run record` reads."""

    run: dict[str, Any]
    intents: list[Intent]
    results: list[Result]


def decode_runpacks(paths: list[str]) -> float:
    """Return the CPU seconds of one typed decode: intents, results, and so on by turns."""
    texts = [Path(path).read_bytes() for path in paths]
    kinds: list[type[Struct]] = [Intent, Result] * (len(texts) // 2)
    decoders = [msgspec.json.Decoder(kind) for kind in kinds]
    return _cpu_seconds(
        lambda: [decoder.decode_lines(text) for decoder, text in zip(decoders, texts, strict=True)]
    )


def decode_input(paths: list[str]) -> float:
    """Return the CPU seconds of one typed decode of what `run record` reads."""
    text = Path(paths[0]).read_bytes()
    return _cpu_seconds(lambda: msgspec.json.decode(text, type=RecordInput))


def hash_rate(paths: list[str]) -> float:
    """Return how many MB a second SHA-256 digests."""
    data = b"".join(Path(path).read_bytes() for path in paths)
    return len(data) / 1e6 / _cpu_seconds(lambda: sha256(data).digest())


def inflate_rate(paths: list[str]) -> float:
    """Return how many MB a second come out of raw deflate streams."""
    sizes: list[int] = []
    pieces = chain.from_iterable(map(inflated, paths))
    seconds = _cpu_seconds(lambda: sizes.extend(map(len, pieces)))
    return sum(sizes) / 1e6 / seconds


def verify_calls(paths: list[str]) -> float:
    """Return the CPU microseconds of one `verify` call of the Python API."""
    from gait_engine.api.verify import verify
    from gait_engine.host import Host

    host = Host()
    return _microseconds(lambda: verify(paths[0], host=host))


def read_and_hash_calls(paths: list[str]) -> float:
    """Return the CPU microseconds of reading a file and digesting its bytes."""
    return _microseconds(lambda: sha256(Path(paths[0]).read_bytes()).hexdigest())


def _cpu_seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    kept = work()
    seconds = time.process_time() - started
    del kept  # freeing it is not part of the work
    return seconds


def _microseconds(work: Callable[[], object]) -> float:
    work()  # loads what is loaded on first use
    return _cpu_seconds(lambda: [work() for _ in range(_REPETITIONS)]) / _REPETITIONS * 1e6


_FIGURES: Final = {
    function.__name__: function
    for function in (
        decode_runpacks,
        decode_input,
        hash_rate,
        inflate_rate,
        verify_calls,
        read_and_hash_calls,
    )
}

if __name__ == "__main__":
    print(_FIGURES[sys.argv[1]](sys.argv[2:]))
