from typing import Any

import msgspec
import pytest

from gait_engine.gate.broker.request import listed, presented, request_digest
from gait_engine.wire.digest import value_digest
from gait_engine.wire.jsonwrite import compact
from tests.support.brokers import asked

NO_TARGETS = "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"


def test_a_request_is_digested_under_the_names_that_the_peer_gives_its_members() -> None:
    context = {"session_id": "s1", "request_id": "q1", "run_id": "r1", "job_id": "j1"}
    spelled = {
        "ToolName": "db.query",
        "Identity": "agent-7",
        "Workspace": "/srv/app",
        "SessionID": "s1",
        "RequestID": "q1",
        "RunID": "r1",
        "JobID": "j1",
        "Reference": "egress",
        "Scope": ["read", "write"],
        "TargetBinding": NO_TARGETS,
    }
    request = asked(context=context)
    assert request_digest(request) == value_digest(spelled)
    assert list(msgspec.json.decode(compact(request))) == list(spelled)


def test_the_digest_is_the_one_that_the_peer_prints() -> None:
    expected = "0942a6c325e21523424544986f50992dd7bb513bcd84f49466c8d4f8c8cd81ea"
    assert request_digest(asked()) == expected


def test_members_without_value_are_in_the_request_too() -> None:
    request = asked({"broker_reference": "", "broker_scopes": []})
    assert b'"JobID":"","Reference":"","Scope":[],' in compact(request)


@pytest.mark.parametrize(
    ("options", "reference", "scope"),
    [
        ({}, "egress", ("read", "write")),
        ({"reference": " other "}, "other", ("read", "write")),
        ({"reference": " \t"}, "egress", ("read", "write")),
        ({"scopes": "admin, write"}, "egress", ("admin", "read", "write")),
        ({"scopes": " ,,Admin,"}, "egress", ("Admin", "read", "write")),
    ],
)
def test_the_operator_adds_scopes_and_may_name_another_reference(
    options: dict[str, Any], reference: str, scope: tuple[str, ...]
) -> None:
    request = asked(**options)
    assert (request.reference, request.scope) == (reference, scope)


def test_brokers_see_scopes_in_lower_case_in_the_order_they_had_each_once() -> None:
    request = asked({"broker_scopes": ["a"]}, scopes="Zeta,A,B")
    assert request.scope == ("A", "B", "Zeta", "a")
    assert presented(request).scope == ("a", "b", "zeta")
    assert request_digest(request) == request_digest(presented(request))


def test_a_list_keeps_its_order_and_drops_what_is_blank() -> None:
    assert listed(" b,a , ,a") == ("b", "a", "a")
