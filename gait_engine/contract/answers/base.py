"""The envelope of every answer, and the answers of the CLI itself (runpack.md 8.3)."""

from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.common import Record
from gait_engine.errors import FAILED_VERIFICATION, OK, GaitError


class HazardNote(Record, frozen=True, kw_only=True):
    """A hazard and where it stands."""

    code: str
    where: str


class Migration(Record, frozen=True, kw_only=True):
    """A spelling of an older release and what replaced it."""

    kind: str
    deprecated_command: str = ""
    replacement_command: str = ""
    deprecated_flag: str = ""
    replacement_flag: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every command answers: whether it went well, and if not, why."""

    ok: bool
    correlation_id: str = ""
    error: str = ""
    error_code: str = ""
    error_category: str = ""
    retryable: bool | UnsetType = UNSET
    hint: str = ""
    where: str = ""
    hazards: tuple[HazardNote, ...] = ()
    migration: Migration | UnsetType = UNSET

    @property
    def success_code(self) -> int:
        """The exit code when `ok`: a verdict has its own even though the command went well."""
        return OK

    @property
    def failure_code(self) -> int:
        """The exit code when not `ok` although nothing went wrong."""
        return FAILED_VERIFICATION


def error_fields(error: GaitError) -> dict[str, Any]:
    """Return the fields an error fills in an answer, hazards aside."""
    return {
        "error": error.message,
        "error_code": error.code,
        "error_category": error.category,
        "retryable": error.retryable,
        "hint": error.hint,
        "where": error.where,
    }


class VersionAnswer(Answer, frozen=True, kw_only=True):
    """`gait version --json`."""

    version: str


class CompletionAnswer(Answer, frozen=True, kw_only=True):
    """`gait completion`: a script for one shell."""

    shell: str
    script: str
