"""The screens as plain lines: for pipes, logs and screen readers; the same views draw them.

Nothing here, or what it imports, knows Textual.
"""

from collections.abc import Sequence
from typing import Final

from gait_tui.bridge import Bridge, is_footer
from gait_tui.plaintabs import listed, title_line
from gait_tui.readings import RunReading, TicketReading
from gait_tui.views import runs, ticket
from gait_tui.views.calls import Calls, calls_of, duration, tally
from gait_tui.views.glyphs import ASCII_TWINS
from gait_tui.views.line import BLANK, Line, Look, Span, line, spans
from gait_tui.views.pages import empty_lines
from gait_tui.views.parts import count
from gait_tui.views.summary import summary_lines

RUNS: Final = "runs"
"""The tab that is printed unless another is asked for."""
WIDTH: Final = 80
ROWS: Final = 20


def plain_text(
    target: str, bridge: Bridge, *, ascii_only: bool, tab: str = RUNS
) -> tuple[str, int]:
    """Print a tab, or what is known about a target; return text and exit code."""
    look = Look(WIDTH, bridge.host.now_ns(), ascii_only)
    if is_footer(target):
        reading = bridge.read_ticket(target, "given footer")
        return _text(_ticket(reading, look), look), reading.verify.exit_code
    if target:
        run = bridge.read_run(target)
        return _text(_run(run, look), look), run.checked.exit_code if run.checked else 1
    if tab == RUNS:
        return _text(_list(bridge, look), look), 0
    found = listed(tab, bridge, look)
    return _text(found.lines, look), found.exit_code


def _text(lines: Sequence[Line], look: Look) -> str:
    return "".join(f"{plain_line(row, ascii_only=look.ascii_only)}\n" for row in lines)


def plain_line(row: Line, *, ascii_only: bool) -> str:
    """Return a row as text, its glyphs replaced where the terminal has none of them."""
    if not ascii_only:
        return row.text.rstrip()
    texts = (s.text if s.is_data else s.text.translate(ASCII_TWINS) for s in row.spans)
    return "".join(texts).rstrip()


def _list(bridge: Bridge, look: Look) -> list[Line]:
    found = bridge.index()
    if not found.rows:
        return [title_line("Runs  nothing here yet", look), *empty_lines(found.roots, look)]
    lines = [title_line(f"Runs  {count(len(found.rows), 'run')}  newest", look), runs.head(look)]
    for artifact in found.rows[:ROWS]:
        state = "not read" if artifact.error_code else "not checked"
        name = artifact.session_id or artifact.run_id or artifact.path.rpartition("/")[2]
        lines.append(runs.row(look, runs.RunRow(artifact, name, artifact.mtime_ns, state)))
    if len(found.rows) > ROWS:
        lines.append(line(look, spans(5, Span(f"and {len(found.rows) - ROWS:,} more"))))
    newest = found.rows[0]
    return [*lines, BLANK, *_run(bridge.read_run(newest.path, newest), look)]


def _run(reading: RunReading, look: Look) -> list[Line]:
    answer = reading.inspect.answer if reading.inspect else None
    name = answer.run_id if answer else reading.path
    lines = [title_line(name, look), *summary_lines(reading, look)]
    return lines + (_calls(calls_of(answer), look) if answer and answer.entries else [])


def _ticket(reading: TicketReading, look: Look) -> list[Line]:
    lines = [title_line("Ticket", look), *ticket.ticket_lines(reading, look)]
    answer = reading.inspect.answer if reading.inspect else None
    if answer and answer.entries:
        return lines + _calls(calls_of(answer), look)
    title, facts, below = ticket.below(reading, look)
    return (
        [*lines, BLANK, title_line(f"{title}  {facts}".strip(), look), *below] if below else lines
    )


def _calls(calls: Calls, look: Look) -> list[Line]:
    entries = calls.answer.entries
    title = f"What the agent did  {duration(entries)}  {tally(entries)}"
    rows = [calls.line(row, look) for row in range(len(calls))]
    return [BLANK, title_line(title, look), calls.head(look), *rows]
