import json
import os
import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import msgspec
import pytest

from gait_engine.errors import Hazard, InvalidInput, IoFailure, StateContention
from gait_engine.host import Host
from gait_engine.store import locks, owner
from gait_engine.store.locks import (
    STANDARD,
    SWARM,
    LockProfile,
    hold_lock,
    session_lock_profile,
)
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    calls_of,
    fail,
    fault_at,
    in_child,
    in_children,
    killed_at,
)
from tests.support.hosts import NOON_NS, FrozenHost

if sys.platform != "linux":
    pytest.skip("locks of dead processes are told by /proc", allow_module_level=True)

SECOND = 10**9
PATIENT = LockProfile(60 * SECOND, SECOND // 1000, 300 * SECOND)
NOTED = "lock_broken"


class Impatient(Host):
    """A host that must get the lock without waiting."""

    def pause(self, seconds: float) -> None:
        raise AssertionError(f"waited {seconds} s")


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


@pytest.fixture
def lock(journal: Path) -> Path:
    return Path(f"{journal}.lock")


def peer_lock(created_at: str) -> str:
    head = f'{{"created_at":"{created_at}","pid":1,'
    return head + '"schema_id":"gait.runpack.session_lock","schema_version":"1.0.0"}\n'


def add_one(counter: Path) -> None:
    """Read, let others run, then write: an update is lost unless the lock keeps them out."""
    with hold_lock(counter, PATIENT, Host()):
        text = counter.read_text() if counter.exists() else "0"
        os.sched_yield()
        counter.write_text(str(int(text) + 1))


def take_and_die(path: Path) -> None:
    with hold_lock(path, PATIENT, Host()):
        os._exit(KILLED)


def take_at_once(path: Path) -> tuple[Hazard, ...]:
    with hold_lock(path, PATIENT, Impatient()) as notes:
        return notes


@pytest.fixture
def left_by_the_dead(journal: Path) -> Path:
    assert in_child(lambda: take_and_die(journal)) == KILLED
    return journal


def test_the_lock_file_is_what_the_peer_reads_and_is_gone_afterwards(
    journal: Path, lock: Path
) -> None:
    with hold_lock(journal, STANDARD, Host()):
        line = lock.read_text()
        held = json.loads(line)
        assert line.count("\n") == 1
        assert lock.stat().st_mode & 0o777 == 0o600
        assert list(journal.parent.iterdir()) == [lock]
    assert held["pid"] == os.getpid()
    assert (held["schema_id"], held["schema_version"]) == ("gait.runpack.session_lock", "1.0.0")
    assert len(held["created_at"]) == len("2026-02-05T12:00:00Z")
    assert held["boot_id"]
    assert held["start_time"]
    assert list(journal.parent.iterdir()) == []


def test_the_time_in_the_lock_is_the_hosts_in_whole_seconds(journal: Path, lock: Path) -> None:
    host = FrozenHost(journal.parent, now_ns=NOON_NS + 999_999_999)
    with hold_lock(journal, STANDARD, host):
        assert json.loads(lock.read_text())["created_at"] == "2026-02-05T12:00:00Z"


@pytest.mark.parametrize("way_out", [ValueError, KeyboardInterrupt, SystemExit])
def test_the_lock_is_released_on_every_way_out(
    journal: Path, lock: Path, way_out: type[BaseException]
) -> None:
    with pytest.raises(way_out), hold_lock(journal, STANDARD, Host()):
        raise way_out
    assert not lock.exists()


def test_forty_writers_at_once_lose_no_update(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    assert in_children([partial(add_one, counter)] * 40) == [0] * 40
    assert counter.read_text() == "40"
    assert list(tmp_path.iterdir()) == [counter]


def test_many_waiters_break_one_dead_owners_lock_and_lose_no_update(left_by_the_dead: Path) -> None:
    assert in_children([partial(add_one, left_by_the_dead)] * 20) == [0] * 20
    assert left_by_the_dead.read_text() == "20"
    assert list(left_by_the_dead.parent.iterdir()) == [left_by_the_dead]


def test_writers_killed_while_holding_the_lock_stop_nobody(tmp_path: Path) -> None:
    counter = tmp_path / "counter"
    works = [partial(add_one, counter), partial(take_and_die, counter)] * 10
    assert in_children(works) == [0, KILLED] * 10
    assert counter.read_text() == "10"


def test_a_dead_owners_lock_is_broken_at_once_and_noted(left_by_the_dead: Path) -> None:
    notes = take_at_once(left_by_the_dead)
    assert notes == (Hazard(NOTED, f"{left_by_the_dead}.lock"),)
    assert list(left_by_the_dead.parent.iterdir()) == []


def test_a_lock_that_was_free_carries_no_note(journal: Path) -> None:
    assert take_at_once(journal) == ()


def test_a_kill_at_any_call_leaves_nothing_that_stops_the_next_command(journal: Path) -> None:
    def append() -> None:
        with hold_lock(journal, PATIENT, Host()):
            journal.write_text("record")

    calls = calls_of(append)
    for n in range(1, len(calls) + 1):
        assert killed_at(n, append) == KILLED, f"call {n}, {calls[n - 1]}"
        take_at_once(journal)


def test_a_kill_while_breaking_a_lock_leaves_nothing_that_stops_the_next_command(
    journal: Path,
) -> None:
    calls = len(calls_of(lambda: take_at_once(journal))) + 8
    statuses = []
    for n in range(1, calls + 1):
        assert in_child(lambda: take_and_die(journal)) == KILLED
        statuses.append(killed_at(n, lambda: take_at_once(journal)))
        take_at_once(journal)
    assert statuses.count(KILLED) > len(statuses) - 5


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_a_disk_error_at_any_call_is_reported_and_leaves_the_lock_free(
    journal: Path, number: int
) -> None:
    calls = calls_of(lambda: take_at_once(journal))
    until_held = len(calls) - 1 - calls[::-1].index("link")
    for n in range(1, until_held + 1):
        with pytest.raises(IoFailure), fault_at(n, fail(number)):
            take_at_once(journal)
        assert list(journal.parent.iterdir()) == [], f"call {n}, {calls[n - 1]}"


def test_a_lock_that_could_not_be_removed_is_broken_by_the_next_process(journal: Path) -> None:
    calls = calls_of(lambda: take_at_once(journal))

    def fail_to_release() -> None:
        with fault_at(len(calls), fail(5)):
            take_at_once(journal)

    assert in_child(fail_to_release) == 0
    assert take_at_once(journal) != ()


def test_a_live_owner_is_waited_for_then_reported_as_contention(journal: Path, lock: Path) -> None:
    in_a_second = LockProfile(SECOND, SECOND // 4, 300 * SECOND)
    waiting = FrozenHost(journal.parent)
    with hold_lock(journal, STANDARD, Host()):
        with pytest.raises(StateContention) as caught, hold_lock(journal, in_a_second, waiting):
            pass
        assert lock.exists()
    error = caught.value
    assert (error.exit_code, error.code, error.retryable) == (1, "state_contention", True)
    assert f"held by process {os.getpid()}" in error.message
    assert "within 1 s" in error.message
    assert waiting.now == NOON_NS + SECOND


def test_a_live_owner_is_never_too_old(journal: Path) -> None:
    later = FrozenHost(journal.parent, now_ns=Host().now_ns() + 10**6 * SECOND)
    with (
        hold_lock(journal, STANDARD, Host()),
        pytest.raises(StateContention),
        hold_lock(journal, STANDARD, later),
    ):
        pass


@pytest.mark.parametrize(
    ("created_at", "is_broken"),
    [
        ("2026-02-05T11:54:59Z", True),
        ("2026-02-05T13:54:59+02:00", True),
        ("2026-02-05T11:55:00Z", False),
        ("2026-02-05T11:59:59Z", False),
        ("2126-01-01T00:00:00Z", False),
    ],
    ids=["over 5 min", "over 5 min, offset", "5 min", "fresh", "future"],
)
def test_the_peers_lock_is_broken_by_its_age_alone(
    journal: Path, lock: Path, created_at: str, *, is_broken: bool
) -> None:
    """Its pid says nothing: it may be of another machine or container."""
    lock.write_text(peer_lock(created_at))
    host = FrozenHost(journal.parent)
    profile = STANDARD._replace(timeout_ns=0)
    if is_broken:
        with hold_lock(journal, profile, host) as notes:
            assert [note.code for note in notes] == [NOTED]
    else:
        with pytest.raises(StateContention), hold_lock(journal, profile, host):
            pass
        assert lock.read_text() == peer_lock(created_at)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "garbage",
        "{}",
        '{"created_at":"yesterday"}',
        '{"created_at":"2020-01-01T00:00:00Z"',
        "[]",
    ],
)
def test_a_lock_whose_content_says_nothing_is_never_broken(
    journal: Path, lock: Path, content: str
) -> None:
    lock.write_text(content)
    os.utime(lock, (0, 0))
    with pytest.raises(StateContention), hold_lock(journal, STANDARD, FrozenHost(journal.parent)):
        pass
    assert lock.read_text() == content


@pytest.mark.parametrize(("seconds_old", "is_broken"), [(121, True), (119, False)])
def test_an_empty_lock_of_a_log_is_broken_by_the_age_of_its_file(
    journal: Path, lock: Path, seconds_old: int, *, is_broken: bool
) -> None:
    lock.touch()
    written = NOON_NS // SECOND - seconds_old
    os.utime(lock, (written, written))
    profile = LockProfile(0, SECOND // 100, 120 * SECOND, age_from="file", schema_id="log")
    try:
        with hold_lock(journal, profile, FrozenHost(journal.parent)) as notes:
            assert notes
        assert is_broken
    except StateContention:
        assert not is_broken


@pytest.fixture
def foreign_lock(lock: Path) -> None:
    """A fresh lock of ours, written on another machine that shares the folder."""
    mine = owner.this_process(locks.SESSION_LOCK_SCHEMA, Host())
    theirs = msgspec.structs.replace(
        mine, host_id="other", boot_id="other", created_at="2026-02-05T11:59:00Z"
    )
    lock.write_bytes(msgspec.json.encode(theirs))


@pytest.mark.usefixtures("foreign_lock")
def test_a_lock_from_another_machine_is_broken_by_its_age_alone(journal: Path) -> None:
    host = FrozenHost(journal.parent)
    with pytest.raises(StateContention), hold_lock(journal, STANDARD, host):
        pass
    host.now = NOON_NS + 300 * SECOND
    with hold_lock(journal, STANDARD, host) as notes:
        assert [note.code for note in notes] == [NOTED]


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_a_link_in_place_of_the_lock_is_never_followed(
    journal: Path, lock: Path, target: str
) -> None:
    victim = journal.parent / "victim"
    victim.write_text(peer_lock("2020-01-01T00:00:00Z"))
    lock.symlink_to(target)
    with pytest.raises(StateContention), hold_lock(journal, STANDARD, FrozenHost(journal.parent)):
        pass
    assert lock.is_symlink()
    assert victim.read_text() == peer_lock("2020-01-01T00:00:00Z")
    assert not (journal.parent / "nowhere").exists()


def test_a_folder_in_place_of_the_lock_is_waited_for(journal: Path, lock: Path) -> None:
    lock.mkdir()
    with pytest.raises(StateContention), hold_lock(journal, STANDARD, FrozenHost(journal.parent)):
        pass


def test_a_missing_folder_is_the_callers_fault(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput), hold_lock(tmp_path / "no/j", STANDARD, Host()):
        pass


def test_a_release_spares_the_lock_of_a_successor(journal: Path, lock: Path) -> None:
    with hold_lock(journal, STANDARD, Host()):
        lock.unlink()
        lock.write_text("another writer's")
    assert lock.read_text() == "another writer's"


def test_a_forked_child_leaves_the_lock_to_its_parent(journal: Path, lock: Path) -> None:
    with ExitStack() as held:
        held.enter_context(hold_lock(journal, STANDARD, Host()))
        assert in_child(held.close) == 0
        assert lock.exists()
    assert not lock.exists()


def test_a_host_that_became_another_process_leaves_the_lock(journal: Path, lock: Path) -> None:
    class Forked(FrozenHost):
        has_forked = False

        @property
        def pid(self) -> int:
            return 4243 if self.has_forked else 4242

    host = Forked(journal.parent)
    with hold_lock(journal, STANDARD, host):
        host.has_forked = True
    assert lock.exists()


@pytest.mark.parametrize("has_hard_links", [True, False])
def test_a_lock_taken_by_another_at_the_last_moment_is_waited_for(
    journal: Path, lock: Path, monkeypatch: pytest.MonkeyPatch, *, has_hard_links: bool
) -> None:
    def refuse(*_args: object, **_kw: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os.path, "lexists", lambda _path: False)
    if not has_hard_links:
        monkeypatch.setattr(os, "link", refuse)
    lock.write_text("another's")
    with pytest.raises(StateContention), hold_lock(journal, STANDARD, FrozenHost(journal.parent)):
        pass
    assert lock.read_text() == "another's"
    assert list(journal.parent.iterdir()) == [lock]


def test_a_waiter_gets_the_lock_when_it_is_released(journal: Path, lock: Path) -> None:
    class Releasing(FrozenHost):
        def pause(self, seconds: float) -> None:
            lock.unlink()
            super().pause(seconds)

    lock.write_text("busy")
    with hold_lock(journal, STANDARD, Releasing(journal.parent)) as notes:
        assert notes == ()


def test_without_hard_links_the_lock_works_the_same(
    journal: Path, lock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kw: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with hold_lock(journal, STANDARD, Host()):
        assert json.loads(lock.read_text())["pid"] == os.getpid()
        with (
            pytest.raises(StateContention),
            hold_lock(journal, STANDARD, FrozenHost(journal.parent)),
        ):
            pass
    assert list(journal.parent.iterdir()) == []
    assert in_children([partial(add_one, journal)] * 10) == [0] * 10
    assert journal.read_text() == "10"


def test_without_hard_links_a_full_disk_leaves_no_empty_lock(
    journal: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kw: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    calls = calls_of(lambda: take_at_once(journal))
    second_write = [n for n, name in enumerate(calls, 1) if name == "write"][1]
    with pytest.raises(IoFailure), fault_at(second_write, fail(28)):
        take_at_once(journal)
    assert list(journal.parent.iterdir()) == []


class TestBreaking:
    """The moments between judging a lock and removing it, when another may be faster."""

    def judged(self, lock: Path) -> locks._Identity:
        found = locks._look(lock)
        assert found is not None
        return found.identity

    def test_a_lock_replaced_after_it_was_judged_stays(
        self, left_by_the_dead: Path, lock: Path
    ) -> None:
        judged = self.judged(lock)
        lock.unlink()
        lock.write_text("a live one")
        assert not locks._break(lock, judged)
        assert lock.read_text() == "a live one"

    def test_a_lock_removed_after_it_was_judged_is_no_error(
        self, left_by_the_dead: Path, lock: Path
    ) -> None:
        judged = self.judged(lock)
        lock.unlink()
        assert not locks._break(lock, judged)

    def test_only_one_breaker_works_at_a_time(self, left_by_the_dead: Path, lock: Path) -> None:
        judged = self.judged(lock)
        with locks._only_breaker(lock, judged) as first:
            assert first
            assert not locks._break(lock, judged)
        assert locks._break(lock, judged)

    def test_a_lock_swapped_at_the_last_moment_is_put_back(
        self, left_by_the_dead: Path, lock: Path
    ) -> None:
        judged = self.judged(lock)
        lock.unlink()
        lock.write_text("a live one")
        assert not locks._move_away(lock, judged)
        assert lock.read_text() == "a live one"
        assert [path for path in lock.parent.iterdir() if path != lock] == []

    @pytest.mark.parametrize("missing", ["module", "support"])
    def test_without_flock_the_rename_alone_decides(
        self, left_by_the_dead: Path, lock: Path, missing: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unsupported(_fd: int, _operation: int) -> None:
            raise OSError(37, "No locks available")

        if missing == "module":
            monkeypatch.setattr(locks, "fcntl", None)
        else:
            monkeypatch.setattr("fcntl.flock", unsupported)
        assert [note.code for note in take_at_once(left_by_the_dead)] == [NOTED]


@pytest.mark.parametrize(
    ("env", "wanted"),
    [
        ({}, (2000, 50, 300_000)),
        ({"PROFILE": "standard"}, (2000, 50, 300_000)),
        ({"PROFILE": "unknown"}, (2000, 50, 300_000)),
        ({"PROFILE": "swarm"}, (10_000, 20, 600_000)),
        ({"PROFILE": " SWARM "}, (10_000, 20, 600_000)),
        ({"TIMEOUT": "120ms", "RETRY": "40ms"}, (120, 40, 300_000)),
        ({"TIMEOUT": "1.5s", "STALE_AFTER": "2m"}, (1500, 50, 120_000)),
        ({"TIMEOUT": "soon", "RETRY": "5", "STALE_AFTER": ""}, (2000, 50, 300_000)),
        ({"PROFILE": "swarm", "TIMEOUT": "soon"}, (10_000, 20, 600_000)),
        ({"PROFILE": "swarm", "TIMEOUT": "0s", "RETRY": "-1s"}, (2000, 50, 600_000)),
        ({"PROFILE": "swarm", "STALE_AFTER": "-1ns"}, (10_000, 20, 300_000)),
        ({"TIMEOUT": "10ms"}, (10, 10, 300_000)),
        ({"TIMEOUT": "1s", "RETRY": "1h"}, (1000, 1000, 300_000)),
    ],
)
def test_the_environment_chooses_the_profile(
    env: dict[str, str], wanted: tuple[int, int, int]
) -> None:
    given = {f"GAIT_SESSION_LOCK_{name}": value for name, value in env.items()}
    profile = session_lock_profile(given)
    assert profile[:3] == tuple(ms * 1_000_000 for ms in wanted)
    assert (profile.age_from, profile.schema_id) == ("content", "gait.runpack.session_lock")


def test_the_presets_are_those_of_the_contract() -> None:
    assert session_lock_profile({}) == STANDARD
    assert session_lock_profile({"GAIT_SESSION_LOCK_PROFILE": "swarm"}) == SWARM
