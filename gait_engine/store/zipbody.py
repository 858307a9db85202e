"""Where a member's bytes stand, and whether its local header tells what the directory tells.

Nothing is inflated here. `damage` is what makes the peer fail when it reads the member, in the
words of an error text; `agrees` is false where the peer would not look. Contract: runpack.md 3.3.
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Final, NamedTuple

from gait_engine.store.zipdir import (
    ALL_ONES_32,
    LOCAL_MARK,
    ZIP64_FIELD,
    Entry,
    extra_fields,
)
from gait_engine.store.zipsource import Source

LOCAL: Final = Struct("<4s3H4I2H")
DESCRIPTOR_MARK: Final = b"PK\7\x08"
HAS_DESCRIPTOR: Final = 0x0008

_ZIP64_VERSION: Final = 45
UNICODE_NAME_FIELD: Final = 0x7075
_SHORTEST_NAME_FIELD: Final = 9
_USUAL_NAME_AND_EXTRA: Final = 256
_DESCRIPTOR_LIMIT: Final = 24


class Body(NamedTuple):
    """The bytes from `start` up to `stop` belong to one member, its packed data to `data_stop`."""

    start: int
    data: int
    data_stop: int
    stop: int
    agrees: bool
    damage: str


class Descriptor(NamedTuple):
    """What stands behind the data of a member that had to be streamed."""

    size: int
    agrees: bool
    damage: str


class Member(NamedTuple):
    """What the directory says of a member, and what was found in its place."""

    entry: Entry
    body: Body

    @property
    def name(self) -> str:
        """The name as text, with a backslash escape for each byte that is not UTF-8."""
        return self.entry.name

    @property
    def size(self) -> int:
        """The declared size in bytes."""
        return self.entry.size

    @property
    def is_folder(self) -> bool:
        """Tell a folder entry."""
        return self.entry.is_folder

    @property
    def is_executable(self) -> bool:
        """Tell a member that unpacking would make executable for somebody."""
        return bool(self.entry.external >> 16 & 0o111)


def find_body(source: Source, entry: Entry) -> Body:
    """Read the local header and the data descriptor of a member."""
    header = source.up_to(entry.offset, LOCAL.size + _USUAL_NAME_AND_EXTRA)
    if entry.offset < 0 or len(header) < LOCAL.size or not header.startswith(LOCAL_MARK):
        return _broken(entry, f"no local header at {entry.offset}, expected one")
    fields = LOCAL.unpack_from(header)
    length = LOCAL.size + fields[8] + fields[9]
    if length > len(header):
        header = source.up_to(entry.offset, length)
    data = entry.offset + length
    data_stop = data + entry.packed
    if data_stop > source.size:
        return _broken(entry, f"{source.size} bytes of archive, expected at least {data_stop}")
    descriptor = _find_descriptor(source, entry, data_stop)
    agrees = (
        _header_agrees(entry, fields, header[LOCAL.size : length])
        and descriptor.agrees
        and extras_agree(header[LOCAL.size + fields[8] : length], entry)
    )
    stop = data_stop + descriptor.size
    return Body(entry.offset, data, data_stop, stop, agrees, descriptor.damage)


def _broken(entry: Entry, damage: str) -> Body:
    return Body(entry.offset, entry.offset, entry.offset, entry.offset, True, damage)


def _header_agrees(entry: Entry, fields: tuple[int, ...], names: bytes) -> bool:
    _, needed, flags, method, stamp, crc, packed, size, name_size, _ = fields
    raw_name, extra = names[:name_size], names[name_size:]
    wide = _wide_sizes(extra, size, packed)
    return (
        wide is not None
        and raw_name == entry.raw_name
        and (flags, method, stamp) == (entry.flags, entry.method, entry.stamp)
        and _needed_agrees(entry, needed, extra)
        and _sizes_agree(entry, (crc, *wide))
    )


def _needed_agrees(entry: Entry, needed: int, extra: bytes) -> bool:
    """Compare the versions; the side that alone needs zip64, for an offset, may say so."""
    if needed == entry.needed:
        return True
    higher = extra if needed > entry.needed else entry.extra
    fields = extra_fields(higher) or {}
    return max(needed, entry.needed) == _ZIP64_VERSION and ZIP64_FIELD in fields


def _sizes_agree(entry: Entry, told: tuple[int, int, int]) -> bool:
    """Compare checksum and sizes; a writer that had to stream leaves out what it did not know."""
    known = (entry.crc, entry.size, entry.packed)
    if not entry.flags & HAS_DESCRIPTOR:
        return told == known
    return all(a in {0, b} for a, b in zip(told, known, strict=True))


def _wide_sizes(extra: bytes, size: int, packed: int) -> tuple[int, int] | None:
    """Return size and packed size with the zip64 field applied; None where it contradicts."""
    wide = (extra_fields(extra) or {}).get(ZIP64_FIELD)
    if wide is None:
        return size, packed
    if len(wide) != 16:
        return None
    told = int.from_bytes(wide[:8], "little"), int.from_bytes(wide[8:], "little")
    is_needed = size == packed == ALL_ONES_32
    return told if is_needed or told == (size, packed) else None


def extras_agree(local: bytes, entry: Entry) -> bool:
    """Compare two extra areas as far as honest writers keep them alike.

    One side may lack fields of the other (times and alignment stand on one side only), and a
    field may be cut short (`UT` keeps one time in the directory, three in the local header).
    """
    if local == entry.extra and len(local) < _SHORTEST_NAME_FIELD:
        return extra_fields(local) is not None
    here, there = extra_fields(local), extra_fields(entry.extra)
    if here is None or there is None:
        return False
    shared = (here.keys() & there.keys()) - {ZIP64_FIELD}
    own = here.keys() - there.keys() - {ZIP64_FIELD}
    foreign = there.keys() - here.keys() - {ZIP64_FIELD}
    return (
        not (own and foreign)
        and all(_is_prefix(here[key], there[key]) for key in shared)
        and all(_names_same(fields, entry.raw_name) for fields in (here, there))
    )


def _names_same(fields: Mapping[int, bytes], raw_name: bytes) -> bool:
    """Refuse a second name: readers that know the field would show another file."""
    field = fields.get(UNICODE_NAME_FIELD)
    return field is None or field[5:] == raw_name


def _is_prefix(left: bytes, right: bytes) -> bool:
    return left.startswith(right) or right.startswith(left)


def _find_descriptor(source: Source, entry: Entry, at: int) -> Descriptor:
    if not entry.flags & HAS_DESCRIPTOR:
        return Descriptor(0, True, "")
    raw = source.up_to(at, _DESCRIPTOR_LIMIT)
    for form in _descriptors(entry):
        if raw.startswith(form):
            return Descriptor(len(form), True, "")
    crc_at = len(DESCRIPTOR_MARK) if raw.startswith(DESCRIPTOR_MARK) else 0
    size = crc_at + 12
    if len(raw) >= size and raw.startswith(entry.crc.to_bytes(4, "little"), crc_at):
        return Descriptor(size, False, "")
    damage = f"another checksum behind the data, expected {entry.crc:08x}"
    return Descriptor(min(size, len(raw)), True, damage)


def _descriptors(entry: Entry) -> Iterator[bytes]:
    """Yield the four forms in use; the wide one first, as the narrow one may be its beginning."""
    crc = entry.crc.to_bytes(4, "little")
    wide = crc + entry.packed.to_bytes(8, "little") + entry.size.to_bytes(8, "little")
    narrow = crc + b"".join(
        (size & ALL_ONES_32).to_bytes(4, "little") for size in (entry.packed, entry.size)
    )
    yield DESCRIPTOR_MARK + wide
    yield DESCRIPTOR_MARK + narrow
    yield wide
    yield narrow
