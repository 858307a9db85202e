"""Recording on a process that dies and a disk that fails: the old runpack or the new one, whole."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gait_engine.api.verify import verify
from gait_engine.errors import IoFailure
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    calls_of,
    fail,
    fault_at,
    killed_at,
    stop_short,
)
from tests.support.hosts import FrozenHost
from tests.support.runs import call, recorded, run_input, tree

if sys.platform == "win32":
    pytest.skip("kills are POSIX", allow_module_level=True)

OLD, NEW, NEXT = (run_input(call(number)) for number in (1, 2, 3))
RUNPACK = "gait-out/runpack_run_x.zip"


class Desk(NamedTuple):
    """A folder with an older runpack of the same run in it, or none."""

    host: FrozenHost
    has_old: bool

    def lay_out(self) -> bytes:
        """Make the folder anew; return the bytes of the older runpack, empty without one."""
        shutil.rmtree(self.host.cwd / "gait-out", ignore_errors=True)
        if self.has_old:
            recorded(self.host, OLD)
        return self.found

    @property
    def found(self) -> bytes:
        path = self.host.cwd / RUNPACK
        return path.read_bytes() if path.exists() else b""

    def attempts(self) -> Iterator[tuple[int, str, bytes]]:
        """Number and name the calls of a recording, the folder fresh before each."""
        self.lay_out()
        for n, name in enumerate(calls_of(self.work), 1):
            yield n, name, self.lay_out()

    def work(self) -> object:
        return recorded(self.host, NEW)


@pytest.fixture(params=[False, True], ids=["first runpack", "over an older one"])
def desk(request: pytest.FixtureRequest, frozen_host: FrozenHost) -> Desk:
    return Desk(frozen_host, request.param)


def test_a_recording_is_made_of_calls_that_may_fail(desk: Desk) -> None:
    desk.lay_out()
    assert {"open", "write", "fsync", "replace"} <= {*calls_of(desk.work)} | {"replace"}


def test_a_kill_leaves_the_old_runpack_or_the_new_one_and_the_next_command_works(
    desk: Desk,
) -> None:
    desk.lay_out()
    desk.work()
    new = desk.found
    for n, name, old in desk.attempts():
        assert killed_at(n, desk.work) == KILLED
        assert desk.found in (old, new), f"call {n}, {name}"
        if desk.found:
            assert verify("run_x", host=desk.host).ok
        assert recorded(desk.host, NEXT).ok
        assert verify("run_x", host=desk.host).ok


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_a_disk_error_is_a_retryable_failure_that_leaves_what_was_there(
    desk: Desk, number: int
) -> None:
    desk.lay_out()
    desk.work()
    new = desk.found
    for n, name, old in desk.attempts():
        failed = meets_error(n, number, desk.work)
        if failed is None:
            assert desk.found == new, f"call {n}, {name}"
            continue
        assert (failed.exit_code, failed.code, failed.retryable) == (1, "io_failure", True)
        assert desk.found in (old, new), f"call {n}, {name}"
        left = tree(desk.host.cwd).keys() - {"input.json", RUNPACK}
        assert left == set(), f"call {n}, {name}"
        assert recorded(desk.host, NEXT).ok


def meets_error(n: int, number: int, work: Callable[[], object]) -> IoFailure | None:
    """Let the n-th call fail; return the error of the recording, None where it did no harm."""
    with fault_at(n, fail(number)):
        try:
            work()
        except IoFailure as exc:
            return exc
    return None


def test_a_write_that_stops_short_is_carried_on(desk: Desk) -> None:
    desk.lay_out()
    for n, name, _ in desk.attempts():
        with fault_at(n, stop_short):
            desk.work()
        assert verify("run_x", host=desk.host).ok, f"call {n}, {name}"


def test_a_temporary_file_of_a_dead_writer_is_in_nobodys_way(frozen_host: FrozenHost) -> None:
    Path(frozen_host.cwd / "gait-out").mkdir()
    stale = frozen_host.cwd / "gait-out" / ".runpack_run_x.zip.tmp-1-0"
    stale.write_bytes(b"half")
    recorded(frozen_host, NEW)
    assert verify("run_x", host=frozen_host).ok
    assert stale.read_bytes() == b"half"
