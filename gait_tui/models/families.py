"""The rows of the Scout tab: families of runs, in the engine's order."""

from collections.abc import Mapping
from typing import ClassVar, NamedTuple

from gait_engine.api.shapes import Family, Fingerprint, ProvenDriver, SignalReport
from gait_tui.models.rowstore import RowStore


class FamilyRow(NamedTuple):
    """A family, how its runs behaved, and what was proven to have changed in it."""

    family: Family
    fingerprint: Fingerprint | None
    proven: tuple[ProvenDriver, ...] = ()

    @property
    def key(self) -> str:
        """Its id."""
        return self.family.family_id

    @property
    def at_ns(self) -> int | None:
        """A family has no time."""
        return None

    @property
    def canonical(self) -> str:
        """The runpack of its canonical run; empty when that is not among the files."""
        pointers = self.family.artifact_pointers
        if self.fingerprint is not None and self.fingerprint.source_runpack:
            return self.fingerprint.source_runpack
        return pointers[0] if pointers else ""


def family_rows(report: SignalReport, proven: tuple[ProvenDriver, ...]) -> list[FamilyRow]:
    """Join families with the fingerprint of their canonical run and their proven drivers."""
    by_run = {(f.fingerprint, f.run_id): f for f in report.fingerprints}
    rows = []
    for family in report.families:
        fingerprint = by_run.get((family.fingerprint, family.canonical_run_id))
        mine = tuple(driver for driver in proven if driver.family_id == family.family_id)
        rows.append(FamilyRow(family, fingerprint, mine))
    return rows


class FamilyStore(RowStore[FamilyRow]):
    """Families, to be filtered by what their runs did."""

    FIELDS: ClassVar = ("family", "severity", "reason", "run", "tool", "driver")
    MORE_COLUMNS: ClassVar = ("score", "runs")
    SORTS: ClassVar = {
        "runs": lambda row: -row.family.count,
        "reason": lambda row: row.family.top_failure_reason,
    }

    def fields(self, row: FamilyRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        family, fingerprint = row.family, row.fingerprint
        return {
            "family": family.family_id,
            "severity": family.severity_level,
            "reason": family.top_failure_reason,
            "run": " ".join(family.run_ids),
            "tool": " ".join(fingerprint.action_sequence) if fingerprint else "",
            "driver": " ".join(family.drivers),
        }

    def columns(self, row: FamilyRow) -> Mapping[str, str]:
        """Return what may stand in a column."""
        family = row.family
        counts = {"score": f"{family.severity_score:,}", "runs": f"{family.count:,}"}
        return {**self.fields(row), **counts}
