import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.contract.decision import KillSwitchDecision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.killswitch import KILL_SWITCH_JOURNAL, KillSwitchHit
from gait_engine.errors import InvalidInput, IoFailure, StateContention
from gait_engine.gate.killswitch import (
    append_hit,
    judge,
    parse_state,
    read_state,
    selectors_of,
    unavailable,
)
from gait_engine.host import Host
from gait_engine.store.locks import STANDARD, hold_lock
from gait_engine.wire.timestamps import Timestamp
from tests.support.faults import DISK_ERRORS, fail, fault_at, in_children
from tests.support.hosts import FrozenHost
from tests.support.judging import NOON, intent_of, with_context

EARLIER = "2026-01-01T00:00:00Z"
REPORT = {"kind": "path", "value": "/srv/app/data/report.csv", "operation": "read"}
BUCKET = {"kind": "bucket", "value": "s3-prod", "operation": "write"}
HIT = KillSwitchHit(
    schema_id="gait.gate.kill_switch_journal",
    schema_version="1.0.0",
    created_at=NOON,
    producer_version="0.0.0-dev",
    source="gate_eval",
    trace_id="a" * 24,
    tool_name="db.query",
    reason_codes=("kill_switch_active",),
)


def state_text(*entries: dict[str, Any], **fields: Any) -> bytes:
    """Spell a state; entries get what every entry must have, None removes a member."""
    complete = [{"enabled": True, "created_at": EARLIER} | entry for entry in entries]
    plain = {
        "schema_id": "gait.gate.kill_switch_state",
        "schema_version": "1.0.0",
        "created_at": EARLIER,
        "updated_at": EARLIER,
        "producer_version": "1",
        "entries": complete,
    } | fields
    return json.dumps({key: value for key, value in plain.items() if value is not None}).encode()


def judged(
    intent: NormalIntent, *entries: dict[str, Any], at: Timestamp = NOON
) -> KillSwitchDecision:
    return judge(parse_state(state_text(*entries), "ks.json"), intent, at)


def call(**fields: Any) -> NormalIntent:
    context = {"agent_id": "ag-1", "environment": "PROD"} | fields.pop("context", {})
    return intent_of(REPORT, BUCKET, context=context, **fields)


def script(*steps: dict[str, Any], **fields: Any) -> NormalIntent:
    return intent_of(script={"steps": steps}, **fields)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"agent_id": " ag-1 "}, "kill_switch_agent_id_active"),
        ({"identity": "agent-7"}, "kill_switch_identity_active"),
        ({"tool_name": " DB.Query"}, "kill_switch_tool_name_active"),
        ({"environment": "Prod"}, "kill_switch_environment_active"),
        ({"target_kind": "BUCKET"}, "kill_switch_target_active"),
        ({"target_value": "s3-prod"}, "kill_switch_target_active"),
        ({"target_kind": "bucket", "target_value": "s3-prod"}, "kill_switch_target_active"),
        ({"path_prefixes": ["/srv/./app/", "/x"]}, "kill_switch_path_active"),
        ({"path_prefixes": ["/srv/app/data/report.csv"]}, "kill_switch_path_active"),
        ({"path_prefixes": ["/"]}, "kill_switch_path_active"),
        ({"workspace_prefixes": ["/srv/x/..", "C:/dev"]}, "kill_switch_workspace_active"),
    ],
)
def test_a_selector_that_matches_stops_the_call_and_names_itself(
    entry: dict[str, Any], code: str
) -> None:
    decision = judged(call(), {"entry_id": "e", **entry})
    assert decision == KillSwitchDecision(
        status="active",
        reason_code=code,
        reason_codes=("kill_switch_active", code),
        matched_entry_ids=("e",),
        evaluated_at=NOON,
    )


@pytest.mark.parametrize(
    "entry",
    [
        {"agent_id": "AG-1"},
        {"identity": "agent"},
        {"tool_name": "db"},
        {"environment": "dev"},
        {"target_kind": "url"},
        {"target_value": "S3-prod"},
        {"target_kind": "path", "target_value": "s3-prod"},
        {"path_prefixes": ["/srv/ap"]},
        {"path_prefixes": ["s3-prod"]},
        {"workspace_prefixes": ["/srv/ap", "/srv/app/data"]},
        {"identity": "agent-7", "agent_id": "other"},
    ],
)
def test_an_entry_stops_nothing_unless_all_its_selectors_match(entry: dict[str, Any]) -> None:
    assert judged(call(), {"entry_id": "e", **entry}) == KillSwitchDecision(
        status="inactive", evaluated_at=NOON
    )


def test_several_entries_join_their_reasons_and_ids_sorted() -> None:
    decision = judged(
        call(),
        {"entry_id": "z", "tool_name": "db.query", "environment": "prod"},
        {"entry_id": "no", "agent_id": "other"},
        {"identity": "agent-7"},
        {"entry_id": "a", "identity": "agent-7"},
        {"entry_id": "z", "identity": "agent-7"},
    )
    assert decision.matched_entry_ids == ("a", "z")
    assert decision.reason_code == "kill_switch_environment_active"
    assert decision.reason_codes == (
        "kill_switch_active",
        "kill_switch_environment_active",
        "kill_switch_identity_active",
        "kill_switch_tool_name_active",
    )


def test_an_entry_with_an_id_alone_stops_every_call() -> None:
    decision = judged(intent_of(), {"entry_id": "global", "path_prefixes": [" "]})
    assert (decision.status, decision.reason_code) == ("active", "kill_switch_active")
    assert decision.reason_codes == ("kill_switch_active",)


@pytest.mark.parametrize(
    ("entry", "status"),
    [
        ({"enabled": False}, "inactive"),
        ({"expires_at": "2026-02-05T12:00:00.000000001Z"}, "active"),
        ({"expires_at": NOON}, "inactive"),
        ({"expires_at": "2026-02-05T13:30:00+01:00"}, "active"),
        ({"expires_at": "2026-02-05T13:00:00+01:00"}, "inactive"),
        ({"expires_at": "0001-01-01T00:00:00Z"}, "active"),
    ],
)
def test_an_entry_is_in_force_while_it_is_enabled_and_not_expired(
    entry: dict[str, Any], status: str
) -> None:
    assert judged(call(), {"entry_id": "e", **entry}).status == status


def test_an_entry_that_does_not_say_enabled_is_not() -> None:
    text = state_text().replace(
        b'"entries": []', b'"entries": [{"entry_id":"e","created_at":"%s"}]' % EARLIER.encode()
    )
    assert judge(parse_state(text, "ks.json"), call(), NOON).status == "inactive"


def test_a_script_is_stopped_by_a_target_of_any_step_even_beside_targets_of_its_own() -> None:
    step = {"tool_name": "db.query", "targets": [REPORT]}
    own = script({"tool_name": "a.b"}, step, targets=[BUCKET])
    assert judged(own, {"path_prefixes": ["/srv/app"]}).status == "active"
    assert judged(own, {"target_value": "s3-prod"}).status == "active"
    assert judged(own, {"tool_name": "script"}).status == "active"
    assert judged(own, {"tool_name": "db.query"}).status == "inactive"


@pytest.mark.parametrize(
    ("value", "prefix"),
    [
        ("/srv/other/../app/x", "/srv/app"),
        ("/srv//app/./x", "/srv/app"),
        ("C:\\dev\\repo", "C:/dev"),
        ("C:/dev/repo", "C:\\dev\\"),
        ("src/../lib/x", "lib"),
    ],
)
def test_no_spelling_of_a_path_slips_by(value: str, prefix: str) -> None:
    intent = intent_of({"kind": "path", "value": value})
    assert judged(intent, {"path_prefixes": [prefix]}).status == "active"
    elsewhere = with_context(intent_of(), workspace=value.replace("\\", "/"))
    assert judged(elsewhere, {"workspace_prefixes": [prefix]}).status == "active"


def test_entries_come_out_in_normal_form_and_unknown_fields_are_ignored() -> None:
    given = {"tool_name": " A.B ", "path_prefixes": ["/b/", "/a", " /a/. "], "note": 1 << 60}
    state = parse_state(state_text({**given, "created_at": "2026-01-01T01:00:00+01:00"}), "k")
    entry = state.entries[0]
    assert (entry.tool_name, entry.path_prefixes) == ("a.b", ("/a", "/b"))
    assert entry.created_at == EARLIER
    assert selectors_of(entry) == ("tool_name", "path")


@pytest.mark.parametrize(
    ("text", "where"),
    [
        (state_text(schema_id="x"), "$.schema_id"),
        (state_text(schema_id=None), "$.schema_id"),
        (state_text(schema_version="2.0.0"), "$.schema_version"),
        (state_text(created_at=None), "$.created_at"),
        (state_text(updated_at="0001-01-01T00:00:00Z"), "$.updated_at"),
        (state_text({"identity": "a"}, {"identity": " "}), "$.entries[1]"),
        (state_text({"identity": "a", "created_at": None}), "$.entries[0].created_at"),
        (state_text({"target_kind": "disk"}), "$.entries[0].target_kind"),
        (state_text({"path_prefixes": ["./"]}), "$.entries[0].path_prefixes"),
        (state_text({"workspace_prefixes": ["a/.."]}), "$.entries[0].workspace_prefixes"),
        (state_text(entries={}), "$.entries"),
        (state_text({"enabled": "true", "identity": "a"}), "$.entries[0].enabled"),
        (b"null", "$.schema_id"),
        (b"[]", ""),
        (b"", ""),
    ],
)
def test_a_state_that_is_not_valid_is_refused_and_the_place_is_named(
    text: bytes, where: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_state(text, "ks.json")
    assert refused.value.where == f"ks.json {where}".strip()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"entries":[{"enabled":false,"enabled":true}]}', "json_duplicate_key"),
        (b'{"entries":[{"Enabled":true}]}', "json_case_variant_key"),
        (b'{"entries":[{"identity":"\\ud800"}]}', "json_lossy_text"),
    ],
)
def test_a_state_that_readers_could_read_differently_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_state(text, "ks.json")
    assert refused.value.code == code


def test_a_state_file_is_read_from_the_working_directory(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "ks.json").write_bytes(state_text({"identity": "a"}))
    assert len(read_state("ks.json", host=frozen_host).entries) == 1
    with pytest.raises(InvalidInput):
        read_state("none.json", host=frozen_host)


def test_a_state_that_had_to_be_known_and_is_not_says_so() -> None:
    assert msgspec.to_builtins(unavailable(NOON)) == {
        "status": "unavailable",
        "reason_code": "kill_switch_state_unavailable",
        "reason_codes": ("kill_switch_state_unavailable",),
        "evaluated_at": NOON,
    }


def append_many(folder: Path) -> None:
    class There(Host):
        @property
        def cwd(self) -> Path:
            return folder

    for _ in range(10):
        append_hit("state/ks.json", HIT, host=There())


def test_hits_are_lines_of_compact_json_beside_the_state_file(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "state").mkdir()
    append_hit("state/ks.json", HIT, host=frozen_host)
    append_hit("state/ks.json", HIT, host=frozen_host)
    folder = frozen_host.cwd / "state"
    assert [path.name for path in folder.iterdir()] == [KILL_SWITCH_JOURNAL]
    line = (
        '{"schema_id":"gait.gate.kill_switch_journal","schema_version":"1.0.0",'
        f'"created_at":"{NOON}","producer_version":"0.0.0-dev","source":"gate_eval",'
        f'"trace_id":"{"a" * 24}","tool_name":"db.query","intent_digest":"","policy_digest":"",'
        '"reason_codes":["kill_switch_active"]}\n'
    )
    assert (folder / KILL_SWITCH_JOURNAL).read_text() == line * 2
    assert (folder / KILL_SWITCH_JOURNAL).stat().st_mode & 0o777 == 0o600


def test_gates_that_append_at_once_keep_every_line_whole(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir()
    assert in_children([lambda: append_many(tmp_path)] * 4) == [0] * 4
    lines = (tmp_path / "state" / KILL_SWITCH_JOURNAL).read_bytes().splitlines()
    assert [json.loads(line)["trace_id"] for line in lines] == ["a" * 24] * 40


def test_a_gate_waits_its_turn_to_append(frozen_host: FrozenHost) -> None:
    journal = frozen_host.cwd / KILL_SWITCH_JOURNAL
    with hold_lock(journal, STANDARD, Host()), pytest.raises(StateContention):
        append_hit("ks.json", HIT, host=frozen_host)
    assert not journal.exists()


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_a_line_that_could_not_be_made_durable_is_not_there(
    frozen_host: FrozenHost, number: int
) -> None:
    append_hit("ks.json", HIT, host=frozen_host)
    journal = frozen_host.cwd / KILL_SWITCH_JOURNAL
    before = journal.read_bytes()
    with fault_at(0, fail(number)) as made:
        append_hit("ks.json", HIT, host=frozen_host)
    journal.write_bytes(before)
    last_sync = len(made) - made[::-1].index("fsync")
    with fault_at(last_sync, fail(number)), pytest.raises(IoFailure):
        append_hit("ks.json", HIT, host=frozen_host)
    assert journal.read_bytes() == before
