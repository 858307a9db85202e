"""The run that a fixture is made of: found by id, path, chain or receipt, and verified.

Contract: regress.md 2.1 steps 1 to 3, 2.2.
"""

from typing import Final, NamedTuple

from gait_engine.api.capture import chosen_checkpoint, claimed_schema, require_sealed
from gait_engine.contract.capture import CaptureReceipt
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.pack import (
    PACK_MANIFEST,
    PACKSPEC_SCHEMA,
    SOURCE_RUNPACK,
    PackManifest,
)
from gait_engine.contract.runpack import CAPTURE_SCHEMA, MANIFEST
from gait_engine.contract.session import CHAIN_SCHEMA
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.guard.verify import verify_pack
from gait_engine.host import Host
from gait_engine.runpack.chain import read_chain
from gait_engine.runpack.verify import verify_archive
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import Located, is_path, is_there, resolve_runpack
from gait_engine.store.safepath import refuse_escape
from gait_engine.store.zipread import TOTAL_LIMIT, Archive
from gait_engine.store.zipsource import MemorySource
from gait_engine.wire.jsonread import Source, read_plain, read_record
from gait_engine.wire.text import lower, trim

_PACK_TYPES: Final = ("run", "call")


class Found(NamedTuple):
    """A runpack on disk, and the checkpoint by which it was found."""

    located: Located
    session_chain: str = ""
    checkpoint_index: int = 0


class Verified(NamedTuple):
    """A runpack whose every file is what was recorded."""

    runpack: bytes
    run_id: str
    files_checked: int


def required(source: str) -> str:
    """Return a source that was given. Raises InvalidInput."""
    if not trim(source):
        raise InvalidInput("source: '', expected a run id or a path", hint="add --from RUN")
    return source


def find(source: str, checkpoint: str, host: Host) -> Found:
    """Find the runpack that a session chain, a path or a run id means."""
    is_json = lower(source).endswith(".json") and is_path(source)
    if is_json and claimed_schema(source, host) in ("", CHAIN_SCHEMA):
        return _of_chain(source, checkpoint, host)
    path = trim(resolve_runpack(source, host).shown)
    return Found(Located(host.cwd / path, path))


def _of_chain(path: str, checkpoint: str, host: Host) -> Found:
    chain = read_chain(refuse_escape(path, "session chain"), host=host)
    chosen = chosen_checkpoint(chain.checkpoints or (), checkpoint, path)
    runpack = trim(chosen.runpack_path)
    if is_there(host.cwd / runpack):
        require_sealed(chosen, host)
    return Found(Located(host.cwd / runpack, runpack), path, chosen.checkpoint_index)


def receipt_at(path: str, host: Host) -> CaptureReceipt | None:
    """Return the capture receipt in a file; None for what is no such file."""
    if not lower(path).endswith(".json") or not is_there(host.cwd / path):
        return None
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="capture receipt")
    # an ambiguous receipt is a bad input, an ambiguous chain an artifact not to be trusted
    hazard = InvalidInput if CAPTURE_SCHEMA.encode() in text else VerificationFailed
    source = Source(path, hazard=hazard, digested=False)
    try:
        plain = read_plain(text, source)
    except InvalidInput as exc:
        if exc.hazards:
            raise
        return None
    schema = (CAPTURE_SCHEMA, SCHEMA_VERSION)
    if not isinstance(plain, dict) or schema != (
        plain.get("schema_id"),
        plain.get("schema_version"),
    ):
        return None
    receipt = read_record(text, CaptureReceipt, source)
    return receipt if trim(receipt.artifact_path) else None


def of_receipt(receipt: CaptureReceipt, checkpoint: str, host: Host) -> Found:
    """Find the runpack that a capture receipt names. Raises InvalidInput."""
    if receipt.artifact_type != "runpack":
        raise InvalidInput(
            f"capture receipt: artifact type {quoted(receipt.artifact_type)}, expected runpack"
        )
    if chain := trim(receipt.session_chain_path):
        return _of_chain(chain, checkpoint, host)
    path = trim(receipt.artifact_path)
    return Found(Located(host.cwd / path, path))


def verified(located: Located, host: Host) -> Verified:
    """Return a runpack, or the one inside a pack. Raises InvalidInput, VerificationFailed."""
    data = read_input(str(located.path), limit=TOTAL_LIMIT, host=host, what="runpack")
    archive = Archive(MemorySource(located.shown, data), TOTAL_LIMIT)
    if MANIFEST in archive or PACK_MANIFEST not in archive:
        return _checked(data, archive)
    inner = _source_runpack(archive, located)
    where = f"{located.shown}!{SOURCE_RUNPACK}"
    found = _checked(inner, Archive(MemorySource(where, inner), TOTAL_LIMIT))
    if not verify_pack(str(located.path), shown=located.shown).ok:
        raise VerificationFailed(
            f"pack {quoted(located.shown, 200)}: changed, expected the recorded members",
            where=located.shown,
        )
    return found


def _checked(data: bytes, archive: Archive) -> Verified:
    found = verify_archive(archive)
    faults = [*found.missing_files, *(mismatch.path for mismatch in found.hash_mismatches)]
    if faults:
        raise InvalidInput(
            f"runpack {quoted(archive.path, 200)}: {quoted(', '.join(faults))} missing or "
            "changed, expected the recorded files",
            where=archive.path,
            hint="see what changed: gait verify",
        )
    if found.error:
        raise VerificationFailed(
            found.error,
            code=found.error_code,
            where=found.where,
            hazards=tuple(Hazard(note.code, note.where) for note in found.hazards),
        )
    return Verified(data, found.run_id, found.files_checked)


def _source_runpack(archive: Archive, located: Located) -> bytes:
    source = Source(f"{located.shown}!{PACK_MANIFEST}", hazard=VerificationFailed)
    manifest = read_record(archive.read(PACK_MANIFEST), PackManifest, source)
    is_pack = (manifest.schema_id, manifest.schema_version) == (PACKSPEC_SCHEMA, SCHEMA_VERSION)
    if not is_pack or manifest.pack_type not in _PACK_TYPES or SOURCE_RUNPACK not in archive:
        raise InvalidInput(
            f"pack {quoted(located.shown, 200)}: type {quoted(manifest.pack_type)}, expected a "
            "run or call pack with its runpack inside",
            where=located.shown,
        )
    return archive.read(SOURCE_RUNPACK)
