"""`gait pending`: the calls that await a person's approval."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.index import SearchedRoot
from gait_engine.contract.common import Record, always
from gait_engine.contract.intent import Target
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp


class Unread(Record, frozen=True, kw_only=True):
    """A file that was met and could not be used, and why; `path` may be `FILE.jsonl:LINE`.

    `kind` is what the file is or by its name ought to be: `trace`, `intent`, `policy`,
    `approval_token`, `review_log`, `file`.
    """

    path: str
    kind: str
    error_code: str
    error: str


class DecisionNote(Record, frozen=True, kw_only=True):
    """What a person decided about a call, as the review log has it.

    `event` is `minted` or `denied`; `is_same_call` tells this intent from another one of the same
    tool. `target` is the first one of that intent, where its file is at hand.
    """

    at: Timestamp = Timestamp("")
    event: str = ""
    reviewer: str = ""
    reason_code: str = ""
    note: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    is_same_call: bool = always(False)
    target: str = ""


class PendingItem(Record, frozen=True, kw_only=True):
    """A call that was answered `require_approval` and lacks approvals.

    `observed_at` is the trace's own word, else the time of its file. Everything between `identity`
    and `approvers` comes from the intent and the policy with the digests of the trace; where one
    of them is not at hand its path is empty, `required` is 0 (not known), and `blockers` says so.
    `codes` are those of tokens at hand that do not count.
    """

    trace_path: str
    trace_id: str
    observed_at: Timestamp
    tool_name: str
    identity: str = ""
    targets: tuple[Target, ...] = always(())
    risk_class: str = ""
    phase: str = ""
    environment: str = ""
    destructive: bool = False
    matched_rule: str = ""
    required: int = always(0)
    valid: int = always(0)
    approvers: Texts = always(())
    codes: Texts = ()
    intent_digest: str
    policy_digest: str
    intent_path: str = always("")
    policy_path: str = always("")
    is_approvable: bool = always(False)
    blockers: Texts = ()
    last_decision: DecisionNote | UnsetType = UNSET


class AnsweredUnverified(Record, frozen=True, kw_only=True):
    """A call that was asked about and is left out of the list because a later trace says so.

    `trace_path` is that trace and `verdict` its word; nobody has checked who wrote it.
    `asked_path` is the newest trace that asks.
    """

    trace_path: str
    verdict: str
    tool_name: str
    observed_at: Timestamp
    asked_path: str
    intent_digest: str
    policy_digest: str


class PendingAnswer(Answer, frozen=True, kw_only=True):
    """The pending calls, newest first, and the files that could not be used.

    `tokens_checked` is false without a key: then no token counts. `traces_checked` is true with a
    key of traces: then those that do not verify are in `unread`, and `answered_unverified` is
    empty. `artifacts` of a root are the traces in it.
    """

    count: int
    items: tuple[PendingItem, ...]
    tokens_checked: bool
    key_id: str = ""
    traces_checked: bool = always(False)
    answered_unverified: tuple[AnsweredUnverified, ...] = always(())
    roots: tuple[SearchedRoot, ...]
    unread: tuple[Unread, ...]
