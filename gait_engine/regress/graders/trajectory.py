"""Whether a candidate calls the expected tools and gets the expected verdicts (regress.md 3.3)."""

from typing import Final

from gait_engine.contract.regress import Detail
from gait_engine.regress.graders.case import Case, Grade, Grader, Recorded, with_candidate
from gait_engine.regress.sequences import tool_sequence, verdict_sequence

_ABSENT: Final = "<missing>"

Sequence = tuple[str, ...]


def _grade(case: Case) -> Grade:
    return with_candidate(case, "candidate_runpack_invalid", _judged)


def _judged(case: Case, candidate: Recorded) -> Grade:
    fixture = case.fixture
    pairs = {
        "tool": (fixture.expected_tool_sequence, tool_sequence(candidate.intents)),
        "verdict": (fixture.expected_verdict_sequence, verdict_sequence(candidate.results)),
    }
    wrong = [kind for kind, (expected, actual) in pairs.items() if expected and expected != actual]
    details: dict[str, Detail] = {"candidate_runpack": case.candidate.path}
    for kind, (expected, actual) in pairs.items():
        details |= {f"expected_{kind}_sequence": expected, f"actual_{kind}_sequence": actual}
        if kind in wrong:
            details |= _mismatch(kind, expected, actual)
    if wrong:
        return Grade(False, tuple(f"unexpected_{kind}_sequence" for kind in wrong), details)
    is_required = any(expected for expected, _ in pairs.values())
    reason = "trajectory_match" if is_required else "trajectory_not_required"
    return Grade(True, (reason,), details)


def _mismatch(kind: str, expected: Sequence, actual: Sequence) -> dict[str, Detail]:
    """Say where two sequences part; the shorter one is missing there when it is a beginning."""
    shared = min(len(expected), len(actual))
    index = next((i for i in range(shared) if expected[i] != actual[i]), shared)
    return {
        f"{kind}_sequence_mismatch_index": index,
        f"{kind}_sequence_expected_at_mismatch": _at(expected, index),
        f"{kind}_sequence_actual_at_mismatch": _at(actual, index),
    }


def _at(sequence: Sequence, index: int) -> str:
    return sequence[index] if index < len(sequence) else _ABSENT


TRAJECTORY: Final = Grader("trajectory", _grade)
