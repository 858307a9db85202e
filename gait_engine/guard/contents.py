"""What an evidence pack holds, member by member, and how each fared against the manifest."""

from typing import NamedTuple

from gait_engine.contract.answers.guard import PackMember
from gait_engine.contract.answers.verify import PackCheck
from gait_engine.contract.pack import GuardManifest, PackEntry
from gait_engine.guard.verify import verify_opened
from gait_engine.store.zipread import Archive, open_archive


class PackContents(NamedTuple):
    """A pack that was opened: how it verified, its manifest, its members by path."""

    check: PackCheck
    manifest: GuardManifest
    members: tuple[PackMember, ...]


def pack_contents(path: str, *, shown: str, key: bytes | None = None) -> PackContents:
    """Verify a pack and list its members, also those that are not what was packed.

    Raises as `verify_pack` does: a pack that must be refused is not listed.
    """
    with open_archive(path, shown=shown) as archive:
        check, manifest = verify_opened(archive, shown, key=key)
        listed = sorted(manifest.contents or (), key=lambda entry: entry.path)
        members = tuple(_member(archive, check, entry) for entry in listed)
    return PackContents(check, manifest, members)


def _member(archive: Archive, check: PackCheck, entry: PackEntry) -> PackMember:
    found = archive.members.get(entry.path)
    actual = next((m.actual for m in check.hash_mismatches if m.path == entry.path), "")
    return PackMember(
        path=entry.path,
        type=entry.type,
        sha256=entry.sha256,
        size=found.size if found else 0,
        state="differs" if actual else "same" if found else "missing",
        actual=actual,
    )
