"""The detail of an item as a sheet: a value that says all of what is shown, drawn by one pane."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.panes.tabbed import RAW, Tabbed
from gait_tui.views.line import MUTED, Span
from gait_tui.widgets.vtable import Page, Source

RULE: Final = "Policy rule"
"""The tab with the rule that decided, of a sheet that shows a trace."""


class Sheet(NamedTuple):
    """One item: its name, its tabs in order, and what the engine was asked for each."""

    name: str
    tabs: Mapping[str, Page | Source]
    facts: Sequence[Span] = ()
    state: Sequence[Span] = ()
    raw: str = ""
    """The JSON text behind a last tab, Raw; empty for none."""
    query: Query | None = None
    """The question whose answer is shown."""
    queries: Mapping[str, Query] = {}
    """The questions of tabs that have one of their own."""


EMPTY = Sheet("Detail", {"Summary": lambda _look: ()})


class SheetPane(Tabbed):
    """Draws a sheet; the open tab stays open when the next sheet has it too."""

    def __init__(self, place: str = keys.SHEET, *, id: str = "detail") -> None:  # noqa: A002
        super().__init__(place, id=id)
        self.sheet = EMPTY
        self.is_loading = False

    def show(self, sheet: Sheet, *, keep_place: bool = False) -> None:
        """Show another sheet."""
        is_other = sheet.raw != self.sheet.raw or sheet.name != self.sheet.name
        self.sheet = sheet
        self.is_loading = False
        if is_other:
            self.forget_raw()
        if self.tab not in self.names:
            self.tab = self.names[0] if self.names else ""
        self.draw(keep_place=keep_place and not is_other)

    @property
    def names(self) -> tuple[str, ...]:
        """The tabs of the sheet."""
        return (*self.sheet.tabs, *((RAW,) if self.sheet.raw else ()))

    @property
    def raw(self) -> str:
        """The JSON text of the Raw tab."""
        return self.sheet.raw

    def source(self) -> Page | Source:
        """Return what the open tab shows."""
        if self.tab == RAW:
            return self.raw_source()
        return self.sheet.tabs[self.tab]

    def draw_title(self) -> None:
        """Draw the title rule."""
        state = self.sheet.state
        if self.is_loading:
            state = [Span("reading", MUTED)]
        self.title.show(Span(self.sheet.name, is_data=True), self.sheet.facts, state)

    def query_here(self) -> Query | None:
        """Return the question whose answer is shown."""
        return self.sheet.queries.get(self.tab, self.sheet.query)
