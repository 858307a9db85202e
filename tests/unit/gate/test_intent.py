from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.contract.intent import NormalIntent
from gait_engine.errors import InvalidInput
from gait_engine.gate.freeform import read_object
from gait_engine.gate.intent import (
    args_digest,
    intent_digest,
    normalise,
    parse_intent,
    read_intent,
)
from gait_engine.wire.digest import sha256_hex, value_digest
from tests.support.hosts import FrozenHost
from tests.support.intents import CONTEXT, DIGEST, intent_in, intent_of, intent_text

LEAST = (
    b'{"args":{},"context":{"identity":"id","phase":"apply","risk_class":"low","workspace":"/w"},'
    b'"targets":[],"tool_name":"tool.x"}'
)


def refusal(**members: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        intent_of(**members)
    return caught.value


def place(error: InvalidInput) -> str:
    return error.where.removeprefix("intent ")


def test_the_least_intent_has_the_digest_of_four_members() -> None:
    assert intent_digest(intent_of()) == sha256_hex(LEAST)


@pytest.mark.parametrize(
    "members",
    [
        {"args": {}},
        {"args_digest": DIGEST, "intent_digest": DIGEST, "script_hash": DIGEST},
        {"schema_id": "x", "schema_version": "9", "producer_version": "1"},
        {"created_at": "2026-02-05T00:00:00Z"},
        {"relationship": {"parent_ref": {"kind": "zz", "id": "s"}, "agent_chain": []}},
        {"zzz": {"any": ["thing"]}},
        {"context": {**CONTEXT, "other": 1, "auth_context": {}, "sandbox": {}, "phase": ""}},
        {"tool_name": "\u3000TOOL.X\u00a0"},
        {"arg_provenance": [], "targets": []},
    ],
)
def test_what_is_not_judged_is_not_digested(members: dict[str, Any]) -> None:
    assert intent_digest(intent_of(**members)) == sha256_hex(LEAST)


@pytest.mark.parametrize(
    "members",
    [
        {"tool_name": "tool.y"},
        {"args": {"a": None}},
        {"targets": [{"kind": "path", "value": "/a"}]},
        {"arg_provenance": [{"arg_path": "$", "source": "user"}]},
        {"skill_provenance": {"skill_name": "s", "source": "git", "publisher": "p"}},
        {"delegation": {"requester_identity": "r"}},
        {"script": {"steps": [{"tool_name": "a"}]}},
        *({"context": {**CONTEXT, name: "x"}} for name in CONTEXT),
        {"context": {**CONTEXT, "phase": "plan"}},
        {"context": {**CONTEXT, "agent_identity": {}}},
        {"context": {**CONTEXT, "context_refs": ["r"]}},
        {"context": {**CONTEXT, "auth_context": {"a": 1}}},
        {"context": {**CONTEXT, "credential_ttl_seconds": 1}},
    ],
)
def test_everything_that_is_judged_is_digested(members: dict[str, Any]) -> None:
    assert intent_digest(intent_of(**members)) != sha256_hex(LEAST)


def test_each_member_of_the_digest_stands_as_the_contract_spells_it() -> None:
    intent = intent_of(
        args={"b": 1.0, "a": [" x ", None]},
        skill_provenance={"skill_name": " s", "source": "GIT", "publisher": "P "},
        delegation={"requester_identity": "r", "expires_at": "2026-02-05T01:00:00+01:00"},
        script={"steps": [{"tool_name": " A "}]},
        arg_provenance=[{"arg_path": "$.a", "source": "User", "source_ref": "r"}],
    )
    script = {"steps": [{"tool_name": "a", "args": {}}]}
    assert intent.script_hash == value_digest(script)
    assert intent_digest(intent) == value_digest(
        {
            "tool_name": "script",
            "args": {"a": ["x", None], "b": 1},
            "targets": [],
            "context": {**CONTEXT, "phase": "apply"},
            "script_hash": value_digest(script),
            "script": script,
            "arg_provenance": [{"arg_path": "$.a", "source": "user", "source_ref": "r"}],
            "skill_provenance": {"skill_name": "s", "source": "git", "publisher": "P"},
            "delegation": {
                "requester_identity": "r",
                "issued_at": "0001-01-01T00:00:00Z",
                "expires_at": "2026-02-05T00:00:00Z",
            },
        }
    )


def test_keys_and_texts_of_arguments_are_trimmed_at_every_depth() -> None:
    args = {" k ": " v\u2003", "n": [{"\ta": [" x", {"b ": "\u001c"}]}, 1, True, None]}
    intent = intent_of(args=args)
    assert read_object(intent.args) == {
        "k": "v",
        "n": [{"a": ["x", {"b": "\u001c"}]}, 1, True, None],
    }
    assert args_digest(intent) == sha256_hex(bytes(intent.args))


def test_numbers_are_digested_as_doubles() -> None:
    text = intent_text().replace(b"{", b'{"args": {"v": [-0, 1E+2, 1e21, 2.5e-324, 4.50]}, ', 1)
    intent = normalise(parse_intent(text, "intent"))
    assert bytes(intent.args) == b'{"v":[0,100,1e+21,5e-324,4.5]}'


@pytest.mark.parametrize(
    ("args", "where"),
    [
        ({" ": 1}, "$.args"),
        ({"a": [{"": 1}]}, "$.args.a[0]"),
        ({"a": {"b": {"\u2028": 1}}}, "$.args.a.b"),
    ],
)
def test_a_key_of_nothing_but_white_space_is_refused(args: dict[str, Any], where: str) -> None:
    assert place(refusal(args=args)) == where


@pytest.mark.parametrize("args", [{"a": 1, " a": 2}, {"x": [{"b ": {}, "b": {}}]}])
def test_keys_that_differ_by_white_space_only_are_duplicates(args: dict[str, Any]) -> None:
    assert refusal(args=args).code == "json_duplicate_key"


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"tool_name": None}, "$.tool_name"),
        ({"tool_name": " \t"}, "$.tool_name"),
        ({"context": None}, "$.context.identity"),
        ({"context": {"identity": "i", "workspace": "/"}}, "$.context.risk_class"),
        ({"skill_provenance": {}}, "$.skill_provenance.skill_name"),
        ({"script": {}}, "$.script.steps"),
    ],
)
def test_what_is_missing_is_named(members: dict[str, Any], where: str) -> None:
    error = refusal(**members)
    assert (error.exit_code, place(error)) == (6, where)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"7",
        b'{"a":',
        b"null",
        intent_text(args=[]),
        intent_text(targets={}),
        intent_text(context=[]),
        intent_text(tool_name=5),
        intent_text(script=[]),
        intent_text(relationship={"edges": {}}),
        intent_text(context={**CONTEXT, "credential_ttl_seconds": 5.0}),
        intent_text(context={**CONTEXT, "credential_ttl_seconds": 2**63}),
        intent_text(context={**CONTEXT, "credential_ttl_seconds": "5"}),
        intent_text(targets=[{"kind": "path", "value": "/a", "destructive": 1}]),
        intent_text(created_at="2026-02-30T00:00:00Z"),
    ],
)
def test_what_is_no_intent_at_all_is_plain_invalid_input(text: bytes) -> None:
    with pytest.raises(InvalidInput) as caught:
        normalise(parse_intent(text, "intent"))
    assert caught.value.code == "invalid_input"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (intent_text(Tool_Name="x"), "json_case_variant_key"),
        (intent_text(context={**CONTEXT, "IDENTITY": "x"}), "json_case_variant_key"),
        (intent_text(args={"a": 2**53 + 1}), "json_lossy_number"),
        (
            intent_text(context={**CONTEXT, "credential_ttl_seconds": 2**53 + 1}),
            "json_lossy_number",
        ),
        (b'{"tool_name":"a",' + intent_text()[1:], "json_duplicate_key"),
        (intent_text(args={"v": "x"}).replace(b'"x"', b'"\\ud800"'), "json_lossy_text"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_intent(text, "intent")
    assert caught.value.code == code


def test_keys_of_arguments_may_differ_by_case() -> None:
    assert bytes(intent_of(args={"a": 1, "A": 2}).args) == b'{"A":2,"a":1}'


def test_an_error_names_the_file_that_was_read(frozen_host: FrozenHost, tmp_path: Path) -> None:
    (tmp_path / "i.json").write_bytes(intent_text(tool_name=""))
    with pytest.raises(InvalidInput, match=r"^i\.json \$\.tool_name: empty, expected text$"):
        read_intent("i.json", host=frozen_host)


def test_reading_a_file_gives_its_normal_form(frozen_host: FrozenHost, tmp_path: Path) -> None:
    (tmp_path / "i.json").write_bytes(intent_text(created_at="2026-02-05T1:00:00,50+01:00"))
    intent = read_intent("i.json", host=frozen_host)
    assert isinstance(intent, NormalIntent)
    assert intent.created_at == "2026-02-05T01:00:00.5+01:00"
    assert intent_digest(intent) == sha256_hex(LEAST)


def test_arguments_nested_hundreds_of_levels_deep_are_trimmed_to_the_bottom() -> None:
    args: dict[str, Any] = {}
    for _ in range(300):
        args = {" a ": [args]}
    assert bytes(intent_of(args=args).args) == b'{"a":[' * 300 + b"{}" + b"]}" * 300


def test_a_normal_intent_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        intent_in().tool_name = "other"  # type: ignore[misc]  # that it fails is the point
    assert msgspec.structs.asdict(intent_in())["tool_name"] == "tool.x"
