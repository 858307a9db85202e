import pytest

from gait_engine import errors
from gait_engine.errors import GaitError, Hazard, InvalidInput, is_fatal, quoted

INTERNAL = "internal_failure"


@pytest.mark.parametrize(
    ("kind", "category", "code", "exit_code", "retryable"),
    [
        (errors.InvalidInput, "invalid_input", "invalid_input", 6, False),
        (errors.VerificationFailed, "verification_failed", "verification_failed", 2, False),
        (errors.DependencyMissing, "dependency_missing", "dependency_missing", 7, False),
        (errors.PolicyBlocked, "policy_blocked", "policy_blocked", 3, False),
        (errors.RegressFailed, INTERNAL, "regress_failed", 5, False),
        (errors.UnsafeOperation, INTERNAL, "unsafe_operation", 8, False),
        (errors.IoFailure, "io_failure", "io_failure", 1, True),
        (errors.StateContention, "state_contention", "state_contention", 1, True),
        (errors.InternalFailure, INTERNAL, INTERNAL, 1, False),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "",
)
def test_a_class_fixes_category_exit_and_whether_to_retry(
    *, kind: type[GaitError], category: str, code: str, exit_code: int, retryable: bool
) -> None:
    error = kind("what where: found, expected wanted")
    assert (error.category, error.code, error.exit_code) == (category, code, exit_code)
    assert error.retryable is retryable
    assert error.message == str(error) == "what where: found, expected wanted"
    assert error.hint
    assert (error.where, error.hazards, error.answer) == ("", (), None)


def test_every_class_of_the_tree_is_in_the_table_above() -> None:
    assert {kind.__name__ for kind in GaitError.__subclasses__()} == {
        *("InvalidInput", "VerificationFailed", "DependencyMissing", "UnsafeOperation"),
        *("IoFailure", "StateContention", "InternalFailure", "PolicyBlocked", "RegressFailed"),
    }


def test_what_is_given_goes_before_the_defaults_of_the_class() -> None:
    hazard = Hazard("json_duplicate_key", "in.json $.a")
    error = InvalidInput("m", code="c", where="w", hint="h", hazards=(hazard,))
    assert (error.code, error.where, error.hint, error.hazards) == ("c", "w", "h", (hazard,))
    assert InvalidInput.default_code == "invalid_input"


@pytest.mark.parametrize("code", sorted(errors.NOTES))
def test_a_note_is_no_reason_to_refuse(code: str) -> None:
    assert not is_fatal(Hazard(code, "x"))


def test_any_other_hazard_is_fatal() -> None:
    assert is_fatal(Hazard("json_duplicate_key", "x"))
    assert is_fatal(Hazard("", ""))


@pytest.mark.parametrize(
    ("found", "shown"),
    [
        ("alow", "'alow'"),
        ("", "''"),
        ("naïve 日本", "'naïve 日本'"),
        ("a\nb", r"'a\nb'"),
        ("\x1b[2J", r"'\x1b[2J'"),
        ("\u202eé", r"'\u202e\xe9'"),
        ("\ud800", r"'\ud800'"),
        (5, "5"),
        (None, "None"),
        ([1, "é"], r"[1, '\xe9']"),
        (b"\xff", r"b'\xff'"),
    ],
    ids=ascii,
)
def test_a_found_value_is_quoted_and_printable(found: object, shown: str) -> None:
    assert quoted(found) == shown


@pytest.mark.parametrize(
    "found", ["x" * 79, "\n" * 40, "é\n" * 20, list(range(100))], ids=["text", "n", "mixed", "list"]
)
def test_a_long_value_is_cut_with_an_ellipsis(found: object) -> None:
    shown = quoted(found)
    assert len(shown) == 80
    assert shown.endswith("…")
    assert quoted(found, limit=10) == f"{shown[:9]}…"


def test_a_value_that_just_fits_is_shown_whole() -> None:
    assert quoted("x" * 78) == f"'{'x' * 78}'"
    assert quoted("x" * 8, limit=10) == f"'{'x' * 8}'"
