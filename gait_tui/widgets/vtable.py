"""A list or a text of any length, of which only the rows in view are ever drawn."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple, Protocol, runtime_checkable

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from gait_tui.keys import BY_ID
from gait_tui.views.line import BLANK, Line, Look
from gait_tui.views.search import marked, next_row
from gait_tui.widgets.base import Painted
from gait_tui.widgets.paint import Palette

_MOVES = {
    "down": "step(1)",
    "up": "step(-1)",
    "half_down": "half(1)",
    "half_up": "half(-1)",
    "page_down": "page(1)",
    "page_up": "page(-1)",
    "first": "first",
    "last": "last",
    "open": "choose",
}
WHEEL_ROWS = 3
MOST_SEARCHED = 2_000
"""Rows that one step of a search looks at: a longer search would hold up the keys."""
MOST_KEPT = 1_000
"""Rows that are kept as they were painted, so that they need not be again."""
_ENDLESS = 100_000


def _bindings() -> list[BindingType]:
    return [Binding(",".join(BY_ID[name].keys), action, id=name) for name, action in _MOVES.items()]


class Source(Protocol):
    """Rows by number; a row without a key takes no cursor."""

    def __len__(self) -> int: ...

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        ...

    def key(self, row: int) -> str:
        """Name a row."""
        ...


@runtime_checkable
class Readable(Protocol):
    """Rows that say what is to be searched in them, however they are drawn."""

    def text(self, row: int) -> str:
        """Return the text of a row."""
        ...


Page = Callable[[Look], Sequence[Line]]
"""Lays a text out for a look."""


class Lines:
    """A text that is already laid out, as a source."""

    def __init__(self, lines: Sequence[Line] = ()) -> None:
        self.lines = lines

    def __len__(self) -> int:
        return len(self.lines)

    def line(self, row: int, look: Look) -> Line:
        """Return a row as it is."""
        del look
        return self.lines[row]

    def key(self, row: int) -> str:
        """Name a row."""
        return self.lines[row].key


class _Kept(NamedTuple):
    """What was painted of a row, and with which colours."""

    line: Line
    palette: Palette
    strip: Strip


class VTable(Painted, can_focus=True):
    """Draws the rows in view, moves a cursor over those that have a key, scrolls the rest."""

    BINDINGS: ClassVar[list[BindingType]] = _bindings()

    class Moved(Message):
        """The cursor is on another row."""

        def __init__(self, table: "VTable", row: int) -> None:
            super().__init__()
            self.table, self.row = table, row

        @property
        def control(self) -> "VTable":
            """The table."""
            return self.table

    class Chosen(Moved):
        """A row was opened."""

    class Reflowed(Message):
        """The text takes another number of rows in the new width."""

    def __init__(self, *, id: str | None = None, highlight: bool = True) -> None:  # noqa: A002
        super().__init__(id=id)
        self.source: Source = Lines()
        self._page: Page | None = None
        self.cursor = -1
        self.top = 0
        self.highlight = highlight
        self._drawn: dict[int, Line] = {}
        self._strips: dict[int, _Kept] = {}
        self._painting: tuple[Look, Sequence[Line]] = Look(0), ()
        self._head: Line | None = None
        self.needle = ""
        """What is searched for, in lower case."""
        self.found = -1
        self.left = 0
        """How many cells are scrolled out of view on the left."""

    def head(self, look: Look) -> Line | None:
        """Return the row that stays on top of the others; a list overrides this."""
        del look
        return None

    def notice(self, look: Look) -> Line | None:
        """Return a second row that stays on top; a list tells there what is out of view."""
        del look
        return None

    def _heads(self, look: Look) -> list[Line]:
        return [row for row in (self.head(look), self.notice(look)) if row is not None]

    def show_page(self, page: Page, *, keep_place: bool = False) -> None:
        """Show a text; it is laid out again whenever the width changes."""
        cursor = self.cursor if keep_place and self.cursor >= 0 else None
        self.show(Lines(page(self.look)), cursor=cursor, keep_top=keep_place)
        self._page = page

    def show(self, source: Source, *, cursor: int | None = None, keep_top: bool = False) -> None:
        """Show other rows; the cursor goes to the given row, or the first that takes one."""
        self._page = None
        self.source = source
        self.found, self.left = (self.found, self.left) if keep_top else (-1, 0)
        self.top = self.top if keep_top else 0
        self.cursor = self._near(0, 1) if cursor is None else min(cursor, len(source) - 1)
        self._clamp()
        self._bring_into_view()
        self.redraw()

    def redraw(self) -> None:
        """Draw every row again."""
        self._drawn.clear()
        self._strips.clear()
        self.refresh()

    def forget(self, *rows: int) -> None:
        """Lay rows out again the next time they are painted."""
        for row in rows:
            self._drawn.pop(row, None)
            self._refresh_row(row)

    def redraw_changed(self) -> None:
        """Draw the rows in view again whose text is another by now: times go on."""
        look = self.look
        for row, before in list(self._drawn.items()):
            y = row - self.top + self._head_rows()
            if not self._head_rows() <= y < look.height or row >= len(self.source):
                del self._drawn[row]
                self._strips.pop(row, None)
            elif marked(self.source.line(row, self._wider(look)), self.needle) != before:
                del self._drawn[row]
                self.refresh(Region(0, y, look.width, 1))

    def render_lines(self, crop: Region) -> list[Strip]:
        """Paint some rows of the widget; what all of them need is looked up once."""
        if len(self._drawn) > MOST_KEPT:
            self._drawn.clear()
            self._strips.clear()
        look = self.look
        self._painting = look, self._heads(look)
        return super().render_lines(crop)

    def render_line(self, y: int) -> Strip:
        """Paint one row of the widget."""
        look, heads = self._painting
        if y < len(heads):
            return self.palette.strip(heads[y], look.width)
        row = y - len(heads) + self.top
        if not 0 <= row < len(self.source):
            return self.palette.strip(BLANK, look.width)
        drawn = self._drawn.get(row)
        if drawn is None:
            drawn = marked(self.source.line(row, self._wider(look)), self.needle)
            self._drawn[row] = drawn
        is_here = row == self.cursor and bool(drawn.key)
        if self.left:
            strip = self.palette.strip(drawn, look.width + self.left)
            return strip.crop(self.left, self.left + look.width)
        if not is_here:
            return self._strip(row, drawn, look.width)
        ground = "background"
        if self.highlight:
            ground = "selection" if self.has_focus else "selection_blur"
        return self.palette.strip(drawn, look.width, ground=ground, has_cursor=True)

    def _strip(self, row: int, drawn: Line, width: int) -> Strip:
        """Paint a row, or take what was painted of it: it may be further up or down by now."""
        kept, palette = self._strips.get(row), self.palette
        wanted = drawn, palette, width
        if kept is None or (kept.line, kept.palette, kept.strip.cell_length) != wanted:
            kept = self._strips[row] = _Kept(drawn, palette, palette.strip(drawn, width))
        return kept.strip

    def on_resize(self) -> None:
        """Keep the cursor in view; rows are laid out for the new width."""
        if self._page is not None:
            rows = len(self.source)
            self.source = Lines(self._page(self.look))
            if len(self.source) != rows:
                self.post_message(self.Reflowed())
            self.cursor = min(self.cursor, len(self.source) - 1)
            self.cursor = self._near(0, 1) if self.cursor < 0 else self.cursor
        self._clamp()
        self._bring_into_view()
        self.redraw()

    def on_focus(self) -> None:
        """Show the cursor of a pane that has the focus."""
        self._refresh_row(self.cursor)

    def on_blur(self) -> None:
        """Show the cursor of a pane that has lost the focus."""
        self._refresh_row(self.cursor)

    @property
    def room(self) -> int:
        """How many rows fit."""
        return max(self.size.height - self._head_rows(), 1)

    def move_to(self, row: int) -> None:
        """Put the cursor on a row and tell."""
        if row == self.cursor or not 0 <= row < len(self.source):
            return
        before, top = self.cursor, self.top
        self.put_cursor(row)
        if self.top != top:
            self.refresh()
        else:
            self._refresh_row(before)
            self._refresh_row(row)
        self.post_message(self.Moved(self, row))

    def put_cursor(self, row: int) -> None:
        """Put the cursor on a row, and the row into view."""
        self.cursor = row
        self._bring_into_view()

    def scroll_by(self, rows: int) -> None:
        """Move the view without the cursor."""
        top = self.top
        self.top += rows
        self._clamp()
        if self.top != top:
            self.refresh()

    def _wider(self, look: Look) -> Look:
        return look._replace(width=look.width + self.left) if self.left else look

    def slide(self, cells: int) -> bool:
        """Scroll sideways, as far as the rows in view reach; tell whether that changed anything."""
        if self._page is not None:
            return False
        endless = self.look._replace(width=_ENDLESS)
        rows = range(self.top, min(self.top + self.room, len(self.source)))
        texts = (self.source.line(row, endless).text.rstrip() for row in rows)
        widest = max((cell_len(text) for text in texts), default=0)
        left = min(max(self.left + cells, 0), max(widest + 2 - self.size.width, 0))
        is_moved = left != self.left
        self.left = left
        if is_moved:
            self.redraw()
        return is_moved

    def seek(self, wanted: str) -> None:
        """Mark every place where a text stands."""
        self.needle, self.found = wanted.casefold(), -1
        self.redraw()

    def go_to_match(self, step: int, *, here: bool = False) -> bool:
        """Go to the next row that has the text; `here` begins with the row at hand."""
        at = self.found if self.found >= 0 else max(self.cursor, self.top)
        row = next_row(
            self._readable(),
            len(self.source),
            at - step if here else at,
            step,
            self.needle,
            MOST_SEARCHED,
        )
        if row < 0 or not self.needle:
            return False
        self.found = row
        if self.source.key(row):
            self.move_to(row)
        elif not self.top <= row < self.top + self.room:
            self.scroll_by(row - self.top - self.room // 3)
        return True

    def _readable(self) -> Callable[[int], str]:
        source, endless = self.source, self.look._replace(width=_ENDLESS)
        if isinstance(source, Readable):
            return source.text
        return lambda row: source.line(row, endless).text

    def action_step(self, step: int) -> None:
        """Go to the next row that takes the cursor; where there is none, scroll."""
        row = self._near(self.cursor + step, step) if self.cursor >= 0 else -1
        is_far = row >= 0 and abs(row - self.cursor) > self.room
        if row < 0 or is_far:
            self.scroll_by(step)
        else:
            self.move_to(row)

    def action_half(self, step: int) -> None:
        """Go half a page."""
        self._leap(step * max(self.room // 2, 1))

    def action_page(self, step: int) -> None:
        """Go a page."""
        self._leap(step * max(self.room - 1, 1))

    def action_first(self) -> None:
        """Go to the beginning."""
        self.scroll_by(-len(self.source))
        self.move_to(self._near(0, 1))

    def action_last(self) -> None:
        """Go to the end."""
        self.scroll_by(len(self.source))
        self.move_to(self._near(len(self.source) - 1, -1))

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        self.post_message(self.Chosen(self, self.cursor))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Scroll."""
        event.stop()
        self.scroll_by(WHEEL_ROWS)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Scroll."""
        event.stop()
        self.scroll_by(-WHEEL_ROWS)

    def on_click(self, event: events.Click) -> None:
        """Select a row; a click on the selected one opens it."""
        row = event.y - self._head_rows() + self.top
        if not 0 <= row < len(self.source) or not self.source.key(row):
            return
        if row == self.cursor:
            self.action_choose()
        else:
            self.move_to(row)

    def _leap(self, rows: int) -> None:
        """Move cursor and view together."""
        if self.cursor < 0:
            self.scroll_by(rows)
            return
        wanted = min(max(self.cursor + rows, 0), len(self.source) - 1)
        self.top += rows
        self._clamp()
        row = self._near(wanted, 1 if rows > 0 else -1)
        row = row if row >= 0 else self._near(wanted, -1 if rows > 0 else 1)
        self.refresh()
        self.move_to(row)

    def _near(self, row: int, step: int) -> int:
        while 0 <= row < len(self.source):
            if self.source.key(row):
                return row
            row += step
        return -1

    def _head_rows(self) -> int:
        return len(self._heads(Look(80)))

    def _clamp(self) -> None:
        self.top = min(max(self.top, 0), max(len(self.source) - self.room, 0))

    def _bring_into_view(self) -> None:
        if self.cursor < 0 or self.size.height == 0:
            return
        self.top = min(max(self.top, self.cursor - self.room + 1), self.cursor)
        # The rows above the first that takes a cursor are its heading: show them as well.
        if self._near(0, 1) == self.cursor and self.cursor < self.room:
            self.top = 0

    def _refresh_row(self, row: int) -> None:
        y = row - self.top + self._head_rows()
        if row >= 0 and 0 <= y < self.size.height:
            self.refresh(Region(0, y, self.size.width, 1))
