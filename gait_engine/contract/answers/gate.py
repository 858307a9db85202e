"""What `gait gate eval` answers, and what it answers to `--explain` (gate.md 4.6)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Int64, Record, always, instant
from gait_engine.contract.decision import FreezeDecision, KillSwitchDecision, SandboxDecision
from gait_engine.contract.policy import Texts, verdict_exit
from gait_engine.contract.trace import StepVerdict
from gait_engine.errors import OK
from gait_engine.wire.timestamps import Timestamp

POLICY_EXPLAIN_SCHEMA: Final = "gait.gate.policy_explain"


class GateAnswer(Answer, frozen=True, kw_only=True):
    """One decision of the gate; `ok` is true for every verdict, false only on an error.

    `line` and `exit_code` are those of one intent in a stream, absent outside of it.
    """

    profile: str = ""
    verdict: str = ""
    reason_codes: Texts = ()
    violations: Texts = ()
    approval_ref: str = ""
    required_approvals: Int64 = 0
    valid_approvals: Int64 = 0
    approval_audit_path: str = ""
    delegation_ref: str = ""
    delegation_required: bool = False
    valid_delegations: Int64 = 0
    delegation_audit_path: str = ""
    trace_id: str = ""
    trace_path: str = ""
    policy_digest: str = ""
    intent_digest: str = ""
    context_set_digest: str = ""
    context_evidence_mode: str = ""
    context_ref_count: Int64 = 0
    context_source: str = ""
    script: bool = False
    step_count: Int64 = 0
    script_hash: str = ""
    composite_risk_class: str = ""
    step_verdicts: tuple[StepVerdict, ...] = ()
    pre_approved: bool = False
    pattern_id: str = ""
    registry_reason: str = ""
    matched_rule: str = ""
    freeze_window: FreezeDecision | UnsetType = UNSET
    sandbox: SandboxDecision | UnsetType = UNSET
    kill_switch: KillSwitchDecision | UnsetType = UNSET
    phase: str = ""
    rate_limit_scope: str = ""
    rate_limit_key: str = ""
    rate_limit_used: Int64 = 0
    rate_limit_remaining: Int64 = 0
    destructive_budget_scope: str = ""
    destructive_budget_key: str = ""
    destructive_budget_used: Int64 = 0
    destructive_budget_remaining: Int64 = 0
    credential_issuer: str = ""
    credential_source: str = ""
    credential_access_type: str = ""
    credential_ref: str = ""
    credential_ttl_seconds: Int64 = 0
    credential_evidence_path: str = ""
    simulate_mode: bool = False
    would_have_blocked: bool = False
    simulated_verdict: str = ""
    simulated_reason_codes: Texts = ()
    warnings: Texts = ()
    line: int = 0
    exit_code: int | UnsetType = UNSET

    @property
    def success_code(self) -> int:
        """The exit code that the verdict stands for."""
        return OK if self.simulate_mode else verdict_exit(self.verdict)


class MatchedRule(Record, frozen=True, kw_only=True):
    """A rule whose name stands in `matched_rule`, with the effect it declares."""

    name: str = always("")
    priority: Int64 = always(0)
    effect: str = always("")


class CredentialPosture(Record, frozen=True, kw_only=True):
    """What an intent says of the credential it will use."""

    present: bool = always(False)
    source: str = ""
    access_type: str = ""
    issuer: str = ""
    ttl_seconds: Int64 = 0
    credential_ref: str = ""


class ProofRefs(Record, frozen=True, kw_only=True):
    """Where the proofs of a decision were written."""

    trace_id: str = ""
    trace_path: str = ""
    approval_audit_path: str = ""
    delegation_audit_path: str = ""
    credential_evidence_path: str = ""


class GateExplainAnswer(Answer, frozen=True, kw_only=True):
    """`gait gate eval --explain --json`: the decision before approvals, broker and rate limits.

    `final_verdict` is the one after them, the verdict of the plain answer.
    """

    schema_id: str = always(POLICY_EXPLAIN_SCHEMA)
    schema_version: str = ""
    created_at: Timestamp = instant()
    producer_version: str = ""
    verdict: str = ""
    matched_rule: str = ""
    matched_rules: tuple[MatchedRule, ...] = ()
    reason_codes: Texts = ()
    violations: Texts = ()
    missing_fields: Texts = ()
    fail_closed_reason_codes: Texts = ()
    approval_required: bool = False
    required_approvals: Int64 = 0
    valid_approvals: Int64 = 0
    require_broker_credential: bool = False
    broker_reference: str = ""
    broker_scopes: Texts = ()
    require_delegation: bool = False
    required_delegation_scopes: Texts = ()
    credential_posture: CredentialPosture = always(CredentialPosture())
    context_evidence_status: str = ""
    freeze_window: FreezeDecision | UnsetType = UNSET
    kill_switch: KillSwitchDecision | UnsetType = UNSET
    sandbox: SandboxDecision | UnsetType = UNSET
    proof_refs: ProofRefs = always(ProofRefs())
    final_verdict: str = ""
    simulate_mode: bool = False

    @property
    def success_code(self) -> int:
        """The exit code of the plain answer."""
        return OK if self.simulate_mode else verdict_exit(self.final_verdict)
