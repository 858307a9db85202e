"""The rows of the Regress tab: fixtures with one cell for each grader."""

from collections.abc import Mapping
from typing import ClassVar, Final, NamedTuple

from gait_engine.api.shapes import ShownFixture, ShownGrade
from gait_tui.models.rowstore import RowStore

COLUMNS: Final = (
    ("schema_validation", "SCHEMA"),
    ("expected_exit_code", "EXIT CODE"),
    ("trajectory", "TRAJECTORY"),
    ("diff", "DIFF"),
    ("context_conformance", "CONTEXT"),
)
"""The graders in the order in which they judge, and what heads their columns."""

GRADERS: Final = {name.lower().replace(" ", "_"): n for n, (_, name) in enumerate(COLUMNS)}
"""What the settings call the column of each grader."""

PASSED: Final = "pass"
NOT_ASKED: Final = "not asked"
UNJUDGED: Final = "unjudged"


class FixtureRow(NamedTuple):
    """A fixture as the engine judged it."""

    fixture: ShownFixture

    def __hash__(self) -> int:
        return hash(self.fixture.fixture)

    @property
    def key(self) -> str:
        """Its name."""
        return self.fixture.fixture

    @property
    def at_ns(self) -> int | None:
        """A fixture has no time."""
        return None

    def grade(self, column: int) -> ShownGrade | None:
        """Return what a grader said; None for one that did not judge."""
        name = COLUMNS[column][0]
        return next((grade for grade in self.fixture.grades if grade.grader == name), None)

    def state(self, column: int) -> str:
        """Say how a cell fared: the engine's word, or that nothing was asked or judged."""
        grade = self.grade(column)
        if grade is None:
            return UNJUDGED if self.fixture.error else NOT_ASKED
        is_idle = grade.reason_codes == ("context_conformance_not_required",)
        return NOT_ASKED if is_idle and grade.status == PASSED else grade.status

    @property
    def failed(self) -> list[int]:
        """The columns that are no pass."""
        columns = range(len(COLUMNS))
        return [column for column in columns if self.state(column) not in (PASSED, NOT_ASKED)]

    @property
    def first_reason(self) -> str:
        """The first reason of the first grader that failed."""
        for column in self.failed:
            grade = self.grade(column)
            if grade is not None and grade.reason_codes:
                return grade.reason_codes[0]
        return self.fixture.error_code


class FixtureStore(RowStore[FixtureRow]):
    """Fixtures, to be filtered by how they fared."""

    FIELDS: ClassVar = ("fixture", "status", "reason", "grader", "run", "tool")
    MORE_COLUMNS: ClassVar = tuple(GRADERS)
    SORTS: ClassVar = {
        "status": lambda row: not row.failed,
        "reason": lambda row: row.first_reason,
    }

    def __init__(self) -> None:
        super().__init__()
        self.column = 0

    def fields(self, row: FixtureRow) -> Mapping[str, str]:
        """Return what a filter looks at; `grader` names those that failed."""
        fixture = row.fixture
        reasons = [code for grade in fixture.grades for code in grade.reason_codes]
        return {
            "fixture": fixture.fixture,
            "status": fixture.status,
            "reason": " ".join((*reasons, fixture.error_code)),
            "grader": " ".join(COLUMNS[column][0] for column in row.failed),
            "run": f"{fixture.run_id} {fixture.candidate_run_id}",
            "tool": " ".join(step.actual_tool or step.expected_tool for step in fixture.steps),
        }

    def step_column(self, step: int) -> None:
        """Go to the cell beside; at the edge it stays."""
        self.column = min(max(self.column + step, 0), len(COLUMNS) - 1)

    def rest(self) -> None:
        """Put the cell cursor on the first failure of the row, unless it is on one."""
        row = self.current()
        if row is not None and row.failed and self.column not in row.failed:
            self.column = row.failed[0]

    def step_failed(self, step: int) -> bool:
        """Go to the next cell that failed, or to the one before; tell whether there is one."""
        cells = [(key, column) for key in self.visible for column in self.rows[key].failed]
        if not cells:
            return False
        order = {key: place for place, key in enumerate(self.visible)}
        here = (order.get(self.cursor, -1), self.column)
        places = [(order[key], column) for key, column in cells]
        if step > 0:
            target = next((n for n, place in enumerate(places) if place > here), 0)
        else:
            before = [n for n, place in enumerate(places) if place < here]
            target = before[-1] if before else len(cells) - 1
        key, self.column = cells[target]
        return self.go_to(key)
