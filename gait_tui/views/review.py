"""A call under review: what stands above it, and the tabs Intent, Digests and History.

Text of an artifact stands right of a rail and nowhere else; nothing of ours does.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from gait_engine.api.shapes import DecisionNote, Notice, ReviewRow, ReviewShowAnswer
from gait_tui.views import glyphs
from gait_tui.views.jsonview import veil
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Cell,
    Line,
    Look,
    Span,
    line,
    own,
    short_digest,
    spans,
)
from gait_tui.views.parts import MARK_AT, Verdict, broken, field, tidy, verdict_line
from gait_tui.views.timetext import age, epoch_ns

RAIL_AT: Final = 13
_STATE_AT: Final = 11
_BANNER_RAIL: Final = 11
_DECISION_RAIL: Final = 27
_BANNERS_AT_MOST: Final = 0.2

MARKS: Final = {
    "met": (glyphs.OK, "b:ok"),
    "not_met": (glyphs.FAILED, "b:failed"),
    "not_constrained": (glyphs.NOT_ASKED, MUTED),
}
_VERDICTS: Final = {
    "allow": glyphs.OK,
    "block": glyphs.BLOCK,
    "require_approval": glyphs.PERSON,
    "dry_run": glyphs.DRY_RUN,
}
LEGEND: Final = (
    (glyphs.OK, "b:ok", "asked and met"),
    (glyphs.FAILED, "b:failed", "asked, not met"),
    (glyphs.NOT_ASKED, MUTED, "not constrained by the rule"),
)


def railed(
    look: Look, parts: Sequence[Span], *cells: Cell, rail: int = RAIL_AT, rows: int = 0
) -> list[Line]:
    """Set text of an artifact right of a rail, `cells` left of it; it is broken, never cut.

    Only with `rows` there are no more of them, and a cut shows.
    """
    laid_out = broken(parts, look, look.width - rail - 3) or [[]]
    if rows and len(laid_out) > rows:
        laid_out = [*laid_out[: rows - 1], [*laid_out[rows - 1][:-1], Span(glyphs.CUT, MUTED)]]
    lines = []
    for number, row in enumerate(laid_out):
        left = cells if number == 0 else ()
        set_apart = (own(rail, glyphs.RAIL, "border"), Cell(rail + 2, tuple(row)))
        lines.append(line(look, *left, *set_apart, ground="data", ground_at=rail + 1, margin=0))
    return lines


def artifact(text: str, role: str = "text") -> Span:
    """Text of an artifact."""
    return Span(text, role, is_data=True)


def facts(look: Look, label: str, *parts: Span, rail: int = RAIL_AT) -> list[Line]:
    """Label text of an artifact."""
    return railed(look, parts, own(LABEL_AT, label, MUTED), rail=rail)


# ---------------------------------------------------------------- above the tabs


def banner_lines(
    shown: ReviewShowAnswer, changed: Sequence[Notice], look: Look, height: int
) -> list[Line]:
    """Say what deceives, what keeps the call from being approved, and what else to know.

    Where that is more than a part of the height, the rest is counted: all of it stands in the
    tab Args vs rule, which has to be read.
    """
    lines = list(all_banner_lines(shown, changed, look))
    most = max(int(height * _BANNERS_AT_MOST), 2)
    if len(lines) <= most:
        return lines
    left_out = len(lines) - most + 1
    note = f"{left_out} more rows of this, in Args vs rule"
    return [
        *lines[: most - 1],
        line(look, own(MARK_AT, glyphs.HAZARD, "b:sev_high"), own(LABEL_AT, note, "b:sev_high")),
    ]


def all_banner_lines(
    shown: ReviewShowAnswer, changed: Sequence[Notice], look: Look
) -> Iterator[Line]:
    """Say all of it."""
    for danger in shown.dangers:
        yield from _banner(look, glyphs.HAZARD, "sev_high", "HAZARD", danger.text)
    for notice in changed:
        text = f"{notice.text}: {notice.where}"
        yield from _banner(look, glyphs.FAILED, "failed", "CHANGED", text)
    for notice in shown.blockers:
        yield from _banner(look, glyphs.FAILED, "failed", "OFF", notice.text)
    for notice in shown.banners:
        yield from _banner(look, glyphs.PERSON, "warning", "NOTE", notice.text)


def _banner(look: Look, mark: str, role: str, word: str, text: str) -> list[Line]:
    cells = own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, word, f"b:{role}")
    return railed(look, [artifact(tidy(text, look))], *cells, rail=_BANNER_RAIL)


def verdict_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """Say what the policy decides now, and how many approvals are given."""
    if not shown.verdict:
        return verdict_line(
            look, Verdict(glyphs.UNCHECKED, "unchecked", "NOT DECIDED", "The lines above say why.")
        )
    words = [f"{shown.valid} of {shown.required} given" if shown.required else ""]
    words += [f"risk {shown.risk_class}" if shown.risk_class in _RISKS else ""]
    words += ["destructive" if shown.destructive else ""]
    mark = _VERDICTS.get(shown.verdict, glyphs.UNCHECKED)
    role = f"verdict_{shown.verdict}" if shown.verdict in _VERDICTS else "unchecked"
    sentence = "   ".join(filter(None, words))
    word = shown.verdict.upper()
    cells = own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, word, f"b:{role}")
    return [line(look, *cells, own(LABEL_AT + len(word) + 3, sentence))]


_RISKS: Final = ("low", "medium", "high", "critical")


# ---------------------------------------------------------------- Intent


def intent_lines(shown: ReviewShowAnswer, look: Look, *, shows: bool) -> list[Line]:
    """Show the call in short: what, on what, who, where, with which arguments from where."""
    if not shown.rows:
        return [line(look, own(LABEL_AT, "The intent is not at hand: only its digest is known."))]
    lines = [row for entry in _in_short(shown, shows) for row in _entry(look, *entry)]
    lines.append(legend(look))
    lines += _below(shown, look)
    return lines


_Entry = tuple[str, str, tuple[Span, ...]]
"""A label, the state of what it labels, and the text."""


def _in_short(shown: ReviewShowAnswer, shows: bool) -> Iterator[_Entry]:  # noqa: FBT001
    by_field = {row.field: row for row in shown.rows}
    yield "tool", _state(by_field, "tool_name"), (artifact(shown.tool_name, "b:text"),)
    for number, target in enumerate(shown.targets):
        state = _worst([r for f, r in by_field.items() if f.startswith(f"targets[{number}].")])
        where = f"  {target.endpoint_domain}" if target.endpoint_domain else ""
        yield "target", state, (artifact(f"{target.operation}  {target.value}{where}"),)
    yield "agent", _state(by_field, "context.identity"), (artifact(shown.identity),)
    workspace = by_field.get("context.workspace", ReviewRow(group="", field=""))
    place = f"{workspace.value}  {shown.environment}".strip()
    yield "where", workspace.state, (artifact(place),)
    for row in shown.rows:
        _, key = split_field(row.field)
        if row.field.startswith("args") and row.change != "removed":
            yield "args", row.state, (artifact(f"{key}  ", MUTED), *value_of(row, shows=shows))
    for state, words in sources(shown):
        yield "source", state, (artifact(words),)


def sources(shown: ReviewShowAnswer) -> Iterator[tuple[str, str]]:
    """Say of each argument that has a source where it came from, and how the rule looks at that."""
    by_field = {row.field: row for row in shown.rows}
    for first in shown.rows:
        if first.group != "source" or first.change == "removed":
            continue
        stem, _, name = first.field.rpartition(".")
        if name == "source":
            told = (by_field.get(f"{stem}.{each}") for each in ("arg_path", "source", "source_ref"))
            yield first.state, "  ".join(row.value for row in told if row is not None)


def _entry(look: Look, label: str, state: str, parts: tuple[Span, ...]) -> list[Line]:
    mark, role = MARKS[state]
    return railed(look, parts, own(LABEL_AT, label, MUTED), own(_STATE_AT, mark, role))


def _state(by_field: dict[str, ReviewRow], name: str) -> str:
    row = by_field.get(name)
    return row.state if row else "not_constrained"


def _worst(rows: Sequence[ReviewRow]) -> str:
    states = {row.state for row in rows}
    return next((s for s in ("not_met", "met") if s in states), "not_constrained")


def legend(look: Look) -> Line:
    """Say what the marks mean."""
    parts: list[Span] = []
    for mark, role, words in LEGEND:
        parts += [Span(mark, role), Span(f" {words}   ", MUTED)]
    return line(look, spans(LABEL_AT, *parts))


def _below(shown: ReviewShowAnswer, look: Look) -> Iterator[Line]:
    first = shown.rules[0] if shown.rules else None
    if first is not None:
        where = f"   priority {first.priority}, {shown.policy_path}:{first.line}"
        name = artifact(shown.matched_rule)
        yield from facts(look, "rule", name, artifact(where, MUTED))
    marks = {check.name: check for check in shown.digests}
    parts: list[Span] = []
    for kind in ("intent", "policy"):
        check = marks.get(kind)
        if check is not None:
            mark, role = MARKS["met" if check.is_same else "not_met"]
            digest = short_digest(check.computed or check.traced)
            parts += [Span(f"{kind} ", MUTED), Span(mark, role), Span(" "), *digest, Span("   ")]
    yield line(look, own(LABEL_AT, "digests", MUTED), spans(RAIL_AT + 2, *parts))
    notes = shown.history[:2]
    if notes:
        said = "   ".join(_in_one(note, look) for note in notes)
        yield from facts(look, "history", artifact(f"{len(shown.history)} earlier   {said}"))
    else:
        yield line(look, own(LABEL_AT, "history", MUTED), own(RAIL_AT + 2, "none", MUTED))


def _in_one(note: DecisionNote, look: Look) -> str:
    verb = "approved" if note.event == "minted" else note.event
    return f"{verb} {age(epoch_ns(note.at), look.now_ns)} ago by {note.reviewer}"


def split_field(path: str) -> tuple[str, str]:
    """Part the path of a field: ours, and the keys that the writer of the intent made up."""
    for free in ("auth_context", "args"):
        head, found, tail = path.partition(free)
        is_whole = not head or head.endswith(".")
        if found and is_whole and tail[:1] in {".", "["}:
            return head + found, tail.removeprefix(".")
    return path, ""


def value_of(row: ReviewRow, *, shows: bool) -> tuple[Span, ...]:
    """Show the value of a field; one that looks like a secret only when asked to."""
    if row.is_secret and not shows:
        return (veil(row.value),)
    return (artifact(row.value),)


# ---------------------------------------------------------------- Digests, History


def digest_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """Hold every digest that was computed anew against the one of the trace, both whole."""
    lines: list[Line] = []
    for check in shown.digests:
        mark, role = MARKS["met" if check.is_same else "not_met"]
        word = "same" if check.is_same else "differs"
        lines.append(
            line(look, own(MARK_AT, mark, role), own(LABEL_AT, check.name), own(12, word, MUTED))
        )
        lines += facts(look, "computed", artifact(check.computed or glyphs.NONE))
        lines += facts(look, "trace", artifact(check.traced or glyphs.NONE))
    lines.append(BLANK)
    signature = _SIGNATURES.get(shown.trace_signature, "no trace at hand")
    lines += field(look, "signed", signature)
    for label, text in (
        ("file", shown.trace_path),
        ("trace id", shown.trace_id),
        ("observed", shown.observed_at),
        ("intent", shown.intent_path),
        ("policy", shown.policy_path),
        ("computed", shown.evaluated_at),
        ("log", shown.log_path),
    ):
        lines += facts(look, label, artifact(tidy(text, look) or glyphs.NONE))
    for claim in shown.ignored_claims:
        lines += facts(look, "ignored", artifact(f"{claim.field}  {claim.value}"))
    for unread in shown.unread:
        text = f"{unread.path}: {unread.error} ({unread.error_code})"
        lines += facts(look, "not read", artifact(tidy(text, look)))
    return lines


_SIGNATURES: Final = {
    "none": "the trace is not signed",
    "not_checked": "the signature of the trace is not checked: no key for it was named",
    "verified": "the signature of the trace verifies",
    "failed": "the signature of the trace does not verify",
}


def history_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """List what people decided about this tool, and the tokens at hand for this call."""
    return [*decision_lines(shown, look), BLANK, *token_lines(shown, look)]


def decision_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """List what people decided about this tool."""
    lines = [line(look, own(LABEL_AT, "decisions on this tool, newest first", MUTED))]
    for note in shown.history:
        mark, role = (glyphs.OK, "b:ok") if note.event == "minted" else (glyphs.FAILED, "b:failed")
        verb = "approved" if note.event == "minted" else "denied"
        which = "this call" if note.is_same_call else "another"
        ago = age(epoch_ns(note.at), look.now_ns)
        cells = own(MARK_AT, mark, role), own(LABEL_AT, f"{verb} {which}  {ago}")
        told = (note.reviewer, note.reason_code, note.target, note.note)
        text = artifact("  ".join(filter(None, told)))
        lines += railed(look, [text], *cells, rail=_DECISION_RAIL)
    if not shown.history:
        lines.append(line(look, own(LABEL_AT, "None in the review log.")))
    return lines


def token_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """List the tokens at hand for this call, and which of them count."""
    lines = [line(look, own(LABEL_AT, "tokens at hand for this call", MUTED))]
    for token in shown.tokens:
        mark, role = MARKS["met" if token.valid else "not_met"]
        word = "counts" if token.valid else "not"
        said = f"{token.token_id[:8]}  {token.approver_identity}  until {token.expires_at}"
        code = f"  {token.error_code}" if token.error_code else ""
        cells = own(MARK_AT, mark, role), own(LABEL_AT, word)
        lines += railed(look, [artifact(said + code)], *cells)
    if not shown.tokens:
        words = "None." if shown.tokens_checked else "Not counted: no key to check them with."
        lines.append(line(look, own(LABEL_AT, words)))
    return lines
