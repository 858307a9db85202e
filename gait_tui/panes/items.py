"""A tab of items: what the engine lists, and a sheet for the one under the cursor."""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar, cast

from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Answered
from gait_tui.models.rowstore import Item
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import EMPTY, RULE, Sheet, SheetPane
from gait_tui.panes.split import SplitTab

KEPT: Final = 64

R = TypeVar("R", bound=Item)


class ItemsTab(SplitTab, Generic[R]):
    """Fills its list from an answer of the engine and asks for each row what its sheet shows.

    The rows may also come from `take_scan`; then `load` is left as it is.
    """

    detail: SheetPane
    listing: Listing[R]

    def __init__(self) -> None:
        super().__init__()
        self.detail = SheetPane()
        self.has_asked = False
        self._kept: OrderedDict[R, object] = OrderedDict()

    # ------------------------------------------------------------ to fill in

    def load(self) -> Callable[[], object] | None:
        """Return the call that asks the engine for the list; it runs in a thread."""
        return None

    def take(self, answer: object) -> None:
        """Fill the list from what `load` brought."""
        raise NotImplementedError

    def read(self, row: R) -> Callable[[], object] | None:
        """Return the call that reads what the sheet of a row needs; None when the row has all."""
        del row
        return None

    def kept(self, row: R, reading: object) -> None:
        """Do what an answer about a row changes besides its sheet."""
        del row, reading

    def sheet(self, row: R, reading: object | None) -> Sheet:
        """Lay out a row; `reading` is None while it is not read."""
        raise NotImplementedError

    # ------------------------------------------------------------ the engine

    def show_tab(self) -> None:
        """Ask for the list the first time the tab is shown."""
        if not self.has_asked:
            self.reload()

    def reload(self) -> None:
        """Ask for the list, and forget what was read of its rows."""
        self.has_asked = True
        self._kept.clear()
        if call := self.load():
            self.bridge.ask(self, f"{self.TAB}-list", call)

    def on_answered(self, message: Answered) -> None:
        """Take a list or what a sheet needs."""
        if not self.bridge.is_current(message.group, message.generation):
            return
        if message.group == f"{self.TAB}-list":
            self.take(message.result)
            self.show_rows()
        elif message.group == f"{self.TAB}-read":
            row, reading = cast("tuple[R, object]", message.result)
            self._keep(row, reading)
            self.kept(row, reading)
            if row == self.current():
                self.detail.show(self.sheet(row, reading))

    def _keep(self, row: R, reading: object) -> None:
        self._kept[row] = reading
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)

    def reading_of(self, row: R) -> object | None:
        """Return what was read of a row, while the row is what it was."""
        return self._kept.get(row)

    def follow(self) -> None:
        """Show the sheet of the row under the cursor; read what it needs."""
        row = cast("R | None", self.current())
        if row is None:
            self.detail.show(EMPTY)
            return
        reading = self._kept.get(row)
        call = None if reading is not None else self.read(row)
        self.detail.show(self.sheet(row, reading), keep_place=True)
        if call is not None:
            self.detail.is_loading = True
            self.detail.draw_title()
            self.bridge.ask(self, f"{self.TAB}-read", lambda: (row, call()))

    # ------------------------------------------------------------ bars and keys

    def detail_query(self) -> Query | None:
        """Return the question behind the open tab of the sheet."""
        return self.detail.query_here()

    def about(self) -> str:
        """Name the item, or all of them."""
        return self.detail.sheet.name if self.detail.has_focus_within else "all"

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the row under the cursor."""
        row: Any = self.current()
        return copies_of(self.detail.sheet.name, row.key, "", self.query_here()) if row else {}

    def trace_here(self) -> str:
        """Return the trace that the row under the cursor is; empty for none."""
        return ""

    @property
    def explained(self) -> str:
        """The trace whose deciding rule is shown at the moment, with all that takes at hand."""
        is_rule = self.detail.has_focus_within and self.detail.tab == RULE
        return self.trace_here() if is_rule and RULE in self.detail.sheet.queries else ""

    def labels(self) -> Mapping[str, str]:
        """Say that the rule that decided is explained on the whole screen."""
        return {"zoom": "explain"} if self.explained else {}

    def do_zoom(self) -> None:
        """Give the rule that decided the whole screen, anything else the whole body."""
        trace = self.explained
        if not (trace and self.bench.open_explain(trace)):
            super().do_zoom()

    def do_review(self) -> None:
        """Say that nothing here can be reviewed; a tab whose rows can be does it."""
        self.say("Nothing here waits for a person's approval.")

    def do_verify(self) -> None:
        """Read the row under the cursor again."""
        row = cast("R | None", self.current())
        if row is not None:
            self._kept.pop(row, None)
            self.follow()
