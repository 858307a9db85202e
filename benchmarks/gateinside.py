"""What the gate costs inside a process: `python -m benchmarks.gateinside FIGURE FOLDER`."""

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

_REPETITIONS: Final = 3_000
_FEW: Final = 5


def sign(folder: Path) -> float:
    """Return the median µs of one Ed25519 signature over a digest."""
    del folder
    from gait_engine.crypto.keys import generate_key
    from gait_engine.crypto.sign import sign_digest
    from gait_engine.host import Host

    key = generate_key(Host())
    return _median(lambda: sign_digest("ab" * 32, key), _REPETITIONS) * 1e6


def decide(folder: Path) -> float:
    """Return the median µs to evaluate, digest and sign an intent that has been read."""
    from gait_engine.crypto.keys import generate_key
    from gait_engine.crypto.sign import sign_digest
    from gait_engine.gate.circumstances import Circumstances
    from gait_engine.gate.evaluate import evaluate
    from gait_engine.gate.intent import args_digest, intent_digest, read_intent
    from gait_engine.gate.policy import load
    from gait_engine.gate.prepare import prepared
    from gait_engine.host import Host
    from gait_engine.wire.timestamps import from_ns

    host = Host()
    policy = load(str(folder / "policy.yaml"), host=host)
    intent = read_intent(str(folder / "intent.json"), host=host)
    key = generate_key(host)

    def once() -> None:
        bare = prepared(intent)
        evaluate(policy, bare, Circumstances(from_ns(host.now_ns())))
        args_digest(bare)
        sign_digest(intent_digest(bare), key)

    return _median(once, _REPETITIONS) * 1e6


def wide_intent(folder: Path) -> float:
    """Return the median seconds to read, normalise and digest the wide intent."""
    from gait_engine.gate.intent import intent_digest, read_intent
    from gait_engine.host import Host

    host, path = Host(), str(folder / "wide.json")
    return _median(lambda: intent_digest(read_intent(path, host=host)), _FEW)


def read_wide_intent(folder: Path) -> float:
    """Return the median seconds of the standard library's decoder for the same text."""
    text = (folder / "wide.json").read_bytes()
    return _median(lambda: json.loads(text), _FEW)


def wide_policy(folder: Path) -> float:
    """Return the median seconds to load and digest the wide policy."""
    from gait_engine.gate.policy import load
    from gait_engine.gate.policydigest import policy_digest
    from gait_engine.host import Host

    host, path = Host(), str(folder / "wide.yaml")
    return _median(lambda: policy_digest(load(path, host=host)), _FEW)


def read_wide_policy(folder: Path) -> float:
    """Return the median seconds of libyaml's own parser for the same text."""
    import yaml

    text = (folder / "wide.yaml").read_bytes()
    return _median(lambda: list(yaml.parse(text, Loader=yaml.CSafeLoader)), _FEW)


def _median(work: Callable[[], object], repetitions: int) -> float:
    work()  # loads what is loaded on first use
    spans = []
    for _ in range(repetitions):
        started = time.process_time_ns()
        work()
        spans.append(time.process_time_ns() - started)
    return statistics.median(spans) / 1e9


_FIGURES: Final = {
    figure.__name__: figure
    for figure in (sign, decide, wide_intent, read_wide_intent, wide_policy, read_wide_policy)
}

if __name__ == "__main__":
    print(_FIGURES[sys.argv[1]](Path(sys.argv[2])))
