"""The lines views build: text in roles, on a grid of cells. Widgets turn them into strips.

Every character passes `sanitize` here, so no view can forget it.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, TypeVar

from rich.cells import cell_len

from gait_tui.views.glyphs import CUT
from gait_tui.views.sanitize import pieces

TEXT: Final = "text"
MUTED: Final = "muted"
HIDDEN_CHAR: Final = "hidden_char"

LABEL_AT: Final = 3
VALUE_AT: Final = 15


class Look(NamedTuple):
    """What a drawing depends on besides its data."""

    width: int
    now_ns: int = 0
    ascii_only: bool = False
    height: int = 24
    home: str = ""


class Span(NamedTuple):
    """Text in one role; `b:`, `r:`, `s:`, `u:` before a role: bold, reverse, struck, underlined."""

    text: str
    role: str = TEXT
    is_data: bool = False
    """Comes from an artifact: hidden characters in it are shown, never acted upon."""


class Cell(NamedTuple):
    """Spans that begin at a column; cut before the next cell begins."""

    at: int
    spans: tuple[Span, ...]


class Ground(NamedTuple):
    """A stretch of a row on a ground of its own; `end` is not included."""

    start: int
    end: int
    role: str


class Line(NamedTuple):
    """One row of a pane, ready to paint."""

    spans: tuple[Span, ...] = ()
    grounds: tuple[Ground, ...] = ()
    key: str = ""
    """Rows with a key take the cursor."""

    @property
    def text(self) -> str:
        """The row without its roles."""
        return "".join(span.text for span in self.spans)


BLANK: Final = Line()


def own(at: int, text: str, role: str = TEXT) -> Cell:
    """Place text of ours."""
    return Cell(at, (Span(text, role),))


def data(at: int, text: str, role: str = TEXT) -> Cell:
    """Place text of an artifact."""
    return Cell(at, (Span(text, role, is_data=True),))


def spans(at: int, *parts: Span) -> Cell:
    """Place several spans, one after the other."""
    return Cell(at, parts)


def right(end: int, text: str, role: str = TEXT) -> Cell:
    """Place text of ours so that it ends before column `end`."""
    return Cell(max(end - cell_len(text), 0), (Span(text, role),))


def line(
    look: Look,
    *cells: Cell,
    ground: str = "",
    ground_at: int = 0,
    key: str = "",
    margin: int = 1,
) -> Line:
    """Lay cells out in one row; each is cut one column before the next begins.

    A `ground` reaches from `ground_at` to one column before the edge.
    """
    row: list[Span] = []
    column = 0
    for number, cell in enumerate(cells):
        follows = number + 1 < len(cells)
        end = cells[number + 1].at - 1 if follows else look.width - margin
        gap = cell.at - column
        if gap > 0:
            row.append(Span(" " * gap))
            column = cell.at
        fitting = fit(safe(cell.spans, look), end - column)
        row.extend(fitting)
        column += width_of(fitting)
    grounds = (Ground(ground_at, look.width - 1, ground),) if ground else ()
    return Line(tuple(row), grounds, key)


def safe(parts: Sequence[Span], look: Look) -> list[Span]:
    """Spell what is hidden; artifact text on an ASCII terminal is spelled whole."""
    row: list[Span] = []
    for part in parts:
        ascii_only = look.ascii_only and part.is_data
        for piece in pieces(part.text, ascii_only=ascii_only):
            role = HIDDEN_CHAR if piece.is_spelled else part.role
            row += _gap_first(Span(piece.text, role, part.is_data))
    return row


def _gap_first(span: Span) -> list[Span]:
    """Let no text begin with a space: pictures drop it there."""
    text = span.text.lstrip(" ")
    if not text or text == span.text:
        return [span]
    return [Span(span.text[: -len(text)]), span._replace(text=text)]


def width_of(parts: Sequence[Span]) -> int:
    """Count the cells that spans take."""
    return sum(cell_len(part.text) for part in parts)


def fit(parts: Sequence[Span], room: int) -> list[Span]:
    """Cut spans to a number of cells; a cut shows."""
    if width_of(parts) <= room:
        return list(parts)
    if room <= 0:
        return []
    row: list[Span] = []
    left = room - 1
    for part in parts:
        text = head(part.text, left)
        row.append(part._replace(text=text))
        left -= cell_len(text)
        if len(text) < len(part.text):
            break
    return [*row, Span(CUT, MUTED)]


def head(text: str, cells: int) -> str:
    """Return the longest beginning of a text that takes no more than so many cells."""
    if text.isascii():
        return text[: max(cells, 0)]
    end = used = 0
    for char in text:
        used += cell_len(char)
        if used > cells:
            break
        end += 1
    return text[:end]


def middle(text: str, cells: int, role: str = TEXT) -> tuple[Span, ...]:
    """Cut an identifier in its middle: both ends tell it from its neighbours."""
    if len(text) <= cells:
        return (Span(text, role, is_data=True),)
    keep = max(cells - 1, 2)
    return _parted(text[: keep - keep // 2], text[len(text) - keep // 2 :], role)


def _parted(first: str, last: str, role: str) -> tuple[Span, ...]:
    return Span(first, role, is_data=True), Span(CUT, role), Span(last, role, is_data=True)


def at_home(path: str, look: Look) -> str:
    """Spell a path with `~` for the home folder."""
    home = f"{look.home.rstrip('/')}/"
    return f"~/{path[len(home) :]}" if len(home) > 1 and path.startswith(home) else path


def short_digest(digest: str, role: str = TEXT) -> tuple[Span, ...]:
    """Show a digest as its first eight and last six digits."""
    if len(digest) <= 16:
        return (Span(digest, role, is_data=True),)
    return _parted(digest[:8], digest[-6:], role)


def wrap(text: str, cells: int) -> list[str]:
    """Break a sentence of ours between words."""
    rows = [""]
    for word in text.split(" "):
        candidate = f"{rows[-1]} {word}".strip()
        if cell_len(candidate) <= cells or not rows[-1]:
            rows[-1] = candidate
        else:
            rows.append(word)
    return rows


T = TypeVar("T")


def cut_list(entries: Sequence[T], room: int, width: Callable[[T], int]) -> list[T]:
    """Keep as many entries as fit, the last one always: what goes first stands before it."""
    kept = list(entries)
    while len(kept) > 1 and sum(map(width, kept)) - 2 > room:
        del kept[-2]
    return kept
