"""The Regress tab: fixtures by graders above, what one grader expected and found below."""

import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

from gait_engine.api.shapes import RegressShowAnswer, WrittenFile
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import run_copies
from gait_tui.models.act import Act
from gait_tui.models.fixtures import GRADERS, FixtureRow, FixtureStore
from gait_tui.models.links import Link
from gait_tui.panes import regresssheet
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import Outcome
from gait_tui.views import regress
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.parts import count, failure_lines
from gait_tui.widgets.vtable import Page

ROOMY: int = 100
"""Columns from which the title counts the grades too."""


class FixtureList(Listing[FixtureRow]):
    """Lists fixtures with a cell for each grader."""

    store: FixtureStore

    def __init__(self, tab: "RegressTab") -> None:
        super().__init__(FixtureStore(), keys.REGRESS, "Regress", "fixture")
        self.tab = tab

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return regress.head(look)

    def row_line(self, row: FixtureRow, look: Look) -> Line:
        """Draw a fixture."""
        store = self.store
        return regress.fixture_line(
            look, row, column=store.column, is_current=row.key == store.cursor
        )

    def cell(self, row: FixtureRow, name: str, look: Look) -> tuple[Span, ...]:
        """Show how a grader judged; the grade under the cursor stands in brackets."""
        column = GRADERS.get(name)
        if column is None:
            return super().cell(row, name, look)
        is_chosen = row.key == self.store.cursor and column == self.store.column
        return regress.grade_spans(row.state(column), is_chosen=is_chosen)

    def nothing(self) -> Page:
        """Say why nothing is listed."""
        return self.tab.nothing

    def counted(self, number: int) -> str:
        """Count the fixtures, the grades and what failed."""
        shown = self.tab.shown
        said = count(number, "fixture")
        if shown is None:
            return said
        grades = f", {count(shown.graders, 'grade')}" if self.size.width >= ROOMY else ""
        return f"{said}{grades}, {shown.failed:,} failed"


class RegressTab(ItemsTab[FixtureRow]):
    """Judges the set of this folder, without writing, each time the tab is shown."""

    TAB: ClassVar[str] = "regress"
    WIDE_FROM: ClassVar[int] = sys.maxsize

    listing: FixtureList

    def __init__(self) -> None:
        super().__init__()
        self.listing = FixtureList(self)
        self.outcome: Outcome[RegressShowAnswer] | None = None
        self.news = ("", MUTED)
        self._news_of = ""
        self._is_first = True

    # ------------------------------------------------------------ the engine

    def show_tab(self) -> None:
        """Judge again: fixtures, config or candidates may be others by now."""
        self.reload()

    def load(self) -> Callable[[], object]:
        """Judge the set."""
        return partial(self.bridge.outcome, self.list_query())

    def take(self, answer: object) -> None:
        """Show every fixture, also those of a set that cannot be judged as a whole."""
        self.outcome = cast("Outcome[RegressShowAnswer]", answer)
        shown = self.shown
        config = shown.config if shown else ""
        self.listing.order = regress.judged_state(
            config, self.outcome.at_ns, self.outcome.exit_code
        )
        self.listing.fill([FixtureRow(fixture) for fixture in shown.fixtures] if shown else [])
        self.listing.store.forget_gone()

    def show_rows(self) -> None:
        """Begin at the first failure; later the cursor stays with its fixture."""
        store = self.listing.store
        if self._is_first and store.rows:
            self._is_first = False
            store.cursor = ""
            if not store.step_failed(1):
                store.move_to(0)
        super().show_rows()
        store.rest()
        self.listing.draw()
        self.follow()

    def go_to(self, key: str) -> bool:
        """Put the cursor on a fixture, once the set is judged anew."""
        self._wanted = key
        self._is_first = self._is_first and not key
        self.reload()
        return True

    def announce(self, text: str, role: str) -> None:
        """Say how the set was judged until the cursor moves."""
        self.news = (text, role)
        self._news_of = self._wanted or self.listing.store.cursor
        self.post_message(self.Changed())

    def on_listing_moved(self, message: Listing.Moved) -> None:
        """Say what is under the cursor from now on."""
        if not self._wanted and self.listing.store.cursor != self._news_of:
            self.news = ("", MUTED)
        super().on_listing_moved(message)

    @property
    def shown(self) -> RegressShowAnswer | None:
        """What the engine answered, also beside an error."""
        said = self.outcome.said if self.outcome else None
        return said if isinstance(said, RegressShowAnswer) else None

    @property
    def written(self) -> Sequence[WrittenFile]:
        """The files of an earlier judgement."""
        return self.shown.written if self.shown else ()

    def nothing(self, look: Look) -> list[Line]:
        """Say why there are no fixtures: the engine's words below ours."""
        failure = self.outcome.failure if self.outcome else None
        is_missing = failure is None or "no such file" in failure.error
        lines = regress.nothing_page(look, is_missing=is_missing)
        return lines + (failure_lines(look, failure) if failure else [])

    def sheet(self, row: FixtureRow, reading: object | None) -> Sheet:
        """Lay out a fixture, and the grade under the cursor."""
        del reading
        return regresssheet.sheet(row, self.listing.store.column, self.shown)

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask for every grade."""
        return regresssheet.QUERY

    @property
    def current_row(self) -> FixtureRow | None:
        """The fixture under the cursor."""
        return self.listing.store.current()

    def status(self) -> tuple[str, str]:
        """Say what the cell under the cursor means, unless something is out of date."""
        said = super().status()
        row = self.current_row
        if said[0] or row is None:
            return said
        if self.news[0]:
            return self.news
        failure = self.outcome.failure if self.outcome else None
        if failure is not None:
            return f"not judged: {failure.error}", "failed"
        if old := regress.outdated(self.written):
            return old, "warning"
        return regress.cell_words(row, self.listing.store.column), MUTED

    def links(self) -> Mapping[str, Link]:
        """Go to the run that was compared, or to the one that is pinned."""
        row = self.current_row
        if row is None:
            return {}
        found = row.fixture
        for path, name in (
            (found.candidate_run_path, found.candidate_run_id),
            (found.run_path, found.run_id),
        ):
            if path:
                return {"go_run": Link("runs", path, name)}
        return {}

    def acts(self) -> Mapping[str, Act]:
        """Judge again and write the result."""
        return {"regression": Act(commands.RERUN)} if self.current_row else {}

    def copies(self) -> dict[str, str]:
        """Copy the name of the fixture, the path of its runpack."""
        row = self.current_row
        return run_copies(row.key, row.fixture.runpack, "", self.query_here()) if row else {}

    def off(self) -> Sequence[str]:
        """Leave out what the fixture under the cursor does not offer."""
        row = self.current_row
        if row is None:
            return ("open", "next", "diff", "go", "grader")
        hidden = [] if self._pair(row) else ["diff"]
        has_failed = any(each.failed for each in self.listing.store.rows.values())
        return hidden if has_failed else [*hidden, "next"]

    @staticmethod
    def _pair(row: FixtureRow) -> tuple[str, str] | None:
        base, other = row.fixture.runpack, row.fixture.candidate_runpack
        return (base, other) if base and row.fixture.candidate_run_id and base != other else None

    def do_diff(self) -> None:
        """Compare the fixture with its candidate; the fixture is the base."""
        row = self.current_row
        if row is not None and (pair := self._pair(row)):
            self.bench.open_diff(*pair)
        else:
            self.say("This fixture has no candidate to compare: it is judged by itself.")

    def do_next(self) -> None:
        """Go to the next grade that failed; in the detail, to the next match."""
        self._step_failed(1) if self._in_matrix else super().do_next()

    def do_previous(self) -> None:
        """Go to the grade before that failed; in the detail, to the match before."""
        self._step_failed(-1) if self._in_matrix else super().do_previous()

    @property
    def _in_matrix(self) -> bool:
        return not self.detail.has_focus_within

    def _step_failed(self, step: int) -> None:
        if self.listing.store.step_failed(step):
            self._show_cell()
        else:
            self.say("No grade failed.")

    def do_pane_left(self) -> None:
        """Go to the grader on the left; in the detail, scroll back or go to the matrix."""
        self._step_column(-1) if self._in_matrix else super().do_pane_left()

    def do_pane_right(self) -> None:
        """Go to the grader on the right; in the detail, scroll sideways."""
        self._step_column(1) if self._in_matrix else super().do_pane_right()

    def _step_column(self, step: int) -> None:
        self.listing.store.step_column(step)
        self._show_cell()

    def _show_cell(self) -> None:
        self.news = ("", MUTED)
        self.listing.draw()
        self.follow()
        self.post_message(self.Changed())
