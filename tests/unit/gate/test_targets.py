from typing import Any

import pytest

from gait_engine.contract.intent import DISCOVERY_METHODS, ENDPOINT_CLASSES, Target
from gait_engine.errors import InvalidInput
from gait_engine.gate.targets import normalise_targets, targets_digest
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonread import Source
from tests.support.intents import intent_of

PLACE = Source("intent", root="$.targets")


def one(tool_name: str = "tool.x", **members: Any) -> Target:
    (target,) = normalise_targets([Target(**{"value": "v", **members})], tool_name, PLACE)
    return target


def refusal(**members: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        one(**members)
    return caught.value


OPERATIONS = {
    "fs.read": "read get list open cat head download stat",
    "fs.write": "write append put create update save copy move rename",
    "fs.delete": "delete remove rm unlink rmdir drop truncate",
    "net.dns": "dns resolve lookup",
    "proc.exec": "exec spawn run shell command",
}


@pytest.mark.parametrize(
    ("kind", "operation", "endpoint_class"),
    [
        *[("path", word, c) for c in OPERATIONS if c[:2] == "fs" for word in OPERATIONS[c].split()],
        *[("url", word, "net.dns") for word in OPERATIONS["net.dns"].split()],
        *[("host", word, "net.dns") for word in OPERATIONS["net.dns"].split()],
        *[("other", word, "proc.exec") for word in OPERATIONS["proc.exec"].split()],
        *[("url", "read", "net.http"), ("host", "", "net.http"), ("url", "exec", "net.http")],
        *[("path", "chmod", "other"), ("path", "exec", "other"), ("other", "read", "other")],
        *[(kind, "delete", "other") for kind in ("repo", "bucket", "table", "queue", "topic")],
    ],
)
def test_kind_and_operation_tell_the_endpoint_class(
    kind: str, operation: str, endpoint_class: str
) -> None:
    assert one(kind=kind, operation=operation).endpoint_class == endpoint_class


@pytest.mark.parametrize(
    ("kind", "tool_name", "endpoint_class"),
    [
        ("path", "fs.read", "fs.read"),
        ("path", "prefetch", "fs.read"),
        ("path", "research", "fs.read"),
        ("path", "dir/update", "fs.write"),
        ("path", "read_and_delete", "fs.read"),
        ("path", "charm", "fs.delete"),
        ("path", "a/rm//", "fs.delete"),
        ("path", "rm/x", "other"),
        ("path", "rm/..", "other"),
        ("path", "/", "other"),
        ("path", "exec", "other"),
        ("other", "trunk", "proc.exec"),
        ("other", "x/shellac", "proc.exec"),
        ("other", "read", "other"),
        ("table", "rm", "other"),
        ("url", "exec", "net.http"),
    ],
)
def test_the_last_part_of_the_tool_name_helps_where_the_operation_says_nothing(
    kind: str, tool_name: str, endpoint_class: str
) -> None:
    assert one(tool_name, kind=kind).endpoint_class == endpoint_class
    assert one(tool_name, kind=kind, operation="frobnicate").endpoint_class == endpoint_class


def test_a_stated_endpoint_class_wins_over_what_would_be_inferred() -> None:
    target = one(kind="path", operation="read", endpoint_class=" UI.Click ")
    assert target.endpoint_class == "ui.click"


@pytest.mark.parametrize(
    ("kind", "value", "domain"),
    [
        ("host", " API.X:80 ", "api.x"),
        ("host", "http://https://x.y/z:1", "x.y"),
        ("host", "https://http://x", "http"),
        ("host", "HTTP://x", "http"),
        ("host", "[::1]:80", "["),
        ("host", "ÅB.test", "åb.test"),
        ("host", "a ", "a"),
        ("url", "https://H.com:1/x", "h.com"),
        ("url", "h.com/x", ""),
        ("path", "http://h", ""),
        ("other", "http://h", ""),
    ],
)
def test_the_domain_of_hosts_and_urls_is_inferred(kind: str, value: str, domain: str) -> None:
    assert one(kind=kind, value=value).endpoint_domain == domain


def test_a_stated_domain_wins_for_every_kind() -> None:
    assert one(kind="path", endpoint_domain=" Foo.COM ").endpoint_domain == "foo.com"
    assert one(kind="url", value="http://h", endpoint_domain="x").endpoint_domain == "x"


@pytest.mark.parametrize(
    ("given", "method"),
    [
        ("", "unknown"),
        (" \t", "unknown"),
        (" Dynamic-MCP ", "dynamic_mcp"),
        ("static mcp", "static_mcp"),
        *((method, method) for method in DISCOVERY_METHODS),
    ],
)
def test_the_discovery_method_is_always_said(given: str, method: str) -> None:
    assert one(kind="path", discovery_method=given).discovery_method == method


@pytest.mark.parametrize(
    "members",
    [
        {"destructive": True},
        {"destructive_hint": True},
        {"endpoint_class": "fs.delete"},
        {"endpoint_class": "proc.exec"},
        *({"kind": "table", "operation": word} for word in OPERATIONS["fs.delete"].split()),
        {"kind": "queue", "operation": "Exec"},
        {"kind": "queue", "operation": "spawn"},
    ],
)
def test_a_target_is_destructive_by_flag_hint_class_or_operation(members: dict[str, Any]) -> None:
    assert one(**{"kind": "path", **members}).destructive


@pytest.mark.parametrize(
    "members",
    [
        {"operation": "read"},
        {"operation": "write"},
        {"kind": "table", "operation": "run"},
        {"kind": "url", "operation": "get"},
        {"read_only_hint": True, "idempotent_hint": True, "open_world_hint": True},
        *({"endpoint_class": c} for c in ENDPOINT_CLASSES if c not in ("fs.delete", "proc.exec")),
    ],
)
def test_nothing_else_makes_a_target_destructive(members: dict[str, Any]) -> None:
    assert not one(**{"kind": "path", **members}).destructive


def test_targets_are_trimmed_lowered_sorted_and_listed_once() -> None:
    targets = normalise_targets(
        [
            Target(kind="url", value="https://B/x", operation="GET"),
            Target(kind=" PATH ", value=" /B ", operation=" READ", sensitivity="PII "),
            Target(kind="path", value="/B", operation="read", sensitivity="pii"),
            Target(kind="path", value="/B", operation="read"),
            Target(kind="path", value="/B", operation="read", open_world_hint=True),
        ],
        "tool.x",
        PLACE,
    )
    assert [(t.kind, t.value, t.sensitivity, t.open_world_hint) for t in targets] == [
        ("path", "/B", "", False),
        ("path", "/B", "", True),
        ("path", "/B", "pii", False),
        ("url", "https://B/x", "", False),
    ]


@pytest.mark.parametrize(
    ("members", "field"),
    [
        ({"kind": ""}, "kind"),
        ({"kind": "file"}, "kind"),
        ({"kind": "path", "value": " "}, "value"),
        ({"kind": "path", "endpoint_class": "net.ftp"}, "endpoint_class"),
        ({"kind": "path", "discovery_method": "psychic"}, "discovery_method"),
    ],
)
def test_an_incomplete_or_unknown_target_is_refused_by_its_place(
    members: dict[str, Any], field: str
) -> None:
    assert refusal(**members).where == f"intent $.targets[0].{field}"


def test_a_null_among_the_targets_is_an_empty_target() -> None:
    with pytest.raises(InvalidInput, match=r"targets\[1\].kind: empty"):
        intent_of(targets=[{"kind": "path", "value": "/a"}, None])


def test_the_digest_of_targets_is_that_of_their_list() -> None:
    targets = normalise_targets(
        [Target(kind="path", value="é"), Target(kind="host", value="h")], "t", PLACE
    )
    assert targets_digest(targets) == sha256_hex(
        '[{"discovery_method":"unknown","endpoint_class":"net.http","endpoint_domain":"h",'
        '"kind":"host","value":"h"},{"discovery_method":"unknown","endpoint_class":"other",'
        '"kind":"path","value":"é"}]'.encode()
    )
    assert targets_digest(()) == sha256_hex(b"[]")
