"""The detail of one runpack or chain: Summary, Intents, Refs, Files, Raw."""

from collections.abc import Mapping
from typing import Final

from textual.app import ComposeResult
from textual.message import Message

from gait_engine.api.shapes import IndexRow, InspectAnswer
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.models.links import Link
from gait_tui.models.rows import Row
from gait_tui.panes.tabbed import RAW, Tabbed
from gait_tui.readings import RunReading
from gait_tui.views.calls import Calls, call_lines, calls_of
from gait_tui.views.line import LABEL_AT, MUTED, Line, Look, Span, line, own, short_digest
from gait_tui.views.parts import squeeze
from gait_tui.views.refs import refs_lines
from gait_tui.views.summary import (
    CHANGED,
    NOT_CHECKED,
    READING,
    files_lines,
    not_opened_lines,
    summary_lines,
    withheld_lines,
)
from gait_tui.views.verdict import title_state
from gait_tui.widgets.bars import PaneTitle
from gait_tui.widgets.vtable import Page, Source, VTable

TABS: Final = ("Summary", "Intents", "Refs", "Files", RAW)
CHAIN_TABS: Final = ("Summary", "Checkpoints", RAW)
CALL_ROWS: Final = 16
"""A pane of so many rows has room for the chosen call below the table."""


def run_pages(reading: RunReading) -> dict[str, Page]:
    """Return the pages of a run or chain that was read, in the order of its tabs."""
    inspected = reading.inspect.answer if reading.inspect else None
    summary: dict[str, Page] = {"Summary": lambda look: squeeze(summary_lines(reading, look), look)}

    def files(look: Look) -> list[Line]:
        return files_lines(reading, look)

    def intents(look: Look) -> list[Line]:
        none = line(look, own(LABEL_AT, "This run made no calls."))
        return [none] if inspected else withheld_lines(reading, look)

    def refs(look: Look) -> list[Line]:
        return refs_lines(inspected, look) if inspected else withheld_lines(reading, look)

    if reading.chain:
        return summary | {"Checkpoints": files}
    return summary | {"Intents": intents, "Refs": refs, "Files": files}


class DetailPane(Tabbed):
    """Shows a reading; what is not read yet says so."""

    class Wanted(Message):
        """The person asked to open what is shown here."""

    def __init__(self, *, id: str = "detail") -> None:  # noqa: A002
        super().__init__(keys.DETAIL, id=id)
        self.tab = TABS[0]
        self.row: Row | None = None
        self.reading: RunReading | None = None
        self.is_loading = self.is_changed = False
        self._calls: Calls | None = None
        self.call_title = PaneTitle(id="call-title")
        self.call = VTable(id="call", highlight=False)
        """The chosen call."""

    def compose(self) -> ComposeResult:
        """Lay out title, tabs, text, and below the text one call."""
        yield from super().compose()
        yield self.call_title
        yield self.call

    # ------------------------------------------------------------ what is shown

    @property
    def place_here(self) -> str:
        """Name the keys that work here."""
        return keys.CALLS if isinstance(self.text.source, Calls) else keys.DETAIL

    @property
    def names(self) -> tuple[str, ...]:
        """The tabs of what is shown."""
        if not self.path:
            return ()
        artifact = self.row.artifact if self.row else self.reading and self.reading.artifact
        is_chain = bool(artifact and artifact.kind == "session_chain")
        return CHAIN_TABS if is_chain or (self.reading and self.reading.chain) else TABS

    @property
    def path(self) -> str:
        """The file that is shown."""
        if self.reading:
            return self.reading.path
        return self.row.key if self.row else ""

    @property
    def inspected(self) -> InspectAnswer | None:
        """The calls, where the pack is intact."""
        found = self.reading.inspect if self.reading else None
        return found.answer if found else None

    def query_here(self) -> Query | None:
        """Return the question whose answer is shown."""
        if not self.path:
            return None
        is_chain = self.names is CHAIN_TABS
        is_inspected = self.tab in {"Intents", "Refs", "Raw", "Checkpoints"}
        if is_inspected and (self.inspected is not None or self.reading is None):
            return Query(commands.INSPECT, (self.path,))
        return Query(commands.CHAIN if is_chain else commands.VERIFY, (self.path,))

    def show_row(
        self, row: Row | None, reading: RunReading | None, *, is_changed: bool = False
    ) -> None:
        """Show a row of the list, with what was read of it so far."""
        self.is_changed = is_changed and reading is None
        is_other = (row.key if row else "") != self.path
        self.row = row
        self._take(reading, keep_place=not is_other)

    def show_reading(self, reading: RunReading) -> None:
        """Show what was just read."""
        self.is_loading = False
        self._take(reading, keep_place=False)

    def _take(self, reading: RunReading | None, *, keep_place: bool) -> None:
        if reading is not self.reading or not keep_place:
            self.forget_raw()
        self.reading = reading
        self._calls = calls_of(self.inspected) if self.inspected else None
        if self.names and self.tab not in self.names:
            self.tab = self.names[0]
        self.draw(keep_place=keep_place)

    def draw(self, *, keep_place: bool = False) -> None:
        """Draw everything again."""
        super().draw(keep_place=keep_place)
        if self.is_mounted:
            self._draw_call()

    def first_row(self, source: Source) -> int | None:
        """Begin on the first call that is not ok."""
        if isinstance(source, Calls) and source.first_not_ok >= 0:
            return source.row_of(source.first_not_ok)
        return None

    @property
    def raw(self) -> str:
        """The answer of `inspect` or `verify`."""
        return self.reading.raw if self.reading else ""

    def source(self) -> Page | Source:
        """Return what the open tab shows."""
        reading = self.reading
        if reading is None or reading.checked is None:
            artifact = self.row.artifact if self.row else None
            words = CHANGED if self.is_changed else READING if self.is_loading else NOT_CHECKED
            return lambda look: not_opened_lines(artifact, words, look)
        if self.tab == RAW:
            return self.raw_source()
        if self.tab == "Intents" and self._calls is not None and len(self._calls):
            return self._calls
        return run_pages(reading)[self.tab]

    def draw_title(self) -> None:
        """Draw the title rule."""
        reading, row = self.reading, self.row
        name = row.name if row else reading.path if reading else ""
        answer = self.inspected
        facts = (
            [Span(f"{answer.capture_mode} capture", MUTED)]
            if answer and answer.capture_mode
            else []
        )
        state: list[Span] = []
        if reading and reading.checked:
            state = title_state(reading.checked)
        elif self.is_loading:
            state = [Span("reading", MUTED)]
        self.title.show(Span(name or "Detail", is_data=True), facts, state)

    # ------------------------------------------------------------ one call

    @property
    def has_call(self) -> bool:
        """Tell whether there is room for the chosen call below the table."""
        return isinstance(self.text.source, Calls) and self.size.height >= CALL_ROWS

    def _draw_call(self) -> None:
        shows, calls, answer = self.has_call, self._calls, self.inspected
        self.set_class(shows, "-with-call")
        self.text.styles.height = self._table_height() if shows else "1fr"
        if not shows or calls is None or answer is None:
            return
        position = calls.position(self.text.cursor)
        if position < 0:
            return
        entry = answer.entries[position]
        digest = short_digest(entry.args_digest, MUTED)
        self.call_title.show(
            Span(f"call {entry.index}"),
            [Span(entry.tool_name, MUTED, is_data=True)],
            [Span("arguments ", MUTED), *digest] if entry.args_digest else [],
        )
        mode, secrets = answer.capture_mode, self.shows_secrets
        self.call.show_page(lambda look: call_lines(entry, look, capture_mode=mode, shows=secrets))

    def _table_height(self) -> int:
        """Give the table what it needs, at most half of the pane."""
        return min(len(self.text.source) + 2, self.size.height // 2)

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Show the call under the cursor."""
        if message.table.id == "text":
            self._draw_call()
            self.post_message(self.Drawn())

    def on_vtable_chosen(self, message: VTable.Chosen) -> None:
        """Open what is not read yet; go to the chosen call."""
        message.stop()
        if self.reading is None:
            self.post_message(self.Wanted())
        elif self.has_call and message.table.id == "text":
            self.call.focus()

    def on_resize(self) -> None:
        """Show the call where there is room for it, blank rows where there are many."""
        super().on_resize()
        self._draw_call()

    # ------------------------------------------------------------ keys

    def links(self, row: IndexRow, tab: str) -> Mapping[str, Link]:
        """Say where one can go from here: from the call under the cursor, else from the run."""
        artifacts, answer = self.bench.artifacts, self.inspected
        if answer is None or self.call_at < 0 or not self.has_focus_within:
            return artifacts.links(row, tab)
        return artifacts.call_links(row, answer.entries, self.call_at, tab)

    @property
    def call_at(self) -> int:
        """The place of the call under the cursor; -1 where no calls are shown."""
        source, row = self.text.source, self.text.cursor
        return source.position(row) if isinstance(source, Calls) and row >= 0 else -1

    def step_not_ok(self, step: int) -> None:
        """Go to the next call that is not ok."""
        if isinstance(self.text.source, Calls):
            self.text.move_to(self.text.source.next_not_ok(self.text.cursor, step))

    def go_to_call(self, number: int) -> None:
        """Put the cursor on a call."""
        if isinstance(self.text.source, Calls):
            self.text.move_to(self.text.source.row_of(number - 1))

    def mark_focus(self) -> None:
        """Exactly one of the two rules is the heavy one."""
        is_in_call = self.call.has_focus
        self.title.set_here(self.has_focus_within and not is_in_call)
        self.call_title.set_here(is_in_call)

    def position(self) -> str:
        """Say where the cursor is."""
        calls = self._calls
        if not isinstance(self.text.source, Calls) or calls is None or calls.answer is None:
            return ""
        position = calls.position(self.text.cursor)
        return f"call {position + 1:,} of {len(calls.answer.entries):,}" if position >= 0 else ""
