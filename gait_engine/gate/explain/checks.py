"""The checks after the match, in the contract's order, and the limits of scripts.

The verdict of a check is that of the function that judges it. Contract: gate.md 3.4, 3.5.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec

from gait_engine.contract.answers.policyexplain import Check, Condition
from gait_engine.contract.decision import FreezeDecision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import FreezeWindow, Policy, Rule, Scripts
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.explain.claims import see_agent, see_credential, see_evidence, see_sandbox
from gait_engine.gate.explain.rows import NOT_SET, Seen, condition
from gait_engine.gate.explain.targets import see_dataflow, see_destruction, see_endpoint
from gait_engine.gate.freeze import freeze_decision, held_verdict
from gait_engine.gate.script import step_intents
from gait_engine.gate.scriptrules import step_risk
from gait_engine.gate.verdicts import NOTHING, Finding, held, merged
from gait_engine.wire.text import lower

_RAISED: Final = "raised"
_DEFAULT_ALLOW: Final = "default_allow"
_SCRIPT_LIMITS: Final = ("max_steps", "require_approval_above", "block_mixed_risk")


def explain_checks(rule: Rule, intent: NormalIntent, around: Circumstances) -> tuple[Check, ...]:
    """Explain every check a rule goes through once it matches."""
    return tuple(_check(name, see(rule, intent, around)) for name, see in _CHECKS.items())


def explain_script_limits(
    limits: Scripts, intent: NormalIntent, around: Circumstances
) -> tuple[Check, ...]:
    """Explain the limits for a script as a whole, each judged alone."""
    return tuple(
        _check(name, _see_limit(name, getattr(limits, name), intent, around))
        for name in _SCRIPT_LIMITS
    )


def see_freeze(rule: Rule, intent: NormalIntent, around: Circumstances) -> Seen:
    """See whether a freeze concerns the call, and whether one of its windows is open."""
    freeze = rule.freeze_window
    if not freeze.enabled:
        return NOT_SET
    decision = freeze_decision(freeze, intent.context, around.at, around.local)
    verdict, code = held_verdict(decision), decision.reason_code
    finding = held(verdict, [(code, code)]) if verdict else NOTHING
    return Seen(finding, tuple(_freeze_rows(freeze, intent, decision)))


def _check(name: str, seen: Seen) -> Check:
    if not seen.rows:
        return Check(name=name, state="not_set")
    finding = seen.finding
    is_raised = finding != NOTHING
    return Check(
        name=name,
        state=_RAISED if is_raised else "passed",
        verdict=finding.verdict if is_raised else "",
        reason_codes=merged(finding.reasons),
        violations=merged(finding.violations),
        conditions=seen.rows,
    )


def _see_limit(name: str, limit: int, intent: NormalIntent, around: Circumstances) -> Seen:
    if not limit:
        return NOT_SET
    limits = msgspec.structs.replace(Scripts(), **{name: limit})
    alone = Policy(default_verdict="allow", scripts=limits)
    decision = evaluate(alone, intent, around)
    reasons = tuple(code for code in decision.reason_codes if code != _DEFAULT_ALLOW)
    finding = Finding(decision.verdict, reasons, decision.violations)
    row = _limit_row(name, str(limit), step_intents(intent), met=not reasons)
    return Seen(finding if reasons else NOTHING, (row,))


def _limit_row(name: str, limit: str, steps: tuple[NormalIntent, ...], *, met: bool) -> Condition:
    if name == "block_mixed_risk":
        risks = map(step_risk, steps)
        return condition("step risk", ("all the same",), risks, met=met, relation="all_of")
    return condition("steps", (limit,), (str(len(steps)),), met=met, relation="at_most")


def _freeze_rows(
    freeze: FreezeWindow, intent: NormalIntent, decision: FreezeDecision
) -> Iterator[Condition]:
    context = intent.context
    filters = (
        ("environments", freeze.environments, lower(context.environment)),
        ("risk_classes", freeze.risk_classes, context.risk_class),
    )
    for name, wanted, found in filters:
        if wanted:
            is_met = found not in wanted
            yield condition(name, wanted, (found,), met=is_met, relation="none_of")
    windows = tuple(f"{one.name}: {one.start} to {one.end}" for one in freeze.windows)
    is_shut = decision.status == "inactive"
    found = decision.reason if decision.status == "invalid" else decision.evaluated_at
    yield condition(
        f"windows ({freeze.timezone})", windows, (found,), met=is_shut, relation="none_of"
    )


_CHECKS: Final[Mapping[str, Callable[[Rule, NormalIntent, Circumstances], Seen]]] = {
    "dataflow": see_dataflow,
    "endpoint": see_endpoint,
    "context_evidence": see_evidence,
    "agent": see_agent,
    "credential": see_credential,
    "freeze_window": see_freeze,
    "sandbox": see_sandbox,
    "destructive": see_destruction,
}
"""In the order of the contract."""
