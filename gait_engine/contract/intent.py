"""What an agent asks the gate to allow: as it stands in a file, and in normal form (gate.md 1)."""

from typing import Final

from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.common import (
    Header,
    Int64,
    Object,
    Record,
    Relationship,
    always,
    instant,
)
from gait_engine.contract.trace import SkillProvenance
from gait_engine.wire.timestamps import Timestamp

INTENT_REQUEST_SCHEMA: Final = "gait.gate.intent_request"

SCRIPT_TOOL: Final = "script"
"""The tool name that every script is judged under."""
MAX_SCRIPT_STEPS: Final = 64

CONTEXT_AGE: Final = "context_age_seconds"
"""The key of `auth_context` that only a context envelope may set."""
WRKR_TOOL_NAME: Final = "wrkr.tool_name"
WRKR_DATA_CLASS: Final = "wrkr.data_class"
WRKR_ENDPOINT_CLASS: Final = "wrkr.endpoint_class"
WRKR_AUTONOMY_LEVEL: Final = "wrkr.autonomy_level"

TARGET_KINDS: Final = (
    *("path", "url", "host", "repo", "bucket", "table", "queue", "topic", "other"),
)
ENDPOINT_CLASSES: Final = (
    *("fs.read", "fs.write", "fs.delete", "proc.exec", "net.http", "net.dns"),
    *("ui.click", "ui.type", "ui.navigate", "other"),
)
DISCOVERY_METHODS: Final = (
    *("webmcp", "dynamic_mcp", "a2a", "mcp", "static_mcp", "manual", "unknown"),
)
PROVENANCE_SOURCES: Final = ("user", "tool_output", "external", "system")
PHASES: Final = ("plan", "apply")
CREDENTIAL_SOURCES: Final = (
    *("aws_iam_user", "aws_sts", "azure_federated", "command", "env", "gcp_sts"),
    *("github_oidc", "github_pat", "kubernetes_service_account", "stub", "unknown"),
    "vault_dynamic",
)
CREDENTIAL_ACCESS_TYPES: Final = (
    *("cloud_admin", "inherited", "jit", "standing", "static", "unknown"),
)
NETWORK_MODES: Final = ("disabled", "egress_allowlist", "full")
ENV_EXPOSURE_MODES: Final = ("allowlist", "full", "none")
FILESYSTEM_ISOLATIONS: Final = ("container", "none", "workspace")
USER_MODES: Final = ("default", "root", "unprivileged")


class Target(Record, frozen=True, kw_only=True, order=True):
    """One thing a call acts on; targets sort by their fields in this order."""

    kind: str = always("")
    value: str = always("")
    operation: str = ""
    sensitivity: str = ""
    endpoint_class: str = ""
    endpoint_domain: str = ""
    destructive: bool = False
    discovery_method: str = ""
    read_only_hint: bool = False
    destructive_hint: bool = False
    idempotent_hint: bool = False
    open_world_hint: bool = False


class ArgProvenance(Record, frozen=True, kw_only=True, order=True):
    """Where the value of one argument came from."""

    arg_path: str = always("")
    source: str = always("")
    source_ref: str = ""
    integrity_digest: str = ""


class Step(Record, frozen=True, kw_only=True):
    """One call of a script."""

    tool_name: str = always("")
    args: Raw = always(Raw(b"{}"))
    targets: tuple[Target, ...] = ()
    arg_provenance: tuple[ArgProvenance, ...] = ()


class Script(Record, frozen=True, kw_only=True):
    """Several calls that are judged together."""

    steps: tuple[Step, ...] = always(())


class DelegationLink(Record, frozen=True, kw_only=True):
    """One identity handing its right to act to another."""

    delegator_identity: str = always("")
    delegate_identity: str = always("")
    scope_class: str = ""
    token_ref: str = ""
    issued_at: Timestamp = instant()
    expires_at: Timestamp = instant()


class Delegation(Record, frozen=True, kw_only=True):
    """On whose behalf a call is made, first delegator first."""

    requester_identity: str = always("")
    scope_class: str = ""
    token_refs: tuple[str, ...] = ()
    chain: tuple[DelegationLink, ...] = ()
    issued_at: Timestamp = instant()
    expires_at: Timestamp = instant()


class AgentIdentity(Record, frozen=True, kw_only=True):
    """What the agent says about itself beside its id."""

    lifecycle_states: tuple[str, ...] = ()
    owner: str = ""
    publisher: str = ""
    source: str = ""
    manifest_digest: str = ""
    issued_at: Timestamp = instant()
    approved_at: Timestamp = instant()
    expires_at: Timestamp = instant()
    revoked: bool = False


class SandboxClaim(Record, frozen=True, kw_only=True):
    """The sandbox a call says it runs in, and the proof of it."""

    network_mode: str = ""
    writable_paths: tuple[str, ...] = ()
    read_only_roots: tuple[str, ...] = ()
    env_exposure_mode: str = ""
    timeout_seconds: Int64 = 0
    filesystem_isolation: str = ""
    user_mode: str = ""
    evidence_ref: str = ""
    evidence_digest: str = ""


class Context(Record, frozen=True, kw_only=True):
    """Who asks, from where, at which risk, with which credential and what evidence."""

    identity: str = always("")
    workspace: str = always("")
    risk_class: str = always("")
    phase: str = ""
    agent_id: str = ""
    agent_identity: AgentIdentity | UnsetType = UNSET
    run_id: str = ""
    workflow_id: str = ""
    repo: str = ""
    environment: str = ""
    job_id: str = ""
    session_id: str = ""
    request_id: str = ""
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
    credential_scopes: tuple[str, ...] = ()
    approval_ref: str = ""
    wrkr_inventory_ref: str = ""
    agent_action_bom_ref: str = ""
    environment_fingerprint: str = ""
    context_set_digest: str = ""
    context_evidence_mode: str = ""
    context_refs: tuple[str, ...] = ()
    auth_context: Object = UNSET
    sandbox: SandboxClaim | UnsetType = UNSET


class IntentRequest(Header, frozen=True, kw_only=True):
    """An intent as its file says it; the three digests in it are never believed."""

    tool_name: str = always("")
    args: Raw = always(Raw(b"{}"))
    args_digest: str = ""
    intent_digest: str = ""
    script_hash: str = ""
    script: Script | UnsetType = UNSET
    targets: tuple[Target, ...] = always(())
    arg_provenance: tuple[ArgProvenance, ...] = ()
    skill_provenance: SkillProvenance | UnsetType = UNSET
    delegation: Delegation | UnsetType = UNSET
    relationship: Relationship | UnsetType = UNSET
    context: Context = always(Context())


class IntentPreimage(Record, frozen=True, kw_only=True):
    """Exactly what an intent digest covers; free-form members are canonical text (gate.md 1.7)."""

    tool_name: str = always("")
    args: Raw = always(Raw(b"{}"))
    targets: tuple[Target, ...] = always(())
    context: Context = always(Context())
    script_hash: str = ""
    script: Script | UnsetType = UNSET
    arg_provenance: tuple[ArgProvenance, ...] = ()
    skill_provenance: SkillProvenance | UnsetType = UNSET
    delegation: Delegation | UnsetType = UNSET


class NormalIntent(IntentPreimage, frozen=True, kw_only=True):
    """An intent in the one form that rules judge and digests cover."""

    created_at: Timestamp = instant()


class InventoryItem(Record, frozen=True, kw_only=True):
    """What a wrkr inventory knows of one tool (gate.md 3.7)."""

    tool_name: str = always("")
    data_class: str = ""
    endpoint_class: str = ""
    autonomy_level: str = ""


class Inventory(Record, frozen=True, kw_only=True):
    """A wrkr inventory; it may also be a bare list."""

    items: tuple[InventoryItem, ...] = always(())
