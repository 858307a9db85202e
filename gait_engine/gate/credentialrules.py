"""What a rule demands of the credential a call will use (gate.md 3.4 (5))."""

from collections.abc import Iterator
from typing import Final

from gait_engine.contract.intent import Context, NormalIntent, Target
from gait_engine.contract.policy import CREDENTIAL_OPTIONS, Rule
from gait_engine.gate.targets import targets_digest
from gait_engine.gate.verdicts import NOTHING, Finding, blocked

STANDING_ACCESS: Final = frozenset(
    {"", "cloud_admin", "inherited", "standing", "static", "unknown"}
)
"""Access types that count as standing; one that is not given does."""

_LISTS: Final = (
    ("credential_source_disallowed", "allowed_credential_sources", "credential_source"),
    ("credential_issuer_disallowed", "allowed_credential_issuers", "credential_issuer"),
    (
        "credential_access_type_disallowed",
        "allowed_credential_access_types",
        "credential_access_type",
    ),
)


def judge_credential(rule: Rule, intent: NormalIntent) -> Finding:
    """Find what the credential lacks, or that it is bound to another call."""
    if not any(getattr(rule, option) for option in CREDENTIAL_OPTIONS):
        return NOTHING
    context = intent.context
    faults = [*_unsaid(context), *_kind_faults(rule, context.credential_access_type)]
    faults += _list_faults(rule, context)
    faults += _ttl_faults(rule.max_credential_ttl_seconds, context.credential_ttl_seconds)
    faults += _binding_faults(context, intent.targets)
    return blocked(faults)


def _unsaid(context: Context) -> Iterator[str]:
    if not context.credential_ref:
        yield "credential_evidence_missing"
    if not context.credential_source:
        yield "credential_source_unknown"
    if not context.credential_access_type:
        yield "credential_access_type_unknown"


def _kind_faults(rule: Rule, access_type: str) -> Iterator[str]:
    if rule.require_jit_credential and access_type != "jit":
        yield "credential_not_jit" if access_type else "credential_evidence_missing"
    if rule.block_standing_credentials and access_type in STANDING_ACCESS:
        yield "standing_credential_disallowed"


def _list_faults(rule: Rule, context: Context) -> Iterator[str]:
    for code, option, field in _LISTS:
        allowed = getattr(rule, option)
        if allowed and getattr(context, field) not in allowed:
            yield code


def _ttl_faults(limit: int, ttl_seconds: int) -> Iterator[str]:
    if limit > 0 >= ttl_seconds:
        yield "credential_evidence_missing"
    elif 0 < limit < ttl_seconds:
        yield "credential_ttl_exceeded"


def _binding_faults(context: Context, targets: tuple[Target, ...]) -> Iterator[str]:
    binding = context.credential_target_binding
    if binding and binding != targets_digest(targets):
        yield "credential_target_binding_mismatch"
    run, job = context.credential_run_binding, context.credential_job_binding
    if run and context.run_id and run != context.run_id:
        yield "credential_run_binding_mismatch"
    if job and context.job_id and job != context.job_id:
        yield "credential_job_binding_mismatch"
