"""The Scout tab: families of runs that behaved alike, and what sets each apart."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

from textual import events
from textual.containers import Vertical
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import Query, acts_of
from gait_tui.copying import run_copies
from gait_tui.models.act import Act
from gait_tui.models.families import FamilyRow, FamilyStore, family_rows
from gait_tui.models.links import Link
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.panes.textpane import TextPane
from gait_tui.readings import FamiliesReading
from gait_tui.views import scout
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.parts import count, failure_lines
from gait_tui.views.severity import severity
from gait_tui.widgets.bars import Divider
from gait_tui.widgets.vtable import Page

ROOMY: int = 30
"""So many rows leave room for the tools and the riskiest calls below the families."""


class FamilyList(Listing[FamilyRow]):
    """Lists families."""

    order = "engine order"

    def __init__(self, tab: "ScoutTab") -> None:
        super().__init__(FamilyStore(), keys.SCOUT, "Families", "family")
        self.tab = tab

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return scout.head(look)

    def row_line(self, row: FamilyRow, look: Look) -> Line:
        """Draw a family."""
        store = self.store
        return scout.family_line(
            look,
            row,
            is_current=row.key == store.cursor,
            is_marked=row.key in store.marks,
        )

    def nothing(self) -> Page:
        """Say why nothing is listed."""
        return self.tab.nothing

    def counted(self, number: int) -> str:
        """Count the families and the runs they group."""
        return f"{count(number, 'family', 'families')} over {count(self.tab.run_count, 'run')}"


def family_tabs(row: FamilyRow) -> dict[str, Page]:
    """Return the pages of a family."""
    return {
        "Family": lambda look: scout.family_page(row, look),
        "Runs": lambda look: scout.runs_page(row, look),
        "Fingerprint": lambda look: scout.fingerprint_page(row, look),
        "Suggestions": lambda look: scout.suggestions_page(row, look),
    }


def family_sheet(row: FamilyRow, query: Query) -> Sheet:
    """Lay out a family."""
    shown = severity(row.family.severity_level)
    state = [Span(f"{shown.mark} ", f"b:{shown.role}"), Span(row.family.severity_level)]
    return Sheet(row.key, family_tabs(row), state=state, query=query)


class ScoutTab(ItemsTab[FamilyRow]):
    """Families above tools and top actions; the family under the cursor beside them."""

    TAB: ClassVar[str] = "scout"

    def __init__(self) -> None:
        super().__init__()
        self.listing = FamilyList(self)
        self.tools = TextPane(keys.SCOUT, "Tools by family", id="tools")
        self.actions = TextPane(keys.SCOUT, "Top actions", id="actions")
        self.answered: FamiliesReading | None = None

    def panes(self) -> Iterator[Widget]:
        """Yield the lists in one column, and the detail."""
        with Vertical(id="left"):
            yield self.listing
            yield self.tools
            yield self.actions
        yield Divider(id="divider")
        yield self.detail

    @property
    def column(self) -> Widget:
        """The families and what goes with them."""
        return self.query_one("#left")

    # ------------------------------------------------------------ the engine

    def load(self) -> Callable[[], object]:
        """Group the runs under the roots."""
        return self.bridge.read_families

    def take(self, answer: object) -> None:
        """Show the families, and below them what tells them apart."""
        self.answered = cast("FamiliesReading", answer)
        found = self.answered.signal.answer
        rows = family_rows(found.report, found.proven_drivers) if found and found.report else []
        self.listing.fill(rows)
        self.forget_gone()
        self._wanted = self._family_of(self._wanted)
        shown = list(self.listing.store.rows.values())
        self.tools.show(partial(scout.tools_page, shown), "place of each tool in the run")
        self.actions.show(self._actions, self._of_all(), "gait report top")

    @property
    def run_count(self) -> int:
        """How many runs the families group."""
        found = self.answered.signal.answer if self.answered else None
        return found.run_count if found else 0

    @property
    def _top(self) -> Sequence[object]:
        top = self.answered.top.answer if self.answered else None
        return top.report.top_actions if top and top.report else ()

    def _of_all(self) -> str:
        top = self.answered.top.answer if self.answered else None
        return f"{len(self._top):,} of {top.action_count:,}" if top else ""

    def _actions(self, look: Look) -> list[Line]:
        top = self.answered.top.answer if self.answered else None
        return scout.actions_page(top.report.top_actions if top and top.report else (), look)

    def nothing(self, look: Look) -> list[Line]:
        """Say why there are no families: the engine's words."""
        failure = self.answered.signal.failure if self.answered else None
        lines = scout.nothing_page(look, "No run was found to compare.")
        return lines + (failure_lines(look, failure) if failure else [])

    def sheet(self, row: FamilyRow, reading: object | None) -> Sheet:
        """Lay out a family."""
        del reading
        found = family_sheet(row, self.list_query())
        if self.has_class("-roomy"):
            return found
        rows = list(self.listing.store.rows.values())
        below: dict[str, Page] = {"Tools": lambda look: scout.tools_page(rows, look)}
        below["Top"] = self._actions
        queries = {"Top": self._top_query()}
        return found._replace(tabs={**found.tabs, **below}, queries=queries)

    def go_to(self, key: str) -> bool:
        """Put the cursor on a family, named by its id or by the runpack of one of its runs."""
        return super().go_to(self._family_of(key))

    def _family_of(self, key: str) -> str:
        rows = self.listing.store.rows.values()
        return next((row.key for row in rows if key in row.family.artifact_pointers), key)

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask for the families."""
        return Query(commands.FAMILIES, self.bridge.folders())

    def _top_query(self) -> Query:
        return Query(commands.TOP, self.bridge.folders())

    def status(self) -> tuple[str, str]:
        """Name what was left out."""
        said = super().status()
        found = self.answered.signal.answer if self.answered else None
        if said[0] or not found:
            return said
        return scout.left_out(found.skipped), MUTED

    def links(self) -> Mapping[str, Link]:
        """Go to the canonical run."""
        row = self.current_row
        if row is None or not row.canonical:
            return {}
        return {"go_run": Link("runs", row.canonical, row.family.canonical_run_id)}

    def acts(self) -> Mapping[str, Act]:
        """Make a fixture or a pack of the canonical run."""
        row = self.current_row
        if row is None or not row.canonical:
            return {}
        run = row.family.canonical_run_id
        return acts_of(
            row.canonical,
            run,
            about="canonical run of",
            about_name=row.key,
            against=tuple(self.bridge.folders()),
        )

    @property
    def current_row(self) -> FamilyRow | None:
        """The family under the cursor."""
        return self.listing.store.current()

    def copies(self) -> dict[str, str]:
        """Copy the family's id, its fingerprint, or the path of its canonical run."""
        row = self.current_row
        if row is None:
            return {}
        copies = run_copies(row.key, row.canonical, row.family.fingerprint, self.query_here())
        return copies | {"copy_digest": row.family.fingerprint}

    def off(self) -> Sequence[str]:
        """Leave out the comparison where there is nothing to compare."""
        return () if self._pair() else ("diff",)

    def _pair(self) -> tuple[str, str] | None:
        """Name the runpacks to compare: of two families, or the first two runs of one."""
        store = self.listing.store
        if pair := store.pair():
            ends = tuple(store.rows[key].canonical for key in pair)
            return (ends[0], ends[1]) if all(ends) else None
        row = store.current()
        pointers = row.family.artifact_pointers if row else ()
        others = [path for path in pointers if row and path != row.canonical]
        return (row.canonical, others[0]) if row and row.canonical and others else None

    def do_diff(self) -> None:
        """Compare two families by their canonical runs, or a family's with another of it."""
        if pair := self._pair():
            self.bench.open_diff(*pair)
        else:
            self.say("One run only: mark two families with space, then d compares.")

    def fit_list(self) -> None:
        """Above what goes with it the list takes the rows it has."""
        super().fit_list()
        if self.has_class("-roomy"):
            rows = len(self.listing.table.source) + self.listing.has_class("-filtering")
            self.listing.styles.height = min(rows + 3, self.size.height // 2)

    def on_resize(self, event: events.Resize) -> None:
        """Show tools and actions where there is room for them."""
        super().on_resize(event)
        is_roomy = self.has_class("-wide") and self.size.height >= ROOMY
        if is_roomy != self.has_class("-roomy"):
            self.set_class(is_roomy, "-roomy")
            self.follow()
