"""The sheet of a fixture: what one grader expected and found, every failure, the test cases."""

from functools import partial

from gait_engine.api.shapes import RegressShowAnswer
from gait_tui import commands
from gait_tui.commands import Query
from gait_tui.models.fixtures import COLUMNS, FixtureRow
from gait_tui.panes.sheet import Sheet
from gait_tui.views import regress
from gait_tui.views.line import MUTED, Span
from gait_tui.widgets.vtable import Page

QUERY = Query(commands.FIXTURES, ())
"""The question for every grade."""


def sheet(row: FixtureRow, column: int, shown: RegressShowAnswer | None) -> Sheet:
    """Lay out a fixture, and what one grader said of it."""
    written = shown.written if shown else ()
    before = regress.Before(written, shown.next_command if shown else "")
    mark, role = regress.row_mark(row)
    tabs: dict[str, Page] = {
        "Expected/actual": partial(regress.expected_page, row, column, before),
        "Failure": partial(regress.failure_page, row),
        "Fixture": partial(regress.fixture_page, row),
        "JUnit": partial(regress.junit_page, row, written),
    }
    facts = [Span(COLUMNS[column][1].lower(), MUTED)]
    state = [Span(f"{mark} ", f"b:{role}"), Span(row.fixture.status)]
    return Sheet(row.key, tabs, facts, state, query=QUERY)
