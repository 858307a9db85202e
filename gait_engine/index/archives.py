"""What the row of an archive holds: its manifest is read, no digest is compared.

Raises GaitError for what is no archive of ours.
"""

from typing import Any

from msgspec import UNSET

from gait_engine.contract import index as kinds
from gait_engine.contract.pack import PACK_MANIFEST
from gait_engine.contract.runpack import MANIFEST
from gait_engine.guard.verify import read_pack_manifest
from gait_engine.runpack.manifest import read_manifest
from gait_engine.store.zipread import Archive, open_archive

Fields = dict[str, Any]


def archive_fields(file: str, path: str) -> tuple[str, Fields] | None:
    """Return the kind of an archive, and the fields of its row; None for one of other people.

    That is a whole archive with neither manifest, named like none of ours.
    """
    with open_archive(file, shown=path) as archive:
        if not (MANIFEST in archive or PACK_MANIFEST in archive or kinds.is_telling(path)):
            return None
        is_pack = PACK_MANIFEST in archive and MANIFEST not in archive
        return _pack(archive) if is_pack else _runpack(archive)


def _runpack(archive: Archive) -> tuple[str, Fields]:
    manifest = read_manifest(archive, sealed=False)
    return kinds.RUNPACK, {
        "run_id": manifest.run_id,
        "created_at": manifest.created_at,
        "manifest_digest": manifest.manifest_digest,
        "capture_mode": manifest.capture_mode,
        "signatures": len(manifest.signatures),
    }


def _pack(archive: Archive) -> tuple[str, Fields]:
    manifest, _ = read_pack_manifest(archive)
    is_incident = manifest.incident_window is not UNSET
    return kinds.INCIDENT_PACK if is_incident else kinds.EVIDENCE_PACK, {
        "pack_id": manifest.pack_id,
        "run_id": manifest.run_id,
        "case_id": manifest.case_id,
        "created_at": manifest.created_at,
        "count": len(manifest.contents or ()),
        "signatures": len(manifest.signatures),
    }
