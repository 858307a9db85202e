"""The policy digest: known values, and which members it sees."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.policy import Policy, Rule
from gait_engine.gate.policy import parse
from gait_engine.gate.policydigest import policy_digest, preimage
from gait_engine.gate.policyfields import MATCH, POLICY, RULE, TOOL_ANNOTATIONS, Block
from tests.support.process import ROOT

GOLDEN: Final = ROOT / "tests" / "golden" / "policy"
BLOCKS: Final = (
    POLICY,
    *(field.block for block in (POLICY, RULE, MATCH) for field in block.fields if field.block),
)


def digest(text: str) -> str:
    return policy_digest(parse(text.encode(), "p.yaml"))


def rule_digest(text: str) -> str:
    return digest(f"rules: [{{name: r, effect: allow, {text}}}]")


def test_the_digest_of_the_empty_policy_is_the_peers() -> None:
    assert digest("").startswith("07a528a879e4")
    assert digest("default_verdict: allow").startswith("65819d9cf07c")


def test_a_policy_with_every_field_has_the_peers_digest() -> None:
    assert policy_digest(parse((GOLDEN / "full-every-field/p.yaml").read_bytes(), "p")) == (
        "1763d4e995c061b8e599d75244bb9cdaf633a0f3ddfff51729e7176249244ddf"
    )


def test_an_empty_rule_is_digested_with_what_is_always_there() -> None:
    (rule,) = preimage(parse(b"rules: [{name: r, effect: allow}]", "p"))["Rules"]
    assert rule == {
        "Name": "r",
        "Priority": 0,
        "Effect": "allow",
        "ReasonCodes": (),
        "Violations": (),
        "Match": dict.fromkeys(
            ("ToolNames", "RiskClasses", "TargetKinds", "TargetValues", "ProvenanceSources",
             "Identities", "WorkspacePrefixes"),
            (),
        ),
    }  # fmt: skip


def test_a_sandbox_without_paths_is_digested_with_null() -> None:
    (rule,) = preimage(parse(b"rules: [{name: r, effect: allow, sandbox: {enabled: true}}]", "p"))[
        "Rules"
    ]
    assert rule["Sandbox"]["AllowedWritablePathPrefixes"] is None
    assert rule["Sandbox"]["RequiredReadOnlyRoots"] is None
    assert rule["Sandbox"]["AllowedUserModes"] == ()


@pytest.mark.parametrize(
    "text",
    [
        *("endpoint: {reason_code: x}", "dataflow: {violation: x}", "rate_limit: {window: hour}"),
        *("match: {tool_annotations: {}}", "match: ", "sandbox: {}", "freeze_window: {}"),
        *("action: ALLOW", "reason_codes: ['']", "min_approvals: 0", "require_agent_owner: false"),
    ],
)
def test_a_block_that_is_off_and_a_default_leave_the_digest_alone(text: str) -> None:
    assert rule_digest(text) == rule_digest("priority: 0")


@pytest.mark.parametrize(
    "text", ["max_delegation_depth: 0", "tool_annotations: {readOnlyHint: false}"]
)
def test_a_condition_of_zero_or_false_is_digested(text: str) -> None:
    assert rule_digest(f"match: {{{text}}}") != rule_digest("match: {}")


def set_values(record: Any) -> Iterator[tuple[str, Any]]:
    """Yield each member of a record with another value than its own."""
    for name in record.__struct_fields__:
        value = getattr(record, name)
        match value:
            case bool():
                yield name, not value
            case str():
                yield name, f"{value}x"
            case int() | float():
                yield name, value + 1
            case tuple() if name not in ("rules", "windows"):
                yield name, (*value, "x")
            case _ if value is UNSET:
                yield name, name == "read_only_hint" or 1


FULL: Final = parse((GOLDEN / "full-every-field/p.yaml").read_bytes(), "p")
FULL_RULE: Final = FULL.rules[-1]
AS_WRITTEN: Final = {"default_action", "action", "tool_name", "endpoint_class"}


def changed_rule(**members: Any) -> str:
    rule = msgspec.structs.replace(FULL_RULE, **members)
    return policy_digest(msgspec.structs.replace(FULL, rules=(rule,)))


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        (member, name, value)
        for member in (
            "",
            "match",
            "endpoint",
            "freeze_window",
            "sandbox",
            "rate_limit",
            "dataflow",
        )
        for name, value in set_values(getattr(FULL_RULE, member) if member else FULL_RULE)
        if name not in AS_WRITTEN
    ],
)
def test_every_member_of_a_rule_is_part_of_the_digest(block: str, name: str, value: Any) -> None:
    if name == "enabled":  # an enabled block that is switched off goes away whole
        assert getattr(FULL_RULE, block).enabled
    changed = {name: value}
    if block:
        changed = {block: msgspec.structs.replace(getattr(FULL_RULE, block), **changed)}
    assert changed_rule(**changed) != changed_rule()


@pytest.mark.parametrize(
    ("block", "name", "value"),
    [
        (member, name, value)
        for member in ("", "scripts", "fail_closed", "mcp_trust")
        for name, value in set_values(getattr(FULL, member) if member else FULL)
        if name not in AS_WRITTEN
    ],
)
def test_every_member_of_a_policy_is_part_of_the_digest(block: str, name: str, value: Any) -> None:
    changed = {name: value}
    if block:
        changed = {block: msgspec.structs.replace(getattr(FULL, block), **changed)}
    assert policy_digest(msgspec.structs.replace(FULL, **changed)) != policy_digest(FULL)


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.record.__name__)
def test_fields_and_records_have_the_same_members_in_the_same_order(block: Block) -> None:
    assert tuple(field.name for field in block.fields) == block.record.__struct_fields__


def test_what_is_as_written_is_no_part_of_the_digest() -> None:
    undigested = {
        field.name
        for block in (POLICY, RULE, MATCH, TOOL_ANNOTATIONS)
        for field in block.fields
        if not field.digest
    }
    assert undigested == AS_WRITTEN


def test_a_large_priority_is_digested_as_the_double_the_peer_makes_of_it() -> None:
    rules = (Rule(name="r1", effect="allow", priority=2**63 - 1),)
    assert policy_digest(Policy(rules=rules)).startswith("c1e27da1ec11")
