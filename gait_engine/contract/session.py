"""The lines of a session journal, its state cache and its chain file (runpack.md 7.1)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    Header,
    Int64,
    Record,
    Relationship,
    always,
    instant,
)
from gait_engine.wire.timestamps import Timestamp

JOURNAL_SCHEMA: Final = "gait.runpack.session_journal"
EVENT_SCHEMA: Final = "gait.runpack.session_event"
CHECKPOINT_SCHEMA: Final = "gait.runpack.session_checkpoint"
STATE_SCHEMA: Final = "gait.runpack.session_state"
CHAIN_SCHEMA: Final = "gait.runpack.session_chain"
LOCK_SCHEMA: Final = "gait.runpack.session_lock"

VERDICTS: Final = ("allow", "block", "dry_run", "require_approval")
MAX_JOURNAL_LINE: Final = 8 * 1024 * 1024


class Event(Header, frozen=True, kw_only=True):
    """One tool call of a session and what the gate said."""

    session_id: str = always("")
    run_id: str = always("")
    sequence: Int64 = always(0)
    intent_id: str = ""
    tool_name: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    policy_id: str = ""
    policy_version: str = ""
    matched_rule_ids: tuple[str, ...] = ()
    trace_id: str = ""
    trace_path: str = ""
    verdict: str = ""
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    relationship: Relationship | UnsetType = UNSET
    safety_invariant_version: str = ""
    safety_invariant_hash: str = ""


class Checkpoint(Header, frozen=True, kw_only=True):
    """A runpack that seals the events from `sequence_start` to `sequence_end`."""

    session_id: str = always("")
    run_id: str = always("")
    checkpoint_index: Int64 = always(0)
    sequence_start: Int64 = always(0)
    sequence_end: Int64 = always(0)
    runpack_path: str = always("")
    manifest_digest: str = always("")
    prev_checkpoint_digest: str = ""
    checkpoint_digest: str = always("")
    relationship: Relationship | UnsetType = UNSET
    safety_invariant_version: str = ""
    safety_invariant_hash: str = ""


class JournalHeader(Header, frozen=True, kw_only=True):
    """The first line of a journal; `events` is always empty there."""

    session_id: str = always("")
    run_id: str = always("")
    started_at: Timestamp = instant()
    events: tuple[Event, ...] | None = always(None)
    checkpoints: tuple[Checkpoint, ...] = ()


class JournalLine(Record, frozen=True, kw_only=True):
    """One line of a journal: `record_type` names the member that is filled."""

    record_type: str = always("")
    header: JournalHeader | UnsetType = UNSET
    event: Event | UnsetType = UNSET
    checkpoint: Checkpoint | UnsetType = UNSET


class State(Record, frozen=True, kw_only=True):
    """A cache of what reading the journal would tell, valid for one journal size."""

    schema_id: str = always("")
    schema_version: str = always("")
    updated_at: Timestamp = instant()
    producer_version: str = always("")
    session_id: str = always("")
    run_id: str = always("")
    created_at: Timestamp = instant()
    started_at: Timestamp = instant()
    event_count: Int64 = always(0)
    last_sequence: Int64 = always(0)
    checkpoint_count: Int64 = always(0)
    last_checkpoint_index: Int64 = always(0)
    last_checkpoint_sequence: Int64 = always(0)
    last_checkpoint_digest: str = ""
    journal_size_bytes: Int64 = always(0)


class Chain(Header, frozen=True, kw_only=True):
    """The checkpoints of a session, each linked to the one before."""

    session_id: str = always("")
    run_id: str = always("")
    checkpoints: tuple[Checkpoint, ...] | None = always(None)
