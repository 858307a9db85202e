"""The pieces every detail is made of: verdict line, labelled values, wells, table heads, rules."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from rich.cells import cell_len

from gait_engine.api.shapes import Answer
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    TEXT,
    VALUE_AT,
    Cell,
    Line,
    Look,
    Span,
    data,
    head,
    line,
    own,
    safe,
    spans,
    width_of,
    wrap,
)

MARK_AT: Final = 1
_hex64 = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{46}([0-9a-f]{6})\b")


class Verdict(NamedTuple):
    """What a detail says first: mark, word, one sentence."""

    mark: str
    role: str
    word: str
    sentence: str
    is_data: bool = False


def verdict_line(look: Look, verdict: Verdict) -> list[Line]:
    """Put the verdict in a row; a long sentence goes on below itself."""
    at = LABEL_AT + len(verdict.word) + 3
    rows = wrap(verdict.sentence, look.width - at - 1)
    word = (own(MARK_AT, verdict.mark, f"b:{verdict.role}"), _word(verdict))
    cells = [Cell(at, (Span(row, TEXT, verdict.is_data),)) for row in rows]
    return [line(look, *word, cells[0]), *(line(look, cell) for cell in cells[1:])]


def _word(verdict: Verdict) -> Cell:
    return own(LABEL_AT, verdict.word, f"b:{verdict.role}")


def field(
    look: Look, label: str, value: str, note: str = "", *, role: str = TEXT, at: int = VALUE_AT
) -> list[Line]:
    """Label a value of ours; what does not fit goes on below."""
    room = look.width - at - 1
    rows = wrap(value, room)
    last = rows[-1]
    lines = [
        line(look, *_labelled(label, n, own(at, row, role))) for n, row in enumerate(rows[:-1])
    ]
    cells = _labelled(label, len(rows) - 1, spans(at, Span(last, role)))
    if not note:
        return [*lines, line(look, *cells)]
    note_at = at + len(last) + 3
    if note_at + len(note) < look.width:
        return [*lines, line(look, *cells, own(note_at, note, MUTED))]
    notes = [line(look, own(at, row, MUTED)) for row in wrap(note, room)]
    return [*lines, line(look, *cells), *notes]


def marked(look: Look, mark: str, mark_role: str, label: str, value: str, note: str = "") -> Line:
    """Label a value that has a mark of its own in column 1."""
    cells = [own(MARK_AT, mark, f"b:{mark_role}"), own(LABEL_AT, label, MUTED)]
    cells.append(own(VALUE_AT, value))
    if note:
        cells.append(own(VALUE_AT + len(value) + 3, note, MUTED))
    return line(look, *cells)


def row_mark(mark: str, role: str, *, is_marked: bool, is_new: bool = False) -> Cell:
    """Set the mark of a row in its column; before it signs of a marked row and of a new one."""
    sign = Span("▪", "b:mark") if is_marked else Span(" ")
    parts = sign, Span(mark, f"b:{role}")
    return spans(1, Span(glyphs.NEW, "b:accent"), *parts) if is_new else spans(2, *parts)


def artifact_field(
    look: Look, label: str, text: str, note: str = "", *, role: str = TEXT, at: int = VALUE_AT
) -> list[Line]:
    """Label a value of an artifact; it is broken anywhere, never cut."""
    rows = broken([Span(text, role, is_data=True)], look, look.width - at - 1)
    lines = []
    for number, row in enumerate(rows):
        cells = _labelled(label, number, Cell(at, tuple(row)))
        note_at = at + width_of(row) + 3
        if note and number == len(rows) - 1 and note_at + len(note) < look.width:
            cells = (*cells, own(note_at, note, MUTED))
        # A row may end with the space it was broken at, in the column that is kept free.
        lines.append(line(look, *cells, margin=0))
    return lines


def _labelled(label: str, number: int, value: Cell) -> tuple[Cell, ...]:
    return (own(LABEL_AT, label, MUTED), value) if number == 0 and label else (value,)


def broken(parts: Sequence[Span], look: Look, room: int) -> list[list[Span]]:
    """Break spans into rows of so many cells; nothing is lost."""
    rows: list[list[Span]] = [[]]
    left = max(room, 2)
    for part in safe(parts, look):
        text = part.text
        while text:
            piece = _to_a_space(head(text, left), text)
            if not piece and rows[-1]:
                rows.append([])
                left = max(room, 2)
                continue
            piece = piece or text[0]
            rows[-1].append(part._replace(text=piece, is_data=False))
            text = text[len(piece) :]
            left = 0 if text else left - cell_len(piece)
    return rows


def _to_a_space(piece: str, text: str) -> str:
    """Break behind a space where one stands in the second half of a row."""
    space = piece.rfind(" ") + 1
    if len(piece) == len(text):
        return piece
    if text[len(piece)] == " ":
        return text[: len(piece) + 1]
    return piece[:space] if space > len(piece) // 2 else piece


def well(look: Look, rows: Sequence[Sequence[Span]], *, at: int, label: str = "") -> list[Line]:
    """Set text of an artifact apart: right of a rail, on the ground of data."""
    lines = []
    for number, row in enumerate(rows):
        cells = [own(LABEL_AT, label, MUTED)] if number == 0 and label else []
        cells += [own(at, glyphs.RAIL, "border"), Cell(at + 2, tuple(row))]
        lines.append(line(look, *cells, ground="data", ground_at=at + 1, margin=0))
    return lines


def quoted_line(look: Look, text: str) -> list[Line]:
    """Keep a pasted line in view, in one row: long digests are cut in their middle."""
    shown = text.strip()
    room = look.width - LABEL_AT - 4
    if len(shown) > room:
        shown = _hex64.sub(rf"\1{glyphs.CUT}\2", shown)
    if len(shown) > room and "=" in shown[: room - 1]:
        shown = shown[: shown.rindex("=", 0, room - 1) + 1] + glyphs.CUT
    return well(look, [[Span(shown, TEXT, is_data=True)]], at=LABEL_AT)


def heads(look: Look, *cells: tuple[int, str]) -> Line:
    """Head the columns of a table."""
    return line(look, *(own(at, text, MUTED) for at, text in cells))


def rule(look: Look, text: str, *, role: str = "border", text_role: str = MUTED) -> Line:
    """Draw a rule through a table, with a word in it."""
    before = 14
    after = look.width - LABEL_AT - before - len(text) - 3
    return line(
        look,
        spans(
            LABEL_AT,
            Span(glyphs.LIGHT * (before - 1) + " ", role),
            Span(text, text_role),
            Span(" " + glyphs.LIGHT * max(after, 0), role),
        ),
    )


def failure_lines(look: Look, failure: Answer) -> list[Line]:
    """Show the error object that the command would print."""
    lines = artifact_field(look, "error", tidy(failure.error, look))
    lines += field(look, "code", failure.error_code) if failure.error_code else []
    if failure.where:
        lines += artifact_field(look, "where", tidy(failure.where, look))
    if failure.hint:
        lines += field(look, "hint", failure.hint)
    return lines + hazard_lines(look, failure)


def tidy(text: str, look: Look) -> str:
    """Spell the home folder `~` in a text of the engine."""
    home = look.home.rstrip("/")
    return text.replace(f"{home}/", "~/") if home else text


def hazard_lines(look: Look, answer: Answer) -> list[Line]:
    """List what two careful readers could read differently."""
    lines = []
    for hazard in answer.hazards:
        at = VALUE_AT + len(hazard.code) + 3
        cells = own(MARK_AT, glyphs.HAZARD, "b:sev_high"), own(LABEL_AT, "hazard", MUTED)
        lines.append(line(look, *cells, data(VALUE_AT, hazard.code), data(at, hazard.where, MUTED)))
    return lines


def squeeze(lines: Sequence[Line], look: Look) -> list[Line]:
    """Drop the blank rows where there is no room for them."""
    if len(lines) <= look.height:
        return list(lines)
    return [row for row in lines if row != BLANK]


def count(number: int, one: str, many: str = "") -> str:
    """Count things in words: `1 call`, `1,284 calls`."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
