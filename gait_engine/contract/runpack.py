"""The records of a runpack and of its neighbours (runpack.md 4.2, 4.4, 4.7, 6.5, 6.7)."""

from typing import Final

from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.common import (
    SCHEMA_VERSION,
    Header,
    Int64,
    Object,
    Record,
    Relationship,
    Signature,
    always,
    instant,
)
from gait_engine.wire.timestamps import ZERO, Timestamp

MANIFEST_SCHEMA: Final = "gait.runpack.manifest"
RUN_SCHEMA: Final = "gait.runpack.run"
INTENT_SCHEMA: Final = "gait.runpack.intent"
RESULT_SCHEMA: Final = "gait.runpack.result"
REFS_SCHEMA: Final = "gait.runpack.refs"
REDUCE_REPORT_SCHEMA: Final = "gait.runpack.reduce_report"
CAPTURE_SCHEMA: Final = "gait.capture.receipt"
ENVELOPE_SCHEMA: Final = "gait.context.envelope"

MANIFEST: Final = "manifest.json"
RUN: Final = "run.json"
INTENTS: Final = "intents.jsonl"
RESULTS: Final = "results.jsonl"
REFS: Final = "refs.json"
DATA_MEMBERS: Final = (INTENTS, REFS, RESULTS, RUN)
"""The members every manifest lists, in the order the writer lists them."""

CAPTURE_MODES: Final = ("reference", "raw")
IMMUTABILITIES: Final = ("unknown", "mutable", "immutable")

MAX_RECORD_LINE: Final = 10 * 1024 * 1024
"""A JSONL line of this many bytes is an error (runpack.md 1.1)."""
MAX_ENVELOPE_BYTES: Final = 1024 * 1024


class FileDigest(Record, frozen=True, kw_only=True):
    """A member and the SHA-256 of its bytes."""

    path: str = always("")
    sha256: str = always("")


class Manifest(Header, frozen=True, kw_only=True):
    """What a runpack holds, and the digest that stands for all of it."""

    run_id: str = always("")
    capture_mode: str = always("")
    files: tuple[FileDigest, ...] | None = always(None)
    manifest_digest: str = always("")
    signatures: tuple[Signature, ...] = ()


class Env(Record, frozen=True, kw_only=True):
    """Where a run happened."""

    os: str = always("")
    arch: str = always("")
    runtime: str = always("")


class TimelineEvent(Record, frozen=True, kw_only=True):
    """Something that happened during a run."""

    event: str = always("")
    ts: Timestamp = instant()
    ref: str = ""
    relationship: Relationship | UnsetType = UNSET


class Run(Header, frozen=True, kw_only=True):
    """A run: its identity, environment and timeline (null when none was given)."""

    run_id: str = always("")
    env: Env = always(Env())
    timeline: tuple[TimelineEvent, ...] | None = always(None)


class Intent(Header, frozen=True, kw_only=True):
    """A call the agent meant to make."""

    run_id: str = always("")
    intent_id: str = always("")
    tool_name: str = always("")
    args_digest: str = always("")
    args: Object = UNSET


class Result(Header, frozen=True, kw_only=True):
    """What came back from a call."""

    run_id: str = always("")
    intent_id: str = always("")
    status: str = always("")
    result_digest: str = always("")
    result: Object = UNSET


class Receipt(Record, frozen=True, kw_only=True):
    """A piece of context the agent was given, by reference."""

    ref_id: str = always("")
    source_type: str = always("")
    source_locator: str = always("")
    query_digest: str = always("")
    content_digest: str = always("")
    retrieved_at: Timestamp = instant()
    redaction_mode: str = always("")
    immutability: str = ""
    freshness_sla_seconds: Int64 = 0
    sensitivity_label: str = ""
    retrieval_params: Object = UNSET


class Refs(Header, frozen=True, kw_only=True):
    """The context of a run."""

    run_id: str = always("")
    context_set_digest: str = ""
    context_evidence_mode: str = ""
    context_ref_count: Int64 = 0
    receipts: tuple[Receipt, ...] = always(())


class Normalization(Record, frozen=True, kw_only=True):
    """Payloads to digest in place of the recorded ones, by intent id."""

    intent_args: Object = UNSET
    result_payloads: Object = UNSET


class RecordInput(Record, frozen=True, kw_only=True):
    """What `run record` reads; the bulk members stay unread text until they are needed."""

    run: Run = always(Run())
    intents: Raw | UnsetType = UNSET
    results: Raw | UnsetType = UNSET
    refs: Refs = always(Refs())
    capture_mode: str = ""
    normalization: Normalization = always(Normalization())


class Envelope(Record, frozen=True, kw_only=True):
    """Context evidence handed in beside a run (runpack.md 4.7)."""

    schema_id: str = always(ENVELOPE_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = instant()
    producer_version: str = always("")
    context_set_id: str = always("")
    context_set_digest: str = always("")
    evidence_mode: str = always("")
    records: tuple[Receipt, ...] = always(())


class ReduceReport(Record, frozen=True, kw_only=True):
    """What a reduction kept, and whether it still shows the failure."""

    schema_id: str = always(REDUCE_REPORT_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = always(ZERO)
    producer_version: str = always("")
    run_id: str = always("")
    reduced_run_id: str = always("")
    predicate: str = always("")
    selected_intent_id: str = always("")
    original_intent_count: int = always(0)
    reduced_intent_count: int = always(0)
    original_result_count: int = always(0)
    reduced_result_count: int = always(0)
    original_ref_count: int = always(0)
    reduced_ref_count: int = always(0)
    still_failing: bool = always(False)
