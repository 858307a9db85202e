"""The sheet of each kind of inbox item: what its own tab reads, and the pages that tab shows."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple, cast

from gait_engine.api.shapes import (
    RUN_KINDS,
    Answer,
    PendingAnswer,
    PendingItem,
    RegressShowAnswer,
    ReviewShowAnswer,
)
from gait_tui import commands
from gait_tui.commands import Query
from gait_tui.models.approvals import WAITING, ApprovalRow
from gait_tui.models.evidence import KINDS, row_of
from gait_tui.models.families import FamilyRow, family_rows
from gait_tui.models.fixtures import FixtureRow
from gait_tui.models.inbox import InboxRow
from gait_tui.models.traces import TraceRow
from gait_tui.panes import approvalsheet, evidencesheet, regresssheet, tracesheet
from gait_tui.panes.detail import run_pages
from gait_tui.panes.scout import family_sheet
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import Outcome, RunReading
from gait_tui.views import inbox
from gait_tui.views.calls import calls_of
from gait_tui.views.line import Line, Look
from gait_tui.views.parts import failure_lines
from gait_tui.views.verdict import title_state
from gait_tui.widgets.vtable import Page, Source
from gait_tui.workbench import Workbench

SUMMARY: Final = "Summary"
Call = Callable[[], object]


class Kind(NamedTuple):
    """A kind of item: the call that reads one, and the sheet of its own tab, read or not."""

    read: Callable[[Workbench, InboxRow], Call | None]
    sheet: Callable[[Workbench, InboxRow, object | None], Sheet | None]


def read(bench: Workbench, row: InboxRow) -> Call | None:
    """Return the call that reads what the sheet of an item needs."""
    kind = _kind(row)
    return kind.read(bench, row) if kind else None


def sheet(bench: Workbench, row: InboxRow, reading: object | None, asked: Query) -> Sheet:
    """Lay out an item: a summary, then what its own tab shows; `asked` is the inbox's question."""
    kind = _kind(row)
    own = kind.sheet(bench, row, reading) if kind else None
    name, facts = inbox.name_of(row), inbox.title_facts(row)
    if own is None:
        failure = reading.failure if isinstance(reading, Outcome) else None
        return Sheet(name, {SUMMARY: partial(_page, row, failure)}, facts=facts, query=asked)
    if SUMMARY in own.tabs:
        return own._replace(name=name, facts=facts)
    tabs: dict[str, Page | Source] = {SUMMARY: partial(_page, row, None), **own.tabs}
    queries = {SUMMARY: asked, **own.queries}
    return own._replace(name=name, facts=facts, tabs=tabs, queries=queries)


def _page(row: InboxRow, failure: Answer | None, look: Look) -> list[Line]:
    page = inbox.unread_page if row.item.kind == "unread" else inbox.item_page
    return page(row, look) + (failure_lines(look, failure) if failure else [])


def _kind(row: InboxRow) -> Kind | None:
    kind, artifact = row.item.kind, row.artifact
    if kind == "verify" and artifact is not None and artifact.kind not in RUN_KINDS:
        return _KINDS["evidence"] if artifact.kind in KINDS else None
    needs_artifact = kind in {"verify", "trace", "session"}
    return None if needs_artifact and artifact is None else _KINDS.get(kind)


# ---------------------------------------------------------------- runpacks and chains


def _read_run(bench: Workbench, row: InboxRow) -> Call:
    path, artifact = row.path, row.artifact
    return lambda: bench.bridge.read_run(path, artifact)


def _run_sheet(_bench: Workbench, row: InboxRow, reading: object | None) -> Sheet | None:
    run = cast("RunReading | None", reading)
    if run is None or run.checked is None:
        return None
    tabs: dict[str, Page | Source] = {**run_pages(run)}
    inspected = run.inspect.answer if run.inspect else None
    if inspected is not None and inspected.entries:
        tabs["Intents"] = calls_of(inspected)
    query = Query(commands.CHAIN if run.chain else commands.VERIFY, (row.path,))
    shown = Query(commands.INSPECT, (row.path,))
    queries = dict.fromkeys(("Intents", "Refs", "Raw"), shown) if inspected else {}
    return Sheet("", tabs, (), title_state(run.checked), run.raw, query, queries)


# ---------------------------------------------------------------- packs, sessions


def _read_evidence(bench: Workbench, row: InboxRow) -> Call | None:
    return evidencesheet.read(bench, row_of(row.artifact)) if row.artifact else None


def _evidence_sheet(bench: Workbench, row: InboxRow, reading: object | None) -> Sheet | None:
    if row.artifact is None:
        return None
    otherwise = bench.bridge.index_query()
    return evidencesheet.sheet(bench, row_of(row.artifact), reading, otherwise)


# ---------------------------------------------------------------- traces


def _read_trace(bench: Workbench, row: InboxRow) -> Call | None:
    return tracesheet.read(bench, TraceRow(row.artifact)) if row.artifact else None


def _trace_sheet(bench: Workbench, row: InboxRow, reading: object | None) -> Sheet | None:
    if row.artifact is None:
        return None
    return tracesheet.sheet(bench, TraceRow(row.artifact), reading, "inbox")


# ---------------------------------------------------------------- approvals


class _Waiting(NamedTuple):
    item: PendingItem
    shown: Outcome[ReviewShowAnswer]


def _read_approval(bench: Workbench, row: InboxRow) -> Call:
    wanted = row.item.intent_digest, row.item.policy_digest

    def call() -> _Waiting | Outcome[PendingAnswer]:
        pending = bench.reviews.pending()
        for item in pending.answer.items if pending.answer else ():
            if (item.intent_digest, item.policy_digest) == wanted:
                return _Waiting(item, approvalsheet.read(bench, item.trace_path)())
        return pending

    return call


def _approval_sheet(bench: Workbench, row: InboxRow, reading: object | None) -> Sheet | None:
    if not isinstance(reading, _Waiting):
        return None
    waits = ApprovalRow(WAITING, row.key, row.at_ns, item=reading.item)
    return approvalsheet.sheet(bench, waits, reading.shown)


# ---------------------------------------------------------------- families


def _read_family(bench: Workbench, row: InboxRow) -> Call:
    wanted = row.item.family_id

    def call() -> FamilyRow | str:
        found = bench.bridge.read_families().signal.answer
        if found is None or not found.report:
            return ""
        rows = family_rows(found.report, found.proven_drivers)
        return next((one for one in rows if one.key == wanted), "")

    return call


def _family_sheet(bench: Workbench, _row: InboxRow, reading: object | None) -> Sheet | None:
    if not isinstance(reading, FamilyRow):
        return None
    return family_sheet(reading, Query(commands.FAMILIES, bench.bridge.folders()))


# ---------------------------------------------------------------- fixtures


def _read_regress(bench: Workbench, _row: InboxRow) -> Call:
    return lambda: bench.bridge.outcome(regresssheet.QUERY)


def _regress_sheet(_bench: Workbench, row: InboxRow, reading: object | None) -> Sheet | None:
    said = reading.said if isinstance(reading, Outcome) else None
    shown = said if isinstance(said, RegressShowAnswer) else None
    fixtures = shown.fixtures if shown else ()
    mine = next((one for one in fixtures if one.fixture == row.item.fixture), None)
    if mine is None:
        return None
    fixture = FixtureRow(mine)
    return regresssheet.sheet(fixture, next(iter(fixture.failed), 0), shown)


_KINDS: Final[Mapping[str, Kind]] = {
    "verify": Kind(_read_run, _run_sheet),
    "evidence": Kind(_read_evidence, _evidence_sheet),
    "session": Kind(_read_evidence, _evidence_sheet),
    "trace": Kind(_read_trace, _trace_sheet),
    "approval": Kind(_read_approval, _approval_sheet),
    "family": Kind(_read_family, _family_sheet),
    "regress": Kind(_read_regress, _regress_sheet),
}
