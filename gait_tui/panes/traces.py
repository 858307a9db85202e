"""The Traces tab: what the gate decided, with facets beside it and the reason behind it."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import ClassVar, Final

from gait_tui import keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Scanned
from gait_tui.models.facets import NONE
from gait_tui.models.links import Link
from gait_tui.models.traces import TRACE_KINDS, TraceRow, TraceStore, trace_rows
from gait_tui.panes import tracesheet
from gait_tui.panes.faceted import FacetedTab
from gait_tui.panes.facets import FacetPane
from gait_tui.panes.listing import Listing
from gait_tui.panes.sheet import Sheet
from gait_tui.views import traces
from gait_tui.views.line import MUTED, Line, Look
from gait_tui.views.parts import count
from gait_tui.widgets.vtable import Page

UNREAD: Final = "not read"
FACETS: Final = ("verdict", "tool", "agent", "run", "signature")


class TraceList(Listing[TraceRow]):
    """Lists traces; a line marks where the day changes."""

    order = "newest"

    def __init__(self) -> None:
        super().__init__(TraceStore(), keys.TRACES, "Traces", "trace")

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return traces.head(look)

    def row_line(self, row: TraceRow, look: Look) -> Line:
        """Draw a trace."""
        store, key = self.store, row.key
        return traces.trace_line(
            look,
            row,
            is_current=key == store.cursor,
            is_marked=key in store.marks,
            is_new=store.is_new(key, look.now_ns),
            is_gone=store.is_gone(key),
        )

    def heading(self, row: TraceRow) -> str:
        """Name the day, for all but the newest."""
        first = next(iter(self.store.visible), row.key)
        name = traces.day(row.at_ns)
        is_sorted = not self.store.sort and not self.store.is_reversed
        newest = traces.day(self.store.rows[first].at_ns)
        return "" if not is_sorted or name == newest else name

    def heading_line(self, heading: str, look: Look) -> Line:
        """Draw the line where the day changes."""
        return traces.day_line(heading, look)

    def nothing(self) -> Page:
        """Say that no decision was found."""
        return partial(traces.nothing_lines, self.bench.bridge.named_roots)


class TracesTab(FacetedTab[TraceRow]):
    """Facets, traces, and the trace under the cursor."""

    TAB: ClassVar[str] = "traces"

    def __init__(self) -> None:
        super().__init__()
        self.listing = TraceList()
        self.facets = FacetPane(
            keys.TRACES,
            FACETS,
            fixed={"verdict": traces.VERDICTS},
            marks={"verdict": traces.mark_of},
        )

    # ------------------------------------------------------------ the engine

    def take_scan(self, scanned: Scanned) -> None:
        """Show the traces among what was found."""
        self.listing.roots = scanned.catalog.roots
        found = scanned.catalog.of(TRACE_KINDS)
        self.listing.refill(partial(trace_rows, found), len(found), is_whole=scanned.is_whole)

    def read(self, row: TraceRow) -> Callable[[], object] | None:
        """Read the trace whole, and have its policy explained."""
        return tracesheet.read(self.bench, row)

    def sheet(self, row: TraceRow, reading: object | None) -> Sheet:
        """Lay out a trace."""
        return tracesheet.sheet(self.bench, row, reading, self.TAB)

    # ------------------------------------------------------------ bars and keys

    def list_query(self) -> Query:
        """Ask for the artifacts under the roots."""
        return self.bridge.index_query()

    def status(self) -> tuple[str, str]:
        """Count what the gate decided."""
        said = super().status()
        if said[0] or self.listing.prompt.has_focus:
            return said
        store, parts = self.listing.store, []
        for facet in self.facets.facets[:1]:
            parts = [
                f"{value.rows:,} {UNREAD if value.text == NONE else value.text}"
                for value in facet.values
                if value.rows
            ]
        parts += [f"{len(store.gone):,} gone"] if store.gone else []
        total = count(store.there, "trace")
        return (f"{total}: {', '.join(parts)}." if parts else ""), MUTED

    def links(self) -> Mapping[str, Link]:
        """Go where the trace under the cursor leads."""
        row = self.listing.store.current()
        return self.bench.artifacts.links(row.artifact, self.TAB) if row else {}

    def copies(self) -> dict[str, str]:
        """Copy the trace's id, the digest of its intent, its path."""
        row = self.listing.store.current()
        if row is None:
            return {}
        artifact = row.artifact
        return copies_of(artifact.trace_id, row.key, artifact.intent_digest, self.query_here())

    def trace_here(self) -> str:
        """Return the trace under the cursor."""
        return self.listing.store.cursor

    def do_review(self) -> None:
        """Review the call of this trace, where it waits for a person."""
        row = self.listing.store.current()
        if row and row.artifact.verdict == "require_approval":
            self.bench.open_review(row.key)
        else:
            super().do_review()

    def off(self) -> Sequence[str]:
        """Leave out what nothing under the cursor offers."""
        return () if self.listing.store.current() else ("open", "verify", "copy", "go", "mark")
