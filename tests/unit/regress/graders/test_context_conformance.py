"""The context a candidate was given."""

from typing import Any

import pytest

from tests.support import runs
from tests.support.fixturesets import grades, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import receipt

NAME = "alpha/context_conformance"
OWN, OTHER = "a" * 64, "b" * 64


def refs(digest: str = OWN, **changes: Any) -> dict[str, Any]:
    return {"refs": {"context_set_digest": digest, "receipts": [receipt("r1", **changes)]}}


LATER = refs(OTHER, retrieved_at="2026-02-06T00:00:00Z")
SEMANTIC = refs(content_digest="9" * 64)


@pytest.mark.parametrize(
    ("candidate", "fixture", "options", "wanted"),
    [
        (refs(), {"context_conformance": "none"}, {}, ("context_conformance_not_required", "none")),
        (
            SEMANTIC,
            {"allow_context_runtime_drift": True},
            {},
            ("context_conformance_not_required", "semantic"),
        ),
        (refs(), {}, {"context_conformance": True}, ("context_conformance_pass", "none")),
        (
            refs(""),
            {"context_conformance": " Required "},
            {},
            ("context_evidence_missing", "missing"),
        ),
        (SEMANTIC, {}, {"context_conformance": True}, ("context_semantic_drift", "semantic")),
        (
            LATER,
            {"expected_context_set_digest": OWN},
            {},
            ("context_runtime_drift_blocked", "runtime_only"),
        ),
        (
            LATER,
            {"context_conformance": "required"},
            {"allow_context_runtime_drift": True},
            ("context_conformance_pass", "runtime_only"),
        ),
        (
            LATER,
            {"context_conformance": "required", "allow_context_runtime_drift": True},
            {},
            ("context_conformance_pass", "runtime_only"),
        ),
        (
            refs(),
            {"expected_context_set_digest": OTHER},
            {},
            ("context_set_digest_mismatch", "semantic"),
        ),
        (
            refs(),
            {"expected_context_set_digest": f" {OWN.upper()} "},
            {},
            ("context_conformance_pass", "none"),
        ),
        (
            refs() | {"run": {"run_id": "run_y"}, "refs": {**refs()["refs"], "run_id": "run_y"}},
            {"context_conformance": "required"},
            {},
            ("context_semantic_drift", "semantic"),
        ),
    ],
)
def test_a_drift_passes_only_where_it_may(
    frozen_host: FrozenHost,
    candidate: dict[str, Any],
    fixture: dict[str, Any],
    options: dict[str, Any],
    wanted: tuple[str, str],
) -> None:
    own = {"candidate_runpack": "candidate.zip"}
    folder = write_fixture(frozen_host, "alpha", refs(), **own, **fixture)
    runs.runpack(folder, "candidate.zip", **candidate)
    write_config(frozen_host, "alpha")
    found = grades(frozen_host, **options)[NAME]
    assert (*found["reason_codes"], found["context_conformance"]) == wanted
    passes = wanted[0] in ("context_conformance_pass", "context_conformance_not_required")
    assert found["status"] == ("pass" if passes else "fail")


def test_one_fixture_that_asks_for_it_has_all_of_them_judged(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host, "alpha")
    write_fixture(frozen_host, "beta", context_conformance="none")
    write_config(frozen_host, "alpha", "beta")
    assert {NAME, "beta/context_conformance"} <= grades(frozen_host).keys()


def test_without_a_wish_for_it_no_context_is_judged(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host, "alpha")
    write_config(frozen_host, "alpha")
    assert NAME not in grades(frozen_host)
