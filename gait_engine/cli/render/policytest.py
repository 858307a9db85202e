"""What policies decide, as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.policytest import PolicySimulateAnswer, PolicyTestAnswer


def _test(answer: PolicyTestAnswer) -> Iterator[str]:
    yield answer.summary


def _simulate(answer: PolicySimulateAnswer) -> Iterator[str]:
    yield answer.summary
    for fixture in answer.changed:
        verdicts = f"{fixture.baseline_verdict} -> {fixture.candidate_verdict}"
        yield f"  {verdicts:36} {fixture.fixture_path}"


RENDERERS: Final[Renderers] = {PolicyTestAnswer: _test, PolicySimulateAnswer: _simulate}
