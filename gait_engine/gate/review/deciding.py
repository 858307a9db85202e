"""Minting and denying through a review: everything is checked anew, and logged before it happens.

The order of effects: `intent_to_mint` is durable in the log, the token is written, read back from
disk and counted as the gate will, then `minted` is logged. No log, no token. A step that fails
stops all further ones, and the error says what exists. Contract: threats.md 6.
"""

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import msgspec

from gait_engine.contract.answers.review import (
    FieldFault,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewMintAnswer,
)
from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.policy import Texts
from gait_engine.contract.review import (
    ABORTED,
    DENIED,
    INTENT_TO_MINT,
    MINTED,
    DenyRequest,
    MintRequest,
    ReviewEvent,
)
from gait_engine.errors import GaitError, InternalFailure, VerificationFailed, quoted
from gait_engine.gate.review.phrases import required_phrases
from gait_engine.gate.review.reviewlog import append_event
from gait_engine.gate.review.rules import (
    MintCase,
    case_of,
    deny_faults,
    mint_cautions,
    mint_faults,
    token_path,
)
from gait_engine.gate.review.subject import given_approvals, subject_of_target, tokens_at_hand
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.gate.tokens.approval import mint_approval
from gait_engine.gate.tokens.counting import ApprovalCount, count_approvals
from gait_engine.gate.tokens.tokenfile import read_approval
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.wire.durations import duration_text
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import trim

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

UNVERIFIED: Final = "review_token_unverified"


class _Attempt:
    """A minting under way, which knows what has been done when a step fails."""

    def __init__(self, case: MintCase, draft: ApprovalToken) -> None:
        self.case = case
        self.path = token_path(case)
        self._host = case.around.host
        self._log = case.around.setting.log
        self._is_logged = self._is_verified = False
        self._event = ReviewEvent(
            reviewer=draft.approver_identity,
            intent_digest=draft.intent_digest,
            policy_digest=draft.policy_digest,
            trace_id=case.subject.trace_id,
            scope=draft.scope,
            ttl=duration_text(case.ttl_ns),
            reason_code=draft.reason_code,
            note=trim(case.request.note),
            key_id=case.key.key_id,
            seen=case.request.seen,
        )

    def begin(self) -> None:
        """Log what is about to be done; from here on a failure leaves a trace."""
        self._append(INTENT_TO_MINT)
        self._is_logged = True

    def finish(self, token_id: str) -> int:
        """Log a token that stands verified; return the number of the line."""
        self._is_verified = True
        return self._append(MINTED, token_id=token_id)

    def stop(self, error: GaitError) -> None:
        """Let an error say what exists, and log the end of an attempt without a good token."""
        if self._is_logged and not self._is_verified:
            with suppress(GaitError):  # the log may be what has failed
                self._append(ABORTED, note=error.code)
        written = [self._log] if self._is_logged else []
        if self._is_logged and os.path.lexists(self._host.cwd / self.path):
            written.append(self.path)
        said = " and ".join(quoted(path, 200) for path in written) or "nothing"
        error.message += f"; written so far: {said}"
        error.hint = _what_now(written, is_verified=self._is_verified)
        error.answer = ReviewMintAnswer(ok=False, log_path=self._log, written=tuple(written))

    def _append(self, kind: str, **changes: str) -> int:
        event = msgspec.structs.replace(self._event, event=kind, **changes)
        return append_event(self._log, event, host=self._host)


def check_mint(request: MintRequest, around: Surroundings) -> ReviewCheckAnswer:
    """Say what minting would do, and everything that keeps it from being done; nothing is written.

    Raises InvalidInput or VerificationFailed only for a trace that cannot be read at all.
    """
    case = case_of(request, subject_of_target(request.target, around), around)
    faults = tuple(mint_faults(case))
    ask, draft = case.subject.ask, case.draft
    given = given_approvals(case.approvals, ask)
    return ReviewCheckAnswer(
        ok=True,
        can_mint=not faults,
        faults=tuple(
            FieldFault(field=field, code=error.code, text=error.message) for field, error in faults
        ),
        cautions=tuple(
            FieldFault(field=field, code=code, text=text)
            for field, code, text in mint_cautions(case)
        ),
        expires_at=draft.expires_at if draft else "",
        ttl=duration_text(case.ttl_ns) if case.ttl_ns else "",
        counts_as=given + 1 if ask else 0,
        required=ask.required if ask else 0,
        phrases=required_phrases(case.subject.intent_digest, case.dangers, case.scope),
        writes=(token_path(case), around.setting.log) if draft else (),
    )


def mint(request: MintRequest, around: Surroundings) -> ReviewMintAnswer:
    """Mint the token that a request asks for, once every rule holds for the call as it is now.

    Raises PolicyBlocked or InvalidInput for the first rule that does not hold, nothing written;
    GaitError for a step that failed, the error's `answer` naming what exists all the same.
    """
    case = case_of(request, subject_of_target(request.target, around), around)
    error = next((error for _, error in mint_faults(case)), None)
    if error is not None or case.draft is None or case.key.key is None:
        raise error or InternalFailure("review: no draft or no key, expected both")
    attempt = _Attempt(case, case.draft)
    try:
        return _minted(attempt, case.draft, case.key.key)
    except GaitError as exc:
        attempt.stop(exc)
        raise


def deny(request: DenyRequest, around: Surroundings) -> ReviewDenyAnswer:
    """Log that a person denied a call; needs no key, and no file but the trace.

    Raises InvalidInput for what is not filled in, PolicyBlocked where what was shown has changed,
    StateContention, IoFailure; nothing is logged then.
    """
    subject = subject_of_target(request.target, around)
    for _, error in deny_faults(request, subject):
        raise error
    event = ReviewEvent(
        reviewer=trim(request.reviewer),
        event=DENIED,
        intent_digest=subject.intent_digest,
        policy_digest=subject.policy_digest,
        trace_id=subject.trace_id,
        scope=(f"tool:{subject.tool_name}",),
        reason_code=trim(request.reason_code),
        note=trim(request.note),
        seen=request.seen,
    )
    log = around.setting.log
    return ReviewDenyAnswer(
        ok=True,
        reviewer=event.reviewer,
        reason_code=event.reason_code,
        note=event.note,
        intent_digest=event.intent_digest,
        policy_digest=event.policy_digest,
        trace_id=event.trace_id,
        log_path=log,
        log_line=append_event(log, event, host=around.host),
    )


def _minted(attempt: _Attempt, draft: ApprovalToken, key: "SigningKey") -> ReviewMintAnswer:
    case = attempt.case
    attempt.begin()
    token = mint_approval(draft, key)
    target = case.around.host.cwd / attempt.path
    make_dirs(target.parent)
    write_atomic(target, pretty(token), exclusive=True)
    count, beside = _read_back(attempt, token, key)
    line = attempt.finish(token.token_id)
    return ReviewMintAnswer(
        ok=True,
        token_id=token.token_id,
        token_path=attempt.path,
        beside=beside,
        expires_at=token.expires_at,
        scope=token.scope,
        max_targets=token.max_targets,
        max_ops=token.max_ops,
        approver=token.approver_identity,
        reason_code=token.reason_code,
        key_id=key.key_id,
        intent_digest=token.intent_digest,
        policy_digest=token.policy_digest,
        trace_id=case.subject.trace_id,
        intent_path=case.subject.intent.place if case.subject.intent else "",
        policy_path=case.subject.policy.place if case.subject.policy else "",
        valid=given_approvals(count, case.subject.ask),
        required=case.subject.ask.required if case.subject.ask else 0,
        log_path=case.around.setting.log,
        log_line=line,
        written=(attempt.path, case.around.setting.log),
    )


def _read_back(
    attempt: _Attempt, token: ApprovalToken, key: "SigningKey"
) -> tuple[ApprovalCount, Texts]:
    """Read the token from disk and count it as the gate will; name those at hand that count too.

    Raises VerificationFailed where it is not what was signed, or would not count.
    """
    case, around = attempt.case, attempt.case.around
    given = read_approval(attempt.path, host=around.host)
    if case.subject.ask is not None and given.token == token:
        tokens = [*tokens_at_hand(case.subject, around), given]
        count = count_approvals(tokens, case.subject.ask, key.public_key, around.now_ns)
        if count.entries[-1].valid:
            counted = zip(tokens, count.entries, strict=True)
            return count, tuple(one.path for one, entry in counted if entry.valid)[:-1]
        found = count.entries[-1].error_code
    else:
        found = given.fault or "another token than the one that was signed"
    raise VerificationFailed(
        f"token {quoted(attempt.path, 200)}: {found}, expected one that the gate counts",
        code=UNVERIFIED,
        where=attempt.path,
    )


def _what_now(written: list[str], *, is_verified: bool) -> str:
    if is_verified:
        return "the token is good, but the log lacks its line: remove the token and approve again"
    if len(written) > 1:
        return "remove the token file: it has not been found to be good"
    return "no token exists; mend what failed, then approve again"
