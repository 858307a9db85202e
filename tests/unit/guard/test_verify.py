from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.contract.answers.verify import PackCheck
from gait_engine.contract.pack import PACK_MANIFEST, SOURCE_RUNPACK, GuardManifest
from gait_engine.crypto.keys import SigningKey, generate_key, parse_public_key
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.guard.verify import verify_pack
from gait_engine.store.zipwrite import build_zip
from tests.support.hosts import FrozenHost
from tests.support.packs import (
    PEERS,
    SUMMARY,
    embedding,
    entries,
    guard_manifest,
    packspec_manifest,
    runpack_members,
    signed,
    write_pack,
)
from tests.support.zipforge import Part, forge

MEMBERS = {SUMMARY: b'{"run_id":"run_demo"}', "trace_summary.json": b"{}"}
SIGNED_FIELDS = [
    field.name for field in msgspec.structs.fields(GuardManifest) if field.name != "signatures"
]


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    return generate_key(frozen_host)


@pytest.fixture
def pack(tmp_path: Path) -> Path:
    """Where a test writes its pack."""
    return tmp_path / "e.zip"


def refused(path: str, **options: Any) -> GaitError:
    with pytest.raises(VerificationFailed) as caught:
        verify_pack(path, **options)
    return caught.value


def found_in_spite(error: GaitError) -> PackCheck:
    assert isinstance(error.answer, PackCheck)
    return error.answer


def test_a_pack_of_the_peer_verifies_with_its_key() -> None:
    key = parse_public_key((PEERS / "k.pub").read_bytes(), "k.pub")
    check = verify_pack(str(PEERS / "e.zip"), shown="e.zip", key=key, required=True)
    assert msgspec.to_builtins(check) == {
        "ok": True,
        "path": "e.zip",
        "pack_id": "pack_2f87eec6e8bacef5",
        "run_id": "run_c1",
        "files_checked": 4,
        "signature_status": "verified",
        "signatures_total": 1,
        "signatures_valid": 1,
    }


def test_a_signed_pack_without_a_key_is_skipped_and_passes() -> None:
    check = verify_pack(str(PEERS / "e.zip"))
    assert (check.ok, check.signature_status, len(check.signature_errors)) == (True, "skipped", 1)


def test_an_unsigned_pack_passes_unless_a_signature_is_required(pack: Path) -> None:
    path = write_pack(pack, guard_manifest(MEMBERS), MEMBERS)
    lax, strict = verify_pack(path), verify_pack(path, required=True)
    assert (lax.ok, lax.signature_status, lax.signature_errors) == (True, "missing", ())
    assert (strict.ok, strict.signature_status) == (False, "missing")
    assert len(strict.signature_errors) == 1


def test_one_valid_signature_is_enough_and_the_fault_of_the_other_is_listed(
    frozen_host: FrozenHost, key: SigningKey, pack: Path
) -> None:
    manifest = signed(guard_manifest(MEMBERS), generate_key(frozen_host), key)
    check = verify_pack(write_pack(pack, manifest, MEMBERS), key=key.public_key, required=True)
    assert (check.ok, check.signatures_total, check.signatures_valid) == (True, 2, 1)
    assert len(check.signature_errors) == 1


def test_the_signature_of_another_key_fails_even_where_none_is_required(
    frozen_host: FrozenHost, key: SigningKey, pack: Path
) -> None:
    manifest = signed(guard_manifest(MEMBERS), generate_key(frozen_host))
    check = verify_pack(write_pack(pack, manifest, MEMBERS), key=key.public_key)
    assert (check.ok, check.signature_status) == (False, "failed")


@pytest.mark.parametrize("field", SIGNED_FIELDS)
def test_no_field_of_the_manifest_can_change_under_the_signature(
    field: str, key: SigningKey, pack: Path
) -> None:
    window = {"from": "2026-02-04T12:00:00Z", "to": "2026-02-06T12:00:00Z", "window_seconds": 9}
    full = guard_manifest(
        MEMBERS,
        case_id="case-1",
        control_index=[{"control_id": "CC6.6", "title": "t", "evidence_paths": [SUMMARY]}],
        evidence_pointers=[{"pointer_id": "ev_001", "path": SUMMARY, "type": "runpack"}],
        incident_window=window,
        rendered_artifacts=[{"format": "pdf", "path": "summary.pdf"}],
    )
    manifest = signed(full, key)
    assert verify_pack(write_pack(pack, manifest, MEMBERS), key=key.public_key).ok

    empty = getattr(GuardManifest(), field)
    if field == "contents":
        empty = tuple(reversed(manifest.contents or ()))
    changed = msgspec.structs.replace(manifest, **{field: empty})
    check = verify_pack(write_pack(pack, changed, MEMBERS), key=key.public_key)

    assert (check.ok, check.signature_status) == (False, "failed")


def test_missing_and_changed_members_are_listed_in_order(pack: Path) -> None:
    recorded = dict.fromkeys("dcba", b"recorded")
    found = {"a": b"recorded", "b": b"changed", "d": b"changed"}
    check = verify_pack(write_pack(pack, guard_manifest(recorded), found))
    assert (check.ok, check.files_checked, check.missing_files) == (False, 4, ("c",))
    assert [mismatch.path for mismatch in check.hash_mismatches] == ["b", "d"]
    assert check.hash_mismatches[0].expected != check.hash_mismatches[0].actual


def test_a_digest_may_be_spelled_in_upper_case(pack: Path) -> None:
    upper = [
        msgspec.structs.replace(entry, sha256=entry.sha256.upper()) for entry in entries(MEMBERS)
    ]
    assert verify_pack(write_pack(pack, guard_manifest(MEMBERS, contents=upper), MEMBERS)).ok


def test_an_unlisted_member_is_refused_and_the_rest_is_still_told(pack: Path) -> None:
    error = refused(write_pack(pack, guard_manifest(MEMBERS), {**MEMBERS, "evil.txt": b""}))
    assert error.code == "zip_unlisted_entry"
    check = found_in_spite(error)
    assert (check.ok, check.files_checked, check.pack_id) == (False, 2, "pack_0123456789abcdef")


@pytest.mark.parametrize("contents", [None, []], ids=["null", "empty"])
def test_a_pack_without_contents_is_refused(contents: list[Any] | None, pack: Path) -> None:
    manifest = msgspec.to_builtins(guard_manifest({})) | {"contents": contents}
    pack.write_bytes(b"".join(build_zip({PACK_MANIFEST: msgspec.json.encode(manifest)})))
    error = refused(str(pack))
    assert error.code == "verification_failed"
    assert not found_in_spite(error).ok


def test_a_member_listed_twice_is_refused(pack: Path) -> None:
    twice = [*entries(MEMBERS), entries(MEMBERS)[0]]
    error = refused(write_pack(pack, guard_manifest(MEMBERS, contents=twice), MEMBERS))
    assert error.code == "manifest_path_repeated"


@pytest.mark.parametrize(
    ("manifest", "extra"),
    [
        (guard_manifest(MEMBERS), {"note": "x"}),
        (guard_manifest(MEMBERS), {"pack_type": "run"}),
        (guard_manifest(MEMBERS), {"incident_window": {"note": "x"}}),
        (packspec_manifest(MEMBERS), {"note": "x"}),
        (packspec_manifest(MEMBERS), {"run_id": "run_demo"}),
        (packspec_manifest(MEMBERS, schema_id="x"), {}),
    ],
    ids=[
        *("guard, unknown", "guard, of PackSpec", "guard, nested"),
        *("PackSpec, unknown", "PackSpec, of guard", "PackSpec under another name"),
    ],
)
def test_a_field_that_the_named_schema_does_not_know_is_refused(
    manifest: msgspec.Struct, extra: dict[str, Any], pack: Path
) -> None:
    error = refused(write_pack(pack, manifest, MEMBERS, **extra))
    assert error.code == "json_unsigned_field"
    assert found_in_spite(error).files_checked == 2


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        (b'"pack_id":"pack_0","pack_id":', "json_duplicate_key"),
        (b'"PACK_ID":"pack_0","pack_id":', "json_case_variant_key"),
        (b'"case_id":"\\udc00","pack_id":', "json_lossy_text"),
        (b'"incident_window":{"window_seconds":9007199254740993},"pack_id":', "json_lossy_number"),
    ],
)
def test_a_manifest_that_readers_could_read_differently_is_refused(
    spoiled: bytes, code: str, pack: Path
) -> None:
    text = msgspec.json.encode(guard_manifest(MEMBERS)).replace(b'"pack_id":', spoiled)
    pack.write_bytes(b"".join(build_zip({PACK_MANIFEST: text, **MEMBERS})))
    assert refused(str(pack)).code == code


def test_a_repeated_entry_is_refused_before_anything_is_read(pack: Path) -> None:
    pack.write_bytes(forge(Part(PACK_MANIFEST, b"no json"), Part("a"), Part("a")))
    assert refused(str(pack)).answer is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no archive",
        forge(Part("manifest.json", b"{}")),
        forge(Part(PACK_MANIFEST, b"no json")),
        forge(Part(PACK_MANIFEST, b"[]")),
        forge(Part(PACK_MANIFEST, b'{"run_id":5}')),
        forge(Part(PACK_MANIFEST, b'{"incident_window":{"window_seconds":99999999999999999999}}')),
        forge(Part(PACK_MANIFEST, b"{}", central={"crc": 1})),
    ],
)
def test_what_is_no_readable_pack_is_invalid_input(data: bytes, pack: Path) -> None:
    pack.write_bytes(data)
    with pytest.raises(InvalidInput):
        verify_pack(str(pack))


def test_a_runpack_is_no_pack_and_the_hint_names_the_command_for_it() -> None:
    with pytest.raises(InvalidInput, match=r"no pack_manifest\.json inside") as caught:
        verify_pack(str(PEERS / "run.zip"))
    assert caught.value.hint.endswith("gait verify")


def test_a_packspec_pack_passes_without_a_key_and_fails_with_one(
    frozen_host: FrozenHost, key: SigningKey, pack: Path
) -> None:
    """The signed digest is that of the guard form, which a PackSpec signature never covers."""
    from gait_engine.crypto.sign import sign_digest
    from gait_engine.wire.canonical import canonical_record
    from gait_engine.wire.digest import sha256_hex

    members = embedding(runpack_members(frozen_host))
    bare = packspec_manifest(members)
    signature = sign_digest(sha256_hex(canonical_record(bare)), key)
    path = write_pack(pack, msgspec.structs.replace(bare, signatures=(signature,)), members)

    unchecked = verify_pack(path)
    checked = verify_pack(path, key=key.public_key)

    assert (unchecked.ok, unchecked.signature_status, unchecked.run_id) == (True, "skipped", "")
    assert (checked.ok, checked.signature_status) == (False, "failed")


def changed_member(members: dict[str, bytes]) -> bytes:
    return b"".join(build_zip({**members, "intents.jsonl": b""}))


def without_member(members: dict[str, bytes]) -> bytes:
    return b"".join(build_zip({k: v for k, v in members.items() if k != "refs.json"}))


def with_unlisted_member(members: dict[str, bytes]) -> bytes:
    return b"".join(build_zip({**members, "evil.txt": b""}))


def with_edited_manifest(members: dict[str, bytes]) -> bytes:
    edited = members["manifest.json"].replace(b"run_demo", b"run_evil")
    return b"".join(build_zip({**members, "manifest.json": edited}))


def with_unlisted_data(members: dict[str, bytes]) -> bytes:
    manifest = msgspec.json.decode(members["manifest.json"]) | {"files": []}
    only = {"manifest.json": msgspec.json.encode(manifest)}
    return b"".join(build_zip(only))


def cut_off(members: dict[str, bytes]) -> bytes:
    return b"".join(build_zip(members))[:-30]


def no_archive(_members: dict[str, bytes]) -> bytes:
    return b""


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (changed_member, "verification_failed"),
        (without_member, "verification_failed"),
        (with_edited_manifest, "verification_failed"),
        (with_unlisted_data, "verification_failed"),
        (with_unlisted_member, "zip_unlisted_entry"),
        (cut_off, "verification_failed"),
        (no_archive, "verification_failed"),
    ],
)
def test_a_pack_is_refused_when_the_runpack_inside_is_not_whole(
    spoil: Any, code: str, frozen_host: FrozenHost, pack: Path
) -> None:
    """The pack's own digest of it is right: it was packed like that."""
    members = {SUMMARY: b"{}", SOURCE_RUNPACK: spoil(runpack_members(frozen_host))}
    error = refused(write_pack(pack, packspec_manifest(members), members))
    assert error.code == code
    assert SOURCE_RUNPACK in error.where
    assert (found_in_spite(error).ok, found_in_spite(error).files_checked) == (False, 2)


def test_a_whole_runpack_inside_an_evidence_pack_passes(
    frozen_host: FrozenHost, pack: Path
) -> None:
    members = embedding(runpack_members(frozen_host))
    assert verify_pack(write_pack(pack, guard_manifest(members), members)).ok


def test_a_hazard_of_the_runpack_inside_is_named_with_its_place(
    frozen_host: FrozenHost, pack: Path
) -> None:
    runpack = runpack_members(frozen_host)
    parts = [Part(name, body) for name, body in sorted(runpack.items())]
    members = {SOURCE_RUNPACK: forge(*parts, suffix=b"more")}
    error = refused(write_pack(pack, packspec_manifest(members), members))
    assert error.code == "zip_trailing_data"
    assert {hazard.where for hazard in error.hazards} == {f"{pack}!{SOURCE_RUNPACK}"}
