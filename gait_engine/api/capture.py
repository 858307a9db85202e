"""Capturing: a receipt that names an artifact, once it is known to be one (runpack.md 6.7)."""

import re
from typing import Final

import msgspec

from gait_engine.contract.answers.run import CaptureAnswer
from gait_engine.contract.answers.verify import VerifyAnswer
from gait_engine.contract.capture import CaptureReceipt
from gait_engine.contract.session import CHAIN_SCHEMA, Checkpoint
from gait_engine.contract.trace import TRACE_SCHEMA
from gait_engine.errors import GaitError, Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import CAPTURE_PATH, Located, is_there, resolve_runpack
from gait_engine.store.safepath import refuse_overwrite
from gait_engine.wire.digest import same_digest
from gait_engine.wire.jsonread import Source, read_plain
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import normal

LATEST: Final = "latest"

_leading_digits: Final = re.compile(r"\+?([0-9]+)").match


def capture(
    source: str, *, checkpoint: str = "", out: str = CAPTURE_PATH, host: Host
) -> CaptureAnswer:
    """Write a receipt for a runpack, a gate trace or a checkpoint of a session chain.

    Raises InvalidInput for what is none of them, VerificationFailed for one that does not verify
    or must be refused; nothing is written then, and the error's `answer` names the source.
    """
    if not source:
        raise InvalidInput("artifact: '', expected a path or a run id", hint="add --from ARTIFACT")
    try:
        found = _find(source, checkpoint, host)
        receipt = msgspec.structs.replace(found, output_path=out or CAPTURE_PATH)
        _refuse_overwrite(receipt, host)
        _write(receipt, host)
    except GaitError as exc:
        exc.answer = CaptureAnswer(ok=False, source=source)
        raise
    return CaptureAnswer(**msgspec.structs.asdict(receipt))


def _refuse_overwrite(receipt: CaptureReceipt, host: Host) -> None:
    named = {"the artifact": receipt.artifact_path, "the session chain": receipt.session_chain_path}
    kept = {what: host.cwd / path for what, path in named.items() if path}
    refuse_overwrite(host.cwd / receipt.output_path, kept, "capture receipt")


def _write(receipt: CaptureReceipt, host: Host) -> None:
    target = host.cwd / receipt.output_path
    make_dirs(target.parent)
    write_atomic(target, pretty(receipt))


def _find(source: str, checkpoint: str, host: Host) -> CaptureReceipt:
    schema = claimed_schema(source, host)
    if schema is None:
        return _of_runpack(source, host)
    if schema == TRACE_SCHEMA:
        return _of_trace(source, host)
    if schema in ("", CHAIN_SCHEMA):  # a chain may leave it out
        return _of_checkpoint(source, checkpoint, host)
    raise InvalidInput(
        f"{source} $.schema_id: {quoted(schema)}, expected {TRACE_SCHEMA} or {CHAIN_SCHEMA}",
        where=source,
    )


def claimed_schema(source: str, host: Host) -> str | None:
    """Return the schema that a JSON object names, empty if none; None for what is no such file."""
    if not source.lower().endswith(".json") or not is_there(host.cwd / source):
        return None
    text = read_input(source, limit=TEXT_LIMIT, host=host, what="artifact")
    try:
        plain = read_plain(text, Source(source, hazard=VerificationFailed, digested=False))
    except InvalidInput:
        return None
    if not isinstance(plain, dict):
        return None
    schema = plain.get("schema_id")
    return schema if isinstance(schema, str) else ""


def _of_runpack(source: str, host: Host) -> CaptureReceipt:
    found = _verified(resolve_runpack(source, host))
    return CaptureReceipt(
        source=source, artifact_type="runpack", artifact_path=found.path, run_id=found.run_id
    )


def _verified(located: Located) -> VerifyAnswer:
    from gait_engine.runpack.verify import verify_runpack

    found = verify_runpack(located.path, shown=located.shown)
    if not found.ok:
        raise VerificationFailed(
            found.error
            or f"runpack {quoted(located.shown, 200)}: changed, expected the recorded files",
            code=found.error_code,
            where=located.shown,
            hint="see what changed: gait verify",
            hazards=tuple(Hazard(note.code, note.where) for note in found.hazards),
        )
    return found


def _of_trace(source: str, host: Host) -> CaptureReceipt:
    from gait_engine.gate.trace import read_trace, require_valid

    require_valid(read_trace(source, host=host), source)
    return CaptureReceipt(source=source, artifact_type="trace", artifact_path=source)


def _of_checkpoint(source: str, checkpoint: str, host: Host) -> CaptureReceipt:
    from gait_engine.runpack.chain import read_chain

    chosen = chosen_checkpoint(read_chain(source, host=host).checkpoints or (), checkpoint, source)
    if is_there(host.cwd / chosen.runpack_path):
        require_sealed(chosen, host)
    return CaptureReceipt(
        source=source,
        artifact_type="runpack",
        artifact_path=chosen.runpack_path,
        session_chain_path=source,
        run_id=chosen.run_id,
    )


def require_sealed(checkpoint: Checkpoint, host: Host) -> None:
    """Raise VerificationFailed unless the runpack is whole and the one that was sealed."""
    found = _verified(Located(host.cwd / checkpoint.runpack_path, checkpoint.runpack_path))
    if not same_digest(found.manifest_digest, checkpoint.manifest_digest):
        raise VerificationFailed(
            f"runpack {quoted(checkpoint.runpack_path, 200)}: manifest {found.manifest_digest}, "
            f"expected the sealed {quoted(checkpoint.manifest_digest)}",
            where=checkpoint.runpack_path,
            hint="see which link is broken: gait verify session-chain",
        )


def chosen_checkpoint(checkpoints: tuple[Checkpoint, ...], wanted: str, source: str) -> Checkpoint:
    """Return the checkpoint that is meant: the last one listed, or one by its leading digits."""
    if normal(wanted) in ("", LATEST):
        return checkpoints[-1]
    digits = _leading_digits(normal(wanted))
    index = digits[1].lstrip("0") if digits else ""
    for checkpoint in checkpoints:
        if str(checkpoint.checkpoint_index) == index:
            return checkpoint
    known = ", ".join(str(checkpoint.checkpoint_index) for checkpoint in checkpoints[:20])
    raise InvalidInput(
        f"checkpoint of {quoted(source, 200)}: {quoted(wanted)}, expected latest or one of {known}",
        where=source,
    )
