"""What a command costs that has little to do: its start."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.incident import recording
from benchmarks.measure import GAIT, PYTHON, ROOT, Spent, by_turns, spend, told, usual
from benchmarks.table import Row

DEMO: Final = "gait-out/runpack_run_demo.zip"
_SMALL_CALLS: Final = 40
_BARS: Final = {"version": 1.5, "verify, demo run": 7.0}


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """Measure short commands in an empty folder, and verification without any start."""
    (folder / "small.json").write_bytes(recording(_SMALL_CALLS))
    jobs = _jobs(folder)
    by_turns(jobs, 1)  # the first run may compile
    cost = {name: usual(runs) for name, runs in by_turns(jobs, rounds).items()}
    floor = cost["python -c pass"]
    yield _row("python -c pass", floor)
    for name in jobs:
        if cost[name] is not floor:
            yield _row(name, cost[name], floor.cpu * 1000, _BARS.get(name, 0.0))
    inside = (PYTHON, "-m", "benchmarks.inside")
    demo = str(folder / DEMO)
    yield Row(
        "verify, demo run, per call of the Python API",
        told((*inside, "verify_calls", demo), ROOT),
        "us CPU",
        told((*inside, "read_and_hash_calls", demo), ROOT),
        "read, hash",
    )


def _jobs(folder: Path) -> dict[str, Callable[[], Spent]]:
    record = ("run", "record", "--input", "small.json", "--json")
    commands = {
        "python -c pass": (PYTHON, "-c", "pass"),
        "version": (*GAIT, "version"),
        "demo": (*GAIT, "demo", "--json"),
        "verify, demo run": (*GAIT, "verify", "run_demo", "--json"),
        f"run record, {_SMALL_CALLS} calls": (*GAIT, *record),
    }
    return {name: partial(spend, argv, folder) for name, argv in commands.items()}


def _row(name: str, spent: Spent, floor: float = 0.0, limit: float = 0.0) -> Row:
    return Row(
        name, spent.cpu * 1000, "ms CPU", floor, "python", limit, wall=spent.wall * 1000,
        peak=spent.peak_mib,
    )  # fmt: skip
