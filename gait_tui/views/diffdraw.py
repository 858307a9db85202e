"""A comparison as it is drawn: in two columns or one, long values cut, wrapped or slid along."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Final, NamedTuple

from rich.cells import cell_len

from gait_engine.api.shapes import DiffAnswer
from gait_tui.views import glyphs
from gait_tui.views.diff import Comparison, Item, Row, Side
from gait_tui.views.jsonview import counted
from gait_tui.views.line import (
    BLANK,
    MUTED,
    Cell,
    Ground,
    Line,
    Look,
    Span,
    head,
    line,
    middle,
    own,
    right,
    safe,
    short_digest,
    spans,
    width_of,
)
from gait_tui.views.parts import broken

SIDE_BY_SIDE: Final = 120
NUMBER_END: Final = 5
MARK_AT: Final = 6
LABEL_AT: Final = 8
VALUE_AT: Final = 10


class Form(NamedTuple):
    """How the rows are drawn: in two columns or one, values begun so many cells later."""

    side_by_side: bool
    shift: int = 0

    def edges(self, look: Look) -> tuple[tuple[int, int], ...]:
        """Return where each column begins and ends."""
        if not self.side_by_side:
            return ((0, look.width - 1),)
        return (0, divider_at(look) - 1), (divider_at(look), look.width - 1)


def _sides(row: Row, form: Form) -> tuple[Side, ...]:
    """Return what a row shows in each column."""
    item = row.item
    if item.head:
        return ()
    if form.side_by_side:
        return item.left, item.right
    return (item.right if row.side == "right" else item.left,)


def text(row: Row) -> str:
    """Return what can be read in a row."""
    sides = (row.item.left, row.item.right) if not row.side else _sides(row, Form(False))
    texts = (row.item.head, *(side.text for side in sides))
    return " ".join("".join(part.text for part in parts) for parts in texts if parts)


def wrapped(rows: Sequence[Row], look: Look, form: Form) -> list[Row]:
    """Let every row that is too long go on below itself."""
    return [part for row in rows for part in _wrapped(row, look, form)]


def _wrapped(row: Row, look: Look, form: Form) -> Iterator[Row]:
    columns = [
        broken(side.text, look, end - begin - _text_at(side) - 1)
        for side, (begin, end) in zip(_sides(row, form), form.edges(look), strict=False)
    ]
    if max(map(len, columns), default=1) == 1:
        yield row
        return
    shown = _sides(row, form)
    for number, texts in enumerate(zip_longest(*columns, fillvalue=())):
        sides = [_piece(side, text, number) for side, text in zip(shown, texts, strict=True)]
        item = row.item if number == 0 else Item(is_shared=row.item.is_shared)
        left = item.left if row.side == "right" else sides[0]
        right_side = sides[-1] if form.side_by_side or row.side == "right" else item.right
        yield row._replace(item=item._replace(left=left, right=right_side))


def _piece(side: Side, text: Sequence[Span], number: int) -> Side:
    if number == 0:
        return side._replace(text=tuple(text))
    return side._replace(text=tuple(text), position=0, is_more=True)


def overhang(row: Row, look: Look, form: Form) -> int:
    """Return by how many cells the longest value of a row is too long."""
    over = [
        width_of(safe(side.text, look)) - (end - begin - VALUE_AT - 1)
        for side, (begin, end) in zip(_sides(row, form), form.edges(look), strict=False)
        if side.is_value
    ]
    return max(over, default=0)


def draw(row: Row, look: Look, form: Form) -> Line:
    """Draw a row."""
    item = row.item
    if item.head:
        head_line = line(look, spans(3, *item.head), key="row")
        return _with_divider(head_line, look, form.side_by_side)
    if not (item.left.text or item.right.text):
        return _with_divider(BLANK, look, form.side_by_side)
    if form.side_by_side:
        return _both(item, look, form)
    ((begin, end),), (side,) = form.edges(look), _sides(row, form)
    cells, grounds = _side(side, row.side, (begin, end), look, form.shift)
    return line(look, *cells, key="row")._replace(grounds=grounds)


def divider_at(look: Look) -> int:
    """Return the column that parts the two sides."""
    return look.width // 2


def _both(item: Item, look: Look, form: Form) -> Line:
    edges = form.edges(look)
    left, left_ground = _side(item.left, "left", edges[0], look, form.shift)
    right_cells, right_ground = _side(item.right, "right", edges[1], look, form.shift)
    cells = (*left, own(divider_at(look), glyphs.RAIL, "border"), *right_cells)
    return line(look, *cells, key="row")._replace(grounds=(*left_ground, *right_ground))


def _text_at(side: Side) -> int:
    return VALUE_AT if side.is_value else LABEL_AT


def _side(
    side: Side, name: str, edges: tuple[int, int], look: Look, shift: int
) -> tuple[tuple[Cell, ...], tuple[Ground, ...]]:
    if not side.text:
        return (), ()
    begin, end = edges
    cells: list[Cell] = []
    if side.position:
        cells.append(right(begin + NUMBER_END, f"{side.position}", MUTED))
    role, mark = ("diff_add", "+") if name == "right" else ("diff_del", "-")
    if side.is_changed and not side.is_more:
        cells.append(own(begin + MARK_AT, mark, f"b:{role}"))
    at = begin + _text_at(side)
    shown = slid(side.text, look, shift) if shift and side.is_value else side.text
    cells.append(spans(at, *counted(shown, look, end - at - 1)))
    ground = (Ground(begin + MARK_AT, end, f"{role}_bg"),) if side.is_changed else ()
    return tuple(cells), ground


def slid(parts: Sequence[Span], look: Look, cells: int) -> list[Span]:
    """Leave out the first cells of a text; that they are left out shows."""
    kept: list[Span] = []
    left = cells + 1
    for part in safe(parts, look):
        gone = head(part.text, left)
        left -= cell_len(gone)
        if len(gone) < len(part.text):
            kept.append(part._replace(text=part.text[len(gone) :]))
            left = 0
    return [Span(glyphs.CUT, MUTED), *kept]


def _with_divider(drawn: Line, look: Look, side_by_side: bool) -> Line:  # noqa: FBT001
    if not side_by_side:
        return drawn
    at = divider_at(look)
    gap = at - sum(len(span.text) for span in drawn.spans)
    if gap < 1:
        return drawn
    return drawn._replace(spans=(*drawn.spans, Span(" " * gap), Span(glyphs.RAIL, "border")))


def sides_lines(comparison: Comparison, answer: DiffAnswer, look: Look) -> list[Line]:
    """Name both sides with their digests."""
    side_by_side = look.width >= SIDE_BY_SIDE
    name_width = max(len(comparison.left), len(comparison.right))
    room = (look.width // 2 if side_by_side else look.width) - 42
    at = min(name_width, max(room, 12))
    sides = (
        ("-", "diff_del", comparison.left, answer.manifest_digest_left, "base"),
        ("+", "diff_add", comparison.right, answer.manifest_digest_right, ""),
    )
    drawn = [
        (
            own(3, mark, f"b:{role}"),
            spans(5, *middle(name, at, "b:text")),
            own(5 + at + 2, base, MUTED),
            own(5 + at + 8, "manifest", MUTED),
            spans(5 + at + 17, *short_digest(digest, MUTED)),
        )
        for mark, role, name, digest, base in sides
    ]
    if not side_by_side:
        return [line(look, *cells) for cells in drawn]
    shift = divider_at(look)
    moved = [cell._replace(at=cell.at + shift) for cell in drawn[1]]
    return [line(look, *drawn[0], own(shift, glyphs.RAIL, "border"), *moved)]


def blank(look: Look) -> Line:
    """Return an empty row, parted where the sides stand side by side."""
    return _with_divider(BLANK, look, look.width >= SIDE_BY_SIDE)
