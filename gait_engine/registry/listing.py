"""Listing what a cache holds, by what the manifests say of themselves.

Contract: guard-doctor-registry.md G.2.
"""

from gait_engine.contract.answers.registry import InstalledPack
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.registry.cache import (
    is_among_pins,
    manifests,
    pin_path,
    pinned_digest,
    read_pin,
)
from gait_engine.registry.manifest import pack_digest, parse_pack, read_manifest


def installed_packs(cache: str, host: Host) -> tuple[InstalledPack, ...]:
    """List the readable manifests of a cache by name, version, digest; signatures are not checked.

    Raises InvalidInput where the cache is no folder.
    """
    paths = (path for path in manifests(cache, host) if not is_among_pins(cache, path))
    rows = [row for path in paths if (row := _row(cache, path, host)) is not None]
    return tuple(sorted(rows, key=lambda row: (row.pack_name, row.pack_version, row.digest)))


def _row(cache: str, path: str, host: Host) -> InstalledPack | None:
    """Describe a manifest; None for one that cannot be read or must be refused."""
    try:
        pack = parse_pack(read_manifest(path, host), path)
    except GaitError:
        return None
    digest, pinned_at = pack_digest(pack), pin_path(cache, pack.pack_name)
    pin = _pin(pinned_at, host)
    return InstalledPack(
        pack_name=pack.pack_name,
        pack_version=pack.pack_version,
        digest=digest,
        metadata_path=path,
        pin_path=pinned_at,
        pin_digest=pin,
        pin_verified=pinned_digest(pin) == digest,
    )


def _pin(path: str, host: Host) -> str:
    """Return the text of a pin; empty for none and for one that cannot be read."""
    try:
        return read_pin(path, host) or ""
    except GaitError:
        return ""
