"""One call against the rules: which of them decide it, and what each makes of it.

Contract: gate.md 3.3, 3.4.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import Decision, FreezeDecision, SandboxDecision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy, Rule
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.combine import settled
from gait_engine.gate.freeze import freeze_decision, held_verdict
from gait_engine.gate.plan import PlannedRule, plan_of
from gait_engine.gate.sandbox import sandbox_decision
from gait_engine.gate.verdicts import NOTHING, Finding, blocked, held, merged, strongest

_PLAN: Final = Finding("dry_run", ("plan_phase_non_destructive",))
_APPLY: Final = Finding("require_approval", ("destructive_apply_requires_approval",))


def judge_call(policy: Policy, intent: NormalIntent, around: Circumstances) -> Decision:
    """Decide one call: by the matching rules of the first priority that has any, else by default.

    Of the rules taken only those whose own verdict is the strongest say why and ask for more.
    """
    taken = list(plan_of(policy).taken(intent))
    if not taken:
        return _by_default(policy.default_verdict)
    parts = [_judge(planned, intent, around) for planned in taken]
    is_alone = len(parts) == 1 and parts[0] is taken[0].part
    return taken[0].alone if is_alone else settled(parts)


def taken_rules(policy: Policy, intent: NormalIntent) -> Iterator[Rule]:
    """Yield the matching rules of the first priority that has any."""
    return (planned.rule for planned in plan_of(policy).taken(intent))


def _by_default(verdict: str) -> Decision:
    return Decision(
        verdict=verdict,
        reason_codes=(f"default_{verdict}",),
        min_approvals=int(verdict == "require_approval"),
        is_judged=True,
    )


def _judge(planned: PlannedRule, intent: NormalIntent, around: Circumstances) -> Decision:
    """Say what one rule makes of a call: no constraint weakens its effect."""
    rule, part, checks, _ = planned
    freeze = _freeze(rule, intent, around)
    sandbox = _sandbox(rule, intent)
    findings = [check(rule, intent, around) for check in checks]
    findings += [
        _held_by_freeze(freeze),
        NOTHING if sandbox is UNSET else blocked(sandbox.reason_codes),
        _judge_destruction(intent, sandbox),
    ]
    found = [finding for finding in findings if finding is not NOTHING]
    if not found and freeze is UNSET and sandbox is UNSET:
        return part
    return msgspec.structs.replace(
        part,
        verdict=strongest((part.verdict, *(finding.verdict for finding in found))),
        reason_codes=merged(part.reason_codes, *(finding.reasons for finding in found)),
        violations=merged(part.violations, *(finding.violations for finding in found)),
        freeze_window=freeze,
        sandbox=sandbox,
    )


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
