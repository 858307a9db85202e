"""Reviewing a pending call: showing it, approving it, denying it, and the log of all that.

For a review screen, in this order: `show`, `changed` while it is open, `check` while its form is
filled in, then `mint` or `deny`. Everything is read and computed anew each time; nothing that a
caller claims is believed but what the approver typed.
"""

from collections.abc import Container

import msgspec

from gait_engine.contract.answers.review import (
    Notice,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewLogAnswer,
    ReviewMintAnswer,
    ReviewShowAnswer,
)
from gait_engine.contract.review import (
    REVIEW_LOG,
    DenyRequest,
    MintRequest,
    ReviewSetting,
    ReviewTarget,
)
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.review import deciding, reviewlog
from gait_engine.gate.review.places import is_in_journal
from gait_engine.gate.review.screen import review_screen
from gait_engine.gate.review.subject import file_changes, subject_of_target
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.host import Host
from gait_engine.runpack.commands import suggest
from gait_engine.wire.timestamps import normalise, to_ns


def show(
    target: ReviewTarget, setting: ReviewSetting, *, host: Host, passed_by: Container[str] = ()
) -> ReviewShowAnswer:
    """Show a call as an approver must see it; whether it may be approved is in the answer.

    The files in `passed_by` are known to say nothing about it; who approves passes none by.
    Raises InvalidInput or VerificationFailed for a trace that cannot be read, or a target that
    names too little; IoFailure.
    """
    around = Surroundings(setting, host, passed_by)
    return review_screen(subject_of_target(target, around), around)


def changed(shown: ReviewShowAnswer, setting: ReviewSetting, *, host: Host) -> tuple[Notice, ...]:
    """Say which of the two files is no longer what was shown; cheap enough to ask each second."""
    return file_changes(shown, setting, host)


def check(request: MintRequest, setting: ReviewSetting, *, host: Host) -> ReviewCheckAnswer:
    """Say what minting would do now and all that keeps it from being done; writes nothing."""
    return deciding.check_mint(request, Surroundings(setting, host))


def mint(request: MintRequest, setting: ReviewSetting, *, host: Host) -> ReviewMintAnswer:
    """Mint an approval token through a review, logged before and after.

    Raises PolicyBlocked (`review_changed` and others) or InvalidInput for the first rule that
    does not hold, nothing written; GaitError for a step that failed: its `answer` names what
    exists all the same.
    """
    minted = deciding.mint(request, Surroundings(setting, host))
    return msgspec.structs.replace(minted, next_commands=_next_commands(minted, setting))


def seconds_left(expires_at: str, *, host: Host) -> int:
    """Say for how many whole seconds a token is still good; 0 once the gate refuses it.

    Raises InvalidInput for what is no RFC 3339 instant.
    """
    return max(to_ns(normalise(expires_at)) - host.now_ns(), 0) // 10**9


def deny(request: DenyRequest, setting: ReviewSetting, *, host: Host) -> ReviewDenyAnswer:
    """Log that a person denied a call; the gate goes on asking for approval by itself.

    Raises InvalidInput, VerificationFailed, PolicyBlocked, StateContention, IoFailure; then
    nothing has been logged.
    """
    return deciding.deny(request, Surroundings(setting, host))


def log(path: str = REVIEW_LOG, *, verify: bool = False, host: Host) -> ReviewLogAnswer:
    """List the review log, newest event last; with `verify` only if its chain is whole.

    Keep the `head` that a verified log has: a bare chain cannot show that lines are missing at
    its end. Raises VerificationFailed at the first line that breaks the chain, InvalidInput for
    a torn last line, a line that is no event, or nothing to verify.
    """
    read = reviewlog.verified_lines if verify else reviewlog.read_events
    lines = tuple(read(path, host=host))
    if verify and not lines:
        raise InvalidInput(f"review log {quoted(path, 200)}: no event in it, expected some")
    return ReviewLogAnswer(
        ok=True,
        log_path=path,
        count=len(lines),
        events=tuple(line.event for line in lines),
        unfinished=reviewlog.unfinished(lines),
        chain="intact" if verify else "",
        lines_checked=len(lines) if verify else 0,
        head=lines[-1].digest if verify else "",
    )


def _next_commands(minted: ReviewMintAnswer, setting: ReviewSetting) -> tuple[str, ...]:
    """Return the command for the agent's side, the call again; none for a line of a stream."""
    if is_in_journal(minted.intent_path):
        return ()
    keys = setting.approval_keys
    named = (
        ("--approval-public-key", keys.public_key),
        ("--approval-public-key-env", keys.public_key_env),
        ("--kill-switch-state", setting.kill_switch_state),
        ("--wrkr-inventory", setting.wrkr_inventory),
    )
    return suggest(
        "gait gate eval",
        ("--policy", minted.policy_path),
        ("--intent", minted.intent_path),
        ("--approval-token", minted.token_path),
        *((("--approval-token-chain", ",".join(minted.beside)),) if minted.beside else ()),
        *((option, value) for option, value in named if value),
    )
