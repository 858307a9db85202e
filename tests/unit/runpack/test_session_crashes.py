"""Processes that die and disks that fail: afterwards old or new, and the next command works."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

from gait_engine.api import session
from gait_engine.contract.session import Checkpoint
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.runpack.chain import verify_chain_file
from gait_engine.runpack.journal import read_journal
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    Fault,
    calls_of,
    fail,
    fault_at,
    in_child,
    killed_at,
    stop_short,
)
from tests.support.sessions import CALL, JOURNAL, HostIn, begun

if sys.platform == "win32":
    pytest.skip("kills are POSIX", allow_module_level=True)


TROUBLE = 11
"""How a child says that it met an error of exit code 1; any other exception gives 1."""


class Desk(NamedTuple):
    """A folder with a session of two events, laid out anew for every attempt."""

    host: HostIn
    kept: Path
    work: Callable[[], object]

    def lay_out(self) -> bytes:
        shutil.rmtree(self.host.cwd)
        shutil.copytree(self.kept, self.host.cwd)
        return self.journal.read_bytes()

    @property
    def journal(self) -> Path:
        return self.host.cwd / JOURNAL

    @property
    def records(self) -> tuple[int, int]:
        """Count events and checkpoints in the journal itself."""
        found = read_journal(self.journal, JOURNAL)
        return len(found.events), len(found.checkpoints)

    def attempts(self) -> Iterator[tuple[int, str]]:
        """Number and name the calls of the work, the folder fresh before each."""
        self.lay_out()
        for n, name in enumerate(calls_of(self.work), 1):
            self.lay_out()
            yield n, name


def desk(tmp_path: Path, work: Callable[[HostIn], object]) -> Desk:
    host = HostIn(tmp_path / "desk")
    host.cwd.mkdir()
    begun(host, events=2)
    session.checkpoint(JOURNAL, out="cp.zip", host=host)
    session.append(JOURNAL, CALL, host=host)
    shutil.copytree(host.cwd, tmp_path / "kept")
    return Desk(host, tmp_path / "kept", lambda: work(host))


@pytest.fixture
def appending(tmp_path: Path) -> Desk:
    return desk(tmp_path, lambda host: session.append(JOURNAL, CALL, host=host))


@pytest.fixture
def sealing(tmp_path: Path) -> Desk:
    return desk(tmp_path, lambda host: session.checkpoint(JOURNAL, out="o/cp2.zip", host=host))


@pytest.fixture
def compacting(tmp_path: Path) -> Desk:
    return desk(tmp_path, lambda host: session.compact(JOURNAL, host=host))


def test_a_kill_while_appending_leaves_the_old_journal_the_new_one_or_a_torn_end(
    appending: Desk,
) -> None:
    """The system may stop one write half-way; that is what repair is for."""
    host, torn = appending.host, 0
    for n, name in appending.attempts():
        old = appending.journal.read_bytes()
        assert killed_at(n, appending.work) == KILLED
        found = appending.journal.read_bytes()
        assert found.startswith(old), f"call {n}, {name}"
        if not found.endswith(b"\n"):
            torn += 1
            with pytest.raises(InvalidInput) as caught:
                session.status(JOURNAL, host=host)
            assert caught.value.code == "journal_torn"
            session.repair(JOURNAL, host=host)
            assert appending.journal.read_bytes() == old
        before = appending.records[0]
        assert before in (3, 4)
        appended = session.append(JOURNAL, CALL, host=host).event
        assert appended
        assert appended.sequence == before + 1, f"call {n}, {name}"
    assert torn == 1


def test_a_kill_while_sealing_leaves_a_journal_in_which_every_link_holds(sealing: Desk) -> None:
    host = sealing.host
    for n, name in sealing.attempts():
        old = sealing.journal.read_bytes()
        assert killed_at(n, sealing.work) == KILLED
        if not sealing.journal.read_bytes().endswith(b"\n"):
            session.repair(JOURNAL, host=host)
            assert sealing.journal.read_bytes() == old
        checkpoints = sealing.records[1]
        assert checkpoints in (1, 2)
        assert verify_chain_file("s/j_chain.json", host=host).ok, f"call {n}, {name}"
        session.append(JOURNAL, CALL, host=host)
        sealed = session.checkpoint(JOURNAL, out="o/next.zip", host=host).checkpoint
        assert isinstance(sealed, Checkpoint)
        assert sealed.checkpoint_index == checkpoints + 1
        assert verify_chain_file("s/j_chain.json", host=host).checkpoints_checked == checkpoints + 1


def test_a_kill_while_compacting_leaves_the_old_journal_or_the_new_one(compacting: Desk) -> None:
    compacting.work()
    new = compacting.journal.read_bytes()
    old = compacting.lay_out()
    assert old != new
    for n, name in compacting.attempts():
        assert killed_at(n, compacting.work) == KILLED
        assert compacting.journal.read_bytes() in (old, new), f"call {n}, {name}"
        appended = session.append(JOURNAL, CALL, host=compacting.host).event
        assert appended
        assert appended.sequence == 4


def test_a_kill_while_starting_leaves_no_journal_or_a_whole_one(tmp_path: Path) -> None:
    host = HostIn(tmp_path / "desk")
    host.cwd.mkdir()
    calls = calls_of(lambda: begun(host))
    for n in range(1, len(calls) + 1):
        shutil.rmtree(host.cwd)
        host.cwd.mkdir()
        assert killed_at(n, lambda: begun(host)) == KILLED
        begun(host)
        assert session.append(JOURNAL, CALL, host=host).event, f"call {n}, {calls[n - 1]}"


@pytest.mark.parametrize("number", DISK_ERRORS)
@pytest.mark.parametrize("kind", ["appending", "sealing", "compacting"])
def test_a_disk_error_is_reported_or_harmless_and_never_tears_the_journal(
    request: pytest.FixtureRequest, kind: str, number: int
) -> None:
    prepared: Desk = request.getfixturevalue(kind)
    for n, name in prepared.attempts():
        old = prepared.journal.read_bytes()
        status = in_child(partial(meet, prepared, n, fail(number)))
        assert status in (0, TROUBLE), f"call {n}, {name}"
        assert read_journal(prepared.journal, JOURNAL).torn_bytes == 0
        if kind == "appending":
            is_old = prepared.journal.read_bytes() == old
            assert is_old == (status == TROUBLE), f"call {n}, {name}"
        assert session.append(JOURNAL, CALL, host=prepared.host).event


@pytest.mark.parametrize("kind", ["appending", "sealing", "compacting"])
def test_a_write_that_stops_short_never_tears_the_journal(
    request: pytest.FixtureRequest, kind: str
) -> None:
    prepared: Desk = request.getfixturevalue(kind)
    for n, name in prepared.attempts():
        status = in_child(partial(meet, prepared, n, stop_short))
        assert status in (0, TROUBLE), f"call {n}, {name}"
        assert read_journal(prepared.journal, JOURNAL).torn_bytes == 0
        assert session.append(JOURNAL, CALL, host=prepared.host).event


def meet(prepared: Desk, n: int, fault: Fault) -> None:
    """Do the work in this process, which then ends: a lock it could not remove is a dead one's."""
    with fault_at(n, fault):
        try:
            prepared.work()
        except GaitError as exc:
            os._exit(TROUBLE if exc.exit_code == 1 else 1)
