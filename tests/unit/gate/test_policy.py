"""Loading policies: the normal form, the defaults, and what is no policy."""

from typing import Any

import pytest

from gait_engine.contract.answers.policy import PolicyAnswer, PolicyMigration
from gait_engine.contract.policy import (
    Dataflow,
    Endpoint,
    FailClosed,
    FreezeWindow,
    Match,
    McpTrust,
    Policy,
    RateLimit,
    Rule,
    SandboxRule,
    ToolAnnotations,
    Window,
)
from gait_engine.errors import InvalidInput
from gait_engine.gate.policy import load, parse
from tests.support.hosts import FrozenHost

WINDOWS = "[{start: a, end: b}, {name: n, start: c, end: d}]"


def policy(text: str) -> Policy:
    return parse(text.encode(), "p.yaml")


def rule(text: str) -> Rule:
    """Load a rule r1 that allows, with these members beside."""
    return policy(f"rules:\n- {{name: r1, effect: allow, {text}}}").rules[0]


def refusal(text: str) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        policy(text)
    return caught.value


def rule_refusal(text: str) -> InvalidInput:
    return refusal(f"rules:\n- {{name: r1, effect: allow, {text}}}")


@pytest.mark.parametrize(
    "text", ["", "# nothing\n", "---\n", "{}", "rules:", "rules: []\nscripts:", "schema_id: ''"]
)
def test_an_empty_policy_asks_for_approval_of_everything(text: str) -> None:
    assert policy(text) == Policy()
    assert policy(text).default_verdict == "require_approval"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("default_verdict: ' Block '", "block"),
        ("default_action: Allow", "allow"),
        ("default_action: ALLOW\ndefault_verdict: allow", "allow"),
        ("default_action: ''", "require_approval"),
    ],
)
def test_the_default_verdict_has_two_spellings(text: str, verdict: str) -> None:
    assert policy(text).default_verdict == verdict


@pytest.mark.parametrize(
    "text",
    [
        "default_verdict: deny",
        "default_action: deny",
        "default_verdict: block\ndefault_action: allow",
        "schema_id: gait.gate.intent_request",
        "schema_version: 1.0",
        "schema_version: '1.0'",
        "Rules: []",
        "rules: {}",
        "rules: [a]",
        "rules:\n-",
        "scripts: {max_steps: -1}",
        "fail_closed: {required_fields: [nope]}",
        "fail_closed: {required_high_risk_fields: [nope]}",
    ],
)
def test_what_no_policy_may_say_is_refused(text: str) -> None:
    error = refusal(text)
    assert error.code == "invalid_input"
    assert error.where.startswith("p.yaml:")


def test_rules_stand_by_priority_then_name_and_repeated_names_as_written() -> None:
    rules = policy(
        "rules:\n" + "".join(
            f"- {{name: {name}, effect: {effect}, priority: {priority}}}\n"
            for name, priority, effect in (
                ("é", 1, "allow"), ("b", 1, "allow"), ("Z", 1, "allow"), ("z", -3, "allow"),
                ("b", 1, "block"), ("𝒳", 1, "allow"),
            )
        )
    ).rules  # fmt: skip
    assert [(r.name, r.effect) for r in rules] == [
        ("z", "allow"), ("Z", "allow"), ("b", "allow"), ("b", "block"), ("é", "allow"),
        ("𝒳", "allow"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("- {effect: allow}", "name"),
        ("- {name: ' ', effect: allow}", "name"),
        ("- {name: , effect: allow}", "name"),
        ("- {name: a}", "effect"),
        ("- {name: a, effect: ''}", "effect"),
        ("- {name: a, effect: permit}", "effect"),
        ("- {name: a, action: permit}", "action"),
        ("- {name: a, action: block, effect: allow}", "action"),
        ("- {name: a, effect: allow, efect: block}", "field"),
        ("- {name: a, effect: allow, 1: b}", "key"),
    ],
)
def test_a_rule_needs_a_name_and_one_effect(text: str, field: str) -> None:
    error = refusal(f"rules:\n{text}")
    assert error.message.startswith(f"{field} at rules[0] (p.yaml:2:")
    assert error.code == "invalid_input"


def test_an_action_is_an_effect_by_another_name() -> None:
    found = policy("rules: [{name: a, action: ' Block '}]").rules[0]
    assert (found.effect, found.action) == ("block", " Block ")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("tool_name: ' T1 ', tool_names: [t2]", Match(tool_name=" T1 ", tool_names=("t1", "t2"))),
        (
            "endpoint_class: [fs.Read], endpoint_classes: [fs.write]",
            Match(endpoint_class=("fs.Read",), endpoint_classes=("fs.read", "fs.write")),
        ),
        ("identities: [B, ' a', B]", Match(identities=("B", "a"))),
        ("risk_classes: [High, '']", Match(risk_classes=("high",))),
        ("target_kinds: [nonsense]", Match(target_kinds=("nonsense",))),
        ("max_delegation_depth: 0", Match(max_delegation_depth=0)),
        ("max_delegation_depth: ", Match()),
        (
            "tool_annotations: {readOnlyHint: false, openWorldHint: , idempotentHint: true}",
            Match(tool_annotations=ToolAnnotations(read_only_hint=False, idempotent_hint=True)),
        ),
    ],
)
def test_conditions_take_their_normal_form(text: str, wanted: Match) -> None:
    assert rule(f"match: {{{text}}}").match == wanted


@pytest.mark.parametrize(
    "text",
    [
        "endpoint_class: [zz]",
        "endpoint_classes: [zz]",
        "discovery_method: [static-mcp]",
        "max_delegation_depth: -1",
        "tool_annotations: {readonlyhint: true}",
        "tool_annotations: {readOnlyHint: 'true'}",
        "tool_names: a",
    ],
)
def test_conditions_that_cannot_be_are_refused(text: str) -> None:
    assert "rules[0].match" in rule_refusal(f"match: {{{text}}}").message


@pytest.mark.parametrize(
    ("text", "member", "wanted"),
    [
        ("endpoint: {violation: x, action: zz}", "endpoint", Endpoint(violation="x", action="zz")),
        (
            "endpoint: {path_allowlist: [/b, /a]}",
            "endpoint",
            Endpoint(
                enabled=True, path_allowlist=("/a", "/b"), action="block",
                reason_code="endpoint_constraint_violation",
                violation="endpoint_constraint_violation",
            ),
        ),
        (
            "endpoint: {destructive_action: BLOCK, domain_denylist: [X.com], reason_code: r}",
            "endpoint",
            Endpoint(
                enabled=True, domain_denylist=("x.com",), action="block",
                destructive_action="block", reason_code="r",
                violation="endpoint_constraint_violation",
            ),
        ),
        ("dataflow: {reason_code: x}", "dataflow", Dataflow(reason_code="x")),
        (
            "dataflow: {destination_kinds: [HOST]}",
            "dataflow",
            Dataflow(
                enabled=True, tainted_sources=("external", "tool_output"),
                destination_kinds=("host",), action="require_approval",
                reason_code="dataflow_tainted_destination", violation="tainted_dataflow",
            ),
        ),
        ("rate_limit: {window: zz}", "rate_limit", RateLimit(window="zz")),
        (
            "rate_limit: {requests: 3}",
            "rate_limit",
            RateLimit(requests=3, window="minute", scope="tool_identity"),
        ),
        (
            "destructive_budget: {requests: 1, window: Hour, scope: Tool}",
            "destructive_budget",
            RateLimit(requests=1, window="hour", scope="tool"),
        ),
        ("destructive_budget: {requests: 0, window: ''}", "destructive_budget", RateLimit()),
        ("freeze_window: {}", "freeze_window", FreezeWindow()),
        (
            f"freeze_window: {{timezone: UTC, environments: [Prod], windows: {WINDOWS}}}",
            "freeze_window",
            FreezeWindow(
                enabled=True, timezone="UTC", effect="block", environments=("prod",),
                windows=(
                    Window(name="window-1", start="a", end="b"),
                    Window(name="n", start="c", end="d"),
                ),
            ),
        ),
        ("sandbox: {}", "sandbox", SandboxRule()),
        (
            "sandbox: {max_timeout_seconds: 5}",
            "sandbox",
            SandboxRule(enabled=True, max_timeout_seconds=5),
        ),
        (
            "sandbox: {allowed_writable_path_prefixes: [/var/, //a/../b, ., ' ']}",
            "sandbox",
            SandboxRule(enabled=True, allowed_writable_path_prefixes=("/b", "/var")),
        ),
    ],
)  # fmt: skip
def test_a_block_is_enabled_by_what_it_constrains(text: str, member: str, wanted: Any) -> None:
    assert getattr(rule(text), member) == wanted


@pytest.mark.parametrize(
    "text",
    [
        "endpoint: {enabled: true, action: dry_run}",
        "endpoint: {path_denylist: [/a], destructive_action: allow}",
        "endpoint: {egress_classes: [fs.read]}",
        "dataflow: {enabled: true, action: allow}",
        "rate_limit: {requests: -1}",
        "rate_limit: {requests: 1, window: day}",
        "rate_limit: {requests: 1, scope: team}",
        "destructive_budget: {scope: tool}",
        "destructive_budget: {requests: 1, scope: team}",
        "freeze_window: {enabled: true}",
        "freeze_window: {timezone: UTC}",
        "freeze_window: {reason: x, windows: [{start: a, end: b}]}",
        "freeze_window: {timezone: UTC, windows: [{start: a}]}",
        "freeze_window: {timezone: UTC, windows: [{end: a}]}",
        "freeze_window: {timezone: UTC, windows: [{1: a}]}",
        "freeze_window: {timezone: UTC, effect: allow, windows: [{start: a, end: b}]}",
        "sandbox: {allowed_network_modes: [zz]}",
        "sandbox: {required_read_only_roots: [HOME=/x]}",
        "sandbox: {max_timeout_seconds: -1}",
        "min_approvals: -1",
        "max_credential_ttl_seconds: -1",
        "max_context_age_seconds: -1",
        "required_context_evidence_mode: best_effort",
        "required_agent_manifest_digest: abc",
        "allowed_credential_sources: [zz]",
        "allowed_credential_access_types: [zz]",
        "require_agent_owner: yes",
    ],
)
def test_a_member_that_makes_no_sense_is_refused(text: str) -> None:
    error = rule_refusal(text)
    assert error.code == "invalid_input"
    assert "rules[0]" in error.message


def test_some_conditions_imply_others() -> None:
    found = rule("min_approvals: 2, require_context_evidence: true")
    assert found.require_distinct_approvers
    assert found.required_context_evidence_mode == "required"
    assert not rule("min_approvals: 1").require_distinct_approvers
    assert rule("required_context_evidence_mode: ' Required '").required_context_evidence_mode == (
        "required"
    )


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{enabled: true}", FailClosed(enabled=True, risk_classes=("critical", "high"))),
        ("{enabled: true, risk_classes: [Low]}", FailClosed(enabled=True, risk_classes=("low",))),
        ("{risk_classes: [low]}", FailClosed(risk_classes=("low",))),
    ],
)
def test_fail_closed_covers_the_severe_classes_unless_told(text: str, wanted: FailClosed) -> None:
    assert policy(f"fail_closed: {text}").fail_closed == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{enabled: false, min_score: 0}", McpTrust()),
        ("{min_score: -0.5}", McpTrust(min_score=-0.5)),
        (
            "{snapshot: ' s.json ', max_age: 90m, publisher_allowlist: [B, a]}",
            McpTrust(
                enabled=True, snapshot="s.json", action="block", max_age="1h30m0s",
                required_risk_classes=("critical", "high"), publisher_allowlist=("a", "b"),
            ),
        ),
    ],
)  # fmt: skip
def test_mcp_trust_is_enabled_by_whatever_is_set(text: str, wanted: McpTrust) -> None:
    assert policy(f"mcp_trust: {text}").mcp_trust == wanted


@pytest.mark.parametrize(
    "text",
    [
        *("{enabled: true}", "{action: block}", "{min_score: 0.5}", "{require_registry: true}"),
        *("{snapshot: s, action: allow}", "{snapshot: s, min_score: 1.5}"),
        *("{snapshot: s, min_score: -1}", "{snapshot: s, min_score: .nan}"),
        *(
            "{snapshot: s, max_age: soon}",
            "{snapshot: s, max_age: 0s}",
            "{snapshot: s, max_age: -1h}",
        ),
    ],
)
def test_mcp_trust_that_makes_no_sense_is_refused(text: str) -> None:
    assert "mcp_trust" in refusal(f"mcp_trust: {text}").message


def test_fields_of_an_older_release_come_with_their_replacements() -> None:
    error = refusal("unknown_server: a\n' name ': b\nfoo: c\nversion: 1\n2: x")
    assert (error.code, error.where) == ("invalid_input", "p.yaml:4:1")
    assert isinstance(error.answer, PolicyAnswer)
    migration = error.answer.migration
    assert isinstance(migration, PolicyMigration)
    assert migration.kind == "policy_fields"
    assert migration.deprecated_fields == ("version", "name", "unknown_server")
    assert [row.replacement_fields for row in migration.field_replacements] == [
        ("schema_id", "schema_version"), (), ("mcp_trust.action",),
    ]  # fmt: skip
    assert "version: use schema_id and schema_version" in error.hint
    assert "name: leave it out" in error.hint


def test_a_repeated_key_is_worse_than_an_old_field() -> None:
    assert refusal("version: 1\nversion: 2").answer is None


def test_a_policy_is_loaded_from_the_hosts_working_directory(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "p.yaml").write_bytes(b"default_verdict: block")
    assert load("p.yaml", host=frozen_host).default_verdict == "block"


def test_a_policy_that_is_not_there_is_invalid_input_whatever_its_name(
    frozen_host: FrozenHost,
) -> None:
    with pytest.raises(InvalidInput, match=r"blocked\.yaml") as caught:
        load("blocked.yaml", host=frozen_host)
    assert caught.value.exit_code == 6


def test_merged_and_aliased_rules_are_rules_like_others() -> None:
    rules = policy(
        "rules:\n"
        "- &base\n  name: a\n  effect: allow\n  match: &m {tool_names: [t]}\n"
        "- {name: b, effect: block, match: *m}\n"
        "- {name: c, effect: block, match: {<<: *m, risk_classes: [low]}}\n"
        "- *base\n"
    ).rules
    assert [r.name for r in rules] == ["a", "a", "b", "c"]
    assert rules[3].match == Match(tool_names=("t",), risk_classes=("low",))
