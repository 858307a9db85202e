"""The Runs tab: runpacks and session chains, and what one of them did."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from gait_tui.commands import Query, acts_of
from gait_tui.copying import run_copies
from gait_tui.messages import Answered, Scanned
from gait_tui.models.act import Act
from gait_tui.models.links import Link
from gait_tui.models.rows import CHANGED, GONE, RunStore
from gait_tui.panes.detail import DetailPane
from gait_tui.panes.runlist import RunListPane
from gait_tui.panes.split import SplitTab
from gait_tui.readings import RunReading
from gait_tui.views.line import MUTED
from gait_tui.views.parts import count
from gait_tui.widgets.vtable import VTable


class RunsTab(SplitTab):
    """Lists runs; verifies the one under the cursor and looks into it."""

    TAB: ClassVar[str] = "runs"

    def __init__(self, store: RunStore) -> None:
        super().__init__()
        self.runs = self.listing = RunListPane(store)
        self.detail: DetailPane = DetailPane()

    # ------------------------------------------------------------ answers

    def take_scan(self, scanned: Scanned) -> None:
        """Show the rows."""
        self.runs.take(scanned)

    def on_answered(self, message: Answered) -> None:
        """Show what was read."""
        if message.group != "read" or not self.bridge.is_current("read", message.generation):
            return
        reading = cast("RunReading", message.result)
        self.bench.keep(reading)
        self.runs.take_reading(reading)
        if reading.path == self.runs.store.cursor:
            self.detail.show_reading(reading)
        self.post_message(self.Changed())

    def follow(self) -> None:
        """Show the detail of the row as it is now; a large or changed file is not read unasked."""
        store = self.runs.store
        row = store.current()
        if row is self.detail.row:
            return
        kept = self.bench.kept(row.key) if row else None
        is_new = row is not None and kept is None and store.state(row.key) != CHANGED
        most = self.bridge.limits.file_bytes
        is_read = is_new and row is not None and row.artifact.size <= most
        self.detail.is_loading = is_read
        self.detail.show_row(row, kept, is_changed=row is not None and not is_new)
        if is_read:
            self._read()

    def open_row(self) -> None:
        """Read the row if that was not done unasked."""
        if self.detail.reading is None and not self.detail.is_loading:
            self._read()

    def on_detail_pane_wanted(self) -> None:
        """Read the row under the cursor."""
        self._read()

    def _read(self) -> None:
        row = self.runs.store.current()
        if row is not None:
            self.detail.is_loading = True
            artifact = row.artifact
            self.bridge.ask(self, "read", lambda: self.bridge.read_run(artifact.path, artifact))

    # ------------------------------------------------------------ bars

    def status(self) -> tuple[str, str]:
        """Say what is known of all the rows."""
        said = super().status()
        if said[0]:
            return said
        store = self.runs.store
        parts, tally = [count(store.there, "runpack")] if store.rows else [], store.tally()
        for word in ("intact", "damaged", "changed", "not read", "not checked", GONE):
            parts += [f"{tally[word]:,} {word}"] if tally.get(word) else []
        return (", ".join(parts) + "." if parts else ""), MUTED

    def off(self) -> Sequence[str]:
        """Leave out what the item under the cursor does not offer."""
        store = self.runs.store
        hidden = [] if store.compared() else ["diff"]
        if store.current() is None:
            hidden += ["open", "verify", "mark", "replay", "copy", "part"]
        return hidden

    def list_query(self) -> Query:
        """Ask for the artifacts under the roots."""
        return self.bridge.index_query()

    def detail_query(self) -> Query | None:
        """Return the question whose answer the detail shows."""
        return self.detail.query_here()

    def about(self) -> str:
        """Name the run, or the list."""
        row = self.runs.store.current()
        return row.name if row and self.detail.has_focus_within else "all"

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the row under the cursor."""
        row = self.runs.store.current()
        if row is None:
            return {}
        return run_copies(row.name, row.key, row.artifact.manifest_digest, self.query_here())

    def links(self) -> Mapping[str, Link]:
        """Go where the run under the cursor leads, or the call where the calls have the focus."""
        row = self.runs.store.current()
        if row is None:
            return {}
        return self.detail.links(row.artifact, self.TAB)

    def acts(self) -> Mapping[str, Act]:
        """Pin or pack a run; a session chain can only be pinned."""
        row = self.runs.store.current()
        if row is None:
            return {}
        return acts_of(row.key, row.name, is_run=row.artifact.kind == "runpack")

    # ------------------------------------------------------------ keys

    def do_verify(self) -> None:
        """Read the file again."""
        self._read()

    def do_diff(self) -> None:
        """Compare the marked runs."""
        pair = self.runs.store.compared()
        if pair:
            self.bench.open_diff(*pair)
        else:
            self.say("Mark two runs with space, or set a base with b; then d compares them.")

    def do_base(self) -> None:
        """Make the run under the cursor the one that others are compared with, or take it back."""
        store = self.runs.store
        store.base = "" if store.base == store.cursor else store.cursor
        self.runs.draw()
        self.post_message(self.Changed())

    def do_replay(self) -> None:
        """Answer the run from its own record."""
        row = self.runs.store.current()
        if row and row.artifact.kind == "runpack":
            self.bench.open_replay(row.key)

    def stops(self) -> list[VTable]:
        """List, detail, and the call below it."""
        call = [self.detail.call] if self.detail.has_call else []
        return [*super().stops(), *call]

    def do_next(self) -> None:
        """Go to the next match of a search, else to the next call that is not ok."""
        if not self.detail.step_match(1):
            self.detail.step_not_ok(1)

    def do_previous(self) -> None:
        """Go to the match before, else to the last call before that is not ok."""
        if not self.detail.step_match(-1):
            self.detail.step_not_ok(-1)
