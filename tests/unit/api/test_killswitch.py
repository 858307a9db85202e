"""Stopping calls at once: what is answered, and what is refused before anything is written."""

import json
from typing import Any

import pytest

from gait_engine.api import killswitch as api
from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.contract.answers.killswitch import KillSwitchAnswer
from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.errors import GaitError, InvalidInput
from tests.support.hosts import FrozenHost

NOON = "2026-02-05T12:00:00Z"
NEVER = "0001-01-01T00:00:00Z"
SECOND = 10**9


def added(host: FrozenHost, name: str = "e1", **options: Any) -> KillSwitchAnswer:
    entry = KillSwitchEntry(entry_id=name, identity="agent-7")
    return api.add("ks.json", entry, **options, host=host)


def test_an_added_entry_is_answered_as_it_stands_and_is_active(frozen_host: FrozenHost) -> None:
    answer = added(frozen_host)
    assert exit_code(answer) == 0
    assert json.loads(encode(answer)) == {
        "ok": True,
        "operation": "add",
        "state": "ks.json",
        "entry": {
            "active": True,
            "created_at": NOON,
            "enabled": True,
            "entry_id": "e1",
            "expires_at": NEVER,
            "identity": "agent-7",
        },
    }


@pytest.mark.parametrize(
    ("options", "end"),
    [
        ({}, NEVER),
        ({"ttl": " 1h30m "}, "2026-02-05T13:30:00Z"),
        ({"expires": " 2026-02-05T14:00:00+01:00 "}, "2026-02-05T13:00:00Z"),
    ],
)
def test_an_entry_may_end_at_a_time_or_after_a_while(
    frozen_host: FrozenHost, options: dict[str, str], end: str
) -> None:
    assert added(frozen_host, **options).entry.expires_at == end


@pytest.mark.parametrize(
    "options",
    [
        {"ttl": "1h", "expires": "2026-03-01T00:00:00Z"},
        {"ttl": "0s"},
        {"ttl": "-1h"},
        {"ttl": "1d"},
        {"expires": "tomorrow"},
        {"expires": NOON},
        {"expires": NEVER},
        {"stop_everything": True},
    ],
)
def test_an_end_that_is_none_is_refused(frozen_host: FrozenHost, options: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        added(frozen_host, **options)
    assert list(frozen_host.cwd.iterdir()) == []


def test_the_list_says_what_stops_calls_now(frozen_host: FrozenHost) -> None:
    added(frozen_host)
    added(frozen_host, "e2", ttl="1s")
    added(frozen_host, "e3")
    api.disable("ks.json", "e3", host=frozen_host)
    frozen_host.now += SECOND
    answer = api.list_entries("ks.json", host=frozen_host)
    assert (answer.state, answer.count) == ("ks.json", 3)
    assert [(row.entry_id, row.enabled, row.active) for row in answer.entries] == [
        ("e1", True, True),
        ("e2", True, False),
        ("e3", False, False),
    ]


def test_an_entry_expires_now_or_at_the_time_given(frozen_host: FrozenHost) -> None:
    added(frozen_host)
    later = api.expire("ks.json", "e1", at="2026-02-05T12:00:01Z", host=frozen_host).entry
    assert (later.expires_at, later.active) == ("2026-02-05T12:00:01Z", True)
    now = api.expire("ks.json", "e1", host=frozen_host).entry
    assert (now.expires_at, now.active) == (NOON, False)


def test_no_end_is_no_time_to_expire_at(frozen_host: FrozenHost) -> None:
    added(frozen_host, ttl="1h")
    with pytest.raises(InvalidInput, match="stands for no end"):
        api.expire("ks.json", "e1", at=NEVER, host=frozen_host)


@pytest.mark.parametrize("state", ["", " ", "none.json"])
def test_every_failure_is_exit_6(frozen_host: FrozenHost, state: str) -> None:
    for command in (
        lambda: api.list_entries(state, host=frozen_host),
        lambda: api.disable(state, "e1", host=frozen_host),
        lambda: api.expire(state, "e1", host=frozen_host),
        lambda: api.add(state, KillSwitchEntry(), host=frozen_host),
    ):
        with pytest.raises(GaitError) as failed:
            command()
        assert exit_code(failure(failed.value)) == 6
    assert list(frozen_host.cwd.iterdir()) == []
