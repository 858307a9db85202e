"""One call against the rules: which of them decide it, and what each makes of it.

Contract: gate.md 3.3, 3.4.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import Decision, FreezeDecision, SandboxDecision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy, RateLimit, Rule
from gait_engine.gate.agentrules import judge_agent
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.combine import combined
from gait_engine.gate.credentialrules import judge_credential
from gait_engine.gate.dataflow import judge_dataflow
from gait_engine.gate.endpoint import judge_endpoint
from gait_engine.gate.evidencerules import judge_evidence
from gait_engine.gate.freeze import freeze_decision, held_verdict
from gait_engine.gate.match import matches
from gait_engine.gate.sandbox import sandbox_decision
from gait_engine.gate.verdicts import NOTHING, Finding, blocked, held, merged, strongest
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import lower

_UNDERSCORED: Final = str.maketrans(" -", "__")
_PLAN: Final = Finding("dry_run", ("plan_phase_non_destructive",))
_APPLY: Final = Finding("require_approval", ("destructive_apply_requires_approval",))


def judge_call(policy: Policy, intent: NormalIntent, around: Circumstances) -> Decision:
    """Decide one call: by the matching rules of the first priority that has any, else by default.

    Of the rules taken only those whose own verdict is the strongest say why and ask for more.
    """
    parts = [_judge(rule, intent, around) for rule in taken_rules(policy, intent)]
    if not parts:
        return _by_default(policy.default_verdict)
    verdict = strongest(part.verdict for part in parts)
    decisive = [part for part in parts if part.verdict == verdict]
    decision = combined(decisive)
    needs_approval = verdict == "require_approval"
    return msgspec.structs.replace(
        decision,
        min_approvals=max(1, decision.min_approvals) if needs_approval else 0,
        require_distinct_approvers=needs_approval and decision.require_distinct_approvers,
        broker_reference=",".join(
            merged(p.broker_reference for p in decisive if p.broker_reference)
        ),
        matched_rule=",".join(merged(part.matched_rule for part in parts)),
    )


def taken_rules(policy: Policy, intent: NormalIntent) -> Iterator[Rule]:
    """Yield the matching rules of the first priority that has any."""
    first: Rule | None = None
    for rule in policy.rules:
        if not matches(rule.match, intent):
            continue
        if first is not None and rule.priority != first.priority:
            return
        first = first or rule
        yield rule


def _by_default(verdict: str) -> Decision:
    return Decision(
        verdict=verdict,
        reason_codes=(f"default_{verdict}",),
        min_approvals=int(verdict == "require_approval"),
        is_judged=True,
    )


def _judge(rule: Rule, intent: NormalIntent, around: Circumstances) -> Decision:
    """Say what one rule makes of a call: no constraint weakens its effect."""
    freeze = _freeze(rule, intent, around)
    sandbox = _sandbox(rule, intent)
    findings = (
        Finding(rule.effect, rule.reason_codes or (_default_reason(rule.name),), rule.violations),
        judge_dataflow(rule, intent),
        judge_endpoint(rule, intent),
        judge_evidence(rule, intent),
        judge_agent(rule, intent, around.at),
        judge_credential(rule, intent),
        _held_by_freeze(freeze),
        NOTHING if sandbox is UNSET else blocked(sandbox.reason_codes),
        _judge_destruction(intent, sandbox),
    )
    return Decision(
        verdict=strongest(finding.verdict for finding in findings),
        reason_codes=merged(*(finding.reasons for finding in findings)),
        violations=merged(*(finding.violations for finding in findings)),
        min_approvals=rule.min_approvals,
        require_distinct_approvers=rule.require_distinct_approvers,
        require_delegation=rule.match.require_delegation,
        delegation_scopes=rule.match.delegation_scopes,
        require_broker_credential=rule.require_broker_credential,
        broker_reference=rule.broker_reference,
        broker_scopes=rule.broker_scopes,
        rate_limit=_limit(rule.rate_limit),
        destructive_budget=_limit(rule.destructive_budget),
        matched_rule=rule.name,
        freeze_window=freeze,
        sandbox=sandbox,
    )


def _default_reason(name: str) -> str:
    """Name a rule in a reason, in the spelling of JSON for the web, without blanks and dashes."""
    spelled = compact(name).decode().strip('"')
    return f"matched_rule_{lower(spelled.translate(_UNDERSCORED))}"


def _limit(limit: RateLimit) -> RateLimit | UnsetType:
    return limit if limit.requests > 0 else UNSET


def _freeze(rule: Rule, intent: NormalIntent, around: Circumstances) -> FreezeDecision | UnsetType:
    if not rule.freeze_window.enabled:
        return UNSET
    return freeze_decision(rule.freeze_window, intent.context, around.at, around.local)


def _held_by_freeze(freeze: FreezeDecision | UnsetType) -> Finding:
    verdict = "" if freeze is UNSET else held_verdict(freeze)
    if freeze is UNSET or not verdict:
        return NOTHING
    return held(verdict, [(freeze.reason_code, freeze.reason_code)])


def _sandbox(rule: Rule, intent: NormalIntent) -> SandboxDecision | UnsetType:
    if not rule.sandbox.enabled:
        return UNSET
    return sandbox_decision(rule.sandbox, intent.context.sandbox)


def _judge_destruction(intent: NormalIntent, sandbox: SandboxDecision | UnsetType) -> Finding:
    """Find a destructive target; running programs is none inside a sandbox that is proven."""
    if not any(target.destructive for target in intent.targets):
        return NOTHING
    is_contained = sandbox is not UNSET and sandbox.status == "valid"
    if is_contained and all(t.endpoint_class == "proc.exec" for t in intent.targets):
        return NOTHING
    return _PLAN if intent.context.phase == "plan" else _APPLY
