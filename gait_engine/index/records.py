"""What the row of a record holds: one reader for each kind, none of which verifies anything.

A reader takes the text and the path as shown, and returns the fields of a row. Raises GaitError
for what is not such a record, or is one that two readers could read differently.
"""

from collections.abc import Callable, Mapping
from sys import intern
from typing import Any, Final

from msgspec import UNSET

from gait_engine.contract import index as kinds
from gait_engine.contract.approval import APPROVAL_AUDIT_SCHEMA, ApprovalAudit, ApprovalToken
from gait_engine.contract.regress import PASS
from gait_engine.contract.regress import RESULT_SCHEMA as REGRESS_SCHEMA
from gait_engine.contract.scout import SIGNAL_SCHEMA, SignalReport
from gait_engine.contract.session import CHAIN_SCHEMA
from gait_engine.contract.trace import TRACE_SCHEMA, Trace
from gait_engine.errors import VerificationFailed
from gait_engine.gate.review.finding import found_intent
from gait_engine.gate.review.pending import traced_identity
from gait_engine.gate.telling import Glance, glance_at, kind_of, text_of
from gait_engine.gate.trace import parse_trace, require_valid
from gait_engine.guard.evidence import parse_audit, parse_regress
from gait_engine.runpack.chain import parse_chain
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.timestamps import Timestamp, is_zero, to_ns

Fields = dict[str, Any]

_NO_TIME: Final = Timestamp("")
_TRACE_STARTS: Final = tuple(
    spelled.encode() % TRACE_SCHEMA.encode()
    for spelled in ('{\n  "schema_id": "%s",', '{"schema_id":"%s",')
)
"""How the gate spells a trace: what begins so need not be looked at twice."""
_BY_SCHEMA: Final = {
    APPROVAL_AUDIT_SCHEMA: kinds.APPROVAL_AUDIT,
    CHAIN_SCHEMA: kinds.SESSION_CHAIN,
    REGRESS_SCHEMA: kinds.REGRESS_RESULT,
    SIGNAL_SCHEMA: kinds.SCOUT_REPORT,
}


def kind_of_text(text: bytes, name: str) -> str:
    """Tell the kind of a record; by the name of its file where it says nothing itself.

    Empty for a file that is none of ours.
    """
    if text.startswith(_TRACE_STARTS):
        return kinds.TRACE
    glance = glance_at(text)
    if glance is None:
        return kinds.kind_by_name(name)
    return _kind(glance) or ("" if bytes(glance.schema_id) else kinds.kind_by_name(name))


def record_fields(kind: str, text: bytes, path: str) -> Fields:
    """Read a record of a kind."""
    return _READERS[kind](text, path)


def trace_fields(text: bytes, path: str) -> Fields:
    """Read a gate trace that has all an honest one has; what traces share is kept once."""
    trace = parse_trace(text, path)
    require_valid(trace, path)
    is_observed = not is_zero(trace.observed_at)
    fields: Fields = {
        "trace_id": trace.trace_id,
        "run_id": intern(trace.run_id),
        "session_id": intern(_session_of(trace)),
        "created_at": trace.created_at,
        "observed_at": trace.observed_at if is_observed else _NO_TIME,
        "intent_digest": trace.intent_digest,
        "policy_digest": intern(trace.policy_digest),
        "verdict": intern(trace.verdict),
        "tool_name": intern(trace.tool_name),
        "agent_id": intern(trace.agent_id),
        "identity": intern(traced_identity(trace)),
        "environment": intern(trace.environment),
        "violations": tuple(map(intern, trace.violations)),
        "signatures": int(trace.signature is not UNSET),
    }
    if is_observed:
        fields["at_ns"] = to_ns(trace.observed_at)
    return fields


def policy_fields(text: bytes, path: str) -> Fields:
    """Read a policy, in YAML or JSON."""
    from gait_engine.gate.policy import parse
    from gait_engine.gate.policydigest import policy_digest

    policy = parse(text, path)
    return {
        "policy_digest": policy_digest(policy),
        "verdict": policy.default_verdict,
        "count": len(policy.rules),
    }


def _kind(glance: Glance) -> str:
    return _BY_SCHEMA.get(text_of(glance.schema_id)) or kind_of(glance)


def _session_of(trace: Trace) -> str:
    if trace.relationship is UNSET or trace.relationship.parent_ref is UNSET:
        return ""
    parent = trace.relationship.parent_ref
    return parent.id if parent.kind == "session" else ""


def _intent(text: bytes, path: str) -> Fields:
    found = found_intent(text, path, {})
    intent = found.given
    return {
        "run_id": intent.context.run_id,
        "session_id": intent.context.session_id,
        "created_at": _given(intent.created_at),
        "intent_digest": found.digest,
        "tool_name": intent.tool_name,
        "agent_id": intent.context.agent_id,
        "identity": intent.context.identity,
        "environment": intent.context.environment,
        "target": next((target.value for target in intent.targets), ""),
        "count": len(intent.targets),
    }


def _token(text: bytes, path: str) -> Fields:
    token = read_record(text, ApprovalToken, _artifact(path)._replace(sealed=True))
    return {
        "token_id": token.token_id,
        "created_at": _given(token.created_at),
        "expires_at": _given(token.expires_at),
        "intent_digest": token.intent_digest,
        "policy_digest": token.policy_digest,
        "identity": token.approver_identity,
        "scope": token.scope,
        "reason_code": token.reason_code,
        "signatures": int(token.signature is not UNSET),
    }


def _audit(text: bytes, path: str) -> Fields:
    audit: ApprovalAudit = parse_audit(text, path)
    return {
        "trace_id": audit.trace_id,
        "created_at": _given(audit.created_at),
        "intent_digest": audit.intent_digest,
        "policy_digest": audit.policy_digest,
        "tool_name": audit.tool_name,
        "approvers": audit.approvers,
        "required_approvals": audit.required_approvals,
        "valid_approvals": audit.valid_approvals,
        "is_approved": audit.approved,
        "count": len(audit.entries or ()),
    }


def _regress(text: bytes, path: str) -> Fields:
    result = parse_regress(text, path)
    failed = [grader for grader in result.graders if grader.status != PASS]
    reasons = (code for grader in failed for code in grader.reason_codes)
    return {
        "created_at": _given(result.created_at),
        "fixture_set": result.fixture_set,
        "status": result.status,
        "count": len(result.graders),
        "failed_count": len(failed),
        "failed_grader": failed[0].name if failed else "",
        "top_failure_reason": next(reasons, ""),
    }


def _scout(text: bytes, path: str) -> Fields:
    report = read_record(text, SignalReport, _artifact(path)._replace(digested=False))
    gravest = report.families[0] if report.families else None
    return {
        "created_at": _given(report.created_at),
        "count": report.family_count,
        "top_failure_reason": gravest.top_failure_reason if gravest else "",
        "severity_level": gravest.severity_level if gravest else "",
    }


def _chain(text: bytes, path: str) -> Fields:
    chain = parse_chain(text, path)
    return {
        "run_id": chain.run_id,
        "session_id": chain.session_id,
        "created_at": chain.created_at,
        "checkpoints": len(chain.checkpoints or ()),
    }


def _artifact(path: str) -> Source:
    return Source(path, hazard=VerificationFailed)


def _given(instant: Timestamp) -> Timestamp:
    return _NO_TIME if is_zero(instant) else instant


_READERS: Final[Mapping[str, Callable[[bytes, str], Fields]]] = {
    kinds.TRACE: trace_fields,
    kinds.INTENT: _intent,
    kinds.POLICY: policy_fields,
    kinds.APPROVAL_TOKEN: _token,
    kinds.APPROVAL_AUDIT: _audit,
    kinds.REGRESS_RESULT: _regress,
    kinds.SCOUT_REPORT: _scout,
    kinds.SESSION_CHAIN: _chain,
}
