"""Warnings: which rules have no effect, which are too wide, and silence about the rest."""

import pytest

from gait_engine.gate.lint import lint
from gait_engine.gate.policy import parse
from gait_engine.gate.templates import TEMPLATES, Template


def warnings(text: str) -> list[tuple[str, str]]:
    return [(found.code, found.rule) for found in lint(parse(text.encode(), "p.yaml"))]


def about(*rules: str) -> list[tuple[str, str]]:
    return warnings("rules:\n" + "".join(f"- {{{rule}}}\n" for rule in rules))


def test_a_policy_without_rules_is_pointed_out() -> None:
    (found,) = lint(parse(b"", "p.yaml"))
    assert found.code == "policy_empty"
    assert "require_approval" in found.message


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.name)
def test_a_template_has_no_warnings(template: Template) -> None:
    assert warnings(template.text) == []


WIDE = "name: wide, effect: block, priority: 1, match: "
NARROW = "name: narrow, effect: allow, priority: 2, match: "


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("{risk_classes: [low]}", "{risk_classes: [low]}"),
        ("{}", "{tool_names: [a], risk_classes: [low]}"),
        ("{tool_names: [a, b]}", "{tool_names: [b], risk_classes: [low]}"),
        ("{workspace_prefixes: [/w]}", "{workspace_prefixes: [/w/a, /wicked]}"),
        ("{require_delegation: true}", "{delegation_scopes: [read]}"),
        ("{max_delegation_depth: 2}", "{max_delegation_depth: 2, require_delegation: true}"),
        (
            "{tool_annotations: {readOnlyHint: true}}",
            "{tool_annotations: {readOnlyHint: true, openWorldHint: false}}",
        ),
    ],
)
def test_a_rule_behind_a_wider_one_is_unreachable(wide: str, narrow: str) -> None:
    assert about(WIDE + wide, NARROW + narrow) == [("rule_unreachable", "narrow")]


@pytest.mark.parametrize(
    ("wide", "narrow"),
    [
        ("{risk_classes: [low]}", "{}"),
        ("{tool_names: [a]}", "{tool_names: [a, b]}"),
        ("{tool_names: [a], risk_classes: [low]}", "{tool_names: [a]}"),
        ("{workspace_prefixes: [/w/a]}", "{workspace_prefixes: [/w]}"),
        ("{workspace_prefixes: [/w/a]}", "{risk_classes: [low]}"),
        ("{require_delegation: true}", "{risk_classes: [low]}"),
        ("{max_delegation_depth: 1}", "{max_delegation_depth: 2}"),
        ("{max_delegation_depth: 1}", "{require_delegation: true}"),
        ("{tool_annotations: {readOnlyHint: true}}", "{tool_annotations: {readOnlyHint: false}}"),
    ],
)
def test_a_rule_that_some_call_still_reaches_is_not(wide: str, narrow: str) -> None:
    narrow = narrow.replace("{}", "{target_values: [x]}")
    assert about(WIDE + wide, NARROW + narrow) == []


def test_rules_of_one_priority_do_not_hide_each_other() -> None:
    same = "effect: block, priority: 1, match: {risk_classes: [low]}"
    assert about(f"name: a, {same}", f"name: b, {same}") == []


def test_the_search_for_unreachable_rules_ends() -> None:
    rules = [
        f"name: r{n}, effect: block, priority: {n}, match:"
        f" {{risk_classes: [high], workspace_prefixes: [/w{n}/]}}"
        for n in range(700)
    ]
    last = rules[1].replace("r1", "last").replace("priority: 1", "priority: 701")
    assert about(*rules[:5], last) == [("rule_unreachable", "last")]
    assert about(*rules, last) == [("reach_not_searched", "")]


@pytest.mark.parametrize(
    "match",
    [
        "{target_kinds: [nonsense]}",
        "{destination_kinds: [nonsense, more]}",
        "{provenance_sources: [nobody]}",
        "{workspace_prefixes: ['C:\\work']}",
        "{max_delegation_depth: 0, allowed_delegator_identities: [a]}",
    ],
)
def test_a_condition_that_no_intent_can_meet_is_pointed_out(match: str) -> None:
    assert about(f"name: r, effect: block, match: {match}") == [("rule_never_matches", "r")]


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("effect: block, match: {tool_names: ['db.*']}", "wildcard_is_literal"),
        ("effect: block, match: {delegation_scopes: ['*']}", "wildcard_is_literal"),
        ("effect: block, broker_scopes: ['repo:*']", "broker_scope_wildcard"),
        ("effect: block, endpoint: {path_allowlist: [/**]}", "allowlist_open"),
        ("effect: block, endpoint: {domain_allowlist: ['*']}", "allowlist_open"),
        ("effect: allow", "allow_everything"),
        ("effect: allow, match: {tool_names: [fs.delete]}", "allow_destructive_unconstrained"),
        (
            "effect: allow, match: {endpoint_classes: [proc.exec]}",
            "allow_destructive_unconstrained",
        ),
    ],
)
def test_a_rule_that_is_too_wide_is_pointed_out(rule: str, code: str) -> None:
    assert about(f"name: r, {rule}") == [(code, "r")]


@pytest.mark.parametrize(
    "more",
    [
        "endpoint: {path_allowlist: [/srv/**]}",
        "sandbox: {enabled: true}",
        "destructive_budget: {requests: 1}",
        "require_jit_credential: true",
        "allowed_agent_ids: [a]",
    ],
)
def test_a_constraint_makes_a_destructive_tool_acceptable(more: str) -> None:
    assert about(f"name: r, effect: allow, match: {{tool_names: [fs.rm]}}, {more}") == []


@pytest.mark.parametrize(
    "match",
    [
        "{tool_names: [fs.rm], identities: [a]}",
        "{tool_names: [fs.rm], require_delegation: true}",
        "{tool_names: [fs.rm], max_delegation_depth: 1}",
        "{tool_names: [charm.read]}",
    ],
)
def test_a_narrow_rule_about_a_destructive_tool_is_acceptable(match: str) -> None:
    assert about(f"name: r, effect: allow, match: {match}") == []


def test_rules_of_one_name_are_pointed_out_once() -> None:
    rule = "name: a, effect: block, match: {risk_classes: [low]}"
    assert about(rule, rule, "name: b, effect: block") == [("rule_name_repeated", "a")]
