"""The list of the Runs tab: one row per runpack or session chain."""

from typing import Final, NamedTuple

from gait_engine.api.shapes import IndexRow
from gait_tui.views import glyphs
from gait_tui.views.line import MUTED, Cell, Line, Look, data, line, middle, own, right, spans
from gait_tui.views.parts import row_mark
from gait_tui.views.timetext import age

NAME_AT: Final = 5
STATE_WIDTH: Final = 13
STATES: Final = {
    "not checked": (glyphs.UNCHECKED, "unchecked"),
    "not read": (glyphs.UNCHECKED, "unchecked"),
    "changed": (glyphs.UNCHECKED, "sev_medium"),
    "intact": (glyphs.OK, "ok"),
    "damaged": (glyphs.FAILED, "failed"),
    "gone": (glyphs.NONE, "muted"),
}
_COLOURED: Final = frozenset({"damaged", "changed"})
_KINDS: Final = {"session_chain": "chain"}


class RunRow(NamedTuple):
    """What one row of the list shows."""

    artifact: IndexRow
    name: str
    at_ns: int | None
    state: str
    calls: int | None = None
    not_ok: int | None = None
    is_marked: bool = False
    is_new: bool = False
    is_current: bool = False


class Columns(NamedTuple):
    """Where columns stand or end; 0 for one that there is no room for."""

    name_end: int
    capture_at: int
    calls_end: int
    not_ok_end: int
    age_end: int
    state_at: int


def columns(look: Look) -> Columns:
    """Give each column its place; CAPTURE goes first, then NOT OK, then CALLS."""
    state_at = look.width - STATE_WIDTH
    age_end = state_at - 3
    edge = age_end - 6
    has_calls, has_not_ok, has_capture = (look.width >= width for width in (50, 60, 76))
    not_ok_end = edge if has_not_ok else 0
    edge -= 8 if has_not_ok else 0
    calls_end = edge if has_calls else 0
    edge -= 7 if has_calls else 0
    capture_at = edge - 11 if has_capture else 0
    name_end = (capture_at or edge + 1) - 2
    return Columns(name_end, capture_at, calls_end, not_ok_end, age_end, state_at)


def head(look: Look) -> Line:
    """Head the columns."""
    at = columns(look)
    cells = [own(NAME_AT, "RUN", MUTED)]
    if at.capture_at:
        cells.append(own(at.capture_at, "CAPTURE", MUTED))
    if at.calls_end:
        cells.append(right(at.calls_end, "CALLS", MUTED))
    if at.not_ok_end:
        cells.append(right(at.not_ok_end, "NOT OK", MUTED))
    return line(look, *cells, right(at.age_end, "AGE", MUTED), own(at.state_at, "STATE", MUTED))


def row(look: Look, run: RunRow) -> Line:
    """Draw one row; only its mark is coloured, and the word for what needs a person."""
    at = columns(look)
    struck = "s:" if run.state == "gone" else ""
    weight = "b:" if run.is_current else ""
    name = middle(run.name, at.name_end - NAME_AT, f"{struck}{weight}text")
    cells = [_mark(run), spans(NAME_AT, *name)]
    if at.capture_at:
        capture = run.artifact.capture_mode or _KINDS.get(run.artifact.kind, "")
        cells.append(data(at.capture_at, capture, f"{struck}{MUTED}"))
    if at.calls_end:
        cells.append(right(at.calls_end, *_number(run.calls)))
    if at.not_ok_end:
        cells.append(right(at.not_ok_end, *_number(run.not_ok)))
    cells.append(right(at.age_end, age(run.at_ns, look.now_ns), MUTED))
    return line(look, *cells, _state(at.state_at, run.state), key=run.artifact.path)


def _state(at: int, state: str) -> Cell:
    role = STATES[state][1] if state in _COLOURED else MUTED
    return own(at, state, role)


def _number(number: int | None) -> tuple[str, str]:
    if number is None:
        return glyphs.NONE, MUTED
    return f"{number:,}", "text" if number else MUTED


def _mark(run: RunRow) -> Cell:
    mark, role = STATES.get(run.state, (glyphs.UNCHECKED, "unchecked"))
    is_new = run.is_new and not run.is_current
    return row_mark(mark, role, is_marked=run.is_marked, is_new=is_new)
