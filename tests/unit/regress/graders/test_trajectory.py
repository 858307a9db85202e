"""The tools a candidate calls and the verdicts it gets."""

from typing import Any

import pytest

from tests.support.fixturesets import CALLS, grades, with_candidate
from tests.support.hosts import FrozenHost
from tests.support.runs import intent

NAME = "alpha/trajectory"


@pytest.mark.parametrize(
    ("expected", "reasons"),
    [
        ({}, ["trajectory_not_required"]),
        ({"expected_tool_sequence": [" ", ""]}, ["trajectory_not_required"]),
        ({"expected_tool_sequence": [" crm.find ", "mail.send"]}, ["trajectory_match"]),
        ({"expected_verdict_sequence": ["Passed", "failure"]}, ["trajectory_match"]),
        ({"expected_tool_sequence": ["crm.find"]}, ["unexpected_tool_sequence"]),
        ({"expected_verdict_sequence": ["deny", "error"]}, ["unexpected_verdict_sequence"]),
        (
            {"expected_verdict_sequence": ["deny"], "expected_tool_sequence": ["x"]},
            ["unexpected_tool_sequence", "unexpected_verdict_sequence"],
        ),
    ],
)
def test_only_what_is_expected_is_compared(
    frozen_host: FrozenHost, expected: dict[str, Any], reasons: list[str]
) -> None:
    with_candidate(frozen_host, CALLS, **expected)
    found = grades(frozen_host)[NAME]
    assert found["reason_codes"] == reasons
    assert (found["status"] == "fail") == reasons[0].startswith("unexpected")


@pytest.mark.parametrize(
    ("tools", "index", "wanted", "actual"),
    [
        (["crm.find", "mail.drop"], 1, "mail.send", "mail.drop"),
        (["crm.find"], 1, "mail.send", "<missing>"),
        (["crm.find", "mail.send", "x.y"], 2, "<missing>", "x.y"),
    ],
)
def test_the_first_place_where_sequences_part_is_named(
    frozen_host: FrozenHost, tools: list[str], index: int, wanted: str, actual: str
) -> None:
    intents = [intent(f"i{number}", tool_name=tool) for number, tool in enumerate(tools, 1)]
    expected = ["crm.find", "mail.send"]
    with_candidate(frozen_host, CALLS | {"intents": intents}, expected_tool_sequence=expected)
    details = grades(frozen_host)[NAME]["details"]
    assert details["tool_sequence_mismatch_index"] == index
    assert details["tool_sequence_expected_at_mismatch"] == wanted
    assert details["tool_sequence_actual_at_mismatch"] == actual
    assert "verdict_sequence_mismatch_index" not in details
