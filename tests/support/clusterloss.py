"""Preloaded by a Dask worker: whichever worker of a folder starts the first chunk is killed."""

import os
import signal
from pathlib import Path

from distributed import Worker
from distributed.diagnostics.plugin import WorkerPlugin

from tests.support.cluster import MARKER


class LostOnce(WorkerPlugin):
    """Kills its process when a task starts, unless a worker was lost already."""

    def transition(self, key: object, start: str, finish: str, **more: object) -> None:
        if finish != "executing":
            return
        try:
            Path(MARKER).touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows has but one way


async def dask_setup(worker: Worker) -> None:
    await worker.plugin_add(LostOnce())
