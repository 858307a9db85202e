import json
import sys
from pathlib import Path
from typing import Any

import pytest

from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.guard import keycommand
from gait_engine.guard.sealed import (
    KeyRequest,
    SealKey,
    artifact_bytes,
    decrypt,
    decrypted_path,
    encrypt,
    encrypted_path,
    load_seal_key,
    parse_artifact,
)
from tests.support.hosts import FrozenHost

KEY_TEXT = "BwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAhIiMkJSY="
ENV = {"K": f" {KEY_TEXT}\n", "EMPTY": " ", "SHORT": "QUJD"}


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    return FrozenHost(tmp_path, ENV)


@pytest.fixture
def key(host: FrozenHost) -> SealKey:
    return load_seal_key(KeyRequest(env_name=" K "), host=host)


def sealed_as(key: SealKey, host: FrozenHost, **fields: Any) -> bytes:
    plain = json.loads(artifact_bytes(encrypt(b"plain", key, host=host)))
    return json.dumps(plain | fields).encode()


def opened(text: bytes, key: SealKey) -> bytes:
    return decrypt(parse_artifact(text, "f"), key, "f")


def test_a_file_comes_out_as_it_went_in_whatever_follows_it(key: SealKey, host: FrozenHost) -> None:
    text = artifact_bytes(encrypt(b"plain", key, host=host))
    assert opened(text, key) == b"plain"
    assert opened(b"\n" + text + b"\n{ more", key) == b"plain"


def test_two_files_never_share_a_nonce(key: SealKey, host: FrozenHost) -> None:
    nonces = {encrypt(b"same", key, host=host).nonce for _ in range(20)}
    assert len(nonces) == 20


def test_the_key_is_nowhere_in_the_file_nor_in_its_name(key: SealKey, host: FrozenHost) -> None:
    text = artifact_bytes(encrypt(b"plain", key, host=host)).decode()
    assert KEY_TEXT not in text
    assert KEY_TEXT not in repr(key)
    assert repr(key.key) not in repr(key)


@pytest.mark.parametrize(
    "fields",
    [
        {"nonce": ""},
        {"nonce": "AAAA"},
        {"nonce": "A" * 24},
        {"nonce": "%"},
        {"ciphertext": ""},
        {"ciphertext": "no base64"},
        {"plain_sha256": "0" * 64},
        {"plain_size": "5"},
        {"extra": 1},
        {"key_source": {"mode": "env", "ref": "K", "extra": 1}},
    ],
    ids=str,
)
def test_a_changed_file_is_bad_input(
    fields: dict[str, Any], key: SealKey, host: FrozenHost
) -> None:
    with pytest.raises(InvalidInput):
        opened(sealed_as(key, host, **fields), key)


@pytest.mark.parametrize(
    "fields",
    [
        {"plain_sha256": ""},
        {"plain_sha256": None},
        {"plain_size": 7},
        {"schema_id": "x"},
        {"schema_version": "9"},
        {"algorithm": "rot13"},
    ],
    ids=str,
)
def test_what_only_describes_the_file_is_not_checked(
    fields: dict[str, Any], key: SealKey, host: FrozenHost
) -> None:
    assert opened(sealed_as(key, host, **fields), key) == b"plain"


def test_a_digest_may_be_in_upper_case(key: SealKey, host: FrozenHost) -> None:
    digest = encrypt(b"plain", key, host=host).plain_sha256.upper()
    assert opened(sealed_as(key, host, plain_sha256=digest), key) == b"plain"


def test_a_key_that_stands_twice_is_refused_as_ambiguous() -> None:
    with pytest.raises(VerificationFailed) as caught:
        parse_artifact(b'{"nonce":"AAAA","nonce":"BBBB"}', "f")
    assert caught.value.code == "json_duplicate_key"


@pytest.mark.parametrize(
    ("request_", "found"),
    [
        (KeyRequest(), "none given"),
        (KeyRequest(env_name="UNSET"), "unset or blank"),
        (KeyRequest(env_name="EMPTY", command="true"), "unset or blank"),
        (KeyRequest(env_name="SHORT"), "3 bytes"),
        (KeyRequest(env_name=KEY_TEXT), "key text itself"),
        (KeyRequest(command=KEY_TEXT), "key text itself"),
        (KeyRequest(command="no-such-program-here"), "not in PATH"),
        (KeyRequest(command="./no-such-program"), "no such file"),
        (KeyRequest(command="./a\0b"), "no text that can be passed on"),
        (KeyRequest(command=sys.executable, command_args="-c,exit(3)"), "exit status 3"),
        (KeyRequest(command=sys.executable, command_args="-c,print('QUJD')"), "3 bytes"),
    ],
    ids=str,
)
def test_a_source_without_a_usable_key_is_bad_input_and_shows_no_key(
    request_: KeyRequest, found: str, host: FrozenHost
) -> None:
    with pytest.raises(GaitError, match=found) as caught:
        load_seal_key(request_, host=host)
    error = caught.value
    assert error.exit_code == 6
    assert KEY_TEXT not in error.message + error.hint + error.where


def test_a_command_is_asked_with_its_arguments_and_its_stderr_is_ignored(
    host: FrozenHost,
) -> None:
    script = f"import sys;sys.stderr.write('hello');print('{KEY_TEXT}')"
    wanted = KeyRequest(command=f" {sys.executable} ", command_args=f" -c , ,{script}")
    found = load_seal_key(wanted, host=host)
    assert found.key == load_seal_key(KeyRequest(env_name="K"), host=host).key
    assert (found.source.mode, found.source.command) == ("command", sys.executable)
    assert found.source.ref == ""


def test_a_command_that_hangs_is_given_up(
    host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keycommand, "MAX_SECONDS", 0.01)
    wanted = KeyRequest(command=sys.executable, command_args="-c,while True: pass")
    with pytest.raises(InvalidInput, match="still at work"):
        load_seal_key(wanted, host=host)


@pytest.mark.parametrize(
    ("encrypted", "plain"), [("a.txt.gaitenc", "a.txt"), ("a.bin", "a.bin.plain")]
)
def test_the_plain_file_is_named_after_the_encrypted_one(encrypted: str, plain: str) -> None:
    assert decrypted_path(encrypted) == plain
    assert decrypted_path(encrypted_path(plain)) == plain
