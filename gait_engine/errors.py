"""The error tree: one class per category, each with its exit code; the specific code is data.

A denied verdict or a failed verification is a result, not an error: these classes are for
"could not tell" and for input that must be refused. Contract: runpack.md 8.1 to 8.3.
"""

from typing import Any, ClassVar, Final, NamedTuple

OK: Final = 0
FAILED_VERIFICATION: Final = 2


class Hazard(NamedTuple):
    """Something two careful readers could read differently, and the place where it stands."""

    code: str
    where: str


NOTES: Final = frozenset(
    {
        "record_id_repeated",
        "run_id_mismatch",
        "key_file_open",
        "lock_broken",
        "session_state_not_written",
    }
)
"""Hazards that honest files have: listed, without effect on the exit code."""


def is_fatal(hazard: Hazard) -> bool:
    """Tell a hazard that refuses the artifact from a note."""
    return hazard.code not in NOTES


class GaitError(Exception):
    """A failure with everything its reader needs: what, where, found, expected, and the fix.

    The message reads `<what> <where>: <found>, expected <wanted>`; `hint` holds the fix as a
    command or one sentence. `answer` is the part of the command's answer that is known in spite
    of the failure: its fields stand beside the error in JSON.
    """

    category: ClassVar[str] = "internal_failure"
    default_code: ClassVar[str] = "internal_failure"
    exit_code: ClassVar[int] = 1
    default_hint: ClassVar[str] = "run the command again with --json and keep its output"
    retryable: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        code: str = "",
        where: str = "",
        hint: str = "",
        hazards: tuple[Hazard, ...] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or self.default_code
        self.where = where
        self.hint = hint or self.default_hint
        self.hazards = hazards
        self.answer: Any = None


class InvalidInput(GaitError):
    """Input that cannot be used as it is."""

    category = default_code = "invalid_input"
    exit_code = 6
    default_hint = "check the arguments and the input file, then run the command again"


class VerificationFailed(GaitError):
    """An artifact that must not be trusted."""

    category = default_code = "verification_failed"
    exit_code = FAILED_VERIFICATION
    default_hint = "do not use this artifact; fetch the original or record the run again"


class PolicyBlocked(GaitError):
    """A call that must be blocked since what would decide it cannot be known."""

    category = default_code = "policy_blocked"
    exit_code = 3
    default_hint = "repair what cannot be read; until then calls of this risk are blocked"


class RegressFailed(GaitError):
    """A fixture that no longer holds, in a command that is more than a judgement of fixtures."""

    default_code = "regress_failed"
    exit_code = 5
    default_hint = "see what failed: gait regress run"


class DependencyMissing(GaitError):
    """Something this command needs is not there."""

    category = default_code = "dependency_missing"
    exit_code = 7
    default_hint = "install what is missing, then run the command again"


class UnsafeOperation(GaitError):
    """An operation that is refused until every one of its safety switches is given."""

    default_code = "unsafe_operation"
    exit_code = 8
    default_hint = "leave the unsafe switch out, or give every switch it needs"


class IoFailure(GaitError):
    """The operating system refused a read or write; trying again may work."""

    category = default_code = "io_failure"
    default_hint = "check free space and permissions, then run the command again"
    retryable = True


class StateContention(GaitError):
    """Another process holds the lock; trying again works once it is done."""

    category = default_code = "state_contention"
    default_hint = "wait for the other writer, then run the command again"
    retryable = True


class InternalFailure(GaitError):
    """A defect of ours, reported without a traceback."""


def quoted(text: object, limit: int = 80) -> str:
    """Show a found value inside an error text: quoted, escaped, cut at `limit` characters."""
    shown = ascii(text) if not isinstance(text, str) or not text.isprintable() else f"'{text}'"
    return shown if len(shown) <= limit else f"{shown[: limit - 1]}…"
