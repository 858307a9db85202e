"""The facets of a list: a pane beside it that writes its filter."""

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from textual.app import ComposeResult
from textual.message import Message

from gait_tui.messages import Answered
from gait_tui.models.facets import Facet, Value, count_ages, count_facets, picked
from gait_tui.panes.base import Pane
from gait_tui.views.facets import Mark, facet_lines
from gait_tui.views.line import Line, Look
from gait_tui.widgets.vtable import VTable


class FacetPane(Pane):
    """Counts the values of some fields in a thread; `enter` picks one, or lets it go."""

    class Toggled(Message):
        """A value was picked or let go."""

        def __init__(self, value: Value) -> None:
            super().__init__()
            self.value = value

    class Counted(Message):
        """The values of the latest rows are counted."""

    def __init__(
        self,
        place: str,
        fields: Sequence[str],
        *,
        fixed: Mapping[str, Sequence[str]],
        marks: Mapping[str, Mark],
        has_ages: bool = False,
    ) -> None:
        super().__init__(place, "Facets", id="facets")
        self.fields, self.fixed, self.marks = tuple(fields), fixed, marks
        self.has_ages = has_ages
        self.facets: list[Facet] = []
        self.filter = ""
        self.text = VTable(id="facet-rows")

    def compose(self) -> ComposeResult:
        """Lay out title and values."""
        yield self.title
        yield self.text

    def count(self, rows: Iterable[Mapping[str, str]], times: Iterable[int | None]) -> None:
        """Count what the rows hold, and how old they are; the answer comes from a thread."""
        now = self.bench.now_ns

        def call() -> list[Facet]:
            found = count_facets(rows, self.fields, self.fixed)
            return [*found, count_ages(times, now)] if self.has_ages else found

        self.bench.bridge.ask(self, f"facets-{self.place}", call)

    def on_answered(self, message: Answered) -> None:
        """Show the counts."""
        message.stop()
        if self.bench.bridge.is_current(message.group, message.generation):
            self.facets = cast("list[Facet]", message.result)
            self.draw()
            self.post_message(self.Counted())

    def show_filter(self, text: str) -> None:
        """Mark what a filter text picks."""
        if text != self.filter:
            self.filter = text
            self.draw()

    def draw(self) -> None:
        """Draw the facets; the cursor stays where it is."""
        self.text.show_page(self._lines, keep_place=self.text.cursor >= 0)

    def _lines(self, look: Look) -> list[Line]:
        return facet_lines(self.facets, picked(self.filter), self.marks, look)

    def on_vtable_chosen(self, message: VTable.Chosen) -> None:
        """Pick the value under the cursor, or let it go."""
        message.stop()
        key = self.text.source.key(message.row)
        values = {value.key: value for facet in self.facets for value in facet.values}
        if key in values:
            self.post_message(self.Toggled(values[key]))

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Keep the cursor of the facets from the list."""
        message.stop()
