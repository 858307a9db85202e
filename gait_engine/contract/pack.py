"""The two manifests named pack_manifest.json: of evidence packs and of PackSpec packs.

Contract: guard-doctor-registry.md A.3, mcp-jobs-packs.md 3.1.
"""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    Header,
    Int64,
    Record,
    Signature,
    always,
    instant,
)
from gait_engine.wire.timestamps import ZERO, Timestamp

GUARD_SCHEMA: Final = "gait.guard.pack_manifest"
PACKSPEC_SCHEMA: Final = "gait.pack.manifest"

PACK_MANIFEST: Final = "pack_manifest.json"
SOURCE_RUNPACK: Final = "source/runpack.zip"
"""Where a pack keeps the runpack it was built from."""


class PackEntry(Record, frozen=True, kw_only=True):
    """A member, the SHA-256 of its bytes, and what kind of evidence it is."""

    path: str = always("")
    sha256: str = always("")
    type: str = always("")


class ControlEntry(Record, frozen=True, kw_only=True):
    """A control of the template and the members that speak for it."""

    control_id: str = always("")
    title: str = always("")
    evidence_paths: tuple[str, ...] | None = always(None)


class EvidencePointer(Record, frozen=True, kw_only=True):
    """A numbered pointer to one member."""

    pointer_id: str = always("")
    path: str = always("")
    type: str = always("")
    sha256: str = always("")


class IncidentWindow(Record, frozen=True, kw_only=True):
    """The time around a run from which an incident pack took its evidence."""

    start: Timestamp = msgspec.field(name="from", default_factory=lambda: ZERO)
    end: Timestamp = msgspec.field(name="to", default_factory=lambda: ZERO)
    window_seconds: Int64 = always(0)
    selection_anchor: str = ""


class RenderedArtifact(Record, frozen=True, kw_only=True):
    """A member made for human readers."""

    format: str = always("")
    path: str = always("")
    sha256: str = always("")


class GuardManifest(Header, frozen=True, kw_only=True):
    """What an evidence pack holds."""

    generated_at: Timestamp = instant()
    pack_id: str = always("")
    run_id: str = always("")
    case_id: str = ""
    template_id: str = ""
    control_index: tuple[ControlEntry, ...] = ()
    evidence_pointers: tuple[EvidencePointer, ...] = ()
    incident_window: IncidentWindow | UnsetType = UNSET
    rendered_artifacts: tuple[RenderedArtifact, ...] = ()
    contents: tuple[PackEntry, ...] | None = always(None)
    signatures: tuple[Signature, ...] = ()


class PackManifest(Header, frozen=True, kw_only=True):
    """What a PackSpec pack holds."""

    pack_id: str = always("")
    pack_type: str = always("")
    source_ref: str = always("")
    contents: tuple[PackEntry, ...] | None = always(None)
    signatures: tuple[Signature, ...] = ()
