"""The themes: the one under the cursor is worn at once, `enter` keeps it, `esc` takes it back."""

from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import keys
from gait_tui.panes.base import Pane
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import themelist
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.parts import count
from gait_tui.widgets.vtable import VTable


class ThemeTable(VTable):
    """The list of themes under its head."""

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return themelist.head(look)


class ThemePane(Pane):
    """The list of themes."""

    def __init__(self) -> None:
        super().__init__(keys.THEME, "Theme", id="themes")
        self.table = ThemeTable(id="choices")

    def compose(self) -> ComposeResult:
        """Lay out title and list."""
        yield self.title
        yield self.table


class SamplePane(Pane):
    """What the theme under the cursor looks like."""

    def __init__(self) -> None:
        super().__init__(keys.THEME, "Sample", id="sample")
        self.table = VTable(id="roles")
        self.table.can_focus = False

    def compose(self) -> ComposeResult:
        """Lay out title and sample."""
        yield self.title
        yield self.table


class ThemeScreen(FrameScreen):
    """Chooses a theme by looking at it."""

    PLACE: ClassVar[str] = keys.THEME
    AUTO_FOCUS: ClassVar[str | None] = "#choices"

    def body(self) -> Iterator[Widget]:
        """Yield the list and the sample."""
        self.pane, self.sample = ThemePane(), SamplePane()
        yield self.pane
        yield self.sample

    def on_mount(self) -> None:
        """List the themes, the one in force under the cursor."""
        self.worn = self.bench.theme_name
        self.themes = self.bench.theme_choices()
        names = [choice.name for choice in self.themes]
        at = names.index(self.worn) if self.worn in names else 0
        table = self.pane.table
        table.show_page(lambda look: themelist.rows(self.themes, self.worn, look))
        table.move_to(at)
        self.pane.styles.max_height = len(self.themes) + 3
        self.sample.table.show_page(themelist.sample)
        own = sum(choice.is_own for choice in self.themes)
        facts = count(len(self.themes), "theme") + (f", {own} of your own" if own else "")
        self.pane.title.show(Span("Theme"), [Span(facts, MUTED)])
        self._tell(at)

    def cursor_line(self, width: int) -> Line | None:
        """Return the row of the theme under the cursor."""
        choice = self.themes[self.pane.table.cursor]
        return themelist.rows([choice], self.worn, Look(width))[0]

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Wear the theme under the cursor."""
        self._tell(message.row)

    def _tell(self, at: int) -> None:
        choice = self.themes[at]
        self.sample.title.show(Span("Sample"), [Span(choice.name, MUTED, is_data=True)])
        self.status.place(f"{at + 1} of {len(self.themes)}")
        if choice.problem:
            self.say(choice.problem, "warning", is_data=True)
            return
        self.say("")
        if choice.name != self.bench.theme_name:
            self.bench.wear(choice.name)

    def on_vtable_chosen(self, message: VTable.Chosen) -> None:
        """Keep the theme under the cursor, for this session and the next."""
        choice = self.themes[message.row]
        if not choice.problem:
            self.leave()
            self.bench.keep_theme(choice.name)

    def do_back(self) -> None:
        """Wear the theme of before again, and go back."""
        self.on_tab_bar_picked()
        super().do_back()

    do_leave = do_back

    def on_tab_bar_picked(self) -> None:
        """Wear the theme of before again."""
        self.bench.wear(self.worn)
