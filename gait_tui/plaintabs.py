"""The lists of the main tabs as plain lines, drawn by the views of the tabs themselves."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import groupby
from typing import Final, NamedTuple, cast

from gait_engine.api.shapes import (
    Answer,
    InboxAnswer,
    IndexAnswer,
    IndexRow,
    RegistryListAnswer,
    RegressShowAnswer,
)
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query
from gait_tui.models.approvals import WAITING, ApprovalRow, TimedToken, approval_rows
from gait_tui.models.checkups import PASS, check_rows, tally
from gait_tui.models.evidence import AUDIT, UNPROVEN, EvidenceRow, evidence_rows
from gait_tui.models.families import family_rows
from gait_tui.models.fixtures import FixtureRow
from gait_tui.models.inbox import inbox_rows
from gait_tui.models.rows import NOT_CHECKED, NOT_READ
from gait_tui.models.traces import TraceRow
from gait_tui.readings import Outcome
from gait_tui.reviewing import ReviewDesk
from gait_tui.services.config import Approval
from gait_tui.views import approvals, evidence, health, inbox, regress, scout, traces
from gait_tui.views.glyphs import LIGHT
from gait_tui.views.line import BLANK, Line, Look, Span, data, line, spans
from gait_tui.views.parts import count, failure_lines
from gait_tui.views.timetext import clock, epoch_ns

MOST_ROWS: Final = 100


class Listed(NamedTuple):
    """A tab as lines, and how a command that prints them ends."""

    lines: list[Line]
    exit_code: int = 0


def title_line(text: str, look: Look) -> Line:
    """Draw the rule that begins a list."""
    fill = LIGHT * max(look.width - len(text) - 5, 2)
    return line(look, spans(0, Span(f"{LIGHT * 2} {text} {fill}")), margin=0)


def listed(tab: str, bridge: Bridge, look: Look) -> Listed:
    """List what a tab lists."""
    return _TABS[tab](bridge, look)


def _list(look: Look, title: str, head: Line, rows: Sequence[Line], query: Query) -> list[Line]:
    """Draw a list; of a long one the beginning, and the command that prints all of it."""
    lines = [title_line(title, look), head, *rows[:MOST_ROWS]]
    if len(rows) <= MOST_ROWS:
        return lines
    words = Span(f"and {len(rows) - MOST_ROWS:,} more: ")
    rest = spans(5, words, Span(commands.shell(commands.argv(query)), is_data=True))
    return [*lines, line(look, rest)]


def _failed(look: Look, name: str, outcome: Outcome[Answer]) -> Listed:
    """Say why there is no list: the engine's words."""
    failure = cast("Answer", outcome.failure)
    lines = [title_line(f"{name}  not listed", look), *failure_lines(look, failure)]
    return Listed(lines, outcome.exit_code)


# ---------------------------------------------------------------- what needs a person


def _inbox(bridge: Bridge, look: Look) -> Listed:
    query = Query(commands.INBOX, bridge.roots, limits=bridge.limits)
    outcome = bridge.outcome(query)
    if outcome.answer is None:
        return _failed(look, "Inbox", outcome)
    answer = cast("InboxAnswer", outcome.answer)
    if not answer.items:
        words = "needs no one" if answer.artifacts else "nothing here yet"
        lines = [title_line(f"Inbox  {words}", look), *inbox.nothing_lines(answer, look)]
        return Listed(lines)
    rows = inbox_rows(answer.items, {})
    drawn = [inbox.item_line(look, row, inbox.State(), is_grouped=False) for row in rows]
    number = f"{len(rows):,} need{'s' * (len(rows) == 1)} a person"
    head = inbox.head(look, is_grouped=False)
    lines = _list(look, f"Inbox  {number}  worst first, then newest", head, drawn, query)
    return Listed([*lines, BLANK, line(look, spans(1, Span(inbox.unneeded(answer))))])


# ---------------------------------------------------------------- what lies under the roots


def _found(bridge: Bridge) -> tuple[Query, Outcome[IndexAnswer]]:
    query = bridge.index_query()
    return query, cast("Outcome[IndexAnswer]", bridge.outcome(query))


def _traces(bridge: Bridge, look: Look) -> Listed:
    query, outcome = _found(bridge)
    if outcome.answer is None:
        return _failed(look, "Traces", cast("Outcome[Answer]", outcome))
    rows = [TraceRow(row) for row in outcome.answer.rows if row.kind == "trace"]
    if not rows:
        lines = traces.nothing_lines(bridge.named_roots, look)
        return Listed([title_line("Traces  nothing here yet", look), *lines])
    title = f"Traces  {count(len(rows), 'trace')}  newest"
    return Listed(_list(look, title, traces.head(look), _by_day(rows, look), query))


def _by_day(rows: Sequence[TraceRow], look: Look) -> list[Line]:
    """Draw traces; a line marks where the day changes."""
    lines: list[Line] = []
    last = traces.day(rows[0].at_ns)
    for row in rows:
        if (day := traces.day(row.at_ns)) != last:
            lines.append(traces.day_line(day, look))
            last = day
        drawn = partial(traces.trace_line, look, row, is_current=False, is_marked=False)
        lines.append(drawn(is_new=False, is_gone=False))
    return lines


def _evidence(bridge: Bridge, look: Look) -> Listed:
    query, outcome = _found(bridge)
    if outcome.answer is None:
        return _failed(look, "Evidence", cast("Outcome[Answer]", outcome))
    listing = cast("Outcome[RegistryListAnswer]", bridge.outcome(Query(commands.REGISTRY, ())))
    packs = listing.answer.packs if listing.answer else ()
    rows = evidence_rows(outcome.answer.rows, packs)
    if not rows:
        lines = evidence.nothing_page(bridge.named_roots, look)
        return Listed([title_line("Evidence  nothing here yet", look), *lines])
    drawn = [_piece(row, look) for row in rows]
    title = f"Evidence  {count(len(rows), 'piece')}  newest"
    return Listed(_list(look, title, evidence.head(look), drawn, query))


def _piece(row: EvidenceRow, look: Look) -> Line:
    """Draw a piece of evidence; nothing was verified for it."""
    is_unread = row.artifact is not None and row.artifact.error_code
    unchecked = UNPROVEN if row.kind == AUDIT else NOT_CHECKED
    state = NOT_READ if is_unread else unchecked
    return evidence.row_line(look, row, state, is_current=False, is_marked=False, is_new=False)


# ---------------------------------------------------------------- what people decide


def _approvals(bridge: Bridge, look: Look) -> Listed:
    desk = ReviewDesk(bridge, Approval(), read_only="nothing is decided here")
    pending, log = desk.pending(), desk.log()
    if pending.answer is None:
        return _failed(look, "Approvals", cast("Outcome[Answer]", pending))
    found = _found(bridge)[1].answer
    tokens = [row for row in found.rows if row.kind == "approval_token"] if found else []
    rows = approval_rows(
        [(item, epoch_ns(str(item.observed_at))) for item in pending.answer.items],
        [TimedToken(row, _left(desk, row)) for row in tokens],
        [(event, epoch_ns(str(event.at))) for event in log.answer.events] if log.answer else [],
    )
    waiting = f"{sum(row.group == WAITING for row in rows):,} waiting"
    if not rows:
        lines = approvals.nothing_lines(look)
        return Listed([title_line(f"Approvals  {waiting}", look), *lines])
    head, drawn = approvals.head(look), _by_group(rows, look)
    query = desk.pending_query()
    return Listed(_list(look, f"Approvals  {waiting}  waiting first", head, drawn, query))


def _left(desk: ReviewDesk, token: IndexRow) -> int:
    return 0 if token.error_code else desk.seconds_left(str(token.expires_at))


def _by_group(rows: Sequence[ApprovalRow], look: Look) -> list[Line]:
    """Draw approvals, each group under its heading."""
    lines: list[Line] = []
    for group, members in groupby(rows, key=lambda row: row.group):
        lines.append(approvals.heading_line(group, look))
        draw = partial(approvals.approval_line, look, is_current=False, is_new=False)
        lines += [draw(row) for row in members]
    return lines


# ---------------------------------------------------------------- what the engine compares


def _scout(bridge: Bridge, look: Look) -> Listed:
    reading = bridge.read_families()
    found, top = reading.signal.answer, reading.top.answer
    if found is None or not found.report:
        lines = scout.nothing_page(look, "No run was found to compare.")
        failure = reading.signal.failure
        lines += failure_lines(look, failure) if failure else []
        return Listed([title_line("Scout  nothing here yet", look), *lines])
    rows = family_rows(found.report, found.proven_drivers)
    families = f"{count(len(rows), 'family', 'families')} over {count(found.run_count, 'run')}"
    drawn = [scout.family_line(look, row, is_current=False, is_marked=False) for row in rows]
    query = Query(commands.FAMILIES, bridge.folders())
    lines = _list(look, f"Families  {families}  engine order", scout.head(look), drawn, query)
    lines += [BLANK, title_line("Tools by family  place of each tool in the run", look)]
    lines += scout.tools_page(rows, look)
    actions = top.report.top_actions if top and top.report else ()
    lines += [BLANK, title_line("Top actions  gait report top", look)]
    lines += scout.actions_page(actions, look)
    skipped = scout.left_out(found.skipped)
    return Listed([*lines, *([BLANK, line(look, data(1, skipped))] if skipped else [])])


def _regress(bridge: Bridge, look: Look) -> Listed:
    query = Query(commands.FIXTURES, ())
    outcome = bridge.outcome(query)
    said, failure = outcome.said, outcome.failure
    rows = [FixtureRow(one) for one in said.fixtures] if isinstance(said, RegressShowAnswer) else []
    if not rows:
        is_missing = failure is None or "no such file" in failure.error
        lines = regress.nothing_page(look, is_missing=is_missing)
        lines += failure_lines(look, failure) if failure else []
        return Listed([title_line("Regress  nothing here yet", look), *lines])
    shown = cast("RegressShowAnswer", said)
    state = regress.judged_state(shown.config, outcome.at_ns, outcome.exit_code)
    title = f"Regress  {count(len(rows), 'fixture')}, {shown.failed:,} failed  {state}"
    draw = partial(regress.fixture_line, look, column=0, is_current=False)
    lines = _list(look, title, regress.head(look), [draw(row) for row in rows], query)
    return Listed(lines + (failure_lines(look, failure) if failure else []))


def _health(bridge: Bridge, look: Look) -> Listed:
    found = _found(bridge)[1].answer
    reading = bridge.read_health(found.rows if found else (), "")
    doctor = reading.doctor.answer
    rows = check_rows(doctor.checks) if doctor else []
    if not rows:
        lines = health.nothing_page(reading.doctor, look)
        return Listed([title_line("Checks  nothing here yet", look), *lines])
    wrong = [row for row in rows if row.check.status != PASS]
    number = f"{len(rows)}, {tally(wrong)}" if wrong else count(len(rows), "check")
    draw = partial(health.check_line, look, is_current=False, is_marked=False)
    drawn = [draw(row) for row in rows]
    lines = _list(look, f"Checks  {number}  gait doctor", health.head(look), drawn, reading.asked)
    at = f"{clock(reading.doctor.at_ns)[:5]}Z"
    lines += [BLANK, title_line(f"Roots  {len(reading.roots)}", look)]
    return Listed(lines + health.roots_page(reading.roots, at, look))


_TABS: Final[Mapping[str, Callable[[Bridge, Look], Listed]]] = {
    "inbox": _inbox,
    "traces": _traces,
    "approvals": _approvals,
    "scout": _scout,
    "regress": _regress,
    "evidence": _evidence,
    "health": _health,
}
