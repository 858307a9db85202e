"""Rows of any list in the columns that a person chose: their places, heads and cells."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gait_tui.views import glyphs
from gait_tui.views.line import (
    MUTED,
    Cell,
    Line,
    Look,
    Span,
    line,
    own,
    right,
    short_digest,
    width_of,
)
from gait_tui.views.severity import SEVERITIES, severity
from gait_tui.views.timetext import age, clock

FIRST_AT: Final = 5
_GAP: Final = 2
_LEAST: Final = 8
_GONE: Final = "gone"
_WIDTHS: Final = {
    "severity": 8,
    "kind": 9,
    "verdict": 18,
    "observed": 9,
    "state": 11,
    "status": 7,
    "signature": 9,
    "capture": 9,
    "trace": 12,
    "intent": 15,
    "policy": 15,
    "scope": 8,
    "schema": 6,
    "exit_code": 9,
    "trajectory": 10,
    "diff": 4,
    "context": 7,
}
"""The cells of columns that need no more than so many; the others share what is left."""
_RIGHT: Final = {"age": 4, "calls": 5, "not_ok": 6, "score": 5, "runs": 4}
"""The cells of columns that end below the end of their heads."""
_SENTENCES: Final = {"what": 4, "says": 4, "path": 3, "reason": 2, "target": 2}
"""How many shares of what is left a column gets that needs more than one."""
_DIGESTS: Final = frozenset({"intent", "policy"})


class Place(NamedTuple):
    """A column, where it begins and how many cells it has."""

    name: str
    at: int
    width: int


def places(names: Sequence[str], look: Look) -> list[Place]:
    """Give each column its place; where there is no room for all the last are left out."""
    kept, room = list(names), look.width - 1 - FIRST_AT
    while len(kept) > 1 and _needed(kept) > room:
        kept.pop()
    weights = sum(_weight(name) for name in kept)
    spare = room - _needed(kept)
    found, at = [], FIRST_AT
    for name in kept:
        width = _width(name)
        if not width:
            share = spare * _weight(name) // weights
            width, spare, weights = _LEAST + share, spare - share, weights - _weight(name)
        found.append(Place(name, at, width))
        at += width + _GAP
    return found


def _width(name: str) -> int:
    return _WIDTHS.get(name, 0) or _RIGHT.get(name, 0)


def _weight(name: str) -> int:
    return 0 if _width(name) else _SENTENCES.get(name, 1)


def _needed(names: Sequence[str]) -> int:
    return sum((_width(name) or _LEAST) + _GAP for name in names) - _GAP


def head(names: Sequence[str], look: Look) -> Line:
    """Head the columns."""
    cells = []
    for place in places(names, look):
        text = place.name.upper().replace("_", " ")
        is_right = place.name in _RIGHT
        end = place.at + place.width
        cells.append(right(end, text, MUTED) if is_right else own(place.at, text, MUTED))
    return line(look, *cells)


class Row(NamedTuple):
    """What is known of a row beside its cells: its time, and how it stands in the list."""

    key: str
    at_ns: int | None
    is_current: bool = False
    is_gone: bool = False


def row_line(
    usual: Line,
    row: Row,
    names: Sequence[str],
    cells: Mapping[str, tuple[Span, ...]],
    look: Look,
) -> Line:
    """Draw a row in chosen columns; its marks are those of the `usual` drawing."""
    shown = places(names, look)
    drawn: list[Cell] = [Cell(0, _marks(usual))]
    for place in shown:
        parts = cells.get(place.name) or ()
        if row.is_gone and place is shown[-1]:
            parts = (Span(_GONE, MUTED),)
        flags = f"{'s:' * (row.is_gone and place is not shown[-1])}{'b:' * row.is_current}"
        parts = tuple(
            part._replace(role=f"{flags}{part.role}" if part.role == "text" else part.role)
            for part in parts
        )
        at = place.at
        if place.name in _RIGHT:
            at = max(place.at + place.width - width_of(parts), place.at)
        drawn.append(Cell(at, parts))
    return line(look, *drawn, key=row.key)


def _marks(usual: Line) -> tuple[Span, ...]:
    """Return what a row shows in the columns of the marks."""
    kept: list[Span] = []
    for part in usual.spans:
        room = FIRST_AT - 1 - width_of(kept)
        if room <= 0:
            break
        if width_of([part]) > room:
            kept += [Span(part.text[:room], part.role)] if part.text.isspace() else []
            break
        kept.append(part._replace(is_data=False))
    return tuple(kept)


def cell(name: str, text: str, at_ns: int | None, look: Look) -> tuple[Span, ...]:
    """Return what stands in a column for a text of the row, or for its time."""
    if name == "age":
        return (Span(age(at_ns, look.now_ns), MUTED),)
    if name == "observed":
        return (Span(clock(at_ns) if at_ns is not None else glyphs.NONE, MUTED),)
    if name == "severity" and text in SEVERITIES:
        return (Span(text, severity(text).role),)
    if name == "verdict" and text in glyphs.VERDICTS:
        mark, role = glyphs.VERDICTS[text]
        return Span(f"{mark} ", f"b:{role}"), Span(text)
    if name in _DIGESTS and text:
        return short_digest(text, MUTED)
    return (Span(text or glyphs.NONE, "text" if text else MUTED, is_data=bool(text)),)
