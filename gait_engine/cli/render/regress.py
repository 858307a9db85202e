"""What sets of fixtures come to, and the tour that makes the first, as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.plan import plan
from gait_engine.contract.answers.plan import WritePlan
from gait_engine.contract.answers.regress import (
    FixtureChanges,
    FixtureUpdate,
    RegressAnswer,
    RegressBootstrapAnswer,
    RegressInitAnswer,
    RegressRunAnswer,
    RegressShowAnswer,
    ShownFixture,
    ShownStep,
    WrittenFile,
)
from gait_engine.contract.answers.run import RecordChange
from gait_engine.contract.answers.tour import TourAnswer
from gait_engine.contract.regress import PASS

_SHOWN_RECORDS: Final = 20
_JSON: Final = " --json"
_STATES: Final = {
    "as_now": "says the same",
    "outdated": "says something else; gait regress run writes it anew",
    "unreadable": "cannot be read",
    "missing": "not written yet",
}


def _init(answer: RegressInitAnswer) -> Iterator[str]:
    yield from _made(answer)
    yield from (f"next: {command}" for command in answer.next_commands)


def _run(answer: RegressRunAnswer) -> Iterator[str]:
    yield f"{answer.fixture_set}: {answer.status}, {answer.failed} of {answer.graders} failed"
    yield from _set(answer)
    for update in answer.updates:
        yield from _update(update)


def _bootstrap(answer: RegressBootstrapAnswer) -> Iterator[str]:
    yield from _made(answer)
    yield f"{answer.status}, {answer.failed} failed"
    yield from _set(answer)


def _made(answer: RegressInitAnswer | RegressBootstrapAnswer) -> Iterator[str]:
    yield f"fixture {answer.fixture_name}: run {answer.run_id} pinned in {answer.fixture_dir}"
    if answer.candidate_run_id:
        yield f"it judges run {answer.candidate_run_id}: {answer.candidate_runpack}"


def _set(answer: RegressAnswer) -> Iterator[str]:
    if answer.top_failure_reason:
        yield f"top failure: {answer.top_failure_reason}"
    for fixture in answer.changed_records:
        yield from _fixture(fixture)
    yield from (f"written: {path}" for path in answer.artifact_paths)
    if answer.next_command:
        yield _next(answer.next_command)


def _next(command: str) -> str:
    """Lead a person to every grade; only judging itself knows of another candidate."""
    words = command.removesuffix(_JSON)
    return f"next: {words if '--candidate' in words else words.replace(' run', ' show', 1)}"


def _fixture(fixture: FixtureChanges) -> Iterator[str]:
    yield f"{fixture.fixture}: {len(fixture.changes)} differ in {fixture.candidate_runpack}"
    yield from map(_record, fixture.changes[:_SHOWN_RECORDS])
    if (rest := len(fixture.changes) - _SHOWN_RECORDS) > 0:
        yield f"  and {rest} more; see all of them with --details --json"


def _record(change: RecordChange) -> str:
    label = f" ({change.label})" if change.label else ""
    paths = ", ".join(difference.path for difference in change.differences)
    return f"  {change.section} {change.id}{label}: {change.state}{f' in {paths}' if paths else ''}"


def _update(update: FixtureUpdate) -> Iterator[str]:
    files = ", ".join(update.changed_files) or "who recorded it and when"
    yield f"{update.fixture}: {update.candidate_runpack} changes {files}"
    yield f"  pinned    {update.manifest_digest_before}"
    yield f"  candidate {update.manifest_digest_after}"
    yield "  re-pinned" if update.repinned else "  to re-pin, add --yes"


def _show(answer: RegressShowAnswer) -> Iterator[str]:
    yield f"{answer.fixture_set}: {answer.status}, {answer.failed} of {answer.graders} failed"
    for fixture in answer.fixtures:
        yield from _shown(fixture)
    yield from map(_written, answer.written)
    if answer.next_command:
        yield f"next: {answer.next_command.removesuffix(_JSON)}"


def _shown(fixture: ShownFixture) -> Iterator[str]:
    if fixture.error:
        yield f"{fixture.status} {fixture.fixture}: {fixture.error}"
        return
    passed = sum(grade.status == PASS for grade in fixture.grades)
    yield f"{fixture.status:8} {fixture.fixture}: {passed} of {len(fixture.grades)} passed"
    for grade in fixture.grades:
        if grade.status != PASS:
            yield f"  {grade.grader}: {', '.join(grade.reason_codes)}"
    yield from (_step(step) for step in fixture.steps if step.state != "same")


def _step(step: ShownStep) -> str:
    expected = f"{step.expected_tool} {step.expected_verdict}".strip() or "nothing"
    actual = f"{step.actual_tool} {step.actual_verdict}".strip() or "nothing"
    return f"    call {step.index}: expected {expected}, found {actual}"


def _written(file: WrittenFile) -> str:
    return f"{file.path}: {_STATES[file.state]}"


def _tour(answer: TourAnswer) -> Iterator[str]:
    yield f"made      {answer.run_id}: a run of three calls"
    yield f"verified  {answer.verify_path}"
    yield f"pinned    {answer.fixture_dir}"
    yield f"judged    every fixture of this folder: {answer.regress_status}"
    yield from (f"next: {command}" for command in answer.next_commands)


RENDERERS: Final[Renderers] = {
    RegressInitAnswer: _init,
    RegressRunAnswer: _run,
    RegressBootstrapAnswer: _bootstrap,
    RegressShowAnswer: _show,
    TourAnswer: _tour,
    WritePlan: plan,
}
