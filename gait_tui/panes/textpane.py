"""A text below a list: shown where there is room, it takes as many rows as it has."""

from textual.app import ComposeResult

from gait_tui.panes.base import Pane
from gait_tui.views.line import MUTED, Span
from gait_tui.widgets.vtable import Page, VTable


class TextPane(Pane):
    """A title and a text that takes no focus: it goes with the list above it."""

    def __init__(self, place: str, name: str, *, id: str) -> None:  # noqa: A002
        super().__init__(place, name, id=id)
        self.add_class("below")
        self.begins = name
        self.text = VTable(id="below", highlight=False)
        self.text.can_focus = False

    def compose(self) -> ComposeResult:
        """Lay out title and text."""
        yield self.title
        yield self.text

    def show(self, page: Page, facts: str = "", state: str = "") -> None:
        """Show a text."""
        said = [Span(facts, MUTED)] if facts else []
        self.title.show(Span(self.begins), said, [Span(state, MUTED)] if state else [])
        self.text.show_page(page)
        self.on_resize()

    def on_vtable_reflowed(self) -> None:
        """Take the rows that the text has by now."""
        self.on_resize()

    def on_resize(self) -> None:
        """Take the rows that the text has, and a blank one."""
        self.styles.height = len(self.text.source) + 2
