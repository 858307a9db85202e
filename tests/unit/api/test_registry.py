"""Installing, listing and verifying registry packs."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import registry as api
from gait_engine.api.envelope import exit_code
from gait_engine.contract.answers.registry import RegistryInstallAnswer, RegistryVerifyAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import SigningKey, generate_key, key_text
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.registry.manifest import manifest_bytes, pack_digest
from tests.support.hosts import FrozenHost
from tests.support.registries import (
    AUTHORITY,
    HOST,
    Registry,
    answer,
    ok,
    read,
    redirect,
    registry,
    signed,
    spelled,
    unsigned,
)
from tests.support.runs import Json

PUBLIC = KeySources(public_key="pub.key")
CACHE = "cache"


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    """The publisher's key, its public half in `pub.key`."""
    made = generate_key(frozen_host)
    (frozen_host.cwd / "pub.key").write_bytes(key_text(made.public_key))
    return made


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registry]:
    monkeypatch.setenv("SSL_CERT_FILE", str(AUTHORITY))
    with registry() as running:
        yield running


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def install(
    host: FrozenHost, source: str = "m.json", keys: KeySources = PUBLIC, **options: Any
) -> RegistryInstallAnswer:
    request = api.InstallRequest(**{"cache_dir": CACHE} | options)
    return api.install(source, request, keys=keys, host=host)


def put(host: FrozenHost, manifest: Json, name: str = "m.json") -> str:
    """Write a manifest and return the digest it has."""
    (host.cwd / name).write_bytes(spelled(manifest))
    return pack_digest(read(manifest))


def refused(host: FrozenHost, *args: Any, **options: Any) -> GaitError:
    """Install, expect a refusal with exit 2, and that nothing was written anywhere."""
    before = tree(host.cwd)
    with pytest.raises(VerificationFailed) as caught:
        install(host, *args, **options)
    assert tree(host.cwd) == before
    return caught.value


def test_a_signed_manifest_is_installed_and_pinned(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    answered = install(frozen_host, " m.json ")
    folder = f"cache/baseline/1.2.0/{digest}"
    assert answered == RegistryInstallAnswer(
        ok=True,
        source="m.json",
        pack_name="baseline",
        pack_version="1.2.0",
        digest=digest,
        publisher="acme",
        pack_source="official",
        metadata_path=f"{folder}/registry_pack.json",
        pin_path="cache/pins/baseline.pin",
    )
    assert tree(frozen_host.cwd / "cache") == {
        f"baseline/1.2.0/{digest}/registry_pack.json": manifest_bytes(read(signed(key))),
        "pins/baseline.pin": f"sha256:{digest}\n".encode(),
    }


def test_what_is_installed_is_for_its_owner_alone(key: SigningKey, frozen_host: FrozenHost) -> None:
    put(frozen_host, signed(key))
    answered = install(frozen_host)
    if os.name != "nt":
        for path in (answered.metadata_path, answered.pin_path):
            assert (frozen_host.cwd / path).stat().st_mode & 0o777 == 0o600
        assert (frozen_host.cwd / "cache/pins").stat().st_mode & 0o777 == 0o750


def test_the_next_version_moves_the_pin(key: SigningKey, frozen_host: FrozenHost) -> None:
    first = put(frozen_host, signed(key))
    install(frozen_host)
    second = put(frozen_host, signed(key, pack_version="1.10.0"))
    install(frozen_host)
    pin = (frozen_host.cwd / "cache/pins/baseline.pin").read_text()
    assert pin == f"sha256:{second}\n"
    packs = api.list_all(host=frozen_host, cache_dir=CACHE).packs
    assert [(p.pack_version, p.digest, p.pin_verified) for p in packs] == [
        ("1.10.0", second, True),
        ("1.2.0", first, False),
    ]


def test_the_cache_of_the_home_folder_is_the_usual_one(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    answered = install(frozen_host, cache_dir=" ")
    assert answered.pin_path == f"{frozen_host.home}/.gait/registry/pins/baseline.pin"
    assert len(api.list_all(host=frozen_host).packs) == 1


def test_a_private_key_stands_for_its_public_half(frozen_host: FrozenHost) -> None:
    made = generate_key(frozen_host)
    (frozen_host.cwd / "priv.key").write_bytes(key_text(made.private_bytes))
    put(frozen_host, signed(made))
    assert install(frozen_host, keys=KeySources(private_key="priv.key")).ok


@pytest.mark.parametrize(
    ("keys", "options"),
    [
        (KeySources(), {}),
        (KeySources(public_key="gone.key"), {}),
        (KeySources(public_key="pub.key", public_key_env="K"), {}),
        (PUBLIC, {"retry_max_attempts": "0x3"}),
        (PUBLIC, {"retry_max_attempts": ""}),
        (PUBLIC, {"retry_max_attempts": "1" * 30}),
        (PUBLIC, {"retry_max_attempts": "³"}),
        (PUBLIC, {"retry_base_delay": "soon"}),
        (PUBLIC, {"source": " "}),
    ],
    ids=str,
)
def test_keys_and_options_that_cannot_be_used_are_bad_input(
    keys: KeySources, options: dict[str, str], key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    before = tree(frozen_host.cwd)
    with pytest.raises(InvalidInput) as caught:
        install(frozen_host, keys=keys, **options)
    assert caught.value.exit_code == 6
    assert tree(frozen_host.cwd) == before


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b"\xff", b"null"])
def test_what_is_no_manifest_is_a_failed_verification(
    text: bytes, key: SigningKey, frozen_host: FrozenHost
) -> None:
    (frozen_host.cwd / "m.json").write_bytes(text)
    assert refused(frozen_host).where.startswith("m.json")


def test_a_manifest_that_is_not_there_is_a_failed_verification(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    assert "'gone.json'" in refused(frozen_host, "gone.json").message
    assert "no such file" in refused(frozen_host, "ftp://a/b").message
    (frozen_host.cwd / "folder").mkdir()
    assert "a folder" in refused(frozen_host, "folder").message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name here")
def test_a_pipe_is_refused_before_it_is_opened(key: SigningKey, frozen_host: FrozenHost) -> None:
    os.mkfifo(frozen_host.cwd / "pipe")
    with pytest.raises(InvalidInput) as caught:
        install(frozen_host, "pipe")
    assert caught.value.code == "path_unsafe"


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"signatures": []}, "not signed"),
        ({"use_case": "more"}, "signed_digest"),
        ({"publisher": "zed"}, "signed_digest"),
        ({"artifacts": []}, "signed_digest"),
    ],
    ids=str,
)
def test_there_is_no_unsigned_mode(
    change: Json, found: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key) | change)
    assert found in refused(frozen_host).message


def test_a_manifest_of_another_key_is_refused(frozen_host: FrozenHost, key: SigningKey) -> None:
    put(frozen_host, signed(generate_key(frozen_host)))
    assert "key_id" in refused(frozen_host).message


def test_a_publisher_must_be_on_the_list_if_there_is_one(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key, publisher="Acme"))
    said = refused(frozen_host, publisher_allowlist="zed, acm").message
    assert "'acme', expected one of 'acm', 'zed'" in said
    assert install(frozen_host, publisher_allowlist="zed, ACME ,").ok
    put(frozen_host, signed(key, publisher=""))
    assert "publisher" in refused(frozen_host, publisher_allowlist="acme").message
    assert install(frozen_host, publisher_allowlist=" , ").ok


def test_a_pin_must_be_the_digest(key: SigningKey, frozen_host: FrozenHost) -> None:
    digest = put(frozen_host, signed(key))
    assert "expected the pinned 000" in refused(frozen_host, pin="0" * 64).message
    for pin in (digest, f"sha256:{digest}", f" SHA256:{digest.upper()} ", " "):
        assert install(frozen_host, pin=pin).digest == digest


@pytest.mark.parametrize("pin", ["*", "../..", "sha256:", "0" * 63, "g" * 64, "sha512:" + "0" * 64])
def test_a_pin_that_is_no_digest_is_refused(
    pin: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    assert "option --pin" in refused(frozen_host, pin=pin).message


@pytest.mark.parametrize("field", ["pack_name", "pack_version"])
@pytest.mark.parametrize("name", ["../escape", "..", ".", "/abs", "a/../../b", "a\\b", "a\x1b[2J"])
def test_a_signed_name_that_escapes_writes_nothing_anywhere(
    field: str, name: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    below = FrozenHost(frozen_host.cwd / "a/b")
    below.cwd.mkdir(parents=True)
    (below.cwd / "m.json").write_bytes(spelled(signed(key) | {field: name}))
    before = tree(frozen_host.cwd)
    error = refused(below, keys=KeySources(public_key="../../pub.key"))
    assert (error.code, error.where) == ("path_unsafe", f"m.json $.{field}")
    assert tree(frozen_host.cwd) == before


@pytest.mark.parametrize("field", ["pack_name", "pack_version"])
def test_a_name_too_long_for_a_file_writes_nothing(
    field: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key, **{field: "n" * 256}))
    refused(frozen_host)


def test_a_name_too_long_for_its_pin_alone_writes_nothing(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key, pack_name="n" * 254))
    refused(frozen_host)


@pytest.mark.parametrize("link", ["cache/baseline", "cache/pins", "cache/baseline/1.2.0"])
def test_a_link_in_the_cache_leads_nothing_out_of_it(
    link: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    (frozen_host.cwd / "elsewhere").mkdir()
    (frozen_host.cwd / link).parent.mkdir(parents=True)
    (frozen_host.cwd / link).symlink_to(frozen_host.cwd / "elsewhere")
    assert refused(frozen_host).code == "path_unsafe"
    assert list((frozen_host.cwd / "elsewhere").iterdir()) == []


def test_a_cache_that_is_itself_a_link_is_used(key: SigningKey, frozen_host: FrozenHost) -> None:
    put(frozen_host, signed(key))
    (frozen_host.cwd / "disk").mkdir()
    (frozen_host.cwd / CACHE).symlink_to("disk")
    assert install(frozen_host).ok
    assert (frozen_host.cwd / "disk/pins/baseline.pin").is_file()


@pytest.mark.parametrize("taken", ["cache", "cache/pins", "cache/baseline"])
def test_a_file_where_a_folder_must_be_writes_nothing(
    taken: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    (frozen_host.cwd / taken).parent.mkdir(exist_ok=True)
    (frozen_host.cwd / taken).write_bytes(b"x")
    assert refused(frozen_host).code == "verification_failed"


def test_a_folder_where_the_pin_must_be_writes_no_manifest(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    (frozen_host.cwd / "cache/pins/baseline.pin").mkdir(parents=True)
    assert "a folder" in refused(frozen_host).message


def test_a_pack_called_pins_is_installed_and_never_listed(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key, pack_name="pins"))
    answered = install(frozen_host)
    assert answered.pin_path == "cache/pins/pins.pin"
    assert api.list_all(host=frozen_host, cache_dir=CACHE).packs == ()


# From a registry that is asked over the network.


def test_a_manifest_is_installed_from_an_address(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    manifest = signed(key)
    server.replies_with(redirect("/now.json"), ok(spelled(manifest)))
    answered = install(frozen_host, server.url(), allow_host=f"a.example, {HOST}")
    assert answered.source == server.url()
    assert answered.digest == pack_digest(read(manifest))
    assert (frozen_host.cwd / answered.metadata_path).is_file()


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"<html>", b"\x1f\x8b\x08", spelled(unsigned()), b"[" * 5000],
    ids=["nothing", "cut", "html", "gzip", "unsigned", "deep"],
)
def test_a_wrong_body_writes_nothing(
    body: bytes, server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    server.replies_with(ok(body))
    assert refused(frozen_host, server.url(), allow_host=HOST).exit_code == 2


def test_a_swapped_manifest_is_told_from_the_pinned_one(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    wanted = pack_digest(read(signed(key)))
    server.replies_with(ok(spelled(signed(key, pack_version="0.9.0"))))
    said = refused(frozen_host, server.url(), allow_host=HOST, pin=wanted)
    assert f"expected the pinned {wanted}" in said.message


def test_an_address_needs_a_list_of_hosts(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    error = refused(frozen_host, server.url())
    assert error.hint == "add --allow-host 127.0.0.1"
    assert server.requests == []


def test_a_redirect_to_another_host_writes_nothing_even_with_a_cached_copy(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    install(frozen_host)
    server.replies_with(redirect("https://evil.example/"))
    options: Json = {"allow_host": HOST, "pin": digest, "allow_cached_fallback": True}
    assert refused(frozen_host, server.url(), **options).code == "redirect_not_allowed"


@pytest.mark.parametrize(
    "reply", [answer(404), answer(503), ok(b"x" * 6_000_000)], ids=["404", "503", "too much"]
)
def test_an_installed_copy_stands_in_if_it_is_asked_for_by_digest(
    reply: bytes, server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    first = install(frozen_host)
    put(frozen_host, signed(key, pack_version="2"))
    install(frozen_host)
    server.replies_with(reply)
    options: Json = {"allow_host": HOST, "allow_cached_fallback": True}
    again = install(frozen_host, server.url(), pin=digest.upper(), **options)
    assert (again.fallback_used, again.fallback_path) == (True, first.metadata_path)
    assert again.digest == digest
    assert (frozen_host.cwd / again.pin_path).read_text() == f"sha256:{digest}\n"
    for pin in ("", "0" * 64):
        assert refused(frozen_host, server.url(), pin=pin, **options)
    refused(frozen_host, server.url(), pin=digest, allow_host=HOST)


def test_an_installed_copy_that_was_changed_does_not_stand_in(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    path = frozen_host.cwd / install(frozen_host).metadata_path
    path.write_bytes(path.read_bytes().replace(b"policy.yaml", b"evil00.yaml"))
    server.replies_with(answer(404))
    options: Json = {"allow_host": HOST, "allow_cached_fallback": True, "pin": digest}
    assert "expected the pinned" in refused(frozen_host, server.url(), **options).message


def test_a_negative_or_no_number_of_tries_is_three(
    server: Registry, key: SigningKey, frozen_host: FrozenHost
) -> None:
    server.replies_with(answer(503))
    for attempts, delay in (("0", "0s"), ("-7", "-1h")):
        refused(
            frozen_host,
            server.url(),
            allow_host=HOST,
            retry_max_attempts=attempts,
            retry_base_delay=delay,
        )
    assert len(server.requests) == 6
    assert frozen_host.monotonic() == pytest.approx(FrozenHost(Path()).monotonic() + 2 * 0.675)


# Listing.


def test_a_cache_that_is_not_there_is_empty_and_a_file_is_no_cache(
    frozen_host: FrozenHost,
) -> None:
    assert api.list_all(host=frozen_host, cache_dir="gone").packs == ()
    (frozen_host.cwd / "file").write_bytes(b"")
    with pytest.raises(InvalidInput):
        api.list_all(host=frozen_host, cache_dir="file")


def test_what_cannot_be_read_or_must_be_refused_is_left_out_of_the_list(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    good = install(frozen_host)
    cache = frozen_host.cwd / CACHE
    for name, text in (
        ("broken", b"{"),
        ("climbs", spelled(unsigned(pack_name="../x"))),
        ("twice", spelled(unsigned()).replace(b'"pack_name":', b'"pack_name":"y","pack_name":')),
    ):
        (cache / name / "1/d").mkdir(parents=True)
        (cache / name / "1/d/registry_pack.json").write_bytes(text)
    (cache / "folder/1/d/registry_pack.json").mkdir(parents=True)
    (cache / "linked").symlink_to(cache / "baseline")
    (cache / "stray.txt").write_bytes(b"")
    listed = api.list_all(host=frozen_host, cache_dir="./cache/").packs
    assert [pack.metadata_path for pack in listed] == [good.metadata_path]


def test_names_come_from_the_manifest_and_pins_from_their_names(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    moved = frozen_host.cwd / "cache/other/9/x"
    moved.mkdir(parents=True)
    (moved / "registry_pack.json").write_bytes(spelled(unsigned()))
    (row,) = api.list_all(host=frozen_host, cache_dir=CACHE).packs
    assert (row.pack_name, row.digest, row.pin_path, row.pin_verified) == (
        "baseline",
        digest,
        "cache/pins/baseline.pin",
        False,
    )
    assert row.pin_digest == ""
    pin = frozen_host.cwd / "cache/pins/baseline.pin"
    pin.mkdir(parents=True)
    (row,) = api.list_all(host=frozen_host, cache_dir=CACHE).packs
    assert (row.pin_path, row.pin_digest) == ("cache/pins/baseline.pin", "")
    pin.rmdir()
    pin.write_text(f" SHA256:{digest.upper()}\n\n", encoding="utf-8")
    (row,) = api.list_all(host=frozen_host, cache_dir=CACHE).packs
    assert (row.pin_digest, row.pin_verified) == (f"SHA256:{digest.upper()}", True)


# Verifying.


def verify(
    host: FrozenHost, path: str, keys: KeySources = PUBLIC, **options: Any
) -> RegistryVerifyAnswer:
    return api.verify(path, keys=keys, host=host, **options)


def test_what_was_installed_verifies_with_its_pin(key: SigningKey, frozen_host: FrozenHost) -> None:
    put(frozen_host, signed(key))
    installed = install(frozen_host)
    answered = verify(frozen_host, installed.metadata_path)
    assert (answered.ok, answered.digest) == (True, installed.digest)
    assert answered.signature_verified
    assert answered.pin_verified
    assert answered.publisher_allowed
    assert answered.pin_path == installed.pin_path
    absolute = verify(frozen_host, str(frozen_host.cwd / installed.metadata_path))
    assert absolute.pin_path == (frozen_host.cwd / installed.pin_path).as_posix()


def test_an_older_version_fails_by_the_pin(key: SigningKey, frozen_host: FrozenHost) -> None:
    put(frozen_host, signed(key))
    old = install(frozen_host)
    put(frozen_host, signed(key, pack_version="2"))
    new = install(frozen_host)
    answered = verify(frozen_host, old.metadata_path)
    assert (answered.ok, answered.pin_present, answered.pin_verified) == (False, True, False)
    assert answered.pin_digest == f"sha256:{new.digest}"
    assert exit_code(answered) == 2
    assert answered.error == ""


def test_a_pin_is_looked_for_in_the_cache_that_is_named_or_in_that_around_the_manifest(
    key: SigningKey, frozen_host: FrozenHost
) -> None:
    digest = put(frozen_host, signed(key))
    assert verify(frozen_host, "m.json").pin_path == ""
    assert verify(frozen_host, "m.json", cache_dir=" ").pin_path == ""
    installed = install(frozen_host)
    put(frozen_host, signed(key, pack_version="2"), "two.json")
    assert not verify(frozen_host, "two.json", cache_dir=CACHE).ok
    (frozen_host.cwd / installed.pin_path).unlink()
    answered = verify(frozen_host, "m.json", cache_dir=" ./cache/ ")
    assert (answered.ok, answered.pin_present) == (True, False)
    assert answered.pin_path == "cache/pins/baseline.pin"
    bare = frozen_host.cwd / f"baseline/1.2.0/{digest}"
    bare.mkdir(parents=True)
    (bare / "registry_pack.json").write_bytes(spelled(signed(key)))
    answered = verify(frozen_host, f"baseline/1.2.0/{digest}/registry_pack.json")
    assert answered.pin_path == "pins/baseline.pin"


@pytest.mark.parametrize("text", ["", "sha256:", "sha256:zz", "\x00"])
def test_a_pin_that_says_nothing_is_no_match(
    text: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    installed = install(frozen_host)
    (frozen_host.cwd / installed.pin_path).write_text(text, encoding="utf-8")
    answered = verify(frozen_host, installed.metadata_path)
    assert (answered.ok, answered.pin_present, answered.pin_verified) == (False, True, False)


@pytest.mark.parametrize("stands_there", ["folder", "dangling link", "pipe"])
def test_a_pin_that_cannot_be_read_is_not_taken_for_none(
    stands_there: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    installed = install(frozen_host)
    pin = frozen_host.cwd / installed.pin_path
    pin.unlink()
    if stands_there == "folder":
        pin.mkdir()
    elif stands_there == "pipe" and hasattr(os, "mkfifo"):
        os.mkfifo(pin)
    else:
        pin.symlink_to("gone")
    with pytest.raises(InvalidInput):
        verify(frozen_host, installed.metadata_path)


def test_a_report_says_why_a_pack_fails(key: SigningKey, frozen_host: FrozenHost) -> None:
    put(frozen_host, signed(key))
    path = install(frozen_host).metadata_path
    (frozen_host.cwd / "other.key").write_bytes(key_text(generate_key(frozen_host).public_key))
    (frozen_host.cwd / "cache/pins/baseline.pin").write_bytes(b"sha256:0\xff")
    answered = verify(
        frozen_host,
        path,
        keys=KeySources(public_key="other.key"),
        publisher_allowlist="zed",
        report_out=" out/r.json ",
    )
    assert (answered.ok, answered.report_path) == (False, "out/r.json")
    assert "key_id" in answered.signature_error
    report = json.loads((frozen_host.cwd / "out/r.json").read_bytes())
    assert report["created_at"] == "1980-01-01T00:00:00Z"
    assert report["status"] == "fail"
    assert report["failure_reasons"] == [
        "pin_mismatch",
        "publisher_not_allowed",
        "signature_not_verified",
    ]


@pytest.mark.parametrize(
    "out", ["m.json", "pub.key", "priv.key", "./sub/../m.json", "cache/pins/baseline.pin"]
)
def test_a_report_replaces_nothing_that_it_is_about(
    out: str, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    install(frozen_host)
    (frozen_host.cwd / "priv.key").write_bytes(key_text(key.private_bytes))
    before = tree(frozen_host.cwd)
    keys = KeySources(public_key="pub.key", private_key="priv.key")
    with pytest.raises(InvalidInput) as caught:
        verify(frozen_host, "m.json", keys=keys, cache_dir=CACHE, report_out=out)
    assert caught.value.code == "path_unsafe"
    assert tree(frozen_host.cwd) == before


def test_what_must_be_refused_gets_no_report(key: SigningKey, frozen_host: FrozenHost) -> None:
    text = spelled(signed(key)).replace(b'"pack_name":', b'"pack_name":"y","pack_name":')
    (frozen_host.cwd / "m.json").write_bytes(text)
    with pytest.raises(VerificationFailed) as caught:
        verify(frozen_host, "m.json", report_out="r.json")
    assert caught.value.code == "json_duplicate_key"
    assert not (frozen_host.cwd / "r.json").exists()


@pytest.mark.parametrize(
    ("path", "keys"), [("gone.json", PUBLIC), ("m.json", KeySources()), (" ", PUBLIC)]
)
def test_verifying_needs_a_file_and_a_key(
    path: str, keys: KeySources, key: SigningKey, frozen_host: FrozenHost
) -> None:
    put(frozen_host, signed(key))
    with pytest.raises(InvalidInput):
        verify(frozen_host, path, keys=keys)
