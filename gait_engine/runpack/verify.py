"""Verifying a runpack: every byte is read, every fault named, only the manifest decoded.

Contract: runpack.md 5.1; hazards: threats.md 2.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gait_engine.contract import runpack as contract
from gait_engine.contract.answers.base import HazardNote, error_fields
from gait_engine.contract.answers.verify import FileCheck, HashMismatch, VerifyAnswer
from gait_engine.contract.common import SignatureStatus
from gait_engine.contract.runpack import Manifest
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed
from gait_engine.runpack.commands import suggest
from gait_engine.runpack.manifest import (
    listing_hazards,
    manifest_digest,
    read_manifest,
    signature_preimage,
)
from gait_engine.runpack.signatures import SignatureVerdict, judge_signatures
from gait_engine.store.zipread import Archive, open_archive, refusal
from gait_engine.wire.digest import same_digest

_NOTES: Final[dict[SignatureStatus, str]] = {
    "missing": "the runpack is not signed; its digests alone show whether it was changed",
    "skipped": "signatures are present but no key was given; pass --public-key to check them",
    "verified": "at least one signature is valid for the given key",
    "failed": "no signature is valid for the given key",
}


def verify_runpack(
    path: str | Path, *, shown: str = "", key: bytes | None = None, required: bool = False
) -> VerifyAnswer:
    """Check a runpack against its manifest; `shown` is how the answer names the path.

    The answer lists every member under `files`. Raises InvalidInput for an archive that cannot be
    read, VerificationFailed for one in which not even a manifest can be told.
    """
    with open_archive(path, shown=shown) as archive:
        return verify_archive(archive, key=key, required=required)


def verify_archive(
    archive: Archive, *, key: bytes | None = None, required: bool = False
) -> VerifyAnswer:
    """Check an open archive as a runpack; raises as `verify_runpack` does."""
    manifest, unsigned = _read_manifest(archive)
    faults: list[InvalidInput] = []
    checks = sorted(_check_files(archive, manifest, faults), key=lambda check: check.path)
    if faults:
        raise _unreadable(faults[0], archive.path, manifest, checks)
    hazards = archive.hazards + unsigned + listing_hazards(archive, manifest)
    signatures = judge_signatures(
        manifest.signatures,
        lambda: signature_preimage(archive.read(contract.MANIFEST)),
        key,
        required=required,
    )
    return _answer(archive.path, manifest, checks, signatures, hazards, required=required)


def _read_manifest(archive: Archive) -> tuple[Manifest, tuple[Hazard, ...]]:
    try:
        return read_manifest(archive), ()
    except VerificationFailed as exc:
        if exc.code != "json_unsigned_field":
            raise
        return read_manifest(archive, sealed=False), exc.hazards


def _unreadable(
    error: InvalidInput, shown: str, manifest: Manifest, checks: list[FileCheck]
) -> InvalidInput:
    """Put what is known in spite of an unreadable member beside its error."""
    error.answer = VerifyAnswer(
        ok=False,
        path=shown,
        run_id=manifest.run_id,
        manifest_digest=manifest.manifest_digest,
        files=tuple(checks),
    )
    return error


def _check_files(
    archive: Archive, manifest: Manifest, faults: list[InvalidInput]
) -> Iterator[FileCheck]:
    """Compare every listed member; what cannot be read goes into `faults` as well."""
    listed = {file.path for file in manifest.files or ()}
    for file in manifest.files or ():
        if file.path not in archive:
            yield FileCheck(path=file.path, state="missing", expected=file.sha256)
            continue
        try:
            yield _compared(file.path, file.sha256, archive.digest(file.path))
        except InvalidInput as exc:
            faults.append(exc)
            yield FileCheck(path=file.path, state="unreadable", expected=file.sha256)
    for path in contract.DATA_MEMBERS:
        if path not in listed:
            yield FileCheck(path=path, state="missing")
    yield _compared(contract.MANIFEST, manifest.manifest_digest, manifest_digest(manifest))
    for name in archive.names:
        if name not in listed and name not in (contract.MANIFEST, *contract.DATA_MEMBERS):
            yield FileCheck(path=name, state="unlisted")


def _compared(path: str, expected: str, actual: str) -> FileCheck:
    state = "same" if same_digest(expected, actual) else "differs"
    return FileCheck(path=path, state=state, expected=expected, actual=actual)


def _answer(
    shown: str,
    manifest: Manifest,
    checks: list[FileCheck],
    signatures: SignatureVerdict,
    hazards: tuple[Hazard, ...],
    *,
    required: bool,
) -> VerifyAnswer:
    missing = tuple(check.path for check in checks if check.state == "missing")
    mismatches = tuple(
        HashMismatch(path=check.path, expected=check.expected, actual=check.actual)
        for check in checks
        if check.state == "differs"
    )
    sound = not missing and not mismatches and signatures.is_accepted(required=required)
    error = refusal(hazards)
    return VerifyAnswer(
        ok=sound and error is None,
        path=shown,
        run_id=manifest.run_id,
        manifest_digest=manifest.manifest_digest,
        files_checked=len(manifest.files or ()),
        missing_files=missing,
        hash_mismatches=mismatches,
        signature_status=signatures.status,
        signature_errors=signatures.errors,
        signatures_total=signatures.total,
        signatures_valid=signatures.valid,
        signature_note=_NOTES[signatures.status],
        next_commands=_next_commands(manifest.run_id),
        files=tuple(checks),
        created_at=manifest.created_at,
        capture_mode=manifest.capture_mode,
        signature_key_ids=tuple(signature.key_id for signature in manifest.signatures),
        hazards=tuple(HazardNote(code=code, where=where) for code, where in sorted(hazards)),
        **({} if error is None else error_fields(error)),
    )


def _next_commands(run_id: str) -> tuple[str, ...]:
    junit = "--json --junit ./gait-out/junit.xml"
    bootstrap = suggest("gait regress bootstrap", ("--from", run_id), junit)
    return (*bootstrap, "gait demo --durable", "gait demo --policy")
