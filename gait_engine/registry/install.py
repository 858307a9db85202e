"""Installing a manifest: from a file or an address, checked before a byte of it is written.

Contract: guard-doctor-registry.md G.1.
"""

from typing import Final, NamedTuple

from gait_engine.contract.registry import RegistryPack
from gait_engine.errors import VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.registry.cache import (
    Places,
    cached_manifest,
    pinned_digest,
    places,
    write_manifest,
)
from gait_engine.registry.manifest import pack_digest, parse_pack, read_manifest
from gait_engine.registry.signatures import signature_fault
from gait_engine.wire.digest import Digest, is_hex64
from gait_engine.wire.text import normal, unique_sorted

_SCHEMES: Final = ("http://", "https://")


class Wanted(NamedTuple):
    """What to install, and what it must be."""

    source: str
    cache: str
    key: bytes
    hosts: frozenset[str] = frozenset()
    publishers: frozenset[str] = frozenset()
    pin: str = ""
    insecure_http: bool = False
    cached_fallback: bool = False
    attempts: int = 3
    base_delay_ns: int = 200_000_000


class Installed(NamedTuple):
    """What was installed, where, and the cached manifest that stood in for the source, if any."""

    pack: RegistryPack
    digest: Digest
    where: Places
    fallback_path: str = ""


def install_pack(wanted: Wanted, *, host: Host) -> Installed:
    """Install a manifest and pin it.

    Raises VerificationFailed, InvalidInput, and then nothing is written; IoFailure.
    """
    pin = _asked_digest(wanted.pin)
    text, fallback_path = _manifest_text(wanted, pin, host)
    pack = parse_pack(text, fallback_path or wanted.source)
    digest = pack_digest(pack)
    _require_wanted(wanted, pin, pack, digest)
    where = places(wanted.cache, pack, digest)
    write_manifest(where, pack, digest, host)
    return Installed(pack, digest, where, fallback_path)


def names_of(text: str) -> frozenset[str]:
    """Read a list separated by commas, in lower case."""
    return frozenset(map(normal, unique_sorted(text.split(","))))


def publisher_is_allowed(pack: RegistryPack, publishers: frozenset[str]) -> bool:
    """Tell whether a publisher is on the list; an empty list allows everybody."""
    return not publishers or pack.publisher in publishers


def _asked_digest(pin: str) -> str:
    if not normal(pin):
        return ""
    digest = pinned_digest(pin)
    if not is_hex64(digest):
        raise VerificationFailed(
            f"option --pin: {quoted(pin)}, expected sha256: and 64 hex characters",
            hint="take the digest from whoever published the pack",
        )
    return digest


def _manifest_text(wanted: Wanted, pin: str, host: Host) -> tuple[bytes, str]:
    """Return the text of the manifest, and the path it was read from if that is the cache."""
    if not normal(wanted.source).startswith(_SCHEMES):
        return read_manifest(wanted.source, host), ""
    from gait_engine.registry import fetch  # TLS and sockets, for remote sources alone

    rules = fetch.Rules(wanted.hosts, wanted.insecure_http)
    patience = fetch.Patience(wanted.attempts, wanted.base_delay_ns)
    try:
        return fetch.fetch(wanted.source, rules, patience, host=host), ""
    except fetch.Unfetched:
        path = pin and wanted.cached_fallback and cached_manifest(wanted.cache, pin, host)
        if not path:
            raise
        return read_manifest(path, host), path


def _require_wanted(wanted: Wanted, pin: str, pack: RegistryPack, digest: Digest) -> None:
    name = quoted(wanted.source, 200)
    if not publisher_is_allowed(pack, wanted.publishers):
        allowed = ", ".join(map(quoted, sorted(wanted.publishers)))
        raise VerificationFailed(
            f"publisher of {name}: {quoted(pack.publisher)}, expected one of {allowed}",
            where=wanted.source,
        )
    if pin and pin != digest:
        raise VerificationFailed(
            f"digest of {name}: {digest}, expected the pinned {pin}", where=wanted.source
        )
    if fault := signature_fault(pack, digest, wanted.key):
        raise VerificationFailed(f"signature of {name}: {fault}", where=wanted.source)
