from pathlib import Path

import msgspec
import pytest

from gait_engine.contract.answers.pending import PendingItem, Unread
from gait_engine.contract.keys import KeySources
from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.contract.review import DenyRequest, ReviewSetting, ReviewTarget
from gait_engine.crypto.sign import sign_digest
from gait_engine.gate.killswitchedit import add_entry
from gait_engine.gate.review.deciding import deny
from gait_engine.gate.review.pending import answered_unverified, pending_items
from gait_engine.gate.trace import read_trace, signature_digest
from gait_engine.wire.jsonwrite import pretty
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.judging import NOON
from tests.support.reviews import (
    LOG,
    RULE,
    SETTING,
    TRACE,
    approve,
    around,
    ask,
    waiting_call,
    write_intent,
    write_policy,
)
from tests.support.tokens import KEY

DAY = 24 * 3600 * 10**9


@pytest.fixture(autouse=True)
def call(frozen_host: FrozenHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(frozen_host)
    return frozen_host.cwd


def pending(
    host: FrozenHost, setting: ReviewSetting = SETTING
) -> tuple[tuple[PendingItem, ...], tuple[Unread, ...]]:
    return pending_items(around(host, setting))


def only(host: FrozenHost, setting: ReviewSetting = SETTING) -> PendingItem:
    (item,), _ = pending(host, setting)
    return item


def test_a_call_that_waits_says_who_wants_what_and_what_it_lacks(frozen_host: FrozenHost) -> None:
    item = only(frozen_host)
    assert (item.trace_path, item.intent_path, item.policy_path) == (
        "./trace.json",
        "./intent.json",
        "./policy.yaml",
    )
    assert (item.tool_name, item.identity, item.risk_class) == ("tool.delete", "svc-etl", "high")
    assert (item.phase, item.environment, item.destructive) == ("apply", "production", True)
    assert [target.value for target in item.targets] == ["/srv/db.conf"]
    assert (item.matched_rule, item.required, item.valid) == ("approve-delete", 2, 0)
    assert (item.is_approvable, item.blockers) == (True, ())
    assert item.observed_at == "2026-02-05T12:00:00Z"


def test_approvals_count_until_they_are_enough(frozen_host: FrozenHost) -> None:
    approve(frozen_host, "a.json", approver_identity="alice")
    item = only(frozen_host)
    assert (item.valid, item.approvers) == (1, ("alice",))
    approve(frozen_host, "b.json", approver_identity="bob")
    assert pending(frozen_host) == ((), ())


def test_one_person_twice_is_one_approval(frozen_host: FrozenHost) -> None:
    approve(frozen_host, "a.json")
    approve(frozen_host, "b.json", reason_code="again")
    assert only(frozen_host).valid == 1


def test_where_one_approval_is_enough_one_token_ends_the_wait(frozen_host: FrozenHost) -> None:
    write_policy(frozen_host.cwd, RULE | {"min_approvals": 1})
    ask(frozen_host)
    assert only(frozen_host).required == 1
    approve(frozen_host)
    assert pending(frozen_host) == ((), ())


def test_without_a_key_no_token_counts(frozen_host: FrozenHost) -> None:
    approve(frozen_host, "a.json", approver_identity="alice")
    approve(frozen_host, "b.json", approver_identity="bob")
    item = only(frozen_host, SETTING._replace(signing_keys=KeySources()))
    assert (item.valid, item.approvers, item.required) == (0, (), 2)


def test_a_token_that_does_not_count_says_why(frozen_host: FrozenHost) -> None:
    approve(frozen_host)
    frozen_host.now += DAY
    item = only(frozen_host)
    assert (item.valid, item.codes) == (0, ("approval_token_expired",))


def test_a_call_that_was_answered_otherwise_later_waits_no_more(frozen_host: FrozenHost) -> None:
    trace = read_trace(TRACE, host=frozen_host)
    later = msgspec.structs.replace(trace, verdict="allow", observed_at="2026-02-05T12:00:01Z")
    (frozen_host.cwd / "later.json").write_bytes(pretty(later))
    assert pending(frozen_host) == ((), ())


def answer(host: FrozenHost, at: str, verdict: str = "allow", name: str = "later.json") -> None:
    """Write a trace about the call that nobody has signed."""
    trace = read_trace(TRACE, host=host)
    later = msgspec.structs.replace(trace, verdict=verdict, observed_at=at, signature=msgspec.UNSET)
    (host.cwd / name).write_bytes(pretty(later))


def test_a_call_that_an_unverified_trace_answers_is_named(frozen_host: FrozenHost) -> None:
    assert answered_unverified(around(frozen_host)) == ()
    answer(frozen_host, "2026-02-05T12:00:01Z")
    (one,) = answered_unverified(around(frozen_host))
    assert (one.trace_path, one.verdict, one.tool_name) == ("./later.json", "allow", "tool.delete")
    assert (one.asked_path, one.observed_at) == ("./trace.json", "2026-02-05T12:00:01Z")


def test_a_call_that_nobody_was_asked_about_is_none_of_them(frozen_host: FrozenHost) -> None:
    answer(frozen_host, "2026-02-05T12:00:01Z", name=TRACE)
    assert answered_unverified(around(frozen_host)) == ()


def test_a_trace_from_the_future_hides_no_call(frozen_host: FrozenHost) -> None:
    answer(frozen_host, "2026-02-05T12:05:01Z")
    assert only(frozen_host).trace_path == "./trace.json"
    assert answered_unverified(around(frozen_host)) == ()


def test_with_a_key_of_traces_only_those_that_verify_are_states(frozen_host: FrozenHost) -> None:
    bare = msgspec.structs.replace(read_trace(TRACE, host=frozen_host), signature=msgspec.UNSET)
    signed = msgspec.structs.replace(bare, signature=sign_digest(signature_digest(bare), KEY))
    (frozen_host.cwd / TRACE).write_bytes(pretty(signed))
    answer(frozen_host, "2026-02-05T12:00:01Z")
    setting = SETTING._replace(trace_keys=KeySources(public_key="k.pub"))
    (item,), unread = pending(frozen_host, setting)
    assert item.trace_path == "./trace.json"
    assert [(one.path, one.error_code) for one in unread] == [
        ("./later.json", "trace_signature_invalid")
    ]
    assert answered_unverified(around(frozen_host, setting)) == ()


@pytest.mark.parametrize("missing", ["intent.json", "policy.yaml"])
def test_a_call_whose_file_is_missing_still_waits_but_cannot_be_approved(
    frozen_host: FrozenHost, missing: str
) -> None:
    (frozen_host.cwd / missing).unlink()
    item = only(frozen_host)
    assert item.blockers == (f"{missing.partition('.')[0]}_missing",)
    assert (item.is_approvable, item.required, item.matched_rule) == (False, 0, "")
    assert (item.identity, item.environment) == ("svc-etl", "production")


def test_a_trace_that_names_nobody_leaves_it_open_who_called(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "intent.json").unlink()
    bare = msgspec.structs.replace(read_trace(TRACE, host=frozen_host), relationship=msgspec.UNSET)
    (frozen_host.cwd / TRACE).write_bytes(pretty(bare))
    assert only(frozen_host).identity == ""


def test_a_rule_that_has_changed_its_mind_turns_approval_off(frozen_host: FrozenHost) -> None:
    freeze = {"timezone": "UTC", "effect": "block", "windows": [
        {"name": "w", "start": "2026-02-06T00:00:00", "end": "2026-02-07T00:00:00"}]}  # fmt: skip
    write_policy(frozen_host.cwd, RULE | {"freeze_window": freeze})
    ask(frozen_host)
    assert only(frozen_host).blockers == ()
    frozen_host.now = NOON_NS + DAY
    item = only(frozen_host)
    assert (item.blockers, item.required) == (("verdict_changed",), 0)


@pytest.mark.parametrize(
    ("state", "blocker"),
    [("stops", "kill_switch_active"), ("other", ""), ("broken", "kill_switch_unreadable")],
)
def test_a_kill_switch_turns_approval_off(
    frozen_host: FrozenHost, state: str, blocker: str
) -> None:
    if state == "broken":
        (frozen_host.cwd / "ks.json").write_text("{}")
    else:
        identity = "svc-etl" if state == "stops" else "someone"
        entry = KillSwitchEntry(entry_id="e", enabled=True, identity=identity, created_at=NOON)
        add_entry("ks.json", entry, stop_everything=False, host=frozen_host)
    item = only(frozen_host, SETTING._replace(kill_switch_state="ks.json"))
    assert item.blockers == ((blocker,) if blocker else ())


def test_an_inventory_belongs_to_the_digest_of_an_intent(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "wrkr.json").write_text('[{"tool_name":"tool.delete","data_class":"pii"}]')
    ask(frozen_host, wrkr_inventory="wrkr.json")
    assert only(frozen_host).blockers == ("intent_missing",)
    item = only(frozen_host, SETTING._replace(wrkr_inventory="wrkr.json"))
    assert (item.blockers, item.required) == ((), 2)


def test_claims_of_context_evidence_are_no_part_of_the_digest(frozen_host: FrozenHost) -> None:
    context = {"identity": "svc-etl", "workspace": "/srv", "risk_class": "high",
               "context_set_digest": "ab" * 32}  # fmt: skip
    write_intent(frozen_host.cwd, context=context)
    ask(frozen_host)
    assert only(frozen_host).blockers == ()


def test_the_last_decision_about_a_call_goes_with_it(frozen_host: FrozenHost) -> None:
    deny(DenyRequest(ReviewTarget(TRACE), "carol", "not_in_ticket"), around(frozen_host))
    last = only(frozen_host).last_decision
    assert last is not msgspec.UNSET
    assert (last.event, last.reviewer, last.reason_code) == ("denied", "carol", "not_in_ticket")


def test_a_log_that_cannot_be_read_is_listed(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "gait-out").mkdir()
    (frozen_host.cwd / LOG).write_text("torn")
    items, unread = pending(frozen_host)
    assert len(items) == 1
    assert [(one.path, one.kind, one.error_code) for one in unread] == [
        (LOG, "review_log", "journal_torn")
    ]


def test_the_newest_call_comes_first(frozen_host: FrozenHost) -> None:
    for number in (1, 2):
        frozen_host.now += 10**9
        write_intent(frozen_host.cwd, f"i{number}.json", args={"n": number})
        ask(frozen_host, intent=f"i{number}.json", trace=f"t{number}.json")
    items, _ = pending(frozen_host)
    assert [item.trace_path for item in items] == ["./t2.json", "./t1.json", "./trace.json"]
