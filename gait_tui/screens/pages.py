"""Screens of one page of text: stub replay, the command of a screen, the keys."""

from collections.abc import Iterator
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import SPELLINGS, Query
from gait_tui.copying import run_copies
from gait_tui.keys import CHANGE, COPY, EVERYWHERE, HERE, MOVE, Hint
from gait_tui.messages import Answered
from gait_tui.panes.base import Pane
from gait_tui.readings import ReplayReading
from gait_tui.screens.frame import FrameScreen
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.pages import Command, HelpKey, command_lines, help_lines, plain_lines
from gait_tui.views.parts import count
from gait_tui.views.summary import replay_lines
from gait_tui.views.timetext import milliseconds
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import VTable

PLACE_NAMES = {
    keys.INBOX: "Inbox",
    keys.LIST: "Runs",
    keys.TRACES: "Traces",
    keys.APPROVALS: "Approvals",
    keys.SCOUT: "Scout",
    keys.REGRESS: "Regress",
    keys.EVIDENCE: "Evidence",
    keys.HEALTH: "Health",
    keys.SHEET: "Detail",
    keys.DETAIL: "Detail",
    keys.CALLS: "Calls",
    keys.TICKET: "Ticket",
    keys.DIFF: "Diff",
    keys.REPLAY: "Replay",
    keys.REVIEW: "Review",
    keys.EXPLAIN: "Explain",
    keys.COMMAND: "Command",
    keys.THEME: "Theme",
    keys.LOG: "Engine calls",
}


class PagePane(Pane):
    """A title and a text."""

    def __init__(self, place: str, name: str) -> None:
        super().__init__(place, name, id="page")
        self.table = VTable(id="text")
        """The text."""
        self.prompt = Prompt("search", id="filter")

    def compose(self) -> ComposeResult:
        """Lay out title, search line and text."""
        yield self.title
        yield self.prompt
        yield self.table


class PageScreen(FrameScreen):
    """One pane with one text."""

    AUTO_FOCUS: ClassVar[str | None] = "#text"
    NAME: ClassVar[str] = ""

    def body(self) -> Iterator[Widget]:
        """Yield the one pane."""
        self.pane = PagePane(self.PLACE, self.NAME)
        yield self.pane

    def lines(self, look: Look) -> list[Line]:
        """Lay out the text."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the text."""
        self.pane.table.show_page(self.lines)


class ReplayScreen(PageScreen):
    """How a run is answered from its own record."""

    PLACE: ClassVar[str] = keys.REPLAY
    NAME: ClassVar[str] = "Stub replay"

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path
        self.reading: ReplayReading | None = None

    def on_mount(self) -> None:
        """Replay."""
        self.bridge.ask(self, "replay", lambda: self.bridge.read_replay(self.path))

    def on_answered(self, message: Answered) -> None:
        """Show the steps."""
        if self.bridge.is_current(message.group, message.generation):
            self.reading = cast("ReplayReading", message.result)
            took = milliseconds(self.reading.replay.seconds)
            answer = self.reading.replay.answer
            facts = [Span(answer.run_id if answer else self.path, MUTED, is_data=True)]
            self.pane.title.show(Span(self.NAME), facts, [Span(took, MUTED)])
            code = self.reading.replay.exit_code
            self.say("Nothing real was called and nothing was written.")
            self.status.place(f"exit {code}" if code else "")
            self.draw()

    def lines(self, look: Look) -> list[Line]:
        """Lay out the steps."""
        return replay_lines(self.reading.replay, look) if self.reading else []

    def query_here(self) -> Query | None:
        """Return the question."""
        return Query(commands.REPLAY, (self.path,))

    def about(self) -> str:
        """Name the run."""
        answer = self.reading.replay.answer if self.reading else None
        return answer.run_id if answer else "run"

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the run."""
        return run_copies(self.about(), self.path, "", self.query_here())


class CommandScreen(PageScreen):
    """A screen as the headless command that answers the same."""

    PLACE: ClassVar[str] = keys.COMMAND
    NAME: ClassVar[str] = "Command"

    def __init__(self, query: Query, writes: tuple[str, ...] = ()) -> None:
        super().__init__()
        self.query_shown, self.writes = query, writes

    def on_mount(self) -> None:
        """Say what may be done with it."""
        self.draw()
        self.say("y c copies it." if self.writes else "y c copies it; it prints what e writes.")

    def lines(self, look: Look) -> list[Line]:
        """Lay out the command; `writes` are the files of one that was not run yet."""
        spelling = SPELLINGS[self.query_shown.kind]
        words = commands.argv(self.query_shown)
        cwd = str(self.bridge.host.cwd)
        shown = Command(words, cwd, spelling.exits, spelling.what, spelling.writes)
        if self.writes:
            shown = shown._replace(writes=self.writes, note="not before enter in the dialog")
        return command_lines(shown, look)

    def query_here(self) -> Query | None:
        """Return the question."""
        return self.query_shown

    def copies(self) -> dict[str, str]:
        """Only the command can be copied here."""
        return {"copy_command": commands.shell(commands.argv(self.query_shown))}


class ByHandScreen(PageScreen):
    """A text that no way of copying took, for the mouse of the terminal."""

    PLACE: ClassVar[str] = keys.BY_HAND
    NAME: ClassVar[str] = "Copy by hand"

    def __init__(self, text: str, problem: str) -> None:
        super().__init__()
        self.text, self.problem = text, problem

    def on_mount(self) -> None:
        """Let the mouse go."""
        self.draw()
        facts = [Span(f"{len(self.text):,} characters", MUTED)]
        self.pane.title.show(Span(self.NAME), facts, [Span("the mouse is the terminal's", MUTED)])
        self.say(f"not copied: {self.problem}.", "warning", is_data=True)
        self.bench.hold_mouse(held=False)

    def on_unmount(self) -> None:
        """Take the mouse again."""
        self.bench.hold_mouse(held=True)

    def lines(self, look: Look) -> list[Line]:
        """Lay the text out from the first column: nothing else is to be marked with it."""
        return plain_lines(self.text, look)


class HelpScreen(PageScreen):
    """The keys of a place, searchable."""

    PLACE: ClassVar[str] = keys.HELP
    NAME: ClassVar[str] = "Help"

    def __init__(self, about: str) -> None:
        super().__init__()
        self.about_place = about
        self.wanted = ""

    def on_mount(self) -> None:
        """Say how many keys there are."""
        self.draw()
        self.show_search()

    def groups(self) -> list[tuple[str, list[HelpKey]]]:
        """List the keys, those of this place first."""
        place, removed = self.about_place, self.bench.removed
        after_y = [Hint(f"y {key.shown}", key.label) for key in COPY]
        after_c = [Hint(f"c {key.shown}", key.label) for key in CHANGE]
        groups = [
            ("here", keys.help_rows(place, HERE, removed)),
            ("after c", after_c if place == keys.REVIEW and "change" not in removed else []),
            ("move", keys.help_rows(place, MOVE)),
            ("after y", after_y if place in keys.READING else []),
            ("everywhere", keys.help_rows(place, EVERYWHERE)),
        ]
        return [(name, self._spelled(found)) for name, found in groups]

    def _spelled(self, found: list[Hint]) -> list[HelpKey]:
        own = [keys.respelled(hint, self.bench.own_keys) for hint in found]
        return [HelpKey(hint.shown, hint.label) for hint in own]

    def lines(self, look: Look) -> list[Line]:
        """Lay out the keys; the rows of those that are searched for take the cursor."""
        return help_lines(self.groups(), look, self.wanted)

    # ------------------------------------------------------------ search

    def show_search(self) -> None:
        """Count the keys, and those that are searched for."""
        found = keys.in_place(self.about_place)
        number = len([key for key in found if key.id not in self.bench.removed])
        rows = [key for _, group in self.groups() for key in group]
        matches = sum(key.matches(self.wanted) for key in rows)
        facts = [Span(PLACE_NAMES.get(self.about_place, ""), MUTED)]
        self.pane.title.show(Span(self.NAME), facts, [Span(f"{number} keys", MUTED)])
        said = count(matches, "match", "matches") if self.wanted else ""
        self.pane.prompt.set_remark(Span(said, MUTED))
        self.say("Every key can be changed in tui.toml.")

    def search(self, wanted: str) -> None:
        """Underline a text wherever it stands, and go to the first key that has it."""
        self.wanted = wanted.casefold()
        self.pane.table.seek(wanted)
        self.draw()
        self.show_search()

    def _step(self, step: int) -> None:
        table = self.pane.table
        rows = [row for row in range(len(table.source)) if table.source.key(row)]
        if not rows:
            self.say("No key matches." if self.wanted else "Nothing is searched for: / begins.")
            return
        others = [row for row in rows if (row - table.cursor) * step > 0]
        table.move_to(others[0 if step > 0 else -1] if others else rows[0 if step > 0 else -1])

    def do_next(self) -> None:
        """Go to the next key that is searched for; after the last comes the first."""
        self._step(1)

    def do_previous(self) -> None:
        """Go to the key before that is searched for."""
        self._step(-1)

    def do_filter(self) -> None:
        """Search."""
        self.pane.add_class("-filtering")
        self.pane.prompt.focus()

    def do_back(self) -> None:
        """End the search, else close."""
        if self.wanted:
            self.on_prompt_cancelled()
        else:
            super().do_back()

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Search with every key."""
        if not isinstance(message, Prompt.Submitted):
            self.search(message.text)

    def on_prompt_submitted(self) -> None:
        """Go back to the text; n and N go on."""
        self.pane.set_class(bool(self.wanted), "-filtering")
        self.pane.table.focus()

    def on_prompt_cancelled(self) -> None:
        """Search for nothing."""
        self.pane.prompt.set_text("")
        self.pane.remove_class("-filtering")
        self.search("")
        self.pane.table.focus()
