"""The sheet of a piece of evidence: what it holds, and whether it verifies."""

from collections.abc import Callable
from functools import partial
from typing import Final, cast

from gait_tui import commands
from gait_tui.commands import Query
from gait_tui.models.evidence import CHAIN, INCIDENT, PACK, REGISTRY, SESSION, EvidenceRow
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import EvidenceReading
from gait_tui.views import evidence
from gait_tui.views.line import MUTED, Span
from gait_tui.views.timetext import clock
from gait_tui.widgets.vtable import Page
from gait_tui.workbench import Workbench

_CONTENTS: Final = {
    PACK: commands.PACK,
    INCIDENT: commands.PACK,
    SESSION: commands.SESSION,
    CHAIN: commands.INSPECT,
    REGISTRY: commands.MANIFEST,
}
_PROOF: Final = {
    PACK: commands.PACK_CHECK,
    INCIDENT: commands.PACK_CHECK,
    CHAIN: commands.CHAIN,
    REGISTRY: commands.MANIFEST_CHECK,
}


def contents_query(row: EvidenceRow) -> Query | None:
    """Return the question for what a piece holds."""
    kind = _CONTENTS.get(row.kind)
    return Query(kind, (row.key,)) if kind else None


def chain_of(bench: Workbench, row: EvidenceRow) -> str:
    """Return the path of the chain of a session; empty where there is none."""
    return bench.artifacts.named("session", row.artifact.session_id if row.artifact else "")


def proof_query(bench: Workbench, row: EvidenceRow) -> Query | None:
    """Return the question whether it verifies; a session goes by its chain."""
    if row.kind == SESSION:
        chain = chain_of(bench, row)
        return Query(commands.CHAIN, (chain,)) if chain else None
    kind = _PROOF.get(row.kind)
    return Query(kind, (row.key,)) if kind else None


def read(bench: Workbench, row: EvidenceRow) -> Callable[[], object] | None:
    """Ask what it holds and whether it verifies."""
    shown = contents_query(row)
    if shown is None:
        return None
    return partial(bench.bridge.read_evidence, shown, proof_query(bench, row))


def sheet(bench: Workbench, row: EvidenceRow, reading: object | None, otherwise: Query) -> Sheet:
    """Lay out a piece of evidence; `otherwise` is asked about one that holds nothing."""
    found = cast("EvidenceReading | None", reading)
    tabs: dict[str, Page] = {
        "Contents": partial(evidence.contents_page, row, found),
        "Verify": partial(evidence.verify_page, row, found),
    }
    proof = proof_query(bench, row)
    return Sheet(
        row.name,
        tabs,
        facts=[Span(row.kind, MUTED)],
        state=_title(found),
        raw=found.raw if found else "",
        query=contents_query(row) or otherwise,
        queries={"Verify": proof} if proof else {},
    )


def _title(reading: EvidenceReading | None) -> list[Span]:
    found = (reading.checked or reading.shown) if reading else None
    if found is None:
        return []
    code = f"  exit {found.exit_code}" if found.exit_code else ""
    return [Span(f"checked {clock(found.at_ns)}{code}", MUTED)]
