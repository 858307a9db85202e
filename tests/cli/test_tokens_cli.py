"""`gait approve` and `gait delegate` at the command line."""

import json
from collections.abc import Callable

import pytest

from gait_engine.crypto.keys import key_text
from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.tokens import INTENT, KEY, POLICY, delegation, write_token

Gait = Callable[..., Answer]

BOUND = ("--intent-digest", INTENT, "--policy-digest", POLICY)
SIGNED = ("--key-mode", "prod", "--private-key", "k.key")
APPROVE = ("approve", *BOUND, "--ttl", "1h", "--scope", "tool:x,a", "--approver", "alice")
GRANT = (*APPROVE, "--reason-code", "r", *SIGNED)
MINT = ("delegate", "mint", "--delegator", "lead", "--delegate", "spec", "--scope", "w", *SIGNED)


@pytest.fixture(autouse=True)
def keys(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "k.key").write_bytes(key_text(KEY.private_bytes))
    (frozen_host.cwd / "k.pub").write_bytes(key_text(KEY.public_key))


def test_an_approval_is_shown_with_its_scope_and_end(gait: Gait) -> None:
    said = gait(*GRANT, "--max-ops", "2", "--out", "t.json")
    token_id = json.loads(gait(*GRANT, "--max-ops=2", "--out", "t.json", "--json").stdout)[
        "token_id"
    ]
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "approved: t.json",
        f"  token    {token_id}",
        "  reason   r",
        "  scope    a,tool:x",
        "  ops      at most 2",
        "  expires  2026-02-05T13:00:00Z",
        f"  key      {KEY.key_id}",
    ]


def test_in_json_an_approval_has_the_fields_of_the_contract(gait: Gait) -> None:
    said = gait(*GRANT, "--max-targets", "3", "--json")
    answer = json.loads(said.stdout)
    assert said.exit_code == 0
    assert answer["token_path"] == f"approval_{answer['token_id']}.json"
    assert answer.keys() == {
        *("ok", "correlation_id", "token_id", "token_path", "expires_at", "reason_code"),
        *("scope", "max_targets", "key_id", "description"),
    }


def test_a_key_that_is_forgotten_is_warned_of(gait: Gait) -> None:
    said = gait(*APPROVE, "--reason-code", "r", "--out", "t.json")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[-1].startswith("warning: dev key mode: ")


@pytest.mark.parametrize(
    "more",
    [
        ("x",),
        ("--max-ops", "1_0"),
        ("--max-ops", "0x3"),
        ("--max-ops", " 3"),
        ("--max-ops", "+3"),
        ("--max-ops", "3.0"),
        ("--max-ops", ""),
        ("--max-ops", "٣"),
        ("--max-ops", "9223372036854775808"),
        ("--max-ops", "9" * 5_000),
        ("--max-ops", "-1"),
        ("--max-targets", "9007199254740993"),
        ("--nope",),
    ],
)
def test_what_is_no_number_or_too_much_is_bad_input(
    gait: Gait, frozen_host: FrozenHost, more: tuple[str, ...]
) -> None:
    said = gait(*GRANT, "--out", "t.json", "--json", *more)
    assert said.exit_code == 6
    assert json.loads(said.stdout)["error_category"] == "invalid_input"
    assert not (frozen_host.cwd / "t.json").exists()


def test_a_delegation_is_minted_and_verified(gait: Gait) -> None:
    minted = gait(*MINT, "--ttl", "48h", "--scope-class", "C", "--out", "d/t.json")
    verified = gait("delegate", "verify", "--token", "d/t.json", "--public-key", "k.pub")
    assert (minted.exit_code, verified.exit_code, minted.stderr + verified.stderr) == (0, 0, "")
    shown = minted.stdout.splitlines()
    assert shown[0] == "delegated: d/t.json"
    assert shown[2:] == [
        "  from     lead",
        "  to       spec",
        "  scope    w",
        "  class    c",
        "  expires  2026-02-07T12:00:00Z",
        f"  key      {KEY.key_id}",
        "warning: ttl 48h0m0s: longer than 24h, whoever holds the token can use it so long",
    ]
    assert verified.stdout.splitlines() == ["delegation token ok: d/t.json", *shown[1:-1]]


def test_a_delegation_that_does_not_verify_exits_2_with_its_code(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    token = delegation()
    write_token(frozen_host.cwd, token)
    asked = ("delegate", "verify", "--token", "t.json", "--public-key", "k.pub", "--scope", "read")
    said = gait(*asked, "--json")
    answer = json.loads(said.stdout)
    assert said.exit_code == 2
    assert answer["error_code"] == "delegation_token_scope_mismatch"
    assert (answer["ok"], answer["token_id"], answer["token_path"]) == (
        False,
        token.token_id,
        "t.json",
    )
    text = gait(*asked)
    assert (text.exit_code, text.stdout) == (2, "")
    assert "code:  delegation_token_scope_mismatch" in text.stderr


def test_a_token_without_a_key_id_is_shown_without_one(gait: Gait, frozen_host: FrozenHost) -> None:
    token = json.loads(
        (frozen_host.cwd / write_token(frozen_host.cwd, delegation())).read_text(encoding="utf-8")
    )
    token["signature"]["key_id"] = ""
    (frozen_host.cwd / "t.json").write_text(json.dumps(token), encoding="utf-8")
    said = gait("delegate", "verify", "--token", "t.json", "--public-key", "k.pub")
    assert said.exit_code == 0
    assert "key " not in said.stdout


def test_hostile_names_are_shown_and_not_obeyed(gait: Gait) -> None:
    said = gait(*MINT, "--ttl", "1h", "--delegator", "\x1b[2J\u202eevil", "--out", "t.json")
    assert "\\x1b[2J\\u202eevil" in said.stdout
    assert "\x1b" not in said.stdout
