import hashlib
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.errors import GaitError, InvalidInput, StateContention
from gait_engine.gate.killswitch import judge, read_state
from gait_engine.gate.killswitchedit import add_entry, derived_id, disable_entry, expire_entry
from gait_engine.host import Host
from gait_engine.store.locks import STANDARD, hold_lock
from gait_engine.wire.timestamps import Timestamp
from tests.support.faults import calls_of, in_children, killed_at
from tests.support.hosts import FrozenHost
from tests.support.judging import NOON, intent_of

LATER = Timestamp("2026-02-05T13:00:00Z")


def entry_of(**fields: Any) -> KillSwitchEntry:
    return KillSwitchEntry(**{"created_at": NOON, **fields})


@pytest.fixture
def state(frozen_host: FrozenHost) -> Path:
    """A state with one entry, `e1`, that stops agent-7."""
    add_entry("ks.json", entry_of(entry_id="e1", identity="agent-7"), host=frozen_host)
    return frozen_host.cwd / "ks.json"


def status(host: Host) -> str:
    return judge(read_state("ks.json", host=host), intent_of(), NOON).status


def test_the_first_entry_begins_a_state_with_folder_and_mode(frozen_host: FrozenHost) -> None:
    added = add_entry("x/y/ks.json", entry_of(tool_name=" A.B "), host=frozen_host)
    path = frozen_host.cwd / "x" / "y" / "ks.json"
    assert json.loads(path.read_bytes()) == {
        "schema_id": "gait.gate.kill_switch_state",
        "schema_version": "1.0.0",
        "created_at": NOON,
        "updated_at": NOON,
        "producer_version": "0.0.0-dev",
        "entries": [
            {
                "entry_id": derived_id(added),
                "enabled": True,
                "tool_name": "a.b",
                "created_at": NOON,
                "expires_at": "0001-01-01T00:00:00Z",
            }
        ],
    }
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o750
    assert [child.name for child in path.parent.iterdir()] == ["ks.json"]


def test_an_id_is_made_of_what_the_entry_says_and_when() -> None:
    entry = entry_of(
        agent_id="a",
        identity="i",
        tool_name="t",
        target_kind="url",
        target_value="v",
        environment="e",
        path_prefixes=("/a", "/b"),
        workspace_prefixes=("/w",),
        reason="r",
        actor="not in it",
    )
    said = f"a\0i\0t\0url\0v\0e\0/a,/b\0/w\0r\0{NOON}"
    assert derived_id(entry) == hashlib.sha256(said.encode()).hexdigest()[:24]


def test_an_added_entry_comes_last_and_the_others_stay(
    frozen_host: FrozenHost, state: Path
) -> None:
    frozen_host.now += 10**9
    added = add_entry(
        "ks.json", entry_of(entry_id="a", agent_id="x", expires_at=LATER), host=frozen_host
    )
    found = read_state("ks.json", host=frozen_host)
    assert [entry.entry_id for entry in found.entries] == ["e1", "a"]
    assert found.entries[1] == added
    assert (found.created_at, found.updated_at) == (NOON, "2026-02-05T12:00:01Z")


@pytest.mark.parametrize(
    ("given", "stop_everything", "about"),
    [
        ({}, False, "no selector"),
        ({"entry_id": "x"}, False, "no selector"),
        ({"path_prefixes": (" ",)}, False, "no selector"),
        ({"identity": "a"}, True, "beside --all"),
        ({"identity": "a", "entry_id": "e1"}, False, "taken"),
        ({"identity": "a", "expires_at": NOON}, False, "expires"),
        ({"target_kind": "disk"}, False, "target_kind"),
        ({"path_prefixes": (".",)}, False, "path_prefixes"),
    ],
)
def test_an_entry_that_would_not_do_what_it_says_is_refused_and_nothing_is_written(
    frozen_host: FrozenHost,
    state: Path,
    given: dict[str, Any],
    stop_everything: bool,  # noqa: FBT001
    about: str,
) -> None:
    before = state.read_bytes()
    with pytest.raises(InvalidInput, match=about):
        add_entry("ks.json", entry_of(**given), stop_everything=stop_everything, host=frozen_host)
    assert state.read_bytes() == before
    assert list(frozen_host.cwd.iterdir()) == [state]


def test_an_entry_for_every_call_must_be_asked_for_and_gets_an_id(frozen_host: FrozenHost) -> None:
    added = add_entry("ks.json", entry_of(), stop_everything=True, host=frozen_host)
    assert added.entry_id == derived_id(added)
    assert status(frozen_host) == "active"


def test_a_state_that_cannot_be_read_is_not_replaced(frozen_host: FrozenHost) -> None:
    path = frozen_host.cwd / "ks.json"
    path.write_bytes(b"{bad")
    with pytest.raises(InvalidInput):
        add_entry("ks.json", entry_of(identity="a"), host=frozen_host)
    with pytest.raises(InvalidInput):
        disable_entry("ks.json", "e1", host=frozen_host)
    assert path.read_bytes() == b"{bad"
    assert list(frozen_host.cwd.iterdir()) == [path]


def test_a_disabled_entry_stays_and_stops_nothing(frozen_host: FrozenHost, state: Path) -> None:
    assert status(frozen_host) == "active"
    changed = disable_entry("ks.json", " e1 ", host=frozen_host)
    assert (changed.entry_id, changed.enabled) == ("e1", False)
    assert read_state("ks.json", host=frozen_host).entries == (changed,)
    assert status(frozen_host) == "inactive"


def test_an_entry_ends_at_the_time_it_is_given(frozen_host: FrozenHost, state: Path) -> None:
    assert expire_entry("ks.json", "e1", LATER, host=frozen_host).expires_at == LATER
    assert status(frozen_host) == "active"
    expire_entry("ks.json", "e1", NOON, host=frozen_host)
    assert status(frozen_host) == "inactive"


def test_an_id_that_stands_twice_is_changed_twice(frozen_host: FrozenHost, state: Path) -> None:
    twice = json.loads(state.read_bytes())
    twice["entries"] *= 2
    state.write_text(json.dumps(twice))
    disable_entry("ks.json", "e1", host=frozen_host)
    assert [e.enabled for e in read_state("ks.json", host=frozen_host).entries] == [False, False]


@pytest.mark.parametrize("entry_id", ["E1", "e", "", " "])
def test_an_unknown_id_is_refused(frozen_host: FrozenHost, state: Path, entry_id: str) -> None:
    nameless = json.loads(state.read_bytes())
    nameless["entries"].append({"identity": "x", "enabled": True, "created_at": NOON})
    state.write_text(json.dumps(nameless))
    before = state.read_bytes()
    with pytest.raises(InvalidInput, match="entry id"):
        disable_entry("ks.json", entry_id, host=frozen_host)
    assert state.read_bytes() == before


def test_a_file_that_is_not_there_is_not_made_by_a_change(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput):
        expire_entry("x/ks.json", "e1", NOON, host=frozen_host)
    assert list(frozen_host.cwd.iterdir()) == []


def test_an_edit_waits_for_another_and_says_if_that_takes_too_long(
    frozen_host: FrozenHost, state: Path
) -> None:
    with hold_lock(state, STANDARD, Host()), pytest.raises(StateContention) as busy:
        disable_entry("ks.json", "e1", host=frozen_host)
    assert (busy.value.exit_code, busy.value.retryable) == (1, True)


def test_edits_at_once_lose_no_entry(tmp_path: Path) -> None:
    class There(Host):
        @property
        def cwd(self) -> Path:
            return tmp_path

    def add(name: str) -> None:
        add_entry("ks.json", entry_of(entry_id=name, identity="a"), host=There())

    names = [f"e{n}" for n in range(8)]
    assert in_children([partial(add, name) for name in names]) == [0] * 8
    found = read_state("ks.json", host=There()).entries
    assert sorted(entry.entry_id for entry in found) == names


def test_a_crash_at_any_moment_leaves_the_old_state_or_the_new_one(
    frozen_host: FrozenHost, state: Path
) -> None:
    before = state.read_bytes()

    def work() -> None:
        disable_entry("ks.json", "e1", host=frozen_host)

    count = len(calls_of(work))
    after = state.read_bytes()
    seen = set()
    for n in range(1, count + 1):
        state.write_bytes(before)
        for left in frozen_host.cwd.glob("*.lock"):
            left.unlink()
        killed_at(n, work)
        seen.add(state.read_bytes())
    assert seen == {before, after}


def test_every_refusal_is_an_error_with_exit_6(frozen_host: FrozenHost) -> None:
    with pytest.raises(GaitError) as refused:
        add_entry("/dev/fd/0", entry_of(identity="a"), host=frozen_host)
    assert refused.value.exit_code == 6
