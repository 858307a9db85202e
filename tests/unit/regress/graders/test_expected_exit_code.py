"""The exit code of a fixture's replay."""

from typing import Any

import pytest

from tests.support.fixturesets import CALLS, grades, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result


@pytest.mark.parametrize(
    ("intents", "expected", "wanted"),
    [
        ([intent("i1"), intent("i2")], 0, "pass"),
        ([intent("i1"), intent("i3", tool_name="x.y")], 0, "fail"),
        ([intent("i1"), intent("i3", tool_name="x.y")], 2, "pass"),
        ([intent("i1"), intent("i3", tool_name="HTTP.get")], 0, "pass"),
        ([intent("i1")], 3, "fail"),
    ],
)
def test_a_call_without_result_or_stub_makes_it_two(
    frozen_host: FrozenHost, intents: list[Any], expected: int, wanted: str
) -> None:
    parts = CALLS | {"intents": intents}
    write_fixture(frozen_host, "alpha", parts, expected_replay_exit_code=expected)
    write_config(frozen_host, "alpha")
    found = grades(frozen_host)["alpha/expected_exit_code"]
    reasons = [] if wanted == "pass" else ["unexpected_exit_code"]
    assert (found["status"], found["reason_codes"]) == (wanted, reasons)
    assert found["details"]["expected_exit_code"] == expected


@pytest.mark.parametrize(
    "parts",
    [
        {"intents": [intent("i1"), intent("i1")]},
        {"intents": [intent("i1")], "results": [result("i1"), result("i1")]},
    ],
)
def test_an_id_that_stands_twice_cannot_be_replayed(
    frozen_host: FrozenHost, parts: dict[str, Any]
) -> None:
    write_fixture(frozen_host, "alpha", parts)
    write_config(frozen_host, "alpha")
    found = grades(frozen_host)["alpha/expected_exit_code"]
    assert found["reason_codes"] == ["replay_error"]
    assert found["details"].keys() == {"error", "fixture", "run_id"}
