"""The rows of the Health tab: what the doctor looked at, what is wrong first."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from gait_engine.api.shapes import DoctorCheck
from gait_tui.models.rowstore import RowStore

FAIL: Final = "fail"
WARN: Final = "warn"
PASS: Final = "pass"  # noqa: S105  # a status
ORDER: Final = (FAIL, WARN, PASS)


class CheckRow(NamedTuple):
    """One thing that was looked at."""

    check: DoctorCheck

    @property
    def key(self) -> str:
        """Its name."""
        return self.check.name

    @property
    def at_ns(self) -> int | None:
        """All checks are of one time."""
        return None


def check_rows(checks: Sequence[DoctorCheck]) -> list[CheckRow]:
    """Put what failed first, then what is warned of; else the engine's order."""
    return [CheckRow(check) for check in sorted(checks, key=lambda check: _rank(check.status))]


def _rank(status: str) -> int:
    return ORDER.index(status) if status in ORDER else 0


def tally(rows: Sequence[CheckRow]) -> str:
    """Count what was found."""
    statuses = [row.check.status for row in rows]
    words = {FAIL: "failed", WARN: "warned", PASS: "passed"}
    return ", ".join(
        f"{statuses.count(status)} {words[status]}" for status in ORDER if status in statuses
    )


class CheckStore(RowStore[CheckRow]):
    """Checks, to be filtered by name, status and words."""

    FIELDS: ClassVar = ("check", "status", "scope", "says")
    MORE_COLUMNS: ClassVar = ()
    SORTS: ClassVar = {"check": lambda row: row.check.name}

    def fields(self, row: CheckRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        check = row.check
        return {
            "check": check.name,
            "status": check.status,
            "scope": check.scope,
            "says": check.message,
        }
