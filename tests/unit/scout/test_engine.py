"""Where the map step runs."""

import os
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.scout.engine import Engine, engine_of, run

CHUNKS = list(range(20))


def double(number: int) -> int:
    return 2 * number


class LosingExecutor(Executor):
    """An executor whose worker is lost after some chunks, as a killed process is."""

    def __init__(self, left: int) -> None:
        self.left = left

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        if self.left:
            self.left -= 1
            future.set_result(fn(*args, **kwargs))
        else:
            future.set_exception(BrokenExecutor("a worker is gone"))
        return future


def threads() -> AbstractContextManager[Executor]:
    return ThreadPoolExecutor(3)


@contextmanager
def losing() -> Iterator[Executor]:
    yield LosingExecutor(4)


@contextmanager
def refusing() -> Iterator[Executor]:
    raise BrokenExecutor("no worker at all")
    yield


@pytest.mark.parametrize(
    "engine", [None, Engine(threads, 4), Engine(losing, 5), Engine(refusing, 2)]
)
def test_every_chunk_is_answered_in_order_whatever_is_lost(engine: Engine | None) -> None:
    assert list(run(double, CHUNKS, engine)) == [2 * n for n in CHUNKS]


@pytest.mark.parametrize("text", ["", "local"])
def test_this_process_is_the_usual_engine(text: str) -> None:
    assert engine_of(text) is None


@pytest.mark.parametrize(
    ("text", "window"), [("process:3", 6), ("process", 2 * (os.cpu_count() or 1))]
)
def test_processes_are_kept_busy_with_two_chunks_each(text: str, window: int) -> None:
    engine = engine_of(text)
    assert engine is not None
    assert engine.window == window


def test_processes_answer_in_order() -> None:
    assert list(run(abs, [-1, 2, -3], engine_of("process:2"))) == [1, 2, 3]


@pytest.mark.parametrize(
    "text",
    [
        "process:",
        "process:0",
        "process:x",
        "process:257",
        "dask",
        "dask:",
        "dask:h",
        "dask:a b:1",
        "dask:http://h:1",
        "ray",
        "local:2",
    ],
)
def test_other_engines_are_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="option --engine"):
        engine_of(text)
