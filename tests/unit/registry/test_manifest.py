"""Reading the manifest of a registry pack (guard-doctor-registry.md G)."""

import json
from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract.registry import RegistryPack
from gait_engine.crypto.keys import generate_key
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.registry.manifest import manifest_bytes, pack_digest, parse_pack
from gait_engine.registry.signatures import signature_fault
from tests.support.hosts import FrozenHost
from tests.support.registries import read, signed, spelled, unsigned


def parsed(**fields: Any) -> RegistryPack:
    return read(unsigned(**fields))


def test_type_publisher_and_source_are_digested_trimmed_and_in_lower_case() -> None:
    loud = parsed(pack_type=" POLICY ", publisher="\tAcme", source="Official\u2003")
    assert (loud.pack_type, loud.publisher, loud.source) == ("policy", "acme", "official")
    assert pack_digest(loud) == pack_digest(parsed())
    assert pack_digest(parsed(risk_class="High")) != pack_digest(parsed(risk_class="high"))


def test_what_is_empty_counts_as_absent_but_artifacts() -> None:
    empty = parsed(
        compatibility=[], provenance={}, signatures=[], risk_class="", use_case=None, artifacts=None
    )
    assert empty.provenance is UNSET
    written = json.loads(manifest_bytes(empty))
    assert written["artifacts"] is None
    assert not written.keys() & {"compatibility", "provenance", "signatures", "risk_class"}
    assert pack_digest(empty) != pack_digest(parsed(compatibility=[], provenance={}, artifacts=[]))


def test_what_is_installed_is_read_as_the_same_pack() -> None:
    pack = parsed(provenance={"n": 1.50, "z": {"b": 1, "a": [None, "é"]}}, pack_name="名 前")
    assert b'"provenance":{"n":1.5,"z":{"a":[null,"\xc3\xa9"],"b":1}}' in manifest_bytes(pack)
    again = parse_pack(manifest_bytes(pack), "again")
    assert again == pack
    assert pack_digest(again) == pack_digest(pack)


def test_the_digest_covers_all_but_the_signatures(frozen_host: FrozenHost) -> None:
    manifest = signed(generate_key(frozen_host))
    digest = pack_digest(read(manifest))
    assert digest == manifest["signatures"][0]["signed_digest"]
    assert digest == pack_digest(read(manifest | {"signatures": []}))
    assert digest != pack_digest(read(manifest | {"use_case": "x"}))


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"schema_id": "gait.registry.packs"}, "$: schema"),
        ({"schema_version": "1.0"}, "$: schema"),
        ({"schema_id": None}, "$: schema"),
        ({"pack_name": " \u3000"}, "$.pack_name"),
        ({"pack_version": ""}, "$.pack_version"),
        ({"pack_type": "Skill", "publisher": ""}, "$.publisher"),
        ({"pack_type": "skill", "source": " "}, "$.source"),
        ({"pack_type": 1}, "$.pack_type"),
        ({"compatibility": "x"}, "$.compatibility"),
        ({"provenance": []}, "$.provenance"),
        ({"created_at": "yesterday"}, "$.created_at"),
    ],
    ids=str,
)
def test_what_is_no_manifest_is_bad_input_that_names_the_place(
    fields: dict[str, Any], found: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        parsed(**fields)
    assert found.removesuffix(": schema").removeprefix("$") in caught.value.message


@pytest.mark.parametrize("text", [b"", b"[]", b"{", b"null", b'{"provenance":{"n":1e400}}'])
def test_what_is_no_object_is_bad_input(text: bytes) -> None:
    with pytest.raises(InvalidInput):
        parse_pack(text, "m.json")


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("..", "path_unsafe"),
        (".", "path_unsafe"),
        ("a/b", "path_unsafe"),
        ("../escape", "path_unsafe"),
        ("a\\b", "path_unsafe"),
        ("a\x00", "path_unsafe"),
        ("a\n", "path_unsafe"),
        ("a\x7f", "path_unsafe"),
        ("a\x9b", "path_unsafe"),
    ],
)
@pytest.mark.parametrize("field", ["pack_name", "pack_version"])
def test_a_name_that_would_leave_its_folder_is_refused(field: str, name: str, code: str) -> None:
    with pytest.raises(VerificationFailed) as caught:
        parsed(**{field: name})
    assert (caught.value.code, caught.value.where) == (code, f"m.json $.{field}")
    assert [hazard.code for hazard in caught.value.hazards] == [code]


@pytest.mark.parametrize(
    "name", ["...", "a b", "..a", "pins", 'q"q', "é漢\u202e", " x", "v:1", "-"]
)
def test_every_other_name_is_a_name(name: str) -> None:
    assert parsed(pack_name=name, pack_version=name).pack_name == name


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'"pack_name": "evil", "pack_name":', "json_duplicate_key"),
        (b'"Pack_name": "evil", "pack_name":', "json_case_variant_key"),
        (b'"allow": true, "pack_name":', "json_unsigned_field"),
        (b'"risk_class": "\xff", "pack_name":', "json_lossy_text"),
        (b'"provenance": {"n": 9007199254740993}, "pack_name":', "json_lossy_number"),
        (b'"signatures": [{"alg": "x", "more": 1}], "pack_name":', "json_unsigned_field"),
    ],
)
def test_what_two_readers_could_read_differently_is_refused(text: bytes, code: str) -> None:
    manifest = unsigned()
    del manifest["provenance"]
    with pytest.raises(VerificationFailed) as caught:
        parse_pack(spelled(manifest).replace(b'"pack_name":', text), "m.json")
    assert caught.value.code == code


def test_keys_of_provenance_are_free() -> None:
    pack = parsed(provenance={"Pack_Name": 1, "pack_name": 2})
    assert b'"Pack_Name":1,"pack_name":2' in manifest_bytes(pack)


def test_one_valid_signature_is_enough(frozen_host: FrozenHost) -> None:
    ours, other = generate_key(frozen_host), generate_key(frozen_host)
    mine, foreign = signed(ours), signed(other)
    both = read(mine | {"signatures": foreign["signatures"] + mine["signatures"]})
    digest = pack_digest(both)
    assert signature_fault(both, digest, ours.public_key) == ""
    assert signature_fault(both, digest, other.public_key) == ""
    third = generate_key(frozen_host).public_key
    assert signature_fault(both, digest, third).startswith("signature 1 of 2: key_id")


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({}, ""),
        ({"key_id": ""}, ""),
        ({"key_id": "0" * 64}, "key_id"),
        ({"alg": "Ed25519"}, "alg"),
        ({"sig": "A" * 86 + "=="}, "sig"),
        ({"sig": "AAAA"}, "sig"),
        ({"signed_digest": "0" * 64}, "signed_digest"),
        ({"signed_digest": ""}, "signed_digest"),
    ],
    ids=str,
)
def test_a_signature_counts_only_as_a_whole(
    change: dict[str, str], fault: str, frozen_host: FrozenHost
) -> None:
    key = generate_key(frozen_host)
    manifest = signed(key)
    pack = read(manifest | {"signatures": [manifest["signatures"][0] | change]})
    assert fault in signature_fault(pack, pack_digest(pack), key.public_key)
    assert bool(fault) is bool(signature_fault(pack, pack_digest(pack), key.public_key))


def test_the_case_of_a_signed_digest_does_not_matter(frozen_host: FrozenHost) -> None:
    key = generate_key(frozen_host)
    manifest = signed(key)
    signature = manifest["signatures"][0]
    loud = signature | {"signed_digest": signature["signed_digest"].upper()}
    pack = read(manifest | {"signatures": [loud]})
    assert signature_fault(pack, pack_digest(pack), key.public_key) == ""
    assert signature_fault(read(unsigned()), pack_digest(pack), key.public_key).startswith(
        "the man"
    )
