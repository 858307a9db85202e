"""Verifying an evidence pack: every listed member, the signatures, and the runpack inside.

Contract: guard-doctor-registry.md B; refusals: compat.md.
"""

import msgspec

from gait_engine.contract.answers.verify import HashMismatch, PackCheck
from gait_engine.contract.pack import (
    PACK_MANIFEST,
    PACKSPEC_SCHEMA,
    SOURCE_RUNPACK,
    GuardManifest,
    PackEntry,
    PackManifest,
)
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.runpack.manifest import repeated_paths
from gait_engine.runpack.signatures import SignatureVerdict, judge_signatures
from gait_engine.runpack.verify import verify_archive
from gait_engine.store.zipread import Archive, open_archive, open_nested, refusal, unlisted
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, same_digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record


def verify_pack(
    path: str, *, shown: str = "", key: bytes | None = None, required: bool = False
) -> PackCheck:
    """Check a pack against its manifest; `shown` is how the answer names the path.

    Raises InvalidInput for what is no readable pack, VerificationFailed for one that must be
    refused; where its manifest could be read, the error's `answer` is the PackCheck.
    """
    with open_archive(path, shown=shown) as archive:
        return verify_opened(archive, shown or path, key=key, required=required)[0]


def verify_opened(
    archive: Archive, shown: str, *, key: bytes | None = None, required: bool = False
) -> tuple[PackCheck, GuardManifest]:
    """Check a pack that is open against its manifest, and return both. Raises as `verify_pack`."""
    manifest, unsigned = read_pack_manifest(archive)
    signatures = judge_signatures(
        manifest.signatures, lambda: signature_digest(manifest), key, required=required
    )
    check = _check(archive, manifest, signatures, shown, required=required)
    try:
        _require_clean(archive, manifest, archive.hazards + unsigned)
        if check.ok and SOURCE_RUNPACK in archive:
            _require_sound_runpack(archive, SOURCE_RUNPACK)
    except VerificationFailed as exc:
        exc.answer = msgspec.structs.replace(check, ok=False)
        raise
    return check, manifest


def read_pack_manifest(archive: Archive) -> tuple[GuardManifest, tuple[Hazard, ...]]:
    """Read the manifest in its guard form, the only one that is signed.

    Which fields are known is said by the schema it names; a field beyond those is a hazard.
    """
    if PACK_MANIFEST not in archive:
        raise InvalidInput(
            f"pack {quoted(archive.path, 200)}: no {PACK_MANIFEST} inside, expected one",
            where=archive.path,
            hint="a runpack is checked by: gait verify",
        )
    text = archive.read(PACK_MANIFEST)
    source = Source(f"{archive.path}!{PACK_MANIFEST}", hazard=VerificationFailed)
    manifest = read_record(text, GuardManifest, source._replace(digested=False))
    kind = PackManifest if manifest.schema_id == PACKSPEC_SCHEMA else GuardManifest
    try:
        read_record(text, kind, source._replace(sealed=True))
    except VerificationFailed as exc:
        if exc.code != "json_unsigned_field":
            raise
        return manifest, exc.hazards
    return manifest, ()


def signature_digest(manifest: GuardManifest) -> Digest:
    """Digest what the signatures of a pack cover: the manifest without them."""
    return sha256_hex(canonical_record(msgspec.structs.replace(manifest, signatures=())))


def _check(
    archive: Archive,
    manifest: GuardManifest,
    signatures: SignatureVerdict,
    shown: str,
    *,
    required: bool,
) -> PackCheck:
    contents = sorted(manifest.contents or (), key=lambda entry: entry.path)
    missing = tuple(entry.path for entry in contents if entry.path not in archive)
    present = (entry for entry in contents if entry.path in archive)
    mismatches = tuple(
        HashMismatch(path=entry.path, expected=entry.sha256, actual=actual)
        for entry in present
        if (actual := _other_digest(archive, entry))
    )
    sound = not missing and not mismatches
    return PackCheck(
        ok=sound and signatures.is_accepted(required=required),
        path=shown,
        pack_id=manifest.pack_id,
        run_id=manifest.run_id,
        files_checked=len(contents),
        missing_files=missing,
        hash_mismatches=mismatches,
        signature_status=signatures.status,
        signature_errors=signatures.errors,
        signatures_total=signatures.total,
        signatures_valid=signatures.valid,
    )


def _other_digest(archive: Archive, entry: PackEntry) -> str:
    """Return the digest of a member's bytes where it is not the recorded one."""
    found = archive.digest(entry.path)
    return "" if same_digest(entry.sha256, found) else found


def _require_clean(archive: Archive, manifest: GuardManifest, hazards: tuple[Hazard, ...]) -> None:
    listed = [entry.path for entry in manifest.contents or ()]
    hazards += unlisted(archive, [PACK_MANIFEST, *listed])
    hazards += repeated_paths(archive.path, listed)
    if (error := refusal(hazards)) is not None:
        raise error
    if not listed:
        where = f"{archive.path}!{PACK_MANIFEST}"
        raise VerificationFailed(f"contents of {where}: none, expected members", where=where)


def _require_sound_runpack(pack: Archive, name: str) -> None:
    """Raise VerificationFailed unless the member is a runpack that would pass `gait verify`.

    The digest in the pack's manifest says only that nobody swapped it since. Its signatures are
    its own affair.
    """
    where = f"{pack.path}!{name}"
    try:
        with open_nested(pack, name) as archive:
            answer = verify_archive(archive)
    except InvalidInput as exc:
        raise VerificationFailed(
            f"runpack {quoted(where, 200)}: cannot be read, expected a whole one ({exc.message})",
            where=where,
        ) from exc
    if not answer.ok:
        faults = [*answer.missing_files, *(mismatch.path for mismatch in answer.hash_mismatches)]
        raise VerificationFailed(
            answer.error
            or f"runpack {quoted(where, 200)}: {quoted(', '.join(faults))} missing or changed, "
            "expected the recorded files",
            code=answer.error_code,
            where=answer.where or where,
            hazards=tuple(Hazard(note.code, note.where) for note in answer.hazards),
        )
