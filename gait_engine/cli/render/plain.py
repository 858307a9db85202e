"""Answers that are one text: the version, a completion script."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.base import CompletionAnswer, VersionAnswer


def _version(answer: VersionAnswer) -> Iterator[str]:
    yield f"gait {answer.version}"


def _completion(answer: CompletionAnswer) -> Iterator[str]:
    yield from answer.script.split("\n")


RENDERERS: Final[Renderers] = {VersionAnswer: _version, CompletionAnswer: _completion}
