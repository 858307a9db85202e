"""What must be known of a call before any rule is asked, for the risk classes a policy names.

Contract: gate.md 3.1 (1, 2), 3.2.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from msgspec import UNSET

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import Context, NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.gate.verdicts import merged

_UNKNOWN_CLASS: Final = "other"


def fails_closed(policy: Policy, risk_class: str) -> bool:
    """Tell whether a policy wants calls of a risk class to fail closed."""
    return policy.fail_closed.enabled and risk_class in policy.fail_closed.risk_classes


def missing_facts(policy: Policy, intent: NormalIntent) -> Decision | None:
    """Return the block for what is not known of a call, None when nothing is missing."""
    if not fails_closed(policy, intent.context.risk_class):
        return None
    codes = list(_missing(policy, intent))
    if not codes:
        return None
    return Decision(
        verdict="block",
        reason_codes=merged(reason for reason, _ in codes),
        violations=merged(violation for _, violation in codes),
    )


def not_evaluable() -> Decision:
    """Return the block for an intent that cannot be prepared in a class that fails closed."""
    return Decision(
        verdict="block",
        reason_codes=("fail_closed_intent_invalid",),
        violations=("intent_not_evaluable",),
    )


def _missing(policy: Policy, intent: NormalIntent) -> Iterator[tuple[str, str]]:
    for field in policy.fail_closed.required_fields:
        if not _HAS[field](intent):
            yield _FIELD_CODES.get(field, _codes(field))
    for field in policy.fail_closed.required_high_risk_fields:
        if not _has_context(intent.context, field):
            yield _codes(field)
    if _has_unknown_class(intent):
        yield "fail_closed_endpoint_class_unknown", "endpoint_class_unknown"


def _codes(field: str) -> tuple[str, str]:
    return f"fail_closed_missing_{field}", f"missing_{field}"


def _has_unknown_class(intent: NormalIntent) -> bool:
    return any(target.endpoint_class == _UNKNOWN_CLASS for target in intent.targets)


def _has_context(context: Context, field: str) -> bool:
    if field == "agent_identity":
        return context.agent_identity is not UNSET
    if field == "credential_ttl_seconds":
        return context.credential_ttl_seconds > 0
    return bool(getattr(context, field))


_HAS: Final[Mapping[str, Callable[[NormalIntent], bool]]] = {
    "targets": lambda intent: bool(intent.targets),
    "arg_provenance": lambda intent: bool(intent.arg_provenance),
    "endpoint_class": lambda intent: not _has_unknown_class(intent),
    "delegation": lambda intent: intent.delegation is not UNSET,
    "context_evidence": lambda intent: bool(intent.context.context_set_digest),
}
_FIELD_CODES: Final = {"context_evidence": ("context_evidence_missing", "missing_context_evidence")}
