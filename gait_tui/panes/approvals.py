"""The Approvals tab: calls that wait for a person, tokens at hand, recent decisions."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final, NamedTuple, cast

from gait_engine.api.shapes import (
    Answer,
    IndexRow,
    PendingAnswer,
    ReviewLogAnswer,
    ReviewShowAnswer,
)
from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Scanned
from gait_tui.models.approvals import (
    DECISION,
    TOKEN,
    WAITING,
    ApprovalRow,
    ApprovalStore,
    TimedToken,
    approval_rows,
)
from gait_tui.models.links import Link
from gait_tui.panes import approvalsheet
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import Outcome
from gait_tui.views import approvals
from gait_tui.views.line import MUTED, Line, Look
from gait_tui.views.parts import count, failure_lines
from gait_tui.views.timetext import epoch_ns
from gait_tui.widgets.vtable import Page

_TOKENS: Final = ("approval_token",)
_CONCERNS: Final = frozenset({"trace", "trace_journal", "intent", "policy", *_TOKENS})


class Reading(NamedTuple):
    """What waits, what was decided, and the tokens among the files."""

    pending: Outcome[PendingAnswer]
    log: Outcome[ReviewLogAnswer]
    tokens: tuple[TimedToken, ...]


class ApprovalList(Listing[ApprovalRow]):
    """Lists what waits, tokens, decisions, each under its heading."""

    order = "waiting first"

    def __init__(self, tab: "ApprovalsTab") -> None:
        super().__init__(ApprovalStore(), keys.APPROVALS, "Approvals", "row")
        self.tab = tab

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return approvals.head(look)

    def row_line(self, row: ApprovalRow, look: Look) -> Line:
        """Draw a row."""
        store = self.store
        return approvals.approval_line(
            look,
            row,
            is_current=row.key == store.cursor,
            is_new=store.is_new(row.key, look.now_ns),
            is_gone=store.is_gone(row.key),
        )

    def heading(self, row: ApprovalRow) -> str:
        """Name the group."""
        return row.group

    def heading_line(self, heading: str, look: Look) -> Line:
        """Draw the name of a group."""
        return approvals.heading_line(heading, look)

    def counted(self, number: int) -> str:
        """Count what waits, if that is known; the rest is told in the status row."""
        del number
        if self.tab.failed:
            return "what waits is not known"
        store = self.store
        waiting = (
            row.group == WAITING and key not in store.gone for key, row in store.rows.items()
        )
        return f"{sum(waiting):,} waiting"

    def nothing(self) -> Page:
        """Say that nothing waits, or why that cannot be said."""
        return self.tab.nothing


class ApprovalsTab(ItemsTab[ApprovalRow]):
    """What waits, and for the one under the cursor what the engine computed anew."""

    TAB: ClassVar[str] = "approvals"

    def __init__(self) -> None:
        super().__init__()
        self.listing = ApprovalList(self)
        self.answered: Reading | None = None
        self._tokens: Sequence[IndexRow] = ()

    # ------------------------------------------------------------ the engine

    def take_scan(self, scanned: Scanned) -> None:
        """Ask again when a trace, an intent, a policy or a token came, changed or went."""
        if not scanned.is_whole:
            return
        self._tokens = scanned.catalog.of(_TOKENS)
        if self.has_asked and scanned.catalog.kinds & _CONCERNS:
            self.reload()

    def load(self) -> Callable[[], object]:
        """Ask what waits, read the log, and how long each token is still good."""
        desk, tokens = self.bench.reviews, self._tokens

        def call() -> Reading:
            timed = (
                TimedToken(row, 0 if row.error_code else desk.seconds_left(str(row.expires_at)))
                for row in tokens
            )
            return Reading(desk.pending(), desk.log(), tuple(timed))

        return call

    def take(self, answer: object) -> None:
        """Show the rows."""
        self.answered = reading = cast("Reading", answer)
        pending, log = reading.pending.answer, reading.log.answer
        items = (
            [(item, epoch_ns(str(item.observed_at))) for item in pending.items] if pending else []
        )
        events = [(event, epoch_ns(str(event.at))) for event in log.events] if log else []
        self.listing.fill(approval_rows(items, reading.tokens, events))
        self._drop_answered()

    def _drop_answered(self) -> None:
        """Drop calls that wait no more: their files are still there."""
        store = self.listing.store
        answered = [key for key in store.gone if store.rows[key].group != TOKEN]
        if answered:
            store.drop_gone(answered)
            self.listing.draw()

    def nothing(self, look: Look) -> list[Line]:
        """Say that nothing waits, or why that cannot be said."""
        return failure_lines(look, self.failed) if self.failed else approvals.nothing_lines(look)

    @property
    def failed(self) -> Answer | None:
        """What the engine said where it could not tell what waits."""
        return self.answered.pending.failure if self.answered else None

    def read(self, row: ApprovalRow) -> Callable[[], object] | None:
        """Have everything about a pending call computed anew."""
        if row.item is None:
            return None
        return approvalsheet.read(self.bench, row.item.trace_path)

    def sheet(self, row: ApprovalRow, reading: object | None) -> Sheet:
        """Lay out a row."""
        if row.group == TOKEN:
            return self._token_sheet(row)
        if row.group == DECISION:
            return self._decision_sheet(row)
        shown = cast("Outcome[ReviewShowAnswer] | None", reading)
        return approvalsheet.sheet(self.bench, row, shown)

    def _token_sheet(self, row: ApprovalRow) -> Sheet:
        timed = row.token
        pages: dict[str, Page] = {}
        if timed is not None:
            pages["Token"] = lambda look: approvals.token_page(timed, look)
        return Sheet(row.key.rpartition("/")[2], pages, query=self.list_query())

    def _decision_sheet(self, row: ApprovalRow) -> Sheet:
        event = row.event
        pages: dict[str, Page] = {}
        if event is not None:
            pages["Decision"] = lambda look: approvals.decision_page(event, look)
        name = " ".join(event.scope) if event else ""
        return Sheet(name, pages, query=self.bench.reviews.log_query())

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask what waits."""
        return self.bench.reviews.pending_query()

    def status(self) -> tuple[str, str]:
        """Say what waits, and whether tokens were checked."""
        said = super().status()
        if self.failed:
            return f"What waits is not known: {self.failed.error}", "failed"
        pending = self.answered.pending.answer if self.answered else None
        if said[0] or pending is None:
            return said
        checked = (
            f"tokens checked with key {pending.key_id[:8]}"
            if pending.tokens_checked
            else "tokens not checked: no key is set in tui.toml"
        )
        return f"{count(pending.count, 'call')} waiting; {checked}.", MUTED

    def links(self) -> Mapping[str, Link]:
        """Go where the trace of a call that waits leads, or that of the call of a token."""
        row = self.listing.store.current()
        artifacts = self.bench.artifacts
        about = row.token.artifact if row and row.token else None
        if row and row.item:
            about = artifacts.rows.get(_as_listed(row.item.trace_path))
        if about is None:
            return {}
        found = artifacts.links(about, self.TAB)
        return {name: to for name, to in found.items() if to.tab != self.TAB}

    def copies(self) -> dict[str, str]:
        """Copy what names the row."""
        row = self.listing.store.current()
        if row is None:
            return {}
        item, token = row.item, row.token.artifact if row.token else None
        name = item.trace_id if item else token.token_id if token else ""
        digest = item.intent_digest if item else token.intent_digest if token else ""
        path = item.trace_path if item else token.path if token else ""
        return copies_of(name, path, digest, self.query_here())

    def off(self) -> Sequence[str]:
        """Leave out the review where nothing waits."""
        row = self.listing.store.current()
        return () if row and row.item else ("review",)

    def do_review(self) -> None:
        """Review the call under the cursor."""
        row = self.listing.store.current()
        if row and row.item:
            self.bench.open_review(row.item.trace_path)
        else:
            self.say("Only a call that waits can be reviewed.")


def _as_listed(path: str) -> str:
    """Spell a path below the usual folder as the index does."""
    return path.removeprefix("./") if path.startswith("./gait-out/") else path
