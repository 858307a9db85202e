"""What a main tab is to the screen around it: panes, keys, and what the bars say of it."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from textual.containers import Container
from textual.message import Message

from gait_tui.bridge import Bridge
from gait_tui.commands import Query, acts_of
from gait_tui.messages import Scanned
from gait_tui.models.act import Act
from gait_tui.models.links import Link
from gait_tui.panes.base import Pane
from gait_tui.readings import InboxReading
from gait_tui.views.line import MUTED, Line
from gait_tui.workbench import Workbench


class TabView(Container):
    """One main tab; a key of the table does `do_<id>` here, or else what the screen does."""

    TAB: ClassVar[str] = ""
    """Its id in the table of tabs."""

    class Changed(Message):
        """Focus, cursor or content moved: keys, position and status may be others."""

    class Said(Message):
        """Something to say in the status row."""

        def __init__(self, text: str, role: str = MUTED, *, is_data: bool = False) -> None:
            super().__init__()
            self.text, self.role, self.is_data = text, role, is_data

    def __init__(self) -> None:
        super().__init__(id=f"tab-{self.TAB}")

    @property
    def bench(self) -> Workbench:
        """The App, under its own type."""
        return cast("Workbench", self.app)

    @property
    def bridge(self) -> Bridge:
        """The way to the engine."""
        return self.bench.bridge

    def say(self, text: str, role: str = MUTED, *, is_data: bool = False) -> None:
        """Say something in the status row."""
        self.post_message(self.Said(text, role, is_data=is_data))

    def announce(self, text: str, role: str) -> None:
        """Say how what was done went."""
        self.say(text, role)

    # ------------------------------------------------------------ to fill in

    @property
    def place(self) -> str:
        """Where the focus is, as the key table calls it."""
        raise NotImplementedError

    def focus_first(self) -> None:
        """Focus the pane where work begins."""
        raise NotImplementedError

    def show_tab(self) -> None:
        """Begin or go on: the tab was just switched to."""

    def take_scan(self, scanned: Scanned) -> None:
        """Take what a look through the folders found."""

    def redraw_times(self) -> None:
        """Draw again what tells how long ago something was: no row has changed."""

    def take_inbox(self, reading: InboxReading) -> None:
        """Take what needs a person."""

    def reload(self) -> None:
        """Ask the engine again: the person asked for a new look."""

    def forget_gone(self) -> None:
        """Drop the rows whose files are no longer there: the person asked for a new look."""

    def query_here(self) -> Query | None:
        """Return the question whose answer has the focus."""
        return None

    def about(self) -> str:
        """Name the item, for the file of an export."""
        return ""

    def copies(self) -> dict[str, str]:
        """Return what `y` can copy here, by the id of its key."""
        return {}

    def links(self) -> Mapping[str, Link]:
        """Return where `g` leads from the row under the cursor, by the id of its second key."""
        return {}

    def acts(self) -> Mapping[str, Act]:
        """Return what can be made of the run that the row under the cursor leads to."""
        run = self.links().get("go_run")
        return acts_of(run.key, run.name) if run else {}

    def go_to(self, key: str) -> bool:
        """Put the cursor on an item; tell whether it is there, or may still come."""
        del key
        return False

    def open_part(self, name: str) -> None:
        """Open a detail tab of the item under the cursor."""

    def off(self) -> Sequence[str]:
        """Name the keys that do nothing here at the moment."""
        return ()

    def hint_names(self) -> Sequence[str]:
        """Name the hints to show in place of the usual ones."""
        return ()

    def labels(self) -> Mapping[str, str]:
        """Return what hints say here in place of their usual label, by the id of their key."""
        return {}

    def position(self) -> str:
        """Say where the cursor is."""
        return ""

    def status(self) -> tuple[str, str]:
        """Say in words, and a role, what is known of all that is listed."""
        return "", MUTED

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor, for a terminal that is too small."""
        del width
        return None

    def mark_focus(self) -> None:
        """Mark the pane that has the focus."""
        for pane in self.query(Pane):
            pane.mark_focus()
