"""What the gate says of a decision, in short and with `--explain` (gate.md 4.6)."""

from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.answers.base import HazardNote
from gait_engine.contract.answers.gate import (
    CredentialPosture,
    GateAnswer,
    GateExplainAnswer,
    MatchedRule,
    ProofRefs,
)
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import Context
from gait_engine.contract.policy import Texts
from gait_engine.gate.enforced import Enforced
from gait_engine.gate.ruling import Ruling, approval_ref
from gait_engine.gate.setup import Gate
from gait_engine.gate.verdicts import merged

_FAIL_CLOSED: Final = "fail_closed_"
_MISSING: Final = "fail_closed_missing_"
_MISSING_FIELDS: Final = {
    "credential_evidence_missing": "credential_evidence",
    "sandbox_metadata_missing": "sandbox",
    "sandbox_evidence_missing": "sandbox_evidence",
    "kill_switch_state_unavailable": "kill_switch_state",
    "broker_credential_missing": "broker_credential",
}


_NO_EVIDENCE: Final = "not_required"


class Written(NamedTuple):
    """Where the records of a ruling went, as shown; empty for what there was none of."""

    trace: str = ""
    approval_audit: str = ""
    delegation_audit: str = ""
    credential: str = ""


def answer(gate: Gate, ruling: Ruling, written: Written) -> GateAnswer:
    """Say what was decided and where the proofs are."""
    decided, enforced, trace = ruling.decided, ruling.enforced, ruling.trace
    decision, intent = enforced.decision, decided.intent
    approval, delegation = enforced.approval, enforced.delegation
    simulation = enforced.simulation
    said = GateAnswer(
        ok=True,
        profile=gate.options.profile,
        verdict=decision.verdict,
        reason_codes=decision.reason_codes,
        violations=decision.violations,
        approval_ref=approval_ref(gate, enforced),
        required_approvals=decision.min_approvals,
        valid_approvals=approval.valid if approval else 0,
        approval_audit_path=written.approval_audit,
        delegation_ref=delegation.ref if delegation else "",
        delegation_required=delegation is not None,
        valid_delegations=delegation.valid if delegation else 0,
        delegation_audit_path=written.delegation_audit,
        trace_id=trace.trace_id,
        trace_path=written.trace,
        policy_digest=decided.digests.policy,
        intent_digest=decided.digests.intent,
        context_set_digest=intent.context.context_set_digest,
        context_evidence_mode=intent.context.context_evidence_mode,
        context_ref_count=len(intent.context.context_refs),
        context_source=decided.context_source,
        script=decision.script,
        step_count=decision.step_count,
        script_hash=decision.script_hash,
        composite_risk_class=decision.composite_risk_class,
        step_verdicts=decision.step_verdicts,
        pre_approved=bool(decision.pattern_id),
        pattern_id=decision.pattern_id,
        registry_reason=decided.registry_reason,
        matched_rule=decision.matched_rule,
        freeze_window=decision.freeze_window,
        sandbox=decision.sandbox,
        kill_switch=decision.kill_switch,
        phase=decided.phase,
        simulate_mode=simulation is not None,
        would_have_blocked=simulation.would_have_blocked if simulation else False,
        simulated_verdict=simulation.verdict if simulation else "",
        simulated_reason_codes=simulation.reason_codes if simulation else (),
        warnings=(*gate.signer.warnings, *gate.warnings, *decided.warnings, *enforced.warnings),
        hazards=tuple(HazardNote(code=code, where=where) for code, where in enforced.hazards),
    )
    return _with_credential(_with_limits(said, enforced), enforced, written)


def explanation(gate: Gate, ruling: Ruling, written: Written) -> GateExplainAnswer:
    """Say why the policy decided so, before approvals, broker, limits and simulation."""
    decided, enforced = ruling.decided, ruling.enforced
    decision, context = decided.decision, decided.intent.context
    return GateExplainAnswer(
        ok=True,
        schema_version=SCHEMA_VERSION,
        created_at=decided.created_at,
        producer_version=ruling.trace.producer_version,
        verdict=decision.verdict,
        matched_rule=decision.matched_rule,
        matched_rules=_matched_rules(gate, decision),
        reason_codes=decision.reason_codes,
        violations=decision.violations,
        missing_fields=_missing_fields(decision),
        fail_closed_reason_codes=tuple(
            code for code in decision.reason_codes if code.startswith(_FAIL_CLOSED)
        ),
        approval_required=decision.verdict == "require_approval",
        required_approvals=decision.min_approvals,
        valid_approvals=enforced.approval.valid if enforced.approval else 0,
        require_broker_credential=decision.require_broker_credential,
        broker_reference=decision.broker_reference,
        broker_scopes=decision.broker_scopes,
        require_delegation=decision.require_delegation,
        required_delegation_scopes=decision.delegation_scopes,
        credential_posture=_posture(context) if decided.is_evaluable else CredentialPosture(),
        context_evidence_status=_evidence_status(context) if decided.is_evaluable else _NO_EVIDENCE,
        freeze_window=decision.freeze_window,
        kill_switch=decision.kill_switch,
        sandbox=decision.sandbox,
        proof_refs=ProofRefs(
            trace_id=ruling.trace.trace_id,
            trace_path=written.trace,
            approval_audit_path=written.approval_audit,
            delegation_audit_path=written.delegation_audit,
            credential_evidence_path=written.credential,
        ),
        final_verdict=enforced.decision.verdict,
        simulate_mode=enforced.simulation is not None,
    )


def _with_limits(said: GateAnswer, enforced: Enforced) -> GateAnswer:
    if enforced.rate is not None:
        said = msgspec.structs.replace(
            said,
            rate_limit_scope=enforced.rate.scope,
            rate_limit_key=enforced.rate.key,
            rate_limit_used=enforced.rate.used,
            rate_limit_remaining=enforced.rate.remaining,
        )
    if enforced.budget is not None:
        said = msgspec.structs.replace(
            said,
            destructive_budget_scope=enforced.budget.scope,
            destructive_budget_key=enforced.budget.key,
            destructive_budget_used=enforced.budget.used,
            destructive_budget_remaining=enforced.budget.remaining,
        )
    return said


def _with_credential(said: GateAnswer, enforced: Enforced, written: Written) -> GateAnswer:
    if enforced.issued is None:
        return said
    credential = enforced.issued.credential
    return msgspec.structs.replace(
        said,
        credential_issuer=credential.issuer,
        credential_source=credential.source,
        credential_access_type=credential.access_type,
        credential_ref=credential.credential_ref,
        credential_ttl_seconds=credential.ttl_seconds,
        credential_evidence_path=written.credential,
    )


def _matched_rules(gate: Gate, decision: Decision) -> tuple[MatchedRule, ...]:
    """Find the rules by name, as the contract does: a name with a comma falls apart."""
    names = set(decision.matched_rule.split(",")) - {""}
    return tuple(
        MatchedRule(name=rule.name, priority=rule.priority, effect=rule.effect)
        for rule in gate.policy.rules
        if rule.name in names
    )


def _missing_fields(decision: Decision) -> Texts:
    codes = decision.reason_codes
    missing = {code.removeprefix(_MISSING) for code in codes if code.startswith(_MISSING)}
    return merged(missing, (_MISSING_FIELDS[code] for code in codes if code in _MISSING_FIELDS))


def _posture(context: Context) -> CredentialPosture:
    return CredentialPosture(
        present=bool(context.credential_ref),
        source=context.credential_source,
        access_type=context.credential_access_type,
        issuer=context.credential_issuer,
        ttl_seconds=context.credential_ttl_seconds,
        credential_ref=context.credential_ref,
    )


def _evidence_status(context: Context) -> str:
    digest, refs = context.context_set_digest, context.context_refs
    if context.context_evidence_mode == "required":
        return "verified" if digest and refs else "missing"
    return "present" if digest or context.context_evidence_mode or refs else _NO_EVIDENCE
