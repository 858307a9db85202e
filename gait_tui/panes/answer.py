"""A tab that shows one answer of the engine as it is."""

from collections.abc import Iterator
from typing import cast

from textual.widget import Widget

from gait_engine.api.shapes import Answer
from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Answered
from gait_tui.panes.sheet import Sheet, SheetPane
from gait_tui.panes.tabview import TabView
from gait_tui.readings import Outcome
from gait_tui.views.line import MUTED, Span
from gait_tui.views.timetext import clock


class AnswerTab(TabView):
    """Asks one question and shows the JSON of its answer."""

    def __init__(self, tab: str, query: Query) -> None:
        super().__init__(tab)
        self.asked = query
        self.detail = SheetPane()

    def compose(self) -> Iterator[Widget]:
        """Yield the one pane."""
        yield self.detail

    @property
    def place(self) -> str:
        """There is only the sheet."""
        return keys.SHEET

    def focus_first(self) -> None:
        """Focus the answer."""
        self.detail.text.focus()

    def show_tab(self) -> None:
        """Ask, each time the tab is switched to."""
        self.reload()

    def reload(self) -> None:
        """Ask the question."""
        self.bridge.ask(self, f"{self.tab_id}-answer", lambda: self.bridge.outcome(self.asked))

    do_verify = reload

    def on_answered(self, message: Answered) -> None:
        """Show the answer, good or bad."""
        if self.bridge.is_current(message.group, message.generation):
            outcome = cast("Outcome[Answer]", message.result)
            state = [Span(f"answered {clock(outcome.at_ns)}  exit {outcome.exit_code}", MUTED)]
            raw = self.bridge.bytes_of(outcome).decode()
            name = " ".join(("gait", *self.asked.kind.split("-")))
            self.detail.show(Sheet(name, {}, state=state, raw=raw, query=self.asked))
            self.post_message(self.Changed())

    def query_here(self) -> Query:
        """Return the question."""
        return self.asked

    def about(self) -> str:
        """Name all of it."""
        return "all"

    def copies(self) -> dict[str, str]:
        """Copy the command or the answer."""
        return copies_of("", "", "", self.asked)

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.detail.reveal()

    def do_part_next(self) -> None:
        """There is one tab."""

    do_part_previous = do_zoom = do_filter = do_pane_next = do_pane_previous = do_part_next
    do_pane_left = do_pane_right = do_part_next
