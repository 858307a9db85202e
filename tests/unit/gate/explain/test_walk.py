"""Explaining decisions: the walk over the rules, what each wanted and found, what was checked."""

from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import (
    Check,
    Condition,
    ExplainedRule,
    ExplainedScript,
    PolicyExplainAnswer,
    Requirements,
)
from gait_engine.contract.intent import InventoryItem, NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.gate.explain.around import ignored_claims
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.prepare import prepared
from tests.support.judging import AT_NOON, intent_of, policy_of, with_context

PASSWD: Final = {"kind": "path", "value": "/etc/passwd", "operation": "read"}
DELETE: Final = {"kind": "path", "value": "/srv/x", "operation": "delete"}
POST: Final = {"kind": "url", "value": "https://api.x.test/v1"}
TAINTED: Final = [{"arg_path": "$.a", "source": "external"}]


def explained(policy: Policy, intent: NormalIntent, **around: Any) -> PolicyExplainAnswer:
    return explain(policy, prepared(intent), AT_NOON._replace(**around))


def states(answer: PolicyExplainAnswer) -> dict[str, str]:
    return {rule.name: rule.state for rule in answer.rules}


def checks(rule: ExplainedRule) -> dict[str, Check]:
    assert rule.outcome is not UNSET
    return {check.name: check for check in rule.outcome.checks}


def check_of(name: str, intent: NormalIntent, **rule: Any) -> Check:
    """Explain one check of the only rule."""
    return checks(explained(policy_of(rule), intent).rules[0])[name]


def rows(conditions: tuple[Condition, ...]) -> dict[str, tuple[Any, ...]]:
    return {one.field: (one.relation, one.wanted, one.found, one.met) for one in conditions}


# ---------------------------------------------------------------- the walk


def test_the_first_match_fixes_the_priority_and_the_next_one_ends_the_walk() -> None:
    policy = policy_of(
        {"name": "other", "priority": 1, "match": {"tool_names": ["no.such"]}},
        {"name": "weak", "priority": 2, "effect": "dry_run"},
        {"name": "strong", "priority": 2, "effect": "block"},
        {"name": "unmet", "priority": 3, "match": {"tool_names": ["no.such"]}},
        {"name": "next", "priority": 4},
        {"name": "last", "priority": 5},
    )
    answer = explained(policy, intent_of())
    assert states(answer) == {
        "other": "not_matched",
        "strong": "decides",
        "weak": "taken",
        "unmet": "not_matched",
        "next": "ends_walk",
        "last": "not_reached",
    }
    assert (answer.decided_by, answer.matched_rule) == ("rules", "strong,weak")
    assert [rule.matches for rule in answer.rules] == [False, True, True, False, True, True]


def test_without_a_match_the_default_verdict_decides() -> None:
    policy = policy_of({"match": {"tool_names": ["no.such"]}})
    answer = explained(policy, intent_of())
    assert (answer.decided_by, answer.verdict, answer.default_verdict) == (
        "default_verdict",
        "block",
        "block",
    )
    assert states(answer) == {"r1": "not_matched"}


def test_a_condition_says_what_it_wants_and_what_it_found() -> None:
    match = {
        "tool_names": ["db.query", "db.list"],
        "workspace_prefixes": ["/other"],
        "max_delegation_depth": 1,
        "tool_annotations": {"readOnlyHint": True},
    }
    (rule,) = explained(policy_of({"match": match}), intent_of(POST)).rules
    assert rows(rule.conditions) == {
        "tool_names": ("any_of", ("db.list", "db.query"), ("db.query",), True),
        "workspace_prefixes": ("starts_with", ("/other",), ("/srv/app",), False),
        "max_delegation_depth": ("at_most", ("1",), (), False),
        "tool_annotations.readOnlyHint": ("any_of", ("true",), ("false",), False),
    }
    assert (rule.conditions_not_set, rule.matches) == (24, False)


def test_of_many_values_that_are_found_twenty_are_listed() -> None:
    targets = [{"kind": "path", "value": f"/srv/{n:02}"} for n in range(25)]
    policy = policy_of({"match": {"target_values": ["/x"]}})
    (rule,) = explained(policy, intent_of(*targets)).rules
    (row,) = rule.conditions
    assert (len(row.found), row.found_left_out) == (20, 5)


def test_a_rule_keeps_what_it_declares_beside_what_became_of_it() -> None:
    policy = policy_of({"effect": "allow", "reason_codes": ["why"], "violations": ["v"]})
    (rule,) = explain(policy, intent_of(DELETE), AT_NOON, (7,)).rules
    assert (rule.line, rule.effect, rule.reason_codes, rule.violations) == (
        7,
        "allow",
        ("why",),
        ("v",),
    )
    assert rule.outcome is not UNSET
    assert rule.outcome.verdict == "require_approval"
    assert rule.outcome.reason_codes == ("destructive_apply_requires_approval", "why")


def test_what_the_inventory_knows_is_found() -> None:
    policy = policy_of({"match": {"context_data_classes": ["pii"]}})
    inventory = {"db.query": InventoryItem(tool_name="db.query", data_class="pii")}
    (rule,) = explained(policy, intent_of(), inventory=inventory).rules
    assert (rule.state, rule.conditions[0].found) == ("decides", ("pii",))


# ---------------------------------------------------------------- checks after the match


def test_checks_stand_in_the_order_of_the_contract_and_most_are_not_set() -> None:
    (rule,) = explained(policy_of({}), intent_of()).rules
    assert [(name, check.state) for name, check in checks(rule).items()] == [
        ("dataflow", "not_set"),
        ("endpoint", "not_set"),
        ("context_evidence", "not_set"),
        ("agent", "not_set"),
        ("credential", "not_set"),
        ("freeze_window", "not_set"),
        ("sandbox", "not_set"),
        ("destructive", "passed"),
    ]


def test_a_data_flow_names_the_sources_and_the_destinations() -> None:
    check = check_of(
        "dataflow",
        intent_of(POST, PASSWD, arg_provenance=TAINTED),
        dataflow={"tainted_sources": ["external"]},
    )
    assert (check.state, check.verdict) == ("raised", "require_approval")
    assert rows(check.conditions) == {
        "tainted_sources": ("none_of", ("external",), ("external",), False),
        "destinations": (
            "none_of",
            ("kinds: url, host, bucket, queue, topic",),
            ("url https://api.x.test/v1",),
            False,
        ),
    }


def test_a_data_flow_to_nowhere_shows_where_the_data_goes() -> None:
    flow = {"destination_kinds": ["url"], "destination_operations": ["post"]}
    check = check_of("dataflow", intent_of(PASSWD, arg_provenance=TAINTED), dataflow=flow)
    assert (check.state, check.verdict) == ("passed", "")
    assert rows(check.conditions)["destinations"] == (
        "none_of",
        ("kinds: url", "operations: post"),
        ("path /etc/passwd",),
        True,
    )


def test_an_endpoint_names_the_targets_outside_of_each_limit() -> None:
    limits = {
        "path_allowlist": ["/srv/**"],
        "path_denylist": ["/etc/**"],
        "domain_allowlist": ["*.x.test"],
        "domain_denylist": ["*.x.test"],
        "egress_classes": ["net.dns"],
        "destructive_action": "require_approval",
        "reason_code": "endpoint_domain_not_allowlisted",
    }
    noname = {"kind": "url", "value": "no-scheme"}
    check = check_of("endpoint", intent_of(PASSWD, DELETE, POST, noname), endpoint=limits)
    assert check.verdict == "block"
    assert rows(check.conditions) == {
        "path_denylist": ("none_of", ("/etc/**",), ("/etc/passwd",), False),
        "path_allowlist": ("any_of", ("/srv/**",), ("/etc/passwd",), False),
        "domain_denylist": ("none_of", ("*.x.test",), ("api.x.test", "no-scheme"), False),
        "domain_allowlist": ("any_of", ("*.x.test",), ("api.x.test", "no-scheme"), True),
        "egress_classes": ("any_of", ("net.dns",), ("net.http",), False),
        "destructive_action": ("none_of", ("destructive",), ("delete /srv/x",), False),
    }


def test_evidence_that_is_demanded_and_not_proven_is_named() -> None:
    asked = {"require_context_evidence": True, "max_context_age_seconds": 60}
    claims = {"context_set_digest": "0" * 64, "auth_context": {"context_age_seconds": 1, "x": 1}}
    check = check_of("context_evidence", intent_of(context=claims), **asked)
    assert rows(check.conditions) == {
        "context_set_digest": ("is_set", ("given",), (), False),
        "context_evidence_mode": ("any_of", ("required",), (), False),
        "context_age_seconds": ("at_most", ("60",), (), False),
    }


def test_evidence_that_is_proven_is_met() -> None:
    intent = with_context(
        intent_of(),
        context_set_digest="0" * 64,
        auth_context=msgspec.Raw(b'{"context_age_seconds":60}'),
    )
    answer = explain(policy_of({"max_context_age_seconds": 60}), intent, AT_NOON)
    check = checks(answer.rules[0])["context_evidence"]
    assert rows(check.conditions)["context_age_seconds"] == ("at_most", ("60",), ("60",), True)
    assert check.state == "passed"


AGENT: Final = {
    "owner": "team",
    "publisher": "Acme",
    "lifecycle_states": ["active"],
    "expires_at": "2026-02-05T12:00:01Z",
    "revoked": True,
}


@pytest.mark.parametrize(
    ("option", "wanted", "relation", "found", "met"),
    [
        ("require_declared_agent", True, "all_of", ("agent_id", "agent_identity"), True),
        ("allowed_agent_ids", ["b"], "any_of", ("a7",), False),
        ("denied_agent_ids", ["a7"], "none_of", ("a7",), False),
        ("denied_agent_ids", ["b"], "none_of", ("a7",), True),
        ("allowed_agent_manifest_publishers", ["acme"], "any_of", ("acme",), True),
        ("allowed_agent_manifest_sources", ["git"], "any_of", (), False),
        ("required_agent_manifest_digest", "0" * 64, "any_of", (), False),
        ("required_agent_lifecycle_states", ["active"], "all_of", ("active",), True),
        ("require_agent_owner", True, "is_set", ("team",), True),
        ("require_unexpired_agent", True, "after", ("2026-02-05T12:00:01Z",), True),
    ],
)
def test_each_option_about_the_agent_is_judged_by_itself(
    option: str, wanted: Any, relation: str, found: tuple[str, ...], *, met: bool
) -> None:
    intent = intent_of(context={"agent_id": "a7", "agent_identity": AGENT})
    check = check_of("agent", intent, **{option: wanted})
    row, revoked = check.conditions
    assert (row.field, row.relation, row.found, row.met) == (option, relation, found, met)
    assert (revoked.field, revoked.met) == ("agent_identity.revoked", False)


def test_an_agent_that_nobody_declared_is_missing() -> None:
    asked = {"require_declared_agent": True, "require_unexpired_agent": True}
    check = check_of("agent", intent_of(), **asked)
    assert rows(check.conditions) == {
        "require_declared_agent": ("all_of", ("agent_id", "agent_identity"), (), False),
        "require_unexpired_agent": ("after", ("2026-02-05T12:00:00Z",), (), False),
    }


def test_a_credential_is_asked_for_more_than_the_options_say() -> None:
    context = {
        "credential_source": "env",
        "credential_access_type": "standing",
        "credential_ttl_seconds": 601,
        "run_id": "r1",
        "credential_run_binding": "r2",
    }
    options = {
        "require_jit_credential": True,
        "block_standing_credentials": True,
        "allowed_credential_sources": ["env"],
        "max_credential_ttl_seconds": 600,
    }
    check = check_of("credential", intent_of(context=context), **options)
    assert {one.field: one.met for one in check.conditions} == {
        "credential_ref": False,
        "credential_source": True,
        "credential_access_type": True,
        "block_standing_credentials": False,
        "allowed_credential_sources": True,
        "max_credential_ttl_seconds": False,
        "require_jit_credential": False,
        "credential_run_binding": False,
    }
    assert check.conditions[5].found == ("601",)


def freeze(**fields: Any) -> dict[str, Any]:
    window = {"start": "2026-02-05T12:00:00", "end": "2026-02-05T13:00:00"}
    return {"timezone": "UTC", "windows": [window], **fields}


def test_a_freeze_shows_its_windows_and_the_time() -> None:
    check = check_of("freeze_window", intent_of(), freeze_window=freeze(risk_classes=["medium"]))
    assert (check.state, check.verdict) == ("raised", "block")
    assert rows(check.conditions) == {
        "risk_classes": ("none_of", ("medium",), ("medium",), False),
        "windows (UTC)": (
            "none_of",
            ("window-1: 2026-02-05T12:00:00 to 2026-02-05T13:00:00",),
            ("2026-02-05T12:00:00Z",),
            False,
        ),
    }


def test_a_freeze_of_another_environment_is_passed() -> None:
    check = check_of("freeze_window", intent_of(), freeze_window=freeze(environments=["prod"]))
    assert (check.state, [one.met for one in check.conditions]) == ("passed", [True, True])


def test_a_freeze_that_cannot_be_read_says_why() -> None:
    check = check_of("freeze_window", intent_of(), freeze_window=freeze(timezone="Mars/Base"))
    (row,) = check.conditions
    assert check.reason_codes == ("freeze_window_invalid_timezone",)
    assert "Mars/Base" in row.found[0]


SANDBOX: Final = {
    "network_mode": "full",
    "env_exposure_mode": "none",
    "filesystem_isolation": "container",
    "user_mode": "root",
    "timeout_seconds": 61,
    "writable_paths": ["/etc"],
    "read_only_roots": ["/usr"],
    "evidence_ref": "ref:1",
    "evidence_digest": "0" * 64,
}


def test_a_sandbox_is_compared_by_dimension() -> None:
    asked = {
        "allowed_network_modes": ["disabled"],
        "max_timeout_seconds": 60,
        "allowed_writable_path_prefixes": ["/srv"],
        "required_read_only_roots": ["/lib"],
    }
    check = check_of("sandbox", intent_of(context={"sandbox": SANDBOX}), sandbox=asked)
    assert rows(check.conditions) == {
        "evidence": (
            "all_of",
            ("evidence_ref", "evidence_digest"),
            ("evidence_ref", "evidence_digest"),
            True,
        ),
        "network_mode": ("any_of", ("disabled",), ("full",), False),
        "env_exposure_mode": ("is_set", ("given",), ("none",), True),
        "filesystem_isolation": ("is_set", ("given",), ("container",), True),
        "user_mode": ("is_set", ("given",), ("root",), True),
        "timeout_seconds": ("at_most", ("60",), ("61",), False),
        "writable_paths": ("below", ("/srv",), ("/etc",), False),
        "read_only_roots": ("any_of", ("/lib",), ("/usr",), False),
    }


def test_a_sandbox_that_is_not_claimed_is_missing() -> None:
    check = check_of("sandbox", intent_of(), sandbox={"enabled": True})
    assert rows(check.conditions) == {"sandbox": ("is_set", ("given",), (), False)}
    assert check.reason_codes == ("sandbox_metadata_missing",)


@pytest.mark.parametrize(
    ("phase", "verdict", "code"),
    [
        ("plan", "dry_run", "plan_phase_non_destructive"),
        ("apply", "require_approval", "destructive_apply_requires_approval"),
    ],
)
def test_destruction_raises_by_phase(phase: str, verdict: str, code: str) -> None:
    check = check_of("destructive", intent_of(DELETE, context={"phase": phase}))
    assert (check.state, check.verdict, check.reason_codes) == ("raised", verdict, (code,))
    assert check.conditions[0].found == ("delete /srv/x",)


def test_a_proven_sandbox_makes_up_for_running_programs() -> None:
    run = {"kind": "other", "value": "make", "operation": "exec"}
    intent = intent_of(run, context={"sandbox": SANDBOX})
    check = check_of("destructive", intent, sandbox={"enabled": True})
    assert (check.state, check.conditions[2].found) == ("passed", ("valid",))


# ---------------------------------------------------------------- before the rules


def test_missing_facts_stop_before_the_rules_and_are_named() -> None:
    closed = {
        "enabled": True,
        "risk_classes": ["medium"],
        "required_fields": ["context_evidence", "endpoint_class", "targets"],
        "required_high_risk_fields": ["agent_id"],
    }
    target = {"kind": "bucket", "value": "b"}
    answer = explained(policy_of({}, fail_closed=closed), intent_of(target))
    found = answer.fail_closed
    assert (found.concerns_intent, found.stops, answer.decided_by) == (True, True, "fail_closed")
    assert [(f.field, f.present, f.reason_code, f.violation) for f in found.facts] == [
        (
            "context_evidence",
            False,
            "context_evidence_missing",
            "missing_context_evidence",
        ),
        (
            "endpoint_class",
            False,
            "fail_closed_missing_endpoint_class",
            "missing_endpoint_class",
        ),
        ("targets", True, "", ""),
        ("agent_id", False, "fail_closed_missing_agent_id", "missing_agent_id"),
        (
            "a known endpoint_class for every target",
            False,
            "fail_closed_endpoint_class_unknown",
            "endpoint_class_unknown",
        ),
    ]
    assert states(answer) == {"r1": "not_reached"}
    assert answer.rules[0].outcome is UNSET


def test_fail_closed_for_other_risk_classes_stops_nothing() -> None:
    closed = {"enabled": True, "required_fields": ["targets"]}
    found = explained(policy_of({}, fail_closed=closed), intent_of()).fail_closed
    assert (found.enabled, found.concerns_intent, found.stops) == (True, False, False)
    assert [fact.present for fact in found.facts] == [False, True]


def test_fail_closed_that_is_off_asks_for_nothing() -> None:
    assert explained(policy_of({}), intent_of()).fail_closed.facts == ()


def test_claims_that_do_not_count_are_named() -> None:
    given = intent_of(
        context={
            "context_set_digest": "0" * 64,
            "context_evidence_mode": "required",
            "context_refs": ["a", "b"],
            "auth_context": {"context_age_seconds": 1, "kept": True},
        }
    )
    assert [(one.field, one.value) for one in ignored_claims(given, prepared(given))] == [
        ("context_set_digest", "0" * 64),
        ("context_evidence_mode", "required"),
        ("context_refs", "a, b"),
        ("auth_context.context_age_seconds", "1"),
    ]
    assert ignored_claims(intent_of(), prepared(intent_of())) == ()


# ---------------------------------------------------------------- scripts


def script_of(*tools: str, **fields: Any) -> NormalIntent:
    steps = [{"tool_name": tool, "targets": [PASSWD]} for tool in tools]
    return intent_of(script={"steps": steps}, targets=None, **fields)


def explained_script(policy: Policy, intent: NormalIntent) -> ExplainedScript:
    script = explained(policy, intent).script
    assert script is not UNSET
    return script


def test_every_step_of_a_script_is_explained_as_a_call() -> None:
    policy = policy_of(
        {"effect": "allow", "match": {"tool_names": ["t.a"]}},
        scripts={"max_steps": 1, "require_approval_above": 5},
    )
    answer = explained(policy, script_of("t.a", "t.b"))
    script = explained_script(policy, script_of("t.a", "t.b"))
    assert (answer.decided_by, answer.rules) == ("script", ())
    assert [
        (s.index, s.tool_name, s.verdict, s.decided_by, s.risk_class) for s in script.steps
    ] == [
        (0, "t.a", "allow", "rules", "low"),
        (1, "t.b", "block", "default_verdict", "low"),
    ]
    assert [step.rules[0].state for step in script.steps] == ["decides", "not_matched"]
    assert [(limit.name, limit.state, limit.verdict) for limit in script.limits] == [
        ("max_steps", "raised", "block"),
        ("require_approval_above", "passed", ""),
        ("block_mixed_risk", "not_set", ""),
    ]


def test_steps_of_several_risks_are_named() -> None:
    steps = [
        {"tool_name": "a", "targets": [PASSWD]},
        {"tool_name": "b", "targets": [DELETE]},
    ]
    policy = policy_of(scripts={"block_mixed_risk": True})
    script = explained_script(policy, intent_of(script={"steps": steps}, targets=None))
    assert rows(script.limits[2].conditions) == {
        "step risk": ("all_of", ("all the same",), ("low", "high"), False)
    }


def test_a_script_that_fails_closed_has_no_steps() -> None:
    closed = {"enabled": True, "risk_classes": ["medium"], "required_fields": ["delegation"]}
    script = explained_script(policy_of({}, fail_closed=closed), script_of("t.a"))
    assert script.steps == ()


def test_long_lists_of_rules_are_cut_in_the_steps_but_for_those_that_matter() -> None:
    strangers = [{"match": {"tool_names": ["no.such"]}} for _ in range(100)]
    policy = policy_of(*strangers, {"name": "z", "effect": "allow", "priority": 1})
    script = explained_script(policy, script_of(*["t"] * 64))
    step = script.steps[0]
    assert (len(step.rules), step.rules_left_out) == (79, 22)
    assert step.rules[-1].state == "decides"


# ---------------------------------------------------------------- what it asks for


def asks(policy: Policy, intent: NormalIntent) -> Requirements:
    return explained(policy, intent).requirements


def test_an_approval_is_asked_for_with_its_scope() -> None:
    policy = policy_of({"effect": "require_approval", "min_approvals": 2})
    found = asks(policy, intent_of(DELETE, context={"agent_id": "a7"}))
    assert (found.required_approvals, found.require_distinct_approvers) == (2, True)
    assert found.approval_scope == ("destructive:apply", "phase:apply", "tool:db.query")
    assert found.may_not_approve == ("a7", "agent-7")


def test_a_block_asks_for_no_approval() -> None:
    assert asks(policy_of({"effect": "block", "min_approvals": 2}), intent_of()) == Requirements()


def names(policy: Policy, intent: NormalIntent, **around: Any) -> list[str]:
    return [row.name for row in explained(policy, intent, **around).not_considered]


def test_what_was_not_looked_at_is_named_where_it_matters() -> None:
    assert names(policy_of({}), intent_of()) == ["kill_switch"]
    rule = {
        "effect": "require_approval",
        "match": {"require_delegation": True},
        "require_broker_credential": True,
        "rate_limit": {"requests": 1},
        "max_context_age_seconds": 60,
    }
    policy = policy_of(rule, {"match": {"context_data_classes": ["pii"]}, "priority": 9})
    delegation = {"requester_identity": "x"}
    assert names(policy, intent_of(delegation=delegation)) == [
        "kill_switch",
        "context_envelope",
        "wrkr_inventory",
        "delegation_tokens",
        "broker_credential",
        "rate_limits",
    ]
    inventory = {"x": InventoryItem(tool_name="x")}
    assert "wrkr_inventory" not in names(policy, intent_of(), inventory=inventory)


def test_approvals_and_approved_scripts_are_named() -> None:
    policy = policy_of({"effect": "require_approval"})
    assert names(policy, script_of("t")) == ["kill_switch", "approved_scripts", "approvals"]
    closed = {"required_fields": ["context_evidence"]}
    assert "context_envelope" in names(policy_of({}, fail_closed=closed), intent_of())
