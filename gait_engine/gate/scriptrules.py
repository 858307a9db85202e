"""A script against the rules: every step on its own, then the script as a whole (gate.md 3.5)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gait_engine.contract.decision import Decision, StepVerdict
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy, Scripts
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.combine import combined
from gait_engine.gate.inventory import with_inventory
from gait_engine.gate.rules import judge_call
from gait_engine.gate.script import step_intents
from gait_engine.gate.verdicts import NOTHING, Finding, blocked, held, merged, strongest

_RISKS: Final = ("low", "medium", "high")
_HIGH_CLASSES: Final = frozenset({"fs.delete", "proc.exec"})
_MEDIUM_PREFIXES: Final = ("fs.write", "net.")
_APPROVED: Final = ("approved_script_match",)
_THRESHOLD: Final = Finding("require_approval", ("script_step_threshold_approval",))


def judge_script(policy: Policy, intent: NormalIntent, around: Circumstances) -> Decision:
    """Decide a script: the strictest step decides, the limits of the policy may tighten that."""
    steps = [with_inventory(step, around.inventory) for step in step_intents(intent)]
    judged = [judge_call(policy, step, around) for step in steps]
    risks = [step_risk(step) for step in steps]
    decision = combined(judged)
    findings = _script_findings(policy.scripts, risks)
    return msgspec.structs.replace(
        decision,
        verdict=strongest((decision.verdict, *(f.verdict for f in findings))),
        reason_codes=merged(decision.reason_codes, *(f.reasons for f in findings)),
        violations=merged(decision.violations, *(f.violations for f in findings)),
        min_approvals=max(decision.min_approvals, int(_THRESHOLD in findings)),
        script=True,
        step_count=len(steps),
        script_hash=intent.script_hash,
        composite_risk_class=max(risks, key=_RISKS.index),
        step_verdicts=tuple(map(_step_verdict, range(len(steps)), steps, judged)),
    )


def pass_script(intent: NormalIntent, pattern_id: str) -> Decision:
    """Let an approved script pass, every step of it, without asking a rule (gate.md 8)."""
    steps = step_intents(intent)
    passed = Decision(verdict="allow", reason_codes=_APPROVED)
    return msgspec.structs.replace(
        passed,
        is_judged=True,
        script=True,
        step_count=len(steps),
        script_hash=intent.script_hash,
        composite_risk_class=max(map(step_risk, steps), key=_RISKS.index),
        step_verdicts=tuple(_step_verdict(at, step, passed) for at, step in enumerate(steps)),
        pattern_id=pattern_id,
    )


def step_risk(step: NormalIntent) -> str:
    """Class a step by the worst it does: low, medium or high."""
    classes = [target.endpoint_class for target in step.targets]
    if any(target.destructive for target in step.targets) or _HIGH_CLASSES & set(classes):
        return "high"
    return "medium" if any(name.startswith(_MEDIUM_PREFIXES) for name in classes) else "low"


def _script_findings(limits: Scripts, risks: Sequence[str]) -> tuple[Finding, ...]:
    count = len(risks)
    is_mixed = limits.block_mixed_risk and len(set(risks)) > 1
    return (
        blocked(["script_max_steps_exceeded"]) if 0 < limits.max_steps < count else NOTHING,
        _THRESHOLD if 0 < limits.require_approval_above < count else NOTHING,
        held("block", [("script_mixed_risk_blocked", "script_mixed_risk")] if is_mixed else []),
    )


def _step_verdict(index: int, step: NormalIntent, decision: Decision) -> StepVerdict:
    return StepVerdict(
        index=index,
        tool_name=step.tool_name,
        verdict=decision.verdict,
        reason_codes=decision.reason_codes,
        violations=decision.violations,
        matched_rule=decision.matched_rule,
    )
