"""Two runs call by call: what a fixture expects beside what its candidate did (regress.md 3.3)."""

from collections.abc import Mapping
from itertools import zip_longest

from gait_engine.contract.answers.regress import ShownStep
from gait_engine.contract.regress import Detail


def steps(details: Mapping[str, Detail]) -> tuple[ShownStep, ...]:
    """Pair what the trajectory grader compared; a sequence without expectation is not compared."""
    expected_tools, actual_tools, expected_verdicts, actual_verdicts = (
        _texts(details.get(f"{side}_{kind}_sequence"))
        for kind in ("tool", "verdict")
        for side in ("expected", "actual")
    )
    pairs = []
    if expected_tools:
        pairs.append((expected_tools, actual_tools))
    if expected_verdicts:
        pairs.append((expected_verdicts, actual_verdicts))
    columns = (expected_tools, expected_verdicts, actual_tools, actual_verdicts)
    return tuple(
        ShownStep(
            index=index,
            state=_state(index, pairs),
            expected_tool=expected_tool,
            expected_verdict=expected_verdict,
            actual_tool=actual_tool,
            actual_verdict=actual_verdict,
        )
        for index, (expected_tool, expected_verdict, actual_tool, actual_verdict) in enumerate(
            zip_longest(*columns, fillvalue="")
        )
    )


Pair = tuple[tuple[str, ...], tuple[str, ...]]


def _state(index: int, pairs: list[Pair]) -> str:
    is_expected = any(index < len(expected) for expected, _ in pairs)
    is_there = any(index < len(actual) for _, actual in pairs)
    if is_expected != is_there:
        return "missing" if is_expected else "extra"
    differs = any(
        expected[index : index + 1] != actual[index : index + 1] for expected, actual in pairs
    )
    return "changed" if differs else "same"


def _texts(value: Detail) -> tuple[str, ...]:
    return value if isinstance(value, tuple) else ()
