"""The rows of a list as its table shows them: items, and what stands between groups of them."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from gait_tui.models.rowstore import Item
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, LABEL_AT, Line, Look, line, own
from gait_tui.widgets.vtable import VTable

if TYPE_CHECKING:
    from gait_tui.panes.listing import Listing

R = TypeVar("R", bound=Item)


class Anchor(NamedTuple):
    """An item of a list: its key, its row number, and which item it is."""

    key: str
    row: int
    place: int


class ListRows(Generic[R]):
    """The visible rows of a list; where the group changes, its heading stands between."""

    def __init__(self, listing: "Listing[R]") -> None:
        self.listing = listing
        self._keys = listing.store.visible
        self._headings = _headings(listing)
        self._at = list(self._headings)

    def __len__(self) -> int:
        return len(self._keys) + len(self._at)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        if row in self._headings:
            heading = self._headings[row]
            return self.listing.heading_line(heading, look) if heading else BLANK
        return self.listing.line_here(self.listing.store.rows[self.key(row)], look)

    def key(self, row: int) -> str:
        """Name a row; a heading takes no cursor."""
        return "" if row in self._headings else self._keys[self.place_of(row)]

    def first_item(self, row: int) -> Anchor:
        """Return the first item from a row on; at the end the last."""
        row = min(row, len(self) - 1)
        step = next((n for n in range(row, len(self)) if self.key(n)), row)
        return Anchor(self.key(step), step, self.place_of(step))

    def place_of(self, row: int) -> int:
        """Return which item a row is."""
        return row - bisect_left(self._at, row)

    def row_of(self, place: int) -> int:
        """Return the row number of the n-th item."""
        above = bisect_right(range(len(self._at)), place, key=lambda n: self._at[n] - n)
        return place + above if place >= 0 else place


def _headings(listing: "Listing[R]") -> dict[int, str]:
    """Return what stands between the rows, by row number; a group stands together."""
    store = listing.store
    if not listing.is_grouping:
        return {}
    headings: dict[int, str] = {}
    visible, rows, place = store.visible, store.rows, 0
    while place < len(visible):
        heading = listing.heading(rows[visible[place]])
        if heading:
            row = place + len(headings)
            if place and listing.has_gaps:
                headings[row] = ""
                row += 1
            headings[row] = heading
        place = bisect_left(
            range(len(visible)),
            True,
            lo=place,
            key=lambda at: listing.heading(rows[visible[at]]) != heading,
        )
    return headings


class ListTable(VTable):
    """The rows under their column heads; tells at once which of them the cursor goes to."""

    def __init__(self, take_cursor: Callable[[int], object], *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self._take_cursor = take_cursor

    def put_cursor(self, row: int) -> None:
        """Put the cursor on a row."""
        super().put_cursor(row)
        self._take_cursor(row)

    def head(self, look: Look) -> Line | None:
        """Head the columns; a page that is no list has none."""
        return self.source.listing.head_here(look) if isinstance(self.source, ListRows) else None

    def notice(self, look: Look) -> Line | None:
        """Tell of rows that came above those in view."""
        source = self.source
        if not isinstance(source, ListRows) or not source.listing.above or not self.top:
            return None
        number = min(source.listing.above, source.first_item(self.top).place)
        words = own(LABEL_AT, f"{number:,} new above", "b:text")
        return line(look, own(1, glyphs.NEW, "b:accent"), words) if number else None
