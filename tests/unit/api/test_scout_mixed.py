"""A folder of fourteen runs of four workflows: the families that a person would make of it."""

from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.api import scout
from gait_engine.contract.answers.scout import SignalAnswer
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.scouting import scout_run

NEW_REFERENCE = [runs.receipt("r1")]
REFUND = ["crm.read", "payments.refund"]
MIXED: list[tuple[str, dict[str, Any]]] = [
    ("refund_1", {"tools": REFUND}),
    ("report_1", {"tools": ["warehouse.query"]}),
    ("refund_2", {"tools": REFUND}),
    ("search_1", {"tools": ["web.search"]}),
    ("report_2", {"tools": ["warehouse.query"]}),
    ("refund_3", {"tools": REFUND}),
    ("purge_1", {"tools": ["warehouse.purge"]}),
    ("search_2", {"tools": ["web.search"], "runtime": "go"}),
    ("refund_4", {"tools": REFUND}),
    ("report_3", {"tools": ["warehouse.query"], "receipts": NEW_REFERENCE}),
    ("refund_5", {"tools": REFUND, "status": "denied"}),
    ("report_4", {"tools": ["warehouse.query"], "receipts": NEW_REFERENCE}),
    ("refund_6", {"tools": REFUND, "status": "denied"}),
    ("refund_7", {"tools": REFUND, "status": "denied"}),
]
"""In order of time: names with the facts of each run."""


@pytest.fixture
def mixed(frozen_host: FrozenHost) -> FrozenHost:
    for minute, (name, facts) in enumerate(MIXED):
        at = f"2026-02-05T10:{minute:02}:00Z"
        scout_run(frozen_host.cwd, f"d/runpack_{name}.zip", run_id=name, created_at=at, **facts)
    return frozen_host


def signalled(host: FrozenHost) -> SignalAnswer:
    return scout.signal(scout.RunsRequest(runs="d"), host=host)


def families(answer: SignalAnswer) -> dict[str, tuple[str, ...]]:
    assert answer.report is not UNSET
    return {family.family_id: family.run_ids for family in answer.report.families}


def test_the_families_are_those_that_a_person_would_make(mixed: FrozenHost) -> None:
    assert set(families(signalled(mixed)).values()) == {
        ("refund_1", "refund_2", "refund_3", "refund_4"),
        ("refund_5", "refund_6", "refund_7"),
        ("report_1", "report_2"),
        ("report_3", "report_4"),
        ("search_1", "search_2"),
        ("purge_1",),
    }


def test_each_change_is_proven_within_its_workflow_and_nothing_else_is(mixed: FrozenHost) -> None:
    answer = signalled(mixed)
    members = families(answer)
    assert {
        (members[proof.family_id], proof.driver, proof.from_run_id, proof.to_run_id)
        for proof in answer.proven_drivers
    } == {
        (
            ("refund_5", "refund_6", "refund_7"),
            "tool_result_shape_change",
            "refund_4",
            "refund_5",
        ),
        (("report_3", "report_4"), "reference_set_change", "report_2", "report_3"),
    }


@pytest.mark.parametrize(
    ("good", "bad", "same", "changed", "compared"),
    [("refund_1", "refund_7", "refund_4", "refund_5", 7),
     ("report_1", "report_4", "report_2", "report_3", 4)],
)  # fmt: skip
def test_a_bisection_is_not_led_astray_by_other_workflows(
    mixed: FrozenHost, good: str, bad: str, same: str, changed: str, compared: int
) -> None:
    request = scout.RunsRequest(runs="d")
    ends = (f"d/runpack_{good}.zip", f"d/runpack_{bad}.zip")
    answer = scout.bisect(request, good=ends[0], bad=ends[1], host=mixed)
    assert (answer.last_same_run_id, answer.first_changed_run_id) == (same, changed)
    assert (answer.run_count, answer.is_monotone) == (compared, True)
