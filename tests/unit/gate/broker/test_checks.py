from typing import Any

import pytest

from gait_engine.contract.broker import BrokerCredential
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.gate.broker.checks import receipt_faults
from gait_engine.gate.broker.normalise import completed
from gait_engine.gate.broker.request import BrokerOptions, broker_request, request_digest
from tests.support.brokers import BROKERED, answer
from tests.support.hosts import NOON_NS
from tests.support.judging import decide, intent_of, policy_of, with_context

BOUND = {"run_id": "r1", "job_id": "j1"}


def faults(
    rule: dict[str, Any] | None = None,
    said: dict[str, Any] | None = None,
    *,
    intent: NormalIntent | None = None,
    scopes: str = "",
) -> set[str]:
    """Check an answer to a request for a call that one brokered rule allows."""
    policy = policy_of(BROKERED | (rule or {}))
    intent = intent or intent_of(context=BOUND)
    decision = decide(policy_of(BROKERED), intent)
    request = broker_request(intent, decision, BrokerOptions(scopes=scopes))
    credential = completed(answer(**said or {}), request, "command", now_ns=NOON_NS)
    digest = request_digest(request)
    return set(receipt_faults(credential, digest, intent, policy, "r1", request))


def test_an_answer_that_only_names_a_reference_is_good_where_rules_ask_for_no_more() -> None:
    assert faults() == set()


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ({"request_digest": "0" * 64}, "broker_request_digest_mismatch"),
        ({"scope": ("write",)}, "broker_scope_mismatch"),
        ({"target_binding": "0" * 64}, "broker_target_binding_mismatch"),
        ({"run_binding": "r2"}, "broker_run_binding_mismatch"),
        ({"job_binding": "j2"}, "broker_job_binding_mismatch"),
    ],
)
def test_an_answer_to_another_call_is_found_out(said: dict[str, Any], fault: str) -> None:
    assert faults(said=said) == {fault}


def test_a_credential_without_the_digest_of_its_request_is_found_out() -> None:
    intent = intent_of()
    request = broker_request(intent, decide(policy_of(BROKERED), intent), BrokerOptions())
    credential = BrokerCredential(
        scope=("read", "write"), target_binding=request.target_binding, request_digest=""
    )
    found = receipt_faults(
        credential, request_digest(request), intent, policy_of(BROKERED), "r1", request
    )
    assert found == ("broker_request_digest_missing",)


def test_more_scopes_than_asked_for_are_none_of_ours() -> None:
    assert faults(said={"scope": ("admin", "READ", "write")}) == set()


@pytest.mark.parametrize("said", [{}, {"scope": ("read", "write", "Admin", "admin")}])
def test_a_scope_that_the_operator_spells_in_upper_case_is_never_granted(
    said: dict[str, Any],
) -> None:
    assert faults(said=said, scopes="Admin") == {"broker_scope_mismatch"}


def test_a_binding_to_a_run_or_job_counts_only_where_the_intent_has_one() -> None:
    unbound = intent_of()
    assert faults(said={"run_binding": "r2", "job_binding": "j2"}, intent=unbound) == set()


@pytest.mark.parametrize(
    ("claimed", "expected"),
    [("", set()), ("ref:abc", set()), ("ref:mine", {"broker_credential_ref_mismatch"})],
)
def test_the_credential_is_the_one_that_the_intent_names(claimed: str, expected: set[str]) -> None:
    intent = with_context(intent_of(), credential_ref=claimed)
    assert faults(intent=intent) == expected


@pytest.mark.parametrize(
    ("ttl_seconds", "expected"),
    [
        *((1, set()), (30, set()), (31, {"broker_ttl_exceeded"})),
        *((0, {"broker_ttl_exceeded"}), (-1, {"broker_ttl_exceeded"})),
    ],
)
def test_a_limit_on_the_time_to_live_wants_to_know_it(ttl_seconds: int, expected: set[str]) -> None:
    rule = {"max_credential_ttl_seconds": 30}
    assert faults(rule, {"ttl_seconds": ttl_seconds}) == expected
    assert faults({}, {"ttl_seconds": ttl_seconds}) == set()


@pytest.mark.parametrize(
    ("rule", "said", "expected"),
    [
        ({"require_jit_credential": True}, {"access_type": "jit"}, set()),
        ({"require_jit_credential": True}, {"access_type": "static"}, {"credential_not_jit"}),
        ({"require_jit_credential": True}, {}, {"credential_not_jit"}),
        ({"allowed_credential_sources": ["command"]}, {}, set()),
        (
            {"allowed_credential_sources": ["env"]},
            {"source": "aws_sts"},
            {"credential_source_disallowed"},
        ),
        ({"allowed_credential_access_types": ["jit"]}, {"access_type": "jit"}, set()),
        (
            {"allowed_credential_access_types": ["jit"]},
            {},
            {"credential_access_type_disallowed"},
        ),
        ({"allowed_credential_issuers": ["Acme"]}, {"issuer": "Acme"}, set()),
        (
            {"allowed_credential_issuers": ["Acme"]},
            {"issuer": "acme"},
            {"credential_issuer_disallowed"},
        ),
        ({"allowed_credential_issuers": ["command"]}, {}, {"credential_issuer_disallowed"}),
        ({"allowed_credential_issuers": ["command"]}, {"issuer": "command"}, set()),
    ],
)
def test_a_rule_says_which_credentials_it_lets_pass(
    rule: dict[str, Any], said: dict[str, Any], expected: set[str]
) -> None:
    assert faults(rule, said) == expected


@pytest.mark.parametrize(
    ("access_type", "stands"),
    [
        *(("jit", False), ("", True), ("unknown", True), ("standing", True), ("static", True)),
        *(("cloud_admin", True), ("inherited", True), ("made_up", True)),
    ],
)
def test_a_credential_stands_unless_it_is_known_not_to(access_type: str, *, stands: bool) -> None:
    expected = {"standing_credential_disallowed"} if stands else set()
    rule = {"block_standing_credentials": True}
    assert faults(rule, {"access_type": access_type}) == expected


def named(*names: str) -> Policy:
    """Make a policy of rules that want a credential just in time, one for each name."""
    return policy_of(
        *(
            {"name": name, "priority": n, "effect": "block", "require_jit_credential": True}
            for n, name in enumerate(names)
        )
    )


@pytest.mark.parametrize(
    ("names", "matched_rule", "is_checked"),
    [
        (("a", "b"), "a", True),
        (("x", "b"), "a,b", True),
        (("a, b", "b"), "a, b", True),
        (("a,b",), "a,b", False),
        (("A",), "a", False),
        (("a",), "", False),
    ],
)
def test_rules_take_part_by_name_whatever_their_effect_and_priority(
    names: tuple[str, ...], matched_rule: str, *, is_checked: bool
) -> None:
    intent = intent_of()
    request = broker_request(intent, decide(policy_of(BROKERED), intent), BrokerOptions())
    credential = completed(answer(), request, "command", now_ns=NOON_NS)
    found = receipt_faults(
        credential, request_digest(request), intent, named(*names), matched_rule, request
    )
    assert found == (("credential_not_jit",) if is_checked else ())


def test_faults_are_sorted_and_named_once() -> None:
    intent = intent_of()
    request = broker_request(intent, decide(policy_of(BROKERED), intent), BrokerOptions())
    credential = completed(answer(scope=("x",)), request, "command", now_ns=NOON_NS)
    found = receipt_faults(
        credential, request_digest(request), intent, named("a", "b"), "b,a", request
    )
    assert found == ("broker_scope_mismatch", "credential_not_jit")
