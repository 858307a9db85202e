"""Where a candidate may differ from its fixture."""

from typing import Any

import pytest

from tests.support.fixturesets import CALLS, grades, with_candidate
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, receipt, result

NAME = "alpha/diff"
ODD_RESULT = {"results": [result("i1"), result("i2", status="ok")]}


@pytest.mark.parametrize(
    ("parts", "changed"),
    [
        ({}, []),
        ({"run": {"run_id": "run_y", "created_at": "2026-03-01T00:00:00Z"}}, []),
        ({"intents": list(reversed(CALLS["intents"]))}, []),
        (ODD_RESULT, ["results.jsonl"]),
        ({"intents": [intent("i1", tool_name="x.y"), *CALLS["intents"][1:]]}, ["intents.jsonl"]),
        ({"intents": CALLS["intents"][:1]}, ["intents.jsonl"]),
        ({"refs": {"receipts": [receipt("r1")]}}, ["refs.json"]),
    ],
)
def test_changed_members_are_named_and_none_is_expected(
    frozen_host: FrozenHost, parts: dict[str, Any], changed: list[str]
) -> None:
    with_candidate(frozen_host, CALLS | parts)
    found = grades(frozen_host)[NAME]
    assert found["details"]["changed_files"] == changed
    assert found["reason_codes"] == (["unexpected_diff"] if changed else [])
    assert found["details"].get("unexpected_files", []) == changed


def test_a_change_that_is_allowed_passes(frozen_host: FrozenHost) -> None:
    allowed = [" results.jsonl", "results.jsonl", "", "a"]
    with_candidate(frozen_host, CALLS | ODD_RESULT, diff_allow_changed_files=allowed)
    found = grades(frozen_host)[NAME]
    assert (found["status"], found["reason_codes"]) == ("pass", [])
    assert found["details"]["allowed_files"] == ["a", "results.jsonl"]


@pytest.mark.parametrize(
    ("content", "reasons"),
    [
        (None, {NAME: "candidate_path_invalid", "alpha/trajectory": "candidate_path_invalid"}),
        (b"no zip", {NAME: "diff_error", "alpha/trajectory": "candidate_runpack_invalid"}),
    ],
)
def test_a_candidate_that_cannot_be_read_fails_its_graders_alone(
    frozen_host: FrozenHost, content: bytes | None, reasons: dict[str, str]
) -> None:
    folder = with_candidate(frozen_host, CALLS)
    (folder / "candidate.zip").unlink()
    if content is not None:
        (folder / "candidate.zip").write_bytes(content)
    found = grades(frozen_host, context_conformance=True)
    assert {name: found[name]["reason_codes"] for name in reasons} == {
        name: [reason] for name, reason in reasons.items()
    }
    assert found["alpha/context_conformance"]["context_conformance"] == "missing"
    assert found["alpha/schema_validation"]["status"] == "pass"
