"""The token of a review: its form, the dialog that asks for it, and what came of it."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import (
    Answer,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewMintAnswer,
    ReviewShowAnswer,
)
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Cell,
    Line,
    Look,
    Span,
    fit,
    line,
    middle,
    own,
    safe,
    spans,
    wrap,
)
from gait_tui.views.parts import Verdict, failure_lines, squeeze, tidy, verdict_line
from gait_tui.views.review import artifact, railed
from gait_tui.views.timetext import moment

TOKEN_RAIL: Final = 13
_SECOND_AT: Final = 41
_DIALOG_RAIL: Final = 16
_TARGETS_SHOWN: Final = 2
_BY_ITS_ID: Final = "approval_<token_id>.json"
PART_NAMES: Final = {
    "intent": "Intent",
    "args_vs_rule": "Args vs rule",
    "rule": "Rule",
    "digests": "Digests",
}
FIELD_NAMES: Final = {
    "ttl": "TTL",
    "scope": "scope",
    "reason": "reason",
    "limits": "limits",
    "approver": "who",
    "key": "key",
    "out": "file",
    "": "what stands above",
}
_OFF: Final = {
    "reading": "The call is being read.",
    "unread_call": "The call cannot be shown. ctrl+r reads it again.",
    "deciding": "The decision is being carried out.",
    "decided": "This review is over. n goes to the next one.",
    "alone": "This review is over. Nothing else waits.",
    "failed": "A step failed. ctrl+r reads the call again.",
    "changed": "A file has changed since you read it. ctrl+r reads it again.",
    "blocked": "A is off: the lines above say why.",
    "checking": "The form is being checked.",
    "nameless": "D is off: c a says who you are.",
}


class TokenView(NamedTuple):
    """What the form of a token shows."""

    shown: ReviewShowAnswer | None
    check: ReviewCheckAnswer | None
    fields: dict[str, str]
    """What is filled in, by the name of its field."""
    faulty: Sequence[str]
    limits_form: str
    max_ttl: str
    read_only: str


class SlotView(NamedTuple):
    """One line to type in a dialog."""

    label: str
    wanted: str
    before: str
    after: str
    is_whole: bool
    is_here: bool


# ---------------------------------------------------------------- the form


def token_lines(view: TokenView, look: Look, *, is_wide: bool) -> list[Line]:
    """Lay out the form; narrow, two short fields share a row."""
    return _wide(view, look) if is_wide else _narrow(view, look)


def _narrow(view: TokenView, look: Look) -> list[Line]:
    scope = railed(look, [artifact(view.fields["scope"])], *_label(view, "cs", "scope"), rows=2)
    until = own(LABEL_AT + 13 + len(view.fields["ttl"]), _until(view, look), _ttl_role(view))
    rows = [
        line(look, *_field(view, "ct", "ttl"), until),
        *scope,
        line(look, *_field(view, "cr", "reason"), *_field(view, "cl", "limits", _SECOND_AT)),
        line(look, *_field(view, "ca", "approver"), *_field(view, "ck", "key", _SECOND_AT)),
    ]
    return [*rows, line(look, *_field(view, "co", "out"))] if view.fields["out"] else rows


def _wide(view: TokenView, look: Look) -> list[Line]:
    lines = [BLANK, line(look, *_field(view, "ct", "ttl"))]
    lines += _note(look, _until(view, look), _ttl_role(view))
    lines += [*_faults(view, look, "ttl"), BLANK]
    scope = [artifact(view.fields["scope"])]
    lines += railed(look, scope, *_label(view, "cs", "scope"))
    lines += [*_note(look, _scope_words(view)), *_faults(view, look, "scope"), BLANK]
    for key, name in (("cr", "reason"), ("cl", "limits"), ("ca", "approver"), ("ck", "key")):
        lines.append(line(look, *_field(view, key, name)))
        lines += _faults(view, look, name)
    lines += [line(look, *_field(view, "co", "out")), *_faults(view, look, "out"), BLANK]
    shown, check = view.shown, view.check
    if shown is None:
        return lines
    lines.append(line(look, own(LABEL_AT, "after this token", MUTED)))
    words = _counts_words(check) if check else ""
    lines += [line(look, own(LABEL_AT, row)) for row in wrap(words, look.width - 5)]
    return [*lines, BLANK, *_not_by(shown, look)]


def _not_by(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    names = ", ".join(shown.form.may_not_approve)
    given = ", ".join(shown.approvers)
    lines = railed(look, [artifact(names)], own(LABEL_AT, "not by", MUTED)) if names else []
    lines += railed(look, [artifact(given)], own(LABEL_AT, "given by", MUTED)) if given else []
    return lines


def _label(view: TokenView, key: str, name: str, at: int = LABEL_AT) -> tuple[Cell, ...]:
    mark = _mark(view, name)
    cells = (own(at, key, "b:key_hint"), own(at + 3, FIELD_NAMES[name], MUTED))
    return (own(at - 2, *mark), *cells) if mark else cells


def _mark(view: TokenView, name: str) -> tuple[str, str] | None:
    if name in view.faulty:
        return glyphs.FAILED, "b:failed"
    warned = [one.field for one in view.check.cautions] if view.check else []
    return (glyphs.PERSON, "b:warning") if name in warned else None


def _field(view: TokenView, key: str, name: str, at: int = LABEL_AT) -> tuple[Cell, ...]:
    cells = _label(view, key, name, at)
    return (*cells, Cell(at + 10, _value(view, name)))


def _value(view: TokenView, name: str) -> tuple[Span, ...]:
    text = view.fields[name]
    if name == "key" and view.shown is not None:
        key_id = view.shown.form.key_id[:8] or "none"
        return (Span(f"{key_id}  "), *middle(text, 22, MUTED))
    if name == "limits" and len(text.split()) == 2:
        targets, ops = text.split()
        words = f"{targets} target{_s(targets)}, {ops} op{_s(ops)}"
        return (Span(words, is_data=True),)
    if name == "out" and not text:
        return (Span(_BY_ITS_ID, MUTED),)
    if not text:
        return (Span(glyphs.NONE, MUTED),)
    return (Span(text, is_data=True),)


def _s(number: str) -> str:
    return "" if number == "1" else "s"


def _until(view: TokenView, look: Look) -> str:
    if view.check is None or not view.check.expires_at:
        return f"at most {view.max_ttl}"
    return f"until {moment(view.check.expires_at, look.now_ns)}, at most {view.max_ttl}"


def _ttl_role(view: TokenView) -> str:
    return "warning" if _mark(view, "ttl") else MUTED


def _scope_words(view: TokenView) -> str:
    if view.shown is None or "scope" in view.faulty:
        return ""
    is_preset = view.fields["scope"].split() == list(view.shown.form.scope)
    return "exactly what the gate requires" if is_preset else ""


def _counts_words(check: ReviewCheckAnswer) -> str:
    if not check.required:
        return ""
    more = check.required - check.counts_as
    others = " Someone else must approve as well." if more > 0 else " The call may pass then."
    use = "Until it expires it is good for repeated use."
    return f"{check.counts_as} of {check.required}.{others} {use}"


def _note(look: Look, words: str, role: str = MUTED) -> list[Line]:
    return [line(look, own(LABEL_AT + 10, words, role))] if words else []


def _faults(view: TokenView, look: Look, name: str) -> list[Line]:
    """Say in the engine's words what is wrong with a field, or deserves a second look."""
    lines: list[Line] = []
    for mark, role, text in field_words(view, name):
        lines += railed(look, [artifact(text)], own(TOKEN_RAIL - 2, mark, role))
    return lines


def field_words(view: TokenView, name: str) -> list[tuple[str, str, str]]:
    """List what is wrong with a field and what deserves a second look: mark, role, words."""
    check = view.check
    faults = check.faults if check else ()
    cautions = check.cautions if check else ()
    told = [(glyphs.FAILED, "b:failed", one.text) for one in faults if one.field == name]
    told += [(glyphs.PERSON, "b:warning", one.text) for one in cautions if one.field == name]
    if name == "limits" and name in view.faulty and not told:
        text = f"limits: {view.fields[name]}, expected {view.limits_form}"
        told.append((glyphs.FAILED, "b:failed", text))
    return told


def off_words(kind: str, items: Sequence[str]) -> tuple[Span, ...]:
    """Say why a decision is off, in the status row."""
    if kind == "read_only":
        return (Span(f"This session only reads: {items[0]}."),)
    if kind == "unread":
        names = [f"{glyphs.UNREAD} {PART_NAMES.get(item, item)}" for item in items]
        return (Span(f"A is off: not every line of {_joined(names)} was shown."),)
    if kind == "faults":
        names = [FIELD_NAMES.get(item, item) for item in items]
        return (Span(f"A is off until {_joined(names)} {_is(names)} in order; c changes it."),)
    return (Span(_OFF[kind]),)


def _joined(names: Sequence[str]) -> str:
    return ", ".join(names[:-1]) + (" and " if names[:-1] else "") + names[-1]


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


# ---------------------------------------------------------------- the dialog


def approve_lines(view: TokenView, look: Look) -> list[Line]:
    """Say what a token allows and what is written for it."""
    shown, check = view.shown, view.check
    if shown is None or check is None:
        return []
    left = check.required - check.counts_as
    counts = f"{check.counts_as} of {check.required}"
    note = "someone else must approve as well" if left > 0 else "the call may pass then"
    scope = [artifact(view.fields["scope"])]
    key = f", key {shown.form.key_id[:8]}"
    until = moment(check.expires_at, look.now_ns)
    token, log = (*check.writes, "", "")[:2]
    token = token if view.fields["out"] else _BY_ITS_ID
    return [
        BLANK,
        *_call(look, "allows", shown),
        *railed(look, scope, own(2, "scope", MUTED), rail=_DIALOG_RAIL, rows=2),
        _row(look, "until", Span(f"{until}, {check.ttl} from enter on, any number of times")),
        _row(look, "signed by", Span(view.fields["approver"], is_data=True), Span(key)),
        _row(look, "", *middle(view.fields["key"], look.width - 22, MUTED)),
        _row(look, "counts as", Span(f"{counts}   "), Span(note, MUTED)),
        BLANK,
        _row(look, "will write", *middle(token, look.width - 36), Span("   mode 0600", MUTED)),
        _row(look, "will append", *middle(tidy(log, look), look.width - 22)),
        BLANK,
    ]


def deny_lines(view: TokenView, log: str, look: Look) -> list[Line]:
    """Say what a denial is and what is written for it."""
    shown = view.shown
    if shown is None:
        return []
    return [
        BLANK,
        *_call(look, "denies", shown),
        _row(look, "by", Span(view.fields["approver"], is_data=True)),
        _row(look, "then", Span("the gate goes on asking; later reviewers see this first")),
        BLANK,
        _row(look, "will append", *middle(tidy(log, look), look.width - 22)),
        BLANK,
    ]


def _call(look: Look, label: str, shown: ReviewShowAnswer) -> list[Line]:
    """Name the tool and its targets, a row each; those that have no room are counted."""
    tool = [artifact(shown.tool_name, "b:text")]
    lines = railed(look, tool, own(2, label, MUTED), rail=_DIALOG_RAIL, rows=1)
    for target in shown.targets[:_TARGETS_SHOWN]:
        text = [artifact(f"{target.operation}  {target.value}", "b:text")]
        lines += railed(look, text, rail=_DIALOG_RAIL, rows=1)
    more = len(shown.targets) - _TARGETS_SHOWN
    if more > 0:
        note = f"and {more:,} more target{_s(str(more))}, all in Args vs rule"
        lines.append(_row(look, "", Span(note, "warning")))
    return lines


_EDGES: Final = 2
"""Blank rows above and below a dialog, which it takes where it needs them."""


def asked_lines(
    head: Sequence[Line], slots: Sequence[SlotView], remark: Sequence[Line], look: Look
) -> list[Line]:
    """Lay out a dialog; without room for all, what is typed stays and the rest gives way."""
    whole = squeeze([*head, *slot_lines(slots, look), BLANK, *remark, BLANK], look)
    most = look.height + _EDGES
    if len(whole) <= most:
        return whole
    below = [*slot_lines([slot for slot in slots if slot.is_here], look), *remark]
    above = [row for row in head if row != BLANK]
    room = max(most - len(below), 1)
    if len(above) <= room:
        return [*above, *below]
    more = f"{len(above) - room + 1} more rows: a higher terminal shows them"
    return [*above[: room - 1], line(look, own(2, more, "warning")), *below]


def slot_lines(slots: Sequence[SlotView], look: Look) -> list[Line]:
    """Lay out the lines to type: what is wanted above, what was typed below."""
    lines: list[Line] = []
    for slot in slots:
        if slot.wanted:
            lines.append(_row(look, slot.label, Span(slot.wanted, "b:text"), *_for(slot)))
            lines.append(_typed(look, "", slot))
        else:
            lines.append(_typed(look, slot.label, slot))
    return lines


def _for(slot: SlotView) -> tuple[Span, ...]:
    if slot.label != "and":
        return ()
    return (Span("   for any tool" if slot.wanted == "any tool" else "   for the hazard", MUTED),)


def _typed(look: Look, label: str, slot: SlotView) -> Line:
    room = look.width - 22
    before = safe([Span(slot.before, is_data=True)], look)
    after = safe([Span(slot.after, is_data=True)], look)
    caret = [Span(glyphs.CARET, "b:accent")] if slot.is_here else []
    ok = [Span(f"   {glyphs.OK}", "b:ok")] if slot.is_whole else []
    here = [own(_DIALOG_RAIL - 2, glyphs.HERE, "b:accent")] if slot.is_here else []
    typed = (*fit([*before, *caret, *after], room), *ok)
    return line(look, own(2, label, MUTED), *here, Cell(_DIALOG_RAIL, typed))


def _row(look: Look, label: str, *parts: Span) -> Line:
    return line(look, own(2, label, MUTED), spans(_DIALOG_RAIL, *parts))


# ---------------------------------------------------------------- what came of it


def minted_lines(minted: ReviewMintAnswer, seconds_left: int, look: Look) -> list[Line]:
    """Show a token that was minted: where it is, for how long, and what the agent's side does."""
    until = moment(minted.expires_at, look.now_ns)
    minutes, seconds = divmod(seconds_left, 60)
    left = f"{minutes:,}m {seconds:02d}s left" if seconds_left else "expired"
    role = "text" if seconds_left else "failed"
    verdict = Verdict(glyphs.OK, "ok", "MINTED", f"{minted.valid} of {minted.required} given.")
    lines = verdict_line(look, verdict)
    expires = spans(15, Span(f"{left}   ", role), Span(until, MUTED))
    lines.append(line(look, own(LABEL_AT, "expires", MUTED), expires))
    lines += railed(look, [artifact(minted.token_path)], own(LABEL_AT, "token", MUTED))
    repeated = f"valid for repeated use until {until}"
    lines.append(line(look, own(LABEL_AT, "use", MUTED), own(15, repeated)))
    for command in minted.next_commands:
        label = own(LABEL_AT, "agent's", MUTED)
        lines += railed(look, [artifact(command, "b:text")], label)
    return lines


def denied_lines(denied: ReviewDenyAnswer, look: Look) -> list[Line]:
    """Show a denial that was logged."""
    sentence = "It is logged; the gate goes on asking by itself."
    lines = verdict_line(look, Verdict(glyphs.FAILED, "failed", "DENIED", sentence))
    said = [artifact(f"{denied.reviewer}  {denied.reason_code}")]
    lines += railed(look, said, own(LABEL_AT, "by", MUTED))
    log = f"{tidy(denied.log_path, look)} line {denied.log_line}"
    return [*lines, *railed(look, [artifact(log)], own(LABEL_AT, "log", MUTED))]


def failed_lines(failed: Answer, look: Look) -> list[Line]:
    """Show a decision that failed: why, and which files exist all the same."""
    sentence = "Nothing more is done. ctrl+r reads the call again."
    lines = verdict_line(look, Verdict(glyphs.FAILED, "failed", "NOT DECIDED", sentence))
    written = failed.written if isinstance(failed, ReviewMintAnswer) else ()
    exists = ", ".join(written) or "nothing"
    lines += railed(look, [artifact(exists)], own(LABEL_AT, "written", MUTED))
    return [*lines, *failure_lines(look, failed)]
