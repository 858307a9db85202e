"""What `gait run session` answers (runpack.md 7.5)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
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


class SessionShowAnswer(Answer, frozen=True, kw_only=True):
    """`gait run session show`: every call that is in a journal, and every checkpoint.

    Sequences and links were checked, nothing is signed. `open_events` counts the calls that no
    checkpoint covers; those that one covers may have been dropped by a compaction.
    """

    journal: str = ""
    session_id: str = ""
    run_id: str = ""
    started_at: Timestamp = Timestamp("")
    open_events: int = always(0)
    events: tuple[Event, ...] = always(())
    checkpoints: tuple[Checkpoint, ...] = always(())


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
