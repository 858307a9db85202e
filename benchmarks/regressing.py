"""What a set of fixtures costs beside one fixture: `regress run` is mostly its own start."""

import sys
from collections.abc import Callable, Iterator
from contextlib import chdir
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.measure import GAIT, PYTHON, ROOT, Spent, by_turns, spend, usual
from benchmarks.packcorpus import write_corpus
from benchmarks.table import Row
from gait_engine.api import regress
from gait_engine.host import Host

_FIXTURES: Final = 50
_RATIO: Final = 2
_SELF: Final = (PYTHON, "-m", "benchmarks.regressing")
_RUN: Final = (*GAIT, "regress", "run", "--json")


def rows(folder: Path, rounds: int) -> Iterator[Row]:
    """Measure a set of fifty fixtures; with candidates twice as many runpacks are read."""
    for name, count in (("one", 1), ("set", _FIXTURES)):
        spend((*_SELF, str(folder / name), str(count)), ROOT)
    cost = {name: usual(runs) for name, runs in by_turns(_jobs(folder), rounds).items()}
    for what, limit in (("regress run", _RATIO), ("regress run --candidate", 0)):
        spent = cost[what]
        yield Row(
            f"{what}, {_FIXTURES} fixtures",
            spent.cpu * 1000,
            "ms CPU",
            cost["one"].cpu * 1000,
            "one fixture",
            limit,
            wall=spent.wall * 1000,
            peak=spent.peak_mib,
        )


def write_set(folder: Path, count: int) -> None:
    """Pin so many runs; each is moved to `candidates` then, to be compared with its fixture."""
    write_corpus(folder / "runs", count)
    (folder / "candidates").mkdir()
    with chdir(folder):
        for path in sorted(Path("runs").iterdir()):
            pinned = regress.init(str(path), host=Host())
            path.rename(f"candidates/{pinned.fixture_name}.zip")


def _jobs(folder: Path) -> dict[str, Callable[[], Spent]]:
    whole = folder / "set"
    return {
        "one": partial(spend, _RUN, folder / "one"),
        "regress run": partial(spend, _RUN, whole),
        "regress run --candidate": partial(spend, (*_RUN, "--candidate", "candidates"), whole),
    }


if __name__ == "__main__":
    write_set(Path(sys.argv[1]), int(sys.argv[2]))
