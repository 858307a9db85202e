"""The state of a review: what was read, filled in and typed, and whether it may be decided.

Pure and without a screen or a clock: every step is a function from one form to the next. The
engine checks each rule again when it mints; here is what only a screen can know: that every part
was on it to its last line, that a person typed each letter, and when. Contract: tui.md 3.3.
"""

import re
from collections.abc import Iterable
from typing import Final, NamedTuple

from gait_engine.api.shapes import (
    Answer,
    DenyRequest,
    MintRequest,
    Notice,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewMintAnswer,
    ReviewShowAnswer,
    ReviewTarget,
)
from gait_tui.models.lineedit import LineEdit

APPROVE: Final = "approve"
DENY: Final = "deny"

QUIET_NS: Final = 400 * 10**6
"""How long a dialog is deaf once it is open: what comes then was typed for something else."""
REPEAT_NS: Final = 50 * 10**6
"""The same key again within this time is a key held down, or a paste without brackets."""

LIMITS_FORM: Final = "two whole numbers, targets and operations, such as 1 1"

_OF_THE_DIALOG: Final = frozenset({"phrase", "extra_phrases", "seen"})
"""What a check finds wanting before the dialog is filled in, and what is known here anyway."""

_gap = re.compile(r"[\s,]+")
_limits = re.compile(r"\s*([0-9]{1,15})(?:\s+|\s*,\s*)([0-9]{1,15})\s*").fullmatch


class Fields(NamedTuple):
    """What an approver fills in, as typed."""

    ttl: str = ""
    scope: str = ""
    reason: str = ""
    limits: str = ""
    approver: str = ""
    key: str = ""
    out: str = ""

    @property
    def bounds(self) -> tuple[int, int] | None:
        """The most targets and operations; None where they cannot be read."""
        found = _limits(self.limits)
        return (int(found[1]), int(found[2])) if found else None


class Slot(NamedTuple):
    """One line of a dialog: a phrase that is wanted to the letter, or free text."""

    label: str
    wanted: str = ""
    edit: LineEdit = LineEdit()

    @property
    def text(self) -> str:
        """What was typed so far."""
        return self.edit.text

    @property
    def is_whole(self) -> bool:
        """Tell a line with which nothing is missing."""
        return self.text == self.wanted if self.wanted else bool(self.text.strip())


class Ask(NamedTuple):
    """An open dialog and the keys it has heard; `is_fresh` until a key other than its own came.

    `pastes` counts what was pasted and thrown away; `is_held` tells that the last key came again
    faster than a person presses it, and was not taken.
    """

    kind: str
    opened_ns: int
    slots: tuple[Slot, ...]
    last_key: str
    last_ns: int
    at: int = 0
    is_fresh: bool = True
    pastes: int = 0
    is_held: bool = False

    @property
    def is_whole(self) -> bool:
        """Tell a dialog in which every line is whole."""
        return all(slot.is_whole for slot in self.slots)

    @property
    def is_begun(self) -> bool:
        """Tell a dialog in which something was typed."""
        return any(slot.text for slot in self.slots)

    def is_deaf(self, now_ns: int) -> bool:
        """Tell whether keys are thrown away at this time, which a clock set back never ends."""
        return now_ns - self.opened_ns < QUIET_NS

    def hears(self, key: str, now_ns: int) -> bool:
        """Tell a key that a person pressed for this dialog."""
        return not (self._repeats(key, now_ns) or self.is_deaf(now_ns))

    def _repeats(self, key: str, now_ns: int) -> bool:
        return key == self.last_key and (self.is_fresh or now_ns - self.last_ns < REPEAT_NS)

    def heard(self, key: str, now_ns: int) -> "Ask":
        """Remember a key, whether or not it counts."""
        is_fresh = self.is_fresh and key == self.last_key
        is_held = not is_fresh and self._repeats(key, now_ns)
        return self._replace(last_key=key, last_ns=now_ns, is_fresh=is_fresh, is_held=is_held)


class Why(NamedTuple):
    """Why a decision is off: the kind of reason, and which things it is about."""

    kind: str
    items: tuple[str, ...] = ()


class Form(NamedTuple):
    """A review under way; `check` is what the engine said of exactly these `fields`."""

    target: ReviewTarget
    fields: Fields = Fields()
    shown: ReviewShowAnswer | None = None
    seen: frozenset[str] = frozenset()
    check: ReviewCheckAnswer | None = None
    changed: tuple[Notice, ...] = ()
    ask: Ask | None = None
    is_deciding: bool = False
    is_edited: bool = False
    decided: ReviewMintAnswer | ReviewDenyAnswer | None = None
    failed: Answer | None = None
    read_only: str = ""

    @property
    def parts_to_read(self) -> tuple[str, ...]:
        """The parts that have to be on the screen to their last line, and were not yet."""
        wanted = self.shown.must_read if self.shown else ()
        return tuple(part for part in wanted if part not in self.seen)

    @property
    def faulty_fields(self) -> tuple[str, ...]:
        """The fields that the engine, or the reading of them, finds fault with."""
        own = () if self.fields.bounds else ("limits",)
        told = (fault.field for fault in self.check.faults) if self.check else ()
        return tuple(dict.fromkeys([*own, *(f for f in told if f not in _OF_THE_DIALOG)]))

    @property
    def is_over(self) -> bool:
        """Tell a review in which a decision was made, or one failed half-way."""
        return self.decided is not None or self.failed is not None


# ---------------------------------------------------------------- what was read


def showing(form: Form, shown: ReviewShowAnswer) -> Form:
    """Take what the engine shows now; what was read stays read only if it is still the same."""
    is_same = not form.changed and form.shown is not None and _is_same(form.shown, shown)
    fields = form.fields if is_same else _preset(form.fields, shown)
    return form._replace(
        shown=shown,
        fields=fields,
        seen=form.seen if is_same else frozenset(),
        check=None,
        changed=(),
        ask=None,
        failed=None,
    )


def seeing(form: Form, part: str) -> Form:
    """Note that a part was on the screen to its last line, unless it is not what it was."""
    if form.shown is None or form.changed:
        return form
    return form._replace(seen=form.seen | {part})


def changing(form: Form, notices: Iterable[Notice]) -> Form:
    """Note that a file on disk is no longer what was shown: everything has to be read anew."""
    found = tuple(notices)
    if not found or form.is_over:
        return form
    return form._replace(changed=found, seen=frozenset(), check=None, ask=None)


def _is_same(one: ReviewShowAnswer, other: ReviewShowAnswer) -> bool:
    return _content(one) == _content(other)


def _content(shown: ReviewShowAnswer) -> tuple[object, ...]:
    """Return what a person has read; a key, a clock and tokens at hand are not part of it."""
    digests = (shown.intent_digest, shown.policy_digest, shown.trace_id, shown.digests)
    return (*digests, shown.verdict, shown.dangers, shown.rows, shown.rules, shown.form.scope)


def _preset(fields: Fields, shown: ReviewShowAnswer) -> Fields:
    """Fill in what the call itself asks for; a reason has no preset."""
    least = f"{shown.form.max_targets} {shown.form.max_ops}"
    return fields._replace(scope=" ".join(shown.form.scope), limits=least)


# ---------------------------------------------------------------- what is filled in


def filling(form: Form, name: str, text: str) -> Form:
    """Change one field; what the engine said of the others is no longer about this form."""
    if form.read_only or form.is_deciding or form.is_over or form.ask is not None:
        return form
    fields = form.fields._replace(**{name: text})
    if fields == form.fields:
        return form
    return form._replace(fields=fields, check=None, is_edited=True)


def checked(form: Form, fields: Fields, answer: ReviewCheckAnswer) -> Form:
    """Take what the engine says of some fields, if they are still those of the form.

    An open dialog that asks for other phrases than are wanted now is closed.
    """
    if fields != form.fields or form.changed:
        return form
    asked = tuple(slot.wanted for slot in form.ask.slots) if form.ask else answer.phrases
    is_outdated = asked != answer.phrases and form.ask is not None and form.ask.kind == APPROVE
    return form._replace(check=answer, ask=None if is_outdated else form.ask)


def terms(text: str) -> tuple[str, ...]:
    """Split what was typed as scope."""
    return tuple(term for term in _gap.split(text) if term)


# ---------------------------------------------------------------- deciding


def why_not_approve(form: Form) -> Why | None:
    """Say why a call cannot be approved at the moment; None when it can."""
    told = _why_not_decide(form)
    if told or form.shown is None:
        return told
    if not form.shown.is_approvable:
        return Why("blocked", tuple(notice.code for notice in form.shown.blockers))
    if form.parts_to_read:
        return Why("unread", form.parts_to_read)
    if form.faulty_fields:
        return Why("faults", form.faulty_fields)
    return None if form.check and form.check.phrases else Why("checking")


def why_not_deny(form: Form) -> Why | None:
    """Say why a call cannot be denied at the moment; blockers and unread parts do not matter."""
    told = _why_not_decide(form)
    if told or form.shown is None:
        return told
    return None if form.fields.approver.strip() else Why("nameless")


def _why_not_decide(form: Form) -> Why | None:
    if form.read_only:
        return Why("read_only", (form.read_only,))
    if form.shown is None:
        return Why("reading")
    if form.is_deciding:
        return Why("deciding")
    if form.decided is not None:
        return Why("decided")
    if form.failed is not None:
        return Why("failed")
    return Why("changed") if form.changed else None


def asking(form: Form, kind: str, key: str, now_ns: int) -> Form:
    """Open the dialog of a decision with the key that asked for it, if that is not off."""
    if form.ask is not None or form.shown is None:
        return form
    if kind == APPROVE:
        if why_not_approve(form) is not None or form.check is None:
            return form
        phrases = form.check.phrases
        slots = tuple(Slot("and" if n else "type", phrase) for n, phrase in enumerate(phrases))
    else:
        if why_not_deny(form) is not None:
            return form
        slots = (Slot("reason"), Slot("type", form.shown.deny_phrase))
    return form._replace(ask=Ask(kind, now_ns, slots, last_key=key, last_ns=now_ns))


def pressing(form: Form, key: str, char: str, now_ns: int) -> Form:
    """Hear a key in an open dialog; `char` is what it prints, empty for others."""
    if form.ask is None:
        return form
    ask = form.ask.heard(key, now_ns)
    if form.ask.hears(key, now_ns):
        ask = _typed(ask, key, char)
    return form._replace(ask=ask)


def pasting(form: Form, text: str) -> Form:
    """Throw away what is pasted into an open dialog, whatever it is, and remember that."""
    if form.ask is None or not text:
        return form
    return form._replace(ask=form.ask._replace(pastes=form.ask.pastes + 1))


def cancelling(form: Form) -> Form:
    """Close an open dialog; nothing has happened."""
    return form._replace(ask=None)


def submitting(form: Form, now_ns: int) -> tuple[Form, MintRequest | DenyRequest | None]:
    """Hear enter in an open dialog: the one way to a decision, and only where nothing is missing.

    The request goes to the engine once; the form is deciding from then on.
    """
    ask, shown = form.ask, form.shown
    if ask is None or shown is None:
        return form, None
    heard = form._replace(ask=ask.heard("enter", now_ns))
    off = why_not_approve(form) if ask.kind == APPROVE else why_not_deny(form)
    if off is not None or not ask.hears("enter", now_ns) or not ask.is_whole:
        return heard, None
    typed = tuple(slot.text for slot in ask.slots)
    request = _mint(form, shown, typed) if ask.kind == APPROVE else _deny(form, shown, typed)
    return form._replace(ask=None, is_deciding=True), request


def deciding(form: Form, outcome: ReviewMintAnswer | ReviewDenyAnswer | Answer) -> Form:
    """Take how the decision went."""
    form = form._replace(is_deciding=False, ask=None, is_edited=False)
    if outcome.ok and isinstance(outcome, ReviewMintAnswer | ReviewDenyAnswer):
        return form._replace(decided=outcome)
    return form._replace(failed=outcome)


def draft(form: Form) -> MintRequest | None:
    """Return the request as far as it is filled in, for the engine to check; no phrase in it."""
    return _mint(form, form.shown, ("",)) if form.shown and form.fields.bounds else None


def _typed(ask: Ask, key: str, char: str) -> Ask:
    if key in {"tab", "down", "shift+tab", "up"}:
        step = 1 if key in {"tab", "down"} else -1
        return ask._replace(at=(ask.at + step) % len(ask.slots))
    slot = ask.slots[ask.at]
    edit = slot.edit.insert(char) if char else slot.edit.press(key)
    if edit is None:
        return ask
    slots = (*ask.slots[: ask.at], slot._replace(edit=edit), *ask.slots[ask.at + 1 :])
    return ask._replace(slots=slots)


def _mint(form: Form, shown: ReviewShowAnswer, typed: tuple[str, ...]) -> MintRequest:
    fields = form.fields
    targets, ops = fields.bounds or (0, 0)
    return MintRequest(
        target=form.target,
        intent_digest=shown.intent_digest,
        policy_digest=shown.policy_digest,
        approver=fields.approver,
        reason_code=fields.reason,
        ttl=fields.ttl,
        scope=terms(fields.scope),
        phrase=typed[0],
        extra_phrases=typed[1:],
        seen=_seen(form, shown),
        max_targets=targets,
        max_ops=ops,
        out=fields.out,
    )


def _deny(form: Form, shown: ReviewShowAnswer, typed: tuple[str, ...]) -> DenyRequest:
    reason, phrase = typed
    return DenyRequest(
        target=form.target,
        reviewer=form.fields.approver,
        reason_code=reason,
        seen=_seen(form, shown),
        intent_digest=shown.intent_digest,
        policy_digest=shown.policy_digest,
        phrase=phrase,
    )


def _seen(form: Form, shown: ReviewShowAnswer) -> tuple[str, ...]:
    return tuple(part for part in shown.must_read if part in form.seen)
