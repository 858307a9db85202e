import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.contract.answers.review import ReviewShowAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.contract.review import DenyRequest, ReviewSetting, ReviewTarget
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.crypto.sign import sign_digest
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.gate.review.deciding import deny, mint
from gait_engine.gate.review.screen import review_screen
from gait_engine.gate.review.subject import file_changes, subject_of_target
from gait_engine.gate.trace import read_trace, signature_digest
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonwrite import pretty
from tests.support.hosts import FrozenHost
from tests.support.reviews import (
    INTENT,
    LOG,
    RULE,
    SCOPE,
    SETTING,
    TARGET,
    TRACE,
    approve,
    around,
    ask,
    request,
    waiting_call,
    write_intent,
    write_policy,
)
from tests.support.tokens import KEY


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def show(
    host: FrozenHost, target: ReviewTarget = TARGET, setting: ReviewSetting = SETTING
) -> ReviewShowAnswer:
    look = around(host, setting)
    return review_screen(subject_of_target(target, look), look)


def codes(answer: ReviewShowAnswer) -> list[str]:
    return [notice.code for notice in answer.blockers]


def banners(answer: ReviewShowAnswer) -> list[str]:
    return [notice.code for notice in answer.banners]


def test_everything_an_approver_must_see_is_there(frozen_host: FrozenHost) -> None:
    answer = show(frozen_host)
    assert (answer.is_approvable, answer.blockers, answer.banners) == (True, (), ())
    assert (answer.trace_path, answer.trace_signature) == (TRACE, "not_checked")
    assert (answer.verdict, answer.required, answer.distinct, answer.valid) == (
        *("require_approval", 2, True, 0),
    )
    assert (answer.identity, answer.risk_class, answer.environment, answer.destructive) == (
        *("svc-etl", "high", "production", True),
    )
    assert [(rule.name, rule.line) for rule in answer.rules] == [("approve-delete", 1)]
    assert [(one.name, one.is_same) for one in answer.digests] == [
        *(("intent", True), ("policy", True), ("args", True)),
    ]
    assert answer.form.scope == SCOPE
    assert (answer.form.max_targets, answer.form.max_ops, answer.form.ttl) == (1, 1, "15m")
    assert answer.form.may_not_approve == ("svc-etl",)
    assert (answer.form.key_id, answer.form.key_source) == (KEY.key_id, "path:k.key")
    assert answer.phrases == (f"approve {answer.intent_digest[-6:]}",)
    assert answer.deny_phrase == f"deny {answer.intent_digest[-6:]}"
    assert answer.must_read == ("args_vs_rule", "rule", "digests")


def test_the_text_that_is_shown_is_the_one_that_the_digest_covers(frozen_host: FrozenHost) -> None:
    answer = show(frozen_host)
    assert isinstance(answer.prepared_intent, msgspec.Raw)
    assert sha256_hex(bytes(answer.prepared_intent)) == answer.intent_digest


def test_a_call_can_be_named_by_intent_and_policy(frozen_host: FrozenHost) -> None:
    by_trace = show(frozen_host)
    files = ReviewTarget(intent="intent.json", policy="policy.yaml")
    by_files = show(frozen_host, files)
    assert (by_files.trace_path, by_files.trace_id) == ("./trace.json", by_trace.trace_id)
    assert by_files.is_approvable
    (frozen_host.cwd / TRACE).unlink()
    alone = show(frozen_host, files)
    assert (alone.trace_path, alone.trace_id) == ("", by_trace.trace_id)
    assert (banners(alone), alone.is_approvable) == (["trace_missing"], True)


@pytest.mark.parametrize("target", [ReviewTarget(), ReviewTarget(intent="i"), ReviewTarget("")])
def test_a_target_that_names_too_little_is_refused(
    frozen_host: FrozenHost, target: ReviewTarget
) -> None:
    with pytest.raises(InvalidInput, match="expected one of them"):
        show(frozen_host, target)


@pytest.mark.parametrize(
    ("text", "kind"), [(b"{}", InvalidInput), (b'{"x":1}', VerificationFailed)]
)
def test_a_trace_that_cannot_be_read_is_an_error(
    frozen_host: FrozenHost, text: bytes, kind: type[GaitError]
) -> None:
    (frozen_host.cwd / "t.json").write_bytes(text)
    with pytest.raises(kind):
        show(frozen_host, ReviewTarget("t.json"))


def test_a_file_that_is_not_the_traces_own_turns_approval_off(frozen_host: FrozenHost) -> None:
    write_intent(frozen_host.cwd, "i2.json", args={"path": "/other"})
    write_policy(frozen_host.cwd, RULE | {"min_approvals": 1}, name="p2.yaml")
    answer = show(frozen_host, ReviewTarget(TRACE, "i2.json", "p2.yaml"))
    assert codes(answer) == [
        *("intent_digest_mismatch", "policy_digest_mismatch", "args_digest_mismatch")
    ]
    assert [one.is_same for one in answer.digests] == [False, False, False]
    assert not answer.is_approvable


def test_a_policy_of_another_call_has_no_say_about_the_verdict(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "p2.yaml").write_text("default_verdict: allow\n")
    answer = show(frozen_host, ReviewTarget(TRACE, policy="p2.yaml"))
    assert (codes(answer), answer.verdict) == (["policy_digest_mismatch"], "")
    assert answer.policy_path == "p2.yaml"
    assert b'"verdict":"allow"' not in msgspec.json.encode(answer)
    assert {row.state for row in answer.rows} == {"not_constrained"}


def test_a_kill_switch_is_told_of_beside_a_digest_that_differs(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "p2.yaml").write_text("default_verdict: allow\n")
    (frozen_host.cwd / "ks.json").write_text("{}")
    setting = SETTING._replace(kill_switch_state="ks.json")
    answer = show(frozen_host, ReviewTarget(TRACE, policy="p2.yaml"), setting)
    assert codes(answer) == ["policy_digest_mismatch", "kill_switch_unreadable"]


def test_a_trace_about_other_arguments_turns_approval_off(frozen_host: FrozenHost) -> None:
    trace = read_trace(TRACE, host=frozen_host)
    other = msgspec.structs.replace(trace, args_digest="00" * 32)
    (frozen_host.cwd / TRACE).write_bytes(pretty(other))
    answer = show(frozen_host)
    assert (codes(answer), answer.is_approvable) == (["args_digest_mismatch"], False)
    assert answer.verdict == ""


def sign(host: FrozenHost, name: str = TRACE, **changes: Any) -> ReviewSetting:
    """Sign the trace of the call, changed or not, and return a setting that checks traces."""
    trace = msgspec.structs.replace(read_trace(TRACE, host=host), signature=msgspec.UNSET)
    trace = msgspec.structs.replace(trace, **changes)
    signed = msgspec.structs.replace(trace, signature=sign_digest(signature_digest(trace), KEY))
    (host.cwd / name).write_bytes(pretty(signed))
    return SETTING._replace(trace_keys=KeySources(public_key="k.pub"))


def test_with_a_key_of_traces_only_one_that_verifies_is_approved(frozen_host: FrozenHost) -> None:
    setting = sign(frozen_host)
    answer = show(frozen_host, setting=setting)
    assert (answer.trace_signature, codes(answer), answer.unread) == ("verified", [], ())
    forged = msgspec.structs.replace(read_trace(TRACE, host=frozen_host), latency_ms=7.5)
    (frozen_host.cwd / TRACE).write_bytes(pretty(forged))
    answer = show(frozen_host, setting=setting)
    assert answer.trace_signature == "failed"
    assert codes(answer) == ["trace_signature_invalid"]
    assert [(one.path, one.kind, one.error_code) for one in answer.unread] == [
        ("./trace.json", "trace", "trace_signature_invalid")
    ]


def test_with_a_key_of_traces_an_unsigned_one_is_refused(frozen_host: FrozenHost) -> None:
    setting = sign(frozen_host)
    bare = msgspec.structs.replace(read_trace(TRACE, host=frozen_host), signature=msgspec.UNSET)
    (frozen_host.cwd / TRACE).write_bytes(pretty(bare))
    answer = show(frozen_host, setting=setting)
    assert (answer.trace_signature, codes(answer)) == ("none", ["trace_signature_invalid"])


def test_with_a_key_of_traces_a_forged_answer_changes_no_state(frozen_host: FrozenHost) -> None:
    setting = sign(frozen_host)
    trace = read_trace(TRACE, host=frozen_host)
    later = msgspec.structs.replace(trace, verdict="allow", observed_at="2026-02-05T12:00:01Z")
    (frozen_host.cwd / "later.json").write_bytes(pretty(later))
    assert codes(show(frozen_host)) == ["state_changed"]
    assert codes(show(frozen_host, setting=setting)) == []


def test_a_file_that_cannot_be_read_turns_approval_off(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "i2.json").write_text('{"tool_name":"a","tool_name":"b"}')
    (frozen_host.cwd / "p2.yaml").write_text("rules: [")
    answer = show(frozen_host, ReviewTarget(TRACE, "i2.json", "p2.yaml"))
    assert codes(answer) == ["intent_unreadable", "policy_unreadable"]
    assert "json_duplicate_key" in answer.blockers[0].text
    assert (answer.rows, answer.verdict, answer.prepared_intent) == ((), "", msgspec.UNSET)


def test_files_that_are_missing_turn_approval_off(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "policy.yaml").unlink()
    answer = show(frozen_host)
    assert codes(answer) == ["policy_missing"]
    assert {row.state for row in answer.rows} == {"not_constrained"}
    (frozen_host.cwd / "intent.json").unlink()
    assert codes(show(frozen_host)) == ["intent_missing", "policy_missing"]


def test_what_else_a_digest_rests_on_is_said(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "wrkr.json").write_text('[{"tool_name":"tool.delete","data_class":"pii"}]')
    ask(frozen_host, wrkr_inventory="wrkr.json")
    assert show(frozen_host).blockers[0].text.endswith("; it rests on 'wrkr.json' too")


def test_a_call_that_has_been_answered_is_not_approved_again(frozen_host: FrozenHost) -> None:
    trace = read_trace(TRACE, host=frozen_host)
    later = msgspec.structs.replace(trace, verdict="allow", observed_at="2026-02-05T12:00:01Z")
    (frozen_host.cwd / "later.json").write_bytes(pretty(later))
    assert codes(show(frozen_host)) == ["state_changed"]
    assert codes(show(frozen_host, ReviewTarget("later.json"))) == ["state_changed"]


def test_enough_approvals_are_enough(frozen_host: FrozenHost) -> None:
    approve(frozen_host, "a.json", approver_identity="alice")
    answer = show(frozen_host)
    assert (answer.valid, answer.approvers, answer.tokens_checked) == (1, ("alice",), True)
    approve(frozen_host, "b.json")
    assert codes(show(frozen_host)) == ["approvals_complete"]


@pytest.mark.parametrize(
    ("changes", "blocker"),
    [
        ({"key_mode": "dev", "signing_keys": NO_KEYS}, "key_dev"),
        ({"key_mode": " DEV "}, "key_dev"),
        ({"signing_keys": NO_KEYS}, "key_missing"),
        ({"key_mode": "test"}, "key_unusable"),
        ({"approval_keys": KeySources(public_key="other.pub")}, "key_mismatch"),
    ],
)
def test_without_a_key_that_lasts_and_counts_approval_is_off(
    frozen_host: FrozenHost, changes: dict[str, Any], blocker: str
) -> None:
    other = generate_key(frozen_host)
    (frozen_host.cwd / "other.pub").write_bytes(key_text(other.public_key))
    answer = show(frozen_host, setting=SETTING._replace(**changes))
    assert (codes(answer), answer.form.key_id) == ([blocker], "")


def test_a_log_that_cannot_be_continued_turns_approval_off(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "gait-out").mkdir()
    (frozen_host.cwd / LOG).write_text("{}\n")
    answer = show(frozen_host)
    assert codes(answer) == ["review_log_broken"]
    assert [one.kind for one in answer.unread] == ["review_log"]


def test_dangers_come_with_their_phrases_and_as_hazards(frozen_host: FrozenHost) -> None:
    waiting_call(frozen_host, args={"note": "ok\u202efnoc.bd"})
    answer = show(frozen_host)
    assert [one.where for one in answer.dangers] == ["$.args.note"]
    assert [(one.code, one.where) for one in answer.hazards] == [
        ("text_control_characters", "$.args.note")
    ]
    assert answer.phrases[1:] == ("hidden character seen",)
    assert answer.is_approvable


def test_what_was_decided_before_stands_above_and_in_the_history(frozen_host: FrozenHost) -> None:
    deny(DenyRequest(TARGET, "carol", "not_in_ticket", note="ask"), around(frozen_host))
    write_intent(frozen_host.cwd, "i2.json", args={"path": "/srv/tmp"})
    frozen_host.now += 10**9
    ask(frozen_host, intent="i2.json", trace="t2.json")
    other = show(frozen_host, ReviewTarget("t2.json"))
    assert [(one.reviewer, one.is_same_call, one.target) for one in other.history] == [
        ("carol", False, "/srv/db.conf")
    ]
    assert (banners(other), other.last_approved) == ([], msgspec.UNSET)
    same = show(frozen_host)
    assert banners(same) == ["denied_before"]
    assert same.history[0].is_same_call


def test_fields_are_compared_with_the_last_approved_intent_of_the_tool(
    frozen_host: FrozenHost,
) -> None:
    mint(request(frozen_host), around(frozen_host))
    write_intent(frozen_host.cwd, "i2.json", args={"path": "/srv/tmp", "force": True})
    ask(frozen_host, intent="i2.json", trace="t2.json")
    answer = show(frozen_host, ReviewTarget("t2.json"))
    assert answer.last_approved is not msgspec.UNSET
    assert (answer.last_approved.approver, answer.last_approved.compared) == ("alice", True)
    changes = {row.field: (row.change, row.previous) for row in answer.rows}
    assert changes["args.path"] == ("changed", '"/srv/db.conf"')
    assert changes["args.force"] == ("same", "")
    (frozen_host.cwd / "intent.json").unlink()
    without = show(frozen_host, ReviewTarget("t2.json"))
    assert without.last_approved is not msgspec.UNSET
    assert (without.last_approved.compared, without.counts.changed) == (False, 0)
    assert show(frozen_host).last_approved is msgspec.UNSET


def test_what_is_odd_about_the_trace_and_the_time_is_said(frozen_host: FrozenHost) -> None:
    freeze = {"timezone": "UTC", "effect": "require_approval", "reason": "year end", "windows": [
        {"name": "w", "start": "2026-02-05T00:00:00", "end": "2026-02-06T00:00:00"}]}  # fmt: skip
    write_policy(frozen_host.cwd, RULE | {"freeze_window": freeze})
    ask(frozen_host)
    unsigned = msgspec.structs.replace(
        read_trace(TRACE, host=frozen_host),
        signature=msgspec.UNSET,
        observed_at="2026-02-05T12:05:01Z",
    )
    (frozen_host.cwd / TRACE).write_bytes(pretty(unsigned))
    approve(frozen_host, expires_at="2026-02-05T12:00:00Z")
    answer = show(frozen_host)
    assert answer.trace_signature == "none"
    assert banners(answer) == [
        *("trace_unsigned", "clock_before_trace"),
        *("approval_token_expired", "freeze_window_active"),
    ]
    assert answer.banners[-1].text == (
        "a change freeze is on: year end, until 2026-02-06T00:00:00Z"
    )
    assert banners(show(frozen_host, setting=SETTING._replace(signing_keys=NO_KEYS)))[-2:] == [
        *("tokens_not_checked", "freeze_window_active")
    ]


def test_a_script_is_shown_step_by_step(frozen_host: FrozenHost) -> None:
    steps = [{"tool_name": "tool.delete", "args": {}, "targets": INTENT["targets"]}]
    waiting_call(frozen_host, script={"steps": steps}, targets=[])
    answer = show(frozen_host)
    assert answer.script is not msgspec.UNSET
    assert (answer.script.step_count, answer.rules, answer.is_approvable) == (1, (), True)
    asked = {row.field for row in answer.rows if row.asks and row.group != "check"}
    assert "script.steps[0].tool_name" in asked
    assert answer.form.scope == ("destructive:apply", "phase:apply", "tool:script")


def test_a_file_that_changes_while_it_is_shown_is_noticed(frozen_host: FrozenHost) -> None:
    answer = show(frozen_host)
    assert file_changes(answer, SETTING, frozen_host) == ()
    write_intent(frozen_host.cwd, created_at="2026-02-05T12:00:00Z")
    assert file_changes(answer, SETTING, frozen_host) == ()
    write_intent(frozen_host.cwd, args={"path": "/"})
    (frozen_host.cwd / "policy.yaml").unlink()
    assert [(one.code, one.where) for one in file_changes(answer, SETTING, frozen_host)] == [
        ("review_changed", "./intent.json"),
        ("review_changed", "./policy.yaml"),
    ]


def test_a_trace_in_a_journal_is_reviewed_by_its_line(frozen_host: FrozenHost) -> None:
    plain = json.loads((frozen_host.cwd / TRACE).read_bytes())
    (frozen_host.cwd / TRACE).unlink()
    (frozen_host.cwd / "t.jsonl").write_text(json.dumps(plain) + "\n")
    answer = show(frozen_host, ReviewTarget("t.jsonl:1"))
    assert (answer.trace_path, answer.is_approvable) == ("t.jsonl:1", True)
