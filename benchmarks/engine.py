"""What the bulk commands cost on a runpack of an incident's size."""

import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.measure import GAIT, PYTHON, ROOT, Spent, by_turns, spend, told, usual
from benchmarks.table import Row

_MEMBERS: Final = ("intents.jsonl", "results.jsonl")
_FLOORS: Final = str(ROOT / "benchmarks" / "floors.py")
_INSIDE: Final = (PYTHON, "-m", "benchmarks.inside")
_PIECE: Final = 1 << 20
_DIFFERENT: Final = 2
_BAR_CALLS: Final = 100_000
"""What the bars are for: in smaller runs the start of the command weighs more."""
_MAKE: Final = """\
import sys
from pathlib import Path
from benchmarks.incident import recording
Path(sys.argv[1]).write_bytes(recording(int(sys.argv[2]), seed=sys.argv[3]))
"""


class Corpus(NamedTuple):
    """Two runs of which every record differs; members lie unpacked beside the runpacks."""

    folder: Path
    input: Path
    left: tuple[str, ...]
    right: tuple[str, ...]
    packed: tuple[str, ...]
    """The members of the left run as raw deflate streams."""


def rows(folder: Path, calls: int, rounds: int) -> Iterator[Row]:
    """Measure every bulk command and its floor on runs of so many calls."""
    corpus = make_corpus(folder, calls)
    yield from _rates(corpus)
    has_bars = calls >= _BAR_CALLS
    for row in _command_rows(corpus, calls, rounds):
        yield row if has_bars else row._replace(limit=0, peak_limit=0)


def _command_rows(corpus: Corpus, calls: int, rounds: int) -> Iterator[Row]:
    cost = {name: usual(runs) for name, runs in by_turns(_jobs(corpus), rounds).items()}
    start = cost["verify demo"].cpu - cost["python"].cpu
    size = f"{calls:,} calls"
    for name, floor in (("verify", "hash"), ("verify deflated", "inflate")):
        least = cost[floor].cpu + start
        yield _row(f"{name}, {size}", cost[name], floor, least, limit=1.25, peak_limit=64)
    for name, floor, limit, peak_limit in (
        ("run inspect", "decode", 3, 0),
        ("run replay", "decode", 3, 0),
        ("run diff", "decode both", 2, 400),
        ("run record", "decode", 3, 0),
    ):
        least = cost[floor].cpu
        yield _row(f"{name}, {size}", cost[name], floor, least, limit=limit, peak_limit=peak_limit)
    name = f"run record, {size}, against its input"
    yield _row(name, cost["run record"], "decode input", cost["decode input"].cpu)


def make_corpus(folder: Path, calls: int) -> Corpus:
    """Record both runs and unpack them; in processes of their own, so that this one stays small."""
    for seed in ("left", "right"):
        given = folder / f"{seed}.json"
        spend((PYTHON, "-c", _MAKE, str(given), str(calls), seed), ROOT)
        spend(_record(given, folder / "gait-out", seed), folder)
    left, right = (_unpacked(folder, seed) for seed in ("left", "right"))
    _deflate(folder / "deflated.zip", folder / "gait-out" / "runpack_left.zip")
    packed = tuple(_packed(Path(path)) for path in left)
    return Corpus(folder, folder / "left.json", left, right, packed)


def _jobs(corpus: Corpus) -> dict[str, Callable[[], Spent]]:
    run = partial(spend, folder=corpus.folder)
    return {
        "python": partial(run, (PYTHON, "-c", "pass")),
        "verify demo": partial(run, (*GAIT, "verify", str(_demo(corpus.folder)), "--json")),
        "hash": partial(run, (PYTHON, _FLOORS, "hash", *corpus.left)),
        "verify": partial(run, (*GAIT, "verify", "left", "--json")),
        "inflate": partial(run, (PYTHON, _FLOORS, "inflate", *corpus.packed)),
        "verify deflated": partial(run, (*GAIT, "verify", "deflated.zip", "--json")),
        "decode": partial(_told, "decode_runpacks", *corpus.left),
        "run inspect": partial(run, (*GAIT, "run", "inspect", "left", "--json")),
        "run replay": partial(run, (*GAIT, "run", "replay", "left", "--json")),
        "decode both": partial(_told, "decode_runpacks", *corpus.left, *corpus.right),
        "run diff": partial(
            run, (*GAIT, "run", "diff", "left", "right", "--json"), exit_code=_DIFFERENT
        ),
        "decode input": partial(_told, "decode_input", str(corpus.input)),
        "run record": partial(_record_anew, corpus),
    }


def _rates(corpus: Corpus) -> Iterator[Row]:
    yield Row("SHA-256", told((*_INSIDE, "hash_rate", *corpus.left), ROOT), "MB/s")
    yield Row("inflate", told((*_INSIDE, "inflate_rate", *corpus.packed), ROOT), "MB/s")


def _row(
    what: str,
    spent: Spent,
    floor_name: str,
    floor: float,
    *,
    limit: float = 0,
    peak_limit: float = 0,
) -> Row:
    return Row(
        what,
        spent.cpu * 1000,
        "ms CPU",
        floor * 1000,
        floor_name,
        limit,
        wall=spent.wall * 1000,
        peak=spent.peak_mib,
        peak_limit=peak_limit,
    )


def _told(figure: str, *paths: str) -> Spent:
    return Spent(told((*_INSIDE, figure, *paths), ROOT), 0.0, 0.0)


def _record(given: Path, out_dir: Path, run_id: str) -> tuple[str, ...]:
    options = ("--out-dir", str(out_dir), "--run-id", run_id, "--json")
    return (*GAIT, "run", "record", "--input", str(given), *options)


def _record_anew(corpus: Corpus) -> Spent:
    """Record into an empty folder: to replace a file costs the freeing of the old one."""
    out_dir = corpus.folder / "anew"
    spent = spend(_record(corpus.input, out_dir, "anew"), corpus.folder)
    shutil.rmtree(out_dir)
    return spent


def _demo(folder: Path) -> Path:
    demo = folder / "demo"
    demo.mkdir()
    spend((*GAIT, "demo", "--json"), demo)
    return demo / "gait-out" / "runpack_run_demo.zip"


def _unpacked(folder: Path, run_id: str) -> tuple[str, ...]:
    with zipfile.ZipFile(folder / "gait-out" / f"runpack_{run_id}.zip") as archive:
        return tuple(archive.extract(name, folder / run_id) for name in _MEMBERS)


def _deflate(target: Path, stored: Path) -> None:
    """Write a runpack anew with deflated members, as the peer does."""
    with (
        zipfile.ZipFile(stored) as source,
        zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for name in source.namelist():
            with source.open(name) as member, packed.open(name, "w") as copy:
                shutil.copyfileobj(member, copy, _PIECE)


def _packed(path: Path) -> str:
    target = path.with_suffix(".deflate")
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    with path.open("rb") as source, target.open("wb") as packed:
        while piece := source.read(_PIECE):
            packed.write(packer.compress(piece))
        packed.write(packer.flush())
    return str(target)
