"""The list of runpacks and session chains, with its filter."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.message import Message

from gait_engine.api.shapes import IndexRow, SearchedRoot
from gait_tui import keys
from gait_tui.bridge import is_footer
from gait_tui.messages import Scanned
from gait_tui.models.rows import DAMAGED, INTACT, NOT_READ, Check, Row, RunStore
from gait_tui.panes.base import Pane
from gait_tui.readings import RunReading
from gait_tui.views import runs
from gait_tui.views.calls import not_ok
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.pages import empty_lines, nothing_matches
from gait_tui.views.parts import count
from gait_tui.views.timetext import milliseconds
from gait_tui.widgets.bars import PaneTitle
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import VTable

_REFUSED: Final = 2
"""The exit code of an artifact that must not be trusted."""


class RunRows:
    """The visible rows of the store."""

    def __init__(self, store: RunStore) -> None:
        self.store = store

    def __len__(self) -> int:
        return len(self.store.visible)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        return runs.row(look, self._facts(row, look.now_ns))

    def key(self, row: int) -> str:
        """Name a row."""
        return self.store.visible[row]

    def _facts(self, row: int, now_ns: int) -> runs.RunRow:
        store = self.store
        key = store.visible[row]
        found = store.rows[key]
        check = store.checks.get(key)
        return runs.RunRow(
            found.artifact,
            found.name,
            found.at_ns,
            store.state(key),
            calls=check.calls if check else None,
            not_ok=check.not_ok if check else None,
            is_marked=key in store.marks,
            is_new=store.is_new(key, now_ns),
            is_current=key == store.cursor,
        )


class RunTable(VTable):
    """The rows under their column heads."""

    def head(self, look: Look) -> Line | None:
        """Head the columns; a page that is no list has none."""
        return runs.head(look) if isinstance(self.source, RunRows) else None


class RunListPane(Pane):
    """Lists, filters, marks; the cursor stays on its item."""

    class Moved(Message):
        """Another row is under the cursor."""

    class Opened(Message):
        """The row under the cursor was opened."""

    def __init__(self, store: RunStore) -> None:
        super().__init__(keys.LIST, id="list")
        self.store = store
        self.roots: Sequence[SearchedRoot] = ()
        self.is_scanned = False
        self.problem = ""

    def compose(self) -> ComposeResult:
        """Lay out title, filter, rows."""
        yield PaneTitle("Runs")
        yield Prompt("filter", lets_through=is_footer, id="filter")
        yield RunTable(id="rows")

    @property
    def table(self) -> RunTable:
        """The rows."""
        return self.query_one("#rows", RunTable)

    @property
    def prompt(self) -> Prompt:
        """The filter line."""
        return self.query_one("#filter", Prompt)

    # ------------------------------------------------------------ rows

    def take(self, scanned: Scanned) -> None:
        """Take the rows of a scan."""
        rows = [row_of(artifact) for artifact in scanned.rows]
        now = self.bench.now_ns
        self.is_scanned = self.is_scanned or scanned.is_whole
        self.roots = scanned.roots
        before = self.store.cursor
        if self.store.fill(rows, now, is_whole=scanned.is_whole) or not self.store.rows:
            self.draw()
        else:
            self.table.redraw_changed()
        if self.store.cursor != before:
            self.post_message(self.Moved())

    def take_reading(self, reading: RunReading) -> None:
        """Keep what the engine said about a row."""
        artifact = reading.artifact
        if artifact is None or reading.checked is None:
            return
        outcome = reading.checked
        is_judged = outcome.answer is not None or outcome.exit_code == _REFUSED
        state = INTACT if outcome.exit_code == 0 else DAMAGED if is_judged else NOT_READ
        entries = (
            reading.inspect.answer.entries if reading.inspect and reading.inspect.answer else None
        )
        self.store.check(
            reading.path,
            Check(
                state,
                reading.checked.at_ns,
                (artifact.mtime_ns, artifact.size),
                None if entries is None else len(entries),
                None if entries is None else not_ok(entries),
            ),
        )
        self.draw()

    def draw(self) -> None:
        """Draw title and rows."""
        self._draw_title()
        store, table = self.store, self.table
        if store.visible:
            is_list = isinstance(table.source, RunRows)
            table.show(RunRows(store), cursor=store.place(), keep_top=is_list)
        elif store.rows:
            text, problem, total = self.store.filter.text, self.problem, len(store.rows)
            table.show_page(lambda look: nothing_matches(text, problem, total, look))
        elif self.is_scanned:
            roots = self.roots
            table.show_page(lambda look: empty_lines(roots, look))

    def _draw_title(self) -> None:
        store = self.store
        total, shown = len(store.rows), len(store.visible)
        if not total:
            facts = "nothing here yet" if self.is_scanned else ""
        elif store.filter.tests:
            facts = f"{shown:,} of {count(total, 'run')}"
        else:
            facts = count(total, "run")
        marks = [Span(f"{len(store.marks)} marked", "mark")] if store.marks else []
        order = "following the newest" if store.is_following else "newest" if total else ""
        state = [*marks, Span("  " if marks and order else ""), Span(order, MUTED)]
        self.title.show(Span("Runs"), [Span(facts, MUTED)], state if marks or order else ())

    # ------------------------------------------------------------ cursor

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Remember which item the cursor is on."""
        message.stop()
        if isinstance(self.table.source, RunRows):
            before = self.store.place()
            self.store.move_to(message.row)
            self.table.forget(before, message.row)
            self.post_message(self.Moved())

    def on_vtable_chosen(self, message: VTable.Chosen) -> None:
        """Open the item under the cursor."""
        message.stop()
        if self.store.current():
            self.post_message(self.Opened())

    # ------------------------------------------------------------ filter

    def open_filter(self) -> None:
        """Start to type a filter."""
        self.prompt.set_text(self.store.filter.text)
        self.add_class("-filtering")
        self.prompt.focus()

    def close_filter(self) -> None:
        """Leave the filter line; an empty one goes away."""
        self.set_class(bool(self.store.filter.text), "-filtering")
        self.table.focus()

    def clear_filter(self) -> bool:
        """Show every row again; tell whether there was a filter."""
        had = bool(self.store.filter.text) or self.has_class("-filtering")
        self._narrow("")
        self.prompt.set_text("")
        self.remove_class("-filtering")
        return had

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Filter with every key."""
        message.stop()
        if not isinstance(message, Prompt.Submitted):
            self._narrow(message.text)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Keep the filter and go back to the rows."""
        message.stop()
        self.close_filter()

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Drop the filter."""
        message.stop()
        self.clear_filter()
        self.table.focus()

    def _narrow(self, text: str) -> None:
        host = self.bench.bridge.host
        begun = host.monotonic()
        before = self.store.cursor
        self.problem = self.store.narrow(text, host.now_ns())
        took = milliseconds(host.monotonic() - begun)
        if self.problem:
            self.prompt.set_remark()
            self.post_message(self.Said(self.problem))
        else:
            found = f"{len(self.store.visible):,} of {len(self.store.rows):,}  {took}"
            self.prompt.set_remark(Span(found if text else "", MUTED))
            self.post_message(self.Said(""))
        self.draw()
        if self.store.cursor != before:
            self.post_message(self.Moved())

    class Said(Message):
        """What is wrong with the filter, for the status row."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def position(self) -> str:
        """Say where the cursor is."""
        place = self.store.place()
        return f"{place + 1:,} of {len(self.store.visible):,}" if place >= 0 else ""


def row_of(artifact: IndexRow) -> Row:
    """Make a row of the list of an artifact; its time is that of the file, as the engine sorts."""
    return Row(artifact, artifact.mtime_ns or None)
