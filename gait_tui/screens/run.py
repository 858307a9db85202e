"""One runpack or chain on a whole screen: what was named on the command line or by `ctrl+o`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, cast

from textual.widget import Widget

from gait_engine.api.shapes import VerifyAnswer
from gait_tui import keys
from gait_tui.commands import Query, acts_of
from gait_tui.copying import run_copies
from gait_tui.messages import Answered
from gait_tui.models.act import Act
from gait_tui.models.links import Link
from gait_tui.panes.detail import DetailPane
from gait_tui.readings import RunReading
from gait_tui.screens.frame import FrameScreen

_ONLY_IN_A_LIST = ("mark", "diff", "base")


class RunScreen(FrameScreen):
    """The detail of one file, whole."""

    AUTO_FOCUS: ClassVar[str | None] = "#text"
    PLACE: ClassVar[str] = keys.DETAIL

    def __init__(self, target: str, tab: str = "Summary", call: int = 0) -> None:
        super().__init__()
        self.target = target
        self._begin_at = (tab, call)

    def body(self) -> Iterator[Widget]:
        """Yield the detail."""
        self.detail = DetailPane()
        yield self.detail

    def on_mount(self) -> None:
        """Read the file."""
        self.do_verify()

    def do_verify(self) -> None:
        """Read the file, or read it again."""
        self.detail.is_loading = True
        self.bridge.ask(self, "read-one", lambda: self.bridge.read_run(self.target))

    do_rescan = do_verify

    def on_answered(self, message: Answered) -> None:
        """Show what was read."""
        if not self.bridge.is_current(message.group, message.generation):
            return
        self.detail.show_reading(cast("RunReading", message.result))
        tab, call = self._begin_at
        if tab in self.detail.names:
            self.detail.open_tab(tab)
        if call:
            self.detail.go_to_call(call)
        self._begin_at = ("", 0)

    @property
    def place(self) -> str:
        """Detail or calls."""
        return self.detail.place_here

    def query_here(self) -> Query | None:
        """Return the question behind the open tab."""
        return self.detail.query_here()

    def about(self) -> str:
        """Name the run."""
        return self._checked.run_id if self._checked else self.target

    @property
    def _checked(self) -> VerifyAnswer | None:
        reading = self.detail.reading
        return reading.verify.answer if reading and reading.verify else None

    def off(self) -> Sequence[str]:
        """Leave out what needs a list."""
        return _ONLY_IN_A_LIST

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the file."""
        digest = self._checked.manifest_digest if self._checked else ""
        path = self._checked.path if self._checked else self.target
        return run_copies(self.about(), path, digest, self.query_here())

    def acts(self) -> Mapping[str, Act]:
        """Pin or pack the run, once it was read."""
        if self._checked is None:
            return {}
        return acts_of(self._checked.path or self.target, self._checked.run_id)

    def links(self) -> Mapping[str, Link]:
        """Go where the run leads, if it lies under a root."""
        path = self.detail.path
        row = self.bench.artifacts.rows.get(path)
        return self.detail.links(row, "") if row else {}

    def on_tabbed_drawn(self) -> None:
        """Other keys, another position."""
        self.show_focus()
        self.status.place(self.detail.position())

    def do_filter(self) -> None:
        """Type what to search for."""
        self.detail.open_search()

    def do_wrap(self) -> None:
        """Let long rows go on below themselves, or cut them again."""
        self.detail.wrap()

    def do_pane_left(self) -> None:
        """Scroll the text back."""
        self.detail.slide(-1)

    def do_pane_right(self) -> None:
        """Scroll the text sideways."""
        self.detail.slide(1)

    def do_back(self) -> None:
        """End the search, else go back."""
        if not self.detail.close_search():
            super().do_back()

    def do_diff(self) -> None:
        """There is no list here."""

    do_zoom = do_base = do_grow = do_shrink = do_diff

    def do_pane_next(self) -> None:
        """Go from the table to the call and back."""
        call = self.detail.call
        (self.detail.text if call.has_focus or not self.detail.has_call else call).focus()

    do_pane_previous = do_pane_next

    def do_part_next(self) -> None:
        """Open the next detail tab."""
        self.detail.step_tab(1)

    def do_part_previous(self) -> None:
        """Open the detail tab before."""
        self.detail.step_tab(-1)

    def do_next(self) -> None:
        """Go to the next call that is not ok."""
        if not self.detail.step_match(1):
            self.detail.step_not_ok(1)

    def do_previous(self) -> None:
        """Go to the last call before that is not ok."""
        if not self.detail.step_match(-1):
            self.detail.step_not_ok(-1)

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.detail.reveal()

    def do_replay(self) -> None:
        """Answer the run from its own record."""
        self.bench.open_replay(self.target)
