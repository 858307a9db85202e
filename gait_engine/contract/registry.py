"""What a registry hands out, the manifest of a pack, and what `registry verify` found about one.

Contract: guard-doctor-registry.md G.
"""

from typing import Final

from msgspec import UNSET

from gait_engine.contract.common import (
    SCHEMA_VERSION,
    Header,
    Object,
    Record,
    Signature,
    always,
)
from gait_engine.wire.timestamps import EPOCH_1980, Timestamp

REGISTRY_PACK_SCHEMA: Final = "gait.registry.pack"
VERIFICATION_REPORT_SCHEMA: Final = "gait.registry.verification_report"

REGISTRY_PACK: Final = "registry_pack.json"
"""The name of an installed manifest."""


class PackArtifact(Record, frozen=True, kw_only=True):
    """A file that a pack speaks of; gait neither fetches nor hashes it."""

    path: str = always("")
    sha256: str = always("")
    media_type: str = ""


class RegistryPack(Header, frozen=True, kw_only=True):
    """The manifest of a registry pack: the object that is signed, pinned and installed."""

    pack_name: str = always("")
    pack_version: str = always("")
    pack_type: str = ""
    publisher: str = ""
    source: str = ""
    risk_class: str = ""
    use_case: str = ""
    compatibility: tuple[str, ...] = ()
    provenance: Object = UNSET
    artifacts: tuple[PackArtifact, ...] | None = always(None)
    signatures: tuple[Signature, ...] = ()


class VerificationReport(Record, frozen=True, kw_only=True):
    """What `gait registry verify --report-out` writes; the same bytes at whatever time."""

    schema_id: str = always(VERIFICATION_REPORT_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    created_at: Timestamp = always(EPOCH_1980)
    producer_version: str = always("")
    pack_name: str = always("")
    pack_version: str = always("")
    digest: str = always("")
    metadata_path: str = always("")
    pin_path: str = ""
    pin_digest: str = ""
    pin_present: bool = always(False)
    pin_verified: bool = always(False)
    signature_verified: bool = always(False)
    publisher: str = ""
    source: str = ""
    publisher_allowed: bool = always(False)
    status: str = always("")
    """`pass` or `fail`."""
    failure_reasons: tuple[str, ...] = ()
