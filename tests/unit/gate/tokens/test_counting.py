import base64
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.common import Signature
from gait_engine.contract.decision import Decision
from gait_engine.errors import Hazard
from gait_engine.gate.claims import delegation_digest
from gait_engine.gate.tokens.counting import ApprovalAsk, ask_for, count_approvals
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.wire.timestamps import ZERO, Timestamp, from_ns, to_ns
from tests.support import judging
from tests.support.hosts import NOON_NS
from tests.support.tokens import (
    ASK,
    EVENING,
    INTENT,
    KEY,
    MORNING,
    OTHER,
    POLICY,
    TWO,
    altered,
    approval,
    codes,
    count,
    given,
    signed_as_is,
)

SECOND = 10**9


def signature(**fields: Any) -> Signature:
    held = approval().signature
    assert held is not UNSET
    return msgspec.structs.replace(held, **fields)


def asked(*targets: dict[str, Any], **fields: Any) -> ApprovalAsk:
    decision = Decision(
        verdict="require_approval", min_approvals=2, require_distinct_approvers=True
    )
    intent = judging.intent_of(*targets, **fields)
    return ask_for(intent, decision, intent_digest=INTENT, policy_digest=POLICY)


def test_one_good_token_grants() -> None:
    token = approval()
    counted = count([token])
    assert counted.is_enough
    assert (counted.valid, counted.approvers) == (1, ("alice",))
    assert counted.token_ids == (token.token_id,)
    assert (counted.reasons, counted.violations) == (("approval_granted",), ())
    assert counted.codes == ()


def test_no_token_is_never_enough() -> None:
    counted = count([], ASK._replace(required=0))
    assert not counted.is_enough
    assert counted.reasons == ("approval_token_missing",)
    assert counted.violations == ("approval_not_granted",)


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (altered(approval(), token_id=""), "approval_token_invalid"),
        (altered(approval(), scope=()), "approval_token_invalid"),
        (altered(approval(), created_at=ZERO), "approval_token_invalid"),
        (altered(approval(), max_ops=-1), "approval_token_invalid"),
        (altered(approval(), signature=UNSET), "approval_token_signature_missing"),
        (altered(approval(), signature=Signature()), "approval_token_signature_invalid"),
        (altered(approval(), scope=("*",)), "approval_token_signature_invalid"),
        (
            altered(approval(), signature=signature(alg="Ed25519")),
            "approval_token_signature_invalid",
        ),
        (
            altered(approval(), signature=signature(key_id=OTHER)),
            "approval_token_signature_invalid",
        ),
        (
            altered(approval(), signature=signature(sig="A" * 88)),
            "approval_token_signature_invalid",
        ),
        (approval(intent_digest=OTHER), "approval_token_intent_mismatch"),
        (approval(policy_digest=OTHER), "approval_token_policy_mismatch"),
        (approval(expires_at=from_ns(NOON_NS)), "approval_token_expired"),
        (approval(scope=("tool:db", "tool:db.query.x")), "approval_token_scope_mismatch"),
        (approval(scope=("tool:*",)), "approval_token_scope_mismatch"),
    ],
)
def test_a_token_that_is_not_about_this_call_does_not_count(token: Any, code: str) -> None:
    counted = count([token])
    assert counted.codes == (code,)
    assert counted.reasons == ("approval_chain_insufficient", code)
    assert (counted.valid, counted.is_enough, counted.token_ids) == (0, False, ())


def test_the_checks_come_in_the_order_of_the_contract() -> None:
    """Each token has one fault less than the one before it."""
    ask = ASK._replace(
        scope=("tool:a",), delegation_digest=OTHER, targets=5, ops=5, own_identities=("alice",)
    )
    said: dict[str, Any] = {
        "intent_digest": OTHER,
        "policy_digest": OTHER,
        "expires_at": MORNING,
        "created_at": "2099-01-01T00:00:00Z",
        "max_targets": 1,
        "max_ops": 1,
    }
    mended: tuple[dict[str, Any], ...] = (
        {"intent_digest": INTENT},
        {"policy_digest": POLICY},
        {"delegation_binding_digest": OTHER},
        {"expires_at": EVENING},
        {"scope": ("tool:a",)},
        {"max_targets": 5},
        {"max_ops": 0},
        {"created_at": MORNING},
        {"approver_identity": "bоb"},  # a Cyrillic letter in it
        {"approver_identity": "bob"},
    )
    broken = approval(**said)
    tokens = [altered(broken, reason_code=""), altered(broken, signature=UNSET)]
    tokens += [altered(broken, reason_code="x"), broken]
    for step in mended:
        said |= step
        tokens.append(approval(**said))
    assert [code.removeprefix("approval_token_") for code in codes(tokens, ask)] == [
        "invalid",
        "signature_missing",
        "signature_invalid",
        "intent_mismatch",
        "policy_mismatch",
        "delegation_binding_mismatch",
        "expired",
        "scope_mismatch",
        "max_targets_exceeded",
        "max_ops_exceeded",
        "token_not_yet_valid",
        "self_approval",
        "approver_lookalike",
        "",
    ]


@pytest.mark.parametrize(
    "token",
    [
        approval(scope=("*",)),
        approval(scope=("tool:db.query", "zz:1")),
        approval(max_targets=1, max_ops=1),
        approval(expires_at=from_ns(NOON_NS + 1)),
        approval(delegation_binding_digest=OTHER),
        altered(approval(), signature=signature(key_id="")),
        altered(approval(), scope=(" TOOL:db.query ", "tool:db.query"), schema_id=""),
        altered(approval(), intent_digest=INTENT.upper()),
    ],
)
def test_a_token_that_says_enough_in_any_valid_way_counts(token: Any) -> None:
    assert count([token]).is_enough


def test_white_space_is_no_part_of_a_signature_while_other_alphabets_are_refused() -> None:
    sig = signature().sig
    wrapped = altered(approval(), signature=signature(sig=f"{sig[:40]}\r\n{sig[40:]}"))
    junk = altered(approval(), signature=signature(sig=f"{sig[:40]}!{sig[40:]}"))
    other = base64.urlsafe_b64encode(b"\xff" * 64).decode()
    assert codes([wrapped, junk, altered(approval(), signature=signature(sig=other))]) == [
        "",
        "approval_token_signature_invalid",
        "approval_token_signature_invalid",
    ]


@pytest.mark.parametrize(
    ("created_at", "expires_at", "code"),
    [
        (from_ns(NOON_NS + 300 * SECOND), EVENING, ""),
        (from_ns(NOON_NS + 300 * SECOND + 1), EVENING, "token_not_yet_valid"),
        (from_ns(NOON_NS + 200 * SECOND), from_ns(NOON_NS + 100 * SECOND), "token_not_yet_valid"),
        (from_ns(NOON_NS + 100 * SECOND), from_ns(NOON_NS + 100 * SECOND), "token_not_yet_valid"),
    ],
)
def test_a_clock_may_be_five_minutes_ahead(
    created_at: Timestamp, expires_at: Timestamp, code: str
) -> None:
    assert codes([approval(created_at=created_at, expires_at=expires_at)]) == [code]


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("alice", ""),
        ("Alice", "approver_lookalike"),
        ("alice\u200b", "approver_lookalike"),
        ("\uff41lice", "approver_lookalike"),
        ("аlice", "approver_lookalike"),
        ("bob", ""),
    ],
)
def test_two_spellings_of_one_approver_are_not_two_people(spelling: str, code: str) -> None:
    tokens = [approval(), approval(approver_identity=spelling, reason_code="again")]
    assert codes(tokens, TWO) == ["", code]
    assert count(tokens, TWO).is_enough is (spelling == "bob")


def test_of_look_alikes_the_first_valid_one_given_counts() -> None:
    expired = approval(
        approver_identity="ALICE", expires_at=MORNING, created_at="2026-01-01T00:00:00Z"
    )
    tokens = [
        expired,
        approval(approver_identity="Alice"),
        approval(),
        approval(approver_identity="Alice"),
    ]
    assert codes(tokens) == ["approval_token_expired", "", "approver_lookalike", ""]


def test_two_tokens_of_one_approver_count_but_are_not_enough_for_two() -> None:
    counted = count([approval(), approval(reason_code="again")], TWO)
    assert (counted.valid, counted.approvers, counted.is_enough) == (2, ("alice",), False)
    assert counted.reasons == ("approval_distinct_approvers_required",)


def test_one_of_two_lacks_both_a_token_and_a_person() -> None:
    counted = count([approval()], TWO)
    assert counted.reasons == (
        "approval_chain_insufficient",
        "approval_distinct_approvers_required",
    )


def test_a_single_approval_needs_no_distinct_approvers() -> None:
    assert count([approval()], ASK._replace(is_distinct=True)).is_enough


def test_people_are_not_missed_where_one_would_do() -> None:
    late = approval(expires_at="2026-02-05T09:00:00Z")
    reasons = count([late], ASK._replace(is_distinct=True)).reasons
    assert reasons == ("approval_chain_insufficient", "approval_token_expired")


@pytest.mark.parametrize("scope", [("a",), ("b", "c"), ("a", "b:x")])
def test_a_scope_must_hold_all_that_is_required(scope: tuple[str, ...]) -> None:
    ask = ASK._replace(scope=("a", "b"))
    assert codes([approval(scope=scope)], ask) == ["approval_token_scope_mismatch"]
    assert codes([approval(scope=("c", "b", "a"))], ask) == [""]


def test_the_requester_of_a_delegation_without_a_chain_asks_too() -> None:
    ask = asked(delegation={"requester_identity": "spec"})
    assert ask.own_identities == ("agent-7", "spec")


def test_tokens_that_do_not_count_leave_their_code_and_spoil_nothing() -> None:
    bob = approval(approver_identity="bob")
    late = approval(approver_identity="carol", expires_at="2026-02-05T09:00:00Z")
    counted = count([approval(), late, bob], TWO)
    assert counted.is_enough
    assert counted.reasons == ("approval_granted", "approval_token_expired")
    assert counted.token_ids == tuple(sorted([approval().token_id, bob.token_id]))
    assert [entry.approver_identity for entry in counted.entries] == ["alice", "carol", "bob"]


@pytest.mark.parametrize(
    "approver", ["agent-7", "AGENT-7", "agent-7\u200d", "a", "lead", "mid", "spec"]
)
def test_nobody_approves_a_call_of_his_own(approver: str) -> None:
    chain = [
        {"delegator_identity": "lead", "delegate_identity": "mid"},
        {"delegator_identity": "mid", "delegate_identity": "spec"},
    ]
    delegation = {"requester_identity": "spec", "chain": chain}
    ask = asked(context={"agent_id": "a"}, delegation=delegation)._replace(delegation_digest="")
    assert codes([approval(approver_identity=approver)], ask) == ["self_approval"]
    assert codes([approval(approver_identity="alice")], ask) == [""]


def test_an_ambiguous_file_is_not_counted_and_shows_nothing_of_itself() -> None:
    hazard = Hazard("json_duplicate_key", "t.json $.scope")
    ambiguous = Given("t.json", None, hazard.code, hazard)
    counted = count_approvals([ambiguous, *given(approval())], ASK, KEY.public_key, NOON_NS)
    assert counted.is_enough
    assert counted.hazards == (hazard,)
    assert msgspec.to_builtins(counted.entries[0]) == {
        "expires_at": ZERO,
        "valid": False,
        "error_code": "json_duplicate_key",
    }


def test_an_entry_shows_the_words_of_the_token_itself() -> None:
    token = signed_as_is(
        approval(),
        scope=(" TOOL:db.query ", "A", "a", ""),
        approver_identity=" alice ",
        expires_at="2026-02-05T22:00:00+02:00",
    )
    (entry,) = count([token]).entries
    assert entry.scope == ("A", "TOOL:db.query", "a")
    assert entry.approver_identity == " alice "
    assert entry.expires_at == EVENING
    assert to_ns(entry.expires_at) == to_ns(token.expires_at)


def test_an_ask_repeats_what_the_decision_wants() -> None:
    ask = asked()
    assert (ask.intent_digest, ask.policy_digest) == (INTENT, POLICY)
    assert (ask.required, ask.is_distinct) == (2, True)
    assert (ask.scope, ask.targets, ask.ops) == (("tool:db.query",), 0, 1)
    assert (ask.own_identities, ask.delegation_digest) == (("agent-7",), "")


def test_destruction_must_be_approved_as_such_where_it_is_applied() -> None:
    target = {"kind": "table", "value": "t", "operation": "drop"}
    scope = ("destructive:apply", "phase:apply", "tool:db.query")
    assert asked(target).scope == scope
    assert asked(target, context={"phase": "plan"}).scope == ("tool:db.query",)
    assert asked({"kind": "table", "value": "t"}).scope == ("tool:db.query",)


def test_targets_and_calls_are_counted() -> None:
    ask = asked({"kind": "table", "value": "a"}, {"kind": "table", "value": "b"})
    assert (ask.targets, ask.ops) == (2, 2)


def test_a_script_counts_the_targets_of_its_steps_and_the_steps() -> None:
    table = {"kind": "table", "value": "a"}
    step = {"tool_name": "db.query", "targets": [table]}
    ask = asked(script={"steps": [step, step, {"tool_name": "x"}]})
    assert (ask.scope, ask.targets, ask.ops) == (("tool:script",), 2, 3)


def test_a_script_whose_steps_name_no_target_counts_its_own() -> None:
    ask = asked({"kind": "table", "value": "a"}, script={"steps": [{"tool_name": "x"}]})
    assert (ask.targets, ask.ops) == (1, 1)


def test_an_approval_is_bound_to_the_delegation_of_the_intent() -> None:
    intent = judging.intent_of(delegation={"requester_identity": "spec"})
    assert intent.delegation is not UNSET
    ask = ask_for(intent, Decision(), intent_digest=INTENT, policy_digest=POLICY)
    assert ask.delegation_digest == delegation_digest(intent.delegation)
