"""`gait review show|deny|log`, and what the review screen asks and is told beside them."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.pending import DecisionNote, Unread
from gait_engine.contract.answers.policyexplain import (
    ExplainedRule,
    ExplainedScript,
    FailClosedCheck,
    IgnoredClaim,
)
from gait_engine.contract.approval import ApprovalEntry
from gait_engine.contract.common import Int64, Object, Record, always
from gait_engine.contract.intent import Target
from gait_engine.contract.policy import Texts
from gait_engine.contract.review import ReviewEvent
from gait_engine.wire.timestamps import Timestamp


class Danger(Record, frozen=True, kw_only=True):
    """Something in the text of an intent that deceives its reader.

    `code`: `text_control_characters` or `text_mixed_scripts`. `text` says it in words, hidden
    characters spelled; `phrase` is what the approver has to type because of it.
    """

    code: str
    where: str
    text: str
    phrase: str


class Notice(Record, frozen=True, kw_only=True):
    """A fact that stands above the content: a blocker turns approval off, a banner does not."""

    code: str
    text: str
    where: str = ""


class Asked(Record, frozen=True, kw_only=True):
    """What one rule asks of a field, and whether the value meets it."""

    rule: str = always("")
    condition: str = always("")
    relation: str = always("")
    wanted: Texts = always(())
    met: bool = always(False)


class ReviewRow(Record, frozen=True, kw_only=True):
    """One field of the intent, or one check a rule makes after it matched.

    `group`: `what`, `target`, `who`, `source`, `check`. `value` is plain text, within `args` and
    `auth_context` JSON, of a check what it demands. `state`: `met`, `not_met`, `not_constrained`;
    a check is not met if it demands something, though some of its conditions may be alternatives.
    `change` against the last approved intent of the tool: `same`, `changed` (from `previous`),
    `new`, `removed`, empty where there is none to compare with. `is_secret` tells a value by its
    key and its look: show it on demand.
    """

    group: str
    field: str
    value: str = always("")
    state: str = always("not_constrained")
    asks: tuple[Asked, ...] = ()
    change: str = ""
    previous: str = ""
    is_secret: bool = False


class RowCounts(Record, frozen=True, kw_only=True):
    """How many rows are in each state; `changed` counts all that are not the same."""

    met: int = always(0)
    not_met: int = always(0)
    not_constrained: int = always(0)
    changed: int = always(0)


class DigestCheck(Record, frozen=True, kw_only=True):
    """A digest that was computed anew, and the one that the trace names."""

    name: str
    computed: str = always("")
    traced: str = always("")
    is_same: bool = always(False)


class LastApproved(Record, frozen=True, kw_only=True):
    """The last approval of another intent of the same tool; `compared` if that is at hand."""

    at: Timestamp
    approver: str
    intent_digest: str
    intent_path: str = ""
    compared: bool = always(False)


class TokenForm(Record, frozen=True, kw_only=True):
    """What a token must be, and the presets of the form for it.

    `scope` is exactly what the gate requires; `max_targets` and `max_ops` are the least that
    cover the call. `key_id` is that of the signing key, empty where none is usable.
    """

    scope: Texts = always(())
    ttl: str = always("")
    max_ttl: str = always("")
    max_targets: int = always(0)
    max_ops: int = always(0)
    may_not_approve: Texts = always(())
    key_id: str = always("")
    key_source: str = ""
    path: str = always("approval_<token_id>.json")


class ReviewShowAnswer(Answer, frozen=True, kw_only=True):
    """A pending call as an approver must see it, everything in it computed anew.

    `dangers` and `banners` come first on a screen. It is approvable if there is no blocker; every
    part in `must_read` has to be shown to its end, and every phrase typed exactly: `phrases` are
    those of an approval with the required scope, `deny_phrase` is that of a denial.
    `prepared_intent` is the very text that `intent_digest` covers. Where a digest is not that of
    the trace no verdict is given, and no rule. `trace_signature`: `none`, `not_checked`,
    `verified`, `failed`.
    """

    is_approvable: bool
    blockers: tuple[Notice, ...] = always(())
    dangers: tuple[Danger, ...] = always(())
    banners: tuple[Notice, ...] = always(())
    trace_path: str = ""
    trace_id: str = ""
    trace_signature: str = ""
    observed_at: str = ""
    intent_path: str = always("")
    policy_path: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    verdict: str = always("")
    reason_codes: Texts = ()
    violations: Texts = ()
    evaluated_at: str = ""
    tool_name: str = ""
    identity: str = ""
    risk_class: str = ""
    phase: str = ""
    environment: str = ""
    destructive: bool = False
    targets: tuple[Target, ...] = always(())
    required: int = always(0)
    distinct: bool = False
    valid: int = always(0)
    approvers: Texts = always(())
    tokens_checked: bool = always(False)
    tokens: tuple[ApprovalEntry, ...] = always(())
    rows: tuple[ReviewRow, ...] = always(())
    counts: RowCounts = RowCounts()
    last_approved: LastApproved | UnsetType = UNSET
    matched_rule: str = ""
    default_verdict: str = ""
    rules: tuple[ExplainedRule, ...] = ()
    script: ExplainedScript | UnsetType = UNSET
    fail_closed: FailClosedCheck | UnsetType = UNSET
    ignored_claims: tuple[IgnoredClaim, ...] = ()
    digests: tuple[DigestCheck, ...] = always(())
    history: tuple[DecisionNote, ...] = always(())
    form: TokenForm = TokenForm()
    must_read: Texts = always(())
    phrases: Texts = always(())
    deny_phrase: str = ""
    log_path: str = ""
    prepared_intent: Object = UNSET
    unread: tuple[Unread, ...] = ()


class FieldFault(Record, frozen=True, kw_only=True):
    """Why a request to mint is refused as it stands, and the field of the form it is about.

    `field` is empty for what no form can mend.
    """

    field: str
    code: str
    text: str


class ReviewCheckAnswer(Answer, frozen=True, kw_only=True):
    """What minting would do now: nothing has been written.

    `counts_as` is the number of approvals with this one. `phrases` are those this very request
    has to come with, the digits of the intent first. `cautions` keep nothing from being done.
    """

    can_mint: bool
    faults: tuple[FieldFault, ...] = always(())
    cautions: tuple[FieldFault, ...] = ()
    expires_at: str = ""
    ttl: str = ""
    counts_as: int = always(0)
    required: int = always(0)
    phrases: Texts = always(())
    writes: Texts = always(())


class ReviewMintAnswer(Answer, frozen=True, kw_only=True):
    """A token that was minted, read back and found to count.

    After a failure `written` names what exists all the same. Until `expires_at` the token is good
    for any number of calls with this intent.
    """

    token_id: str = ""
    token_path: str = ""
    beside: Texts = ()
    """The other tokens at hand that count for this call."""
    expires_at: str = ""
    scope: Texts = ()
    max_targets: Int64 = 0
    max_ops: Int64 = 0
    approver: str = ""
    reason_code: str = ""
    key_id: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    trace_id: str = ""
    intent_path: str = ""
    policy_path: str = ""
    valid: int = 0
    required: int = 0
    log_path: str = ""
    log_line: int = 0
    written: Texts = ()
    next_commands: Texts = ()


class ReviewDenyAnswer(Answer, frozen=True, kw_only=True):
    """A denial that was entered into the log; the gate goes on asking for approval by itself."""

    reviewer: str = ""
    reason_code: str = ""
    note: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    trace_id: str = ""
    log_path: str = ""
    log_line: int = 0


class ReviewLogAnswer(Answer, frozen=True, kw_only=True):
    """The review log, newest event last.

    `chain`: `intact`, `broken` (first at `broken_line`, from 1), or empty where it was not checked.
    `unfinished` are the lines of intents to mint that neither a token nor an end follows.
    """

    log_path: str
    count: int = always(0)
    events: tuple[ReviewEvent, ...] = always(())
    unfinished: tuple[int, ...] = ()
    chain: str = ""
    lines_checked: int = 0
    broken_line: int = 0
    head: str = ""
