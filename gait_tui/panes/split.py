"""A tab of a list and the detail of its current row: above each other, or side by side."""

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.models.rowstore import Item
from gait_tui.panes.listing import Listing
from gait_tui.panes.tabbed import Tabbed
from gait_tui.panes.tabview import TabView
from gait_tui.views.line import MUTED, Line
from gait_tui.widgets.bars import Divider
from gait_tui.widgets.vtable import VTable

WIDE: int = 100
LOW: int = 20
LIST_ROWS: int = 10
LIST_LEAST: int = 5
COLUMN_LEAST: int = 30
ZOOMED = frozenset({"-zoom-detail", "-zoom-list", "-low-detail"})


class SplitTab(TabView):
    """List and detail: the detail follows the cursor once it rests."""

    listing: Listing[Any]
    detail: Tabbed
    WIDE_FROM: ClassVar[int] = WIDE
    """Columns from which list and detail stand side by side."""

    def __init__(self) -> None:
        super().__init__()
        self._resting: Timer | None = None
        self._wanted = ""
        self.grown = 0
        """Rows that a person gave to the list besides its own."""

    # ------------------------------------------------------------ to fill in

    def panes(self) -> Iterator[Widget]:
        """Yield list and detail, in their places."""
        yield self.listing
        yield Divider(id="divider")
        yield self.detail

    def follow(self) -> None:
        """Show the detail of the row under the cursor."""
        raise NotImplementedError

    def list_query(self) -> Query | None:
        """Return the question whose answer is the list."""
        raise NotImplementedError

    def open_row(self) -> None:
        """Do what opening a row does besides going to its detail."""

    def redraw_times(self) -> None:
        """Draw the rows in view again whose age has changed."""
        self.listing.table.redraw_changed()

    # ------------------------------------------------------------ frame

    def compose(self) -> Iterator[Widget]:
        """Lay out the panes; columns and order are as the settings say."""
        self.listing.columns = self.bench.columns.get(self.TAB, ())
        sort = self.bench.sorts.get(self.TAB, "")
        self.listing.store.sort = sort.removeprefix("-")
        self.listing.store.is_reversed = sort.startswith("-")
        yield from self.panes()

    def on_resize(self, event: events.Resize) -> None:
        """Put the panes side by side where there is room, one alone where there is little."""
        width, height = event.size
        frame_rows = 3
        if self.has_class("-wide") != (width >= self.WIDE_FROM):
            self._forget_size()
        self.set_class(width >= self.WIDE_FROM, "-wide")
        is_low = width < self.WIDE_FROM and height + frame_rows < LOW
        self.set_class(is_low, "-low")
        self.set_class(is_low and self.detail.has_focus_within, "-low-detail")
        self.fit_list()

    def fit_list(self) -> None:
        """Above the detail the list takes no more rows than it has, and at most ten."""
        is_above = not self.classes & {"-wide", "-low", "-empty"}
        rows = len(self.listing.table.source) + self.listing.has_class("-filtering")
        if is_above and not self.has_class("-zoom-list"):
            wanted = min(max(rows + 3, 6), LIST_ROWS) + self.grown
            self.listing.styles.height = max(min(wanted, self.size.height - LIST_LEAST), LIST_LEAST)
        else:
            self.listing.styles.clear_rule("height")
            self.listing.refresh(layout=True)

    def on_vtable_reflowed(self) -> None:
        """Fit the list to the rows that its text has by now."""
        self.fit_list()

    @property
    def column(self) -> Widget:
        """What stands left of the detail."""
        return self.listing

    def grow(self, steps: int) -> None:
        """Move the border between list and detail."""
        if self.has_class("-wide"):
            self.set_column(self.column.size.width + 4 * steps)
        else:
            self.grown += steps
            self.fit_list()

    def set_column(self, width: int) -> None:
        """Give the list so many columns, and leave enough to the detail."""
        styles = self.column.styles
        styles.max_width = "100%"
        styles.width = max(min(width, self.size.width - COLUMN_LEAST), COLUMN_LEAST)

    def on_divider_dragged(self, message: Divider.Dragged) -> None:
        """Let the border between list and detail go with the mouse."""
        message.stop()
        if message.divider.id == "divider" and not self.classes & ZOOMED:
            self.set_column(message.column - self.column.region.x)

    def _forget_size(self) -> None:
        """Let every pane have its usual size again."""
        self.grown = 0
        self.column.styles.clear_rule("width")
        self.column.styles.clear_rule("max_width")
        self.fit_list()

    def show_rows(self) -> None:
        """Fit the list after its rows changed, and show what it leads to."""
        store = self.listing.store
        self.set_class(self.listing.is_scanned and not store.rows, "-empty")
        self.fit_list()
        if self._wanted and self.listing.go_to(self._wanted):
            self._wanted = ""
        self.post_message(self.Changed())
        self.follow()

    def forget_gone(self) -> None:
        """Drop the rows whose files are no longer there."""
        self.listing.store.forget_gone()
        self.listing.draw()

    def go_to(self, key: str) -> bool:
        """Put the cursor on an item; one that is not listed yet is waited for."""
        is_here = self.listing.go_to(key)
        self._wanted = "" if is_here else key
        return is_here or not self.listing.is_scanned

    def open_part(self, name: str) -> None:
        """Open a detail tab of the item under the cursor, and go there."""
        self.follow()
        self.detail.open_tab(name)
        self.go_to_detail()

    @property
    def place(self) -> str:
        """The list's place, or that of the detail."""
        return self.detail.place_here if self.detail.has_focus_within else self.listing.place

    def focus_first(self) -> None:
        """Focus the list."""
        self.listing.table.focus()

    def hint_names(self) -> Sequence[str]:
        """Offer what is of use where nothing is listed."""
        is_empty = self.listing.is_scanned and not self.listing.store.rows
        return keys.EMPTY_HINTS if is_empty else ()

    def position(self) -> str:
        """Say where the cursor is."""
        in_detail = self.detail.has_focus_within
        return self.detail.position() if in_detail else self.listing.position()

    def status(self) -> tuple[str, str]:
        """Say what is wrong with the filter, or what a filter may be."""
        if self.listing.problem:
            return self.listing.problem, "warning"
        if self.listing.prompt.has_focus:
            return keys.FILTER_HELP, MUTED
        return "", MUTED

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor."""
        return self.listing.cursor_line(width)

    def query_here(self) -> Query | None:
        """Return the question behind the focused pane."""
        return self.detail_query() if self.detail.has_focus_within else self.list_query()

    def detail_query(self) -> Query | None:
        """Return the question behind the detail."""
        raise NotImplementedError

    def current(self) -> Item | None:
        """Return the row under the cursor."""
        return self.listing.store.current()

    # ------------------------------------------------------------ what the panes tell

    def _follow_soon(self) -> None:
        if self._resting is not None:
            self._resting.stop()
        delay = self.bench.rest_seconds
        if delay:
            self._resting = self.set_timer(delay, self.follow)
        else:
            self.follow()

    def on_listing_moved(self, message: Listing.Moved) -> None:
        """Show where the cursor is, and the detail of its row once it rests."""
        message.stop()
        self.post_message(self.Changed())
        self._follow_soon()

    def on_listing_opened(self, message: Listing.Opened) -> None:
        """Go to the detail of the row under the cursor."""
        message.stop()
        self.follow()
        self.open_row()
        self.go_to_detail()

    def on_listing_filled(self, message: Listing.Filled) -> None:
        """Show what the rows lead to."""
        message.stop()
        self.show_rows()

    def on_listing_said(self, message: Listing.Said) -> None:
        """Say what is wrong with the filter."""
        message.stop()
        self.post_message(self.Changed())

    def on_tabbed_drawn(self, message: Tabbed.Drawn) -> None:
        """Other keys, another position."""
        message.stop()
        self.post_message(self.Changed())

    # ------------------------------------------------------------ focus

    def go_to_detail(self) -> None:
        """Focus the detail."""
        self.remove_class("-zoom-list")
        self.set_class(self.has_class("-low"), "-low-detail")
        self.detail.text.focus()

    def go_to_list(self) -> None:
        """Focus the list."""
        self.remove_class("-zoom-detail", "-low-detail")
        self.listing.table.focus()

    def stops(self) -> list[VTable]:
        """List the tables that `tab` goes round."""
        return [self.listing.table, self.detail.text]

    def _go_round(self, step: int) -> None:
        self.remove_class("-zoom-detail", "-zoom-list")
        if self.has_class("-low"):
            (self.go_to_list if self.detail.has_focus_within else self.go_to_detail)()
            return
        stops = self.stops()
        at = next((n for n, stop in enumerate(stops) if stop.has_focus), 0)
        stops[(at + step) % len(stops)].focus()

    # ------------------------------------------------------------ keys

    def do_back(self) -> None:
        """Close what is open, clear the filter, go back to the list."""
        if self.classes & ZOOMED:
            self.remove_class(*ZOOMED)
        elif self.detail.has_focus_within:
            if self.detail.close_search():
                return
        elif self.listing.clear_filter():
            return
        self.go_to_list()

    def do_filter(self) -> None:
        """Type a filter for the list, or what to search for in the text."""
        if self.detail.has_focus_within:
            self.detail.open_search()
            return
        self.remove_class("-zoom-detail", "-low-detail")
        self.listing.open_filter()

    def do_mark(self) -> None:
        """Mark the row and go on to the next."""
        self.listing.store.toggle_mark()
        self.listing.draw()
        self.listing.table.action_step(1)
        self.post_message(self.Changed())

    def do_unmark(self) -> None:
        """Clear the marks."""
        self.listing.store.marks.clear()
        self.listing.draw()
        self.post_message(self.Changed())

    def do_sort(self) -> None:
        """Sort by the next column; after the last comes the engine's own order."""
        self.listing.store.sort_next()
        self.listing.put_in_order()

    def do_reverse(self) -> None:
        """Turn the order round."""
        self.listing.store.reverse()
        self.listing.put_in_order()

    def do_follow(self) -> None:
        """Keep the cursor on the newest row, or stop that."""
        store = self.listing.store
        store.is_following = not store.is_following
        if store.is_following:
            self.listing.table.action_first()
        self.listing.draw()

    def do_zoom(self) -> None:
        """Give the whole body to the focused pane, or take it back."""
        self._forget_size()
        self.toggle_class("-zoom-detail" if self.detail.has_focus_within else "-zoom-list")

    def do_pane_next(self) -> None:
        """Go round the panes."""
        self._go_round(1)

    def do_pane_previous(self) -> None:
        """Go round the panes the other way."""
        self._go_round(-1)

    def do_pane_left(self) -> None:
        """Scroll the text back, else go to the list."""
        if not (self.detail.has_focus_within and self.detail.slide(-1)):
            self.go_to_list()

    def do_pane_right(self) -> None:
        """Go to the detail; there, scroll the text sideways."""
        if self.detail.has_focus_within:
            self.detail.slide(1)
        else:
            self.go_to_detail()

    def do_next(self) -> None:
        """Go to the next match of what is searched for."""
        self.detail.step_match(1)

    def do_previous(self) -> None:
        """Go to the match before."""
        self.detail.step_match(-1)

    def do_wrap(self) -> None:
        """Let long rows go on below themselves, or cut them again."""
        self.detail.wrap()

    def do_grow(self) -> None:
        """Give more room to the pane with the focus."""
        self.grow(-1 if self.detail.has_focus_within else 1)

    def do_shrink(self) -> None:
        """Give less room to the pane with the focus."""
        self.grow(1 if self.detail.has_focus_within else -1)

    def do_part_next(self) -> None:
        """Open the next detail tab."""
        self.detail.step_tab(1)

    def do_part_previous(self) -> None:
        """Open the detail tab before."""
        self.detail.step_tab(-1)

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.detail.reveal()
