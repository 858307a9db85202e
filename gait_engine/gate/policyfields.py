"""Every field of a policy, declared once: how YAML spells it, and the policy digest.

Rows stand in the order of `policy fmt`. What follows from several members of a block (defaults,
`enabled`, checks) is in policyblocks. Contract: gate.md 2.2 to 2.4, and 9 (fmt layout).
"""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, Final, NamedTuple

from gait_engine.contract import intent as known
from gait_engine.contract import policy as contract
from gait_engine.contract.common import SCHEMA_VERSION, Record
from gait_engine.gate import policyblocks as blocks
from gait_engine.wire.yamlfields import (
    Reader,
    as_written,
    count,
    exactly,
    flag,
    fraction,
    hex_digest,
    integer,
    items,
    members,
    one_of,
    some_of,
    some_of_as_written,
    text,
    texts,
    word,
    words,
)
from gait_engine.wire.yamltree import Node

_is_enabled: Final = attrgetter("enabled")
_has_requests: Final = attrgetter("requests")
_NETWORK_CLASSES: Final = tuple(c for c in known.ENDPOINT_CLASSES if c.startswith("net."))


class Field(NamedTuple):
    """A member of a block, of its record and of its preimage.

    `digest` is its name in the policy digest, empty if that does not cover it. There an `always`
    field stands also when empty. `key` is the YAML spelling. `block` says what a nested map, or
    each map of a list, consists of.
    """

    name: str
    read: Reader
    digest: str
    is_always_digested: bool
    key: str
    block: "Block | None" = None


class Block(NamedTuple):
    """A map of the policy: its record, its fields, whether a record of it counts as set."""

    record: type[Record]
    fields: tuple[Field, ...]
    is_set: Callable[[Any], object]
    read: Reader


def _always(name: str, read: Reader, digest: str) -> Field:
    return Field(name, read, digest, is_always_digested=True, key=name)


def _when_set(name: str, read: Reader, digest: str) -> Field:
    return Field(name, read, digest, is_always_digested=False, key=name)


def _undigested(name: str, read: Reader) -> Field:
    return Field(name, read, "", is_always_digested=False, key=name)


def _nested(name: str, block: Block, digest: str, *, always: bool = False) -> Field:
    return Field(name, block.read, digest, always, name, block)


def _list_of(name: str, block: Block, digest: str) -> Field:
    def read(node: Node) -> tuple[Any, ...]:
        return items(node, block.read)

    return Field(name, read, digest, is_always_digested=True, key=name, block=block)


def _hint(name: str, digest: str, key: str) -> Field:
    return Field(name, flag, digest, is_always_digested=True, key=key)


def _block(
    record: type[Record],
    *fields: Field,
    complete: Callable[[dict[str, Any], Node], None] | None = None,
    is_set: Callable[[Any], object] | None = None,
    required: bool = False,
) -> Block:
    readers = {field.key: field.read for field in fields}
    names = {field.key: field.name for field in fields}
    nothing = record()

    def read(node: Node) -> Record:
        given = members(node, readers, required=required)
        values = {names[key]: value for key, value in given.items()}
        if complete is not None:
            complete(values, node)
        return record(**values)

    return Block(record, fields, is_set or nothing.__ne__, read)


SCRIPTS: Final = _block(
    contract.Scripts,
    _always("max_steps", count, "MaxSteps"),
    _always("require_approval_above", count, "RequireApprovalAbove"),
    _always("block_mixed_risk", flag, "BlockMixedRisk"),
)

FAIL_CLOSED: Final = _block(
    contract.FailClosed,
    _always("enabled", flag, "Enabled"),
    _always("risk_classes", words, "RiskClasses"),
    _always("required_fields", some_of(contract.FAIL_CLOSED_FIELDS), "RequiredFields"),
    _when_set(
        "required_high_risk_fields", some_of(contract.HIGH_RISK_FIELDS), "RequiredHighRiskFields"
    ),
    complete=blocks.complete_fail_closed,
)

MCP_TRUST: Final = _block(
    contract.McpTrust,
    _always("enabled", flag, "Enabled"),
    _always("snapshot", text, "SnapshotPath"),
    _always("action", word, "Action"),
    _always("required_risk_classes", words, "RequiredRiskClasses"),
    _always("min_score", fraction, "MinScore"),
    _always("max_age", text, "MaxAge"),
    _always("publisher_allowlist", words, "PublisherAllowlist"),
    _always("require_registry", flag, "RequireRegistry"),
    complete=blocks.complete_mcp_trust,
    is_set=_is_enabled,
)

TOOL_ANNOTATIONS: Final = _block(
    contract.ToolAnnotations,
    _hint("read_only_hint", "ReadOnlyHint", "readOnlyHint"),
    _hint("destructive_hint", "DestructiveHint", "destructiveHint"),
    _hint("idempotent_hint", "IdempotentHint", "idempotentHint"),
    _hint("open_world_hint", "OpenWorldHint", "openWorldHint"),
)

MATCH: Final = _block(
    contract.Match,
    _undigested("tool_name", as_written),
    _always("tool_names", words, "ToolNames"),
    _always("risk_classes", words, "RiskClasses"),
    _always("target_kinds", words, "TargetKinds"),
    _always("target_values", texts, "TargetValues"),
    _undigested("endpoint_class", some_of_as_written(known.ENDPOINT_CLASSES)),
    _when_set("endpoint_classes", some_of(known.ENDPOINT_CLASSES), "EndpointClasses"),
    _when_set("discovery_method", some_of(known.DISCOVERY_METHODS), "DiscoveryMethods"),
    _nested("tool_annotations", TOOL_ANNOTATIONS, "ToolAnnotations"),
    _when_set("skill_publishers", words, "SkillPublishers"),
    _when_set("skill_sources", words, "SkillSources"),
    _when_set("data_classes", words, "DataClasses"),
    _when_set("destination_kinds", words, "DestinationKinds"),
    _when_set("destination_values", texts, "DestinationValues"),
    _when_set("destination_operations", words, "DestinationOps"),
    _always("provenance_sources", words, "ProvenanceSources"),
    _always("identities", texts, "Identities"),
    _always("workspace_prefixes", texts, "WorkspacePrefixes"),
    _when_set("context_tool_names", words, "ContextToolNames"),
    _when_set("context_data_classes", words, "ContextDataClasses"),
    _when_set("context_endpoint_classes", words, "ContextEndpointClasses"),
    _when_set("context_autonomy_levels", words, "ContextAutonomyLevels"),
    _when_set("require_delegation", flag, "RequireDelegation"),
    _when_set("allowed_delegator_identities", texts, "AllowedDelegatorIdentities"),
    _when_set("allowed_delegate_identities", texts, "AllowedDelegateIdentities"),
    _when_set("delegation_scopes", words, "DelegationScopes"),
    _always("max_delegation_depth", count, "MaxDelegationDepth"),
    complete=blocks.complete_match,
)

ENDPOINT: Final = _block(
    contract.Endpoint,
    _always("enabled", flag, "Enabled"),
    _always("path_allowlist", texts, "PathAllowlist"),
    _always("path_denylist", texts, "PathDenylist"),
    _always("domain_allowlist", words, "DomainAllowlist"),
    _always("domain_denylist", words, "DomainDenylist"),
    _always("egress_classes", some_of(_NETWORK_CLASSES), "EgressClasses"),
    _always("action", word, "Action"),
    _always("destructive_action", word, "DestructiveAction"),
    _always("reason_code", text, "ReasonCode"),
    _always("violation", text, "Violation"),
    complete=blocks.complete_endpoint,
    is_set=_is_enabled,
)

DATAFLOW: Final = _block(
    contract.Dataflow,
    _always("enabled", flag, "Enabled"),
    _always("tainted_sources", words, "TaintedSources"),
    _when_set("destination_kinds", words, "DestinationKinds"),
    _when_set("destination_values", texts, "DestinationValues"),
    _when_set("destination_operations", words, "DestinationOperations"),
    _always("action", word, "Action"),
    _always("reason_code", text, "ReasonCode"),
    _always("violation", text, "Violation"),
    complete=blocks.complete_dataflow,
    is_set=_is_enabled,
)

_RATE: Final = (
    _always("requests", count, "Requests"),
    _always("window", word, "Window"),
    _always("scope", word, "Scope"),
)
RATE_LIMIT: Final = _block(
    contract.RateLimit, *_RATE, complete=blocks.complete_rate_limit, is_set=_has_requests
)
DESTRUCTIVE_BUDGET: Final = _block(
    contract.RateLimit, *_RATE, complete=blocks.complete_budget, is_set=_has_requests
)

WINDOW: Final = _block(
    contract.Window,
    _always("name", text, "Name"),
    _always("start", text, "Start"),
    _always("end", text, "End"),
    complete=blocks.complete_window,
    required=True,
)

FREEZE_WINDOW: Final = _block(
    contract.FreezeWindow,
    _always("enabled", flag, "Enabled"),
    _always("timezone", text, "Timezone"),
    _always("effect", word, "Effect"),
    _always("reason", text, "Reason"),
    _always("environments", words, "Environments"),
    _always("risk_classes", words, "RiskClasses"),
    _list_of("windows", WINDOW, "Windows"),
    complete=blocks.complete_freeze_window,
    is_set=_is_enabled,
)

SANDBOX: Final = _block(
    contract.SandboxRule,
    _always("enabled", flag, "Enabled"),
    _always("allowed_network_modes", some_of(known.NETWORK_MODES), "AllowedNetworkModes"),
    _always("allowed_writable_path_prefixes", blocks.clean_paths, "AllowedWritablePathPrefixes"),
    _always("required_read_only_roots", blocks.clean_paths, "RequiredReadOnlyRoots"),
    _always(
        "allowed_env_exposure_modes", some_of(known.ENV_EXPOSURE_MODES), "AllowedEnvExposureModes"
    ),
    _always("max_timeout_seconds", count, "MaxTimeoutSeconds"),
    _always(
        "allowed_filesystem_isolations",
        some_of(known.FILESYSTEM_ISOLATIONS),
        "AllowedFilesystemIsolations",
    ),
    _always("allowed_user_modes", some_of(known.USER_MODES), "AllowedUserModes"),
    complete=blocks.complete_sandbox,
    is_set=_is_enabled,
)

RULE: Final = _block(
    contract.Rule,
    _always("name", text, "Name"),
    _always("priority", integer, "Priority"),
    _always("effect", one_of(contract.VERDICTS), "Effect"),
    _undigested("action", as_written),
    _nested("match", MATCH, "Match", always=True),
    _nested("endpoint", ENDPOINT, "Endpoint"),
    _always("reason_codes", texts, "ReasonCodes"),
    _always("violations", texts, "Violations"),
    _when_set("require_declared_agent", flag, "RequireDeclaredAgent"),
    _when_set("allowed_agent_ids", texts, "AllowedAgentIDs"),
    _when_set("denied_agent_ids", texts, "DeniedAgentIDs"),
    _when_set("required_agent_manifest_digest", hex_digest, "RequiredAgentManifestDigest"),
    _when_set("allowed_agent_manifest_publishers", words, "AllowedAgentManifestPublishers"),
    _when_set("allowed_agent_manifest_sources", words, "AllowedAgentManifestSources"),
    _when_set("required_agent_lifecycle_states", words, "RequiredAgentLifecycleStates"),
    _when_set("require_agent_owner", flag, "RequireAgentOwner"),
    _when_set("require_unexpired_agent", flag, "RequireUnexpiredAgent"),
    _when_set("block_standing_credentials", flag, "BlockStandingCredentials"),
    _when_set(
        "allowed_credential_sources", some_of(known.CREDENTIAL_SOURCES), "AllowedCredentialSources"
    ),
    _when_set("allowed_credential_issuers", texts, "AllowedCredentialIssuers"),
    _when_set(
        "allowed_credential_access_types",
        some_of(known.CREDENTIAL_ACCESS_TYPES),
        "AllowedCredentialAccessTypes",
    ),
    _when_set("max_credential_ttl_seconds", count, "MaxCredentialTTLSeconds"),
    _when_set("require_jit_credential", flag, "RequireJITCredential"),
    _when_set("min_approvals", count, "MinApprovals"),
    _when_set("require_distinct_approvers", flag, "RequireDistinctApprovers"),
    _when_set("require_context_evidence", flag, "RequireContextEvidence"),
    _when_set(
        "required_context_evidence_mode",
        one_of(contract.RULE_EVIDENCE_MODES),
        "RequiredContextEvidenceMode",
    ),
    _when_set("max_context_age_seconds", count, "MaxContextAgeSeconds"),
    _when_set("require_broker_credential", flag, "RequireBrokerCredential"),
    _when_set("broker_reference", text, "BrokerReference"),
    _when_set("broker_scopes", words, "BrokerScopes"),
    _nested("freeze_window", FREEZE_WINDOW, "FreezeWindow"),
    _nested("sandbox", SANDBOX, "Sandbox"),
    _nested("rate_limit", RATE_LIMIT, "RateLimit"),
    _nested("destructive_budget", DESTRUCTIVE_BUDGET, "DestructiveBudget"),
    _nested("dataflow", DATAFLOW, "Dataflow"),
    complete=blocks.complete_rule,
    required=True,
)

POLICY: Final = _block(
    contract.Policy,
    _always("schema_id", exactly(contract.POLICY_SCHEMA), "SchemaID"),
    _always("schema_version", exactly(SCHEMA_VERSION), "SchemaVersion"),
    _always("default_verdict", one_of(contract.VERDICTS), "DefaultVerdict"),
    _undigested("default_action", as_written),
    _nested("scripts", SCRIPTS, "Scripts"),
    _nested("fail_closed", FAIL_CLOSED, "FailClosed", always=True),
    _nested("mcp_trust", MCP_TRUST, "MCPTrust"),
    _list_of("rules", RULE, "Rules"),
    complete=blocks.complete_policy,
)
