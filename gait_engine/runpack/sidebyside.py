"""Two runs side by side, record by record and value by value, for a reader who must see why.

What counts as a difference is what `runpack.diff` counts; contract: runpack.md 6.2.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract import runpack as contract
from gait_engine.contract.answers.run import PRIVACY_FULL, RecordChange, ValueChange
from gait_engine.contract.runpack import Intent, Manifest, Receipt, Refs, Result
from gait_engine.runpack.diff import Side, Sides, member_paths, payload_text
from gait_engine.wire.canonical import canonical

_UNCOUNTED: Final = ("run_id", "producer_version", "created_at")
_encode: Final = msgspec.json.Encoder(order="sorted").encode


class _Row(NamedTuple):
    """One record as it is compared: its place in its section, its label, its members."""

    position: int
    label: str
    members: dict[str, Any]


_Rows = dict[tuple[str, int], _Row]
"""Rows by id, and by a number that tells rows of one id apart."""

_ABSENT: Final = _Row(0, "", {})


def changes(sides: Sides) -> Iterator[RecordChange]:
    """Show every record of both runs side by side, sections in contract order."""
    left, right, privacy = sides
    full = privacy == PRIVACY_FULL
    yield from _section("manifest", _manifest_rows(left.manifest), _manifest_rows(right.manifest))
    for section, name, kind in (
        ("intents", contract.INTENTS, Intent),
        ("results", contract.RESULTS, Result),
    ):
        yield from _section(
            section,
            _record_rows(Side(left, name, kind), full=full),
            _record_rows(Side(right, name, kind), full=full),
        )
    yield from _section("refs", _refs_rows(left.refs, full=full), _refs_rows(right.refs, full=full))


def _section(name: str, left: _Rows, right: _Rows) -> Iterator[RecordChange]:
    for key in [*left, *(key for key in right if key not in left)]:
        yield _change(name, key[0], left.get(key, _ABSENT), right.get(key, _ABSENT))


def _change(section: str, key: str, left: _Row, right: _Row) -> RecordChange:
    both = bool(left.position and right.position)
    texts = _text(left.members), _text(right.members)
    is_compared = both and texts[0] != texts[1]
    differences = tuple(_differences(left.members, right.members)) if is_compared else ()
    one_sided = "right_only" if right.position else "left_only"
    return RecordChange(
        section=section,
        id=key,
        state=("changed" if differences else "same") if both else one_sided,
        label=left.label or right.label,
        position_left=left.position,
        position_right=right.position,
        differences=differences,
        left=texts[0] if left.position else UNSET,
        right=texts[1] if right.position else UNSET,
    )


def _differences(left: Any, right: Any) -> Iterator[ValueChange]:
    """Walk objects, keys in order; every other value is a leaf."""
    waiting = [("", left, right)]
    while waiting:
        path, left, right = waiting.pop()
        if isinstance(left, dict) and isinstance(right, dict):
            for key in sorted(left.keys() | right.keys(), reverse=True):
                inner = f"{path}.{key}" if path else key
                waiting.append((inner, left.get(key, UNSET), right.get(key, UNSET)))
        elif not _is_same(left, right):
            yield ValueChange(path=path, left=_text(left), right=_text(right))


def _is_same(left: Any, right: Any) -> bool:
    """Compare as digests do: 1 and 1.0 are one number, true is none."""
    if left is UNSET or right is UNSET:
        return left is right
    if type(left) is type(right) and isinstance(left, (str, bool)):
        return bool(left == right)
    return _encode(left) == _encode(right) or canonical(left) == canonical(right)


def _text(value: Any) -> Raw | UnsetType:
    return UNSET if value is UNSET else Raw(_encode(value))


def _plain(record: msgspec.Struct) -> dict[str, Any]:
    members: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(record))
    return members


def _manifest_rows(manifest: Manifest) -> _Rows:
    members = {
        "schema_id": manifest.schema_id,
        "schema_version": manifest.schema_version,
        "capture_mode": manifest.capture_mode,
        "files": member_paths(manifest),
    }
    return {(contract.MANIFEST, 0): _Row(1, contract.MANIFEST, members)}


def _record_rows(side: Side, *, full: bool) -> _Rows:
    return {
        (key, 0): _record_row(position, record, full=full)
        for position, (key, record) in enumerate(side.by_id.items(), 1)
    }


def _record_row(position: int, record: Intent | Result, *, full: bool) -> _Row:
    payload = "args" if isinstance(record, Intent) else "result"
    members = _plain(record)
    for field in _UNCOUNTED:
        del members[field]
    if not full or payload_text(record) == b"{}":
        members.pop(payload, None)
    label = record.tool_name if isinstance(record, Intent) else record.status
    return _Row(position, label, members)


def _refs_rows(refs: Refs, *, full: bool) -> _Rows:
    if not full:
        members: dict[str, Any] = {"receipts": len(refs.receipts)}
        return {(contract.REFS, 0): _Row(1, contract.REFS, members)}
    members = {
        "schema_id": refs.schema_id,
        "schema_version": refs.schema_version,
        "context_set_digest": refs.context_set_digest,
        "context_evidence_mode": refs.context_evidence_mode,
        "context_ref_count": refs.context_ref_count,
    }
    head = {(contract.REFS, 0): _Row(1, contract.REFS, members)}
    return {**head, **_receipt_rows(refs.receipts)}


def _receipt_rows(receipts: tuple[Receipt, ...]) -> _Rows:
    seen: Counter[str] = Counter()
    rows: _Rows = {}
    for position, receipt in enumerate(receipts, 2):
        seen[receipt.ref_id] += 1
        row = _Row(position, receipt.source_locator, _plain(receipt))
        rows[receipt.ref_id, seen[receipt.ref_id]] = row
    return rows
