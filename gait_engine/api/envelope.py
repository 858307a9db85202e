"""The envelope of every JSON answer: correlation id, error companions, exit code, bytes.

Contract: runpack.md 8.1 to 8.3.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import msgspec

from gait_engine.contract.answers.base import Answer, HazardNote, error_fields
from gait_engine.errors import FAILED_VERIFICATION, GaitError
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonwrite import for_stdout
from gait_engine.wire.text import trim

AnswerT = TypeVar("AnswerT", bound=Answer)

_EXIT_CODES: Final = {
    "invalid_input": 6,
    "verification_failed": FAILED_VERIFICATION,
    "policy_blocked": 3,
    "approval_required": 4,
    "dependency_missing": 7,
}
_EXIT_CODES_BY_ERROR: Final = {"regress_failed": 5, "unsafe_operation": 8}
"""Errors that share a category with others and have an exit code of their own."""


def correlation_id(argv: Sequence[str]) -> str:
    """Return the id of a command line: 24 hex digits of its SHA-256, program name included."""
    words = [trim(word) for word in ("gait", *argv)]
    return sha256_hex("\x1f".join(words).encode("utf-8", "surrogateescape"))[:24]


def seal(answer: AnswerT, argv: Sequence[str]) -> AnswerT:
    """Give an answer the correlation id of the command line that asked for it."""
    return msgspec.structs.replace(answer, correlation_id=correlation_id(argv))


def failure(error: GaitError, base: Answer | None = None) -> Answer:
    """Turn an error into an answer; what is known in spite of it stands beside the error."""
    return msgspec.structs.replace(
        error.answer or base or Answer(ok=False),
        ok=False,
        hazards=tuple(HazardNote(code=code, where=where) for code, where in sorted(error.hazards)),
        **error_fields(error),
    )


def exit_code(answer: Answer) -> int:
    """Return the exit code: of an answer that is ok, of its error's category, or of its failure."""
    if answer.ok:
        return answer.success_code
    if not answer.error:
        return answer.failure_code
    if answer.error_code in _EXIT_CODES_BY_ERROR:
        return _EXIT_CODES_BY_ERROR[answer.error_code]
    return _EXIT_CODES.get(answer.error_category, 1)


def encode(answer: Answer) -> bytes:
    """Return the bytes `--json` prints: one line, keys sorted at every depth, a newline."""
    return for_stdout(answer)
