from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.gate.credentials import looks_raw, names_a_credential
from tests.support.intents import DIGEST, intent_in, intent_of

RAW = "abcdefgh12345678"


@pytest.mark.parametrize(
    "key",
    [
        *("token", "x_token_y", "SECRET", " Password ", "credential", "tokenizer", "to\u212aen"),
        *("apikey", "api_key", "API-KEY", "accesskey", "access-key", "token_identity"),
    ],
)
def test_a_key_that_speaks_of_a_credential_anywhere_names_one(key: str) -> None:
    assert names_a_credential(key)


@pytest.mark.parametrize(
    "key",
    [
        *("user", "api key", "api__key", "pass_word", ""),
        *("token_ref", "token_refs", "Token_Digest", "token_digests", "secret_hash"),
        *("token_issuer", "token_source", "token_type", "token_ttl", "token_ttl_seconds"),
        *("token_id", "token_ids", "secret_name", "secret_names", "token_scope", "token_scopes "),
    ],
)
def test_a_key_about_a_credential_does_not_name_one(key: str) -> None:
    assert not names_a_credential(key)


@pytest.mark.parametrize(
    "value",
    [
        *("ghp_x", "gho_", "github_pat_1", "sk-1", "AKIA", "ASIA0"),
        *(RAW, f" {RAW}\n", "AAAAAAAAAAAAAAA1", "1/././././././.a", "ü23456789abcdef"),
        *(DIGEST[:-1], f"{DIGEST}0", "a1\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0\u00a0z"),
    ],
)
def test_a_long_mixed_value_or_one_with_a_providers_prefix_looks_raw(value: str) -> None:
    assert looks_raw(value)


@pytest.mark.parametrize(
    "value",
    [
        *("", "  ", "short1", "abcdefghijklmnop", "1234567890123456", "GHP_x", "akia"),
        *(f"env:{RAW}", f"STUB:{RAW}", f"cmd:{RAW}", f" Ref:{RAW}", f"sha256:{RAW}"),
        *(DIGEST, DIGEST.upper(), f" {DIGEST} ", "ÀÉÎÕÜ12345678901", "éééééééééééé"),
        *(f"{RAW} x", f"{RAW}\tx", f"{RAW}\rx", f"{RAW}\nx"),
    ],
)
def test_a_reference_a_digest_or_plain_words_do_not_look_raw(value: str) -> None:
    assert not looks_raw(value)


@pytest.mark.parametrize(
    ("args", "where"),
    [
        ({"password": RAW}, "$.args.password"),
        ({" Password ": f" {RAW} "}, "$.args.Password"),
        ({"a": {"b": {"token": RAW}}}, "$.args.a.b.token"),
        ({"a": [[{"token": RAW}]]}, "$.args.a[0][0].token"),
        ({"secret": {"token": "AKIA"}}, "$.args.secret.token"),
    ],
)
def test_a_raw_credential_is_refused_where_it_stands_and_never_shown(
    args: dict[str, Any], where: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        intent_of(args=args)
    assert caught.value.where == f"intent {where}"
    assert RAW not in f"{caught.value.message}{caught.value.hint}"


def test_the_auth_context_holds_no_raw_credential_either() -> None:
    with pytest.raises(InvalidInput) as caught:
        intent_in(auth_context={"session": {"api_key": RAW}})
    assert caught.value.where == "intent $.context.auth_context.session.api_key"


@pytest.mark.parametrize(
    "args",
    [
        {"password": [RAW]},
        {"secret": {"value": RAW}},
        {"token": 1234567890123456},
        {"token": None, "password": True},
        {"note": RAW},
        {"token": f"env:{RAW}"},
    ],
)
def test_only_a_text_under_its_own_key_counts(args: dict[str, Any]) -> None:
    assert bytes(intent_of(args=args).args) != b"{}"


def test_the_arguments_of_script_steps_are_not_searched() -> None:
    intent = intent_of(script={"steps": [{"tool_name": "a", "args": {"password": RAW}}]})
    assert intent.script
    assert RAW.encode() in bytes(intent.script.steps[0].args)
