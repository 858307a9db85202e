"""The end record and the directory of a zip archive, read as the peer reads them.

What the peer refuses is InvalidInput here; what it lets pass although the records disagree is
kept as a fact (`agrees`) for `zipcheck` to refuse. Contract: runpack.md 3.3.
"""

from collections.abc import Iterator, Mapping
from struct import Struct
from typing import Final, NamedTuple

from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.store.zipsource import TAIL, Source

LOCAL_MARK: Final = b"PK\3\4"
DIRECTORY_MARK: Final = b"PK\1\2"
END_MARK: Final = b"PK\5\6"
END64_MARK: Final = b"PK\6\6"
LOCATOR64_MARK: Final = b"PK\6\7"

ALL_ONES_16: Final = 0xFFFF
ALL_ONES_32: Final = 0xFFFFFFFF
ZIP64_FIELD: Final = 0x0001

FIRST_OF_1980: Final = 0x0021 << 16
"""Time and date as one number: the stamp of every archive that the peer or we write."""

DIRECTORY_LIMIT: Final = 8 * 1024 * 1024
"""Some 100,000 entries; a larger directory would break the memory limit of 256 MiB."""

RECORD: Final = Struct("<4s4H4I5H2I")
END: Final = Struct("<4s4H2IH")
END64: Final = Struct("<4sQ2H2I4Q")
LOCATOR64: Final = Struct("<4sIQI")
_FIELD: Final = Struct("<2H")


class Entry(NamedTuple):
    """One record of the directory; `offset` counts from the start of the file."""

    raw_name: bytes
    name: str
    made_by: int
    needed: int
    flags: int
    method: int
    stamp: int
    crc: int
    packed: int
    size: int
    disk: int
    internal: int
    external: int
    offset: int
    extra: bytes
    comment: bytes
    agrees: bool

    @property
    def is_folder(self) -> bool:
        """Tell a folder entry, which archives mark by the last character."""
        return self.name.endswith("/")


class End(NamedTuple):
    """Where the archive ends and its directory stands; offsets count from the file's start."""

    at: int
    stop: int
    bound: int
    entry_count: int
    directory_size: int
    directory_offset: int
    agrees: bool


class Directory(NamedTuple):
    """Every entry, the bytes the directory takes, and the end record behind it."""

    entries: tuple[Entry, ...]
    start: int
    stop: int
    end: End
    agrees: bool


def read_directory(source: Source) -> Directory:
    """Find the end record and read the whole directory.

    Raises InvalidInput for what is no zip archive, is cut off or counts its entries wrongly;
    VerificationFailed with code zip_size_limit for a directory over `DIRECTORY_LIMIT`.
    """
    end = _find_end(source)
    start, base = _locate(source, end)
    entries, stop = _read_entries(source, start, base, end.bound)
    if (len(entries) - end.entry_count) % 65536:
        raise _not_an_archive(
            source.path, f"{len(entries)} entries", f"{end.entry_count} as it says"
        )
    agrees = end.agrees and stop - start == end.directory_size and len(entries) == end.entry_count
    return Directory(entries, start, stop, end, agrees)


def extra_fields(extra: bytes) -> Mapping[int, bytes] | None:
    """Split an extra area by field id; None when it is malformed or repeats an id.

    Up to three zero bytes at the end, and empty fields of id 0, are the padding of aligned
    archives.
    """
    found: dict[int, bytes] = {}
    while len(extra) >= _FIELD.size:
        field_id, size = _FIELD.unpack_from(extra)
        data, rest = extra[_FIELD.size : _FIELD.size + size], extra[_FIELD.size + size :]
        if len(data) != size or field_id in found:
            return None
        if field_id or size:
            found[field_id] = data
        extra = rest
    return None if extra.strip(b"\0") else found


def _not_an_archive(path: str, found: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"archive {quoted(path)}: {found}, expected {wanted}", where=path)


def _find_end(source: Source) -> End:
    tail_at = max(0, source.size - TAIL)
    tail = source.read(tail_at, source.size - tail_at)
    # The last mark with a whole record behind it decides; an earlier one is never tried.
    place = tail.rfind(END_MARK, 0, max(0, len(tail) - END.size + len(END_MARK)))
    if place < 0:
        raise _not_an_archive(source.path, "no end record", "a zip archive")
    record = END.unpack_from(tail, place)
    stop = tail_at + place + END.size + record[7]
    if stop > source.size:
        raise _not_an_archive(source.path, "a comment that is cut off", "a whole zip archive")
    return _with_zip64(source, tail_at + place, stop, record)


def _with_zip64(source: Source, at: int, stop: int, record: tuple[int, ...]) -> End:
    """Take the zip64 end record where the peer does, and compare the two where both speak."""
    _, disk, directory_disk, here, count, size, offset, _ = record
    agrees = disk == directory_disk == 0 and here == count
    # The peer asks for 0xFFFF in the size, too: whoever writes zip64 records has other ones.
    wanted = ALL_ONES_16 in {count, size} or offset == ALL_ONES_32
    plain = End(at, stop, at, count, size, offset, agrees)
    place = _zip64_place(source, at)
    if place is None:
        return plain
    wide = _zip64_end(source, place, plain)
    if wide is None and wanted:
        raise _not_an_archive(source.path, "no zip64 end record", f"one at {place}")
    if wide is None:
        return plain._replace(agrees=False)
    said = ((count, ALL_ONES_16), (size, ALL_ONES_32), (offset, ALL_ONES_32))
    told = (wide.entry_count, wide.directory_size, wide.directory_offset)
    same = all(a in (b, ones) for (a, ones), b in zip(said, told, strict=True))
    winner = wide if wanted else plain._replace(bound=place)
    return winner._replace(agrees=agrees and wide.agrees and same)


def _zip64_place(source: Source, at: int) -> int | None:
    if at < LOCATOR64.size:
        return None
    mark, disk, place, disks = LOCATOR64.unpack(source.read(at - LOCATOR64.size, LOCATOR64.size))
    return place if (mark, disk, disks) == (LOCATOR64_MARK, 0, 1) else None


def _zip64_end(source: Source, place: int, plain: End) -> End | None:
    raw = source.up_to(place, END64.size)
    if len(raw) < END64.size or not raw.startswith(END64_MARK):
        return None
    _, length, made_by, needed, disk, directory_disk, here, count, size, offset = END64.unpack(raw)
    agrees = (
        disk == directory_disk == 0
        and here == count
        and place + 12 + length + LOCATOR64.size == plain.at
        and max(made_by & 0xFF, needed) <= 63  # APPNOTE 4.4.3: version 6.3 is the last
    )
    return plain._replace(
        bound=place, entry_count=count, directory_size=size, directory_offset=offset, agrees=agrees
    )


def _locate(source: Source, end: End) -> tuple[int, int]:
    """Return where the directory starts, and what to add to every offset in the archive.

    Bytes before the archive shift everything, unless its offsets already count them.
    """
    start = end.bound - end.directory_size
    base = start - end.directory_offset
    if start < 0 or base < 0:
        raise _not_an_archive(source.path, "a directory out of reach", "one before its end record")
    if base > 0 and _has_record(source, end.directory_offset):
        return end.directory_offset, 0
    return start, base


def _has_record(source: Source, at: int) -> bool:
    raw = source.up_to(at, RECORD.size + 3 * ALL_ONES_16)
    return _entry(raw, 0, 0) is not None


def _read_entries(
    source: Source, start: int, base: int, bound: int
) -> tuple[tuple[Entry, ...], int]:
    if bound - start > DIRECTORY_LIMIT:
        raise VerificationFailed(
            f"archive {quoted(source.path)}: a directory of {bound - start} bytes, "
            f"expected at most {DIRECTORY_LIMIT}",
            code="zip_size_limit",
            where=source.path,
            hazards=(Hazard("zip_size_limit", source.path),),
        )
    raw = source.read(start, max(0, bound - start))
    found, stop = [], 0
    for entry, behind in _entries(raw, base):
        found.append(entry)
        stop = behind
    return tuple(found), start + stop


def _entries(raw: bytes, base: int) -> Iterator[tuple[Entry, int]]:
    at = 0
    while step := _entry(raw, at, base):
        yield step
        at = step[1]


def _entry(raw: bytes, at: int, base: int) -> tuple[Entry, int] | None:
    """Read the record at `at`; None where the peer would see no record."""
    if len(raw) - at < RECORD.size:
        return None
    (mark, made_by, needed, flags, method, stamp, crc, packed, size, name_size, extra_size,
     comment_size, disk, internal, external, offset) = RECORD.unpack_from(raw, at)  # fmt: skip
    name_at = at + RECORD.size
    extra_at = name_at + name_size
    comment_at = extra_at + extra_size
    stop = comment_at + comment_size
    if mark != DIRECTORY_MARK or stop > len(raw):
        return None
    extra = raw[extra_at:comment_at]
    wide = _wide_sizes(extra, size, packed, offset, disk)
    if wide is None:
        return None
    size, packed, offset, disk, agrees = wide
    raw_name = raw[name_at:extra_at]
    entry = Entry(
        raw_name, raw_name.decode("utf-8", "backslashreplace"), made_by, needed, flags, method,
        stamp, crc, packed, size, disk, internal, external, base + offset, extra,
        raw[comment_at:stop], agrees,
    )  # fmt: skip
    return entry, stop


def _wide_sizes(
    extra: bytes, size: int, packed: int, offset: int, disk: int
) -> tuple[int, int, int, int, bool] | None:
    """Replace fields of all ones by their zip64 values; None where the peer finds them missing.

    The last item tells whether the zip64 field holds what it must and nothing else.
    """
    fields = extra_fields(extra)
    wide = (fields or {}).get(ZIP64_FIELD)
    if wide is None:
        missing = fields is not None and ALL_ONES_32 in (packed, offset)
        return None if missing else (size, packed, offset, disk, fields is not None)
    values, at = [], 0
    for value, ones, width in (
        (size, ALL_ONES_32, 8),
        (packed, ALL_ONES_32, 8),
        (offset, ALL_ONES_32, 8),
        (disk, ALL_ONES_16, 4),
    ):
        taken = width if value == ones else 0
        if at + taken > len(wide):
            return None
        values.append(int.from_bytes(wide[at : at + taken], "little") if taken else value)
        at += taken
    return values[0], values[1], values[2], values[3], at == len(wide)
