"""Signed traces and packs for tests, made with the engine's own records."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.api.demo import demo_runpack
from gait_engine.contract.common import Signature
from gait_engine.contract.pack import (
    GUARD_SCHEMA,
    PACK_MANIFEST,
    PACKSPEC_SCHEMA,
    SOURCE_RUNPACK,
    GuardManifest,
    PackEntry,
    PackManifest,
)
from gait_engine.contract.trace import TRACE_SCHEMA, Trace
from gait_engine.crypto.keys import SigningKey, key_text
from gait_engine.crypto.sign import sign_digest
from gait_engine.gate.trace import signature_digest as trace_digest
from gait_engine.guard.verify import signature_digest as pack_digest
from gait_engine.host import Host
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import Timestamp
from tests.support.process import ROOT

PEERS: Final = ROOT / "tests" / "golden" / "verify" / "chain-all"
"""A runpack, a trace, a pack and the key they are signed with, all of the peer's making."""

NOON: Final = Timestamp("2026-02-05T12:00:00Z")
SUMMARY: Final = "runpack_summary.json"

Members = Mapping[str, bytes]


def bare_trace(**fields: object) -> Trace:
    """Return an unsigned trace with what an honest one has at least."""
    honest = {
        "schema_id": TRACE_SCHEMA,
        "schema_version": "1.0.0",
        "created_at": NOON,
        "observed_at": NOON,
        "producer_version": "0.0.0-dev",
        "trace_id": "a" * 24,
        "tool_name": "tool.deploy",
        "args_digest": "1" * 64,
        "intent_digest": "2" * 64,
        "policy_digest": "3" * 64,
        "verdict": "allow",
    }
    return msgspec.convert(honest | fields, Trace)


def signed_trace(key: SigningKey, **fields: object) -> Trace:
    """Return a trace signed by a key."""
    trace = bare_trace(**fields)
    return msgspec.structs.replace(trace, signature=sign_digest(trace_digest(trace), key))


def write_record(path: Path, record: msgspec.Struct, **extra: object) -> Path:
    """Write a record as JSON, with members beyond its fields if asked for."""
    path.write_bytes(msgspec.json.encode(msgspec.to_builtins(record) | extra))
    return path


def write_public_key(path: Path, key: SigningKey) -> str:
    """Write the public half of a key; return its path as text."""
    path.write_bytes(key_text(key.public_key))
    return str(path)


def guard_manifest(members: Members, **fields: object) -> GuardManifest:
    """Return the manifest of an evidence pack with these members."""
    honest = {
        "schema_id": GUARD_SCHEMA,
        "schema_version": "1.0.0",
        "created_at": NOON,
        "generated_at": NOON,
        "producer_version": "0.0.0-dev",
        "pack_id": "pack_0123456789abcdef",
        "run_id": "run_demo",
        "template_id": "soc2",
        "contents": entries(members),
    }
    return msgspec.convert(honest | fields, GuardManifest)


def signed(manifest: GuardManifest, *keys: SigningKey) -> GuardManifest:
    """Return the manifest signed by each key."""
    digest = pack_digest(manifest)
    signatures: tuple[Signature, ...] = tuple(sign_digest(digest, key) for key in keys)
    return msgspec.structs.replace(manifest, signatures=signatures)


def packspec_manifest(members: Members, **fields: object) -> PackManifest:
    """Return the manifest of a PackSpec pack with these members."""
    honest = {
        "schema_id": PACKSPEC_SCHEMA,
        "schema_version": "1.0.0",
        "created_at": NOON,
        "producer_version": "0.0.0-dev",
        "pack_id": "0" * 64,
        "pack_type": "run",
        "source_ref": "run_demo",
        "contents": entries(members),
    }
    return msgspec.convert(honest | fields, PackManifest)


def entries(members: Members) -> list[PackEntry]:
    """List members as a manifest does."""
    return [
        PackEntry(path=path, sha256=sha256_hex(body), type="evidence")
        for path, body in sorted(members.items())
    ]


def write_pack(path: Path, manifest: msgspec.Struct, members: Members, **extra: object) -> str:
    """Write a pack, with fields beyond the known ones if asked for; return its path as text."""
    text = msgspec.json.encode(msgspec.to_builtins(manifest) | extra)
    path.write_bytes(b"".join(build_zip({PACK_MANIFEST: text, **members})))
    return str(path)


def runpack_members(host: Host) -> dict[str, bytes]:
    """Return the members of the demo runpack."""
    return dict(demo_runpack(host).members)


def embedding(runpack: Members) -> dict[str, bytes]:
    """Return the members of a pack that embeds a runpack made of these members."""
    return {SUMMARY: b"{}", SOURCE_RUNPACK: b"".join(build_zip(runpack))}
