"""The rows of the Evidence tab: packs, sessions and their chains, audits, installed manifests."""

from collections.abc import Mapping, Sequence
from typing import ClassVar, Final, NamedTuple

from gait_engine.api.shapes import IndexRow, InstalledPack
from gait_tui.models.rows import CheckedStore, Stamp

PACK: Final = "pack"
INCIDENT: Final = "incident"
SESSION: Final = "session"
CHAIN: Final = "chain"
AUDIT: Final = "audit"
REGISTRY: Final = "registry"

UNPROVEN: Final = "unproven"
"""Read to the end, but nothing vouches for it."""

KINDS: Final = {
    "evidence_pack": PACK,
    "incident_pack": INCIDENT,
    "session": SESSION,
    "session_chain": CHAIN,
    "approval_audit": AUDIT,
}
"""What the index calls each kind, and what the tab calls it."""


class EvidenceRow(NamedTuple):
    """A piece of evidence: of the index, or of the registry's cache."""

    kind: str
    name: str
    artifact: IndexRow | None = None
    installed: InstalledPack | None = None

    @property
    def key(self) -> str:
        """Its file."""
        if self.artifact is not None:
            return self.artifact.path
        return self.installed.metadata_path if self.installed else ""

    @property
    def at_ns(self) -> int | None:
        """When its file changed; an installed manifest has no time."""
        return (self.artifact.mtime_ns or None) if self.artifact else None

    @property
    def stamp(self) -> Stamp:
        """The state of the file that was read."""
        if self.artifact is not None:
            return (self.artifact.mtime_ns, self.artifact.size)
        return (self.installed.digest, self.installed.pin_digest) if self.installed else ()

    @property
    def about(self) -> str:
        """The run it is evidence of."""
        return self.artifact.run_id if self.artifact else ""


def row_of(artifact: IndexRow) -> EvidenceRow:
    """Make a row of what the index found."""
    named = artifact.pack_id or artifact.session_id or artifact.trace_id
    return EvidenceRow(
        KINDS[artifact.kind], named or artifact.path.rpartition("/")[2], artifact=artifact
    )


def installed_row(pack: InstalledPack) -> EvidenceRow:
    """Make a row of an installed manifest."""
    return EvidenceRow(REGISTRY, f"{pack.pack_name} {pack.pack_version}", installed=pack)


def evidence_rows(
    artifacts: Sequence[IndexRow], installed: Sequence[InstalledPack]
) -> list[EvidenceRow]:
    """List what is evidence among the artifacts in their order, then what is installed."""
    rows = [row_of(artifact) for artifact in artifacts if artifact.kind in KINDS]
    return rows + [installed_row(pack) for pack in installed]


class EvidenceStore(CheckedStore[EvidenceRow]):
    """Evidence with what the engine said about it."""

    FIELDS: ClassVar = ("kind", "name", "run", "case", "path", "state")
    SORTS: ClassVar = {
        "kind": lambda row: row.kind,
        "name": lambda row: row.name,
        "age": lambda row: -(row.at_ns or 0),
    }

    def fields(self, row: EvidenceRow) -> Mapping[str, str]:
        """Return what a filter looks at."""
        return {
            "kind": row.kind,
            "name": row.name,
            "run": row.about,
            "case": row.artifact.case_id if row.artifact else "",
            "path": row.key,
        }
