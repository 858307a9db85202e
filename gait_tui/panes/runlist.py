"""The list of runpacks and session chains."""

from collections.abc import Iterable
from functools import partial
from typing import Final

from gait_engine.api.shapes import RUN_KINDS, RUNPACK, IndexRow
from gait_tui import keys
from gait_tui.messages import Scanned
from gait_tui.models.rows import DAMAGED, INTACT, NOT_READ, Check, Row, RunStore
from gait_tui.panes.listing import Listing
from gait_tui.readings import RunReading
from gait_tui.views import runs
from gait_tui.views.calls import not_ok
from gait_tui.views.line import Line, Look
from gait_tui.views.pages import empty_lines
from gait_tui.widgets.vtable import Page

_REFUSED: Final = 2
"""The exit code of an artifact that must not be trusted."""


class RunListPane(Listing[Row]):
    """Lists runs with what is known of each."""

    store: RunStore

    def __init__(self, store: RunStore) -> None:
        super().__init__(store, keys.LIST, "Runs", "run")

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return runs.head(look)

    def row_line(self, row: Row, look: Look) -> Line:
        """Draw a row."""
        store, key = self.store, row.key
        check = store.checks.get(key)
        return runs.row(
            look,
            runs.RunRow(
                row.artifact,
                row.name,
                row.at_ns,
                store.state(key),
                calls=check.calls if check else None,
                not_ok=check.not_ok if check else None,
                is_marked=key in store.marks,
                is_new=store.is_new(key, look.now_ns),
                is_current=key == store.cursor,
            ),
        )

    def counted(self, number: int) -> str:
        """Count the runs, and name the one that others are compared with."""
        base = self.store.rows.get(self.store.base)
        return super().counted(number) + (f", base {base.name}" if base else "")

    def nothing(self) -> Page:
        """Say what was searched."""
        roots = self.roots
        return lambda look: empty_lines(roots, look)

    def take(self, scanned: Scanned) -> None:
        """Take the rows of a scan."""
        self.roots = scanned.catalog.roots
        found = scanned.catalog.of(RUN_KINDS)
        self.refill(partial(run_rows, found), len(found), is_whole=scanned.is_whole)

    def take_reading(self, reading: RunReading) -> None:
        """Keep what the engine said about a row."""
        artifact = reading.artifact
        if artifact is None or reading.checked is None:
            return
        outcome = reading.checked
        is_judged = outcome.answer is not None or outcome.exit_code == _REFUSED
        state = INTACT if outcome.exit_code == 0 else DAMAGED if is_judged else NOT_READ
        inspected = reading.inspect.answer if reading.inspect else None
        entries = inspected.entries if inspected and artifact.kind == RUNPACK else None
        self.store.check(
            reading.path,
            Check(
                state,
                reading.checked.at_ns,
                (artifact.mtime_ns, artifact.size),
                None if entries is None else len(entries),
                None if entries is None else not_ok(entries),
            ),
        )
        self.draw()


def run_rows(artifacts: Iterable[IndexRow]) -> list[Row]:
    """Make rows of runs, in their order."""
    return list(map(row_of, artifacts))


def row_of(artifact: IndexRow) -> Row:
    """Make a row of the list of an artifact; its time is that of the file, as the engine sorts."""
    return Row(artifact, artifact.mtime_ns or None)
