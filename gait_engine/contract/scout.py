"""The records of scout and report: fingerprints, families, inventories, events (scout.md)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    SCHEMA_VERSION,
    Header,
    Int64,
    Object,
    Record,
    Relationship,
    always,
    instant,
)
from gait_engine.wire.timestamps import EPOCH_1980, Timestamp

FINGERPRINT_SCHEMA: Final = "gait.scout.run_fingerprint"
SIGNAL_SCHEMA: Final = "gait.scout.signal_report"
TOP_ACTIONS_SCHEMA: Final = "gait.report.top_actions"
SNAPSHOT_SCHEMA: Final = "gait.scout.inventory_snapshot"
ADOPTION_SCHEMA: Final = "gait.scout.adoption_event"
OPERATIONAL_SCHEMA: Final = "gait.scout.operational_event"
HEALTH_SCHEMA: Final = "gait.scout.telemetry_health"

Texts = tuple[str, ...]


class Fingerprint(Record, frozen=True, kw_only=True):
    """How one run behaved: equal behaviour, equal `fingerprint` (scout.md 1.4)."""

    schema_id: str = always(FINGERPRINT_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = always(EPOCH_1980)
    producer_version: str = always("")
    run_id: str = always("")
    fingerprint: str = always("")
    action_sequence: Texts = always(())
    tool_classes: Texts = always(())
    target_systems: Texts = always(())
    reason_code_vector: Texts = always(())
    ref_receipt_digests: Texts = always(())
    source_runpack: str = ""
    trace_count: Int64 = 0
    regress_evidence_seen: bool = False


class Suggestion(Record, frozen=True, kw_only=True):
    """What to do about a driver, and where to look."""

    kind: str = always("")
    summary: str = always("")
    likely_scope: str = always("")


class Family(Record, frozen=True, kw_only=True):
    """The runs with one fingerprint."""

    family_id: str = always("")
    fingerprint: str = always("")
    count: Int64 = always(0)
    run_ids: Texts = always(())
    canonical_run_id: str = always("")
    top_failure_reason: str = ""
    drivers: Texts = always(())
    severity_score: Int64 = always(0)
    severity_level: str = always("")
    artifact_pointers: Texts = always(())
    suggestions: tuple[Suggestion, ...] = always(())


class Issue(Record, frozen=True, kw_only=True):
    """A family among the gravest."""

    rank: Int64 = always(0)
    family_id: str = always("")
    fingerprint: str = always("")
    count: Int64 = always(0)
    canonical_run_id: str = always("")
    top_failure_reason: str = ""
    drivers: Texts = always(())
    severity_score: Int64 = always(0)
    severity_level: str = always("")
    suggestions: tuple[Suggestion, ...] = always(())


class SignalReport(Record, frozen=True, kw_only=True):
    """What many runs say together (scout.md 1.6)."""

    schema_id: str = always(SIGNAL_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = always(EPOCH_1980)
    producer_version: str = always("")
    run_count: Int64 = always(0)
    family_count: Int64 = always(0)
    fingerprints: tuple[Fingerprint, ...] = always(())
    families: tuple[Family, ...] = always(())
    top_issues: tuple[Issue, ...] = always(())


class GraderEvidence(Record, frozen=True, kw_only=True):
    """What one grader of a regress result found."""

    name: str = ""
    status: str = ""
    reason_codes: Texts = ()
    context_conformance: str = ""
    details: Object = UNSET


class RegressEvidence(Header, frozen=True, kw_only=True):
    """A regress result as evidence: every known field has its type, none has to be there."""

    fixture_set: str = ""
    status: str = ""
    graders: tuple[GraderEvidence, ...] = ()


class TopAction(Record, frozen=True, kw_only=True):
    """One of the riskiest calls (scout.md 2)."""

    rank: Int64 = always(0)
    score: Int64 = always(0)
    tool_class: str = always("")
    blast_radius: Int64 = always(0)
    run_id: str = always("")
    intent_id: str = ""
    intent_digest: str = ""
    trace_id: str = ""
    tool_name: str = always("")
    verdict: str = ""
    reason_codes: Texts = ()
    source_type: str = always("")
    source_artifact: str = always("")


class TopReport(Record, frozen=True, kw_only=True):
    """The riskiest calls among many."""

    schema_id: str = always(TOP_ACTIONS_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = always(EPOCH_1980)
    producer_version: str = always("")
    run_count: Int64 = always(0)
    trace_count: Int64 = always(0)
    action_count: Int64 = always(0)
    top_actions: tuple[TopAction, ...] = always(())


class InventoryItem(Record, frozen=True, kw_only=True):
    """A tool or an MCP server that source or configuration names (scout.md 3)."""

    id: str = always("")
    kind: str = always("")
    name: str = always("")
    locator: str = always("")
    risk_level: str = always("")
    tags: Texts = always(())
    last_seen_run: str = ""
    relationship: Relationship | UnsetType = UNSET


class Snapshot(Header, frozen=True, kw_only=True):
    """The tools and servers of a workspace at one time."""

    snapshot_id: str = always("")
    workspace: str = always("")
    items: tuple[InventoryItem, ...] = always(())


class Coverage(Record, frozen=True, kw_only=True):
    """How many of the discovered tools some policy rule names."""

    snapshot_id: str = always("")
    discovered_tools: Int64 = always(0)
    gated_tools: Int64 = always(0)
    high_risk_ungated_tools: Int64 = always(0)
    coverage_percent: int | float = always(0)
    policy_digests: Texts = ()
    discovered_tool_names: Texts = ()
    gated_tool_names: Texts = ()
    high_risk_ungated_tool_ids: Texts = ()


class DiffItem(Record, frozen=True, kw_only=True):
    """An item that only one of two snapshots has."""

    id: str = always("")
    kind: str = always("")
    name: str = always("")
    locator: str = always("")
    risk_level: str = ""


class ChangedItem(Record, frozen=True, kw_only=True):
    """An item that two snapshots describe differently; kind and name are the right one's."""

    id: str = always("")
    kind: str = always("")
    name: str = always("")
    before_locator: str = always("")
    after_locator: str = always("")
    before_risk_level: str = ""
    after_risk_level: str = ""


class SnapshotDiff(Record, frozen=True, kw_only=True):
    """What changed from one snapshot to another (scout.md 4)."""

    left_snapshot_id: str = always("")
    right_snapshot_id: str = always("")
    added: tuple[DiffItem, ...] = ()
    removed: tuple[DiffItem, ...] = ()
    changed: tuple[ChangedItem, ...] = ()
    added_count: Int64 = always(0)
    removed_count: Int64 = always(0)
    changed_count: Int64 = always(0)


class EventEnvironment(Record, frozen=True, kw_only=True):
    """Where a command ran, spelled as the peer does: `linux`, `amd64`."""

    os: str = always("")
    arch: str = always("")


class AdoptionEvent(Record, frozen=True, kw_only=True):
    """One finished command, for the adoption log (scout.md 5)."""

    schema_id: str = always("")
    schema_version: str = always("")
    created_at: Timestamp = instant()
    producer_version: str = always("")
    command: str = always("")
    workflow_id: str = ""
    success: bool = always(False)
    exit_code: Int64 = always(0)
    elapsed_ms: Int64 = always(0)
    milestones: Texts = ()
    environment: EventEnvironment = always(EventEnvironment())


class OperationalEvent(Record, frozen=True, kw_only=True):
    """The start or the end of a command, for the operational log (scout.md 6)."""

    schema_id: str = always(OPERATIONAL_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    correlation_id: str = always("")
    command: str = always("")
    phase: str = always("")
    exit_code: Int64 = always(0)
    error_category: str = always("")
    retryable: bool = always(False)
    elapsed_ms: Int64 = always(0)
    environment: EventEnvironment = always(EventEnvironment())


class StreamHealth(Record, frozen=True, kw_only=True):
    """How often an event was to be written, and how often it was."""

    attempts: Int64 = always(0)
    success: Int64 = always(0)
    failed: Int64 = always(0)


class HealthStreams(Record, frozen=True, kw_only=True):
    """The streams of events that were asked for."""

    adoption: StreamHealth | UnsetType = UNSET
    operational_end: StreamHealth | UnsetType = UNSET
    operational_start: StreamHealth | UnsetType = UNSET


class TelemetryHealth(Record, frozen=True, kw_only=True):
    """Whether the event logs of this command could be written."""

    schema_id: str = always(HEALTH_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    streams: HealthStreams = always(HealthStreams())


class Observation(Record, frozen=True, kw_only=True):
    """What scout keeps of one runpack: small, and all that is ever compared (scout.md 1.3).

    `first_call` is the tool and the arguments' digest of the first intent; `facets` are the facts
    that prove drivers, each a path and what stands there.
    """

    run_id: str = ""
    source: str = ""
    created_at: Timestamp = instant()
    action_sequence: Texts = ()
    first_call: str = ""
    target_systems: Texts = ()
    ref_receipt_digests: Texts = ()
    reasons: Texts = ()
    facets: tuple[tuple[str, str], ...] = ()
