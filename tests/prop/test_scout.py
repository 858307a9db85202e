"""The laws of `scout signal`: order, chunks, engines and lost workers change not a byte."""

from collections.abc import Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gait_engine.host import Host
from gait_engine.scout.engine import Engine, engine_of
from gait_engine.scout.families import build_report
from gait_engine.scout.observe import RunSource
from gait_engine.scout.proven import prove
from gait_engine.scout.signal import Inputs, scan
from gait_engine.scout.sources import find_runs
from gait_engine.wire.jsonwrite import compact
from tests.support.hosts import FrozenHost
from tests.support.scouting import scout_run, trace

STATUSES = ("ok", "denied", "timeout")
TOOLS: Final[tuple[list[str], ...]] = (["crm.read"], ["crm.read", "db.drop"], [])

slow = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


class LosingExecutor(ThreadPoolExecutor):
    """Loses its worker after a number of chunks."""

    def __init__(self, left: int) -> None:
        super().__init__(2)
        self.left = left

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        self.left -= 1
        if self.left >= 0:
            return super().submit(fn, *args, **kwargs)
        lost: Future[Any] = Future()
        lost.set_exception(BrokenExecutor("gone"))
        return lost


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("scout")
    for n in range(24):
        scout_run(
            folder,
            f"runpack_{n:02}.zip",
            run_id=f"run_{n % 20:02}",
            tools=TOOLS[n % 3],
            status=STATUSES[n // 5 % 3],
            created_at=f"2026-02-05T10:{n * 7 % 60:02}:00Z",
        )
    for n in range(4):
        trace(folder, f"trace_{n}.json", f"run_{n:02}", verdict=("block", "allow")[n % 2])
    return folder


def said(
    runs: Sequence[RunSource], host: Host, engine: Engine | None = None, chunk: int = 64
) -> bytes:
    """Return everything that a signal says, as bytes."""
    found = scan(Inputs(runs), host=host, engine=engine, chunk=chunk)
    report = build_report(found.runs, host.producer_version)
    return compact(report) + b"\n" + compact(prove(report, found.runs, found.evidence))


@given(data=st.data(), chunk=st.integers(1, 30), left=st.integers(0, 12))
@slow
def test_order_chunks_and_lost_workers_change_nothing(
    desk: Path, data: st.DataObject, chunk: int, left: int
) -> None:
    host = FrozenHost(desk)
    runs = find_runs(["."], host=host)
    wanted = said(runs, host)
    shuffled = data.draw(st.permutations(runs))

    @contextmanager
    def opened() -> Iterator[Executor]:
        with LosingExecutor(left) as executor:
            yield executor

    assert said(shuffled, host, chunk=chunk) == wanted
    assert said(shuffled, host, Engine(opened, 3), chunk) == wanted
    assert wanted.count(b'"family_id"') > 4


def test_processes_say_what_this_process_says(desk: Path) -> None:
    host = FrozenHost(desk)
    runs = find_runs(["."], host=host)
    assert said(runs, host, engine_of("process:2"), 5) == said(runs, host)


@given(twice=st.lists(st.sampled_from(range(24)), max_size=6))
@slow
def test_a_source_given_twice_counts_once(desk: Path, twice: list[int]) -> None:
    host = FrozenHost(desk)
    given_twice = [".", *(f"runpack_{n:02}.zip" for n in twice)]
    assert said(find_runs(given_twice, host=host), host) == said(find_runs(["."], host=host), host)
