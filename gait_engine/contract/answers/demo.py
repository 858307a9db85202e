"""What `gait demo --incident` answers."""

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.wire.timestamps import Timestamp


class MadeFiles(Record, frozen=True, kw_only=True):
    """The files of one kind, in the order of their names."""

    kind: str
    paths: tuple[str, ...]


class ToldCommand(Record, frozen=True, kw_only=True):
    """A command to look at the incident with, what it shows, and the code it ends with."""

    about: str
    command: str
    says: str
    exit_code: int = 0


class IncidentDemoAnswer(Answer, frozen=True, kw_only=True):
    """An incident to look at: its files by kind, those that were `written` now, and where to begin.

    `as_of` is the moment at which the story ends; every time in the files lies before it.
    """

    mode: str
    as_of: Timestamp
    files: int = always(0)
    written: int = always(0)
    summary: tuple[str, ...]
    made: tuple[MadeFiles, ...]
    story: tuple[ToldCommand, ...]
    next_commands: tuple[str, ...]
