"""What many runpacks cost: `scout signal` and `report top` over a folder of them."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measure import GAIT, PYTHON, ROOT, Spent, by_turns, figures, spend, usual
from benchmarks.table import Row

FEW: Final = 500
_MANY: Final = 10_000
_QUICK_MANY: Final = 2_000
_RATIO: Final = 1.5
_PEAK_MIB: Final = 150
_SPEED_UP: Final = 1.6
"""What two workers promise on two idle processors."""
_PARENT_SHARE: Final = 2 / _SPEED_UP - 1
"""The most work that two workers may leave to their parent and keep that promise."""
_INSIDE: Final = (PYTHON, "-m", "benchmarks.scoutinside")


def rows(folder: Path, rounds: int, *, quick: bool) -> Iterator[Row]:
    """Measure both commands; the memory bar holds for the whole ten thousand."""
    many = _QUICK_MANY if quick else _MANY
    for name, count in (("one", 1), ("few", FEW), ("many", many)):
        corpus = str(folder / name / "gait-out")
        spend((PYTHON, "-m", "benchmarks.packcorpus", corpus, str(count)), ROOT)
    floors = figures((*_INSIDE, "by_turns", str(folder / "few")), ROOT)
    yield from _step_rows(*floors)
    cost = {name: usual(runs) for name, runs in by_turns(_jobs(folder), rounds).items()}
    least = cost["signal one"].cpu, floors[0] / 1e6
    yield _row(f"scout signal, {FEW:,} runpacks", cost["signal few"], *least, FEW)
    for name in ("scout signal", "report top"):
        row = _row(f"{name}, {many:,} runpacks", cost[f"{name.split()[1]} many"], *least, many)
        yield row._replace(peak_limit=_PEAK_MIB * (not quick))
    yield from _worker_rows(folder, cost, many)


def _step_rows(opened: float, scanned: float, plain: float) -> Iterator[Row]:
    """Show what is done for each runpack: by us, by our own reader alone, by anybody's."""
    yield Row("scout signal, each runpack", scanned, "µs", opened, "open, decode", _RATIO)
    yield Row("open, hash, decode a runpack", opened, "µs", plain, "stdlib")


def _worker_rows(folder: Path, cost: dict[str, Spent], many: int) -> Iterator[Row]:
    one, two = cost["signal many"].wall * 1000, cost["two workers"].wall * 1000
    what = f"scout signal, {many:,} runpacks, two workers"
    load = f"load {os.getloadavg()[0]:.1f}"
    yield Row(f"{what}, {load}", two, "ms wall", one, "one process", 1 / _SPEED_UP)
    parent, workers = figures((*_INSIDE, "two_workers", str(folder / "many")), ROOT)
    yield Row(f"{what}, their parent", parent, "ms CPU", workers, "workers", _PARENT_SHARE)


def _row(what: str, spent: Spent, start: float, each: float, count: int) -> Row:
    return Row(
        what,
        spent.cpu * 1000,
        "ms CPU",
        (start + each * count) * 1000,
        "start, open",
        _RATIO,
        wall=spent.wall * 1000,
        peak=spent.peak_mib,
    )


def _jobs(folder: Path) -> dict[str, Callable[[], Spent]]:
    signal = (*GAIT, "scout", "signal", "gait-out", "--json")
    top = (*GAIT, "report", "top", "gait-out", "--json")
    many = folder / "many"
    return {
        "signal one": partial(spend, signal, folder / "one"),
        "signal few": partial(spend, signal, folder / "few"),
        "signal many": partial(spend, signal, many),
        "two workers": partial(spend, (*signal, "--engine", "process:2"), many),
        "top many": partial(spend, top, many),
    }
