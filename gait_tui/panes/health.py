"""The Health tab: what keeps gait from working here; it looks only, and repairs nothing."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import ClassVar, Final, cast

from textual import events
from textual.containers import Vertical
from textual.widget import Widget

from gait_engine.api.shapes import IndexRow
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Scanned
from gait_tui.models.checkups import PASS, CheckRow, CheckStore, check_rows, tally
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.panes.textpane import TextPane
from gait_tui.readings import HealthReading
from gait_tui.surroundings import Surroundings
from gait_tui.views import health
from gait_tui.views.line import MUTED, Line, Look
from gait_tui.views.parts import count
from gait_tui.views.timetext import clock, milliseconds
from gait_tui.widgets.bars import Divider
from gait_tui.widgets.vtable import Page

ROOMY: Final = 36
"""So many rows leave room for everything below the checks."""


class CheckList(Listing[CheckRow]):
    """Lists checks."""

    order = "gait doctor"

    def __init__(self, tab: "HealthTab") -> None:
        super().__init__(CheckStore(), keys.HEALTH, "Checks", "check")
        self.tab = tab

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return health.head(look)

    def row_line(self, row: CheckRow, look: Look) -> Line:
        """Draw a check."""
        store = self.store
        is_marked = row.key in store.marks
        return health.check_line(look, row, is_current=row.key == store.cursor, is_marked=is_marked)

    def counted(self, number: int) -> str:
        """Count the checks, and those that did not pass."""
        wrong = [row for row in self.store.rows.values() if row.check.status != PASS]
        return f"{number}, {tally(wrong)}" if wrong else count(number, "check")

    def nothing(self) -> Page:
        """Say why nothing is listed."""
        found = self.tab.answered
        return partial(health.nothing_page, found.doctor if found else None)


class HealthTab(ItemsTab[CheckRow]):
    """Checks above the key, the roots, the terminal and the settings; one check beside them."""

    TAB: ClassVar[str] = "health"

    def __init__(self, told: Surroundings) -> None:
        super().__init__()
        self.told = told
        self.listing: CheckList = CheckList(self)
        names = ("Key in use", "Roots", "Terminal", "Config")
        self.below = {
            name: TextPane(keys.HEALTH, name, id=f"health-{name.split()[0].lower()}")
            for name in names
        }
        self.answered: HealthReading | None = None
        self.artifacts: Sequence[IndexRow] = ()

    def panes(self) -> Iterator[Widget]:
        """Yield the list with what stands below it, and the detail."""
        with Vertical(id="left"):
            yield self.listing
            yield from self.below.values()
        yield Divider(id="divider")
        yield self.detail

    # ------------------------------------------------------------ the engine

    def load(self) -> Callable[[], object]:
        """Ask the doctor, the key, the roots; no file is created and no program started."""
        return partial(self.bridge.read_health, self.artifacts, self.told.key_path)

    def take_scan(self, scanned: Scanned) -> None:
        """Keep what the roots hold; the first whole look through them is counted at once."""
        is_first = scanned.is_whole and not self.artifacts
        if scanned.is_whole:
            self.artifacts = tuple(scanned.catalog.rows.values())
        if is_first and self.has_asked:
            self.reload()

    def take(self, answer: object) -> None:
        """Show what was found."""
        self.answered = cast("HealthReading", answer)
        found = self.answered.doctor.answer
        self.listing.fill(check_rows(found.checks) if found else [])
        self.forget_gone()
        self._show_below()

    def _pages(self) -> dict[str, tuple[Page, str, str]]:
        """Lay out what stands below the checks: page, facts, state."""
        found, told = self.answered, self.told
        roots = found.roots if found else ()
        at = f"{clock(found.doctor.at_ns)[:5]}Z" if found else ""
        size = self.app.size
        read_only, theme = self.bench.read_only, self.bench.theme_name
        own = ("", "")
        return {
            "Key in use": (partial(health.key_page, told, found.key if found else None), *own),
            "Roots": (partial(health.roots_page, roots, at), str(len(roots)), ""),
            "Terminal": (
                partial(health.terminal_page, told, (size.width, size.height)),
                health.where(told),
                "",
            ),
            "Config": (partial(health.config_page, told, theme, read_only), *own),
        }

    def _show_below(self) -> None:
        if not self.is_mounted:
            return
        for name, shown in self._pages().items():
            self.below[name].show(*shown)

    def sheet(self, row: CheckRow, reading: object | None) -> Sheet:
        """Lay out a check."""
        del reading
        tabs: dict[str, Page] = {
            "Check": partial(health.check_page, row),
            "Fix command": partial(health.fix_page, row),
        }
        if not self.has_class("-roomy"):
            tabs |= {name.split()[0]: shown[0] for name, shown in self._pages().items()}
        raw = self.answered.raw if self.answered else ""
        query = self.list_query()
        index = self.bridge.index_query()
        state = health.title_state(row)
        return Sheet(row.key, tabs, state=state, raw=raw, query=query, queries={"Roots": index})

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask the doctor."""
        return self.answered.asked if self.answered else Query(commands.DOCTOR, ())

    def status(self) -> tuple[str, str]:
        """Say when it was checked, how long that took, and what was found."""
        said = super().status()
        if said[0] or self.answered is None:
            return said
        outcome = self.answered.doctor
        found = tally(list(self.listing.store.rows.values()))
        took = milliseconds(outcome.seconds)
        return f"Checked {clock(outcome.at_ns)} in {took}.   {found}", MUTED

    def position(self) -> str:
        """Say how the command ends."""
        return f"exit {self.answered.doctor.exit_code}" if self.answered else ""

    def copies(self) -> dict[str, str]:
        """Copy the name of a check, or what repairs it; else the command that checks."""
        row = self.listing.store.current()
        if row is None:
            return {}
        copies = copies_of(row.key, "", "", self.query_here())
        fix = row.check.fix_command
        return copies | ({"copy_command": fix} if fix else {})

    def do_verify(self) -> None:
        """Check again."""
        self.reload()

    def fit_list(self) -> None:
        """Above what goes with it the list takes the rows it has."""
        super().fit_list()
        if self.has_class("-roomy"):
            self.listing.styles.height = len(self.listing.table.source) + 3

    def on_resize(self, event: events.Resize) -> None:
        """Show what stands below where there is room for it."""
        super().on_resize(event)
        is_roomy = self.has_class("-wide") and self.size.height >= ROOMY
        if is_roomy != self.has_class("-roomy"):
            self.set_class(is_roomy, "-roomy")
            self.fit_list()
            self.follow()
        self._show_below()
