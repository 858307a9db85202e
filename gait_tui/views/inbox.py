"""The Inbox tab: one row per thing that needs a person, and what is known of it."""

from typing import Final, NamedTuple

from gait_engine.api.shapes import InboxAnswer, InboxItem
from gait_tui.models.inbox import InboxRow
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Line,
    Look,
    Span,
    line,
    own,
    right,
    short_digest,
    spans,
)
from gait_tui.views.pages import searched_lines, unread_lines
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    failure_lines,
    field,
    row_mark,
    verdict_line,
)
from gait_tui.views.severity import severity
from gait_tui.views.timetext import age, instant

MARKS: Final = {
    "verify": (glyphs.FAILED, "failed"),
    "approval": (glyphs.PERSON, "verdict_require_approval"),
    "trace": (glyphs.BLOCK, "verdict_block"),
    "regress": (glyphs.FAILED, "failed"),
    "unread": (glyphs.UNCHECKED, "unchecked"),
    "session": (glyphs.PERSON, "sev_low"),
}
"""The mark of each kind and its role; a family has that of its severity."""
_FAMILY: Final = ("◆", "sev_high")
KINDS: Final = ("verify", "approval", "trace", "family", "regress", "unread", "session")
_TRACE_SHORT: Final = 12


def mark_of(row: InboxRow) -> tuple[str, str]:
    """Return the mark of an item, and the role of the mark."""
    shown = severity(row.item.severity)
    return MARKS.get(row.item.kind, (shown.mark, shown.role))


def kind_mark(kind: str) -> tuple[str, str]:
    """Return the mark of a kind, and the role of the mark."""
    return MARKS.get(kind, _FAMILY)


# ---------------------------------------------------------------- list


def head(look: Look, *, is_grouped: bool) -> Line:
    """Head the columns; under heads of groups the severity needs none."""
    kind_at = 5 if is_grouped else 11
    cells = [] if is_grouped else [own(5, "SEV", MUTED)]
    cells += [own(kind_at, "KIND", MUTED), own(kind_at + 10, "WHAT", MUTED)]
    return line(look, *cells, right(look.width - 1, "AGE", MUTED))


class State(NamedTuple):
    """What a row of the list is beside its item."""

    is_current: bool = False
    is_marked: bool = False
    is_new: bool = False
    is_gone: bool = False


def item_line(look: Look, row: InboxRow, state: State, *, is_grouped: bool) -> Line:
    """Draw an item; its mark and its severity are coloured."""
    item = row.item
    shown, (mark, role) = severity(item.severity), mark_of(row)
    text = f"{'s:' * state.is_gone}{'b:' * state.is_current}text"
    kind_at = 5 if is_grouped else 11
    is_new = state.is_new and not state.is_current
    cells = [row_mark(mark, role, is_marked=state.is_marked, is_new=is_new)]
    if not is_grouped:
        weight = "b:" * (item.severity == "critical")
        cells.append(own(5, shown.word, f"{weight}{shown.role}"))
    cells += [
        own(kind_at, item.kind, text),
        spans(kind_at + 10, *_what(item, text)),
        right(look.width - 1, "gone" if state.is_gone else age(row.at_ns, look.now_ns), MUTED),
    ]
    return line(look, *cells, key=row.key)


def _what(item: InboxItem, role: str) -> tuple[Span, ...]:
    """Tell the sign before a number, which is ours, from what others have written."""
    before, sign, after = item.what.partition(f"{glyphs.TIMES}{item.count:,}")
    if item.kind not in {"family", "trace"} or not sign:
        return (Span(item.what, role, is_data=True),)
    return Span(before, role, is_data=True), Span(sign, role), Span(after, role, is_data=True)


def group_line(level: str, number: int, look: Look) -> Line:
    """Head a group of one severity."""
    return line(look, spans(LABEL_AT, Span(f"{level} {number:,}", MUTED)))


def nothing_lines(
    answer: InboxAnswer | None, look: Look, *, is_stopped: bool = False
) -> list[Line]:
    """Say that nothing needs a person, or that nothing was found at all.

    Of a reading that was stopped neither is known.
    """
    if is_stopped:
        sentence = "Not everything was read: what needs a person is not known."
        verdict = Verdict(glyphs.UNCHECKED, "unchecked", "STOPPED", sentence)
        return [BLANK, *verdict_line(look, verdict)]
    if answer is None or not answer.artifacts:
        roots = answer.roots if answer else ()
        wanted = "Runs, traces, approvals and packs that need a person appear here,"
        return searched_lines(roots, look, "artifact", wanted, "the worst first.")
    verdict = Verdict(glyphs.OK, "ok", "CLEAR", f"{unneeded(answer)}")
    return [BLANK, *verdict_line(look, verdict), *_not_known(answer, look)]


def unneeded(answer: InboxAnswer) -> str:
    """Count in a sentence what is in no item."""
    rest = answer.unneeded
    more = " more" if answer.items else ""
    return f"{rest:,}{more} artifact{'s' * (rest != 1)} need{'s' * (rest == 1)} no one."


def _not_known(answer: InboxAnswer, look: Look) -> list[Line]:
    if answer.tokens_checked or not answer.answered_unverified:
        return []
    said = count(answer.answered_unverified, "call")
    return field(look, "not checked", f"{said} answered by the word of a trace")


# ---------------------------------------------------------------- details


def failed_answer(outcome: "Outcome[InboxAnswer]", look: Look) -> list[Line]:
    """Say why the inbox could not be made: the engine's words."""
    verdict = Verdict(glyphs.FAILED, "failed", "NOT MADE", "What needs a person is not known.")
    lines = [BLANK, *verdict_line(look, verdict), BLANK]
    return lines + (failure_lines(look, outcome.failure) if outcome.failure else [])


def item_page(row: InboxRow, look: Look) -> list[Line]:
    """Say what is known of an item without opening its files."""
    item = row.item
    lines = [*verdict_line(look, _verdict(row)), BLANK]
    for label, value in (
        ("tool", item.tool_name),
        ("agent", item.identity),
        ("session", item.session_id),
        ("run", item.run_id),
        ("fixture set", item.fixture_set),
        ("reason", item.reason),
        ("code", item.error_code),
        ("where", item.where),
    ):
        lines += artifact_field(look, label, value) if value else []
    lines += field(look, "since", instant(str(item.at)), f"{age(row.at_ns, look.now_ns)} ago")
    lines += _digests(row, look)
    return lines + files_part(row, look)


def _verdict(row: InboxRow) -> Verdict:
    mark, role = mark_of(row)
    words = {
        "approval": ("REQUIRE_APPROVAL", "The call waits for a person."),
        "trace": ("BLOCKED", "The gate refused the call."),
        "session": ("OPEN", "Its newest events are in no checkpoint."),
        "regress": ("FAILED", "A grader of this fixture set failed."),
        "verify": ("DAMAGED", "It is not what was recorded."),
    }
    word, sentence = words.get(row.item.kind, (row.item.severity.upper(), row.item.what))
    return Verdict(mark, role, word, sentence)


def _digests(row: InboxRow, look: Look) -> list[Line]:
    lines = []
    for label, digest in (
        ("intent", row.item.intent_digest),
        ("policy", row.item.policy_digest),
    ):
        if digest:
            shown = spans(15, *short_digest(digest, MUTED))
            lines.append(line(look, own(LABEL_AT, label, MUTED), shown))
    return lines


def files_part(row: InboxRow, look: Look) -> list[Line]:
    """Name the files an item is about."""
    item = row.item
    lines = [BLANK]
    for number, path in enumerate(item.paths):
        lines += artifact_field(look, "" if number else "file", path)
    left = max(item.count - len(item.paths), 0)
    return lines + (field(look, "", f"and {left:,} more", role=MUTED) if left else [])


def unread_page(row: InboxRow, look: Look) -> list[Line]:
    """Show the engine's error object of a file that cannot be read."""
    if row.artifact is None:
        return item_page(row, look)
    return unread_lines(row.artifact, None, look)


def title_facts(row: InboxRow) -> list[Span]:
    """Say beside the name what kind of item it is."""
    item = row.item
    facts = [Span(item.kind, MUTED)]
    if item.trace_id:
        facts.append(Span(f" {item.trace_id[:_TRACE_SHORT]}", MUTED, is_data=True))
    if item.kind == "trace" and item.count > 1:
        facts.append(Span(f", the newest of {item.count:,}", MUTED))
    return facts


def name_of(row: InboxRow) -> str:
    """Name an item: by the run, the tool, the family, the session or the file."""
    item = row.item
    named = {
        "approval": item.tool_name,
        "trace": item.tool_name,
        "family": item.family_id,
        "session": item.session_id,
        "regress": item.fixture,
        "verify": item.session_id or item.run_id,
    }
    return named.get(item.kind) or row.path.rpartition("/")[2] or item.kind
