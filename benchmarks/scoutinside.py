"""What scout costs inside a process: `python -m benchmarks.scoutinside FIGURES FOLDER`."""

import json
import statistics
import sys
import time
import zipfile
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Final

from gait_engine.api import scout
from gait_engine.host import Host
from gait_engine.runpack.read import open_runpack
from gait_engine.scout.observe import RunSource
from gait_engine.scout.signal import Inputs, scan

_TURN: Final = 20
"""Runpacks that each job gets before the next one's turn: a busy machine slows all alike."""

Job = Callable[[Sequence[RunSource]], None]


def by_turns(folder: Path) -> list[float]:
    """Return the mean CPU µs per runpack: opened and decoded, scanned, read by the stdlib."""
    paths = sorted(map(str, (folder / "gait-out").glob("runpack_*.zip")))
    sources = [RunSource(path, path) for path in paths]
    turns = [sources[at : at + _TURN] for at in range(0, len(sources), _TURN)]
    jobs: tuple[Job, ...] = (_open_and_decode, _scan, _read_plainly)
    for job in jobs:
        job(turns[0])  # loads what is loaded on first use
    spans = [[_microseconds(job, turn) for job in jobs] for turn in turns]
    return [statistics.fmean(found) for found in zip(*spans, strict=True)]


def two_workers(folder: Path) -> list[float]:
    """Return the CPU ms of a signal in this process, and in both of its workers."""
    from resource import RUSAGE_CHILDREN, RUSAGE_SELF, getrusage  # what Windows has not

    host = Host()
    request = scout.RunsRequest(sources=(str(folder / "gait-out"),), engine="process:2")
    before = getrusage(RUSAGE_SELF)
    scout.signal(request, out=str(folder / "report.json"), host=host)
    after, workers = getrusage(RUSAGE_SELF), getrusage(RUSAGE_CHILDREN)
    own = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [own * 1000, (workers.ru_utime + workers.ru_stime) * 1000]


def _open_and_decode(sources: Sequence[RunSource]) -> None:
    for source in sources:
        with open_runpack(source.path, shown=source.shown) as pack:
            list(pack.intents())
            list(pack.results())


def _scan(sources: Sequence[RunSource]) -> None:
    scan(Inputs(sources), host=Host())


def _read_plainly(sources: Sequence[RunSource]) -> None:
    """Do what a reader that trusts the archive would do, with nothing but the stdlib."""
    for source in sources:
        with zipfile.ZipFile(source.path) as archive:
            for name in archive.namelist():
                data = archive.read(name)
                sha256(data).hexdigest()
                for text in data.splitlines() if name.endswith(".jsonl") else (data,):
                    json.loads(text)


def _microseconds(job: Job, turn: Sequence[RunSource]) -> float:
    started = time.process_time_ns()
    job(turn)
    return (time.process_time_ns() - started) / 1000 / len(turn)


_FIGURES: Final = {figures.__name__: figures for figures in (by_turns, two_workers)}

if __name__ == "__main__":
    print(*_FIGURES[sys.argv[1]](Path(sys.argv[2])))
