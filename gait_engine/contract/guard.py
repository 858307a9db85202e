"""The members of an evidence pack, and the other files that guard writes.

Contract: guard-doctor-registry.md A, C, D. The manifest is in `contract.pack`.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    SCHEMA_VERSION,
    Header,
    Int64,
    Record,
    Relationship,
    always,
    instant,
)
from gait_engine.wire.timestamps import Timestamp

ENCRYPTED_SCHEMA: Final = "gait.guard.encrypted_artifact"
RETENTION_SCHEMA: Final = "gait.guard.retention_report"

ALGORITHM: Final = "aes-256-gcm"
ENCRYPTED_SUFFIX: Final = ".gaitenc"


class RunSummary(Record, frozen=True, kw_only=True):
    """runpack_summary.json: which run a pack is about."""

    run_id: str = always("")
    manifest_digest: str = always("")
    capture_mode: str = always("")
    intent_count: int = always(0)
    result_count: int = always(0)
    receipt_count: int = always(0)


class ReceiptRef(Record, frozen=True, kw_only=True):
    """A piece of context the run was given, without the query that found it."""

    ref_id: str = always("")
    source_type: str = always("")
    source_locator: str = always("")
    content_digest: str = always("")
    retrieved_at: Timestamp = instant()


class ReferencedRunpacks(Record, frozen=True, kw_only=True):
    """referenced_runpacks.json: the context of the run, sorted by ref_id."""

    run_id: str = always("")
    receipts: tuple[ReceiptRef, ...] = always(())
    references: int = always(0)


class TraceRow(Record, frozen=True, kw_only=True):
    """What a pack keeps of one gate trace."""

    trace_id: str = always("")
    tool_name: str = always("")
    verdict: str = always("")


class TraceSummary(Record, frozen=True, kw_only=True):
    """trace_summary.json: the decisions, sorted by trace_id."""

    traces: tuple[TraceRow, ...] = always(())
    verdict_counts: dict[str, int] = msgspec.field(default_factory=dict)
    total: int = always(0)


class RegressRow(Record, frozen=True, kw_only=True):
    """What a pack keeps of one regress result; `graders` counts them."""

    fixture_set: str = always("")
    status: str = always("")
    graders: int = always(0)


class RegressSummary(Record, frozen=True, kw_only=True):
    """regress_summary.json: the results, sorted by fixture set and status."""

    results: tuple[RegressRow, ...] = always(())
    status_counts: dict[str, int] = msgspec.field(default_factory=dict)
    total: int = always(0)


class PolicyDigests(Record, frozen=True, kw_only=True):
    """policy_digests.json: the policies that decided within an incident's window."""

    run_id: str = always("")
    window_from: Timestamp = instant()
    window_to: Timestamp = instant()
    policy_digests: tuple[str, ...] = always(())


class InventoryEntry(Record, frozen=True, kw_only=True):
    """A tool or server of an inventory; unlike scout's own form, what is empty is left out."""

    id: str = always("")
    kind: str = always("")
    name: str = always("")
    locator: str = always("")
    risk_level: str = ""
    tags: tuple[str, ...] = ()
    last_seen_run: str = ""
    relationship: Relationship | UnsetType = UNSET


class InventoryEvidence(Header, frozen=True, kw_only=True):
    """inventory_snapshot_NN.json: an inventory as a pack keeps it; no items are null."""

    snapshot_id: str = always("")
    workspace: str = ""
    items: tuple[InventoryEntry, ...] | None = always(None)


class KeySource(Record, frozen=True, kw_only=True):
    """Where the key of an encrypted file came from; never the key."""

    mode: str = always("")
    ref: str = ""
    command: str = ""


class EncryptedArtifact(Header, frozen=True, kw_only=True):
    """A file sealed with AES-256-GCM; nonce, and ciphertext with its tag, are base64."""

    algorithm: str = always("")
    key_source: KeySource = always(KeySource())
    nonce: str = always("")
    ciphertext: str = always("")
    plain_sha256: str = ""
    plain_size: Int64 = always(0)


class RetentionEvent(Record, frozen=True, kw_only=True):
    """What became of one file; in a dry run `deleted` is what would have become of it."""

    path: str = always("")
    kind: str = always("")
    """`trace` or `pack`."""
    modified_at: Timestamp = instant()
    age_seconds: Int64 = always(0)
    action: str = always("")
    """`kept` or `deleted`."""


class RetentionReport(Record, frozen=True, kw_only=True):
    """What `guard retain` found and did."""

    schema_id: str = always(RETENTION_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    root_path: str = always("")
    dry_run: bool = always(False)
    trace_ttl_seconds: Int64 = always(0)
    pack_ttl_seconds: Int64 = always(0)
    scanned_files: int = always(0)
    deleted_files: tuple[RetentionEvent, ...] = always(())
    kept_files: tuple[RetentionEvent, ...] = always(())
