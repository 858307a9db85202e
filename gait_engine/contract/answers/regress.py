"""`gait regress init|add|bootstrap|run|show`: fixtures made, fixtures judged (regress.md 2)."""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.run import RecordChange
from gait_engine.contract.common import Record, always
from gait_engine.contract.regress import Detail, GraderResult
from gait_engine.wire.timestamps import Timestamp

REGRESS_FAILED: Final = 5
"""The exit code of a set in which a grader fails: a result, not an error."""


class RegressInitAnswer(Answer, frozen=True, kw_only=True):
    """`gait regress init` and `add`: the fixture that was made, and the run that it judges."""

    source: str = ""
    run_id: str = ""
    fixture_name: str = ""
    fixture_dir: str = ""
    runpack_path: str = ""
    candidate_runpack: str = ""
    candidate_run_id: str = ""
    config_path: str = ""
    next_commands: tuple[str, ...] = ()


class Unjudged(Record, frozen=True, kw_only=True):
    """A fixture that could not be loaded, and why."""

    fixture: str
    error_code: str
    error: str


class FixtureChanges(Record, frozen=True, kw_only=True):
    """The records in which a candidate differs from its fixture, with `--details` only."""

    fixture: str
    candidate_runpack: str
    changes: tuple[RecordChange, ...] = ()


class FixtureUpdate(Record, frozen=True, kw_only=True):
    """A fixture whose candidate may take its place, with `--update` only."""

    fixture: str
    candidate_runpack: str
    manifest_digest_before: str
    manifest_digest_after: str
    changed_files: tuple[str, ...]
    repinned: bool


class RegressAnswer(Answer, frozen=True, kw_only=True):
    """What a set of fixtures came to; a failed one is a result with an exit code of its own.

    `unjudged` and `judged` are there only when a fixture could not be loaded.
    """

    status: str = ""
    failed: int = 0
    top_failure_reason: str = ""
    next_command: str = ""
    artifact_paths: tuple[str, ...] = ()
    output: str = ""
    junit: str = ""
    fixture_set: str = ""
    unjudged: tuple[Unjudged, ...] = ()
    judged: tuple[GraderResult, ...] | UnsetType = UNSET
    changed_records: tuple[FixtureChanges, ...] = ()

    @property
    def failure_code(self) -> int:
        """A set that fails says so by its exit code."""
        return REGRESS_FAILED


class RegressRunAnswer(RegressAnswer, frozen=True, kw_only=True):
    """`gait regress run`: how many graders judged, and how many of them failed."""

    graders: int = 0
    updates: tuple[FixtureUpdate, ...] = ()


class RegressBootstrapAnswer(RegressAnswer, frozen=True, kw_only=True):
    """`gait regress bootstrap`: the fixture that was made, and what the set came to."""

    run_id: str = ""
    fixture_name: str = ""
    fixture_dir: str = ""
    runpack_path: str = ""
    candidate_runpack: str = ""
    candidate_run_id: str = ""
    config_path: str = ""


class ShownGrade(Record, frozen=True, kw_only=True):
    """One cell: what a grader said about a fixture."""

    grader: str
    status: str
    reason_codes: tuple[str, ...] = ()
    details: dict[str, Detail] = always({})


class ShownStep(Record, frozen=True, kw_only=True):
    """The calls at one place of both runs; `state` is `same`, `changed`, `missing` or `extra`."""

    index: int
    state: str
    expected_tool: str = ""
    expected_verdict: str = ""
    actual_tool: str = ""
    actual_verdict: str = ""


class ShownFixture(Record, frozen=True, kw_only=True):
    """One fixture: its files, the runs behind them, every grade; `error` where it is not judged.

    `run_path` and `candidate_run_path` are where those runs are recorded, if they are.
    """

    fixture: str
    status: str
    run_id: str = ""
    run_path: str = ""
    runpack: str = ""
    fixture_path: str = ""
    candidate_runpack: str = ""
    candidate_run_id: str = ""
    candidate_run_path: str = ""
    grades: tuple[ShownGrade, ...] = ()
    steps: tuple[ShownStep, ...] = ()
    junit: tuple[str, ...] = ()
    error: str = ""
    error_code: str = ""


class WrittenFile(Record, frozen=True, kw_only=True):
    """A file of an earlier judgement: `as_now`, `outdated`, `unreadable` or `missing`."""

    path: str
    state: str
    written_at: Timestamp | UnsetType = UNSET


class RegressShowAnswer(RegressAnswer, frozen=True, kw_only=True):
    """`gait regress show`: the set judged now, and whether what was written still says the same."""

    config: str = ""
    graders: int = 0
    fixtures: tuple[ShownFixture, ...] = ()
    written: tuple[WrittenFile, ...] = ()
