"""Verifying a manifest: its signature, the pin of its name, its publisher.

Contract: guard-doctor-registry.md G.3.
"""

from typing import NamedTuple

from gait_engine.contract.registry import RegistryPack, VerificationReport
from gait_engine.host import Host
from gait_engine.registry.cache import cache_around, pin_path, pinned_digest, read_pin
from gait_engine.registry.install import publisher_is_allowed
from gait_engine.registry.manifest import pack_digest, parse_pack, read_manifest
from gait_engine.registry.signatures import signature_fault
from gait_engine.wire.digest import Digest


class Check(NamedTuple):
    """What was found about one manifest."""

    pack: RegistryPack
    digest: Digest
    path: str
    pin_path: str
    """Empty where no cache is known."""
    pin: str | None
    """The text of the pin; None for none."""
    signature_error: str
    publisher_allowed: bool

    @property
    def pin_verified(self) -> bool:
        """Tell that there is a pin and that it names this manifest."""
        return self.pin is not None and pinned_digest(self.pin) == self.digest

    @property
    def failure_reasons(self) -> tuple[str, ...]:
        """Say why the manifest does not pass, sorted; empty if it does."""
        reasons = {
            "pin_mismatch": self.pin is not None and not self.pin_verified,
            "publisher_not_allowed": not self.publisher_allowed,
            "signature_not_verified": bool(self.signature_error),
        }
        return tuple(reason for reason, holds in reasons.items() if holds)


def verify_manifest(
    path: str, *, host: Host, key: bytes, cache: str = "", publishers: frozenset[str] = frozenset()
) -> Check:
    """Check a manifest against a key, and against the pin in its cache.

    Without `cache` that is the one in whose folders the manifest lies; elsewhere no pin is looked
    for. Raises InvalidInput for what cannot be read, VerificationFailed for what must be refused.
    """
    pack = parse_pack(read_manifest(path, host), path)
    digest = pack_digest(pack)
    cache = cache or cache_around(path, pack, digest)
    pinned_at = pin_path(cache, pack.pack_name) if cache else ""
    return Check(
        pack,
        digest,
        path,
        pinned_at,
        read_pin(pinned_at, host) if pinned_at else None,
        signature_fault(pack, digest, key),
        publisher_is_allowed(pack, publishers),
    )


def verification_report(check: Check, host: Host) -> VerificationReport:
    """Write down what was found."""
    reasons = check.failure_reasons
    return VerificationReport(
        producer_version=host.producer_version,
        pack_name=check.pack.pack_name,
        pack_version=check.pack.pack_version,
        digest=check.digest,
        metadata_path=check.path,
        pin_path=check.pin_path,
        pin_digest=check.pin or "",
        pin_present=check.pin is not None,
        pin_verified=check.pin_verified,
        signature_verified=not check.signature_error,
        publisher=check.pack.publisher,
        source=check.pack.source,
        publisher_allowed=check.publisher_allowed,
        status="fail" if reasons else "pass",
        failure_reasons=reasons,
    )
