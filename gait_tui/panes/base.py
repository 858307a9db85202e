"""A pane: a title rule and what stands under it."""

from typing import cast

from textual.containers import Container

from gait_tui.widgets.bars import PaneTitle
from gait_tui.workbench import Workbench


class Pane(Container):
    """A part of a screen with a title; `place` names the keys that work in it."""

    def __init__(self, place: str, begins: str = "", *, id: str) -> None:  # noqa: A002
        super().__init__(id=id)
        self.place = place
        self.title = PaneTitle(begins)
        """The rule that begins the pane; it begins with a name alone."""

    @property
    def bench(self) -> Workbench:
        """The App, under its own type."""
        return cast("Workbench", self.app)

    def mark_focus(self) -> None:
        """Show by the title whether the pane has the focus."""
        self.title.set_here(self.has_focus_within)
