"""The gate decides as a naive model of its contract does, on cases that nobody thought of.

Every run compares 10,000 fresh cases and a fixed corpus. A case is a policy, an intent as given and
its circumstances: kill switch, context envelope, inventory, approved scripts, profile, time zone.
"""

import json
import secrets
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from random import Random
from typing import Any, Final, NamedTuple

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.gate.agentrules import judge_agent
from gait_engine.gate.credentialrules import judge_credential
from gait_engine.gate.dataflow import judge_dataflow
from gait_engine.gate.endpoint import judge_endpoint
from gait_engine.gate.evidencerules import judge_evidence
from gait_engine.gate.intent import normalise, parse_intent
from gait_engine.gate.policy import parse
from gait_engine.gate.rules import taken_rules
from gait_engine.gate.verdicts import Finding, merged
from gait_engine.wire.timestamps import Timestamp
from tests.support.gatedraws import Case, draw_case, draw_pair
from tests.support.gatedrawsintent import NOON, ZERO_TIME, Dict
from tests.support.gatedrawsjudged import judged, typed
from tests.support.gatedrawspolicy import REQUIRED, REQUIRED_HIGH, policy_text
from tests.support.gatemodel import filled_intent, model
from tests.support.gatemodel import taken_rules as model_taken_rules
from tests.support.gatemodelmatch import model_matches
from tests.support.gatemodelrule import (
    Around,
    Found,
    model_agent,
    model_credential,
    model_dataflow,
    model_endpoint,
    model_evidence,
    strongest,
)
from tests.support.hosts import FrozenHost
from tests.support.judging import matches, unmet

PAIRS: Final = 10_000
CORPUS: Final = 1_000
LEAST: Final = 12
"""How often each code must have been decided in a run: the draws may not rot unnoticed."""

AT: Final = Timestamp(NOON)
SANDBOX: Final = ["network_mode", "env_exposure_mode", "filesystem_isolation", "user_mode"]
VERDICTS: Final = ["allow", "dry_run", "require_approval", "block"]
BOTH: Final = [
    *("endpoint_path_denied", "endpoint_path_not_allowlisted", "endpoint_domain_denied"),
    *("endpoint_domain_not_allowlisted", "endpoint_egress_class_not_allowed"),
    *("agent_revoked", "agent_owner_missing", "agent_lifecycle_state_invalid", "agent_expired"),
    *("agent_manifest_mismatch", "credential_evidence_missing", "credential_source_unknown"),
    *("credential_access_type_unknown", "credential_not_jit", "standing_credential_disallowed"),
    *("credential_source_disallowed", "credential_issuer_disallowed", "credential_ttl_exceeded"),
    *("credential_access_type_disallowed", "credential_target_binding_mismatch"),
    *("credential_run_binding_mismatch", "credential_job_binding_mismatch"),
    *("freeze_window_invalid_timezone", "freeze_window_invalid_window"),
    *("freeze_window_active_block", "freeze_window_active_require_approval"),
    *("sandbox_metadata_missing", "sandbox_evidence_missing", "sandbox_timeout_missing"),
    *("sandbox_timeout_exceeded", "sandbox_writable_path_disallowed"),
    *("sandbox_read_only_root_missing", "script_max_steps_exceeded"),
    *[f"sandbox_{mode}_{fault}" for mode in SANDBOX for fault in ("missing", "disallowed")],
    *("kill_switch_active", "kill_switch_state_unavailable"),
]
"""Codes that are a reason and a violation at once."""
REASONS: Final = [
    *BOTH,
    *(f"default_{verdict}" for verdict in VERDICTS),
    *[f"fail_closed_missing_{name}" for name in (*REQUIRED[:-1], *REQUIRED_HIGH)],
    *("fail_closed_endpoint_class_unknown", "fail_closed_intent_invalid"),
    *("context_evidence_missing", "context_set_digest_missing", "context_freshness_exceeded"),
    *("context_evidence_mode_mismatch", "flow_code", "endpoint_code", "agent_unknown"),
    *("endpoint_destructive_operation", "plan_phase_non_destructive"),
    *("destructive_apply_requires_approval", "script_step_threshold_approval"),
    *("script_mixed_risk_blocked", "approved_script_match", "why"),
    *("kill_switch_agent_id_active", "kill_switch_identity_active", "kill_switch_path_active"),
    *("kill_switch_tool_name_active", "kill_switch_environment_active"),
    *("kill_switch_target_active", "kill_switch_workspace_active"),
]
VIOLATIONS: Final = [
    *BOTH,
    *(f"missing_{name}" for name in (*REQUIRED, *REQUIRED_HIGH)),
    *("endpoint_class_unknown", "intent_not_evaluable", "context_evidence_mode_violation"),
    *("context_freshness_violation", "agent_identity_missing", "agent_not_declared"),
    *("flow_violation", "endpoint_violation", "destructive_operation", "script_mixed_risk", "v1"),
]
STATUSES: Final = {
    "verdict": VERDICTS,
    "error": ["invalid_input", "policy_blocked"],
    "freeze": ["invalid", "active", "inactive"],
    "sandbox": ["missing", "disallowed", "valid"],
    "kill_switch": ["active", "inactive", "unavailable"],
    "registry_reason": ["not_script", "approved_script_not_found", "approved_script_match"],
    "risk": ["low", "medium", "high"],
}


class Run(NamedTuple):
    """What came of many cases: where model and gate differ, and how often what was decided."""

    seed: int
    differences: dict[str, Dict]
    seen: Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> FrozenHost:
    return FrozenHost(tmp_path_factory.mktemp("cases"))


@pytest.fixture(scope="module")
def fresh(host: FrozenHost) -> Run:
    """Judge cases that no run before has seen."""
    run = Run(secrets.randbits(64), {}, Counter())
    for number in range(PAIRS):
        name = f"{run.seed}/{number}"
        expected, found = both(name, host)
        run.seen.update(facts(expected))
        if found != expected:
            run.differences[name] = difference(expected, found)
    return run


def both(name: str, host: FrozenHost) -> tuple[Dict, Dict]:
    """Let the model and the gate decide a case; a crash tells which one it was."""
    case = case_of(name)
    try:
        return model(case), judged(case, host)
    except Exception as exc:
        exc.add_note(f"case {name}")
        raise


def case_of(name: str) -> Case:
    return draw_case(Random(name))  # noqa: S311  # reproducible on purpose


def difference(expected: Dict, found: Dict) -> Dict:
    return {k: (expected[k], found[k]) for k in expected if expected[k] != found[k]}


def facts(answer: Dict) -> Iterator[tuple[str, str]]:
    yield "case", ""
    for name in ("reasons", "violations"):
        yield from ((name, code) for code in answer[name])
    for name in STATUSES:
        value = answer[name]
        yield name, value["status"] if isinstance(value, dict) else value


def test_the_gate_agrees_with_the_model_on_ten_thousand_fresh_cases(fresh: Run) -> None:
    """On failure a case comes back from its name, the left side: `case_of(name)`."""
    assert fresh.seen["case", ""] == PAIRS
    first = dict(islice(fresh.differences.items(), 3))
    assert first == {}, f"{len(fresh.differences)} cases differ"


def test_a_run_decides_everything_that_can_be_decided(fresh: Run) -> None:
    wanted = [("reasons", code) for code in REASONS]
    wanted += [("violations", code) for code in VIOLATIONS]
    wanted += [(name, status) for name, statuses in STATUSES.items() for status in statuses]
    rare = {fact: fresh.seen[fact] for fact in wanted if fresh.seen[fact] < LEAST}
    assert rare == {}, fresh.seed


def test_a_run_decides_nothing_else(fresh: Run) -> None:
    """A code that the list above does not know is one whose frequency nobody watches."""
    known = {"context_evidence_missing", "ok", "v2", *REASONS, *VIOLATIONS}
    codes = {code for kind, code in fresh.seen if kind in ("reasons", "violations")}
    assert {code for code in codes if not code.startswith("matched_rule_")} <= known


def test_the_gate_agrees_with_the_model_on_a_fixed_corpus(host: FrozenHost) -> None:
    """Here the policies are read from their text, so all that is drawn is in normal form."""
    for number in range(CORPUS):
        case = case_of(f"corpus/{number}")
        policy, intent = case["policy"], case["intent"]
        assert parse(policy_text(policy), "policy.yaml") == typed(policy, Policy), number
        given = normalise(parse_intent(json.dumps(intent).encode(), "intent"))
        drawn = filled_intent(intent) | {"created_at": ZERO_TIME}
        assert json.loads(msgspec.json.encode(given)) == drawn, number
        assert judged(case, host) == model(case), number


@given(st.randoms(use_true_random=False))
@settings(max_examples=150, deadline=None)
def test_the_gate_agrees_with_the_model_on_cases_that_shrink(host: FrozenHost, rng: Random) -> None:
    case = draw_case(rng)
    assert judged(case, host) == model(case), case


def test_the_rules_that_are_taken_are_those_of_the_model() -> None:
    for seed in range(CORPUS):
        policy, intent = draw_pair(seed)
        taken = rule_names(policy, intent)
        assert taken == [rule["name"] for rule in model_taken_rules(policy, intent)], seed


def rule_names(policy: Dict, intent: Dict) -> list[str]:
    return [rule.name for rule in taken_rules(typed(policy, Policy), typed(intent, NormalIntent))]


@pytest.fixture(scope="module")
def rules() -> list[tuple[Dict, Dict, Any, Any]]:
    """Rules beside intents, plain and typed."""
    found = []
    for seed in range(CORPUS):
        policy, intent = draw_pair(seed)
        normal: NormalIntent = typed(intent, NormalIntent)
        for plain, rule in zip(policy.get("rules", []), typed(policy, Policy).rules, strict=True):
            found.append((plain, intent, rule, normal))
    return found


def as_finding(found: Found) -> Finding:
    verdict = strongest([v for v, _, _ in found]) if found else "allow"
    return Finding(verdict, merged(r for _, r, _ in found), merged(v for _, _, v in found))


def test_each_constraint_agrees_with_the_model_when_it_is_asked_alone(
    rules: list[tuple[Dict, Dict, Any, Any]],
) -> None:
    """As explaining asks it: also of a rule that does not set it, and of a call that differs."""
    around = Around(NOON, "UTC")
    for plain, intent, rule, normal in rules:
        expected = [
            model_dataflow(plain.get("dataflow", {}), intent),
            model_endpoint(plain.get("endpoint", {}), intent),
            model_evidence(plain, intent),
            model_agent(plain, intent, around),
            model_credential(plain, intent),
        ]
        found = [
            judge_dataflow(rule, normal),
            judge_endpoint(rule, normal),
            judge_evidence(rule, normal),
            judge_agent(rule, normal, AT),
            judge_credential(rule, normal),
        ]
        sorted_codes = [f._replace(reasons=merged(f.reasons), violations=merged(f.violations))
                        for f in found]  # fmt: skip
        assert sorted_codes == list(map(as_finding, expected)), (plain, intent)


def test_matching_agrees_with_the_model_when_it_is_asked_alone(
    rules: list[tuple[Dict, Dict, Any, Any]],
) -> None:
    for plain, intent, rule, normal in rules:
        match = plain.get("match", {})
        assert matches(rule.match, normal) is model_matches(match, intent), (match, intent)
        lacking = {name.partition(".")[0] for name in unmet(rule.match, normal)}
        expected = {name for name, want in match.items() if not model_matches({name: want}, intent)}
        assert lacking == expected, (match, intent)
