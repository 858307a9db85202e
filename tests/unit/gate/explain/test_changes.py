"""What would change a verdict: each change is tried, and only what changes it is told."""

import json
from typing import Any, Final

import msgspec
import pytest

from gait_engine.contract.answers.policyexplain import Change
from gait_engine.contract.intent import InventoryItem
from gait_engine.contract.policy import Match, Policy, Rule
from gait_engine.gate.explain.case import Case
from gait_engine.gate.explain.changes import Changes, what_would_change
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.intent import normalise, parse_intent
from gait_engine.gate.prepare import prepared
from tests.support.judging import AT_NOON, CONTEXT, policy_of

READ: Final = {"kind": "path", "value": "/etc/x", "operation": "read"}
DELETE: Final = {"kind": "path", "value": "/srv/x", "operation": "delete"}


def tried(policy: Policy, *targets: dict[str, Any], **fields: Any) -> Changes:
    """Explain an intent and look for changes."""
    around = AT_NOON._replace(**fields.pop("around", {}))
    context = CONTEXT | fields.pop("context", {})
    plain = {"tool_name": "db.query", "targets": targets, **fields, "context": context}
    request = parse_intent(json.dumps(plain).encode(), "intent")
    answer = explain(policy, prepared(normalise(request)), around)
    return what_would_change(Case(policy, request, around), answer)


def changes(policy: Policy, *targets: dict[str, Any], **fields: Any) -> dict[str, str]:
    """Return the verdicts by the words that lead to them."""
    return {c.change: c.verdict for c in tried(policy, *targets, **fields).found}


def near(match: dict[str, Any], *targets: dict[str, Any], **fields: Any) -> list[Change]:
    """Return the changes of the intent by which a rule that allows would match."""
    found = tried(policy_of({"match": match}), *targets, **fields).found
    return [change for change in found if change.kind == "intent"]


def test_a_rule_one_condition_short_says_which_values_would_do() -> None:
    (change,) = near({"tool_names": ["db.list", "db.read"], "risk_classes": ["medium"]})
    assert change == Change(
        kind="intent",
        change="tool_name were db.list or db.read",
        where="$.tool_name",
        values=("db.list", "db.read"),
        rule="r1",
        verdict="allow",
        matched_rule="r1",
    )


@pytest.mark.parametrize(
    ("match", "where", "value"),
    [
        ({"risk_classes": ["low"]}, "$.context.risk_class", "low"),
        ({"identities": ["bob"]}, "$.context.identity", "bob"),
        ({"workspace_prefixes": ["/other"]}, "$.context.workspace", "/other"),
        ({"target_kinds": ["repo"]}, "$.targets[0].kind", "repo"),
        ({"target_values": ["/y"]}, "$.targets[0].value", "/y"),
        ({"data_classes": ["pii"]}, "$.targets[0].sensitivity", "pii"),
        ({"discovery_method": ["mcp"]}, "$.targets[0].discovery_method", "mcp"),
        ({"destination_kinds": ["repo"]}, "$.targets[0].kind", "repo"),
        ({"destination_values": ["/y"]}, "$.targets[0].value", "/y"),
        ({"destination_operations": ["list"]}, "$.targets[0].operation", "list"),
        (
            {"tool_annotations": {"readOnlyHint": True}},
            "$.targets[0].read_only_hint",
            "true",
        ),
        (
            {"tool_annotations": {"idempotentHint": True}},
            "$.targets[0].idempotent_hint",
            "true",
        ),
        (
            {"tool_annotations": {"openWorldHint": True}},
            "$.targets[0].open_world_hint",
            "true",
        ),
        ({"provenance_sources": ["user"]}, "$.arg_provenance[].source", "user"),
        (
            {"context_data_classes": ["pii"]},
            "$.context.auth_context.wrkr.data_class",
            "pii",
        ),
    ],
)
def test_an_intent_can_be_made_to_meet_a_condition(
    match: dict[str, Any], where: str, value: str
) -> None:
    (change,) = near(match, READ)
    assert (change.where, change.values, change.verdict) == (where, (value,), "allow")


@pytest.mark.parametrize(
    "match",
    [
        {"target_kinds": ["path"]},
        {"skill_publishers": ["acme"]},
        {"delegation_scopes": ["read"]},
        {"require_delegation": True},
    ],
)
def test_what_a_single_change_cannot_meet_is_not_suggested(match: dict[str, Any]) -> None:
    assert near(match) == []


def test_a_skill_and_a_delegation_that_are_there_can_be_changed() -> None:
    skill = {"skill_name": "s", "publisher": "x", "source": "git"}
    (change,) = near({"skill_publishers": ["acme"]}, skill_provenance=skill)
    assert (change.where, change.values) == ("$.skill_provenance.publisher", ("acme",))
    (change,) = near({"delegation_scopes": ["w"]}, delegation={"requester_identity": "x"})
    assert (change.where, change.values) == ("$.delegation.scope_class", ("w",))


def test_a_class_is_changed_where_it_is_declared_and_not_where_it_follows() -> None:
    match = {"endpoint_classes": ["ui.click"]}
    assert near(match, READ) == []
    (change,) = near(match, READ | {"endpoint_class": "fs.read"})
    assert change.where == "$.targets[0].endpoint_class"


def test_what_follows_from_a_change_is_part_of_it() -> None:
    """Another operation is another class, and a destructive one needs approval."""
    (change,) = near({"destination_operations": ["delete"]}, READ)
    assert change.verdict == "require_approval"


def test_a_rule_that_wants_what_no_intent_may_say_is_not_suggested() -> None:
    assert near({"target_kinds": ["nonsense"]}, READ) == []


def test_rules_beyond_the_priority_that_decides_are_not_tried() -> None:
    rules = (
        {"effect": "block"},
        {"priority": 1, "match": {"tool_names": ["other"]}},
        {"name": "z", "effect": "allow", "priority": 1},
    )
    found = tried(policy_of(*rules))
    assert [change.change for change in found.found] == ['rule "r1" were not there']
    assert found.tried == 2  # the other phase is the second


def test_the_rules_that_lack_least_come_first() -> None:
    wide = {"match": {"tool_names": ["a"]}, "effect": "dry_run"}
    close = {"match": {"tool_names": ["b"], "risk_classes": ["medium"]}}
    assert list(changes(policy_of(wide, close))) == ["tool_name were b", "tool_name were a"]


def test_what_two_rules_suggest_is_told_once() -> None:
    rules = [{"name": n, "match": {"tool_names": ["a"]}} for n in ("r", "s")]
    (change,) = tried(policy_of(*rules)).found
    assert (change.values, change.matched_rule) == (("a",), "r,s")


def test_the_other_phase_is_tried() -> None:
    assert changes(policy_of({}), DELETE) == {
        "phase were plan": "dry_run",
        'rule "r1" were not there': "block",
    }
    plan = {"phase": "plan"}
    assert changes(policy_of({}), DELETE, context=plan)["phase were apply"] == "require_approval"


def test_the_end_of_a_freeze_is_tried() -> None:
    window = {"start": "2026-02-05T12:00:00", "end": "2026-02-05T13:00:00", "name": "w"}
    policy = policy_of({"freeze_window": {"timezone": "UTC", "windows": [window]}})
    found = changes(policy)
    assert found["it were evaluated when the freeze w ends, 2026-02-05T13:00:00Z"] == "allow"
    assert found['rule "r1" had no freeze_window check'] == "allow"


def test_context_evidence_is_tried() -> None:
    words = "a context envelope proved the context, required and fresh"
    rule = {"require_context_evidence": True, "max_context_age_seconds": 1}
    found = changes(policy_of(rule))
    assert found == {words: "allow", 'rule "r1" had no context_evidence check': "allow"}
    closed = {"enabled": True, "risk_classes": ["medium"], "required_fields": ["context_evidence"]}
    found = changes(policy_of({}, fail_closed=closed))
    assert found == {words: "allow", "fail_closed were not enabled": "allow"}


def test_missing_facts_are_given_where_words_can_give_them() -> None:
    fields = ["agent_id", "agent_identity", "credential_ttl_seconds", "credential_source"]
    closed = {"enabled": True, "risk_classes": ["medium"], "required_high_risk_fields": fields}
    found = changes(policy_of({}, fail_closed=closed))
    assert found == {
        f"the context gave {', '.join(sorted(fields))}": "allow",
        "fail_closed were not enabled": "allow",
    }
    closed["required_fields"] = ["targets"]
    assert list(changes(policy_of({}, fail_closed=closed))) == ["fail_closed were not enabled"]


def test_an_agent_and_a_credential_that_the_rule_names_are_tried() -> None:
    assert "context.agent_id were a or b" in changes(policy_of({"allowed_agent_ids": ["a", "b"]}))
    context = {
        "credential_ref": "ref:x",
        "credential_source": "env",
        "credential_access_type": "standing",
        "credential_ttl_seconds": 601,
    }
    found = changes(policy_of({"require_jit_credential": True}), context=context)
    assert found["context.credential_access_type were jit"] == "allow"
    found = changes(policy_of({"max_credential_ttl_seconds": 600}), context=context)
    assert found["context.credential_ttl_seconds were 600"] == "allow"


def test_arguments_from_elsewhere_are_tried_as_the_users() -> None:
    entries = [
        {"arg_path": "$.a", "source": "external"},
        {"arg_path": "$.b", "source": "system"},
    ]
    words = "no argument came from external but from the user"
    rules = ({"effect": "block", "match": {"provenance_sources": ["external"]}}, {"priority": 1})
    assert changes(policy_of(*rules), arg_provenance=entries)[words] == "allow"
    flow = {"tainted_sources": ["external"]}
    url = {"kind": "url", "value": "https://x.test/"}
    assert changes(policy_of({"dataflow": flow}), url, arg_provenance=entries)[words] == "allow"


def test_an_allowlist_is_tried_with_what_it_lacks() -> None:
    found = changes(policy_of({"endpoint": {"path_allowlist": ["/srv/**"]}}), READ)
    assert found == {
        'path_allowlist of rule "r1" held /etc/x': "allow",
        'rule "r1" had no endpoint check': "allow",
    }


def test_a_climbing_path_is_not_helped_by_a_list() -> None:
    climbing = {"kind": "path", "value": "/srv/../etc", "operation": "read"}
    found = changes(policy_of({"endpoint": {"path_allowlist": ["/srv/**"]}}), climbing)
    assert list(found) == ['rule "r1" had no endpoint check']


def test_each_rule_that_decides_is_left_out_and_then_all() -> None:
    rules = (
        {"effect": "block"},
        {"effect": "block"},
        {"name": "s", "effect": "allow", "priority": 1},
    )
    found = changes(policy_of(*rules))
    assert found == {"the 2 rules that decide were not there": "allow"}


def step(tool: str, *targets: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"tool_name": tool, "targets": targets, **fields}


def test_a_step_of_a_script_is_changed_in_its_place() -> None:
    policy = policy_of({"match": {"tool_names": ["t.a"]}})
    script = {"steps": [step("t.a"), step("t.b")]}
    (change,) = tried(policy, script=script).found
    assert (change.where, change.values) == ("$.script.steps[1].tool_name", ("t.a",))
    assert change.change == "script.steps[1].tool_name were t.a"


def test_arguments_of_steps_are_tried_as_the_users() -> None:
    entries = [{"arg_path": "$.a", "source": "external"}]
    rule = {"effect": "block", "match": {"provenance_sources": ["external"]}}
    script = {"steps": [step("t", arg_provenance=entries), step("t", arg_provenance=entries)]}
    found = changes(policy_of(rule, {"priority": 1}), script=script)
    assert found == {
        "no argument came from external but from the user": "allow",
        'rule "r1" were not there': "allow",
    }


@pytest.mark.parametrize(
    ("limit", "value"),
    [("max_steps", 1), ("require_approval_above", 1), ("block_mixed_risk", True)],
)
def test_limits_for_scripts_are_lifted(limit: str, value: int) -> None:
    policy = policy_of({}, {"name": "x", "effect": "dry_run"}, scripts={limit: value})
    write = {"kind": "path", "value": "/srv/x", "operation": "write"}
    script = {"steps": [step("t.a", READ), step("t.b", write)]}
    assert changes(policy, script=script)[f"scripts.{limit} were not set"] == "dry_run"


def test_what_an_inventory_says_wins_over_what_is_suggested() -> None:
    rule = {"match": {"context_data_classes": ["pii"]}}
    inventory = {"db.query": InventoryItem(tool_name="db.query", data_class="public")}
    assert changes(policy_of(rule), around={"inventory": inventory}) == {}


def test_a_list_that_is_cut_says_so() -> None:
    rules = [{"match": {"tool_names": [f"t{n}"]}} for n in range(9)]
    found = tried(policy_of(*rules[:8]))
    assert (len(found.found), found.is_cut) == (8, False)
    found = tried(policy_of(*rules))
    assert (len(found.found), found.is_cut) == (8, True)
    found = tried(policy_of({"match": {"tool_names": ["a", "b", "c", "d"]}}))
    assert (found.found[0].values, found.is_cut) == (("a", "b", "c"), True)


def test_at_most_fifty_changes_are_tried() -> None:
    limits = {"endpoint": {"path_allowlist": ["/srv"]}, "max_context_age_seconds": 1}
    found = tried(policy_of(*[limits for _ in range(30)]), READ)
    assert (found.found, found.tried, found.is_cut) == ((), 50, True)


def test_a_large_policy_is_tried_less_often() -> None:
    policy = policy_of({"effect": "block", "max_context_age_seconds": 1})
    strangers = (Rule(name="z", effect="allow", match=Match(tool_names=("x",))),) * 20_000
    large = msgspec.structs.replace(policy, rules=policy.rules + strangers)
    found = tried(large)
    assert (found.tried, found.is_cut) == (5, True)
