"""`gait kill-switch` at the command line."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import Answer
from tests.support.hosts import FrozenHost

Gait = Callable[..., Answer]
STATE = ("--state", "ks.json")


@pytest.fixture
def state(gait: Gait) -> None:
    """A state with two entries, one of which ends."""
    selectors = ("--identity", "agent-7", "--path-prefixes", "/srv/./a, /b", "--tool-name", "T")
    notes = ("--reason", "leak", "--actor", "ops", "--ttl", "90m")
    gait("kill-switch", "add", *STATE, "--entry-id", "e1", *selectors, *notes)
    gait("kill-switch", "add", *STATE, "--entry-id", "all", "--all")


def test_add_says_what_it_stops_and_until_when(gait: Gait) -> None:
    said = gait(
        *("kill-switch", "add", *STATE, "--agent-id", "ag", "--target-kind", "path"),
        *("--target-value", "/x", "--environment", "Prod", "--workspace-prefixes", "/w,C:\\d"),
        *("--entry-id", "e9", "--expires-at", "2026-02-06T00:00:00Z"),
    )
    selected = "agent_id=ag target_kind=path target_value=/x environment=prod"
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "kill-switch add ok: ks.json",
        f"  active    e9  {selected} workspace_prefixes=/w,C:/d  until 2026-02-06T00:00:00Z",
    ]


@pytest.mark.usefixtures("state")
def test_list_shows_each_entry_and_whether_it_stops_calls(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    gait("kill-switch", "disable", *STATE, "--entry-id", "all")
    frozen_host.now += 90 * 60 * 10**9
    gait("kill-switch", "add", *STATE, "--entry-id", "x", "--identity", "i", "--actor", "ops")
    said = gait("kill-switch", "list", *STATE)
    assert (said.exit_code, said.stderr) == (0, "")
    selected = "identity=agent-7 tool_name=t path_prefixes=/b,/srv/a"
    assert said.stdout.splitlines() == [
        "kill-switch list: ks.json entries=3 active=1",
        f"  expired   e1  {selected}  until 2026-02-05T13:30:00Z",
        "            leak (ops)",
        "  disabled  all  every call",
        "  active    x  identity=i",
        "            (ops)",
    ]


@pytest.mark.usefixtures("state")
def test_the_list_in_json_has_every_entry_with_its_standing(gait: Gait) -> None:
    answer = json.loads(gait("kill-switch", "list", "--json", *STATE).stdout)
    assert (answer["ok"], answer["state"], answer["count"]) == (True, "ks.json", 2)
    assert [entry["active"] for entry in answer["entries"]] == [True, True]


@pytest.mark.usefixtures("state")
def test_an_entry_ends_now_unless_a_time_is_given(gait: Gait) -> None:
    later = gait(
        *("kill-switch", "expire", *STATE, "--entry-id", "all", "--json"),
        *("--at", "2026-02-05T13:00:00+01:00"),
    )
    assert json.loads(later.stdout)["entry"]["expires_at"] == "2026-02-05T12:00:00Z"
    now = gait("kill-switch", "expire", *STATE, "--entry-id", "e1")
    assert now.stdout.startswith("kill-switch expire ok: ks.json\n  expired   e1")


@pytest.mark.usefixtures("state")
@pytest.mark.parametrize(
    "argv",
    [
        ("add", *STATE),
        ("add", *STATE, "--entry-id", "x"),
        ("add", *STATE, "--all", "--identity", "x"),
        ("add", *STATE, "--identity", "x", "extra"),
        ("add", "--identity", "x"),
        ("add", *STATE, "--identity", "x", "--entry-id", "e1"),
        ("add", *STATE, "--identity", "x", "--ttl", "soon"),
        ("list",),
        ("list", "--state", "none.json"),
        ("list", *STATE, "extra"),
        ("disable", *STATE),
        ("disable", *STATE, "--entry-id", "none"),
        ("disable", *STATE, "--entry-id", "e1", "extra"),
        ("expire", *STATE, "--entry-id", "none"),
        ("expire", *STATE, "--entry-id", "e1", "--at", "noon"),
        ("expire", *STATE, "--entry-id", "e1", "extra"),
    ],
)
def test_every_error_is_exit_6_and_leaves_the_state_as_it_was(
    gait: Gait, frozen_host: FrozenHost, argv: tuple[str, ...]
) -> None:
    path = frozen_host.cwd / "ks.json"
    before = path.read_bytes()
    said = gait("kill-switch", *argv, "--json")
    assert (said.exit_code, json.loads(said.stdout)["error_code"]) == (6, "invalid_input")
    assert path.read_bytes() == before


def test_hostile_text_in_an_entry_is_made_visible(gait: Gait) -> None:
    gait("kill-switch", "add", *STATE, "--identity", "a\x1b[2Jb", "--reason", "x\ny")
    said = gait("kill-switch", "list", *STATE)
    assert "\x1b" not in said.stdout
    assert "identity=a\\x1b[2Jb" in said.stdout
    assert len(said.stdout.splitlines()) == 3
