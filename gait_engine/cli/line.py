"""A command line that is being answered, and answers that come while it goes on."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from gait_engine.contract.answers.base import Answer
from gait_engine.host import Host


class Line(NamedTuple):
    """A command line without the program's name, and the host it runs on."""

    argv: Sequence[str]
    host: Host


class Stream(NamedTuple):
    """Answers that come in batches while a command goes on, one JSON line each."""

    batches: Iterator[Sequence[Answer]]
