"""Policies as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.policy import (
    PolicyAnswer,
    PolicyFormatAnswer,
    PolicyInitAnswer,
)


def _validated(answer: PolicyAnswer) -> Iterator[str]:
    if answer.summary:
        yield answer.summary
    for warning in answer.warnings:
        yield f"warning: {warning.message}"


def _formatted(answer: PolicyFormatAnswer) -> Iterator[str]:
    if answer.formatted:
        yield from answer.formatted.removesuffix("\n").split("\n")
    else:
        state = "written" if answer.written else "unchanged"
        yield f"policy fmt ok: path={answer.path} {state} digest={answer.policy_digest}"


def _begun(answer: PolicyInitAnswer) -> Iterator[str]:
    yield f"template={answer.template}"
    yield f"policy={answer.policy_path}"
    yield f"next={','.join(answer.next_commands)}"


RENDERERS: Final[Renderers] = {
    PolicyAnswer: _validated,
    PolicyFormatAnswer: _formatted,
    PolicyInitAnswer: _begun,
}
