"""`gait registry`, as it is typed."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.crypto.keys import SigningKey, generate_key, key_text
from gait_engine.registry.manifest import pack_digest
from tests.support import process
from tests.support.hosts import FrozenHost
from tests.support.registries import (
    AUTHORITY,
    HOST,
    answer,
    ok,
    read,
    redirect,
    registry,
    signed,
    spelled,
)

Gait = Callable[..., Any]

FROM_FILE = ("registry", "install", "m.json", "--cache-dir", "cache", "--public-key", "pub.key")


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    """The publisher's key; `pub.key` and a signed `m.json` lie in the folder."""
    made = generate_key(frozen_host)
    (frozen_host.cwd / "pub.key").write_bytes(key_text(made.public_key))
    (frozen_host.cwd / "m.json").write_bytes(spelled(signed(made)))
    return made


def digest_of(key: SigningKey, **fields: Any) -> str:
    return pack_digest(read(signed(key, **fields)))


def test_install_list_and_verify_say_what_they_did(gait: Gait, key: SigningKey) -> None:
    digest = digest_of(key)
    path = f"cache/baseline/1.2.0/{digest}/registry_pack.json"
    said = gait(*FROM_FILE)
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "installed: manifest of baseline 1.2.0",
        f"  digest    sha256:{digest}",
        "  publisher acme",
        f"  manifest  {path}",
        "  pin       cache/pins/baseline.pin",
    ]
    said = gait("registry", "list", "--cache-dir", "cache")
    assert said.stdout.splitlines() == [
        "registry list: packs=1, signatures not checked",
        "  baseline 1.2.0  pinned",
        f"    digest    sha256:{digest}",
        f"    manifest  {path}",
    ]
    said = gait("registry", "verify", path, "--public-key", "pub.key", "--report-out", "r.json")
    assert said.exit_code == 0
    assert said.stdout.splitlines() == [
        "VERIFIED",
        "  pack      baseline 1.2.0",
        f"  digest    sha256:{digest}",
        f"  manifest  {path}",
        "  signature verified",
        "  pin       this pack, by cache/pins/baseline.pin",
        "  publisher acme",
        "written: r.json",
    ]


def test_json_has_the_fields_of_the_contract(gait: Gait, key: SigningKey) -> None:
    told = json.loads(gait(*FROM_FILE, "--json").stdout)
    assert told.keys() == {
        *("ok", "correlation_id", "source", "pack_name", "pack_version", "digest"),
        *("publisher", "pack_source", "metadata_path", "pin_path"),
    }
    told = json.loads(gait("registry", "list", "--cache-dir", "cache", "--json").stdout)
    assert told["packs"][0]["pin_verified"] is True
    told = json.loads(gait("registry", "list", "--json").stdout)
    assert told.keys() == {"ok", "correlation_id"}


def test_a_pack_that_fails_says_in_what(gait: Gait, key: SigningKey, tmp_path: Path) -> None:
    other = generate_key(FrozenHost(tmp_path))
    (tmp_path / "other.key").write_bytes(key_text(generate_key(FrozenHost(tmp_path)).public_key))
    assert other.key_id == key.key_id
    gait(*FROM_FILE)
    (tmp_path / "cache/pins/baseline.pin").write_text("")
    line = ("registry", "verify", "--path", "m.json", "--public-key", "pub.key")
    said = gait(*line)
    assert (said.exit_code, said.stdout.splitlines()[0]) == (0, "VERIFIED")
    assert "  pin       not looked for: " in said.stdout
    said = gait(*line, "--cache-dir", "cache", "--publisher-allowlist", "zed")
    assert (said.exit_code, said.stderr) == (2, "")
    assert said.stdout.startswith("FAILED: this pack must not be trusted\n")
    assert "  pin       another: cache/pins/baseline.pin says nothing\n" in said.stdout
    assert "  publisher acme: not on the list of publishers\n" in said.stdout
    said = gait(*line, "--cache-dir", "none")
    assert "  pin       none at none/pins/baseline.pin\n" in said.stdout
    (tmp_path / "m.json").write_bytes(spelled(signed(key, publisher="") | {"use_case": "x"}))
    said = gait(*line)
    assert "  signature signature 1 of 1: signed_digest: " in said.stdout
    assert "  publisher none\n" in said.stdout


def test_a_listed_pack_that_is_not_the_pinned_one_says_so(
    gait: Gait, key: SigningKey, tmp_path: Path
) -> None:
    gait(*FROM_FILE)
    (tmp_path / "m.json").write_bytes(spelled(signed(key, pack_version="2", publisher="")))
    assert "publisher" not in gait(*FROM_FILE).stdout
    said = gait("registry", "list", "--cache-dir", "cache")
    assert "  baseline 1.2.0  not pinned\n" in said.stdout
    assert "  baseline 2  pinned\n" in said.stdout


@pytest.mark.parametrize(
    ("options", "exit_code", "code"),
    [
        (["--pin", "0" * 64], 2, "verification_failed"),
        (["--publisher-allowlist", "zed"], 2, "verification_failed"),
        (["--public-key-env", "K"], 6, "invalid_input"),
        (["--retry-max-attempts", "1_0"], 6, "invalid_input"),
        (["--retry-base-delay", "1d"], 6, "invalid_input"),
        (["--allow-insecure-http=1"], 6, "invalid_input"),
        (["--nope"], 6, "invalid_input"),
        (["--source", "m.json"], 6, "invalid_input"),
    ],
    ids=str,
)
def test_a_refusal_is_one_object_with_the_fix_and_writes_nothing(
    options: list[str], exit_code: int, code: str, gait: Gait, key: SigningKey, tmp_path: Path
) -> None:
    said = gait(*FROM_FILE, *options, "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["ok"], told["error_code"]) == (exit_code, False, code)
    assert told["error"]
    assert told["hint"]
    assert not (tmp_path / "cache").exists()
    text = gait(*FROM_FILE, *options)
    assert (text.exit_code, text.stdout) == (exit_code, "")
    assert "fix:   " in text.stderr


def test_a_hostile_manifest_reaches_no_terminal(
    gait: Gait, key: SigningKey, tmp_path: Path
) -> None:
    hostile = signed(key, pack_name='b"\u202e', publisher="\x1b[31macme", source="\u200b")
    (tmp_path / "m.json").write_bytes(spelled(hostile))
    shown = [
        gait(*FROM_FILE),
        gait(*FROM_FILE, "--json"),
        gait("registry", "list", "--cache-dir", "cache"),
        gait("registry", "verify", "m.json", "--public-key", "pub.key"),
        gait(*FROM_FILE, "--publisher-allowlist", "zed"),
    ]
    for said in shown:
        assert not {"\x1b", "\u202e", "\u200b"} & set(said.stdout + said.stderr)
    assert r"\u202e" in shown[0].stdout


def test_list_takes_no_target_and_explain_says_what_it_is_for(gait: Gait) -> None:
    assert gait("registry", "list", "x").exit_code == 6
    assert "the only command that opens a connection" in gait("registry", "--explain").stdout
    assert "registry install" in gait("registry").stdout


def test_a_switch_takes_no_value(gait: Gait, key: SigningKey) -> None:
    line = ("registry", "install", "--allow-insecure-http", "m.json", "--public-key", "pub.key")
    assert gait(*line, "--cache-dir", "cache", "--allow-cached-fallback=false").exit_code == 0


def test_a_process_of_its_own_installs_from_an_address(
    gait: Gait, key: SigningKey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    line = [word for word in FROM_FILE if word != "m.json"]
    line += ["--allow-host", HOST, "--retry-base-delay", "1ms"]
    env = {"SSL_CERT_FILE": str(AUTHORITY)}
    with registry(answer(503), redirect("/m"), ok(spelled(signed(key)))) as server:
        done = process.gait(*line, "--source", server.url(), cwd=tmp_path, env=env)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith("installed: manifest of baseline 1.2.0\n")
        server.replies_with(redirect("https://evil.example/"))
        done = process.gait(*line, server.url(), "--json", cwd=tmp_path, env=env)
        told = json.loads(done.stdout)
        assert (done.returncode, told["error_code"]) == (2, "redirect_not_allowed")
        server.replies_with(answer(404))
        digest = digest_of(key)
        line += ["--pin", digest, "--allow-cached-fallback"]
        done = process.gait(*line, server.url(), cwd=tmp_path, env=env)
        monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
        said = gait(*line, server.url())
    assert (done.returncode, said.stdout) == (0, done.stdout)
    assert said.stdout.endswith("did not answer; used what was installed before\n")


def test_the_manifest_among_the_examples_names_its_policy_by_digest() -> None:
    folder = process.ROOT / "examples/registry"
    (artifact,) = json.loads((folder / "manifest.json").read_bytes())["artifacts"]
    assert artifact["sha256"] == sha256((folder / artifact["path"]).read_bytes()).hexdigest()


def test_a_manifest_is_shown_as_it_is_digested(gait: Gait, key: SigningKey) -> None:
    shown = json.loads(gait("registry", "show", "m.json", "--json").stdout)
    assert (shown["digest"], shown["metadata_path"]) == (digest_of(key), "m.json")
    assert shown["pack"]["artifacts"] == [{"path": "policy.yaml", "sha256": "0" * 64}]
    said = gait("registry", "show", "m.json").stdout.splitlines()
    assert said[0] == "pack baseline 1.2.0, signatures not checked"
    assert f"  file      {'0' * 64}  policy.yaml" in said


def test_what_is_no_manifest_is_not_shown(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "m.json").write_bytes(spelled({"pack_name": "x"}))
    assert gait("registry", "show", "m.json").exit_code == 6
    assert gait("registry", "show", "none.json").exit_code == 6
    assert gait("registry", "show").exit_code == 6
