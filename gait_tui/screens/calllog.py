"""What the engine was asked in this session, the newest last; each of it is a command."""

from collections.abc import Iterator
from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.models.calllog import Call
from gait_tui.panes.base import Pane
from gait_tui.screens.frame import FrameScreen
from gait_tui.screens.pages import PageScreen
from gait_tui.views import calllog
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.pages import command_lines
from gait_tui.views.parts import count
from gait_tui.widgets.vtable import VTable

NAME: Final = "Engine calls"


class CallTable(VTable):
    """The questions under their heads."""

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return calllog.head(look)


class CallLogPane(Pane):
    """The list of questions."""

    def __init__(self) -> None:
        super().__init__(keys.LOG, NAME, id="calllog")
        self.table = CallTable(id="asked")

    def compose(self) -> ComposeResult:
        """Lay out title and list."""
        yield self.title
        yield self.table


class CallLogScreen(FrameScreen):
    """Lists the questions; the cursor begins on the newest."""

    PLACE: ClassVar[str] = keys.LOG
    AUTO_FOCUS: ClassVar[str | None] = "#asked"

    def __init__(self) -> None:
        super().__init__()
        self.calls: tuple[Call, ...] = ()

    def body(self) -> Iterator[Widget]:
        """Yield the list."""
        self.pane = CallLogPane()
        yield self.pane

    def on_mount(self) -> None:
        """List what was asked, and from now on what is asked meanwhile."""
        self.draw()
        self.set_interval(self.bench.poll_seconds or 1.0, self.draw)

    def draw(self) -> None:
        """List what is kept; the cursor stays on its question, or on the newest."""
        found, table = self.bridge.calls.kept(), self.pane.table
        here = self._current()
        is_last = here is None or here.number == self.calls[-1].number
        if found == self.calls and found:
            return
        self.calls = found
        numbers = [call.number for call in found]
        at = len(found) - 1
        if here is not None and not is_last and here.number in numbers:
            at = numbers.index(here.number)
        table.show_page(self._lines, keep_place=True)
        table.move_to(at)
        self._tell()

    def _lines(self, look: Look) -> list[Line]:
        return [calllog.call_line(call, look) for call in self.calls] or calllog.nothing_lines(look)

    def _current(self) -> Call | None:
        at = self.pane.table.cursor
        return self.calls[at] if 0 <= at < len(self.calls) else None

    def _tell(self) -> None:
        kept = count(len(self.calls), "row")
        self.pane.title.show(Span(NAME), [Span("newest last", MUTED)], [Span(kept, MUTED)])
        self.status.place(f"{self.pane.table.cursor + 1:,} of {len(self.calls):,}")
        self.say(calllog.tally(self.calls, self.bridge.calls.total))

    def on_vtable_moved(self) -> None:
        """Say where the cursor is."""
        self._tell()

    def on_vtable_chosen(self) -> None:
        """Show the question under the cursor as a command."""
        if call := self._current():
            self.app.push_screen(CallScreen(call))

    def cursor_line(self, width: int) -> Line | None:
        """Return the question under the cursor."""
        call = self._current()
        return calllog.call_line(call, Look(width)) if call else None

    def copies(self) -> dict[str, str]:
        """Only the command can be copied here."""
        call = self._current()
        return {"copy_command": commands.shell(call.argv)} if call else {}


class CallScreen(PageScreen):
    """A question that was asked, as the command that answers the same."""

    PLACE: ClassVar[str] = keys.COMMAND
    NAME: ClassVar[str] = "Command"

    def __init__(self, call: Call) -> None:
        super().__init__()
        self.call = call

    def on_mount(self) -> None:
        """Say what may be done with it."""
        self.draw()
        self.say("y c copies it.")

    def lines(self, look: Look) -> list[Line]:
        """Lay out the command, and how it ended."""
        return command_lines(calllog.page(self.call, str(self.bridge.host.cwd)), look)

    def copies(self) -> dict[str, str]:
        """Only the command can be copied here."""
        return {"copy_command": commands.shell(self.call.argv)}
