"""The review of a call that awaits approval: what a person hands in, and the log of decisions.

The log is a journal of one event a line; each names the digest of the line before it.
"""

from typing import Final, NamedTuple

from gait_engine.contract.common import Record, always, instant
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp

REVIEW_EVENT_SCHEMA: Final = "gait.gate.review_event"
REVIEW_LOG: Final = "gait-out/review_log.jsonl"

INTENT_TO_MINT: Final = "intent_to_mint"
MINTED: Final = "minted"
DENIED: Final = "denied"
ABORTED: Final = "aborted"
EVENTS: Final = (INTENT_TO_MINT, MINTED, DENIED, ABORTED)

NO_LINE: Final = "0" * 64
"""What the first line of a log names in the place of the line before it."""

MUST_READ: Final = ("args_vs_rule", "rule", "digests")
"""The parts of a review that must have been shown to their end before anything is minted."""

DEFAULT_TTL: Final = "15m"
MAX_TTL: Final = "24h"

ANY_TOOL_PHRASE: Final = "any tool"
HIDDEN_PHRASE: Final = "hidden character seen"
MIXED_PHRASE: Final = "mixed scripts seen"


class ReviewEvent(Record, frozen=True, kw_only=True):
    """One line of the review log: what a person set out to do, did or refused.

    `scope` is that of the token, of a denial the tool alone. `prev` is the SHA-256 of the line
    before, its line feed left out. `digest` covers the event itself without that field: the last
    line has no successor that would vouch for it.
    """

    schema_id: str = always("")
    schema_version: str = always("")
    at: Timestamp = instant()
    reviewer: str = always("")
    event: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    trace_id: str = always("")
    token_id: str = ""
    scope: Texts = always(())
    ttl: str = ""
    reason_code: str = always("")
    note: str = ""
    key_id: str = ""
    seen: Texts = always(())
    prev: str = always("")
    digest: str = always("")


class ReviewSetting(NamedTuple):
    """Where a review looks, and what it checks with; everything is named, no config is read.

    `roots` are pairs of a folder and how deep it is searched. An empty path is not given. With
    `trace_keys` a trace counts only if it verifies.
    """

    roots: tuple[tuple[str, int], ...]
    log: str = REVIEW_LOG
    approval_keys: KeySources = NO_KEYS
    key_mode: str = ""
    signing_keys: KeySources = NO_KEYS
    kill_switch_state: str = ""
    wrkr_inventory: str = ""
    max_ttl: str = MAX_TTL
    trace_keys: KeySources = NO_KEYS


class ReviewTarget(NamedTuple):
    """Which call is reviewed: its trace, or its intent and policy, or all three.

    A path of a line in a journal is `FILE:LINE`.
    """

    trace: str = ""
    intent: str = ""
    policy: str = ""


class MintRequest(NamedTuple):
    """What an approver was shown, and what the approver hands in for it.

    The digests are those that were shown; `phrase` and `extra_phrases` are as typed; `seen` names
    the parts that were shown to their end.
    """

    target: ReviewTarget
    intent_digest: str
    policy_digest: str
    approver: str
    reason_code: str
    ttl: str
    scope: Texts
    phrase: str
    extra_phrases: Texts = ()
    seen: Texts = ()
    max_targets: int = 0
    max_ops: int = 0
    note: str = ""
    out: str = ""


class DenyRequest(NamedTuple):
    """Who denies what and why; digests and phrase are checked where they are given."""

    target: ReviewTarget
    reviewer: str
    reason_code: str
    note: str = ""
    seen: Texts = ()
    intent_digest: str = ""
    policy_digest: str = ""
    phrase: str = ""
