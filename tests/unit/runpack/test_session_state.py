"""The state cache: believed at the right size, otherwise the journal decides."""

import json
import os
import stat
import sys
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.errors import InvalidInput
from tests.support.faults import DISK_ERRORS, calls_of, fail, fault_at
from tests.support.hosts import FrozenHost
from tests.support.sessions import CALL, JOURNAL, begun

STATE = f"{JOURNAL}.state.json"


def forge(host: FrozenHost, **changes: Any) -> None:
    state = host.cwd / STATE
    state.write_text(json.dumps(json.loads(state.read_bytes()) | changes))


def last_sequence(host: FrozenHost) -> int:
    found = session.status(JOURNAL, host=host).status
    assert found
    return found.last_sequence


def test_a_state_of_the_right_size_is_believed_without_reading_the_journal(
    frozen_host: FrozenHost,
) -> None:
    journal = begun(frozen_host, events=2)
    size = journal.stat().st_size
    journal.write_bytes(b"\xff" * (size - 1) + b"\n")
    appended = session.append(JOURNAL, CALL, host=frozen_host).event
    assert appended
    assert appended.sequence == 3
    assert last_sequence(frozen_host) == 3


@pytest.mark.parametrize(
    "changes",
    [
        {"journal_size_bytes": 1},
        {"schema_id": "gait.runpack.session_stat"},
        {"schema_version": "2.0.0"},
        {"session_id": " "},
        {"run_id": "\u00a0"},
        {"event_count": -1},
        {"last_checkpoint_sequence": -1},
        {"last_sequence": "2"},
        {"last_sequence": 2**63},
    ],
    ids=str,
)
def test_a_state_that_cannot_be_the_journals_is_rebuilt(
    frozen_host: FrozenHost, changes: dict[str, Any]
) -> None:
    begun(frozen_host, events=2)
    true_state = (frozen_host.cwd / STATE).read_bytes()
    forge(frozen_host, **({"last_sequence": 40} | changes))
    assert last_sequence(frozen_host) == 2
    assert (frozen_host.cwd / STATE).read_bytes() == true_state


@pytest.mark.parametrize("content", [None, b"", b"{", b'{"run_id":"a","run_id":"b"}', b"\0" * 99])
def test_a_state_that_is_missing_or_broken_is_rebuilt(
    frozen_host: FrozenHost, content: bytes | None
) -> None:
    begun(frozen_host, events=2)
    state = frozen_host.cwd / STATE
    true_state = state.read_bytes()
    state.unlink()
    if content is not None:
        state.write_bytes(content)
    assert last_sequence(frozen_host) == 2
    assert state.read_bytes() == true_state


def test_a_matching_state_does_not_hide_a_torn_end(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host, events=1)
    with journal.open("ab") as file:
        file.write(b'{"rec')
    forge(frozen_host, journal_size_bytes=journal.stat().st_size)
    before = journal.read_bytes()
    with pytest.raises(InvalidInput) as caught:
        session.append(JOURNAL, CALL, host=frozen_host)
    assert caught.value.code == "journal_torn"
    assert journal.read_bytes() == before


def test_the_next_sequence_follows_the_last_checkpoint_in_a_state_without_events(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host)
    forge(frozen_host, last_sequence=0, last_checkpoint_sequence=7)
    appended = session.append(JOURNAL, CALL, host=frozen_host).event
    assert appended
    assert appended.sequence == 8


def test_the_largest_sequence_is_not_passed(frozen_host: FrozenHost) -> None:
    begun(frozen_host)
    forge(frozen_host, last_sequence=2**63 - 1)
    with pytest.raises(InvalidInput, match="sequence"):
        session.append(JOURNAL, CALL, host=frozen_host)


def test_starting_an_existing_session_writes_nothing(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host, events=2)
    (frozen_host.cwd / STATE).unlink()
    answer = session.start(JOURNAL, session_id=" sess_1", run_id="run_1 ", host=frozen_host)
    assert answer.status
    assert answer.status.last_sequence == 2
    assert sorted(path.name for path in journal.parent.iterdir()) == ["j.jsonl"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_journal_and_state_have_mode_0600_under_any_umask(
    frozen_host: FrozenHost, umask: int
) -> None:
    (frozen_host.cwd / "s").mkdir()
    previous = os.umask(umask)
    try:
        journal = begun(frozen_host, events=1)
    finally:
        os.umask(previous)
    for path in (journal, frozen_host.cwd / STATE):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_an_event_is_appended_even_where_its_state_cannot_be_written(
    frozen_host: FrozenHost, number: int
) -> None:
    begun(frozen_host)
    calls = calls_of(lambda: session.append(JOURNAL, CALL, host=frozen_host))
    renames = [n for n, name in enumerate(calls, 1) if name in ("rename", "replace")]
    with fault_at(renames[-1], fail(number)):
        answer = session.append(JOURNAL, CALL, host=frozen_host)
    assert answer.event
    assert [note.code for note in answer.hazards] == ["session_state_not_written"]
    assert answer.hazards[0].where == STATE
    assert last_sequence(frozen_host) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes are POSIX")
@pytest.mark.parametrize("name", [JOURNAL, STATE])
@pytest.mark.parametrize("kind", ["link", "pipe", "folder"])
def test_a_journal_or_state_that_is_no_plain_file_is_refused(
    frozen_host: FrozenHost, name: str, kind: str
) -> None:
    begun(frozen_host, events=1)
    path, target = frozen_host.cwd / name, frozen_host.cwd / "target"
    content = path.read_bytes()
    path.rename(target)
    if kind == "link":
        path.symlink_to(target)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.mkdir()
    for command in (session.append, lambda j, _, host: session.status(j, host=host)):
        with pytest.raises(InvalidInput) as caught:
            command(JOURNAL, CALL, host=frozen_host)
        assert caught.value.code == "path_unsafe"
    assert target.read_bytes() == content


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX")
def test_a_session_is_not_started_through_a_dangling_link(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "s").mkdir()
    (frozen_host.cwd / JOURNAL).symlink_to(frozen_host.cwd / "elsewhere")
    with pytest.raises(InvalidInput) as caught:
        begun(frozen_host)
    assert caught.value.code == "path_unsafe"
    assert not (frozen_host.cwd / "elsewhere").exists()
