"""The order of a decision: missing facts, an unreadable kill switch, the rules, the kill switch."""

from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract.decision import Decision, KillSwitchDecision, StepVerdict
from gait_engine.contract.intent import InventoryItem
from gait_engine.contract.policy import HIGH_RISK_FIELDS
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.failclosed import fails_closed, not_evaluable
from tests.support.judging import AT_NOON, codes, decide, intent_of, policy_of, with_context

FILE = {"kind": "path", "value": "/srv/a.txt", "operation": "read"}
WRITE = {"kind": "path", "value": "/srv/a.txt", "operation": "write"}
DELETE = {"kind": "path", "value": "/srv/a.txt", "operation": "delete"}
BUCKET = {"kind": "bucket", "value": "b"}
HIGH = {"risk_class": "high"}
ALLOW: dict[str, Any] = {"name": "any", "effect": "allow"}
CLOSED = {"enabled": True, "risk_classes": ["high"]}

ACTIVE = KillSwitchDecision(
    status="active",
    reason_code="kill_switch_identity_active",
    reason_codes=("kill_switch_active", "kill_switch_identity_active"),
    matched_entry_ids=("e0",),
)
INACTIVE = KillSwitchDecision(status="inactive")
UNAVAILABLE = KillSwitchDecision(status="unavailable")


# ---------------------------------------------------------------- fail closed


@pytest.mark.parametrize(
    ("field", "reason", "violation"),
    [
        ("targets", "fail_closed_missing_targets", "missing_targets"),
        ("arg_provenance", "fail_closed_missing_arg_provenance", "missing_arg_provenance"),
        ("delegation", "fail_closed_missing_delegation", "missing_delegation"),
        ("context_evidence", "context_evidence_missing", "missing_context_evidence"),
    ],
)
def test_a_required_field_that_is_missing_blocks_before_any_rule(
    field: str, reason: str, violation: str
) -> None:
    policy = policy_of(ALLOW, fail_closed=CLOSED | {"required_fields": [field]})
    assert decide(policy, intent_of(context=HIGH)) == Decision(
        verdict="block", reason_codes=(reason,), violations=(violation,)
    )
    assert decide(policy, intent_of()).verdict == "allow"


def test_what_is_there_is_not_missing() -> None:
    fields = ["targets", "arg_provenance", "delegation", "context_evidence", "endpoint_class"]
    policy = policy_of(ALLOW, fail_closed=CLOSED | {"required_fields": fields})
    intent = intent_of(
        FILE,
        context=HIGH,
        arg_provenance=[{"arg_path": "$.a", "source": "user"}],
        delegation={"requester_identity": "r"},
    )
    evident = with_context(intent, context_set_digest="0" * 64)
    assert evaluate(policy, evident, AT_NOON).verdict == "allow"


def test_claimed_context_evidence_is_no_evidence() -> None:
    policy = policy_of(ALLOW, fail_closed=CLOSED | {"required_fields": ["context_evidence"]})
    claimed = HIGH | {"context_set_digest": "0" * 64, "context_evidence_mode": "required"}
    assert codes(decide(policy, intent_of(context=claimed))) == {"context_evidence_missing"}


def test_a_target_of_unknown_class_blocks_whatever_is_required() -> None:
    unknown = {"fail_closed_endpoint_class_unknown"}
    decision = decide(policy_of(ALLOW, fail_closed=CLOSED), intent_of(BUCKET, context=HIGH))
    assert (codes(decision), decision.violations) == (unknown, ("endpoint_class_unknown",))
    asked = policy_of(ALLOW, fail_closed=CLOSED | {"required_fields": ["endpoint_class"]})
    decision = decide(asked, intent_of(BUCKET, context=HIGH))
    assert codes(decision) == unknown | {"fail_closed_missing_endpoint_class"}


FACTS: dict[str, Any] = dict.fromkeys(HIGH_RISK_FIELDS, "x") | {
    "agent_identity": {},
    "credential_ttl_seconds": 1,
    "credential_source": "env",
    "credential_access_type": "jit",
}


@pytest.mark.parametrize("field", HIGH_RISK_FIELDS)
def test_each_fact_about_a_risky_call_can_be_required(field: str) -> None:
    required = {"required_high_risk_fields": list(HIGH_RISK_FIELDS)}
    policy = policy_of(ALLOW, fail_closed=CLOSED | required)
    assert decide(policy, intent_of(context=HIGH | FACTS)).verdict == "allow"
    lacking = {name: value for name, value in FACTS.items() if name != field}
    decision = decide(policy, intent_of(context=HIGH | lacking))
    assert decision.reason_codes == (f"fail_closed_missing_{field}",)
    assert decision.violations == (f"missing_{field}",)


def test_a_policy_says_which_classes_fail_closed() -> None:
    assert fails_closed(policy_of(fail_closed={"enabled": True}), "critical")
    assert not fails_closed(policy_of(fail_closed=CLOSED), "critical")
    assert not fails_closed(policy_of(fail_closed=CLOSED | {"enabled": False}), "high")


def test_an_intent_that_cannot_be_prepared_is_a_block_of_its_own() -> None:
    assert not_evaluable() == Decision(
        verdict="block",
        reason_codes=("fail_closed_intent_invalid",),
        violations=("intent_not_evaluable",),
    )


# ---------------------------------------------------------------- kill switch


def test_an_active_kill_switch_blocks_what_the_rules_allow() -> None:
    decision = decide(policy_of(ALLOW), intent_of(), AT_NOON._replace(kill_switch=ACTIVE))
    assert decision.verdict == "block"
    assert decision.reason_codes == (
        *("kill_switch_active", "kill_switch_identity_active", "matched_rule_any"),
    )
    assert decision.violations == ("kill_switch_active",)
    assert decision.kill_switch == ACTIVE


def test_an_inactive_kill_switch_is_shown_and_changes_nothing() -> None:
    decision = decide(policy_of(ALLOW), intent_of(), AT_NOON._replace(kill_switch=INACTIVE))
    assert (decision.verdict, decision.kill_switch) == ("allow", INACTIVE)


def test_a_kill_switch_that_cannot_be_read_blocks_before_any_rule() -> None:
    around = AT_NOON._replace(kill_switch=UNAVAILABLE)
    assert decide(policy_of(ALLOW), intent_of(), around) == Decision(
        verdict="block",
        reason_codes=("kill_switch_state_unavailable",),
        violations=("kill_switch_state_unavailable",),
        kill_switch=UNAVAILABLE,
    )


@pytest.mark.parametrize("kill_switch", [ACTIVE, UNAVAILABLE])
def test_missing_facts_come_before_the_kill_switch(kill_switch: KillSwitchDecision) -> None:
    policy = policy_of(ALLOW, fail_closed=CLOSED | {"required_fields": ["targets"]})
    decision = decide(policy, intent_of(context=HIGH), AT_NOON._replace(kill_switch=kill_switch))
    assert codes(decision) == {"fail_closed_missing_targets"}
    assert decision.kill_switch is UNSET


# ---------------------------------------------------------------- inventory


def test_rules_judge_what_the_inventory_knows_of_a_tool() -> None:
    policy = policy_of({"match": {"context_data_classes": ["pii"]}, "effect": "dry_run"})
    inventory = {"db.query": InventoryItem(tool_name="db.query", data_class="pii")}
    assert decide(policy, intent_of()).verdict == "block"
    known = AT_NOON._replace(inventory=inventory)
    assert decide(policy, intent_of(), known).verdict == "dry_run"


# ---------------------------------------------------------------- scripts


def script(*steps: dict[str, Any]) -> dict[str, Any]:
    named = [{"tool_name": f"t{n}"} | step for n, step in enumerate(steps)]
    return {"script": {"steps": named}}


BY_TOOL = (
    {"name": "a", "effect": "allow", "match": {"tool_names": ["t0"]}},
    {"name": "b", "effect": "dry_run", "match": {"tool_names": ["t1"]}, "violations": ["v"]},
)


def test_a_script_is_as_strict_as_its_strictest_step() -> None:
    decision = decide(
        policy_of(*BY_TOOL, default_verdict="require_approval"),
        intent_of(**script({"targets": [FILE]}, {"targets": [WRITE]}, {})),
    )
    assert decision == Decision(
        verdict="require_approval",
        reason_codes=("default_require_approval", "matched_rule_a", "matched_rule_b"),
        violations=("v",),
        min_approvals=1,
        is_judged=True,
        script=True,
        step_count=3,
        script_hash=decision.script_hash,
        composite_risk_class="medium",
        matched_rule="a,b",
        step_verdicts=(
            StepVerdict(
                index=0,
                tool_name="t0",
                verdict="allow",
                reason_codes=("matched_rule_a",),
                matched_rule="a",
            ),
            StepVerdict(
                index=1,
                tool_name="t1",
                verdict="dry_run",
                reason_codes=("matched_rule_b",),
                violations=("v",),
                matched_rule="b",
            ),
            StepVerdict(
                index=2,
                tool_name="t2",
                verdict="require_approval",
                reason_codes=("default_require_approval",),
            ),
        ),
    )


def test_the_names_of_rules_are_joined_by_step_not_by_rule() -> None:
    both = {"name": "c", "effect": "allow", "match": {"tool_names": ["t0", "t1"]}}
    policy = policy_of(BY_TOOL[0], both)
    assert decide(policy, intent_of(**script({}, {}))).matched_rule == "a,c,c"


@pytest.mark.parametrize(
    ("target", "risk"),
    [
        (FILE, "low"),
        (WRITE, "medium"),
        ({"kind": "host", "value": "h"}, "medium"),
        (DELETE, "high"),
        (FILE | {"destructive": True}, "high"),
        ({"kind": "other", "value": "x", "operation": "run"}, "high"),
    ],
)
def test_the_worst_step_gives_the_risk(target: dict[str, Any], risk: str) -> None:
    steps = script({}, {"targets": [target]}, {"targets": [FILE]})
    assert decide(policy_of(ALLOW), intent_of(**steps)).composite_risk_class == risk


@pytest.mark.parametrize(
    ("limits", "verdict", "reasons", "violations"),
    [
        ({"max_steps": 2}, "allow", set(), ()),
        ({"max_steps": 1}, "block", {"script_max_steps_exceeded"}, ("script_max_steps_exceeded",)),
        ({"require_approval_above": 2}, "allow", set(), ()),
        ({"require_approval_above": 1}, "require_approval", {"script_step_threshold_approval"},
         ()),
        ({"block_mixed_risk": True}, "block", {"script_mixed_risk_blocked"},
         ("script_mixed_risk",)),
    ],
)  # fmt: skip
def test_a_policy_limits_scripts(
    limits: dict[str, Any], verdict: str, reasons: set[str], violations: tuple[str, ...]
) -> None:
    steps = script({"targets": [FILE]}, {"targets": [WRITE]})
    decision = decide(policy_of(ALLOW, scripts=limits), intent_of(**steps))
    assert (decision.verdict, codes(decision), decision.violations) == (
        *(verdict, reasons, violations),
    )
    assert decision.min_approvals == int(verdict == "require_approval")


def test_steps_of_one_risk_are_not_mixed() -> None:
    policy = policy_of(ALLOW, scripts={"block_mixed_risk": True})
    assert decide(policy, intent_of(**script({}, {}))).verdict == "allow"


def test_approvals_that_a_step_asks_for_are_kept_when_the_script_is_blocked() -> None:
    policy = policy_of(
        {"name": "a", "effect": "require_approval", "min_approvals": 2}, scripts={"max_steps": 1}
    )
    decision = decide(policy, intent_of(**script({}, {})))
    assert (decision.verdict, decision.min_approvals) == ("block", 2)
    assert decision.require_distinct_approvers


def test_a_script_takes_the_first_broker_reference_and_all_scopes() -> None:
    rules = [
        rule | {"broker_reference": f"ref/{rule['name']}", "broker_scopes": [rule["name"]]}
        for rule in BY_TOOL
    ]
    decision = decide(
        policy_of(*rules), intent_of(**script({"tool_name": "t1"}, {"tool_name": "t0"}))
    )
    assert (decision.broker_reference, decision.broker_scopes) == ("ref/b", ("a", "b"))


def test_rules_judge_the_targets_of_steps_not_those_of_the_script() -> None:
    policy = policy_of(
        {"effect": "block", "match": {"target_kinds": ["bucket"]}}, default_verdict="allow"
    )
    assert decide(policy, intent_of(BUCKET, **script({"targets": [FILE]}))).verdict == "allow"


def test_the_targets_of_a_script_count_for_failing_closed() -> None:
    decision = decide(
        policy_of(ALLOW, fail_closed=CLOSED),
        intent_of(BUCKET, **script({"targets": [FILE]}), context=HIGH),
    )
    assert codes(decision) == {"fail_closed_endpoint_class_unknown"}
    assert not decision.script


def test_every_step_is_known_to_the_inventory_by_its_own_name() -> None:
    policy = policy_of({"match": {"context_tool_names": ["t1"]}, "effect": "dry_run"})
    around = AT_NOON._replace(inventory={"t1": InventoryItem(tool_name="t1")})
    decision = decide(policy, intent_of(**script({}, {})), around)
    assert [step.verdict for step in decision.step_verdicts] == ["block", "dry_run"]


def test_a_kill_switch_holds_a_script_as_well() -> None:
    around = AT_NOON._replace(kill_switch=ACTIVE)
    decision = decide(policy_of(ALLOW), intent_of(**script({})), around)
    assert (decision.verdict, decision.step_count) == ("block", 1)
