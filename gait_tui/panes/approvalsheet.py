"""The sheet of a call that waits for a person: everything in it computed anew."""

from collections.abc import Callable
from typing import cast

from gait_engine.api.shapes import Answer, ReviewShowAnswer, ReviewTarget
from gait_tui.commands import Query
from gait_tui.models.approvals import ApprovalRow
from gait_tui.panes.sheet import Sheet
from gait_tui.readings import Outcome
from gait_tui.views import approvals, review, reviewrows
from gait_tui.views.line import MUTED, Span
from gait_tui.widgets.vtable import Page
from gait_tui.workbench import Workbench


def read(bench: Workbench, trace: str) -> Callable[[], Outcome[ReviewShowAnswer]]:
    """Have everything about the call of a trace computed anew."""
    desk = bench.reviews
    return lambda: desk.glance(ReviewTarget(trace), desk.approval.key_path)


def query(bench: Workbench, trace: str) -> Query:
    """Ask for the call of a trace."""
    return bench.reviews.query(ReviewTarget(trace), bench.reviews.approval.key_path)


def sheet(bench: Workbench, row: ApprovalRow, shown: Outcome[ReviewShowAnswer] | None) -> Sheet:
    """Lay out a call that waits."""
    answer, item = shown.answer if shown else None, row.item
    tabs: dict[str, Page] = {"Summary": lambda look: approvals.waiting_page(row, shown, look)}
    if answer is not None:
        tabs["Intent"] = lambda look: review.intent_lines(answer, look, shows=False)
        tabs["Rule"] = lambda look: reviewrows.rule_lines(answer, look)
        tabs["Tokens"] = lambda look: review.token_lines(answer, look)
        tabs["Digests"] = lambda look: review.digest_lines(answer, look)
        tabs["History"] = lambda look: review.decision_lines(answer, look)
    return Sheet(
        item.tool_name if item else "",
        tabs,
        facts=[Span(f"by {item.identity}", MUTED, is_data=True)] if item and item.identity else [],
        raw=bench.bridge.bytes_of(cast("Outcome[Answer]", shown)).decode() if shown else "",
        query=query(bench, item.trace_path if item else ""),
    )
