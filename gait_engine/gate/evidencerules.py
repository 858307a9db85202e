"""The context evidence a rule demands; only a context envelope can have proven it.

Contract: gate.md 3.4 (3).
"""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.contract.intent import CONTEXT_AGE, Context, NormalIntent
from gait_engine.contract.policy import Rule
from gait_engine.gate.freeform import read_object
from gait_engine.gate.verdicts import Finding, held

_MISSING: Final = "missing_context_evidence"


def judge_evidence(rule: Rule, intent: NormalIntent) -> Finding:
    """Find evidence that is missing, of the wrong mode or too old."""
    return held("block", _faults(rule, intent.context))


def _faults(rule: Rule, context: Context) -> Iterator[tuple[str, str]]:
    wants_mode, max_age = rule.required_context_evidence_mode, rule.max_context_age_seconds
    if not (rule.require_context_evidence or wants_mode or max_age > 0):
        return
    if not context.context_set_digest:
        yield "context_evidence_missing", _MISSING
        yield "context_set_digest_missing", _MISSING
    if wants_mode and context.context_evidence_mode != wants_mode:
        yield "context_evidence_mode_mismatch", "context_evidence_mode_violation"
    age = _age_seconds(context)
    if max_age > 0 and not (age is not None and age <= max_age):
        yield "context_freshness_exceeded", "context_freshness_violation"


def _age_seconds(context: Context) -> int | None:
    if context.auth_context is UNSET:
        return None
    age = read_object(context.auth_context).get(CONTEXT_AGE)
    return age if isinstance(age, int) and not isinstance(age, bool) else None
