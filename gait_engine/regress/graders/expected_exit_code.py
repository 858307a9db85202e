"""Whether a stub replay of a fixture ends as expected (regress.md 3.2)."""

from typing import Final

from gait_engine.contract.regress import Detail
from gait_engine.errors import FAILED_VERIFICATION, OK, InvalidInput
from gait_engine.regress.graders.case import Case, Grade, Grader, failed_with
from gait_engine.runpack.read import OpenRunpack
from gait_engine.runpack.replay import ReplayMode, replay_runpack


def replay_exit(pack: OpenRunpack) -> tuple[int, tuple[str, ...]]:
    """Return the exit code of a stub replay and the calls nothing answers, sorted.

    Raises InvalidInput where two calls or two results share an id.
    """
    missing = replay_runpack(pack, ReplayMode()).missing_results
    return FAILED_VERIFICATION if missing else OK, missing


def _grade(case: Case) -> Grade:
    try:
        actual, missing = replay_exit(case.source.pack)
    except InvalidInput as exc:
        return failed_with(exc, "replay_error")
    expected = case.fixture.expected_replay_exit_code
    details: dict[str, Detail] = {
        "expected_exit_code": expected,
        "actual_exit_code": actual,
        "missing_results": missing,
    }
    passed = actual == expected
    return Grade(passed, () if passed else ("unexpected_exit_code",), details)


EXPECTED_EXIT_CODE: Final = Grader("expected_exit_code", _grade)
