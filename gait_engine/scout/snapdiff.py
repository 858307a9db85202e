"""What changed from one inventory snapshot to another (scout.md 4)."""

from collections.abc import Iterable

from gait_engine.contract.scout import (
    ChangedItem,
    DiffItem,
    InventoryItem,
    Snapshot,
    SnapshotDiff,
)
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.jsonread import Source, read_record


def read_snapshot(path: str, *, host: Host) -> Snapshot:
    """Read a snapshot, its schema id unchecked. Raises InvalidInput."""
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="snapshot")
    return read_record(text, Snapshot, Source(path, digested=False))


def diff_snapshots(left: Snapshot, right: Snapshot) -> SnapshotDiff:
    """Compare two snapshots item by item; of items with one id the last counts."""
    before = {item.id: item for item in left.items}
    after = {item.id: item for item in right.items}
    added = _lone(after[key] for key in after.keys() - before.keys())
    removed = _lone(before[key] for key in before.keys() - after.keys())
    changed = tuple(
        _changed(before[key], after[key])
        for key in sorted(before.keys() & after.keys())
        if _said(before[key]) != _said(after[key])
    )
    return SnapshotDiff(
        left_snapshot_id=left.snapshot_id,
        right_snapshot_id=right.snapshot_id,
        added=added,
        removed=removed,
        changed=changed,
        added_count=len(added),
        removed_count=len(removed),
        changed_count=len(changed),
    )


def is_changed(diff: SnapshotDiff) -> bool:
    """Tell whether two snapshots differ."""
    return bool(diff.added or diff.removed or diff.changed)


def _said(item: InventoryItem) -> tuple[object, ...]:
    return item.kind, item.name, item.locator, item.risk_level, sorted(set(item.tags))


def _lone(items: Iterable[InventoryItem]) -> tuple[DiffItem, ...]:
    return tuple(
        DiffItem(
            id=item.id,
            kind=item.kind,
            name=item.name,
            locator=item.locator,
            risk_level=item.risk_level,
        )
        for item in sorted(items, key=lambda item: item.id)
    )


def _changed(before: InventoryItem, after: InventoryItem) -> ChangedItem:
    return ChangedItem(
        id=after.id,
        kind=after.kind,
        name=after.name,
        before_locator=before.locator,
        after_locator=after.locator,
        before_risk_level=before.risk_level,
        after_risk_level=after.risk_level,
    )
