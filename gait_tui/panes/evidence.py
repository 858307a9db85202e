"""The Evidence tab: packs, sessions, chains, audits and installed manifests."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, cast

from gait_engine.api.shapes import IndexRow, InstalledPack, RegistryListAnswer
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Scanned
from gait_tui.models.evidence import (
    AUDIT,
    KINDS,
    REGISTRY,
    SESSION,
    UNPROVEN,
    EvidenceRow,
    EvidenceStore,
    evidence_rows,
)
from gait_tui.models.links import Link
from gait_tui.models.rows import Check
from gait_tui.panes import evidencesheet
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import EvidenceReading, Outcome
from gait_tui.views import evidence
from gait_tui.views.line import MUTED, Line, Look
from gait_tui.views.parts import count
from gait_tui.widgets.vtable import Page


class EvidenceList(Listing[EvidenceRow]):
    """Lists evidence with what is known of each piece."""

    store: EvidenceStore

    def __init__(self, tab: "EvidenceTab") -> None:
        super().__init__(EvidenceStore(), keys.EVIDENCE, "Evidence", "piece")
        self.tab = tab

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return evidence.head(look)

    def row_line(self, row: EvidenceRow, look: Look) -> Line:
        """Draw a row."""
        store, key = self.store, row.key
        return evidence.row_line(
            look,
            row,
            self.tab.state(row),
            is_current=key == store.cursor,
            is_marked=key in store.marks,
            is_new=store.is_new(key, look.now_ns),
        )

    def nothing(self) -> Page:
        """Say what was searched."""
        return partial(evidence.nothing_page, self.tab.bridge.named_roots)


class EvidenceTab(ItemsTab[EvidenceRow]):
    """Evidence, and what the piece under the cursor holds."""

    TAB: ClassVar[str] = "evidence"

    def __init__(self) -> None:
        super().__init__()
        self.listing: EvidenceList = EvidenceList(self)
        self.installed: Sequence[InstalledPack] = ()
        self.artifacts: Sequence[IndexRow] = ()
        self.is_scanned = self.is_listed = False
        self.problem = ""

    @property
    def store(self) -> EvidenceStore:
        """The rows and what is known of them."""
        return self.listing.store

    # ------------------------------------------------------------ the engine

    def load(self) -> Callable[[], object]:
        """Ask what is installed; the rest comes with the scan."""
        return partial(self.bridge.outcome, Query(commands.REGISTRY, ()))

    def take(self, answer: object) -> None:
        """Take what is installed."""
        self.is_listed = True
        listed = cast("Outcome[RegistryListAnswer]", answer)
        self.installed = listed.answer.packs if listed.answer else ()
        self.problem = listed.failure.error if listed.failure else ""
        self._fill()

    def take_scan(self, scanned: Scanned) -> None:
        """Take what the index found."""
        self.artifacts, self.is_scanned = scanned.catalog.of(KINDS), scanned.is_whole
        self._fill()

    def _fill(self) -> None:
        rows = partial(evidence_rows, self.artifacts, self.installed)
        is_whole = self.is_scanned and self.is_listed
        self.listing.refill(rows, len(self.artifacts), is_whole=is_whole)

    def read(self, row: EvidenceRow) -> Callable[[], object] | None:
        """Ask what it holds and whether it verifies."""
        return evidencesheet.read(self.bench, row)

    def kept(self, row: EvidenceRow, reading: object) -> None:
        """Say in the list what was found out about a row."""
        found = cast("EvidenceReading", reading)
        at_ns = found.shown.at_ns if found.shown else 0
        self.store.check(row.key, Check(evidence.state_word(row, found), at_ns, row.stamp))
        self.listing.draw()
        self.post_message(self.Changed())

    def state(self, row: EvidenceRow) -> str:
        """Say in one word what is known about a row."""
        known = self.store.state(row.key)
        is_bare = row.kind == AUDIT and known == "not checked"
        return UNPROVEN if is_bare else known

    # ------------------------------------------------------------ detail

    def sheet(self, row: EvidenceRow, reading: object | None) -> Sheet:
        """Lay out a piece of evidence."""
        return evidencesheet.sheet(self.bench, row, reading, self.list_query())

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask for everything under the roots."""
        row = self.store.current()
        is_installed = row is not None and row.kind == REGISTRY
        return Query(commands.REGISTRY, ()) if is_installed else self.bridge.index_query()

    def status(self) -> tuple[str, str]:
        """Count what is known of everything."""
        said = super().status()
        if said[0] or not self.store.rows:
            return said
        if self.problem:
            return "The registry's cache could not be listed; x and v tell why.", "warning"
        states = [self.state(row) for row in self.store.rows.values()]
        return f"{count(len(states), 'piece')}: {evidence.tally(states)}.", MUTED

    def links(self) -> Mapping[str, Link]:
        """Go to its run, its trace, or the chain of its session."""
        row = self.store.current()
        if row is None or row.artifact is None:
            return {}
        found: dict[str, Link] = {}
        run, trace = row.artifact.run_id, row.artifact.trace_id
        if path := self.bench.artifacts.named("run", run):
            found["go_run"] = Link("runs", path, run)
        traces = (one for one in self.artifacts if one.trace_id == trace) if trace else ()
        if path := next((one.path for one in traces if one.kind == "trace"), ""):
            found["go_trace"] = Link("traces", path, trace)
        chain = evidencesheet.chain_of(self.bench, row) if row.kind == SESSION else ""
        if chain:
            found["go_session"] = Link("runs", chain, row.artifact.session_id)
        return found

    def copies(self) -> dict[str, str]:
        """Copy its id, its path, or the digest of a manifest."""
        row = self.store.current()
        if row is None:
            return {}
        digest = row.installed.digest if row.installed else ""
        return copies_of(row.name, row.key, digest, self.query_here())
