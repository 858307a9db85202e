"""What `gait index` answers."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.wire.timestamps import Timestamp


class IndexRow(Record, frozen=True, kw_only=True):
    """One artifact found under a root: read, not verified.

    `kind` is `runpack` or `session_chain`; an artifact that cannot be read keeps its row, with
    the error. Sorted newest first.
    """

    kind: str
    path: str
    run_id: str = ""
    session_id: str = ""
    created_at: Timestamp = always(Timestamp(""))
    manifest_digest: str = ""
    capture_mode: str = ""
    signatures: int = 0
    checkpoints: int = 0
    size: int = always(0)
    mtime_ns: int = always(0)
    error_code: str = ""
    error: str = ""


class SearchedRoot(Record, frozen=True, kw_only=True):
    """A root that was searched: `ok`, `missing` or `unreadable`, and how many artifacts it held."""

    path: str
    state: str
    artifacts: int = always(0)


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """`gait index`: the artifacts under the given roots."""

    roots: tuple[SearchedRoot, ...]
    rows: tuple[IndexRow, ...] = always(())
