"""A forge for odd and hostile zip archives: every field of every record can be set.

Written from the format description, with record layouts of its own, so that a mistake in the
engine's layouts shows.
"""

import struct
import zlib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from gait_engine.store.zipread import Archive, open_archive

STORED, DEFLATED, STREAMED = 0, 8, 0x0008
PLAIN_FILE = 0o100644 << 16
FIRST_OF_1980 = 0x0021 << 16

LOCAL = {
    "mark": "4s", "needed": "H", "flags": "H", "method": "H", "stamp": "I", "crc": "I",
    "packed": "I", "size": "I", "name_size": "H", "extra_size": "H",
}  # fmt: skip
CENTRAL = {
    "mark": "4s", "made_by": "H", "needed": "H", "flags": "H", "method": "H", "stamp": "I",
    "crc": "I", "packed": "I", "size": "I", "name_size": "H", "extra_size": "H",
    "comment_size": "H", "disk": "H", "internal": "H", "external": "I", "offset": "I",
}  # fmt: skip
END = {
    "mark": "4s", "disk": "H", "directory_disk": "H", "here": "H", "count": "H", "size": "I",
    "offset": "I", "comment_size": "H",
}  # fmt: skip
END64 = {
    "mark": "4s", "length": "Q", "made_by": "H", "needed": "H", "disk": "I",
    "directory_disk": "I", "here": "Q", "count": "Q", "size": "Q", "offset": "Q",
}  # fmt: skip
LOCATOR64 = {"mark": "4s", "disk": "I", "offset": "Q", "disks": "I"}

Value = int | bytes
Fields = Mapping[str, Value]
NOTHING: Fields = MappingProxyType({})


class Part(NamedTuple):
    """One member. `local` and `central` overwrite single fields of the two headers."""

    name: str | bytes
    body: bytes = b""
    method: int = STORED
    flags: int = 0
    mode: int = PLAIN_FILE
    stamp: int = FIRST_OF_1980
    extra: bytes = b""
    local_extra: bytes | None = None
    local_name: str | bytes | None = None
    comment: bytes = b""
    descriptor: bytes | None = None
    packed: bytes | None = None
    before: bytes = b""
    local: Fields = NOTHING
    central: Fields = NOTHING


def forge(  # noqa: PLR0913 - one argument for each place in an archive
    *parts: Part,
    prefix: bytes = b"",
    before_directory: bytes = b"",
    behind_directory: bytes = b"",
    comment: bytes = b"",
    suffix: bytes = b"",
    base: int = 0,
    end: Fields | None = None,
    end64: Fields | None = None,
) -> bytes:
    """Put an archive together; offsets count from its first byte, `prefix` included, less `base`.

    With `end64` a zip64 end record and its locator stand before the end record.
    """
    out, records = bytearray(prefix), bytearray()
    for part in parts:
        out += part.before
        records += _central(part, len(out) - base)
        out += _entry(part)
    out += before_directory
    at = len(out) - base
    out += records + behind_directory
    facts: dict[str, Value] = {
        "here": len(parts), "count": len(parts), "size": len(records), "offset": at,
    }  # fmt: skip
    if end64 is not None:
        wide: Fields = {
            "mark": b"PK\6\6",
            "length": 44,
            "made_by": 45,
            "needed": 45,
            **facts,
            **end64,
        }
        locator: Fields = {"mark": b"PK\6\7", "offset": len(out), "disks": 1}
        out += record(END64, wide) + record(LOCATOR64, locator)
        facts |= {"here": 0xFFFF, "count": 0xFFFF, "size": 0xFFFFFFFF, "offset": 0xFFFFFFFF}
    facts |= {"mark": b"PK\5\6", "comment_size": len(comment), **(end or {})}
    return bytes(out + record(END, facts) + comment + suffix)


def record(layout: Mapping[str, str], values: Fields) -> bytes:
    """Pack a record; fields that are not named are zero."""
    assert values.keys() <= layout.keys(), values.keys() - layout.keys()
    return struct.pack("<" + "".join(layout.values()), *(values.get(key, 0) for key in layout))


def descriptor(body: bytes, packed: bytes, *, marked: bool = True, wide: bool = False) -> bytes:
    """Return a data descriptor in one of its four forms."""
    sizes = struct.pack("<QQ" if wide else "<II", len(packed), len(body))
    return (b"PK\7\x08" if marked else b"") + struct.pack("<I", zlib.crc32(body)) + sizes


def deflated(body: bytes) -> bytes:
    """Return a raw deflate stream."""
    packer = zlib.compressobj(6, zlib.DEFLATED, -15)
    return packer.compress(body) + packer.flush()


def opened(folder: Path, data: bytes) -> Archive:
    """Write an archive into the folder and open it."""
    path = folder / "p.zip"
    path.write_bytes(data)
    return open_archive(path)


def codes(archive: Archive) -> set[str]:
    """Return the codes of an archive's hazards."""
    return {hazard.code for hazard in archive.hazards}


def _raw(name: str | bytes) -> bytes:
    return name.encode() if isinstance(name, str) else name


def _packed(part: Part) -> bytes:
    if part.packed is not None:
        return part.packed
    return deflated(part.body) if part.method == DEFLATED else part.body


def _facts(part: Part) -> dict[str, Value]:
    return {
        "needed": 20, "flags": part.flags, "method": part.method, "stamp": part.stamp,
        "crc": zlib.crc32(part.body), "packed": len(_packed(part)), "size": len(part.body),
    }  # fmt: skip


def _entry(part: Part) -> bytes:
    facts, packed = _facts(part), _packed(part)
    name = _raw(part.name if part.local_name is None else part.local_name)
    extra = part.extra if part.local_extra is None else part.local_extra
    behind = b"" if part.descriptor is None else part.descriptor
    if part.flags & STREAMED:
        facts |= {"crc": 0, "packed": 0, "size": 0}
        behind = descriptor(part.body, packed) if part.descriptor is None else behind
    sizes: Fields = {"mark": b"PK\3\4", "name_size": len(name), "extra_size": len(extra)}
    return record(LOCAL, {**facts, **sizes, **part.local}) + name + extra + packed + behind


def _central(part: Part, offset: int) -> bytes:
    name = _raw(part.name)
    sizes: Fields = {
        "mark": b"PK\1\2", "made_by": 0x0314, "name_size": len(name),
        "extra_size": len(part.extra), "comment_size": len(part.comment),
        "external": part.mode, "offset": offset,
    }  # fmt: skip
    fields = {**_facts(part), **sizes, **part.central}
    return record(CENTRAL, fields) + name + part.extra + part.comment
