"""`gait policy explain` at the command line: what a person reads, what a script reads."""

import json
from collections.abc import Callable
from typing import Any, Final

import pytest

from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.intents import CONTEXT, intent_text

Gait = Callable[..., Answer]
COMMAND: Final = ("policy", "explain", "--policy", "p.yaml", "--intent", "i.json")
POLICY: Final = """\
default_verdict: require_approval
rules:
  - name: approve-delete
    priority: 10
    effect: require_approval
    match: {tool_names: [tool.delete], risk_classes: [low]}
    min_approvals: 2
    rate_limit: {requests: 3, window: hour}
  - name: read-srv
    priority: 20
    effect: allow
    match: {endpoint_classes: [fs.read]}
    endpoint: {path_allowlist: [/srv/**], path_denylist: [/nope]}
  - name: other-reads
    priority: 30
    effect: allow
    match: {endpoint_classes: [fs.read]}
  - {name: last, priority: 40, effect: allow}
"""
READ: Final = {"kind": "path", "value": "/etc/passwd", "operation": "read"}
DELETE: Final = {"kind": "path", "value": "/srv/x", "operation": "delete"}


@pytest.fixture
def said(frozen_host: FrozenHost, gait: Gait) -> Callable[..., list[str]]:
    """Explain an intent under a policy, the one above unless another is given: the lines."""

    def run(policy: str = POLICY, **members: Any) -> list[str]:
        (frozen_host.cwd / "p.yaml").write_text(policy, encoding="utf-8")
        (frozen_host.cwd / "i.json").write_bytes(intent_text(**members))
        answer = gait(*COMMAND)
        assert answer.stderr == ""
        return answer.stdout.splitlines()

    return run


def section(lines: list[str], title: str) -> list[str]:
    """Return the lines below a title, up to the next blank one."""
    rest = lines[lines.index(title) + 1 :]
    return rest[: rest.index("")] if "" in rest else rest


def test_the_first_lines_say_what_was_decided_and_why(said: Callable[..., list[str]]) -> None:
    lines = said(tool_name="tool.read", targets=[READ])
    assert lines[:18] == [
        'BLOCK  tool.read: rule "read-srv" (priority 20) decides; its effect is allow,',
        "     │ raised by endpoint",
        "",
        "why",
        '  "read-srv"  priority 20, p.yaml:9',
        "    endpoint_classes        wants fs.read, found fs.read",
        "    effect                  allow",
        "    endpoint check          block: endpoint_constraint_violation,",
        "                          │ endpoint_path_not_allowlisted",
        "      path_allowlist        wants /srv/**, found /etc/passwd",
        "    verdict                 block",
        "    reasons                 endpoint_constraint_violation,",
        "                          │ endpoint_path_not_allowlisted, matched_rule_read_srv",
        "    violations              endpoint_constraint_violation,",
        "                          │ endpoint_path_not_allowlisted",
        "",
        "the other rules, in the order of the walk",
        "    10  approve-delete: no match, 1 of 2 hold; tool_names wants tool.delete,",
    ]
    assert section(lines, "the other rules, in the order of the walk")[2:] == [
        "    30  other-reads: matches (allow), but an earlier priority has decided",
        "    40  1 rule not reached: last",
    ]
    assert section(lines, "what would change it") == [
        "    require_approval        if tool_name were tool.delete",
        '    allow                   if path_allowlist of rule "read-srv" held',
        "                          │ /etc/passwd",
        '    allow                   if rule "read-srv" had no endpoint check',
        '    allow                   if rule "read-srv" were not there',
    ]
    assert all(len(line) <= 80 for line in lines)


def test_an_approval_is_said_with_all_it_needs(said: Callable[..., list[str]]) -> None:
    lines = said(tool_name="tool.delete", targets=[DELETE])
    assert lines[0].startswith("REQUIRE_APPROVAL  tool.delete: rule")
    assert section(lines, "what it asks for") == [
        "    approvals               2 of different people",
        "    approval scope          destructive:apply, phase:apply, tool:tool.delete",
        "    may not approve         id",
        "    rate limit              3 per hour, by tool_identity",
    ]
    assert section(lines, "what would change it")[0] == (
        "    allow                   once the approvals above are given to gait gate eval"
    )


def test_a_default_verdict_is_said_to_decide(said: Callable[..., list[str]]) -> None:
    lines = said("default_verdict: block\n")
    assert lines[0] == "BLOCK  tool.x: no rule matches, default_verdict decides"
    assert section(lines, "what would change it") == [
        "    nothing else: tried 1 single change, the verdict stays"
    ]


def test_missing_facts_are_said_before_the_rules(said: Callable[..., list[str]]) -> None:
    closed = "{enabled: true, risk_classes: [low], required_fields: [targets, delegation]}"
    lines = said(f"fail_closed: {closed}\n", targets=[READ])
    assert lines[0] == "BLOCK  tool.x: fail_closed stops it before any rule is asked"
    assert section(lines, "before the rules: fail_closed, for risk class low")[:2] == [
        "    delegation              missing: fail_closed_missing_delegation",
        "    targets                 there",
    ]


RULES: Final = """\
scripts: {max_steps: 2}
rules:
  - {name: a, effect: block, match: {tool_names: [t.a]}}
  - {name: weak, effect: dry_run, match: {tool_names: [t.a]}}
  - {name: rest, effect: allow, priority: 1}
"""


@pytest.mark.parametrize(
    ("tools", "headline"),
    [
        (["t.a"], "BLOCK  script of 1 steps: step 1 decides"),
        (["t.a", "t.a"], "BLOCK  script of 2 steps: steps 1, 2 decide"),
        (["t.b", "t.b", "t.b"], "BLOCK  script of 3 steps: scripts.max_steps decides"),
        (
            ["t.b", "t.b", "t.a"],
            "BLOCK  script of 3 steps: step 3 and scripts.max_steps decide",
        ),
    ],
)
def test_a_script_names_its_steps_from_one(
    said: Callable[..., list[str]], tools: list[str], headline: str
) -> None:
    steps = [{"tool_name": tool} for tool in tools]
    lines = said(RULES, script={"steps": steps})
    assert lines[0] == headline
    if "t.a" in tools:
        number = tools.index("t.a") + 1
        found = section(lines, f'step {number}, t.a: block, rule "a" (priority 0) decides')
        assert found[-2:] == [
            "     0  weak: matches, but asks for less (dry_run)",
            "     1  rest: matches (allow), but an earlier priority has decided",
        ]
    if len(tools) > 2:
        assert section(lines, "limits for scripts") == [
            "    max_steps limit         block: script_max_steps_exceeded",
            "      steps                 wants at most 2, found 3",
        ]


def test_two_rules_that_decide_are_both_shown(said: Callable[..., list[str]]) -> None:
    lines = said("rules: [{name: a, effect: block}, {name: b, effect: block}]\n")
    assert lines[0] == 'BLOCK  tool.x: rules "a", "b" (priority 0) decide'
    assert [line for line in lines if "sets no condition" in line] == [
        "    matches                 every call: it sets no condition"
    ] * 2


def test_a_long_policy_is_told_short(said: Callable[..., list[str]]) -> None:
    rules = [
        {"name": f"r{n:02}", "effect": "allow", "priority": n, "match": {"tool_names": [f"t{n}"]}}
        for n in range(15)
    ]
    tail = [{"name": f"z{n:02}", "effect": "block", "priority": 20 + n} for n in range(16)]
    lines = said(json.dumps({"rules": [*rules, *tail]}))
    others = section(lines, "the other rules, in the order of the walk")
    assert "        and 4 more; --json lists them all" in others
    assert others[-2].startswith("    22  14 rules not reached: z02, z03")
    assert others[-1].endswith("z13, ...")
    assert section(lines, "what would change it")[-1] == "    10 changes were tried, there are more"


def test_many_changes_are_told_short(said: Callable[..., list[str]]) -> None:
    """Each value makes other rules match, so that each is a change of its own."""
    tools = [[f"{n}{letter}" for letter in "abc"] for n in range(5)]
    wide = [
        {"name": f"a{n}", "effect": "allow", "match": {"tool_names": tools[n]}} for n in range(5)
    ]
    narrow = [
        {"name": f"r{tool}", "effect": "allow", "match": {"tool_names": [tool]}}
        for listed in tools
        for tool in listed
    ]
    lines = said(json.dumps({"default_verdict": "block", "rules": [*wide, *narrow]}))
    changes = section(lines, "what would change it")
    assert changes[11].endswith("if tool_name were 3c")
    assert changes[12:] == [
        "    and 3 more; --json lists them all",
        "    16 changes were tried, there are more",
    ]


def test_what_the_answer_rests_on_is_said_last(said: Callable[..., list[str]]) -> None:
    rule = (
        "rules: [{name: r, effect: allow, require_broker_credential: true,"
        " match: {require_delegation: true, delegation_scopes: [w]}}]\n"
    )
    claims = CONTEXT | {"context_evidence_mode": "required"}
    delegation = {"requester_identity": "x", "scope_class": "w"}
    lines = said(rule, context=claims, delegation=delegation)
    assert section(lines, "what it asks for") == [
        "    delegation token        required, scope w",
        "    broker credential       required",
    ]
    rests = section(lines, "what it rests on")
    assert [line.split()[0] for line in rests[:3]] == ["policy", "intent", "gate"]
    assert rests[3:] == [
        "    evaluated at            2026-02-05T12:00:00Z",
        "    claim, not counted      context_evidence_mode required",
        "    not looked at           kill_switch: it blocks whatever the rules say",
        "    not looked at           delegation_tokens: without them the call is blocked",
        "    not looked at           broker_credential: without it an allowed call is",
        "                          │ blocked",
    ]


def test_hostile_names_are_made_visible_and_long_values_are_cut(
    said: Callable[..., list[str]],
) -> None:
    rule = {"name": "x\x1b[2J\nALLOW", "effect": "block"}
    targets = [{"kind": "path", "value": f"/srv/{n}" + "y" * 300} for n in range(25)]
    other = {"name": "z", "effect": "allow", "match": {"target_values": ["/x"]}}
    lines = said(json.dumps({"rules": [rule, other]}), targets=targets)
    assert not any(line.startswith("ALLOW") for line in lines)
    assert "\x1b" not in "".join(lines)
    assert any("…(+" in line for line in lines)
    assert any("and 17 more" in line for line in lines)


def test_in_json_all_of_it_is_one_object(frozen_host: FrozenHost, gait: Gait) -> None:
    (frozen_host.cwd / "p.yaml").write_text(POLICY, encoding="utf-8")
    (frozen_host.cwd / "i.json").write_bytes(intent_text(tool_name="tool.read", targets=[READ]))
    said = gait(*COMMAND, "--json", "--evaluation-time", "2026-01-01T00:00:00Z")
    answer = json.loads(said.stdout)
    assert (said.exit_code, answer["ok"], answer["verdict"]) == (3, True, "block")
    assert [rule["state"] for rule in answer["rules"]] == [
        "not_matched",
        "decides",
        "ends_walk",
        "not_reached",
    ]
    assert answer["evaluated_at"] == "2026-01-01T00:00:00Z"
    assert "error" not in answer


@pytest.mark.parametrize("given", [(), ("--policy", "p.yaml"), (*COMMAND[2:], "more")])
def test_a_policy_and_an_intent_are_wanted_and_nothing_else(
    frozen_host: FrozenHost, gait: Gait, given: tuple[str, ...]
) -> None:
    (frozen_host.cwd / "p.yaml").write_text(POLICY, encoding="utf-8")
    said = gait("policy", "explain", *given, "--json")
    assert said.exit_code == 6
    assert json.loads(said.stdout)["error_code"] == "invalid_input"
