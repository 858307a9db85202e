"""What an index of a hundred thousand traces costs: read the first time, unchanged, from memory.

`python -m benchmarks.indexing WHAT FOLDER` does one of them in a process of its own.
"""

import os
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.measure import PYTHON, ROOT, Spent, by_turns, spend, usual
from benchmarks.table import Row
from benchmarks.tracecorpus import write_corpus
from gait_engine.api import index
from gait_engine.contract.trace import Trace
from gait_engine.host import Host

COLD_BUDGET_MS: Final = 6_000
UNCHANGED_BUDGET_MS: Final = 1_000
PEAK_MIB: Final = 200
_WHOLE: Final = 100_000
_SELF: Final = (PYTHON, "-m", "benchmarks.indexing")


class CachingHost(Host):
    """The real machine, with its cache in the folder of the benchmark."""

    def __init__(self, folder: str) -> None:
        self._env = {**super().env, "XDG_CACHE_HOME": f"{folder}/cache"}

    @property
    def env(self) -> dict[str, str]:
        """The environment, but for the place of the cache."""
        return self._env


def rows(folder: Path, count: int, rounds: int) -> Iterator[Row]:
    """Measure an index of so many traces; the budgets hold for the whole hundred thousand."""
    write_corpus(folder / "gait-out", count)
    jobs = {name: partial(_spent, name, folder) for name in _JOBS}
    cost = {name: usual(runs) for name, runs in by_turns(jobs, rounds).items()}
    is_whole = count == _WHOLE
    for what, name, floor, budget in (
        ("read for the first time", "cold", "decode", COLD_BUDGET_MS),
        ("read without a cache", "uncached", "decode", COLD_BUDGET_MS),
        ("unchanged, from the cache", "unchanged", "stat", UNCHANGED_BUDGET_MS),
        ("inbox, nothing changed", "inbox", "stat", 0),
    ):
        yield Row(
            f"index, {count:,} traces, {what}",
            cost[name].cpu * 1000,
            "ms CPU",
            cost[floor].cpu * 1000,
            f"{floor} files",
            budget=budget * is_whole,
            wall=cost[name].wall * 1000,
            peak=cost[name].peak_mib,
            peak_limit=PEAK_MIB * is_whole,
        )


def _spent(name: str, folder: Path) -> Spent:
    if name == "cold":
        for path in (folder / "cache" / "gait").glob("index.sqlite*"):
            path.unlink()
    return spend((*_SELF, name, str(folder)), ROOT)


def _stat_files(folder: str) -> None:
    """List a folder and look at each file."""
    with os.scandir(f"{folder}/gait-out") as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            entry.stat(follow_symlinks=False)


def _decode_files(folder: str) -> None:
    """List a folder, look at each file, read and decode it."""
    decode = msgspec.json.Decoder(Trace).decode
    with os.scandir(f"{folder}/gait-out") as entries:
        for entry in sorted(entries, key=lambda entry: entry.name):
            entry.stat(follow_symlinks=False)
            decode(Path(entry.path).read_bytes())


def _scan(folder: str, *, use_cache: bool) -> None:
    """Make the rows and put them in order, as every list does."""
    index.newest_first(
        index.scan([f"{folder}/gait-out"], host=CachingHost(folder), use_cache=use_cache)
    )


def _inbox(folder: str) -> None:
    index.find_inbox([f"{folder}/gait-out"], host=CachingHost(folder))


_JOBS: Final[dict[str, Callable[[str], None]]] = {
    "stat": _stat_files,
    "decode": _decode_files,
    "cold": partial(_scan, use_cache=True),
    "unchanged": partial(_scan, use_cache=True),
    "uncached": partial(_scan, use_cache=False),
    "inbox": _inbox,
}
"""In the order they are done: what is unchanged was read the turn before."""

if __name__ == "__main__":
    _JOBS[sys.argv[1]](sys.argv[2])
