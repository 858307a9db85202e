"""The sheet of a trace: what was decided, its intent, the rule that decided, where it leads."""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, cast

from gait_engine.api.shapes import Answer, PolicyExplainAnswer, ReviewShowAnswer, TraceShowAnswer
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.models.traces import TraceRow
from gait_tui.panes import approvalsheet
from gait_tui.panes.sheet import RULE, Sheet
from gait_tui.readings import Outcome
from gait_tui.views import explain, tracecall, traces
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.views.traces import Files, Rewritten, Told
from gait_tui.widgets.vtable import Page
from gait_tui.workbench import Workbench

INTENT: Final = "Intent"
"""The tab with the call as it was asked for."""


class Reading(NamedTuple):
    """A trace whole, and why the policy decided so about the intent, where both are at hand."""

    shown: Outcome[TraceShowAnswer]
    explained: Outcome[PolicyExplainAnswer] | None
    called: Outcome[ReviewShowAnswer] | None
    """The call as an approver would see it, where its files are at hand."""


def files(bench: Workbench, row: TraceRow) -> Files:
    """Name the files with the digests of a trace."""
    return Files(*bench.artifacts.files(row.artifact))


def explain_query(bench: Workbench, row: TraceRow) -> Query | None:
    """Ask why, at the time of the trace; None where a file is missing."""
    return commands.explain_query(row.artifact, *files(bench, row))


def read(bench: Workbench, row: TraceRow) -> Callable[[], object] | None:
    """Read the trace whole, have its policy explained and its call shown."""
    if row.artifact.error_code:
        return None
    call_of_trace = approvalsheet.read(bench, row.key)
    shown, explained = _trace_query(bench, row), explain_query(bench, row)
    outcome = bench.bridge.outcome

    def call() -> Reading:
        return Reading(
            cast("Outcome[TraceShowAnswer]", outcome(shown)),
            cast("Outcome[PolicyExplainAnswer]", outcome(explained)) if explained else None,
            call_of_trace() if explained else None,
        )

    return call


def _trace_query(bench: Workbench, row: TraceRow) -> Query:
    """Ask for the trace, its signature checked where the settings name a key."""
    key = bench.reviews.approval.trace_public_key
    return Query(commands.TRACE, (row.key, *([bench.bridge.beside_home(key)] if key else [])))


def sheet(bench: Workbench, row: TraceRow, reading: object | None, tab: str) -> Sheet:
    """Lay out a trace in a tab."""
    found = cast("Reading | None", reading)
    shown = found.shown if found else None
    artifact, named = row.artifact, files(bench, row)
    why = found.explained if found else None
    seen = bench.artifacts
    rewritten = Rewritten(seen.rewrites.get(row.key, 0), seen.since_ns)
    call = found.called.answer if found and found.called else None
    around = seen.traces_of(artifact.run_id)

    def summary(look: Look) -> list[Line]:
        answer = why.answer if why else None
        beside = tracecall.around_lines(around, row.key, look)
        told = Told((), beside)
        if call:
            came = tracecall.source_lines(call, look)
            told = Told(tracecall.called_lines(call, answer, look), [*came, *beside])
        return traces.summary_page(row, shown, named, look, rewritten, told)

    tabs: dict[str, Page] = {"Summary": summary}
    if not artifact.error_code:
        tabs[INTENT] = lambda look: tracecall.intent_page(named.intent, call, look)
        tabs[RULE] = lambda look: explain.rule_page(why, named, look)
        tabs["Links"] = lambda look: traces.links_page(_named_links(bench, row, tab), look)
    mark, role = traces.mark_of(artifact.verdict)
    state = [Span(f"{mark} ", f"b:{role}"), Span(artifact.verdict, is_data=True)]
    asked = explain_query(bench, row)
    return Sheet(
        artifact.tool_name or artifact.path.rpartition("/")[2],
        tabs,
        facts=[Span(artifact.trace_id[:6], MUTED, is_data=True)],
        state=[] if artifact.error_code else state,
        raw=bench.bridge.bytes_of(cast("Outcome[Answer]", shown)).decode() if shown else "",
        query=_trace_query(bench, row),
        queries={RULE: asked, INTENT: approvalsheet.query(bench, row.key)} if asked else {},
    )


def _named_links(bench: Workbench, row: TraceRow, tab: str) -> Mapping[str, tuple[str, str]]:
    """Name the links by their keys, in the order of the table."""
    found = bench.artifacts.links(row.artifact, tab)
    return {f"g {key.shown}": (key.label, found[key.id].name) for key in keys.GO if key.id in found}
