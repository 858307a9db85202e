"""The manifest of a runpack: what it holds, the digest over it, what its signatures cover.

Contract: runpack.md 2.3, 4.3.
"""

from collections import Counter

import msgspec

from gait_engine.contract import runpack as contract
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.runpack import Manifest
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.store.zipread import Archive, unlisted
from gait_engine.wire.canonical import canonical, canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_plain, read_record


def manifest_digest(manifest: Manifest) -> Digest:
    """Digest a manifest with its digest field empty and its signatures absent."""
    bare = msgspec.structs.replace(manifest, manifest_digest="", signatures=())
    return sha256_hex(canonical_record(bare))


def signature_preimage(manifest_text: bytes) -> Digest:
    """Digest what a manifest's signatures cover: the file's own members, `signatures` aside."""
    members = read_plain(manifest_text, Source(contract.MANIFEST))
    members.pop("signatures", None)
    return sha256_hex(canonical(members))


def member_source(path: str, name: str, *, sealed: bool = False) -> Source:
    """Name a member of an archive as the source of a record."""
    return Source(f"{path}!{name}", hazard=VerificationFailed, sealed=sealed, canonical=True)


def read_manifest(archive: Archive, *, sealed: bool = True) -> Manifest:
    """Read and check the manifest's own fields; its digest is compared elsewhere."""
    if contract.MANIFEST not in archive:
        raise InvalidInput(
            f"runpack {archive.path}: no manifest.json inside, expected one",
            where=archive.path,
            hint="give a runpack: a zip written by gait run record or gait demo",
        )
    source = member_source(archive.path, contract.MANIFEST, sealed=sealed)
    manifest = read_record(archive.read(contract.MANIFEST), Manifest, source)
    for field, found, wanted in (
        ("schema_id", manifest.schema_id, contract.MANIFEST_SCHEMA),
        ("schema_version", manifest.schema_version, SCHEMA_VERSION),
    ):
        if found != wanted:
            raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    if not manifest.run_id:
        raise source.reject("empty, expected a run id", "$.run_id")
    return manifest


def listing_hazards(archive: Archive, manifest: Manifest) -> tuple[Hazard, ...]:
    """Find what a manifest does not cover or covers twice, and members unlike the others."""
    listed = [file.path for file in manifest.files or ()]
    return (
        unlisted(archive, [contract.MANIFEST, *listed])
        + repeated_paths(archive.path, listed)
        + _odd_modes(archive)
    )


def repeated_paths(path: str, listed: list[str]) -> tuple[Hazard, ...]:
    """Find members that a manifest lists more than once."""
    counts = Counter(listed)
    return tuple(
        Hazard("manifest_path_repeated", f"{path}!{name}") for name in counts if counts[name] > 1
    )


def _odd_modes(archive: Archive) -> tuple[Hazard, ...]:
    """Find executable members among plain ones: a runpack holds records, all of one kind."""
    odd = [member.name for member in archive.members.values() if member.is_executable]
    if len(odd) == len(archive.members):
        return ()
    return tuple(Hazard("zip_special_file", f"{archive.path}!{name}") for name in odd)
