"""The gate's trace: what was asked, what was decided and by which policy, signed (gate.md 5)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    Int64,
    Record,
    Relationship,
    Signature,
    always,
    instant,
)
from gait_engine.wire.timestamps import Timestamp

TRACE_SCHEMA: Final = "gait.gate.trace"


class AgentIdentity(Record, frozen=True, kw_only=True):
    """What is known of an agent beside its id."""

    agent_id: str = ""
    lifecycle_states: tuple[str, ...] = ()
    owner: str = ""
    publisher: str = ""
    source: str = ""
    manifest_digest: str = ""
    issued_at: Timestamp = instant()
    approved_at: Timestamp = instant()
    expires_at: Timestamp = instant()
    revoked: bool = False


class StepVerdict(Record, frozen=True, kw_only=True):
    """What was decided about one step of a script."""

    index: Int64 = always(0)
    tool_name: str = always("")
    verdict: str = always("")
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    matched_rule: str = ""


class DelegationRef(Record, frozen=True, kw_only=True):
    """The delegation a call was made under."""

    delegation_token_ref: str = ""
    requester_identity: str = ""
    delegation_depth: Int64 = 0
    scope_class: str = ""
    chain_digest: str = ""
    reason_codes: tuple[str, ...] = ()


class FreezeWindow(Record, frozen=True, kw_only=True):
    """Whether a change freeze was on."""

    status: str = ""
    effect: str = ""
    timezone: str = ""
    evaluated_at: Timestamp = instant()
    window_name: str = ""
    window_start: Timestamp = instant()
    window_end: Timestamp = instant()
    reason: str = ""
    reason_code: str = ""


class Sandbox(Record, frozen=True, kw_only=True):
    """The sandbox a call claimed to run in."""

    status: str = ""
    network_mode: str = ""
    env_exposure_mode: str = ""
    timeout_seconds: Int64 = 0
    filesystem_isolation: str = ""
    user_mode: str = ""
    evidence_ref: str = ""
    evidence_digest: str = ""
    reason_codes: tuple[str, ...] = ()


class KillSwitch(Record, frozen=True, kw_only=True):
    """Which entries of the kill switch held the call."""

    status: str = ""
    reason_code: str = ""
    reason_codes: tuple[str, ...] = ()
    matched_entry_ids: tuple[str, ...] = ()
    evaluated_at: Timestamp = instant()


class McpTrust(Record, frozen=True, kw_only=True):
    """How far the server of a tool was trusted."""

    server_id: str = ""
    server_name: str = ""
    publisher: str = ""
    source: str = ""
    status: str = ""
    decision_source: str = ""
    score: float = 0.0
    threshold: float = 0.0
    updated_at: Timestamp = instant()
    max_age_seconds: Int64 = 0
    required: bool = False
    enforced: bool = False
    registry_verified: bool = False
    publisher_allowed: bool = False
    reason_codes: tuple[str, ...] = ()


class SkillProvenance(Record, frozen=True, kw_only=True):
    """Where the skill that made the call comes from."""

    skill_name: str = always("")
    skill_version: str = ""
    source: str = always("")
    publisher: str = always("")
    digest: str = ""
    signature_key_id: str = ""


class Trace(Record, frozen=True, kw_only=True):
    """One decision of the gate; a number that is 0 counts as absent, like every empty field."""

    schema_id: str = always("")
    schema_version: str = always("")
    created_at: Timestamp = instant()
    observed_at: Timestamp = instant()
    producer_version: str = always("")
    trace_id: str = always("")
    event_id: str = ""
    correlation_id: str = ""
    tool_name: str = always("")
    args_digest: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    agent_id: str = ""
    agent_identity: AgentIdentity | UnsetType = UNSET
    run_id: str = ""
    workflow_id: str = ""
    repo: str = ""
    environment: str = ""
    credential_ref: str = ""
    credential_source: str = ""
    credential_access_type: str = ""
    credential_issuer: str = ""
    credential_subject: str = ""
    credential_owner: str = ""
    credential_target_binding: str = ""
    credential_run_binding: str = ""
    credential_job_binding: str = ""
    credential_ttl_seconds: Int64 = 0
    broker_credential_ref: str = ""
    broker_credential_source: str = ""
    broker_credential_access_type: str = ""
    broker_credential_issuer: str = ""
    broker_request_digest: str = ""
    broker_target_binding: str = ""
    broker_run_binding: str = ""
    broker_job_binding: str = ""
    approval_ref: str = ""
    wrkr_inventory_ref: str = ""
    agent_action_bom_ref: str = ""
    policy_id: str = ""
    policy_version: str = ""
    matched_rule_ids: tuple[str, ...] = ()
    verdict: str = always("")
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
    violations: tuple[str, ...] = ()
    latency_ms: float = 0.0
    approval_token_ref: str = ""
    delegation_ref: DelegationRef | UnsetType = UNSET
    freeze_window: FreezeWindow | UnsetType = UNSET
    sandbox: Sandbox | UnsetType = UNSET
    kill_switch: KillSwitch | UnsetType = UNSET
    mcp_trust: McpTrust | UnsetType = UNSET
    relationship: Relationship | UnsetType = UNSET
    skill_provenance: SkillProvenance | UnsetType = UNSET
    signature: Signature | UnsetType = UNSET
