"""The browsing screen: the main tabs, one of which is shown."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, Final, cast

from textual.containers import Container
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.messages import Answered, Reading, Scanned, Stopped, Unchanged
from gait_tui.models.act import Act
from gait_tui.models.inbox import waiting_keys
from gait_tui.models.links import Link
from gait_tui.models.watch import pause_after
from gait_tui.panes.runs import RunsTab
from gait_tui.panes.tabview import TabView
from gait_tui.readings import InboxReading
from gait_tui.screens.frame import FrameScreen
from gait_tui.views.line import MUTED, Line
from gait_tui.watching import is_wanted
from gait_tui.widgets.prompt import Prompt
from gait_tui.workbench import Workbench


def _inbox(bench: Workbench) -> TabView:
    from gait_tui.panes.inbox import InboxTab

    del bench
    return InboxTab()


def _scout(bench: Workbench) -> TabView:
    from gait_tui.panes.scout import ScoutTab

    del bench
    return ScoutTab()


def _traces(bench: Workbench) -> TabView:
    from gait_tui.panes.traces import TracesTab

    del bench
    return TracesTab()


def _approvals(bench: Workbench) -> TabView:
    from gait_tui.panes.approvals import ApprovalsTab

    del bench
    return ApprovalsTab()


def _evidence(bench: Workbench) -> TabView:
    from gait_tui.panes.evidence import EvidenceTab

    del bench
    return EvidenceTab()


def _health(bench: Workbench) -> TabView:
    from gait_tui.panes.health import HealthTab

    return HealthTab(bench.surroundings)


def _regress(bench: Workbench) -> TabView:
    from gait_tui.panes.regress import RegressTab

    del bench
    return RegressTab()


VIEWS: Final[Mapping[str, Callable[[Workbench], TabView]]] = {
    "inbox": _inbox,
    "runs": lambda bench: RunsTab(bench.store),
    "traces": _traces,
    "approvals": _approvals,
    "scout": _scout,
    "regress": _regress,
    "evidence": _evidence,
    "health": _health,
}
"""What each tab is made of; it is made when it is first shown."""

SETTLED_SECONDS: Final = 1.0
"""So long after the first rows nobody waits for a frame that has to do with them."""


class BrowseScreen(FrameScreen):
    """The tabs in their frame; the bars speak of the one that is shown."""

    AUTO_FOCUS: ClassVar[str | None] = None
    PLACE: ClassVar[str] = keys.LIST

    view: TabView
    """The tab that is shown."""

    def __init__(self, tab: str = "inbox") -> None:
        super().__init__()
        self.views: dict[str, TabView] = {}
        self._first = tab
        self._latest: Scanned | None = None
        self._read = 0
        """How many artifacts a reading has found that is not over."""
        self._failure = ""
        """Why a reading was not ended."""
        self._inbox: InboxReading | None = None
        self._is_sorting = self._is_stale = False
        self._waiting: frozenset[str] | None = None
        self.looked_at = 0.0
        """When the roots were last looked through."""

    def body(self) -> Iterator[Widget]:
        """Yield the tab that is shown first."""
        self.view = self._make(self._first)
        yield Container(self.view, id="tabs")

    def on_mount(self) -> None:
        """Look through the roots, and again every second, less often while nobody is here."""
        self.tab_bar.show_current(self.view.TAB)
        self.view.focus_first()
        self.view.show_tab()
        self.call_after_refresh(self._look)
        if self.bench.poll_seconds:
            self.set_interval(self.bench.poll_seconds, self.poll)

    def poll(self) -> None:
        """Look through the roots again if it is time to."""
        self.show_live()
        usual = self.bench.poll_seconds
        due = self.looked_at + pause_after(self.bench.idle_seconds, usual)
        is_due = self.bridge.host.monotonic() > due - usual / 2
        if is_due:
            self.looked_at = self.bridge.host.monotonic()
            self.bridge.watch(self)

    def _look(self) -> None:
        self.looked_at = self.bridge.host.monotonic()
        self.bridge.rescan(self)

    def on_scanned(self, message: Scanned) -> None:
        """Give the rows to every tab there is."""
        if not self.bridge.is_current("scan", message.generation):
            return
        is_first = message.is_whole and not self.bench.artifacts.since_ns
        self._latest = message
        self.bench.artifacts.take(message.catalog, self.bench.now_ns, is_whole=message.is_whole)
        for view in self.views.values():
            view.take_scan(message)
        if message.is_whole:
            self._read, self._failure = 0, ""
            self.bench.lost = message.lost
            self.bridge.take(message.generation)
            self.show_live()
            self._say_state()
            self._sort_out()
        if is_first:
            self.set_timer(SETTLED_SECONDS, self.bench.when_read)

    def on_reading(self, message: Reading) -> None:
        """Say how far the reading is."""
        if self.bridge.is_current("scan", message.generation):
            self._read, self._failure = message.found, ""
            self._say_state()

    def on_stopped(self, message: Stopped) -> None:
        """Say why the rows are not all there are, or not as they are now."""
        if self.bridge.is_current("scan", message.generation):
            self._read, self._failure = 0, message.problem
            self._say_state()

    def on_unchanged(self, message: Unchanged) -> None:
        """Let times go on: the rows are those that the tabs have."""
        if self.bridge.is_current("scan", message.generation):
            self.bench.lost = message.lost
            self.show_live()
            self.view.redraw_times()
            if self._read:
                self._read = 0
                self._say_state()

    def _sort_out(self) -> None:
        """Have what needs a person sorted out; a question is answered before the next is put."""
        self._is_stale = self._is_sorting
        if not self._is_sorting:
            self._is_sorting = True
            query = self.bench.reviews.inbox_query()
            self.bridge.ask(self, commands.INBOX, lambda: self.bridge.read_inbox(query, is_wanted))

    def on_answered(self, message: Answered) -> None:
        """Give what needs a person to the tabs, and count the approvals."""
        if message.group != commands.INBOX:
            return
        self._is_sorting = False
        self._inbox = cast("InboxReading", message.result)
        answer = self._inbox.inbox.answer
        if answer is not None:
            waiting = waiting_keys(answer.items)
            self.bench.tab_counts = {"approvals": len(waiting)}
            self._ring(waiting)
        self.show_live()
        for view in self.views.values():
            view.take_inbox(self._inbox)
        if self._is_stale:
            self._sort_out()

    def _ring(self, waiting: frozenset[str]) -> None:
        """Ring once for each call that waits and did not before."""
        new = waiting - self._waiting if self._waiting is not None else ()
        self._waiting = waiting
        for _ in new if self.bench.rings else ():
            self.app.bell()

    # ------------------------------------------------------------ tabs

    async def show_tab(self, tab: str) -> TabView:
        """Switch to a tab; the first time it is made."""
        if tab == self.view.TAB:
            return self.view
        before = self.view
        self.view = self.views.get(tab) or self._make(tab)
        before.display = False
        self.view.display = True
        self.tab_bar.show_current(tab)
        if not self.view.is_mounted:
            await self.query_one("#tabs", Container).mount(self.view)
            if self._latest is not None:
                self.view.take_scan(self._latest)
            if self._inbox is not None:
                self.view.take_inbox(self._inbox)
        self.view.focus_first()
        self.view.show_tab()
        self.show_focus()
        return self.view

    async def go_to(self, link: Link) -> None:
        """Show an item in the tab it belongs to."""
        view = await self.show_tab(link.tab)
        if not view.go_to(link.key):
            self.say(f"{link.name or 'What the link names'} is not listed here.", "warning")
        elif link.part:
            view.open_part(link.part)

    def announce(self, text: str, role: str) -> None:
        """Say how what was done went, in the tab that shows it."""
        self.view.announce(text, role)

    def _make(self, tab: str) -> TabView:
        self.views[tab] = VIEWS[tab](self.bench)
        return self.views[tab]

    def on_tab_view_changed(self) -> None:
        """Other keys, another position, another state of things."""
        self.show_focus()

    def on_tab_view_said(self, message: TabView.Said) -> None:
        """Say what a tab has to say."""
        self.say(message.text, message.role, is_data=message.is_data)

    # ------------------------------------------------------------ bars

    @property
    def place(self) -> str:
        """Where the focus is in the tab."""
        return self.view.place

    def show_focus(self) -> None:
        """Mark the pane with the focus; say where its cursor is and what is known of all rows."""
        view = self.view
        view.mark_focus()
        if self.prefix:
            self.show_prefix()
        elif self.is_typing:
            self.hint_bar.show([keys.Hint(*hint) for hint in keys.FILTER_HINTS])
        else:
            self.hint_bar.show(
                keys.hints(view.place, self.without(), view.hint_names(), view.labels())
            )
        self.show_small()
        self.status.place(view.position())
        self._say_state()

    def _say_state(self) -> None:
        """Say what is known of all rows; that they are not all there are is more than that."""
        text, role = self.view.status()
        if role == MUTED and not self.is_typing:
            text, role = self._shortfall() or (text, role)
        self.say(text, role)

    def _shortfall(self) -> tuple[str, str] | None:
        """Say why not all is listed; None where all is."""
        if self._failure:
            return f"Reading stopped: {self._failure}; ctrl+r tries again.", "failed"
        if self.bridge.is_stopped and not self._read:
            return "Stopped: not everything is listed; ctrl+r reads on.", "warning"
        if self._read:
            return f"Reading: {self._read:,} artifacts so far; esc stops.", MUTED
        if self.bench.lost:
            return f"{self.bench.lost[0]} cannot be read any more; ctrl+r looks again.", "failed"
        return None

    @property
    def is_typing(self) -> bool:
        """Tell whether the focus is in a line that is typed into."""
        return isinstance(self.focused, Prompt)

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor."""
        return self.view.cursor_line(width)

    def off(self) -> Sequence[str]:
        """Name the keys that do nothing here at the moment."""
        return self.view.off()

    def query_here(self) -> Query | None:
        """Return the question behind the focused pane."""
        return self.view.query_here()

    def about(self) -> str:
        """Name what the focused pane is about."""
        return self.view.about()

    def copies(self) -> dict[str, str]:
        """Return what can be copied of the row under the cursor."""
        return self.view.copies()

    def links(self) -> Mapping[str, Link]:
        """Return where `g` leads from the row under the cursor."""
        return self.view.links()

    def acts(self) -> Mapping[str, Act]:
        """Return what can be made of the row under the cursor."""
        return self.view.acts()

    # ------------------------------------------------------------ keys

    def doer(self, name: str) -> Callable[[], object] | None:
        """Find who does what a key asks for: the tab, else the screen; a new tab is awaited.

        What goes back stops a reading first.
        """
        if name == "back" and self._read:
            return self.bridge.stop
        own: Callable[[], object] | None = getattr(self.view, f"do_{name}", None)
        if own and not self.view.is_mounted:
            return lambda: self.call_later(self.action_do, name)
        return own or super().doer(name)

    def do_rescan(self) -> None:
        """Look through the roots again, and ask the engine again."""
        for view in self.views.values():
            view.forget_gone()
        self.view.reload()
        self.bridge.forget_taken()
        self._look()
