"""One call against the rules: which decide it, what each constraint adds, how they are joined."""

from typing import Any

import pytest
from msgspec import Raw

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import RateLimit
from gait_engine.gate.combine import strictest
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.targets import targets_digest
from gait_engine.gate.verdicts import strongest
from tests.support.judging import AT_NOON, codes, decide, intent_of, policy_of, with_context

FILE = {"kind": "path", "value": "/srv/a.txt", "operation": "read"}
QUEUE = {"kind": "queue", "value": "q", "operation": "publish"}
DELETE = {"kind": "path", "value": "/srv/a.txt", "operation": "delete"}
TAINTED = [{"arg_path": "$.a", "source": "external"}]


def by_rule(rule: dict[str, Any], intent: NormalIntent) -> Decision:
    return decide(policy_of(rule), intent)


# ---------------------------------------------------------------- which rules decide


@pytest.mark.parametrize("verdict", ["allow", "dry_run", "require_approval", "block"])
def test_without_a_match_the_default_decides(verdict: str) -> None:
    missed = {"match": {"tool_names": ["other"]}, "effect": "allow"}
    decision = decide(policy_of(missed, default_verdict=verdict), intent_of(DELETE))
    assert decision == Decision(
        verdict=verdict,
        reason_codes=(f"default_{verdict}",),
        min_approvals=int(verdict == "require_approval"),
        is_judged=True,
    )


def test_the_first_priority_that_matches_decides_alone() -> None:
    policy = policy_of(
        {"name": "far", "priority": 20, "effect": "block"},
        {"name": "near", "priority": 5, "effect": "allow", "match": {"tool_names": ["other"]}},
        {"name": "mid", "priority": 10, "effect": "allow"},
    )
    decision = decide(policy, intent_of())
    assert (decision.verdict, decision.matched_rule) == ("allow", "mid")


def test_the_strongest_of_one_priority_decides_and_only_it_says_why() -> None:
    policy = policy_of(
        {"name": "b", "effect": "allow", "reason_codes": ["fine"], "min_approvals": 3},
        {"name": "a", "effect": "block", "reason_codes": ["no"], "violations": ["v"]},
        {"name": "c", "effect": "block", "reason_codes": ["never", "no"]},
    )
    decision = decide(policy, intent_of())
    assert decision.verdict == "block"
    assert decision.reason_codes == ("never", "no")
    assert decision.violations == ("v",)
    assert decision.matched_rule == "a,b,c"
    assert decision.min_approvals == 0


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Deny-All now", "matched_rule_deny_all_now"),
        ("a&b", "matched_rule_a\\u0026b"),
        ('"quoted"', 'matched_rule_\\"quoted\\'),
        ("ÄÖ", "matched_rule_äö"),
    ],
)
def test_a_rule_without_reasons_gives_its_name(name: str, reason: str) -> None:
    assert by_rule({"name": name}, intent_of()).reason_codes == (reason,)


# ---------------------------------------------------------------- what a decision asks for


def test_what_is_asked_for_is_joined_over_the_rules_that_decide() -> None:
    rules = [
        {
            "effect": "require_approval",
            "min_approvals": 2,
            "broker_reference": "vault/b",
            "broker_scopes": ["write"],
            "rate_limit": {"requests": 5, "window": "hour"},
        },
        {
            "effect": "require_approval",
            "require_broker_credential": True,
            "broker_reference": "vault/a",
            "broker_scopes": ["read"],
            "rate_limit": {"requests": 5, "window": "minute"},
            "destructive_budget": {"requests": 1, "scope": "tool"},
            "match": {"delegation_scopes": ["w"], "require_delegation": True},
        },
        {"effect": "allow", "min_approvals": 9, "broker_scopes": ["x"]},
    ]
    decision = decide(
        policy_of(*rules), intent_of(delegation={"requester_identity": "r", "scope_class": "w"})
    )
    assert decision == Decision(
        verdict="require_approval",
        reason_codes=("matched_rule_r1", "matched_rule_r2"),
        min_approvals=2,
        require_distinct_approvers=True,
        require_delegation=True,
        delegation_scopes=("w",),
        require_broker_credential=True,
        broker_reference="vault/a,vault/b",
        broker_scopes=("read", "write"),
        rate_limit=RateLimit(requests=5, window="minute", scope="tool_identity"),
        destructive_budget=RateLimit(requests=1, window="minute", scope="tool"),
        is_judged=True,
        matched_rule="r1,r2,r3",
    )


def test_a_rule_that_asks_for_approval_wants_at_least_one() -> None:
    assert by_rule({"effect": "require_approval"}, intent_of()).min_approvals == 1


@pytest.mark.parametrize("effect", ["allow", "dry_run", "block"])
def test_approvals_count_only_where_approval_is_the_verdict(effect: str) -> None:
    decision = by_rule({"effect": effect, "min_approvals": 2}, intent_of())
    assert (decision.min_approvals, decision.require_distinct_approvers) == (0, False)


def test_the_strictest_limit_is_that_of_fewest_requests_then_of_the_shorter_window() -> None:
    in_order = [
        RateLimit(requests=1, window="hour", scope="tool"),
        RateLimit(requests=2, window="minute", scope="identity"),
        RateLimit(requests=2, window="minute", scope="tool"),
        RateLimit(requests=2, window="hour", scope="identity"),
    ]
    for position, expected in enumerate(in_order):
        assert strictest(in_order[position:][::-1]) == expected


def test_verdicts_have_an_order() -> None:
    in_order = ["allow", "dry_run", "require_approval", "block"]
    for count in range(1, len(in_order) + 1):
        assert strongest(in_order[:count][::-1]) == in_order[count - 1]


# ---------------------------------------------------------------- dataflow


@pytest.mark.parametrize(
    ("dataflow", "target", "is_held"),
    [
        ({"enabled": True}, QUEUE, True),
        ({"enabled": True}, FILE, False),
        ({"tainted_sources": ["user"]}, QUEUE, False),
        ({"destination_kinds": ["path"]}, FILE, True),
        ({"destination_kinds": ["path"], "destination_operations": ["write"]}, FILE, False),
        ({"destination_values": ["q"], "destination_operations": ["publish"]}, QUEUE, True),
        ({"enabled": False, "action": "block"}, QUEUE, False),
    ],
)
def test_tainted_data_is_held_on_its_way_to_a_destination(
    dataflow: dict[str, Any], target: dict[str, Any], *, is_held: bool
) -> None:
    decision = by_rule({"dataflow": dataflow}, intent_of(target, arg_provenance=TAINTED))
    assert decision.verdict == ("require_approval" if is_held else "allow")
    assert codes(decision) == ({"dataflow_tainted_destination"} if is_held else set())
    assert decision.violations == (("tainted_dataflow",) if is_held else ())


def test_a_destination_must_meet_all_lists_by_itself() -> None:
    both = {"destination_kinds": ["path"], "destination_operations": ["publish"]}
    intent = intent_of(FILE, QUEUE, arg_provenance=TAINTED)
    assert by_rule({"dataflow": both}, intent).verdict == "allow"


@pytest.mark.parametrize("action", ["require_approval", "block"])
def test_a_dataflow_constraint_never_weakens_a_block(action: str) -> None:
    rule = {"effect": "block", "dataflow": {"enabled": True, "action": action}}
    decision = by_rule(rule, intent_of(QUEUE, arg_provenance=TAINTED))
    assert decision.verdict == "block"
    assert "dataflow_tainted_destination" in decision.reason_codes


# ---------------------------------------------------------------- context evidence


@pytest.mark.parametrize(
    ("rule", "evidence", "expected"),
    [
        ({"require_context_evidence": True}, {},
         {"context_evidence_missing", "context_set_digest_missing",
          "context_evidence_mode_mismatch"}),
        ({"max_context_age_seconds": 60}, {},
         {"context_evidence_missing", "context_set_digest_missing",
          "context_freshness_exceeded"}),
        ({"require_context_evidence": True}, {"context_evidence_mode": "best_effort"},
         {"context_evidence_mode_mismatch"}),
        ({"require_context_evidence": True}, {}, None),
        ({"max_context_age_seconds": 60}, {"auth_context": Raw(b'{"context_age_seconds":60}')},
         set()),
        ({"max_context_age_seconds": 60}, {"auth_context": Raw(b'{"context_age_seconds":61}')},
         {"context_freshness_exceeded"}),
        ({"max_context_age_seconds": 60}, {"auth_context": Raw(b'{"context_age_seconds":true}')},
         {"context_freshness_exceeded"}),
        ({}, {}, set()),
    ],
)  # fmt: skip
def test_evidence_is_demanded(
    rule: dict[str, Any], evidence: dict[str, Any], expected: set[str] | None
) -> None:
    proven = {"context_set_digest": "0" * 64, "context_evidence_mode": "required"}
    is_bare = expected is not None and "context_evidence_missing" in expected
    intent = with_context(intent_of(), **({} if is_bare else proven | evidence))
    decision = evaluate(policy_of(rule), intent, AT_NOON)
    assert codes(decision) == (expected or set())
    assert decision.verdict == ("block" if expected else "allow")


# ---------------------------------------------------------------- agent

AGENT = {
    "lifecycle_states": ["approved", "Active"],
    "owner": "team",
    "publisher": "Acme",
    "source": "registry",
    "manifest_digest": "c" * 64,
    "expires_at": "2026-02-05T12:00:00.000000001Z",
}


@pytest.mark.parametrize(
    ("rule", "agent", "expected"),
    [
        ({"require_declared_agent": True}, {"agent_id": "a", "agent_identity": {}}, set()),
        ({"require_declared_agent": True}, {"agent_id": "a"}, {"agent_unknown"}),
        ({"require_declared_agent": True}, {"agent_identity": {}}, {"agent_unknown"}),
        ({"denied_agent_ids": ["a"]}, {"agent_id": "a"}, {"agent_revoked"}),
        ({"denied_agent_ids": ["a"]}, {"agent_id": "A"}, set()),
        ({"denied_agent_ids": ["a"]}, {"agent_identity": {"revoked": True}}, {"agent_revoked"}),
        ({}, {"agent_identity": {"revoked": True}}, set()),
        ({"allowed_agent_ids": ["a"]}, {"agent_id": "a"}, set()),
        ({"allowed_agent_ids": ["a"]}, {"agent_id": "b"}, {"agent_unknown"}),
        ({"require_agent_owner": True}, {"agent_identity": AGENT}, set()),
        ({"require_agent_owner": True}, {}, {"agent_owner_missing"}),
        ({"required_agent_lifecycle_states": ["Approved"]}, {"agent_identity": AGENT}, set()),
        ({"required_agent_lifecycle_states": ["Active"]}, {"agent_identity": AGENT},
         {"agent_lifecycle_state_invalid"}),
        ({"require_unexpired_agent": True}, {"agent_identity": AGENT}, set()),
        ({"require_unexpired_agent": True},
         {"agent_identity": AGENT | {"expires_at": "2026-02-05T12:00:00Z"}}, {"agent_expired"}),
        ({"require_unexpired_agent": True}, {"agent_identity": {}}, {"agent_expired"}),
        ({"required_agent_manifest_digest": "C" * 64}, {"agent_identity": AGENT}, set()),
        ({"required_agent_manifest_digest": "d" * 64}, {"agent_identity": AGENT},
         {"agent_manifest_mismatch"}),
        ({"allowed_agent_manifest_publishers": ["ACME"]}, {"agent_identity": AGENT}, set()),
        ({"allowed_agent_manifest_publishers": ["x"]}, {"agent_identity": AGENT},
         {"agent_manifest_mismatch"}),
        ({"allowed_agent_manifest_sources": ["git"]}, {"agent_identity": AGENT},
         {"agent_manifest_mismatch"}),
    ],
)  # fmt: skip
def test_the_agent_is_held_to_the_rule(
    rule: dict[str, Any], agent: dict[str, Any], expected: set[str]
) -> None:
    decision = by_rule(rule, intent_of(context=agent))
    assert codes(decision) == expected
    assert decision.verdict == ("block" if expected else "allow")


def test_an_unknown_agent_has_one_reason_and_two_violations() -> None:
    rule = {"require_declared_agent": True, "allowed_agent_ids": ["a"]}
    decision = by_rule(rule, intent_of())
    assert codes(decision) == {"agent_unknown"}
    assert decision.violations == ("agent_identity_missing", "agent_not_declared")


# ---------------------------------------------------------------- credential

SHORT_LIVED = {
    "credential_ref": "ref:role/x",
    "credential_source": "aws_sts",
    "credential_access_type": "jit",
    "credential_issuer": "sts.acme",
    "credential_ttl_seconds": 600,
}


@pytest.mark.parametrize(
    ("rule", "change", "expected"),
    [
        ({"require_jit_credential": True}, {}, set()),
        ({"require_jit_credential": True}, {"credential_access_type": "inherited"},
         {"credential_not_jit"}),
        ({"require_jit_credential": True}, {"credential_access_type": ""},
         {"credential_access_type_unknown", "credential_evidence_missing"}),
        ({"block_standing_credentials": True}, {}, set()),
        ({"block_standing_credentials": True}, {"credential_access_type": "cloud_admin"},
         {"standing_credential_disallowed"}),
        ({"block_standing_credentials": True}, {"credential_access_type": ""},
         {"credential_access_type_unknown", "standing_credential_disallowed"}),
        ({"allowed_credential_sources": ["aws_sts"]}, {}, set()),
        ({"allowed_credential_sources": ["env"]}, {}, {"credential_source_disallowed"}),
        ({"allowed_credential_issuers": ["STS.acme"]}, {}, {"credential_issuer_disallowed"}),
        ({"allowed_credential_access_types": ["static"]}, {},
         {"credential_access_type_disallowed"}),
        ({"max_credential_ttl_seconds": 600}, {}, set()),
        ({"max_credential_ttl_seconds": 599}, {}, {"credential_ttl_exceeded"}),
        ({"max_credential_ttl_seconds": 600}, {"credential_ttl_seconds": 0},
         {"credential_evidence_missing"}),
        ({"require_jit_credential": True}, {"credential_ref": ""},
         {"credential_evidence_missing"}),
        ({"require_jit_credential": True}, {"credential_source": ""},
         {"credential_source_unknown"}),
        ({"require_jit_credential": True}, {"credential_target_binding": "a" * 64},
         {"credential_target_binding_mismatch"}),
        ({"require_jit_credential": True}, {"credential_run_binding": "r", "run_id": "s"},
         {"credential_run_binding_mismatch"}),
        ({"require_jit_credential": True}, {"credential_run_binding": "r"}, set()),
        ({"require_jit_credential": True}, {"credential_job_binding": "r", "job_id": "s"},
         {"credential_job_binding_mismatch"}),
        ({}, {"credential_access_type": "static"}, set()),
    ],
)  # fmt: skip
def test_the_credential_is_held_to_the_rule(
    rule: dict[str, Any], change: dict[str, Any], expected: set[str]
) -> None:
    decision = by_rule(rule, intent_of(context=SHORT_LIVED | change))
    assert codes(decision) == expected == set(decision.violations)
    assert decision.verdict == ("block" if expected else "allow")


def test_a_credential_bound_to_these_targets_fits() -> None:
    binding = targets_digest(intent_of(FILE).targets)
    bound = SHORT_LIVED | {"credential_target_binding": binding}
    rule = {"require_jit_credential": True}
    assert by_rule(rule, intent_of(FILE, context=bound)).verdict == "allow"
    assert by_rule(rule, intent_of(QUEUE, context=bound)).verdict == "block"


# ---------------------------------------------------------------- destruction


@pytest.mark.parametrize(
    ("effect", "phase", "verdict", "reason"),
    [
        ("allow", "apply", "require_approval", "destructive_apply_requires_approval"),
        ("dry_run", "apply", "require_approval", "destructive_apply_requires_approval"),
        ("block", "apply", "block", "destructive_apply_requires_approval"),
        ("allow", "plan", "dry_run", "plan_phase_non_destructive"),
        ("require_approval", "plan", "require_approval", "plan_phase_non_destructive"),
    ],
)
def test_a_matched_rule_never_lets_destruction_pass_alone(
    effect: str, phase: str, verdict: str, reason: str
) -> None:
    decision = by_rule({"effect": effect}, intent_of(DELETE, context={"phase": phase}))
    assert (decision.verdict, codes(decision)) == (verdict, {reason})
