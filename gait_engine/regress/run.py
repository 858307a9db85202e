"""Judging a set: every grader on every fixture, results sorted by name (regress.md 2.4, 2.6)."""

from collections.abc import Iterator
from typing import NamedTuple

from gait_engine.contract.answers.regress import FixtureChanges
from gait_engine.contract.answers.run import PRIVACY_FULL, RecordChange
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.regress import (
    FAIL,
    PASS,
    RESULT_SCHEMA,
    ConfigEntry,
    GraderResult,
    RegressConfig,
    RegressResult,
)
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.regress.graders.case import Case, Grade, Grader
from gait_engine.regress.graders.context_conformance import CONTEXT_CONFORMANCE, is_asked_for
from gait_engine.regress.graders.registry import GRADERS
from gait_engine.regress.load import Wanted, is_broken, opened_case
from gait_engine.runpack.diff import Sides
from gait_engine.runpack.refs import retrieved_at
from gait_engine.wire.text import unique_sorted
from gait_engine.wire.timestamps import EPOCH_1980, Timestamp


class Broken(NamedTuple):
    """A fixture that could not be loaded, and why."""

    fixture: str
    error: GaitError


class Compared(NamedTuple):
    """Which runs were compared for a fixture; `candidate_run_id` is empty for one not readable."""

    fixture: str
    path: str
    run_id: str
    candidate: str
    candidate_run_id: str


class Judged(NamedTuple):
    """What one fixture came to."""

    compared: Compared
    created_at: Timestamp
    asks_for_context: bool
    grades: dict[Grader, GraderResult]
    changes: FixtureChanges | None


class Outcome(NamedTuple):
    """What a set came to; `broken` and `compared` in name order."""

    result: RegressResult
    broken: tuple[Broken, ...]
    changes: tuple[FixtureChanges, ...]
    compared: tuple[Compared, ...]

    @property
    def failed(self) -> tuple[GraderResult, ...]:
        """The judgements that are no pass, in result order."""
        return tuple(grade for grade in self.result.graders if grade.status != PASS)


def judge_set(
    config: RegressConfig, wanted: Wanted, host: Host, *, with_records: bool = False
) -> Outcome:
    """Judge every fixture that loads as if the others were not listed.

    `with_records` names the records in which candidates differ from failing fixtures.
    """
    judged: list[Judged] = []
    broken: list[Broken] = []
    for entry in config.fixtures:
        try:
            judged.append(_judge(entry, wanted, host, with_records=with_records))
        except GaitError as exc:
            if not is_broken(exc):
                raise
            broken.append(Broken(entry.name, exc))
    with_context = wanted.strictness.context_conformance or any(
        fixture.asks_for_context for fixture in judged
    )
    grades = [
        grade
        for fixture in judged
        for grader, grade in fixture.grades.items()
        if with_context or grader is not CONTEXT_CONFORMANCE
    ]
    result = _result(config, grades, judged[0].created_at if judged else EPOCH_1980, host)
    changes = tuple(fixture.changes for fixture in judged if fixture.changes)
    return Outcome(result, tuple(broken), changes, tuple(f.compared for f in judged))


def _result(
    config: RegressConfig, grades: list[GraderResult], created_at: Timestamp, host: Host
) -> RegressResult:
    return RegressResult(
        schema_id=RESULT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=created_at,
        producer_version=host.producer_version,
        fixture_set=config.fixture_set,
        status=PASS if all(grade.status == PASS for grade in grades) else FAIL,
        graders=tuple(sorted(grades, key=lambda grade: grade.name.encode())),
    )


def _judge(entry: ConfigEntry, wanted: Wanted, host: Host, *, with_records: bool) -> Judged:
    with opened_case(entry, wanted, host) as case:
        grades = {grader: _named(grader, grader.grade(case), case) for grader in GRADERS}
        fails = any(grade.status != PASS for grade in grades.values())
        return Judged(
            compared=_compared(case),
            created_at=retrieved_at(case.source.pack.run.created_at),
            asks_for_context=is_asked_for(case.fixture),
            grades=grades,
            changes=_changes(case) if with_records and fails else None,
        )


def _compared(case: Case) -> Compared:
    candidate = case.candidate
    recorded = candidate.recorded
    run_id = "" if isinstance(recorded, GaitError) else recorded.pack.run.run_id
    return Compared(case.name, case.path, case.fixture.run_id, candidate.path, run_id)


def _named(grader: Grader, grade: Grade, case: Case) -> GraderResult:
    details = {**grade.details, "fixture": case.name, "run_id": case.fixture.run_id}
    return GraderResult(
        name=f"{case.name}/{grader.name}",
        status=PASS if grade.passed else FAIL,
        reason_codes=tuple(unique_sorted(list(grade.reasons))),
        context_conformance=grade.context_conformance,
        details=dict(sorted(details.items())),
    )


def _changes(case: Case) -> FixtureChanges | None:
    changes = tuple(changed_records(case))
    if not changes:
        return None
    return FixtureChanges(fixture=case.name, candidate_runpack=case.candidate.path, changes=changes)


def changed_records(case: Case) -> Iterator[RecordChange]:
    """Show each record that a candidate changes, adds or lacks."""
    candidate = case.candidate.recorded
    if isinstance(candidate, GaitError) or candidate is case.source:
        return
    from gait_engine.runpack.sidebyside import changes

    sides = Sides(case.source.pack, candidate.pack, PRIVACY_FULL)
    yield from (change for change in changes(sides) if change.state != "same")
