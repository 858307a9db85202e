"""Identifiers and what the words in a name say."""

import pytest

from gait_engine.scout.names import (
    identifier,
    sensitivity,
    status_reason,
    target_system,
    tool_class,
)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "e3b0c44298fc1c14"),
        ("---", "cb3f91d54eee30e5"),
        ("https://a/b", "https___a_b"),
        (" Denied! ", "denied"),
        ("\u0130x", "ix"),
        ("é", identifier("é")),
    ],
)
def test_an_identifier_is_lower_case_and_never_empty(text: str, wanted: str) -> None:
    assert identifier(text) == wanted


def test_an_identifier_of_punctuation_is_a_digest_of_exactly_that_text() -> None:
    assert identifier("é") != identifier("è")
    assert len(identifier("é")) == 16


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("db.DROP_all", "destructive"),
        ("mail.send", "write"),
        ("budget.plan", "read"),
        ("widget", "read"),
        ("shell", "execute"),
        ("read_then_delete", "destructive"),
    ],
)
def test_the_first_class_with_a_word_in_the_name_counts(name: str, wanted: str) -> None:
    assert tool_class(name) == wanted


def test_a_target_is_named_by_type_and_the_beginning_of_its_locator() -> None:
    assert target_system(" API ", "api://Core") == "api:api___core"
    assert target_system("", "x" * 60) == f"e3b0c44298fc1c14:{'x' * 48}"


@pytest.mark.parametrize(
    ("targets", "wanted"),
    [((), 1), (("doc:x",), 1), (("doc:internal",), 2), (("a:queue", "doc:feedback"), 3)],
)
def test_the_most_sensitive_target_counts(targets: tuple[str, ...], wanted: int) -> None:
    assert sensitivity(targets) == wanted


@pytest.mark.parametrize(
    ("status", "wanted"),
    [
        (" OK", ""),
        ("success", ""),
        ("", "result_status_e3b0c44298fc1c14"),
        ("Denied", "result_status_denied"),
    ],
)
def test_a_status_that_is_no_success_is_a_reason(status: str, wanted: str) -> None:
    assert status_reason(status) == wanted
