"""Where the map step runs: in this process, in several, or on the workers of a cluster.

An engine opens an executor; everything else is shared, so that results come in order whatever
runs them, and a chunk whose worker was lost is done again. Contract: docs on performance.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import AbstractContextManager
from typing import Final, NamedTuple, TypeVar

from gait_engine.errors import InvalidInput, quoted

ChunkT = TypeVar("ChunkT")
ValueT = TypeVar("ValueT")

LOCAL: Final = "local"
_MOST_PROCESSES: Final = 256
_CLUSTER_WINDOW: Final = 128
"""Enough for two chunks on each of 64 threads, and little for this process to hold."""
_MOST_LOSSES: Final = 2
"""After so many lost pools the rest is done in this process."""


class Engine(NamedTuple):
    """How to open an executor, and how many chunks to keep in its hands."""

    opened: Callable[[], AbstractContextManager[Executor]]
    window: int


def engine_of(text: str) -> Engine | None:
    """Read the option `--engine`; None is this process. Raises InvalidInput.

    Nothing is opened yet: whether a cluster answers shows when `run` starts.
    """
    kind, colon, rest = text.partition(":")
    if text in ("", LOCAL):
        return None
    if kind == "process" and bool(rest) == bool(colon):
        return _processes(rest, text)
    if kind == "dask":
        return _cluster(rest, text)
    raise InvalidInput(
        f"option --engine: {quoted(text)}, expected local, process, process:N or dask:ADDRESS"
    )


def run(
    work: Callable[[ChunkT], ValueT], chunks: Iterable[ChunkT], engine: Engine | None
) -> Iterator[ValueT]:
    """Yield work(chunk) for every chunk, in order; `work` is pure, for it may run twice."""
    if engine is None:
        return map(work, chunks)
    return _spread(work, iter(chunks), engine)


def _spread(
    work: Callable[[ChunkT], ValueT], chunks: Iterator[ChunkT], engine: Engine
) -> Iterator[ValueT]:
    waiting: deque[ChunkT] = deque()
    for _ in range(_MOST_LOSSES):
        try:
            yield from _until_loss(work, chunks, waiting, engine)
        except BrokenExecutor:
            continue
        return
    yield from map(work, waiting)
    yield from map(work, chunks)


def _until_loss(
    work: Callable[[ChunkT], ValueT],
    chunks: Iterator[ChunkT],
    waiting: deque[ChunkT],
    engine: Engine,
) -> Iterator[ValueT]:
    """Keep a window of chunks at work; `waiting` holds those not answered yet, oldest first."""
    with engine.opened() as executor:
        futures: deque[Future[ValueT]] = deque(executor.submit(work, chunk) for chunk in waiting)
        while True:
            while len(waiting) < engine.window and (more := next(chunks, None)) is not None:
                waiting.append(more)
                futures.append(executor.submit(work, more))
            if not futures:
                return
            value = futures.popleft().result()
            waiting.popleft()
            yield value


def _processes(count: str, text: str) -> Engine:
    if count and not (count.isascii() and count.isdigit() and 0 < int(count) <= _MOST_PROCESSES):
        raise InvalidInput(
            f"option --engine: {quoted(text)}, expected process:1 to process:{_MOST_PROCESSES}"
        )
    workers = int(count or os.cpu_count() or 1)
    return Engine(lambda: _pool(workers), window=2 * workers)


def _cluster(address: str, text: str) -> Engine:
    from gait_engine.scout.cluster import connected, require_address

    require_address(address, text)
    return Engine(lambda: connected(address), window=_CLUSTER_WINDOW)


def _pool(workers: int) -> Executor:
    """Open a pool of fresh interpreters: nothing of this process is inherited."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    return ProcessPoolExecutor(workers, mp_context=get_context("spawn"))
