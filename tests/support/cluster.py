"""A real Dask cluster on this machine: a scheduler and two workers, each a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.process import ROOT, bare_env

MARKER = "one_was_lost"
"""A file of this name in the folder of the cluster: a worker was killed."""

PRELOAD = ROOT / "tests/support/clusterloss.py"


class Cluster(NamedTuple):
    """Where the scheduler listens, and the processes of the workers."""

    address: str
    workers: list[subprocess.Popen[bytes]]

    @property
    def engine(self) -> str:
        """The value of `--engine`."""
        return f"dask:{self.address}"


@contextmanager
def cluster(folder: Path, *, loses_one: bool = False, workers: int = 2) -> Iterator[Cluster]:
    """Start a cluster and stop it; with `loses_one` a worker is killed at the first chunk."""
    with ExitStack() as started:
        scheduler = started.enter_context(_started(folder, "dask_scheduler", "--port", "0"))
        assert scheduler.stderr is not None
        address = next(
            line.split()[-1].decode() for line in scheduler.stderr if b"Scheduler at:" in line
        )
        preload = ("--preload", str(PRELOAD)) if loses_one else ()
        argv = (address, "--no-nanny", "--nthreads", "1", *preload)
        running = [
            started.enter_context(_started(folder, "dask_worker", *argv)) for _ in range(workers)
        ]
        for worker in running:
            assert worker.stderr is not None
            assert any(b"Registered to:" in line for line in worker.stderr)
        yield Cluster(address, running)


@contextmanager
def _started(folder: Path, module: str, *argv: str) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", f"distributed.cli.{module}", *argv, "--no-dashboard"]
    command += ["--host", "127.0.0.1"]
    with subprocess.Popen(
        command,
        cwd=folder,
        env=bare_env(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.communicate()
