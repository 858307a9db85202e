"""JSON on the screen: coloured tokens, long values counted instead of lost, secrets veiled."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from gait_tui.views.jsontext import JsonRow, plain, rows
from gait_tui.views.line import MUTED, Line, Look, Span, fit, line, safe, spans, width_of
from gait_tui.views.parts import broken

INDENT: Final = 2
_secret = re.compile(
    r"pass(?:word|wd|phrase)?$|secret|token$|api_?key|private_?key|credential|authorization|cookie",
    re.IGNORECASE,
)
_PLAIN: Final = frozenset({"true", "false", "null", '""'})


def value_rows(text: str, look: Look, room: int, *, shows: bool) -> list[Sequence[Span]]:
    """Lay out a JSON value in so many cells; what is left out is counted."""
    shown = rows(text) if shows else [veiled(row) for row in rows(text)]
    return [counted([Span(" " * (row.depth * INDENT)), *row.spans], look, room) for row in shown]


def document(given: JsonRow, look: Look, *, shows: bool) -> Line:
    """Draw one row of a JSON document."""
    row = given if shows else veiled(given)
    cells = [Span(" " * (row.depth * INDENT)), *row.spans]
    return line(look, spans(5, *counted(cells, look, look.width - 7)), ground="data", ground_at=4)


def wrapped(laid_out: Iterable[JsonRow], look: Look, *, shows: bool) -> list[Line]:
    """Draw a JSON document whole: a long row goes on below itself."""
    lines = []
    for given in laid_out:
        row = given if shows else veiled(given)
        at = 5 + row.depth * INDENT
        for part in broken(row.spans, look, max(look.width - at - 2, 8)):
            shown = spans(at, *part)
            lines.append(line(look, shown, ground="data", ground_at=4, margin=0))
    return lines


def veiled(row: JsonRow) -> JsonRow:
    """Hide the value of a member whose name says secret; its length stays visible."""
    names = [part.text for part in row.spans]
    if ":" not in names:
        return row
    colon = names.index(":")
    value = colon + 2
    if value >= len(names) or not looks_secret(names[0].strip('"')):
        return row
    if names[value] in _PLAIN or names[value] in "{[":
        return row
    return JsonRow(row.depth, (*row.spans[:value], veil(names[value]), *row.spans[value + 1 :]))


def looks_secret(name: str) -> bool:
    """Tell the name of a member that should not be shown by accident."""
    return _secret.search(name) is not None


def veil(text: str) -> Span:
    """Stand in for a value that is not shown."""
    return Span(f"•••• (len {len(plain(text)):,})", MUTED)


def counted(parts: Sequence[Span], look: Look, room: int) -> Sequence[Span]:
    """Cut a row; a cut tells how many characters are left out."""
    whole = safe(parts, look)
    if width_of(whole) <= room:
        return parts
    length = sum(len(part.text) for part in whole)
    note = f"{length:,}"
    kept = fit(whole, max(room - len(note) - 5, 8))[:-1]
    left_out = length - sum(len(part.text) for part in kept)
    return [*kept, Span(f" …(+{left_out:,})", MUTED)]
