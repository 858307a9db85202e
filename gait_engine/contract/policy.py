"""The policy of the gate in its normal form: trimmed, defaults filled in, rules in order.

Members have the names of the YAML fields. A block whose `enabled` is false constrains nothing,
whatever else it holds. Contract: gate.md 2.
"""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import SCHEMA_VERSION, Record

POLICY_SCHEMA: Final = "gait.gate.policy"

VERDICTS: Final = ("allow", "block", "dry_run", "require_approval")
_VERDICT_EXITS: Final = {"allow": 0, "dry_run": 0, "block": 3, "require_approval": 4}
DEFAULT_VERDICT: Final = "require_approval"
HOLDS: Final = ("block", "require_approval")
"""What a constraint may raise a verdict to."""

RATE_WINDOWS: Final = ("minute", "hour")
RATE_SCOPES: Final = ("tool", "identity", "tool_identity")
RULE_EVIDENCE_MODES: Final = ("", "required")
SEVERE_RISK_CLASSES: Final = ("critical", "high")
"""The risk classes that fail_closed and mcp_trust cover when the policy names none."""

LOCAL_ZONE: Final = "Local"
"""The name of a time zone that means the one of the machine."""

TAINTED_SOURCES: Final = ("external", "tool_output")

FAIL_CLOSED_FIELDS: Final = (
    *("targets", "arg_provenance", "endpoint_class", "delegation", "context_evidence"),
)
HIGH_RISK_FIELDS: Final = (
    *("agent_id", "agent_identity", "run_id", "workflow_id", "repo", "environment"),
    *("credential_ref", "credential_source", "credential_access_type", "credential_issuer"),
    *("credential_ttl_seconds", "approval_ref", "wrkr_inventory_ref", "agent_action_bom_ref"),
)

EVIDENCE_OPTIONS: Final = (
    *("require_context_evidence", "required_context_evidence_mode", "max_context_age_seconds"),
)
AGENT_OPTIONS: Final = (
    *("require_declared_agent", "allowed_agent_ids", "denied_agent_ids"),
    *("required_agent_manifest_digest", "allowed_agent_manifest_publishers"),
    *("allowed_agent_manifest_sources", "required_agent_lifecycle_states"),
    *("require_agent_owner", "require_unexpired_agent"),
)
CREDENTIAL_OPTIONS: Final = (
    *("block_standing_credentials", "allowed_credential_sources", "allowed_credential_issuers"),
    *("allowed_credential_access_types", "max_credential_ttl_seconds", "require_jit_credential"),
)
"""The fields of a rule that ask for evidence, for an agent, for a credential."""

Texts = tuple[str, ...]


def verdict_exit(verdict: str) -> int:
    """Return the exit code that a verdict stands for; one that is not known is a block."""
    return _VERDICT_EXITS.get(verdict, _VERDICT_EXITS["block"])


class Scripts(Record, frozen=True, kw_only=True):
    """Limits for scripts; 0 is no limit."""

    max_steps: int = 0
    require_approval_above: int = 0
    block_mixed_risk: bool = False


class FailClosed(Record, frozen=True, kw_only=True):
    """What must be known of a call of some risk classes before any rule is asked."""

    enabled: bool = False
    risk_classes: Texts = ()
    required_fields: Texts = ()
    required_high_risk_fields: Texts = ()


class McpTrust(Record, frozen=True, kw_only=True):
    """What the proxy asks of an MCP server; the gate itself only digests it."""

    enabled: bool = False
    snapshot: str = ""
    action: str = ""
    required_risk_classes: Texts = ()
    min_score: float = 0.0
    max_age: str = ""
    publisher_allowlist: Texts = ()
    require_registry: bool = False


class ToolAnnotations(Record, frozen=True, kw_only=True):
    """Hints that some target must give just so; UNSET asks for nothing."""

    read_only_hint: bool | UnsetType = UNSET
    destructive_hint: bool | UnsetType = UNSET
    idempotent_hint: bool | UnsetType = UNSET
    open_world_hint: bool | UnsetType = UNSET


class Match(Record, frozen=True, kw_only=True):
    """The calls a rule is about: every condition that is set must hold, a list means any of it.

    `tool_name` and `endpoint_class` are what the file says; `tool_names` and `endpoint_classes`
    contain them already.
    """

    tool_name: str = ""
    tool_names: Texts = ()
    risk_classes: Texts = ()
    target_kinds: Texts = ()
    target_values: Texts = ()
    endpoint_class: Texts = ()
    endpoint_classes: Texts = ()
    discovery_method: Texts = ()
    tool_annotations: ToolAnnotations = ToolAnnotations()
    skill_publishers: Texts = ()
    skill_sources: Texts = ()
    data_classes: Texts = ()
    destination_kinds: Texts = ()
    destination_values: Texts = ()
    destination_operations: Texts = ()
    provenance_sources: Texts = ()
    identities: Texts = ()
    workspace_prefixes: Texts = ()
    context_tool_names: Texts = ()
    context_data_classes: Texts = ()
    context_endpoint_classes: Texts = ()
    context_autonomy_levels: Texts = ()
    require_delegation: bool = False
    allowed_delegator_identities: Texts = ()
    allowed_delegate_identities: Texts = ()
    delegation_scopes: Texts = ()
    max_delegation_depth: int | UnsetType = UNSET


class Endpoint(Record, frozen=True, kw_only=True):
    """Which paths, domains and network classes the targets may have."""

    enabled: bool = False
    path_allowlist: Texts = ()
    path_denylist: Texts = ()
    domain_allowlist: Texts = ()
    domain_denylist: Texts = ()
    egress_classes: Texts = ()
    action: str = ""
    destructive_action: str = ""
    reason_code: str = ""
    violation: str = ""


class Dataflow(Record, frozen=True, kw_only=True):
    """What becomes of a call that carries tainted data to a destination."""

    enabled: bool = False
    tainted_sources: Texts = ()
    destination_kinds: Texts = ()
    destination_values: Texts = ()
    destination_operations: Texts = ()
    action: str = ""
    reason_code: str = ""
    violation: str = ""


class RateLimit(Record, frozen=True, kw_only=True):
    """How many calls a window of time may see; 0 requests is no limit."""

    requests: int = 0
    window: str = ""
    scope: str = ""


class Window(Record, frozen=True, kw_only=True):
    """One span of local time, its end excluded; its format is judged when a call is."""

    name: str = ""
    start: str = ""
    end: str = ""


class FreezeWindow(Record, frozen=True, kw_only=True):
    """Spans of time in which a rule holds calls back."""

    enabled: bool = False
    timezone: str = ""
    effect: str = ""
    reason: str = ""
    environments: Texts = ()
    risk_classes: Texts = ()
    windows: tuple[Window, ...] = ()


class SandboxRule(Record, frozen=True, kw_only=True):
    """The sandbox that a call must prove to run in."""

    enabled: bool = False
    allowed_network_modes: Texts = ()
    allowed_writable_path_prefixes: Texts = ()
    required_read_only_roots: Texts = ()
    allowed_env_exposure_modes: Texts = ()
    max_timeout_seconds: int = 0
    allowed_filesystem_isolations: Texts = ()
    allowed_user_modes: Texts = ()


class Rule(Record, frozen=True, kw_only=True):
    """What is decided about the calls that match; `action` is what the file says by that name."""

    name: str = ""
    priority: int = 0
    effect: str = ""
    action: str = ""
    match: Match = Match()
    endpoint: Endpoint = Endpoint()
    reason_codes: Texts = ()
    violations: Texts = ()
    require_declared_agent: bool = False
    allowed_agent_ids: Texts = ()
    denied_agent_ids: Texts = ()
    required_agent_manifest_digest: str = ""
    allowed_agent_manifest_publishers: Texts = ()
    allowed_agent_manifest_sources: Texts = ()
    required_agent_lifecycle_states: Texts = ()
    require_agent_owner: bool = False
    require_unexpired_agent: bool = False
    block_standing_credentials: bool = False
    allowed_credential_sources: Texts = ()
    allowed_credential_issuers: Texts = ()
    allowed_credential_access_types: Texts = ()
    max_credential_ttl_seconds: int = 0
    require_jit_credential: bool = False
    min_approvals: int = 0
    require_distinct_approvers: bool = False
    require_context_evidence: bool = False
    required_context_evidence_mode: str = ""
    max_context_age_seconds: int = 0
    require_broker_credential: bool = False
    broker_reference: str = ""
    broker_scopes: Texts = ()
    freeze_window: FreezeWindow = FreezeWindow()
    sandbox: SandboxRule = SandboxRule()
    rate_limit: RateLimit = RateLimit()
    destructive_budget: RateLimit = RateLimit()
    dataflow: Dataflow = Dataflow()


class Policy(Record, frozen=True, kw_only=True):
    """A whole policy, its rules by priority, then name; `default_action` is what the file says."""

    schema_id: str = POLICY_SCHEMA
    schema_version: str = SCHEMA_VERSION
    default_verdict: str = DEFAULT_VERDICT
    default_action: str = ""
    scripts: Scripts = Scripts()
    fail_closed: FailClosed = FailClosed()
    mcp_trust: McpTrust = McpTrust()
    rules: tuple[Rule, ...] = ()
