"""A ticket line: is its artifact here, is it intact, what did the agent do, what failed first."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import keys
from gait_tui.commands import Query, acts_of
from gait_tui.copying import run_copies
from gait_tui.messages import Answered
from gait_tui.models.act import Act
from gait_tui.panes.base import Pane
from gait_tui.panes.tabbed import TabText
from gait_tui.readings import TicketReading
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import ticket
from gait_tui.views.calls import Calls, calls_of, duration, tally
from gait_tui.views.line import MUTED, Line, Look, Span, line, own
from gait_tui.views.parts import quoted_line
from gait_tui.views.timetext import milliseconds
from gait_tui.widgets.bars import PaneTitle
from gait_tui.widgets.vtable import Lines, VTable

CALLS_AT_LEAST = 7
"""Rows kept for the calls when the page above them is long."""


class TicketPane(Pane):
    """The answer above, the calls or what stands for them below."""

    def __init__(self, text: str, origin: str) -> None:
        super().__init__(keys.TICKET, "Ticket", id="ticket")
        self.text, self.origin = text, origin
        self.reading: TicketReading | None = None
        self.calls: Calls | None = None
        self.answer = VTable(id="answer", highlight=False)
        self.calls_title = PaneTitle(id="calls-title")
        self.table = TabText(id="calls")
        """The calls."""

    def compose(self) -> ComposeResult:
        """Lay out answer and calls."""
        yield self.title
        yield self.answer
        yield self.calls_title
        yield self.table

    def take(self, reading: TicketReading) -> None:
        """Show what was found."""
        self.reading = reading
        inspected = reading.inspect.answer if reading.inspect else None
        self.calls = calls_of(inspected) if inspected and inspected.entries else None
        self.draw()
        (self.table if self.calls else self.answer).focus()

    def draw(self) -> None:
        """Draw everything again."""
        answer = self.answer
        reading = self.reading
        facts = [Span(self.origin, MUTED)]
        look = answer.look
        if reading is None:
            self.title.show(Span("Ticket"), facts, [Span("reading", MUTED)])
            answer.show(Lines(quoted_line(look, self.text)))
            return
        took = [Span(milliseconds(reading.verify.seconds), MUTED)]
        self.title.show(Span("Ticket"), facts, took)
        lines = ticket.ticket_lines(reading, look)
        self._draw_below(reading, look)
        self.set_class(bool(len(self.table.source)), "-with-calls")
        answer.styles.height = self._room(len(lines)) if len(self.table.source) else "1fr"
        answer.show(Lines(lines))

    def _room(self, lines: int) -> int:
        needed = len(self.table.source) + 2
        return min(lines + 1, max(self.size.height - 1 - min(needed, CALLS_AT_LEAST), 3))

    def _draw_below(self, reading: TicketReading, look: Look) -> None:
        title = self.calls_title
        calls = self.calls
        if calls is None:
            name, facts, lines = ticket.below(reading, look)
            title.show(Span(name), [Span(facts, MUTED)] if facts else [])
            self.table.show(Lines(lines))
            return
        entries = calls.answer.entries
        title.show(
            Span("What the agent did"),
            [Span(duration(entries), MUTED)],
            [Span(tally(entries), MUTED, is_data=True)],
        )
        bad = calls.first_not_ok
        self.table.show(calls, cursor=calls.row_of(bad) if bad >= 0 else 0)

    def on_resize(self) -> None:
        """Lay out again for the new size."""
        self.call_after_refresh(self.draw)


class TicketScreen(FrameScreen):
    """Shows one ticket line and its answer."""

    AUTO_FOCUS: ClassVar[str | None] = "#answer"
    PLACE: ClassVar[str] = keys.TICKET

    def __init__(self, text: str, origin: str) -> None:
        super().__init__()
        self.text, self.origin = text, origin

    def body(self) -> Iterator[Widget]:
        """Yield the one pane."""
        self.pane = TicketPane(self.text, self.origin)
        yield self.pane

    def on_mount(self) -> None:
        """Look for the artifact."""
        self.do_verify()

    def do_verify(self) -> None:
        """Look for the artifact, or look again."""
        self.bridge.ask(self, "ticket", lambda: self.bridge.read_ticket(self.text, self.origin))

    do_rescan = do_verify

    def on_answered(self, message: Answered) -> None:
        """Show what was found."""
        if self.bridge.is_current(message.group, message.generation):
            reading = cast("TicketReading", message.result)
            self.pane.take(reading)
            self.say(ticket.status(reading))
            exit_code = reading.verify.exit_code
            self.status.place(f"exit {exit_code}" if exit_code else "")
            self.show_focus()

    @property
    def _path(self) -> str:
        reading = self.pane.reading
        return reading.verify.answer.path if reading and reading.verify.answer else ""

    def off(self) -> Sequence[str]:
        """Leave out what this answer does not offer."""
        reading = self.pane.reading
        state = ticket.state_of(reading) if reading else ""
        hidden = [] if self._path else ["open", "copy", "verify"]
        if state != ticket.NOT_FOUND:
            hidden.append("rescan")
        if state in {ticket.VERIFIED, ticket.DAMAGED}:
            hidden.append("open_any")
        bad = self.pane.calls.first_not_ok if self.pane.calls else -1
        return [*hidden, "next"] if bad < 0 else hidden

    def query_here(self) -> Query | None:
        """Return the question: the line itself is the target."""
        return self.bridge.ticket_query(self.text.strip())

    def about(self) -> str:
        """Name the run of the ticket."""
        answer = self.pane.reading.verify.answer if self.pane.reading else None
        return answer.run_id if answer else "line"

    def copies(self) -> dict[str, str]:
        """Return what can be copied of what was found."""
        answer = self.pane.reading.verify.answer if self.pane.reading else None
        if answer is None:
            return run_copies("", "", "", self.query_here())
        return run_copies(answer.run_id, answer.path, answer.manifest_digest, self.query_here())

    def acts(self) -> Mapping[str, Act]:
        """Pin or pack the run that was found, if it is intact."""
        reading = self.pane.reading
        if reading is None or ticket.state_of(reading) not in ticket.INTACT:
            return {}
        return acts_of(self._path, self.about())

    def cursor_line(self, width: int) -> Line | None:
        """Say at least what the answer is."""
        reading = self.pane.reading
        look = Look(width)
        return line(look, own(0, ticket.status(reading))) if reading else None

    def on_vtable_chosen(self) -> None:
        """Open the run that was found, at the chosen call."""
        if not self._path:
            return
        from gait_tui.screens.run import RunScreen

        calls = self.pane.calls
        call = calls.position(self.pane.table.cursor) + 1 if calls else 0
        self.app.push_screen(RunScreen(self._path, "Intents" if call else "Summary", call))

    def do_next(self) -> None:
        """Go to the next call that is not ok."""
        self._step(1)

    def do_previous(self) -> None:
        """Go to the last call before that is not ok."""
        self._step(-1)

    def _step(self, step: int) -> None:
        if self.pane.calls:
            table = self.pane.table
            table.move_to(self.pane.calls.next_not_ok(table.cursor, step))
