"""`gait trace verify` (gate.md 5)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record
from gait_engine.contract.trace import Trace


class TraceFault(Record, frozen=True, kw_only=True):
    """A line of a journal of traces that does not verify, and why."""

    line: int
    trace_id: str = ""
    error: str


class TraceVerifyAnswer(Answer, frozen=True, kw_only=True):
    """The signature of one trace, or of every line of a journal of them.

    `trace_id` and `verdict` are the trace's own claims, true only where `ok` is. The counts and
    `failures`, of which the first 100 are listed, are those of a journal.
    """

    path: str = ""
    trace_id: str = ""
    verdict: str = ""
    signature_status: str = ""
    key_id: str = ""
    traces_checked: int = 0
    traces_failed: int = 0
    failures: tuple[TraceFault, ...] = ()


class TraceShowAnswer(Answer, frozen=True, kw_only=True):
    """A trace as it stands in its file, on line `line` of a journal, else 0.

    `signature_status`: `none`, `not_checked` where no key was given, `verified`, `failed`; `fault`
    says why it failed. All but a verified trace is its own claim.
    """

    path: str = ""
    line: int = 0
    signature_status: str = ""
    key_id: str = ""
    fault: str = ""
    trace: Trace | UnsetType = UNSET
