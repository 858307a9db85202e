"""What whole processes cost, seen from outside, taken by turns so that a busy machine slows all."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

ROOT: Final = Path(__file__).resolve().parents[1]
PYTHON: Final = sys.executable
GAIT: Final = (PYTHON, "-c", "from gait_engine.cli.main import run; run()")
"""The command line as the installed script starts it; some of those import `re` for nothing."""

_MAXRSS_UNIT: Final = 1 if sys.platform == "darwin" else 1024

T = TypeVar("T")


class Spent(NamedTuple):
    """What one process took: user and system CPU and wall time in seconds, peak RSS in MiB."""

    cpu: float
    wall: float
    peak_mib: float


def spend(argv: Sequence[str], folder: Path, *, exit_code: int = 0) -> Spent:
    """Run a process in a folder to its end, its stdout thrown away.

    The peak is that of the process only while this one is smaller: a child starts with the
    memory of its parent. Raises RuntimeError for another exit code than the expected one.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        argv, cwd=folder, env=_env(folder), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    ) as process:
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != exit_code:
        raise RuntimeError(f"{' '.join(argv)}: exit {process.returncode}, expected {exit_code}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * _MAXRSS_UNIT / 2**20)


def told(argv: Sequence[str], folder: Path) -> float:
    """Run a process that measures itself and prints one number."""
    (number,) = figures(argv, folder)
    return number


def figures(argv: Sequence[str], folder: Path) -> list[float]:
    """Run a process that measures itself and prints so many numbers."""
    done = subprocess.run(
        argv, cwd=folder, env=_env(folder), stdout=subprocess.PIPE, encoding="ascii", check=True
    )
    return [float(number) for number in done.stdout.split()]


def by_turns(jobs: Mapping[str, Callable[[], T]], rounds: int) -> dict[str, list[T]]:
    """Do every job once per round, in the order given."""
    found: dict[str, list[T]] = {name: [] for name in jobs}
    for _ in range(rounds):
        for name, job in jobs.items():
            found[name].append(job())
    return found


def usual(runs: Sequence[Spent]) -> Spent:
    """Return the median of each figure."""
    return Spent(*map(statistics.median, zip(*runs, strict=True)))


def _env(folder: Path) -> dict[str, str]:
    """Keep nothing of the caller but where programs are."""
    return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(folder), "NO_COLOR": "1"}
