"""What `gait index` answers."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.wire.timestamps import Timestamp

Texts = tuple[str, ...]


class IndexRow(Record, frozen=True, kw_only=True):
    """One artifact found under a root: what it says of itself, not verified.

    `kind` is one of `gait_engine.contract.index.KINDS`. An artifact that cannot be read keeps its
    row, with the error. A line of a journal of traces has a row of its own, `line` counted from 1
    and its path `FILE:LINE`; size and times are those of the file. `at_ns` is what lists go by:
    when a trace was observed by its own word, else when the file changed. `signatures` counts
    them, nobody has checked one. An empty field was not there, or is none of its kind.
    """

    kind: str
    path: str
    line: int = 0
    run_id: str = ""
    session_id: str = ""
    trace_id: str = ""
    token_id: str = ""
    pack_id: str = ""
    case_id: str = ""
    created_at: Timestamp = always(Timestamp(""))
    observed_at: Timestamp = Timestamp("")
    expires_at: Timestamp = Timestamp("")
    manifest_digest: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    capture_mode: str = ""
    verdict: str = ""
    tool_name: str = ""
    agent_id: str = ""
    identity: str = ""
    environment: str = ""
    target: str = ""
    violations: Texts = ()
    approvers: Texts = ()
    scope: Texts = ()
    reason_code: str = ""
    required_approvals: int = 0
    valid_approvals: int = 0
    is_approved: bool = False
    fixture_set: str = ""
    status: str = ""
    failed_grader: str = ""
    top_failure_reason: str = ""
    severity_level: str = ""
    count: int = 0
    failed_count: int = 0
    signatures: int = 0
    checkpoints: int = 0
    open_events: int = 0
    size: int = always(0)
    mtime_ns: int = always(0)
    inode: int = 0
    at_ns: int = always(0)
    error_code: str = ""
    error: str = ""
    where: str = ""


class SearchedRoot(Record, frozen=True, kw_only=True):
    """A root that was searched: `ok`, `missing` or `unreadable`, and how many artifacts it held.

    `unread` of these could not be read.
    """

    path: str
    state: str
    artifacts: int = always(0)
    unread: int = 0


class IndexAnswer(Answer, frozen=True, kw_only=True):
    """`gait index`: the artifacts under the given roots."""

    roots: tuple[SearchedRoot, ...]
    rows: tuple[IndexRow, ...] = always(())
