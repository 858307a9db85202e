"""A policy as the evaluator walks it: nothing but its own rules, worked out once."""

from typing import Any

import msgspec
import pytest

from gait_engine.contract.policy import Policy
from gait_engine.gate.plan import plan_of
from gait_engine.gate.rules import taken_rules
from tests.support.gates import READ
from tests.support.judging import codes, decide, intent_of, policy_of


def copies(policy: Policy, count: int) -> list[Policy]:
    """Return equal policies, each an object of its own."""
    return [msgspec.structs.replace(policy) for _ in range(count)]


def test_a_policy_has_one_plan_for_as_long_as_it_is_in_use() -> None:
    policy = policy_of({})
    assert plan_of(policy) is plan_of(policy)
    assert plan_of(policy).policy is policy


def test_each_policy_has_its_own_plan_however_many_there_are() -> None:
    policies = copies(policy_of({"effect": "allow"}), 50)
    assert all(plan_of(policy).policy is policy for policy in policies * 2)


def test_no_plan_outlives_its_policy_in_the_place_of_another() -> None:
    """Even where a new policy stands at the address of an old one."""
    intent = intent_of()
    for number in range(200):
        effect = ("allow", "block")[number % 2]
        assert decide(policy_of({"effect": effect}), intent).verdict == effect


def test_the_rules_of_the_first_priority_that_matches_are_taken() -> None:
    policy = policy_of(
        {"name": "a", "priority": 2},
        {"name": "b", "priority": 1, "match": {"tool_name": "db.query"}},
        {"name": "c", "priority": 1, "match": {"tool_name": "other"}},
        {"name": "d", "priority": 1},
    )
    assert [rule.name for rule in taken_rules(policy, intent_of())] == ["b", "d"]
    assert [rule.name for rule in taken_rules(policy, intent_of(tool_name="x"))] == ["d"]
    assert list(taken_rules(policy_of({"match": {"tool_name": "x"}}), intent_of())) == []


@pytest.mark.parametrize(
    ("rule", "reasons"),
    [
        ({}, {"matched_rule_r1"}),
        ({"reason_codes": ["own"]}, {"own"}),
        ({"name": 'A-b c"'}, {"matched_rule_a_b_c\\"}),
        ({"name": "a&b<é>"}, {"matched_rule_a\\u0026b\\u003cé\\u003e"}),
    ],
)
def test_a_rule_without_reasons_is_its_own_reason(rule: dict[str, Any], reasons: set[str]) -> None:
    assert set(decide(policy_of(rule), intent_of()).reason_codes) == reasons


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ({"dataflow": {"tainted_sources": ["user"]}}, "dataflow_tainted_destination"),
        ({"endpoint": {"path_denylist": ["/srv/**"]}}, "endpoint_path_denied"),
        ({"require_context_evidence": True}, "context_evidence_missing"),
        ({"require_declared_agent": True}, "agent_unknown"),
        ({"require_jit_credential": True}, "credential_evidence_missing"),
    ],
)
def test_each_option_of_a_rule_is_checked_every_time(rule: dict[str, Any], code: str) -> None:
    policy = policy_of(rule)
    url = {"kind": "url", "value": "https://x.example/a", "operation": "post"}
    intent = intent_of(url, READ, arg_provenance=[{"arg_path": "$.a", "source": "user"}])
    assert [code in codes(decide(policy, intent)) for _ in range(3)] == [True] * 3


def test_a_rule_that_decides_alone_decides_the_same_with_and_without_a_finding() -> None:
    policy = policy_of({"endpoint": {"path_denylist": ["/srv/app/x"]}})
    clean, denied = intent_of(READ), intent_of({**READ, "value": "/srv/app/x"})
    verdicts = [decide(policy, intent).verdict for intent in (clean, denied, clean)]
    assert verdicts == ["allow", "block", "allow"]
