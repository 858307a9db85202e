"""Every condition a rule can set: it holds, it fails, and it says what it wanted and found."""

from typing import Any

import pytest

from gait_engine.contract.policy import Match
from gait_engine.gate.match import PREDICATES
from tests.support.judging import intent_of, matches, rule_of, unmet

FILE = {
    "kind": "path", "value": "/srv/A.txt", "operation": "read", "sensitivity": "PII",
    "discovery_method": "static-mcp", "read_only_hint": True,
}  # fmt: skip
SITE = {"kind": "url", "value": "https://x.test/", "operation": "post", "destructive_hint": True}
DELEGATED = {
    "requester_identity": "c",
    "scope_class": "write",
    "chain": [
        {"delegator_identity": "a", "delegate_identity": "b", "scope_class": "read"},
        {"delegator_identity": "b", "delegate_identity": "c"},
    ],
}
FULL: dict[str, Any] = {
    "tool_name": "Db.Query",
    "targets": [FILE, SITE],
    "context": {
        "identity": "Alice",
        "workspace": "/srv/App",
        "risk_class": "HIGH",
        "auth_context": {
            "wrkr.tool_name": " Db ",
            "wrkr.data_class": "PII",
            "wrkr.endpoint_class": "x",
            "wrkr.autonomy_level": "full",
        },
    },
    "arg_provenance": [{"arg_path": "$.a", "source": "external"}],
    "skill_provenance": {"skill_name": "s", "source": "Git", "publisher": "ACME"},
    "delegation": DELEGATED,
}
INTENT = intent_of(*FULL["targets"], **{k: v for k, v in FULL.items() if k != "targets"})
BARE = intent_of()

CONDITIONS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("tool_names", {"tool_name": "DB.query"}, {"tool_names": ["db"]}),
    ("risk_classes", {"risk_classes": ["low", "High"]}, {"risk_classes": ["low"]}),
    ("identities", {"identities": ["Alice"]}, {"identities": ["alice"]}),
    ("workspace_prefixes", {"workspace_prefixes": ["/srv/A"]}, {"workspace_prefixes": ["/srv/a"]}),
    ("target_kinds", {"target_kinds": ["url"]}, {"target_kinds": ["host"]}),
    ("target_values", {"target_values": ["/srv/A.txt"]}, {"target_values": ["/srv/a.txt"]}),
    ("endpoint_classes", {"endpoint_class": ["net.http"]}, {"endpoint_classes": ["fs.write"]}),
    ("discovery_method", {"discovery_method": ["static_mcp"]}, {"discovery_method": ["mcp"]}),
    ("data_classes", {"data_classes": ["pii"]}, {"data_classes": ["secret"]}),
    ("destination_kinds", {"destination_kinds": ["url"]}, {"destination_kinds": ["host"]}),
    ("destination_values", {"destination_values": ["https://x.test/"]},
     {"destination_values": ["https://x.test"]}),
    ("destination_operations", {"destination_operations": ["post"]},
     {"destination_operations": ["put"]}),
    ("tool_annotations.readOnlyHint", {"tool_annotations": {"readOnlyHint": True}}, {}),
    ("tool_annotations.destructiveHint", {"tool_annotations": {"destructiveHint": False}}, {}),
    ("tool_annotations.idempotentHint", {"tool_annotations": {"idempotentHint": False}},
     {"tool_annotations": {"idempotentHint": True}}),
    ("tool_annotations.openWorldHint", {"tool_annotations": {"openWorldHint": False}},
     {"tool_annotations": {"openWorldHint": True}}),
    ("skill_publishers", {"skill_publishers": ["Acme"]}, {"skill_publishers": ["other"]}),
    ("skill_sources", {"skill_sources": ["git"]}, {"skill_sources": ["registry"]}),
    ("provenance_sources", {"provenance_sources": ["external"]},
     {"provenance_sources": ["user"]}),
    ("context_tool_names", {"context_tool_names": ["db"]}, {"context_tool_names": ["x"]}),
    ("context_data_classes", {"context_data_classes": ["pii"]}, {"context_data_classes": ["x"]}),
    ("context_endpoint_classes", {"context_endpoint_classes": ["x"]},
     {"context_endpoint_classes": ["y"]}),
    ("context_autonomy_levels", {"context_autonomy_levels": ["full"]},
     {"context_autonomy_levels": ["none"]}),
    ("require_delegation", {"require_delegation": True}, {}),
    ("allowed_delegator_identities", {"allowed_delegator_identities": ["b"]},
     {"allowed_delegator_identities": ["c"]}),
    ("allowed_delegate_identities", {"allowed_delegate_identities": ["c"]},
     {"allowed_delegate_identities": ["a"]}),
    ("delegation_scopes", {"delegation_scopes": ["read"]}, {"delegation_scopes": ["admin"]}),
    ("max_delegation_depth", {"max_delegation_depth": 2}, {"max_delegation_depth": 1}),
]  # fmt: skip
NEED_NO_MORE_THAN_A_CALL = {"tool_names", "risk_classes", "identities", "workspace_prefixes"}


def match_of(written: dict[str, Any]) -> Match:
    return rule_of(match=written).match


def test_every_condition_is_tried_here() -> None:
    assert {name for name, _, _ in CONDITIONS} == set(PREDICATES)


@pytest.mark.parametrize(("name", "hit"), [row[:2] for row in CONDITIONS])
def test_a_condition_holds(name: str, hit: dict[str, Any]) -> None:
    match = match_of(hit)
    assert matches(match, INTENT)
    assert unmet(match, INTENT) == ()
    assert PREDICATES[name].wanted(match) != ()


@pytest.mark.parametrize(("name", "miss"), [(row[0], row[2]) for row in CONDITIONS if row[2]])
def test_a_condition_that_fails_is_named(name: str, miss: dict[str, Any]) -> None:
    match = match_of(miss)
    assert not matches(match, INTENT)
    assert unmet(match, INTENT) == (name,)


@pytest.mark.parametrize(
    ("name", "hit"), [row[:2] for row in CONDITIONS if row[0] not in NEED_NO_MORE_THAN_A_CALL]
)
def test_a_condition_about_what_an_intent_does_not_have_fails(
    name: str, hit: dict[str, Any]
) -> None:
    assert unmet(match_of(hit), BARE) == (name,)


def test_a_rule_without_conditions_is_about_every_call() -> None:
    assert matches(Match(), BARE)
    assert matches(Match(), INTENT)


def test_all_conditions_must_hold() -> None:
    match = match_of({"tool_name": "db.query", "identities": ["bob"], "risk_classes": ["low"]})
    assert unmet(match, INTENT) == ("risk_classes", "identities")


def test_each_condition_may_hold_by_another_target() -> None:
    assert matches(match_of({"target_kinds": ["path"], "destination_operations": ["post"]}), INTENT)


def test_hints_may_hold_by_other_targets() -> None:
    hints = {"readOnlyHint": True, "destructiveHint": True}
    assert matches(match_of({"tool_annotations": hints}), INTENT)


def test_a_workspace_prefix_is_plain_text_not_a_folder() -> None:
    match = match_of({"workspace_prefixes": ["/w"]})
    assert matches(match, intent_of(context={"workspace": "/wicked"}))


def test_no_chain_is_a_depth_of_zero_and_its_requester_a_delegate() -> None:
    intent = intent_of(delegation={"requester_identity": "c"})
    assert matches(match_of({"max_delegation_depth": 0}), intent)
    assert matches(match_of({"allowed_delegate_identities": ["c"]}), intent)
    assert not matches(match_of({"allowed_delegator_identities": ["c"]}), intent)
    assert not matches(match_of({"delegation_scopes": ["read"]}), intent)


@pytest.mark.parametrize("value", [1, True, None, ["pii"], {"a": "pii"}])
def test_what_an_inventory_would_say_counts_as_text_only(value: object) -> None:
    intent = intent_of(context={"auth_context": {"wrkr.data_class": value, "other": "x"}})
    assert not matches(match_of({"context_data_classes": ["pii", "1", "true"]}), intent)


def test_a_predicate_says_what_it_wanted_and_what_it_found() -> None:
    match = match_of({"target_kinds": ["host", "bucket"]})
    assert PREDICATES["target_kinds"].wanted(match) == ("bucket", "host")
    assert PREDICATES["target_kinds"].found(INTENT) == ("path", "url")
    assert PREDICATES["max_delegation_depth"].found(INTENT) == ("2",)
