"""Recording a run (runpack.md 4.4)."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from gait_engine.api.keys import signer
from gait_engine.contract.answers.run import RecordAnswer
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.contract.runpack import CAPTURE_MODES, MAX_ENVELOPE_BYTES, Refs
from gait_engine.errors import GaitError, InternalFailure, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.runpack.envelope import read_envelope, with_envelope
from gait_engine.runpack.footer import footer_text
from gait_engine.runpack.pack import Runpack, build_runpack, write_runpack
from gait_engine.runpack.recording import (
    INTENTS,
    RESULTS,
    Defaults,
    Member,
    Recording,
    complete_run,
    header_of,
    read_recording,
    record_member,
    resolve_receipts,
    traced_ids,
)
from gait_engine.runpack.refs import evidence_mode, normalise_refs
from gait_engine.runpack.verify import verify_runpack
from gait_engine.store.atomic import make_dirs
from gait_engine.store.inputs import read_input
from gait_engine.store.layout import OUT_DIR, runpack_name, runpack_path
from gait_engine.store.safepath import display_path, refuse_escape
from gait_engine.wire.text import normal, trim

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

MAX_INPUT_BYTES: Final = 1024 * 1024 * 1024
_RAW_WARNING: Final = "raw capture: arguments and results are stored as they are"
_REFERENCE_WARNING: Final = "reference capture: arguments and results were digested, not stored"


class RecordRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to record, where to, and how; blank means not given."""

    input: str
    out_dir: str = OUT_DIR
    run_id: str = ""
    capture_mode: str = ""
    key_mode: str = ""
    keys: KeySources = NO_KEYS
    context_envelope: str = ""
    context_evidence_mode: str = ""
    unsafe_context_raw: bool = False


def record(request: RecordRequest, *, host: Host) -> RecordAnswer:
    """Record a run as a runpack under `out_dir`, and verify what was written.

    Raises InvalidInput for input that cannot be recorded; then nothing is written.
    """
    text = read_input(request.input, limit=MAX_INPUT_BYTES, what="run record input", host=host)
    recording = read_recording(text, request.input)
    run_id, mode, evidence = _settled(request, recording)
    target = refuse_escape(runpack_path(request.out_dir, run_id), "output folder")
    refs, warnings = _refs(request, recording.head.refs, evidence, host)
    signing = signer(request.key_mode, request.keys, host)
    key = signing.key if signing else None
    runpack, had_payloads = _built(recording, request, refs, mode, key, host)
    _write(host.cwd / target, runpack)
    capture = _RAW_WARNING if mode == "raw" else _REFERENCE_WARNING if had_payloads else ""
    return RecordAnswer(
        ok=True,
        run_id=run_id,
        bundle=display_path(target),
        manifest_digest=runpack.manifest.manifest_digest,
        signature_status="signed" if key else "missing",
        signature_key_id=key.key_id if key else "",
        warnings=(
            *([capture] if capture else []),
            *warnings,
            *(signing.warnings if signing else ()),
        ),
        ticket_footer=footer_text(run_id, runpack.manifest.manifest_digest),
    )


def _settled(request: RecordRequest, recording: Recording) -> tuple[str, str, str]:
    """Return run id, capture mode and evidence mode, each checked before anything is written."""
    head = recording.head
    run_id = trim(request.run_id) or head.run.run_id
    if not trim(run_id):
        raise recording.source.reject("blank, expected a run id", "$.run.run_id")
    runpack_name(run_id)
    mode = trim(request.capture_mode or head.capture_mode or "reference")
    if mode not in CAPTURE_MODES:
        raise InvalidInput(f"capture mode: {quoted(mode)}, expected reference or raw")
    return (
        run_id,
        mode,
        evidence_mode(request.context_evidence_mode or head.refs.context_evidence_mode),
    )


def _refs(
    request: RecordRequest, refs: Refs, evidence: str, host: Host
) -> tuple[Refs, tuple[str, ...]]:
    refs, warnings = _enveloped(request, refs, evidence, host)
    raw = [receipt for receipt in refs.receipts if normal(receipt.redaction_mode) == "raw"]
    if raw and not request.unsafe_context_raw:
        raise InvalidInput(
            f"receipt {quoted(raw[0].ref_id)} redaction_mode: raw, expected reference",
            hint="pass --unsafe-context-raw to store raw context",
        )
    count = refs.context_ref_count or len(refs.receipts)
    if evidence == "required" and not refs.context_set_digest:
        raise InvalidInput(
            "refs context_set_digest: absent, expected one in evidence mode required"
        )
    return (
        msgspec.structs.replace(refs, context_evidence_mode=evidence, context_ref_count=count),
        warnings,
    )


def _enveloped(
    request: RecordRequest, refs: Refs, evidence: str, host: Host
) -> tuple[Refs, tuple[str, ...]]:
    name = trim(request.context_envelope)
    if not name:
        return refs, ()
    path = refuse_escape(name, "context envelope")
    try:
        text = read_input(path, limit=MAX_ENVELOPE_BYTES, what="context envelope", host=host)
        return with_envelope(refs, read_envelope(text, name)), ()
    except GaitError as exc:
        if evidence == "required":
            raise
        return refs, (f"context envelope ignored: {exc.message}",)


def _built(
    recording: Recording,
    request: RecordRequest,
    refs: Refs,
    mode: str,
    key: "SigningKey | None",
    host: Host,
) -> tuple[Runpack, bool]:
    forced = trim(request.run_id)
    run = complete_run(recording.head.run, forced, host)
    defaults = Defaults(run, forced)
    raw = mode == "raw"
    traced = traced_ids(refs.receipts)
    intents = record_member(recording, INTENTS, defaults, raw=raw, traced_ids=traced)
    results = record_member(recording, RESULTS, defaults, raw=raw, traced_ids=traced)
    runpack = build_runpack(
        run,
        _complete_refs(refs, defaults, intents, results),
        intents=intents.text,
        results=results.text,
        capture_mode=mode,
        key=key,
    )
    return runpack, intents.had_payloads or results.had_payloads


def _complete_refs(refs: Refs, defaults: Defaults, intents: Member, results: Member) -> Refs:
    return normalise_refs(
        msgspec.structs.replace(
            refs,
            **header_of(refs, "gait.runpack.refs", defaults),
            receipts=resolve_receipts(refs.receipts, intents, results),
        )
    )


def _write(target: Path, runpack: Runpack) -> None:
    """Write the runpack, and refuse to report one that does not verify."""
    make_dirs(target.parent)
    write_runpack(target, runpack)
    if not verify_runpack(target).ok:
        raise InternalFailure(f"runpack {target}: written, but it does not verify")
