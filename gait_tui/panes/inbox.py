"""The Inbox tab: everything that needs a person, the worst first."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from textual import events

from gait_engine.api.shapes import RUN_KINDS
from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of, run_copies
from gait_tui.messages import Scanned
from gait_tui.models.evidence import KINDS
from gait_tui.models.inbox import APPROVAL, InboxRow, InboxStore, inbox_rows
from gait_tui.models.links import Link
from gait_tui.panes import inboxsheets
from gait_tui.panes.faceted import FACETED, FacetedTab
from gait_tui.panes.facets import FacetPane
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import InboxReading
from gait_tui.views import inbox
from gait_tui.views.line import MUTED, Line, Look
from gait_tui.views.severity import SEVERITIES
from gait_tui.widgets.vtable import Page

_HOMES: Final = {"family": "go_family", "session": "go_session", "verify": "go_run"}
"""The link that leads to the tab of each kind; what has none is shown whole beside the list."""


class InboxList(Listing[InboxRow]):
    """Lists what needs a person."""

    order = "worst first, then newest"
    has_gaps = True

    def __init__(self, tab: "InboxTab") -> None:
        super().__init__(InboxStore(), keys.INBOX, "Inbox", "item")
        self.tab = tab
        self._numbers: Counter[str] = Counter()

    @property
    def is_grouped(self) -> bool:
        """Tell whether rows stand under heads: where there is room, in the engine's order."""
        store = self.store
        is_sorted = store.sort or store.is_reversed or store.is_following
        return self.tab.size.width >= FACETED and not is_sorted

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return inbox.head(look, is_grouped=self.is_grouped)

    def row_line(self, row: InboxRow, look: Look) -> Line:
        """Draw an item."""
        store, key = self.store, row.key
        state = inbox.State(
            is_current=key == store.cursor,
            is_marked=key in store.marks,
            is_new=store.is_new(key, look.now_ns),
            is_gone=store.is_gone(key),
        )
        return inbox.item_line(look, row, state, is_grouped=self.is_grouped)

    def draw(self) -> None:
        """Draw title and rows, and count the groups."""
        rows = (self.store.rows[key] for key in self.store.visible)
        self._numbers = Counter(row.item.severity for row in rows)
        super().draw()

    def heading(self, row: InboxRow) -> str:
        """Name the group of an item."""
        return row.item.severity if self.is_grouped else ""

    def heading_line(self, heading: str, look: Look) -> Line:
        """Head a group."""
        return inbox.group_line(heading, self._numbers[heading], look)

    def nothing(self) -> Page:
        """Say that nothing needs a person, or what was searched."""
        return self.tab.nothing

    def none_words(self) -> str:
        """Tell a folder that needs no one from one that holds nothing."""
        answer = self.tab.answered.inbox.answer if self.tab.answered else None
        if self.bench.bridge.is_stopped:
            return "nothing so far"
        return "needs no one" if answer and answer.artifacts else super().none_words()

    def counted(self, number: int) -> str:
        """Count in words."""
        return f"{number:,} need{'s' * (number == 1)} a person"


class InboxTab(FacetedTab[InboxRow]):
    """What needs a person, facets beside it, and the sheet that its own tab shows."""

    TAB: ClassVar[str] = "inbox"

    def __init__(self) -> None:
        super().__init__()
        self.listing = InboxList(self)
        self.facets = FacetPane(
            keys.INBOX,
            ("severity", "kind", "agent"),
            fixed={"severity": tuple(SEVERITIES), "kind": inbox.KINDS},
            marks={"kind": inbox.kind_mark},
            has_ages=True,
        )
        self.answered: InboxReading | None = None

    def on_resize(self, event: events.Resize) -> None:
        """Group the rows where there is room."""
        super().on_resize(event)
        self.listing.draw()
        self.fit_list()

    # ------------------------------------------------------------ the engine

    def take_scan(self, scanned: Scanned) -> None:
        """Wait for what is sorted out of the rows."""
        del scanned

    def take_inbox(self, reading: InboxReading) -> None:
        """Show what needs a person."""
        self.answered = reading
        answer = reading.inbox.answer
        self.listing.fill(inbox_rows(answer.items if answer else (), reading.artifacts))
        self._drop_settled()
        self.show_rows()
        self.count_facets()

    def _drop_settled(self) -> None:
        """Drop what needs nobody any more: its file is still there."""
        store, files = self.listing.store, self.bench.artifacts.rows
        settled = [key for key in store.gone if store.rows[key].path in files]
        if settled:
            store.drop_gone(settled)
            self.listing.draw()

    def nothing(self, look: Look) -> list[Line]:
        """Say why nothing is listed."""
        if self.answered is None:
            return []
        outcome = self.answered.inbox
        if outcome.failure is not None:
            return inbox.failed_answer(outcome, look)
        is_stopped = self.bench.bridge.is_stopped
        return inbox.nothing_lines(outcome.answer, look, is_stopped=is_stopped)

    def read(self, row: InboxRow) -> Callable[[], object] | None:
        """Read what the item's own tab reads."""
        return inboxsheets.read(self.bench, row)

    def sheet(self, row: InboxRow, reading: object | None) -> Sheet:
        """Lay out an item as its own tab does."""
        return inboxsheets.sheet(self.bench, row, reading, self.list_query())

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask what needs a person."""
        return self.answered.query if self.answered else self.bench.reviews.inbox_query()

    def status(self) -> tuple[str, str]:
        """Count what needs no one."""
        said = super().status()
        answer = self.answered.inbox.answer if self.answered else None
        if said[0] or answer is None:
            return said
        if self.answered and self.answered.problem:
            return f"Approvals not checked: {self.answered.problem}", "warning"
        if not answer.items:
            return said
        return inbox.unneeded(answer), MUTED

    @property
    def row(self) -> InboxRow | None:
        """The item under the cursor."""
        return self.listing.store.current()

    def _links_of(self, row: InboxRow) -> dict[str, Link]:
        """Go where the file of an item leads."""
        about = row.artifact
        return dict(self.bench.artifacts.links(about, self.TAB)) if about else {}

    def links(self) -> Mapping[str, Link]:
        """Go to whatever the item names that another tab lists."""
        row = self.row
        if row is None:
            return {}
        item, found = row.item, self._links_of(row)
        if item.kind == "verify" and row.artifact is not None:
            if row.artifact.kind in RUN_KINDS:
                found["go_run"] = Link("runs", row.path, inbox.name_of(row))
        elif run := self.bench.artifacts.named("run", item.run_id):
            found["go_run"] = Link("runs", run, item.run_id)
        if item.trace_id and item.kind in {"trace", APPROVAL}:
            found["go_trace"] = Link("traces", row.path, item.trace_id[:12])
        if item.kind == APPROVAL:
            waits = f"{item.intent_digest} {item.policy_digest}"
            found["go_approval"] = Link("approvals", waits, item.tool_name)
        if item.kind == "session":
            found["go_session"] = Link("evidence", row.path, item.session_id)
        if item.family_id:
            found["go_family"] = Link("scout", item.family_id, item.family_id)
        return found

    def _home(self, row: InboxRow) -> Link | None:
        """Return where an item is listed in a tab that shows more of it than this one."""
        item, artifact = row.item, row.artifact
        if item.kind == "regress":
            return Link("regress", item.fixture, item.fixture)
        if item.kind == "verify" and artifact is not None and artifact.kind in KINDS:
            tab = "runs" if artifact.kind in RUN_KINDS else "evidence"
            return Link(tab, row.path, inbox.name_of(row))
        return self.links().get(_HOMES.get(item.kind, ""))

    def on_listing_opened(self, message: Listing.Opened) -> None:
        """Review a call, go to what its own tab shows more of; all else is opened here."""
        row = self.row
        link = self._home(row) if row else None
        if row is not None and row.item.kind == APPROVAL:
            message.stop()
            self.do_review()
        elif link is not None:
            message.stop()
            self.bench.go_to(link)
        else:
            super().on_listing_opened(message)

    def trace_here(self) -> str:
        """Return the trace under the cursor, where that is what an item is about."""
        row = self.row
        return row.path if row is not None and row.item.kind == "trace" else ""

    def do_review(self) -> None:
        """Review the call that awaits approval."""
        row = self.row
        if row is not None and row.item.kind == APPROVAL:
            self.bench.open_review(row.path)

    def copies(self) -> dict[str, str]:
        """Copy the name, the digest of the intent, the path; of a run its footer too."""
        row = self.row
        if row is None:
            return {}
        name, query = inbox.name_of(row), self.query_here()
        if row.artifact is not None and row.artifact.kind == "runpack":
            return run_copies(name, row.path, row.artifact.manifest_digest, query)
        return copies_of(name, row.path, row.item.intent_digest, query)

    def off(self) -> Sequence[str]:
        """Leave out what the item under the cursor does not offer."""
        row = self.row
        if row is None:
            return ("open", "verify", "copy", "go", "mark", "review")
        return () if row.item.kind == APPROVAL else ("review",)
