"""From a decision to the records that prove it: trace, audits, evidence, signed where they can be.

Contract: gate.md 3.8 (journal), 4.4 (evidence), 5, 6.3, 7.
"""

from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from gait_engine.contract.common import SCHEMA_VERSION, Record
from gait_engine.contract.trace import Trace
from gait_engine.gate.decide import Decided
from gait_engine.gate.emit import Emitted, Occasion, signed_trace
from gait_engine.gate.enforced import Enforced
from gait_engine.gate.setup import Gate
from gait_engine.host import Host
from gait_engine.wire.text import trim

if TYPE_CHECKING:  # what there is no record of need not be loaded
    from gait_engine.contract.approval import ApprovalAudit
    from gait_engine.contract.broker import CredentialRecord
    from gait_engine.contract.delegation import DelegationAudit
    from gait_engine.contract.killswitch import KillSwitchHit
    from gait_engine.gate.tokens.audit import AuditFacts

_SOURCE: Final = "gate_eval"


class Ruling(Record, frozen=True, kw_only=True):
    """One call decided for good, and the records that prove it; nothing is written yet."""

    decided: Decided
    enforced: Enforced
    trace: Trace
    approval_audit: "ApprovalAudit | None"
    delegation_audit: "DelegationAudit | None"
    credential: "CredentialRecord | None"
    kill_hit: "KillSwitchHit | None"


def rule(
    gate: Gate, decided: Decided, enforced: Enforced, *, correlation_id: str, host: Host
) -> Ruling:
    """Build and sign the records of a decision."""
    occasion = Occasion(
        created_at=decided.created_at,
        observed_at=decided.observed_at,
        producer_version=host.producer_version,
        correlation_id=correlation_id,
        latency_ms=decided.latency_ms,
    )
    trace = signed_trace(_told(gate, decided, enforced, occasion), gate.signer.key)
    return Ruling(
        decided=decided,
        enforced=enforced,
        trace=trace,
        approval_audit=_approval_audit(trace, enforced),
        delegation_audit=_delegation_audit(trace, enforced),
        credential=_credential(trace, enforced),
        kill_hit=_kill_hit(trace),
    )


def approval_ref(gate: Gate, enforced: Enforced) -> str:
    """Return the ids of the tokens that let a call pass, else the reference given."""
    count = enforced.approval
    if count is not None and count.is_enough:
        return ",".join(sorted(count.token_ids))
    return trim(gate.options.approval_token_ref)


def _told(gate: Gate, decided: Decided, enforced: Enforced, occasion: Occasion) -> Emitted:
    return Emitted(
        policy=gate.policy,
        intent=decided.intent,
        decision=enforced.decision,
        digests=decided.digests,
        occasion=occasion,
        context_source=decided.context_source,
        registry_reason=decided.registry_reason,
        approval_token_ref=approval_ref(gate, enforced),
        delegation_token_ref=enforced.delegation.ref if enforced.delegation else "",
        credential=enforced.issued.credential if enforced.issued else None,
    )


def _approval_audit(trace: Trace, enforced: Enforced) -> "ApprovalAudit | None":
    if enforced.approval is None:
        return None
    from gait_engine.gate.tokens.audit import approval_audit

    required = enforced.decision.min_approvals
    return approval_audit(_facts(trace), enforced.approval, required=required)


def _delegation_audit(trace: Trace, enforced: Enforced) -> "DelegationAudit | None":
    if enforced.delegation is None:
        return None
    from gait_engine.gate.tokens.audit import delegation_audit

    return delegation_audit(_facts(trace), enforced.delegation)


def _facts(trace: Trace) -> "AuditFacts":
    from gait_engine.gate.tokens.audit import AuditFacts

    return AuditFacts(
        trace_id=trace.trace_id,
        tool_name=trace.tool_name,
        intent_digest=trace.intent_digest,
        policy_digest=trace.policy_digest,
        created_at=trace.created_at,
        producer_version=trace.producer_version,
    )


def _credential(trace: Trace, enforced: Enforced) -> "CredentialRecord | None":
    if enforced.issued is None:
        return None
    from gait_engine.gate.broker.evidence import credential_record

    return credential_record(
        enforced.issued.credential,
        enforced.issued.request,
        trace_id=trace.trace_id,
        created_at=trace.created_at,
        producer_version=trace.producer_version,
    )


def _kill_hit(trace: Trace) -> "KillSwitchHit | None":
    kill = trace.kill_switch
    if kill is UNSET or kill.status != "active":
        return None
    from gait_engine.contract.killswitch import KILL_SWITCH_JOURNAL_SCHEMA, KillSwitchHit

    return KillSwitchHit(
        schema_id=KILL_SWITCH_JOURNAL_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=trace.observed_at,
        producer_version=trace.producer_version,
        source=_SOURCE,
        trace_id=trace.trace_id,
        tool_name=trace.tool_name,
        intent_digest=trace.intent_digest,
        policy_digest=trace.policy_digest,
        reason_code=kill.reason_code,
        reason_codes=kill.reason_codes,
        matched_entry_ids=kill.matched_entry_ids,
    )
