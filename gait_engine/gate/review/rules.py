"""The rules a decision has to keep, each with a code and the field of the form it is about.

The same checks serve the form, which shows every fault while it is filled in, and minting, which
stops at the first. Contract: threats.md 6; gate.md 6.
"""

import os
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.answers.review import Danger
from gait_engine.contract.approval import ANY_SCOPE, ApprovalToken
from gait_engine.contract.policy import Texts
from gait_engine.contract.review import MUST_READ, DenyRequest, MintRequest
from gait_engine.errors import GaitError, InvalidInput, PolicyBlocked, quoted
from gait_engine.gate.review.approverkey import ApproverKey, load_approver_key
from gait_engine.gate.review.dangers import dangers
from gait_engine.gate.review.fields import leaves
from gait_engine.gate.review.history import read_decisions
from gait_engine.gate.review.phrases import approve_phrase, deny_phrase, required_phrases
from gait_engine.gate.review.screen import approval_blockers
from gait_engine.gate.review.subject import Subject, approvals_at_hand
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.gate.tokens.approval import APPROVAL_KIND, approval_id, normalise_approval
from gait_engine.gate.tokens.counting import ApprovalCount, terms_fault
from gait_engine.gate.tokens.lookalike import same_person_form
from gait_engine.gate.tokens.signing import scope_terms
from gait_engine.store.safepath import refuse_overwrite
from gait_engine.wire.canonical import SAFE_INTEGER
from gait_engine.wire.durations import duration_text
from gait_engine.wire.safetext import HIDDEN
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns, parse_duration

CHANGED: Final = "review_changed"
NOT_READ: Final = "review_not_read"
WRONG_PHRASE: Final = "review_phrase_mismatch"
SURPLUS: Final = "review_scope_surplus"
LACKING: Final = "review_scope_lacking"
TOO_LONG: Final = "review_ttl_exceeded"
REPEATED: Final = "approver_repeated"
UNSAFE_TEXT: Final = "text_control_characters"
LONG_TTL: Final = "review_ttl_long"
ANY_TOOL: Final = "review_any_tool"

_FIELD_OF: Final = {
    "self_approval": "approver",
    "approver_lookalike": "approver",
    f"{APPROVAL_KIND}_max_targets_exceeded": "limits",
    f"{APPROVAL_KIND}_max_ops_exceeded": "limits",
}
_WHY: Final = {
    "self_approval": "asks for this call, expected somebody else",
    "approver_lookalike": "looks like another person or mixes scripts, expected a plain name",
    f"{APPROVAL_KIND}_max_targets_exceeded": "fewer targets than the call has",
    f"{APPROVAL_KIND}_max_ops_exceeded": "fewer operations than the call has",
}

_LONG_TTL_NS: Final = 3600 * 10**9

_NO_ID: Final = "-"
"""Stands in for an id until one can be derived."""

_NO_REASON: Final = "-"
"""Stands in for a reason that is still to be given, so that all else can be checked before."""

Fault = tuple[str, GaitError]
"""The field of the form, empty for what no form can mend, and the refusal."""


class MintCase(NamedTuple):
    """A request to mint beside everything it is held against.

    `draft` is the token in normal form, unsigned; None while the request cannot make one. It may
    lack a reason, which is a fault of its own.
    """

    request: MintRequest
    subject: Subject
    around: Surroundings
    approvals: ApprovalCount | None
    key: ApproverKey
    dangers: tuple[Danger, ...]
    scope: Texts
    ttl_ns: int
    draft: ApprovalToken | None = None


def case_of(request: MintRequest, subject: Subject, around: Surroundings) -> MintCase:
    """Hold a request against the call as it is now."""
    case = MintCase(
        request=request,
        subject=subject,
        around=around,
        approvals=approvals_at_hand(subject, around),
        key=load_approver_key(around),
        dangers=dangers(leaves(subject.intent.judged)) if subject.intent else (),
        scope=scope_terms(request.scope),
        ttl_ns=_usable_ttl(request, around),
    )
    return case._replace(draft=_draft(case))


def mint_faults(case: MintCase) -> Iterator[Fault]:
    """Yield everything that keeps a request from being granted, the gravest first."""
    yield from _changed(case.request, case.subject, needs_files=True)
    _, log_faults = read_decisions(case.around)
    for notice in approval_blockers(case.subject, case.approvals, case.key, log_faults):
        yield "", _refused(notice.code, notice.text, where=notice.where)
    for check in (_approver, _reason, _ttl, _scope, _limits, _note, _out, _seen, _phrases):
        yield from check(case)


def mint_cautions(case: MintCase) -> Iterator[tuple[str, str, str]]:
    """Yield field, code and words of what may be granted and deserves a second look."""
    if case.ttl_ns > _LONG_TTL_NS:
        text = f"ttl: {duration_text(case.ttl_ns)}, so long whoever holds the token can use it"
        yield "ttl", LONG_TTL, text
    if ANY_SCOPE in case.scope:
        yield "scope", ANY_TOOL, f"scope: {ANY_SCOPE} lets the token pass for any tool"


def deny_faults(request: DenyRequest, subject: Subject) -> Iterator[Fault]:
    """Yield everything that keeps a denial from being logged: that of a stranger is welcome."""
    if request.intent_digest or request.policy_digest:
        yield from _changed(request, subject, needs_files=False)
    yield from _name("reviewer", request.reviewer)
    yield from _name("reason", request.reason_code)
    yield from _free_text(request.note)
    wanted = deny_phrase(subject.intent_digest)
    if request.phrase not in ("", wanted):
        yield "phrase", _wrong_phrase(wanted)


def token_path(case: MintCase) -> str:
    """Say where the token goes: to the path given, else by its id to the working directory."""
    own_id = case.draft.token_id if case.draft else "<token_id>"
    return trim(case.request.out) or f"approval_{own_id}.json"


def _usable_ttl(request: MintRequest, around: Surroundings) -> int:
    """Return the time to live in nanoseconds; 0 for one that is refused."""
    try:
        ttl = parse_duration(request.ttl)
    except InvalidInput:
        return 0
    return ttl if 0 < ttl <= parse_duration(around.setting.max_ttl) else 0


def _draft(case: MintCase) -> ApprovalToken | None:
    request, ask, now_ns = case.request, case.subject.ask, case.around.now_ns
    if ask is None or not case.ttl_ns:
        return None
    draft = ApprovalToken(
        created_at=from_ns(now_ns),
        producer_version=case.around.host.producer_version,
        token_id=_NO_ID,
        approver_identity=request.approver,
        reason_code=request.reason_code if trim(request.reason_code) else _NO_REASON,
        intent_digest=ask.intent_digest,
        policy_digest=ask.policy_digest,
        delegation_binding_digest=ask.delegation_digest,
        scope=request.scope,
        max_targets=request.max_targets,
        max_ops=request.max_ops,
        expires_at=from_ns(now_ns + case.ttl_ns),
    )
    try:
        token = normalise_approval(draft)
    except InvalidInput:  # each field is told of by itself
        return None
    return msgspec.structs.replace(token, token_id=approval_id(token))


def _refused(code: str, text: str, *, where: str = "", hint: str = "") -> PolicyBlocked:
    return PolicyBlocked(
        text, code=code, where=where, hint=hint or "open the review again and read it anew"
    )


def _changed(
    request: MintRequest | DenyRequest, subject: Subject, *, needs_files: bool
) -> Iterator[Fault]:
    """Compare what was shown with what the files are now; a denial can do without them."""
    now = (
        ("intent", request.intent_digest, subject.intent_digest, subject.intent),
        ("policy", request.policy_digest, subject.policy_digest, subject.policy),
    )
    for name, shown, wanted, file in now:
        without = "none" if needs_files else wanted
        found = without if file is None else file.digest
        if not shown == wanted == found:
            text = f"{name}: {found}, expected the one that was shown, {quoted(shown)}"
            yield "", _refused(CHANGED, text, where="" if file is None else file.place)


def _approver(case: MintCase) -> Iterator[Fault]:
    approver = trim(case.request.approver)
    unusable = list(_name("approver", approver))
    yield from unusable
    if unusable or case.draft is None:
        return
    if case.approvals is not None and approver in case.approvals.approvers:
        text = f"approver {quoted(approver)}: has approved already, expected somebody else"
        yield "approver", _refused(REPEATED, text, hint="another person has to approve as well")
        return
    fault = _terms_fault(case)
    if _FIELD_OF.get(fault) == "approver":
        yield "approver", _refused(fault, f"approver {quoted(approver)}: {_WHY[fault]}")


def _reason(case: MintCase) -> Iterator[Fault]:
    return _name("reason", case.request.reason_code)


def _ttl(case: MintCase) -> Iterator[Fault]:
    try:
        ttl = parse_duration(case.request.ttl)
    except InvalidInput as exc:
        yield "ttl", exc
        return
    ceiling = parse_duration(case.around.setting.max_ttl)
    if ttl <= 0:
        yield "ttl", InvalidInput(f"ttl: {quoted(case.request.ttl)}, expected more than 0s")
    elif ttl > ceiling:
        text = f"ttl: {duration_text(ttl)}, expected at most {duration_text(ceiling)}"
        yield "ttl", _refused(TOO_LONG, text, hint="approve for a shorter time")


def _scope(case: MintCase) -> Iterator[Fault]:
    """Refuse a scope that is not exactly what is required; `*` needs a phrase of its own."""
    if case.subject.ask is None:
        return
    required, given = set(case.subject.ask.scope), set(case.scope)
    surplus = given - required - {ANY_SCOPE}
    if surplus:
        text = f"scope: {', '.join(sorted(surplus))} beside what is required, expected nothing else"
        yield "scope", _refused(SURPLUS, text, hint="leave the surplus out")
    lacking = set() if ANY_SCOPE in given else required - given
    if lacking:
        text = f"scope: without {', '.join(sorted(lacking))}, expected all that is required"
        yield "scope", _refused(LACKING, text, hint="take the scope that the review shows")


def _limits(case: MintCase) -> Iterator[Fault]:
    for name in ("max_targets", "max_ops"):
        if not 0 <= (bound := getattr(case.request, name)) <= SAFE_INTEGER:
            yield "limits", InvalidInput(f"{name}: {bound}, expected 0 to {SAFE_INTEGER}")
    fault = _terms_fault(case)
    if _FIELD_OF.get(fault) == "limits":
        yield "limits", _refused(fault, f"limits: {_WHY[fault]}, expected at least as many")


def _note(case: MintCase) -> Iterator[Fault]:
    return _free_text(case.request.note)


def _out(case: MintCase) -> Iterator[Fault]:
    if case.draft is None:
        return
    path, cwd = token_path(case), case.around.host.cwd
    try:
        refuse_overwrite(cwd / path, {"the review log": cwd / case.around.setting.log}, "token")
    except InvalidInput as exc:
        yield "out", exc
        return
    if os.path.lexists(cwd / path):
        text = f"token {quoted(path, 200)}: exists already, expected a new file"
        yield "out", InvalidInput(text, where=path)


def _seen(case: MintCase) -> Iterator[Fault]:
    unread = [part for part in MUST_READ if part not in case.request.seen]
    if unread:
        text = f"review: {', '.join(unread)} not read to the end, expected every part read"
        yield "seen", _refused(NOT_READ, text, hint="read every part to its end")


def _phrases(case: MintCase) -> Iterator[Fault]:
    """Compare what was typed, letter by letter."""
    digest = case.subject.intent_digest
    if case.request.phrase != approve_phrase(digest):
        yield "phrase", _wrong_phrase(approve_phrase(digest))
    for phrase in required_phrases(digest, case.dangers, case.scope)[1:]:
        if phrase not in case.request.extra_phrases:
            yield "extra_phrases", _wrong_phrase(phrase)


def _wrong_phrase(wanted: str) -> PolicyBlocked:
    return _refused(
        WRONG_PHRASE, f"phrase: not as wanted, expected {quoted(wanted)}", hint="type it exactly"
    )


def _terms_fault(case: MintCase) -> str:
    """Ask the count of the gate whether the token would count, its signature aside."""
    if case.draft is None or case.subject.ask is None:
        return ""
    people = {
        same_person_form(name): name
        for name in (case.approvals.approvers if case.approvals else ())
    }
    return terms_fault(case.draft, case.subject.ask, case.around.now_ns, people)


def _name(field: str, text: str) -> Iterator[Fault]:
    if not trim(text):
        yield field, InvalidInput(f"{field}: empty, expected text")
    elif HIDDEN.search(text):
        yield field, _unsafe(field, text)


def _free_text(note: str) -> Iterator[Fault]:
    if HIDDEN.search(note.replace("\n", "").replace("\t", "")):
        yield "note", _unsafe("note", note)


def _unsafe(field: str, text: str) -> InvalidInput:
    return InvalidInput(
        f"{field}: {quoted(text)} holds hidden characters, expected plain text", code=UNSAFE_TEXT
    )
