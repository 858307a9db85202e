"""A list with its filter: one pane for every kind of row; a tab says how a row is drawn."""

from collections.abc import Callable, Iterable, Sequence
from typing import Generic, NamedTuple, TypeVar, cast

from textual.app import ComposeResult
from textual.message import Message

from gait_engine.api.shapes import SearchedRoot
from gait_tui.bridge import is_footer
from gait_tui.messages import Answered
from gait_tui.models.rowstore import Held, Item, RowStore
from gait_tui.panes.base import Pane
from gait_tui.panes.listrows import ListRows, ListTable
from gait_tui.views import columns
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.pages import nothing_matches
from gait_tui.views.parts import count
from gait_tui.views.timetext import milliseconds
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import Page, VTable

MOST_AT_ONCE: int = 2_000
"""More rows than so many are arranged in a thread: the keys must not wait for it."""

R = TypeVar("R", bound=Item)
Rows = Callable[[], Iterable[R]]
"""Makes the rows of a scan, in the engine's order."""


class Found(NamedTuple, Generic[R]):
    """The rows of a scan: all of them, or as many as it has found so far."""

    rows: Rows[R]
    is_whole: bool


class Arranged(NamedTuple, Generic[R]):
    """What is to be held instead of what was held then, the rows it was made with, and how long."""

    held: Held[R]
    instead: Held[R]
    found: Found[R] | None
    seconds: float


class Listing(Pane, Generic[R]):
    """Lists, filters, sorts, marks; the cursor stays on its item."""

    class Moved(Message):
        """Another row is under the cursor."""

    class Opened(Message):
        """The row under the cursor was opened."""

    class Filled(Message):
        """The rows of a scan, or of a part of it, are listed."""

    class Said(Message):
        """What is wrong with the filter, for the status row."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(
        self,
        store: RowStore[R],
        place: str,
        name: str,
        noun: str,
        *,
        id: str = "list",  # noqa: A002
    ) -> None:
        super().__init__(place, name, id=id)
        self.store = store
        self.name_of_list, self.noun = name, noun
        self.roots: Sequence[SearchedRoot] = ()
        self.columns: Sequence[str] = ()
        """The columns that a person chose; none for the list's own."""
        self.is_scanned = False
        self.problem = ""
        self.above = 0
        """How many rows came above those in view and were not seen yet."""
        self._view: tuple[object, ...] = ()
        self._found: Found[R] | None = None
        """The rows of the latest scan, as long as they are not listed."""
        self._goal = ""
        """The item to go to as soon as no filter hides it."""
        self._is_chosen = False
        """Whether a key or a link has put the cursor on its item."""
        self.prompt = Prompt("filter", lets_through=is_footer, id="filter")
        self.table = ListTable(self.take_cursor, id="rows")

    # ------------------------------------------------------------ to fill in

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        del look
        return None

    def row_line(self, row: R, look: Look) -> Line:
        """Draw a row."""
        raise NotImplementedError

    def cell(self, row: R, name: str, look: Look) -> tuple[Span, ...]:
        """Return what stands in a chosen column."""
        return columns.cell(name, self.store.columns(row).get(name, ""), row.at_ns, look)

    def head_here(self, look: Look) -> Line | None:
        """Head the columns that were chosen, else the list's own."""
        return columns.head(self.columns, look) if self.columns else self.head(look)

    def line_here(self, row: R, look: Look) -> Line:
        """Draw a row in the columns that were chosen, else in the list's own."""
        usual = self.row_line(row, look)
        if not self.columns:
            return usual
        store, key = self.store, row.key
        shown = columns.Row(key, row.at_ns, key == store.cursor, store.is_gone(key))
        cells = {name: self.cell(row, name, look) for name in self.columns}
        return columns.row_line(usual, shown, self.columns, cells, look)

    def heading(self, row: R) -> str:
        """Name the group a row belongs to; a change of group takes a row of its own."""
        del row
        return ""

    @property
    def is_grouping(self) -> bool:
        """Tell a list whose rows may stand in groups."""
        return type(self).heading is not Listing.heading

    def heading_line(self, heading: str, look: Look) -> Line:
        """Draw the heading of a group."""
        raise NotImplementedError

    def counted(self, number: int) -> str:
        """Count the rows in words."""
        return count(number, self.noun)

    def none_words(self) -> str:
        """Say in the title that nothing is listed."""
        return "nothing here yet"

    def nothing(self) -> Page:
        """Say what would be listed here, where nothing is."""
        raise NotImplementedError

    order: str = "newest"
    """The order the engine delivers."""
    has_gaps: bool = False
    """Whether a blank row parts the groups."""

    # ------------------------------------------------------------ frame

    def compose(self) -> ComposeResult:
        """Lay out title, filter, rows."""
        yield self.title
        yield self.prompt
        yield self.table

    def on_mount(self) -> None:
        """Say that the rows are being read."""
        self._draw_title()

    def fill(self, rows: Sequence[R]) -> None:
        """Take the rows of an answer, in the engine's order."""
        self.is_scanned = True
        before = self.store.cursor
        is_other = self.store.fill(rows, self.bench.now_ns)
        self._redraw(before, is_other=is_other)

    def refill(self, rows: Rows[R], size: int, *, is_whole: bool) -> None:
        """Take the rows of a scan, which are to be made of so many artifacts."""
        self._found = Found(rows, is_whole)
        self.put_in_order(size)

    def put_in_order(self, size: int = 0) -> None:
        """Bring the rows in line with what is wanted of them: many in a thread."""
        store, found, host = self.store, self._found, self.bench.bridge.host
        now = self.bench.now_ns

        def call() -> Arranged[R]:
            begun, instead = host.monotonic(), store.held
            rows, is_whole = (found.rows(), found.is_whole) if found else (None, True)
            held = store.arranged(now, rows, is_whole=is_whole)
            return Arranged(held, instead, found, host.monotonic() - begun)

        if max(size, len(store.rows)) <= MOST_AT_ONCE:
            self._take(call())
        else:
            self.bench.bridge.ask(self, self._group, call)

    @property
    def _group(self) -> str:
        return f"{self.place} {self.id}"

    @property
    def _ahead(self) -> str:
        return f"{self._group} ahead"

    def on_answered(self, message: Answered) -> None:
        """Show the rows that a thread has arranged; if others came meanwhile, it begins anew."""
        message.stop()
        is_current = self.bench.bridge.is_current(message.group, message.generation)
        if message.group != self._group or not is_current:
            return
        arranged = cast("Arranged[R]", message.result)
        if arranged.instead is self.store.held:
            self._take(arranged)
        else:
            self.put_in_order(MOST_AT_ONCE + 1)

    def _take(self, arranged: Arranged[R]) -> None:
        before = self.store.cursor
        found = arranged.found
        is_first = found is not None and not self.is_scanned
        if found is not None:
            self.is_scanned |= found.is_whole
            self._found = None
        is_other = self.store.take(arranged.held)
        if is_first and not self._is_chosen:
            self.store.move_to(0)
        if self._goal and self.store.go_to(self._goal):
            self._goal = ""
        if self.store.filter.text and not self.problem:
            passing = f"{len(self.store.visible):,} of {len(self.store.rows):,}"
            took = milliseconds(arranged.seconds)
            self.prompt.set_remark(Span(f"{passing}  {took}", MUTED))
        else:
            self.prompt.set_remark()
        self._redraw(before, is_other=is_other)
        if found is not None:
            self.post_message(self.Filled())

    def _redraw(self, before: str, *, is_other: bool) -> None:
        """Draw what changed; tell if the cursor, on a row before, is on another now."""
        if is_other or not self.store.rows:
            self.draw()
        else:
            self.table.redraw_changed()
        if self.store.cursor != before:
            self.post_message(self.Moved())

    def draw(self) -> None:
        """Draw title and rows."""
        self._draw_title()
        store, table = self.store, self.table
        if store.visible:
            rows, before = ListRows(self), table.source
            is_list = isinstance(before, ListRows)
            if isinstance(before, ListRows):
                self._keep_in_view(before, rows)
            table.show(rows, cursor=rows.row_of(store.place()), keep_top=is_list)
        elif store.rows:
            text, problem, hidden = store.filter.text, self.problem, self.counted(len(store.rows))
            table.show_page(lambda look: nothing_matches(text, problem, hidden, look))
        elif self.is_scanned:
            table.show_page(self.nothing())

    def _keep_in_view(self, before: "ListRows[R]", rows: "ListRows[R]") -> None:
        """Leave what is in view where it is when rows came above it, and count those."""
        if not self.is_scanned:
            return
        store, table = self.store, self.table
        view = (store.filter.text, store.sort, store.is_reversed, store.is_following)
        is_same_view, self._view = view == self._view, view
        if not is_same_view:
            self.above = 0
            return
        is_cursor_near = rows.row_of(store.place()) < table.room
        anchor = before.first_item(table.top)
        if (table.top == 0 and is_cursor_near) or anchor.key not in store.rows:
            return
        place = store.place_of(anchor.key)
        if place < 0:
            return
        was_told = bool(min(self.above, anchor.place))
        self.above = min(self.above, anchor.place) + max(place - anchor.place, 0)
        is_told_now = bool(self.above) and not was_told  # in a row of its own above the others
        table.top += rows.row_of(place) - anchor.row + is_told_now

    def _draw_title(self) -> None:
        store = self.store
        total, shown = store.there, len(store.visible)
        if not store.rows:
            facts = self.none_words() if self.is_scanned else "reading"
        elif store.filter.tests:
            shown = sum(key not in store.gone for key in store.visible) if store.gone else shown
            facts = f"{shown:,} of {self.counted(total)}"
        else:
            facts = self.counted(total)
        facts += f", {len(store.gone):,} gone" if store.gone else ""
        marks = [Span(f"{len(store.marks)} marked", "mark")] if store.marks else []
        order = self._order() if store.rows else ""
        state = [*marks, Span("  " if marks and order else ""), Span(order, MUTED)]
        name = Span(self.name_of_list)
        self.title.show(name, [Span(facts, MUTED)], state if marks or order else ())

    def _order(self) -> str:
        store = self.store
        if store.is_following:
            return "following the newest"
        turned = ", reversed" if store.is_reversed else ""
        return (f"by {store.sort}" if store.sort else self.order) + turned

    # ------------------------------------------------------------ cursor

    def take_cursor(self, row: int) -> None:
        """Remember which item the cursor is on: the next key may come before any message."""
        source = self.table.source
        if isinstance(source, ListRows):
            self._is_chosen = True
            before = source.row_of(self.store.place())
            self.store.move_to(source.place_of(row))
            self.table.forget(before, row)
            self.above = min(self.above, source.first_item(self.table.top).place)

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Tell that another item is under the cursor."""
        message.stop()
        if isinstance(self.table.source, ListRows):
            self.post_message(self.Moved())

    def on_vtable_chosen(self, message: VTable.Chosen) -> None:
        """Open the item under the cursor."""
        message.stop()
        if self.store.current():
            self.post_message(self.Opened())

    def go_to(self, key: str) -> bool:
        """Put the cursor on an item, clearing a filter that hides it; tell whether it is there."""
        if key not in self.store.rows:
            return False
        self._is_chosen = True
        if self.store.go_to(key):
            self.draw()
            self.post_message(self.Moved())
        else:
            self._goal = key
            self.clear_filter()
        return True

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor."""
        row = self.store.current()
        return self.line_here(row, Look(width, self.bench.now_ns)) if row else None

    # ------------------------------------------------------------ filter

    def open_filter(self) -> None:
        """Start to type a filter; meanwhile a thread looks at the rows if there are many."""
        self.prompt.set_text(self.store.filter.text)
        self.add_class("-filtering")
        self.screen.set_focus(self.prompt)  # now, not after the keys that follow
        if len(self.store.rows) > MOST_AT_ONCE:
            self.bench.bridge.ask(self, self._ahead, self.store.look_ahead)

    def close_filter(self) -> None:
        """Leave the filter line; an empty one goes away."""
        self.set_class(bool(self.store.filter.text), "-filtering")
        self.screen.set_focus(self.table)

    def clear_filter(self) -> bool:
        """Show every row again; tell whether there was a filter."""
        had = bool(self.store.filter.text) or self.has_class("-filtering")
        self.narrow("")
        self.prompt.set_text("")
        self.remove_class("-filtering")
        return had

    def set_filter(self, text: str) -> None:
        """Filter by a text that was not typed here: a facet writes it."""
        self.prompt.set_text(text)
        self.set_class(bool(text), "-filtering")
        self.narrow(text)

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Filter with every key."""
        message.stop()
        if not isinstance(message, Prompt.Submitted):
            self.narrow(message.text)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        message.stop()
        self.close_filter()

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Drop the filter."""
        message.stop()
        self.clear_filter()
        self.screen.set_focus(self.table)
        self.post_message(self.Said(""))

    def narrow(self, text: str) -> None:
        """Show the rows that a filter lets through."""
        self.problem = self.store.narrow(text)
        self.put_in_order()
        self.post_message(self.Said(self.problem))

    def position(self) -> str:
        """Say where the cursor is."""
        place = self.store.place()
        return f"{place + 1:,} of {len(self.store.visible):,}" if place >= 0 else ""
