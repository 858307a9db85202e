from typing import Any

import pytest

from gait_engine.contract.answers.review import ReviewRow
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.match import PREDICATES
from gait_engine.gate.prepare import prepared
from gait_engine.gate.review.fields import leaves
from gait_engine.gate.review.rows import _FIELDS, count_rows, deciding_calls, review_rows
from tests.support.judging import AT_NOON, intent_of, policy_of

PATH = {"kind": "path", "value": "/a", "operation": "read"}
HOST = {"kind": "host", "value": "example.com"}
LINKS = [{"delegator_identity": "lead", "delegate_identity": "mid", "scope_class": "write"}]
DELEGATION = {"requester_identity": "mid", "chain": LINKS}
SKILL = {"skill_name": "s", "source": "registry", "publisher": "ACME"}


def rows_of(
    match: dict[str, Any], *targets: dict[str, Any], before: Any = None, **fields: Any
) -> dict[str, ReviewRow]:
    rule = fields.pop("rule", {})
    policy = policy_of({"name": "r", "effect": "require_approval", "match": match, **rule})
    intent = prepared(intent_of(*targets, **fields))
    answer = explain(policy, intent, AT_NOON)
    rows = review_rows(
        leaves(intent), deciding_calls(answer), None if before is None else leaves(before)
    )
    return {row.field: row for row in rows}


def states(rows: dict[str, ReviewRow]) -> dict[str, str]:
    return {name: row.state for name, row in rows.items() if row.state != "not_constrained"}


def test_every_condition_is_shown_at_a_field() -> None:
    assert _FIELDS.keys() == PREDICATES.keys()


def test_every_field_of_the_intent_has_a_row_in_the_order_of_a_reader() -> None:
    rows = rows_of(
        {},
        PATH,
        args={"b": {"c": [1, "x"], "d": {}, "odd key": None}, "a": []},
        skill_provenance=SKILL,
        arg_provenance=[{"arg_path": "$.b", "source": "user"}],
    )
    assert {row.field: row.value for row in rows.values()} == {
        "tool_name": "db.query",
        "args.a": "[]",
        "args.b.c[0]": "1",
        "args.b.c[1]": '"x"',
        "args.b.d": "{}",
        'args.b["odd key"]': "null",
        "targets[0].kind": "path",
        "targets[0].value": "/a",
        "targets[0].operation": "read",
        "targets[0].endpoint_class": "fs.read",
        "targets[0].discovery_method": "unknown",
        "context.identity": "agent-7",
        "context.workspace": "/srv/app",
        "context.risk_class": "medium",
        "context.phase": "apply",
        "skill_provenance.skill_name": "s",
        "skill_provenance.source": "registry",
        "skill_provenance.publisher": "ACME",
        "arg_provenance[0].arg_path": "$.b",
        "arg_provenance[0].source": "user",
        "destructive": "passed",
    }
    assert [row.group for row in rows.values()] == sorted(
        (row.group for row in rows.values()),
        key=["what", "target", "who", "source", "check"].index,
    )


def test_no_key_can_pass_for_a_field() -> None:
    rows = rows_of({}, args={'x"].y': 1, "tool.name": 2})
    assert {'args["x\\"].y"]', 'args["tool.name"]'} <= rows.keys()


@pytest.mark.parametrize(
    ("match", "fields", "constrained"),
    [
        ({"tool_names": ["db.query"]}, {}, {"tool_name": "met"}),
        ({"risk_classes": ["low", "medium"]}, {}, {"context.risk_class": "met"}),
        ({"identities": ["agent-7"]}, {}, {"context.identity": "met"}),
        ({"workspace_prefixes": ["/srv"]}, {}, {"context.workspace": "met"}),
        ({"skill_publishers": ["acme"]}, {"skill_provenance": SKILL},
         {"skill_provenance.publisher": "met"}),
        ({"skill_sources": ["registry"]}, {"skill_provenance": SKILL},
         {"skill_provenance.source": "met"}),
        ({"require_delegation": True}, {"delegation": DELEGATION}, {"delegation": "met"}),
        ({"max_delegation_depth": 3}, {"delegation": DELEGATION}, {"delegation.chain": "met"}),
        ({"allowed_delegator_identities": ["lead"]}, {"delegation": DELEGATION},
         {"delegation.chain[0].delegator_identity": "met"}),
        ({"allowed_delegate_identities": ["mid"]}, {"delegation": DELEGATION},
         {"delegation.requester_identity": "met", "delegation.chain[0].delegate_identity": "met"}),
        ({"delegation_scopes": ["write"]}, {"delegation": DELEGATION},
         {"delegation.chain[0].scope_class": "met"}),
        ({"context_tool_names": ["db"]}, {"context": {"auth_context": {"wrkr.tool_name": " DB"}}},
         {'context.auth_context["wrkr.tool_name"]': "met"}),
    ],
)  # fmt: skip
def test_what_a_rule_asks_stands_at_the_field_it_asks_it_of(
    match: dict[str, Any], fields: dict[str, Any], constrained: dict[str, str]
) -> None:
    assert states(rows_of(match, **fields)) == {**constrained, "destructive": "met"}


def test_a_list_that_one_target_meets_is_not_met_by_the_other() -> None:
    rows = rows_of({"target_kinds": ["host"], "destination_kinds": ["host"]}, PATH, HOST)
    kinds = {rows[f"targets[{n}].kind"].value: rows[f"targets[{n}].kind"] for n in (0, 1)}
    assert (kinds["host"].state, kinds["path"].state) == ("met", "not_met")
    assert [ask.condition for ask in kinds["host"].asks] == ["target_kinds", "destination_kinds"]
    assert kinds["host"].asks[0].wanted == ("host",)


def test_a_condition_that_an_absent_field_meets_has_a_row_of_its_own() -> None:
    rows = rows_of({"tool_annotations": {"readOnlyHint": False}}, PATH)
    row = rows["targets[].read_only_hint"]
    assert (row.group, row.value, row.state) == ("target", "false", "met")


def test_a_hint_that_is_there_is_judged_at_its_target() -> None:
    rows = rows_of({"tool_annotations": {"readOnlyHint": True}}, {**PATH, "read_only_hint": True})
    assert rows["targets[0].read_only_hint"].state == "met"
    assert "targets[].read_only_hint" not in rows


def test_a_check_after_the_match_says_what_it_demands() -> None:
    rule = {"endpoint": {"path_allowlist": ["/b/**"], "action": "require_approval"}}
    row = rows_of({}, PATH, rule=rule)["endpoint"]
    assert (row.group, row.state) == ("check", "not_met")
    assert row.value.startswith("require_approval: endpoint_")
    assert [(ask.condition, ask.met) for ask in row.asks] == [("path_allowlist", False)]


def test_steps_of_a_script_are_held_against_their_own_rules() -> None:
    steps = [{"tool_name": "a", "args": {}}, {"tool_name": "b", "args": {}}]
    policy = policy_of(
        {"name": "ra", "effect": "require_approval", "match": {"tool_names": ["a"]}},
        {"name": "rb", "match": {"tool_names": ["b"], "require_delegation": False,
                                 "risk_classes": ["medium"], "tool_annotations": {}}},
        scripts={"max_steps": 1},
    )  # fmt: skip
    intent = prepared(intent_of(script={"steps": steps}))
    rows = review_rows(leaves(intent), deciding_calls(explain(policy, intent, AT_NOON)), None)
    asked = {row.field: [ask.rule for ask in row.asks] for row in rows if row.asks}
    assert asked == {
        "script.steps[0].tool_name": ["ra"],
        "script.steps[1].tool_name": ["rb"],
        "context.risk_class": ["rb"],
        "step 0 destructive": ["ra"],
        "step 1 destructive": ["rb"],
        "max_steps": ["scripts"],
    }


def test_what_no_field_of_a_step_has_is_shown_for_that_step() -> None:
    match = {"tool_annotations": {"openWorldHint": False}}
    steps = [{"tool_name": "a", "args": {}, "targets": [PATH]}]
    rows = rows_of(match, script={"steps": steps})
    assert rows["script.steps[0].targets[].open_world_hint"].state == "met"


def test_what_is_not_as_it_was_last_time_says_what_it_was() -> None:
    before = prepared(intent_of(PATH, args={"a": 1, "gone": 2, "same": 3}))
    rows = rows_of({}, PATH, args={"a": 2, "new": 1, "same": 3}, before=before)
    assert {
        name: (row.change, row.previous)
        for name, row in rows.items()
        if row.change != "same" and row.group == "what"
    } == {
        "args.a": ("changed", "1"),
        "args.new": ("new", ""),
        "args.gone": ("removed", "2"),
    }
    assert count_rows(rows.values()).changed == 3


def test_without_an_earlier_intent_nothing_is_called_a_change() -> None:
    rows = rows_of({}, args={"a": 1})
    assert {row.change for row in rows.values()} == {""}
    assert count_rows(rows.values()).changed == 0


def test_a_value_is_secret_by_any_key_above_it_and_its_look_but_only_in_free_text() -> None:
    raw = "abcdefgh12345678"
    args = {"password": {"x": raw, "n": 1}, "token_id": raw, "api_key": [raw, "rm -rf / && x"]}
    rows = rows_of({}, args=args, context={"credential_subject": raw})
    assert [name for name, row in rows.items() if row.is_secret] == [
        *("args.api_key[0]", "args.password.x")
    ]
    assert rows["args.password.x"].value == f'"{raw}"'


def test_rows_are_counted_by_state() -> None:
    counts = count_rows(rows_of({"target_kinds": ["host"]}, PATH, HOST).values())
    assert (counts.met, counts.not_met) == (2, 1)
    assert counts.not_constrained > 5


def test_arguments_nested_deep_are_walked_to_their_end() -> None:
    args: Any = []
    for _ in range(300):
        args = [args]
    (row,) = [row for row in rows_of({}, args={"a": args}).values() if row.field.startswith("args")]
    assert (row.field, row.value) == ("args.a" + "[0]" * 300, "[]")
