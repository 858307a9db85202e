"""The browsing screen: the list of runs and the detail of one."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, cast

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.messages import Answered, Scanned
from gait_tui.models.rows import CHANGED
from gait_tui.panes.detail import DetailPane
from gait_tui.panes.runlist import RunListPane, RunRows
from gait_tui.readings import RunReading
from gait_tui.screens.copying import run_copies
from gait_tui.screens.frame import FrameScreen
from gait_tui.views.line import Line, Look
from gait_tui.views.parts import count
from gait_tui.widgets.bars import Divider
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import VTable

WIDE: int = 100
LOW: int = 20
ZOOMED = frozenset({"-zoom-detail", "-zoom-list", "-low-detail"})
LIST_ROWS: int = 10
READ_UNASKED: int = 64 * 1024 * 1024
"""A file of at most so many bytes is verified as soon as the cursor rests on it."""


class BrowseScreen(FrameScreen):
    """List above or beside the detail; the detail shows the item under the cursor."""

    AUTO_FOCUS: ClassVar[str | None] = "#rows"
    PLACE: ClassVar[str] = keys.LIST

    def __init__(self) -> None:
        super().__init__()
        self._stopped = ""
        self._resting: Timer | None = None

    def body(self) -> Iterator[Widget]:
        """Yield list, divider, detail."""
        self.runs = RunListPane(self.bench.store)
        self.detail = DetailPane()
        yield self.runs
        yield Divider(id="divider")
        yield self.detail

    def on_mount(self) -> None:
        """Look through the roots, and again every second."""
        self.bridge.rescan(self)
        if self.bench.poll_seconds:
            self.set_interval(self.bench.poll_seconds, self._poll)

    def on_resize(self, event: events.Resize) -> None:
        """Put the panes side by side where there is room, one alone where there is little."""
        width, height = event.size
        self.set_class(width >= WIDE, "-wide")
        is_low = width < WIDE and height < LOW
        self.set_class(is_low, "-low")
        self.set_class(is_low and self.detail.has_focus_within, "-low-detail")
        self._fit_list()

    def _fit_list(self) -> None:
        """Above the detail the list takes no more rows than it has, and at most ten."""
        is_above = not self.classes & {"-wide", "-low", "-empty"}
        rows = len(self.runs.store.visible) + self.runs.has_class("-filtering")
        if is_above and not self.has_class("-zoom-list"):
            self.runs.styles.height = min(max(rows + 3, 6), LIST_ROWS)
        else:
            self.runs.styles.clear_rule("height")
            self.runs.refresh(layout=True)

    @property
    def place(self) -> str:
        """List, detail or calls."""
        return self.detail.place_here if self.detail.has_focus_within else keys.LIST

    def _poll(self) -> None:
        self.show_live()
        if self.is_current:
            self.bridge.rescan(self)

    # ------------------------------------------------------------ answers

    def on_scanned(self, message: Scanned) -> None:
        """Show the rows."""
        if self.bridge.is_current("scan", message.generation):
            self._stopped = message.problem
            self.runs.take(message)
            self.set_class(self.runs.is_scanned and not self.runs.store.rows, "-empty")
            self._fit_list()
            self._show_counts()
            self._follow_file()

    def on_answered(self, message: Answered) -> None:
        """Show what was read."""
        if message.group != "read" or not self.bridge.is_current("read", message.generation):
            return
        reading = cast("RunReading", message.result)
        self.bench.keep(reading)
        self.runs.take_reading(reading)
        if reading.path == self.runs.store.cursor:
            self.detail.show_reading(reading)
        self._show_counts()

    def _follow_file(self) -> None:
        """Show the detail of the row as it is now; a changed file is no longer what was read."""
        store = self.runs.store
        row = store.current()
        if row is self.detail.row:
            return
        kept = self.bench.kept(row.key) if row else None
        is_new = row is not None and kept is None and store.state(row.key) != CHANGED
        is_read = is_new and row is not None and row.artifact.size <= READ_UNASKED
        self.detail.is_loading = is_read
        self.detail.show_row(row, kept, is_changed=row is not None and not is_new)
        if is_read:
            self._read()

    def _follow_soon(self) -> None:
        """Show the detail once the cursor rests."""
        if self._resting is not None:
            self._resting.stop()
        delay = self.bench.rest_seconds
        if delay:
            self._resting = self.set_timer(delay, self._follow_file)
        else:
            self._follow_file()

    # ------------------------------------------------------------ panes

    def on_run_list_pane_moved(self) -> None:
        """Show where the cursor is, and the detail of its row once it rests."""
        self._show_place()
        self._follow_soon()

    def on_run_list_pane_opened(self) -> None:
        """Go to the detail of the row under the cursor; read it if that was not done unasked."""
        self._follow_file()
        if self.detail.reading is None and not self.detail.is_loading:
            self._read()
        self._go_to_detail()

    def _go_to_detail(self) -> None:
        self.remove_class("-zoom-list")
        self.set_class(self.has_class("-low"), "-low-detail")
        self.detail.text.focus()

    def _go_to_list(self) -> None:
        self.remove_class("-zoom-detail", "-low-detail")
        self.runs.table.focus()

    def on_run_list_pane_said(self, message: RunListPane.Said) -> None:
        """Say what is wrong with the filter."""
        if message.text:
            self.say(message.text, "warning")
        else:
            self._show_counts()

    def on_detail_pane_wanted(self) -> None:
        """Read the row under the cursor."""
        self._read()

    def on_detail_pane_drawn(self) -> None:
        """Other keys, another position."""
        self._show_hints()
        self._show_place()

    def _read(self) -> None:
        row = self.runs.store.current()
        if row is not None:
            self.detail.is_loading = True
            artifact = row.artifact
            self.bridge.ask(self, "read", lambda: self.bridge.read_run(artifact.path, artifact))

    def show_focus(self) -> None:
        """Mark the pane with the focus; say where its cursor is."""
        self._show_hints()
        self._show_counts()

    def _show_hints(self) -> None:
        super().show_focus()
        if self.runs.prompt.has_focus:
            self.hint_bar.show([keys.Hint(*hint) for hint in keys.FILTER_HINTS])
        elif self.runs.is_scanned and not self.runs.store.rows and not self.waits_for_copy:
            self.hint_bar.show(keys.hints(keys.LIST, names=keys.EMPTY_HINTS))

    def _show_place(self) -> None:
        self.show_small()
        in_detail = self.detail.has_focus_within
        self.status.place(self.detail.position() if in_detail else self.runs.position())

    def _show_counts(self) -> None:
        """Say in the status row what is known of all the rows."""
        store = self.runs.store
        self._show_place()
        if self.runs.problem:
            return
        if self.runs.prompt.has_focus:
            self.say(keys.FILTER_HELP)
            return
        if self._stopped:
            self.say(
                f"looking through the folders stopped: {self._stopped}; ctrl+r tries again",
                "failed",
            )
            return
        states = [store.state(key) for key in store.rows]
        parts = [count(len(states), "runpack")] if states else []
        for word in ("intact", "damaged", "changed", "not read", "not checked"):
            number = states.count(word)
            parts += [f"{number:,} {word}"] if number else []
        self.say(", ".join(parts) + "." if parts else "")

    def off(self) -> Sequence[str]:
        """Leave out what the item under the cursor does not offer."""
        store = self.runs.store
        hidden = [] if store.pair() else ["diff"]
        if store.current() is None:
            hidden += ["open", "verify", "mark", "replay", "copy", "part"]
        return hidden

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor."""
        table = self.runs.table
        if isinstance(table.source, RunRows) and table.cursor >= 0:
            return table.source.line(table.cursor, Look(width, self.bench.now_ns))
        return None

    # ------------------------------------------------------------ commands

    def query_here(self) -> Query | None:
        """Return the question behind the focused pane."""
        if self.detail.has_focus_within:
            return self.detail.query_here()
        return Query(commands.INDEX, self.bridge.roots)

    def about(self) -> str:
        """Name the run, or the list."""
        row = self.runs.store.current()
        return row.name if row and self.detail.has_focus_within else "all"

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the row under the cursor."""
        row = self.runs.store.current()
        return run_copies(row.name, row.key, row.artifact.manifest_digest, self) if row else {}

    # ------------------------------------------------------------ keys

    def do_back(self) -> None:
        """Close what is open, clear the filter, go back to the list."""
        if self.classes & ZOOMED:
            self.remove_class(*ZOOMED)
        elif self.detail.has_focus_within:
            pass
        elif self.runs.clear_filter():
            return
        self._go_to_list()

    def do_verify(self) -> None:
        """Read the file again."""
        self._read()

    def do_rescan(self) -> None:
        """Look through the roots again; forget what is gone."""
        self.runs.store.forget_gone(self.bench.now_ns)
        self.runs.draw()
        self.bridge.rescan(self)

    def do_filter(self) -> None:
        """Type a filter."""
        self.remove_class("-zoom-detail", "-low-detail")
        self.runs.open_filter()

    def do_mark(self) -> None:
        """Mark the row and go on to the next."""
        self.runs.store.toggle_mark()
        self.runs.draw()
        self.runs.table.action_step(1)
        self.show_focus()

    def do_unmark(self) -> None:
        """Clear the marks."""
        self.runs.store.marks.clear()
        self.runs.draw()
        self.show_focus()

    def do_diff(self) -> None:
        """Compare the marked runs."""
        pair = self.runs.store.pair()
        if pair:
            self.bench.open_diff(*pair)
        else:
            self.say("Mark two runs with space, then d compares them; the first one is the base.")

    def do_replay(self) -> None:
        """Answer the run from its own record."""
        row = self.runs.store.current()
        if row and row.artifact.kind == "runpack":
            self.bench.open_replay(row.key)

    def do_follow(self) -> None:
        """Keep the cursor on the newest row, or stop that."""
        store = self.runs.store
        store.is_following = not store.is_following
        if store.is_following:
            self.runs.table.action_first()
        self.runs.draw()

    def do_zoom(self) -> None:
        """Give the whole body to the focused pane, or take it back."""
        name = "-zoom-detail" if self.detail.has_focus_within else "-zoom-list"
        self.toggle_class(name)

    def do_pane_next(self) -> None:
        """Go round the panes."""
        self._go_round(1)

    def do_pane_previous(self) -> None:
        """Go round the panes the other way."""
        self._go_round(-1)

    def _go_round(self, step: int) -> None:
        self.remove_class("-zoom-detail", "-zoom-list")
        if self.has_class("-low"):
            (self._go_to_list if self.detail.has_focus_within else self._go_to_detail)()
            return
        stops: list[VTable] = [self.runs.table, self.detail.text]
        if self.detail.has_call:
            stops.append(self.detail.query_one("#call", VTable))
        at = next((n for n, stop in enumerate(stops) if stop.has_focus), 0)
        stops[(at + step) % len(stops)].focus()

    def do_pane_left(self) -> None:
        """Go to the list."""
        self._go_to_list()

    def do_pane_right(self) -> None:
        """Go to the detail."""
        self._go_to_detail()

    def do_part_next(self) -> None:
        """Open the next detail tab."""
        self.detail.step_tab(1)

    def do_part_previous(self) -> None:
        """Open the detail tab before."""
        self.detail.step_tab(-1)

    def do_next(self) -> None:
        """Go to the next call that is not ok."""
        self.detail.step_not_ok(1)

    def do_previous(self) -> None:
        """Go to the last call before that is not ok."""
        self.detail.step_not_ok(-1)

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.detail.reveal()

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Show the list again once the filter is closed."""
        message.stop()
        self._show_counts()
