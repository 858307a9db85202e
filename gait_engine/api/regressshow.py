"""A set of fixtures as it stands now, and what was written about it before; nothing is written."""

from collections.abc import Callable
from typing import Final

import msgspec

from gait_engine.api.regress import next_command, top_reason, unjudged_error
from gait_engine.contract.answers.regress import (
    RegressShowAnswer,
    ShownFixture,
    ShownGrade,
    WrittenFile,
)
from gait_engine.contract.regress import (
    CONFIG_PATH,
    FAIL,
    FIXTURE_FILE,
    PASS,
    RESULT_PATH,
    GraderResult,
    RegressResult,
)
from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from gait_engine.regress.fixture import read_config
from gait_engine.regress.junit import junit_lines, junit_xml
from gait_engine.regress.load import Wanted
from gait_engine.regress.run import Broken, Compared, Outcome, judge_set
from gait_engine.regress.steps import steps
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import is_there, resolve_runpack, runpack_name
from gait_engine.store.safepath import join
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns

UNJUDGED: Final = "unjudged"


class ShowRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Which set to show, and which files of an earlier judgement to compare it with."""

    config: str = CONFIG_PATH
    result: str = RESULT_PATH
    junit: str = ""


def show(request: ShowRequest, *, host: Host) -> RegressShowAnswer:
    """Judge a set without writing, and tell whether an earlier result still says the same.

    Raises as `regress run` does; the `answer` of the error then holds every fixture all the same.
    """
    config_path = request.config or CONFIG_PATH
    outcome = judge_set(read_config(config_path, host=host), Wanted(), host)
    failed = outcome.failed
    answer = RegressShowAnswer(
        ok=not failed,
        status=outcome.result.status,
        config=config_path,
        fixture_set=outcome.result.fixture_set,
        graders=len(outcome.result.graders),
        failed=len(failed),
        top_failure_reason=top_reason(outcome),
        next_command=next_command(config_path, "") if failed else "",
        fixtures=_fixtures(outcome, host),
        written=_written(request, outcome.result, host),
    )
    if outcome.broken:
        error = unjudged_error(outcome)
        error.answer = msgspec.structs.replace(answer, ok=False, status=UNJUDGED)
        raise error
    return answer


def _fixtures(outcome: Outcome, host: Host) -> tuple[ShownFixture, ...]:
    judged = [_fixture(compared, outcome.result.graders, host) for compared in outcome.compared]
    broken = [_broken(fault) for fault in outcome.broken]
    return tuple(sorted([*judged, *broken], key=lambda fixture: fixture.fixture.encode()))


def _fixture(compared: Compared, graders: tuple[GraderResult, ...], host: Host) -> ShownFixture:
    mine = [grade for grade in graders if grade.name.rpartition("/")[0] == compared.fixture]
    grades = [_grade(grade) for grade in mine]
    trajectory = next((each.details for each in grades if each.grader == "trajectory"), {})
    return ShownFixture(
        fixture=compared.fixture,
        status=PASS if all(grade.status == PASS for grade in mine) else FAIL,
        run_id=compared.run_id,
        run_path=_recorded_at(compared.run_id, host),
        runpack=compared.path,
        fixture_path=join(compared.path.rpartition("/")[0], FIXTURE_FILE),
        candidate_runpack=compared.candidate,
        candidate_run_id=compared.candidate_run_id,
        candidate_run_path=_recorded_at(compared.candidate_run_id, host),
        grades=tuple(grades),
        steps=steps(trajectory),
        junit=tuple(junit_lines(mine)),
    )


def _grade(grade: GraderResult) -> ShownGrade:
    return ShownGrade(
        grader=grade.name.rpartition("/")[2],
        status=grade.status,
        reason_codes=grade.reason_codes,
        details=grade.details,
    )


def _broken(fault: Broken) -> ShownFixture:
    return ShownFixture(
        fixture=fault.fixture,
        status=UNJUDGED,
        error=fault.error.message,
        error_code=fault.error.code,
    )


def _recorded_at(run_id: str, host: Host) -> str:
    """Return where a run id leads; empty where it leads nowhere."""
    try:
        runpack_name(run_id)
        return resolve_runpack(run_id, host).shown
    except InvalidInput:
        return ""


def _written(request: ShowRequest, result: RegressResult, host: Host) -> tuple[WrittenFile, ...]:
    def says_the_same(path: str) -> bool:
        found = read_record(_text(path, host), RegressResult, Source(path, digested=False))
        return (found.fixture_set, found.status, found.graders) == (
            result.fixture_set,
            result.status,
            result.graders,
        )

    def is_this_xml(path: str) -> bool:
        return _text(path, host) == junit_xml(result)

    files = [_file(request.result or RESULT_PATH, says_the_same, host)]
    if junit := trim(request.junit):
        files.append(_file(junit, is_this_xml, host))
    return tuple(files)


def _file(path: str, is_as_now: Callable[[str], bool], host: Host) -> WrittenFile:
    if not is_there(host.cwd / path):
        return WrittenFile(path=path, state="missing")
    written_at = from_ns((host.cwd / path).stat().st_mtime_ns)
    try:
        state = "as_now" if is_as_now(path) else "outdated"
    except InvalidInput:
        state = "unreadable"
    return WrittenFile(path=path, state=state, written_at=written_at)


def _text(path: str, host: Host) -> bytes:
    return read_input(path, limit=TEXT_LIMIT, host=host, what="regress output")
