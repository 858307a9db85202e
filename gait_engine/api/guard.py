"""Evidence packs, retention and encrypted files (guard-doctor-registry.md A to D)."""

from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.api.keys import verification_key
from gait_engine.api.verify import signature_required
from gait_engine.contract.answers.guard import (
    DecryptAnswer,
    EncryptAnswer,
    GuardPackAnswer,
    GuardShowAnswer,
    GuardVerifyAnswer,
    RetainAnswer,
)
from gait_engine.contract.answers.verify import PackCheck
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.contract.pack import PACK_MANIFEST
from gait_engine.errors import VerificationFailed
from gait_engine.guard.evidence import EvidencePaths, folder_of, read_evidence
from gait_engine.guard.pack import BuiltPack, RunFacts, Wanted, build_pack, pack_bytes, run_facts
from gait_engine.guard.pack import signed_by as pack_signed_by
from gait_engine.guard.retain import Ttls, delete_expired, plan_retention, report_bytes
from gait_engine.guard.sealed import (
    KeyRequest,
    artifact_bytes,
    decrypted_path,
    encrypted_path,
    load_seal_key,
    parse_artifact,
)
from gait_engine.guard.sealed import decrypt as decrypt_artifact
from gait_engine.guard.sealed import encrypt as encrypt_bytes
from gait_engine.guard.templates import template_id
from gait_engine.guard.verify import verify_pack
from gait_engine.host import Host
from gait_engine.runpack.read import open_runpack
from gait_engine.store.atomic import make_dirs, refuse_special_target, write_atomic
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import Located, resolve_runpack
from gait_engine.store.safepath import join, refuse_overwrite
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import from_ns, is_zero, parse_duration, to_utc

DEFAULT_TRACE_TTL: Final = "168h"
DEFAULT_PACK_TTL: Final = "720h"


class PackRequest(NamedTuple):
    """What `gait guard pack` was told."""

    run: str
    paths: EvidencePaths = EvidencePaths()
    out: str = ""
    case_id: str = ""
    template: str = ""
    render_pdf: bool = False
    key_mode: str = "dev"
    keys: KeySources = NO_KEYS
    no_overwrite: bool = False


class Prepared(NamedTuple):
    """A pack ready to be written to `path`, and the files that must not be it."""

    built: BuiltPack
    path: str
    located: Located
    kept: dict[str, Path]
    warnings: tuple[str, ...] = ()


def pack(request: PackRequest, *, host: Host) -> GuardPackAnswer:
    """Write an evidence pack about a run, signed.

    Raises InvalidInput, VerificationFailed, and then nothing is written; IoFailure.
    """
    prepared = prepare(request, host=host)
    write_pack(prepared, host, is_new=request.no_overwrite)
    manifest = prepared.built.manifest
    return GuardPackAnswer(
        ok=True,
        pack_path=prepared.path,
        pack_id=manifest.pack_id,
        run_id=manifest.run_id,
        template_id=manifest.template_id,
        controls=len(manifest.control_index),
        rendered_artifacts=len(manifest.rendered_artifacts),
        manifest_path=f"{prepared.path}#{PACK_MANIFEST}",
        warnings=prepared.warnings,
    )


def prepare(request: PackRequest, *, host: Host) -> Prepared:
    """Make a signed evidence pack; nothing is written. Raises InvalidInput, VerificationFailed."""
    from gait_engine.crypto.keys import load_signer

    signer = load_signer(request.key_mode, request.keys, host, read_input)
    located = resolve_runpack(request.run, host)
    facts = read_run(located, host)
    evidence = read_evidence(request.paths, folder_of(located.shown), host=host)
    wanted = Wanted(
        template=template_id(request.template),
        producer_version=host.producer_version,
        case_id=trim(request.case_id),
        render_pdf=request.render_pdf,
    )
    built = pack_signed_by(build_pack(facts, evidence, wanted), signer.key)
    prepared = prepared_pack(built, request.out, located)
    if request.keys.private_key:
        prepared.kept["the private key"] = host.cwd / request.keys.private_key
    return prepared._replace(warnings=signer.warnings)


def read_run(located: Located, host: Host) -> RunFacts:
    """Summarise a runpack; one without a time counts as made now. Raises as opening it does."""
    with open_runpack(located.path, shown=located.shown) as runpack:
        stamped = runpack.run.created_at
        created_at = from_ns(host.now_ns()) if is_zero(stamped) else to_utc(stamped)
        return run_facts(runpack, created_at)


def prepared_pack(built: BuiltPack, out: str, located: Located) -> Prepared:
    """Choose where a pack goes: by default beside its runpack, which it must not replace."""
    name = f"evidence_pack_{built.manifest.pack_id}.zip"
    path = trim(out) or join(folder_of(located.shown), name)
    return Prepared(built, path, located, {"the runpack": located.path})


def write_pack(prepared: Prepared, host: Host, *, is_new: bool) -> None:
    """Write a pack; with `is_new` only where nothing stands.

    Raises InvalidInput where it would replace what must stay; IoFailure.
    """
    content = pack_bytes(prepared.built)
    _write(prepared.path, content, prepared.kept, host, is_new=is_new)


def verify(
    path: str,
    *,
    host: Host,
    profile: str = "",
    require_signature: bool = False,
    keys: KeySources = NO_KEYS,
) -> GuardVerifyAnswer:
    """Check every member and the signatures of an evidence pack.

    A pack that does not verify is an answer with `ok` false. Raises InvalidInput for what cannot
    be read, VerificationFailed for what must be refused.
    """
    required = signature_required(profile, keys, asked=require_signature)
    key = verification_key(keys, host)
    try:
        check = verify_pack(str(host.cwd / path), shown=path, key=key, required=required)
    except VerificationFailed as exc:
        if isinstance(exc.answer, PackCheck):
            exc.answer = _verified(exc.answer)
        raise
    return _verified(check)


def show(path: str, *, host: Host, keys: KeySources = NO_KEYS) -> GuardShowAnswer:
    """List what an evidence pack holds, member by member, and return its manifest.

    Members that are not what was packed are listed, and `ok` is false. Raises as `verify` does.
    """
    from gait_engine.guard.contents import pack_contents

    key = verification_key(keys, host)
    try:
        check, manifest, members = pack_contents(str(host.cwd / path), shown=path, key=key)
    except VerificationFailed as exc:
        exc.answer = GuardShowAnswer(ok=False, path=path)
        raise
    return GuardShowAnswer(
        ok=check.ok,
        path=path,
        signature_status=check.signature_status,
        members=members,
        manifest=manifest,
    )


def retain(  # one keyword per option of the command
    *,
    host: Host,
    root: str = ".",
    trace_ttl: str = DEFAULT_TRACE_TTL,
    pack_ttl: str = DEFAULT_PACK_TTL,
    dry_run: bool = False,
    report_out: str = "",
) -> RetainAnswer:
    """Delete traces and packs that are older than their ttl; a dry run only says which.

    Raises InvalidInput for what is not valid, and then nothing is deleted; IoFailure.
    """
    ttls = Ttls(parse_duration(trim(trace_ttl)), parse_duration(trim(pack_ttl)))
    report = plan_retention(trim(root), ttls, host=host, dry_run=dry_run)
    report_path = host.cwd / trim(report_out)
    if trim(report_out):
        judged = (*report.deleted_files, *report.kept_files)
        kept = {f"the {event.kind} {event.path}": host.cwd / event.path for event in judged}
        refuse_overwrite(report_path, kept, "retention report")
        make_dirs(report_path.parent)
        refuse_special_target(report_path)
    if not dry_run:
        delete_expired(report, host=host)
    if trim(report_out):
        write_atomic(report_path, report_bytes(report))
    return RetainAnswer(
        ok=True,
        root_path=report.root_path,
        scanned_files=report.scanned_files,
        deleted_files=report.deleted_files,
        kept_files=report.kept_files,
        dry_run=dry_run,
    )


def encrypt(source: str, *, host: Host, key: KeyRequest, out: str = "") -> EncryptAnswer:
    """Write the encrypted form of a file.

    Raises InvalidInput, DependencyMissing, and then nothing is written; IoFailure.
    """
    source = trim(source)
    plain = read_input(source, limit=TEXT_LIMIT, host=host, what="file to encrypt")
    artifact = encrypt_bytes(plain, load_seal_key(key, host=host), host=host)
    path = trim(out) or encrypted_path(source)
    _write(path, artifact_bytes(artifact), {"the file to encrypt": host.cwd / source}, host)
    return EncryptAnswer(
        ok=True,
        path=path,
        algorithm=artifact.algorithm,
        plain_sha256=artifact.plain_sha256,
        plain_size=artifact.plain_size,
        key_mode=artifact.key_source.mode,
        key_ref=artifact.key_source.ref,
    )


def decrypt(source: str, *, host: Host, key: KeyRequest, out: str = "") -> DecryptAnswer:
    """Write the plain form of an encrypted file, all of it or nothing.

    Raises InvalidInput for another key or a changed byte; VerificationFailed, DependencyMissing,
    IoFailure.
    """
    source = trim(source)
    text = read_input(source, limit=TEXT_LIMIT, host=host, what="encrypted file")
    artifact = parse_artifact(text, source)
    plain = decrypt_artifact(artifact, load_seal_key(key, host=host), source)
    path = trim(out) or decrypted_path(source)
    _write(path, plain, {"the encrypted file": host.cwd / source}, host)
    return DecryptAnswer(ok=True, path=path, plain_sha256=sha256_hex(plain), plain_size=len(plain))


def _verified(check: PackCheck) -> GuardVerifyAnswer:
    fields = {name: getattr(check, name) for name in check.__struct_fields__}
    return GuardVerifyAnswer(**fields)


def _write(
    path: str,
    content: bytes | list[bytes],
    kept: dict[str, Path],
    host: Host,
    *,
    is_new: bool = False,
) -> None:
    target = host.cwd / path
    refuse_overwrite(target, kept, "option --out")
    make_dirs(target.parent)
    write_atomic(target, content, exclusive=is_new)
