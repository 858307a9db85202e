"""Schemas of a fixture's records."""

from typing import Any

import pytest

from tests.support.fixturesets import CALLS, grades, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result


@pytest.mark.parametrize(
    ("parts", "reason"),
    [
        ({"run": {"schema_id": "gait.runpack.refs"}}, "run_schema_invalid"),
        ({"refs": {"schema_version": "1.0.1"}}, "refs_schema_invalid"),
        ({"intents": [intent("i1", schema_id="x")]}, "intent_schema_invalid"),
        ({"results": [result("i1", schema_version="")]}, "result_schema_invalid"),
    ],
)
def test_a_record_that_names_another_schema_fails(
    frozen_host: FrozenHost, parts: dict[str, Any], reason: str
) -> None:
    write_fixture(frozen_host, "alpha", CALLS | parts)
    write_config(frozen_host, "alpha")
    found = grades(frozen_host)["alpha/schema_validation"]
    assert (found["status"], found["reason_codes"]) == ("fail", [reason])


def test_records_are_counted_and_nothing_missing_is_null(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    assert grades(frozen_host)["alpha/schema_validation"]["details"] == {
        "fixture": "alpha",
        "hash_mismatches": 0,
        "intent_records": 2,
        "missing_files": None,
        "reference_receipts": 0,
        "result_records": 2,
        "run_id": "run_x",
    }
