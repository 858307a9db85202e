"""Building a runpack: canonical members, the manifest over them, the signature over that.

Contract: runpack.md 4.1 to 4.3, 4.5.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from gait_engine.contract import runpack as contract
from gait_engine.contract.common import SCHEMA_VERSION, Record
from gait_engine.contract.runpack import FileDigest, Manifest, Refs, Run
from gait_engine.runpack.manifest import manifest_digest
from gait_engine.store.atomic import write_atomic
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.canonical import canonical_lines, canonical_record
from gait_engine.wire.digest import sha256_hex

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey


class Runpack(msgspec.Struct, frozen=True):
    """A runpack in memory: every member's bytes by name, and the manifest among them."""

    manifest: Manifest
    members: Mapping[str, bytes]


def jsonl(records: Iterable[Record]) -> bytes:
    """Encode records as canonical lines; their free-form members must be canonical."""
    return canonical_lines(records)


def build_runpack(
    run: Run,
    refs: Refs,
    *,
    intents: bytes,
    results: bytes,
    capture_mode: str,
    key: "SigningKey | None" = None,
) -> Runpack:
    """Put a runpack together from a run, its context and its records as canonical JSONL."""
    data = {
        contract.INTENTS: intents,
        contract.REFS: canonical_record(refs),
        contract.RESULTS: results,
        contract.RUN: canonical_record(run),
    }
    manifest = Manifest(
        schema_id=contract.MANIFEST_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=run.created_at,
        producer_version=run.producer_version,
        run_id=run.run_id,
        capture_mode=capture_mode,
        files=tuple(
            FileDigest(path=path, sha256=sha256_hex(data[path])) for path in contract.DATA_MEMBERS
        ),
    )
    manifest = msgspec.structs.replace(manifest, manifest_digest=manifest_digest(manifest))
    if key is not None:
        manifest = _signed(manifest, key)
    return Runpack(manifest, {contract.MANIFEST: canonical_record(manifest), **data})


def write_runpack(path: str | Path, runpack: Runpack) -> None:
    """Write the archive, whole or not at all."""
    write_atomic(path, build_zip(runpack.members))


def _signed(manifest: Manifest, key: "SigningKey") -> Manifest:
    from gait_engine.crypto.sign import sign_digest

    signature = sign_digest(sha256_hex(canonical_record(manifest)), key)
    return msgspec.structs.replace(manifest, signatures=(signature,))
