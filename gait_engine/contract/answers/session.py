"""What `gait run session` answers (runpack.md 7.5)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record
from gait_engine.contract.session import Checkpoint, Event
from gait_engine.wire.timestamps import Timestamp


class SessionStatus(Record, frozen=True, kw_only=True):
    """Where a session stands."""

    session_id: str
    run_id: str
    created_at: Timestamp
    started_at: Timestamp
    event_count: int
    checkpoint_count: int
    last_sequence: int


class Compaction(Record, frozen=True, kw_only=True):
    """What a compaction dropped."""

    journal_path: str
    output_path: str
    dry_run: bool
    compacted: bool
    events_before: int
    events_after: int
    checkpoints: int
    last_checkpoint_sequence: int
    bytes_before: int
    bytes_after: int


class Repair(Record, frozen=True, kw_only=True):
    """What a repair cut off, and where the journal as it was is kept."""

    bytes_cut: int
    backup_path: str = ""


class SessionAnswer(Answer, frozen=True, kw_only=True):
    """`gait run session ...`."""

    operation: str = ""
    journal: str = ""
    chain_path: str = ""
    compaction: Compaction | UnsetType = UNSET
    status: SessionStatus | UnsetType = UNSET
    event: Event | UnsetType = UNSET
    checkpoint: Checkpoint | UnsetType = UNSET
    repair: Repair | UnsetType = UNSET
