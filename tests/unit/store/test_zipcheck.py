import struct
from collections.abc import Collection
from pathlib import Path

import pytest

from gait_engine.errors import Hazard
from gait_engine.store.zipcheck import is_unsafe
from tests.support.zipforge import (
    DEFLATED,
    STREAMED,
    Part,
    codes,
    deflated,
    descriptor,
    forge,
    opened,
)

A, B = Part("a.json", b'{"a":1}', DEFLATED), Part("b.json", b"[]" * 50)
TIMES = bytes.fromhex("5554 0500 01 a6ce1200")  # the peer's extended timestamp
LATER = 0x5D745CA2

MISMATCH, COLLISION, HIDDEN = "zip_header_mismatch", "zip_name_collision", "zip_hidden_entry"
MANY, TRAILING, SPECIAL = "zip_many_end_records", "zip_trailing_data", "zip_special_file"


def wide(size: int, packed: int) -> bytes:
    """A zip64 field as local headers have it."""
    return struct.pack("<HHQQ", 1, 16, size, packed)


def field(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


END_OF_A_AND_B = dict(
    zip(
        ("here", "count", "size", "offset"),
        struct.unpack("<2H2I", forge(A, B)[-14:-2]),
        strict=True,
    )
)

HONEST = {
    "stored and deflated": forge(A, B),
    "nothing": forge(),
    "member and archive comments": forge(A._replace(comment=b"one"), B, comment=b"all"),
    "peer's extra field": forge(A._replace(extra=TIMES), B._replace(extra=TIMES)),
    "folder": forge(A, Part("sub/", mode=0o040755 << 16 | 0x10)),
    "folder with a file's mode": forge(A, Part("sub/")),
    "flag bit 3": forge(A._replace(flags=STREAMED), B._replace(flags=STREAMED)),
    "flag bit 3, sizes known": forge(
        B._replace(flags=STREAMED, local={"crc": 0, "packed": 0, "size": 100})
    ),
    "descriptor without mark": forge(
        B._replace(flags=STREAMED, descriptor=descriptor(B.body, B.body, marked=False)), A
    ),
    "wide descriptor": forge(
        B._replace(flags=STREAMED, descriptor=descriptor(B.body, B.body, wide=True)), A
    ),
    "wide descriptor without mark": forge(
        B._replace(flags=STREAMED, descriptor=descriptor(B.body, B.body, marked=False, wide=True)),
        A,
    ),
    "wide descriptor of nothing": forge(
        Part("a", b"", DEFLATED, STREAMED, descriptor=descriptor(b"", deflated(b""), wide=True)), A
    ),
    "zip64 end record": forge(A, B, end64={}),
    "zip64 end record beside a full end record": forge(A, B, end64={}, end=END_OF_A_AND_B),
    "zip64 sizes": forge(
        B._replace(
            extra=field(1, struct.pack("<QQQ", 100, 100, 0)),
            local_extra=wide(100, 100),
            local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF},
            central={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF, "offset": 0xFFFFFFFF},
        )
    ),
    "zip64 sizes in the local header alone": forge(
        B._replace(local_extra=wide(100, 100), local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF})
    ),
    "zip64 placeholder of a stream": forge(
        B._replace(flags=STREAMED, extra=b"", local_extra=wide(0, 0))
    ),
    "zip64 for an offset": forge(
        B._replace(
            extra=field(1, bytes(8)),
            local_extra=b"",
            central={"offset": 0xFFFFFFFF, "needed": 45},
        )
    ),
    "times cut short in the directory": forge(
        A._replace(extra=field(0x5455, b"\3aaaa"), local_extra=field(0x5455, b"\3aaaabbbb"))
    ),
    "fields on one side": forge(
        A._replace(extra=TIMES + field(10, b"ntfs"), local_extra=TIMES),
        B._replace(extra=b"", local_extra=field(0xD935, b"\4\0\0")),
    ),
    "zeros that align": forge(A._replace(extra=b"", local_extra=b"\0\0\0"), B),
    "empty fields that align": forge(A._replace(extra=b"", local_extra=bytes(16)), B),
    "name repeated in Unicode": forge(
        A._replace(extra=TIMES + field(0x7075, b"\1abcda.json"), local_extra=TIMES)
    ),
    "text bit of Info-ZIP": forge(
        A._replace(central={"made_by": 0x031E, "internal": 1}),
        B._replace(central={"made_by": 0x031E}),
    ),
    "executables": forge(A, B, Part("c.json", mode=0o100755 << 16)),
    "modes of several files": forge(
        A._replace(stamp=LATER), B._replace(stamp=LATER, mode=0o100600 << 16)
    ),
    "several writers": forge(
        A._replace(stamp=LATER), B._replace(stamp=LATER, central={"made_by": 0x0A})
    ),
    "names that differ by case below evidence/": forge(
        Part("evidence/TR.json"), Part("evidence/tr.json"), Part("evidence/Tr.json")
    ),
    "bytes that look like records inside a member": forge(Part("a.zip", forge(A, B) * 2), B),
}


@pytest.mark.parametrize("data", HONEST.values(), ids=HONEST.keys())
def test_what_honest_writers_do_is_no_hazard(tmp_path: Path, data: bytes) -> None:
    with opened(tmp_path, data) as archive:
        assert archive.hazards == ()
        for name in archive.names:
            archive.read(name)


HOSTILE: dict[str, tuple[bytes, Collection[str]]] = {
    # local header against directory
    "local name": (forge(A._replace(local_name="c.json"), B), {MISMATCH}),
    "local name shorter": (forge(A._replace(local_name="a"), B), {MISMATCH}),
    "local method": (forge(A._replace(local={"method": 0}), B), {MISMATCH}),
    "local flags": (forge(A._replace(local={"flags": 0x800}), B), {MISMATCH}),
    "local version": (forge(A._replace(local={"needed": 10}), B), {MISMATCH}),
    "local zip64 version without zip64": (
        forge(A._replace(local={"needed": 45}), B),
        {MISMATCH},
    ),
    "local time": (forge(A._replace(local={"stamp": LATER}), B), {MISMATCH}),
    "local crc": (forge(A._replace(local={"crc": 1}), B), {MISMATCH}),
    "local size": (forge(A._replace(local={"size": 1}), B), {MISMATCH}),
    "local packed size": (forge(A._replace(local={"packed": 1}), B), {MISMATCH}),
    "local zeros without bit 3": (
        forge(A._replace(local={"crc": 0, "size": 0, "packed": 0}), B),
        {MISMATCH},
    ),
    "bit 3 with another size": (
        forge(A._replace(flags=STREAMED, local={"size": 1}), B),
        {MISMATCH},
    ),
    "descriptor of another size": (
        forge(B._replace(flags=STREAMED, descriptor=descriptor(B.body, b"")), A),
        {MISMATCH},
    ),
    "descriptor without mark of another size": (
        forge(B._replace(flags=STREAMED, descriptor=descriptor(B.body, b"", marked=False)), A),
        {MISMATCH},
    ),
    "zip64 size lies in the local header": (
        forge(B._replace(local_extra=wide(9, 9), local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF})),
        {MISMATCH},
    ),
    "zip64 for one of two local sizes": (
        forge(B._replace(local_extra=wide(100, 100), local={"size": 0xFFFFFFFF})),
        {MISMATCH},
    ),
    "zip64 field of odd length": (
        forge(
            B._replace(
                local_extra=field(1, bytes(8)), local={"size": 0xFFFFFFFF, "packed": 0xFFFFFFFF}
            )
        ),
        {MISMATCH},
    ),
    "zip64 field nobody asked for": (forge(B._replace(extra=wide(100, 100))), {MISMATCH}),
    "extra field changed": (
        forge(A._replace(extra=TIMES, local_extra=TIMES[:-1] + b"\1")),
        {MISMATCH},
    ),
    "extra field of another kind": (
        forge(A._replace(extra=TIMES, local_extra=b"\1" + TIMES[1:])),
        {MISMATCH},
    ),
    "extra field repeated": (forge(A._replace(extra=TIMES * 2)), {MISMATCH}),
    "extra field cut off": (forge(A._replace(extra=TIMES[:-1])), {MISMATCH}),
    "extra field followed by a byte": (forge(A._replace(extra=TIMES + b"\1")), {MISMATCH}),
    "local extra field cut off": (
        forge(A._replace(extra=b"", local_extra=TIMES[:-1])),
        {MISMATCH},
    ),
    "second name for other readers": (
        forge(A._replace(extra=field(0x7075, b"\1abcdb.json"))),
        {MISMATCH},
    ),
    "second name in the local header": (
        forge(A._replace(extra=b"", local_extra=field(0x7075, b"\1abcdb.json"))),
        {MISMATCH},
    ),
    "disk of a member": (forge(A._replace(central={"disk": 1}), B), {MISMATCH}),
    "internal attribute": (forge(A._replace(central={"internal": 1}), B), {MISMATCH}),
    "mode with a changed byte": (
        forge(A, B, Part("c.json", mode=0o100640 << 16)),
        {MISMATCH},
    ),
    "writer with a changed byte": (
        forge(A, B._replace(central={"made_by": 0x0315})),
        {MISMATCH},
    ),
    # end records against one another
    "disk of the archive": (forge(A, end={"disk": 1}), {MISMATCH}),
    "disk of the directory": (forge(A, end={"directory_disk": 1}), {MISMATCH}),
    "entries on this disk": (forge(A, end={"here": 2}), {MISMATCH}),
    "directory size": (forge(A, B, end={"size": 52}), {MISMATCH}),
    "zip64 count": (forge(A, end64={"count": 65537, "here": 65537}), {MISMATCH}),
    "zip64 count here": (forge(A, end64={"here": 2}), {MISMATCH}),
    "zip64 disk": (forge(A, end64={"disk": 1}), {MISMATCH}),
    "zip64 length": (forge(A, end64={"length": 45}), {MISMATCH}),
    "zip64 version": (forge(A, end64={"needed": 0xFF}), {MISMATCH}),
    "zip64 offset beside another one": (
        forge(A, end64={}, end={"offset": 1}),
        {MISMATCH},
    ),
    "zip64 record nobody needs is broken": (
        forge(A, B, end64={"mark": b"PK\6\5"}, end=END_OF_A_AND_B),
        {MISMATCH, HIDDEN, MANY},
    ),
    # names
    "unsafe name": (forge(A, Part("../b")), {"zip_name_unsafe"}),
    "name that is not UTF-8": (forge(A, Part(b"\xff\xfe")), {"zip_name_unsafe"}),
    "names by case": (forge(Part("run.json"), Part("RUN.json")), {COLLISION}),
    "names by sharp s": (forge(Part("straße"), Part("STRASSE")), {COLLISION}),
    "names by composition": (forge(Part("\xe9"), Part("e\u0301")), {COLLISION}),
    "names by dot": (forge(Part("a"), Part("./a")), {COLLISION}),
    "names by slash": (forge(Part("a/b"), Part("a//b")), {COLLISION}),
    "names by backslash": (forge(Part("a/b"), Part("a\\b")), {COLLISION, "zip_name_unsafe"}),
    "file and folder": (forge(Part("a"), Part("a/")), {COLLISION}),
    "evidence by spelling": (forge(Part("evidence/a"), Part("evidence/./a")), {COLLISION}),
    "evidence folder by case": (forge(Part("evidence/a"), Part("Evidence/a")), {COLLISION}),
    # what a member is
    "encrypted": (forge(A._replace(flags=0x0001), B), {"zip_encrypted_flag"}),
    "strongly encrypted": (forge(A._replace(flags=0x0040), B), {"zip_encrypted_flag"}),
    "directory encrypted": (forge(A._replace(flags=0x2000), B), {"zip_encrypted_flag"}),
    "symlink": (forge(A._replace(mode=0o120777 << 16), B), {SPECIAL}),
    "fifo": (forge(A._replace(mode=0o010600 << 16), B), {SPECIAL}),
    "character device": (forge(A._replace(mode=0o020600 << 16), B), {SPECIAL}),
    "block device": (forge(A._replace(mode=0o060600 << 16), B), {SPECIAL}),
    "socket": (forge(A._replace(mode=0o140600 << 16), B), {SPECIAL}),
    "set user id": (forge(A._replace(mode=0o104700 << 16), B), {SPECIAL}),
    "folder without a slash": (forge(A._replace(mode=0o040700 << 16), B), {SPECIAL}),
    "DOS folder without a slash": (forge(A._replace(mode=0x10), B), {SPECIAL}),
    "DOS volume label": (forge(A._replace(mode=0x08), B), {SPECIAL}),
    # bytes and their owners
    "one body for two": (
        forge(A, Part("c.json", A.body, DEFLATED, central={"offset": 0})),
        {"zip_overlap", MISMATCH, HIDDEN},
    ),
    "nested": (
        forge(B._replace(packed=forge(A)[:45] + b"x" * 9), Part("a.json", central={"offset": 36})),
        {"zip_overlap", MISMATCH, HIDDEN},
    ),
    "body in the directory": (
        forge(A, B._replace(central={"packed": 120, "size": 120})),
        {"zip_overlap", MISMATCH},
    ),
    "hidden entry in front": (forge(A._replace(before=forge(B)[:136]), B), {HIDDEN, TRAILING}),
    "hidden entry between": (forge(A, B._replace(before=forge(A)[:45])), {HIDDEN}),
    "hidden entry at the end": (forge(A, B, before_directory=forge(A)[:45]), {HIDDEN}),
    "bytes between": (forge(A, B._replace(before=b"\0")), {HIDDEN}),
    "bytes behind the directory": (forge(A, B, behind_directory=b"\0\0"), {HIDDEN}),
    "archive in the comment": (forge(A, comment=forge(B)[:-22]), {HIDDEN}),
    "two archives": (forge(A, B) + forge(A), {MANY, HIDDEN, TRAILING}),
    "end record in a comment of a member": (
        forge(A._replace(comment=b"PK\5\6" + bytes(18)), B),
        {MANY},
    ),
    "end record between": (forge(A, B._replace(before=forge())), {MANY, HIDDEN}),
    "bytes in front": (forge(A, prefix=b"#!/bin/sh\n"), {TRAILING}),
    "bytes in front, offsets relative": (forge(A, prefix=b"junk", base=4), {TRAILING}),
    "bytes in front of nothing": (forge(prefix=b"junk"), {TRAILING}),
    "bytes behind": (forge(A, suffix=b"junk"), {TRAILING}),
    "bytes behind a comment": (forge(A, comment=b"all", suffix=b"\n"), {TRAILING}),
    "member behind the archive": (
        forge(A, Part("b", central={"offset": 171}), suffix=forge(Part("b"))[:31]),
        {TRAILING, HIDDEN},
    ),
    # sizes
    "declared total": (
        forge(*(Part(str(i), local={"size": 2**29}, central={"size": 2**29}) for i in range(3))),
        {"zip_size_limit"},
    ),
}


@pytest.mark.parametrize(("data", "wanted"), HOSTILE.values(), ids=HOSTILE.keys())
def test_what_two_readers_could_read_differently_is_a_hazard(
    tmp_path: Path, data: bytes, wanted: Collection[str]
) -> None:
    with opened(tmp_path, data) as archive:
        assert codes(archive) == wanted
        assert list(archive.hazards) == sorted(archive.hazards)


def test_hazard_says_where(tmp_path: Path) -> None:
    data = forge(
        A, B._replace(before=forge(Part("ghost\xff", b"boo"))[:41], flags=1), Part(b"\xff")
    )
    with opened(tmp_path, data) as archive:
        assert archive.hazards == (
            Hazard("zip_encrypted_flag", f"{archive.path}!b.json"),
            Hazard("zip_hidden_entry", archive.path),
            Hazard("zip_hidden_entry", f"{archive.path}!ghost\xff"),
            Hazard("zip_name_unsafe", f"{archive.path}!\\xff"),
        )


def test_both_owners_of_a_shared_byte_are_named(tmp_path: Path) -> None:
    body = Part("c.json", A.body, DEFLATED, local_name="a.json", central={"offset": 0})
    with opened(tmp_path, forge(A, body, B)) as archive:
        shared = [hazard.where for hazard in archive.hazards if hazard.code == "zip_overlap"]

    assert shared == [f"{archive.path}!a.json", f"{archive.path}!c.json"]


def test_list_of_hazards_does_not_outgrow_the_archive(tmp_path: Path) -> None:
    with opened(tmp_path, forge(*(Part(f"../{i}") for i in range(1200)))) as archive:
        assert len(archive.hazards) == 1000


def test_names_of_hidden_entries_are_not_collected_without_end(tmp_path: Path) -> None:
    ghosts = b"".join(forge(Part(f"g{i}"))[:33] for i in range(100))
    with opened(tmp_path, forge(A, B._replace(before=ghosts))) as archive:
        assert codes(archive) == {HIDDEN}
        assert len(archive.hazards) == 33


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("", id="empty"),
        pytest.param("\u3000\t", id="white space"),
        pytest.param("..", id="parent"),
        pytest.param("a/../b", id="parent inside"),
        pytest.param("a/..", id="parent at the end"),
        pytest.param("/etc/passwd", id="absolute"),
        pytest.param("a\\b", id="backslash"),
        pytest.param("c:autoexec", id="drive"),
        pytest.param("a\0b", id="NUL"),
        pytest.param("a\x1b[2J", id="escape"),
        pytest.param("a\n", id="line end"),
        pytest.param("a\x7f", id="DEL"),
        pytest.param("é" * 2049, id="4,098 bytes"),
        pytest.param("\udcff", id="surrogate"),
    ],
)
def test_unsafe_names(name: str) -> None:
    assert is_unsafe(name)


@pytest.mark.parametrize(
    "name", ["a", "a..b", "..a", "a/...", ".hidden", "é" * 2048, "sub/", "ab:c", " a", "日本"]
)
def test_safe_names(name: str) -> None:
    assert not is_unsafe(name)
