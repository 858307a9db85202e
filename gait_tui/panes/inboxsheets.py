"""The sheet of each kind of inbox item: what it reads, and the pages its own tab has as well."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple, cast

from gait_engine.api.shapes import VerifyAnswer
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query
from gait_tui.models.families import FamilyRow, family_rows
from gait_tui.models.inbox import InboxRow
from gait_tui.panes.scout import family_tabs
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import RunReading
from gait_tui.views import inbox
from gait_tui.views.line import Line, Look, Span
from gait_tui.views.parts import squeeze
from gait_tui.views.summary import files_lines, summary_lines
from gait_tui.views.verdict import title_state
from gait_tui.widgets.vtable import Page

Call = Callable[[], object]


class Kind(NamedTuple):
    """A kind of item: the call that reads one, and the sheet of what was read."""

    read: Callable[[Bridge, InboxRow], Call | None]
    sheet: Callable[[Bridge, InboxRow, object], Sheet]


def read(bridge: Bridge, row: InboxRow) -> Call | None:
    """Return the call that reads what the sheet of an item needs."""
    kind = _KINDS.get(row.item.kind)
    return kind.read(bridge, row) if kind else None


def sheet(bridge: Bridge, row: InboxRow, reading: object | None) -> Sheet:
    """Lay out an item; what is not read yet shows what the list knows."""
    kind = _KINDS.get(row.item.kind)
    if kind is None or reading is None:
        page = inbox.unread_page if row.item.kind == "unread" else inbox.item_page
        return _sheet(row, {"Summary": partial(_of_row, page, row)}, query=_query(bridge, row))
    return kind.sheet(bridge, row, reading)


def _of_row(page: Callable[[InboxRow, Look], list[Line]], row: InboxRow, look: Look) -> list[Line]:
    return page(row, look)


def _query(bridge: Bridge, row: InboxRow) -> Query:
    """Ask about a damaged pack what its tab asks; about all else, what the inbox asks."""
    if row.item.kind == "verify" and row.artifact is not None:
        if row.artifact.kind == "session_chain":
            return Query(commands.CHAIN, (row.path,))
        if row.artifact.kind == "runpack":
            return Query(commands.VERIFY, (row.path,))
    return bridge.inbox_query()


def _sheet(row: InboxRow, tabs: Mapping[str, Page], query: Query, raw: str = "") -> Sheet:
    return Sheet(inbox.name_of(row), tabs, facts=inbox.title_facts(row), raw=raw, query=query)


# ---------------------------------------------------------------- runpacks and chains


def _read_run(bridge: Bridge, row: InboxRow) -> Call | None:
    artifact = row.artifact
    if artifact is None or artifact.kind not in {"runpack", "session_chain"}:
        return None
    return lambda: bridge.read_run(artifact.path, artifact)


def _run_sheet(bridge: Bridge, row: InboxRow, reading: object) -> Sheet:
    run = cast("RunReading", reading)
    tabs: dict[str, Page] = {"Summary": lambda look: squeeze(summary_lines(run, look), look)}
    if run.verify and isinstance(run.verify.answer, VerifyAnswer):
        tabs["Files"] = lambda look: files_lines(run, look)
    state: list[Span] = title_state(run.checked) if run.checked else []
    return _sheet(row, tabs, _query(bridge, row), run.raw)._replace(state=state)


# ---------------------------------------------------------------- families


def _read_family(bridge: Bridge, row: InboxRow) -> Call:
    wanted = row.item.family_id

    def call() -> FamilyRow | str:
        found = bridge.read_families().signal.answer
        if found is None or not found.report:
            return ""
        rows = family_rows(found.report, found.proven_drivers)
        return next((one for one in rows if one.key == wanted), "")

    return call


def _family_sheet(bridge: Bridge, row: InboxRow, reading: object) -> Sheet:
    if not isinstance(reading, FamilyRow):
        return sheet(bridge, row, None)
    return _sheet(row, family_tabs(reading), Query(commands.FAMILIES, bridge.folders()))


_KINDS: Final[Mapping[str, Kind]] = {
    "verify": Kind(_read_run, _run_sheet),
    "family": Kind(_read_family, _family_sheet),
}
