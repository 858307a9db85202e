"""Laws of policies: what a digest does not see, what formatting keeps, what no bytes can do."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from gait_engine.contract import intent as known
from gait_engine.contract import policy as contract
from gait_engine.contract.intent import Context, NormalIntent, Target
from gait_engine.contract.policy import Match, Policy, ToolAnnotations
from gait_engine.errors import InvalidInput
from gait_engine.gate.lint import lint
from gait_engine.gate.policy import parse
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.policyfmt import format_text
from gait_engine.gate.reach import covers
from gait_engine.wire.yamlfields import as_written
from gait_engine.wire.yamlread import read_yaml
from gait_engine.wire.yamltree import Node
from gait_engine.wire.yamlwrite import yaml_text
from tests.support.judging import matches
from tests.support.process import ROOT

GOLDEN: Final = sorted((ROOT / "tests" / "golden" / "policy").glob("*/*.yaml"))

PIECES: Final = st.sampled_from(
    [
        *"abéZ019.:-?#&*!|>%@`'\"{}[],\n\r\t \\~=<_+/",
        *"\x00\x1b\x7f\x85\xa0\u2028\u200b\ufeff\ue000😀",
        *("null", "true", "yes", "1e3", "0x1", "017", "1_0", ".inf", "---", "...", "<<", ": "),
        *("12:30", "2026-01-31", "2026-01-31T01:02:03Z", " #", "\r\n"),
    ]
)
TEXTS: Final = st.lists(PIECES, max_size=6).map("".join)
NAMES: Final = TEXTS.filter(lambda text: bool(text.strip(" \t\n\r\x85\xa0\u2028\u3000\x0b\x0c")))
COUNTS: Final = st.integers(0, 2**63 - 1)


def lists(items: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(items, max_size=3)


def some_of(words: tuple[str, ...]) -> st.SearchStrategy[list[str]]:
    return lists(st.sampled_from(words).flatmap(lambda w: st.sampled_from([w, w.upper(), f" {w}"])))


MATCHES: Final = st.fixed_dictionaries(
    {},
    optional={
        "tool_name": TEXTS,
        **{name: lists(TEXTS) for name in ("tool_names", "identities", "workspace_prefixes")},
        **{name: lists(TEXTS) for name in ("target_values", "delegation_scopes", "skill_sources")},
        "endpoint_class": some_of(known.ENDPOINT_CLASSES),
        "endpoint_classes": some_of(known.ENDPOINT_CLASSES),
        "discovery_method": some_of(known.DISCOVERY_METHODS),
        "tool_annotations": st.dictionaries(
            st.sampled_from(["readOnlyHint", "openWorldHint"]), st.none() | st.booleans()
        ),
        "require_delegation": st.booleans(),
        "max_delegation_depth": st.none() | COUNTS,
    },
)
HOLDS: Final = st.sampled_from(["", *contract.HOLDS, " BLOCK "])
RATES: Final = st.fixed_dictionaries(
    {"requests": st.integers(1, 9)},
    optional={"window": st.sampled_from(["", "hour", "Minute"]), "scope": st.just("tool")},
)
RULES: Final = st.fixed_dictionaries(
    {"name": NAMES, "effect": st.sampled_from(contract.VERDICTS)},
    optional={
        "priority": st.integers(-(2**63), 2**63 - 1),
        "match": MATCHES,
        "reason_codes": lists(TEXTS),
        "broker_reference": TEXTS,
        "min_approvals": COUNTS,
        "require_context_evidence": st.booleans(),
        "allowed_credential_sources": some_of(known.CREDENTIAL_SOURCES),
        "rate_limit": RATES,
        "destructive_budget": RATES,
        "endpoint": st.fixed_dictionaries(
            {}, optional={"path_allowlist": lists(TEXTS), "action": HOLDS, "violation": TEXTS}
        ),
        "dataflow": st.fixed_dictionaries(
            {}, optional={"destination_values": lists(TEXTS), "action": HOLDS}
        ),
        "sandbox": st.fixed_dictionaries(
            {},
            optional={
                "allowed_network_modes": some_of(known.NETWORK_MODES),
                "required_read_only_roots": lists(
                    st.sampled_from(["/", "/a/", "//b", "../c", "."])
                ),
                "max_timeout_seconds": COUNTS,
            },
        ),
        "freeze_window": st.fixed_dictionaries(
            {
                "timezone": NAMES,
                "windows": st.lists(
                    st.fixed_dictionaries({"start": NAMES, "end": NAMES}, optional={"name": TEXTS}),
                    min_size=1,
                    max_size=2,
                ),
            },
            optional={"effect": HOLDS, "reason": TEXTS, "environments": lists(TEXTS)},
        ),
    },
)
POLICIES: Final = st.fixed_dictionaries(
    {},
    optional={
        "default_verdict": st.sampled_from(contract.VERDICTS),
        "scripts": st.dictionaries(st.sampled_from(["max_steps"]), COUNTS),
        "fail_closed": st.fixed_dictionaries(
            {}, optional={"enabled": st.booleans(), "risk_classes": lists(TEXTS)}
        ),
        "mcp_trust": st.fixed_dictionaries(
            {"snapshot": NAMES},
            optional={
                "min_score": st.floats(0, 1),
                "max_age": st.sampled_from(["1h30m", "1.50s", "90m"]),
            },
        ),
        "rules": st.lists(RULES, max_size=3),
    },
)


def as_json(value: Any) -> bytes:
    """Spell a policy as JSON that every YAML reader takes, too: every hidden character escaped."""
    text = json.dumps(value)
    return text.replace("\\ud83d\\ude00", "😀").replace("\x7f", "\\u007f").encode()


def parsed(value: Any) -> Policy:
    return parse(as_json(value), "p.yaml")


def shuffled(value: Any, order: Any) -> Any:
    """Put the members of every map in another order."""
    match value:
        case dict():
            keys = order.draw(st.permutations(list(value)))
            return {key: shuffled(value[key], order) for key in keys}
        case list():
            return [shuffled(item, order) for item in value]
        case _:
            return value


@given(TEXTS, st.sampled_from(["", "  "]))
def test_every_text_that_is_written_is_read_back(text: str, indent: str) -> None:
    head = "a:\n" if indent else ""
    written = f"{head}{indent}k: {yaml_text(text, indent)}\n{indent}l:\n{indent}- "
    root = read_yaml(f"{written}{yaml_text(text, indent)}\n".encode(), "p.yaml")
    assert root is not None
    node = root.value["a"][1] if indent else root
    assert as_written(node.value["k"][1]) == text
    assert as_written(node.value["l"][1].value[0]) == text


@given(POLICIES)
def test_formatting_keeps_the_policy_and_its_digest_and_is_done_after_once(value: Any) -> None:
    policy = parsed(value)
    text = format_text(policy)
    again = parse(text.encode(), "formatted")
    assert again == policy
    assert policy_digest(again) == policy_digest(policy)
    assert format_text(again) == text


@given(POLICIES, st.data())
def test_the_order_of_members_is_no_part_of_a_policy(value: Any, data: Any) -> None:
    assert parsed(shuffled(value, data)) == parsed(value)


@given(POLICIES, st.permutations(range(3)))
def test_the_order_of_rules_is_settled_by_priority_and_name(value: Any, order: list[int]) -> None:
    rules = value.get("rules", [])
    ranks = [(rule.priority, rule.name) for rule in parsed(value).rules]
    assume(len(set(ranks)) == len(ranks))
    turned = [rules[index] for index in order if index < len(rules)]
    assert parsed(value | {"rules": turned}) == parsed(value)


@given(POLICIES)
def test_every_policy_can_be_linted(value: Any) -> None:
    policy = parsed(value)
    names = {rule.name for rule in policy.rules} | {""}
    assert {warning.rule for warning in lint(policy)} <= names


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(GOLDEN), st.data())
def test_no_bytes_break_the_reader(path: Path, data: st.DataObject) -> None:
    """A policy that was tampered with is a policy or invalid input with its place."""
    text = path.read_bytes()
    position = data.draw(st.integers(0, len(text)))
    cut = data.draw(st.integers(0, 3))
    pasted = data.draw(st.binary(max_size=3) | PIECES.map(str.encode) | st.just(text[:40]))
    policy, where = Policy(), "p.yaml:"
    try:
        policy = parse(text[:position] + pasted + text[position + cut :], "p.yaml")
    except InvalidInput as exc:
        where = exc.where
    assert where.startswith("p.yaml:")
    assert parse(format_text(policy).encode(), "formatted") == policy


def simple(node: Node | None) -> Any:
    """Turn a tree into something comparable; only what is there has a place."""
    if node is None or node.kind == "null":
        return None
    value = node.value
    if node.kind == "map":
        value = {key: (simple(k), simple(v)) for key, (k, v) in value.items()}
    elif node.kind == "list":
        value = [simple(item) for item in value]
    return node.kind, repr(value), node.line, node.column


YAML_PIECES: Final = st.sampled_from(
    ["a", "b: ", "- ", "\n", "  ", "[", "]", "{", "}", ", ", "'x'", '"y"', "&z ", "*z", "|", ">",
     "#", "? ", ": ", "!!str ", "---\n", "<<: ", "1", "~", "é", "\r\n", "x:y", ":", "-", "k: v\n"]
)  # fmt: skip


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="there is one scanner only")
@settings(
    max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(st.lists(YAML_PIECES, max_size=14).map("".join))
def test_both_scanners_read_the_same_where_both_read(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    found = []
    for with_libyaml in (True, False):
        monkeypatch.setattr(yaml, "__with_libyaml__", with_libyaml)
        try:
            found.append(simple(read_yaml(text.encode(), "p.yaml")))
        except InvalidInput:
            return
    assert found[0] == found[1]


FEW: Final = st.lists(st.sampled_from("abc"), max_size=2).map(
    lambda words: tuple(sorted(set(words)))
)
HINTS: Final = st.sampled_from([msgspec.UNSET, True, False])
SMALL_MATCHES: Final = st.builds(
    Match,
    tool_names=FEW,
    risk_classes=FEW,
    target_values=FEW,
    workspace_prefixes=st.sampled_from([(), ("/",), ("/a", "/b"), ("/ab",)]),
    tool_annotations=st.builds(ToolAnnotations, read_only_hint=HINTS, open_world_hint=HINTS),
    require_delegation=st.booleans(),
    delegation_scopes=FEW,
    max_delegation_depth=st.sampled_from([msgspec.UNSET, 0, 1]),
)
LINKS: Final = st.builds(
    known.DelegationLink,
    delegator_identity=st.just("x"),
    delegate_identity=st.just("x"),
    scope_class=st.sampled_from("ab"),
)
INTENTS: Final = st.builds(
    NormalIntent,
    tool_name=st.sampled_from("abc"),
    targets=st.lists(
        st.builds(
            Target,
            value=st.sampled_from("abc"),
            read_only_hint=st.booleans(),
            open_world_hint=st.booleans(),
        ),
        max_size=2,
    ).map(tuple),
    context=st.builds(
        Context,
        risk_class=st.sampled_from("abc"),
        workspace=st.sampled_from(["/", "/a", "/abc", "/b/c"]),
    ),
    delegation=st.just(msgspec.UNSET)
    | st.builds(
        known.Delegation,
        scope_class=st.sampled_from("abc"),
        chain=st.lists(LINKS, max_size=2).map(tuple),
    ),
)


@settings(max_examples=400)
@given(SMALL_MATCHES, SMALL_MATCHES, st.lists(INTENTS, min_size=1, max_size=5))
def test_a_match_that_covers_another_meets_all_that_it_meets(
    wide: Match, narrow: Match, intents: list[NormalIntent]
) -> None:
    """So a rule that the linter calls unreachable is."""
    if covers(wide, narrow):
        assert all(matches(wide, intent) for intent in intents if matches(narrow, intent))


@given(SMALL_MATCHES)
def test_every_match_covers_itself_and_is_covered_by_none_at_all(match: Match) -> None:
    assert covers(match, match)
    assert covers(Match(), match)
