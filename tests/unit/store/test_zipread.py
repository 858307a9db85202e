import io
import os
import subprocess
import sys
import zipfile
import zlib
from hashlib import sha256
from pathlib import Path

import pytest

from gait_engine.errors import Hazard, InvalidInput, VerificationFailed
from gait_engine.store.zipread import MEMBER_LIMIT, open_archive, refusal, unlisted
from gait_engine.store.zipwrite import build_zip
from tests.support.zipforge import (
    DEFLATED,
    STREAMED,
    Part,
    deflated,
    descriptor,
    forge,
    opened,
    record,
)

A, B = Part("a.json", b'{"a":1}', DEFLATED), Part("b.json", b"[]" * 50_000)
GOOD = forge(A, B)
DEMO = Path(__file__).parents[2] / "data" / "peer_run_demo.zip"


def next_descriptor() -> int:
    """Return the number that the next open file gets: it grows when one is left open."""
    number = os.dup(0)
    os.close(number)
    return number


def test_members_come_back_in_the_order_of_the_directory(tmp_path: Path) -> None:
    with opened(tmp_path, forge(B, A)) as archive:
        assert archive.names == ("b.json", "a.json")
        assert archive.hazards == ()
        assert archive.read("a.json") == A.body
        assert b"".join(archive.chunks("b.json")) == B.body
        assert archive.digest("b.json") == sha256(B.body).hexdigest()
        assert "a.json" in archive
        assert "A.json" not in archive
        assert archive.members["b.json"].size == len(B.body)
        archive.require_clean()


def test_peers_own_runpack_reads_like_zipfile_reads_it() -> None:
    with open_archive(DEMO) as archive, zipfile.ZipFile(DEMO) as theirs:
        assert archive.hazards == ()
        assert list(archive.names) == theirs.namelist()
        assert [archive.read(name) for name in archive.names] == [
            theirs.read(name) for name in archive.names
        ]


def test_closing_gives_the_file_back(tmp_path: Path) -> None:
    with opened(tmp_path, GOOD) as archive:
        descriptor_number = archive._source._fd
        os.fstat(descriptor_number)
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor_number)


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(b"", "no end record", id="empty"),
        pytest.param(b"{}" * 100, "no end record", id="json"),
        pytest.param(GOOD[: len(GOOD) // 2], "no end record", id="cut in half"),
        pytest.param(GOOD[:-1], "no end record", id="cut by a byte"),
        pytest.param(GOOD + b"x" * 70_000, "no end record", id="too much behind"),
        pytest.param(
            forge(A, end={"comment_size": 1}), "a comment that is cut off", id="comment cut off"
        ),
        pytest.param(forge(A, end={"count": 2, "here": 2}), "1 entries", id="count high"),
        pytest.param(forge(A, B, end={"count": 1, "here": 1}), "2 entries", id="count low"),
        pytest.param(
            forge(A._replace(central={"mark": b"PK\1\3"})),
            "0 entries",
            id="no directory record",
        ),
        pytest.param(
            forge(A._replace(central={"comment_size": 1})), "0 entries", id="record cut off"
        ),
        pytest.param(forge(A, end={"size": 9999}), "a directory out of reach", id="size high"),
        pytest.param(forge(A, end={"offset": 9999}), "a directory out of reach", id="offset high"),
        pytest.param(
            forge(A, end64={"mark": b"PK\6\5"}), "no zip64 end record", id="zip64 record gone"
        ),
        pytest.param(
            forge(A._replace(central={"packed": 0xFFFFFFFF})), "0 entries", id="zip64 size gone"
        ),
        pytest.param(
            forge(A._replace(extra=b"\1\0\4\0abcd", central={"offset": 0xFFFFFFFF})),
            "0 entries",
            id="zip64 field too short",
        ),
    ],
)
def test_what_is_no_whole_archive_is_invalid_input(tmp_path: Path, data: bytes, found: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        opened(tmp_path, data)

    assert found in caught.value.message
    assert caught.value.where == str(tmp_path / "p.zip")


def test_failed_opening_leaks_no_descriptor(tmp_path: Path) -> None:
    (tmp_path / "p.zip").write_bytes(b"no zip")
    before = next_descriptor()
    for _ in range(3):
        with pytest.raises(InvalidInput):
            open_archive(tmp_path / "p.zip")
    assert next_descriptor() == before


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        pytest.param("run.json", "run.json", "'run.json'", id="same"),
        pytest.param("run.json", "\u2003run.json\n", r"'\u2003run.json\n'", id="white space"),
        pytest.param("run.json", "\x85run.json", r"'\x85run.json'", id="next line"),
    ],
)
def test_repeated_name_fails_verification_before_anything_else(
    tmp_path: Path, first: str, second: str, shown: str
) -> None:
    broken_body = Part(second, b"x", local={"mark": b"XXXX"})
    with pytest.raises(VerificationFailed) as caught:
        opened(tmp_path, forge(Part(first, b"1"), broken_body))

    assert caught.value.code == "verification_failed"
    assert f"entry {shown} twice" in caught.value.message


@pytest.mark.parametrize("second", ["RUN.json", "run.json\x1f", "run.json\u200b"])
def test_name_that_only_looks_repeated_is_none(tmp_path: Path, second: str) -> None:
    with opened(tmp_path, forge(Part("run.json"), Part(second))) as archive:
        assert len(archive.members) == 2


def test_blank_names_are_never_repeated(tmp_path: Path) -> None:
    with opened(tmp_path, forge(Part(""), Part(""), Part(" "), Part("\t"))) as archive:
        assert archive.names == ("", "", " ", "\t")


STREAM = deflated(b"text" * 100)


@pytest.mark.parametrize(
    ("part", "found"),
    [
        pytest.param(
            Part("a", b"x", local={"crc": 7}, central={"crc": 7}), "checksum 8cdc1683", id="crc"
        ),
        pytest.param(Part("a", b"x" * 9, central={"size": 8}), "more bytes", id="size low"),
        pytest.param(Part("a", b"x" * 9, central={"size": 10}), "9 bytes", id="size high"),
        pytest.param(
            Part("a", b"x" * 9, DEFLATED, central={"size": 8}), "more bytes", id="deflated size low"
        ),
        pytest.param(
            Part("a", b"x" * 9, DEFLATED, central={"size": 10}), "9 bytes", id="deflated size high"
        ),
        pytest.param(
            Part("a", b"text" * 100, DEFLATED, packed=STREAM[:-1]), "cut off", id="stream cut off"
        ),
        pytest.param(
            Part("a", b"text" * 100, DEFLATED, packed=b"\xff" * 9), "broken data", id="no stream"
        ),
        pytest.param(Part("a", b"x", 12), "method 12", id="method"),
        pytest.param(
            Part("a", b"x", central={"size": MEMBER_LIMIT + 1}), "104857601 bytes", id="too big"
        ),
        pytest.param(Part("a", b"x", local={"mark": b"PK\3\5"}), "no local header", id="header"),
        pytest.param(Part("a", b"x", central={"offset": 99_999}), "no local header", id="offset"),
        pytest.param(
            Part("a", b"x", central={"packed": 9_999_999}), "bytes of archive", id="body cut off"
        ),
        pytest.param(
            Part("a", b"x", flags=STREAMED, descriptor=descriptor(b"y", b"y")),
            "another checksum behind the data",
            id="descriptor crc",
        ),
        pytest.param(
            Part("a", b"x", flags=STREAMED, central={"crc": 0}),
            "another checksum behind the data",
            id="zero crc with descriptor",
        ),
    ],
)
def test_damaged_member_is_invalid_input_when_it_is_read(
    tmp_path: Path, part: Part, found: str
) -> None:
    with opened(tmp_path, forge(part, B)) as archive:
        for use in (archive.read, archive.digest):
            with pytest.raises(InvalidInput) as caught:
                use("a")
            assert found in caught.value.message
            assert caught.value.where == f"{archive.path}!a"
        assert archive.read("b.json") == B.body


def test_missing_member_is_invalid_input(tmp_path: Path) -> None:
    with opened(tmp_path, GOOD) as archive, pytest.raises(InvalidInput, match="no such member"):
        archive.read("A.JSON")


def test_zero_checksum_without_descriptor_means_that_none_was_made(tmp_path: Path) -> None:
    part = Part("a", b"text", local={"crc": 0}, central={"crc": 0})
    with opened(tmp_path, forge(part)) as archive:
        assert archive.hazards == ()
        assert archive.read("a") == b"text"


@pytest.mark.parametrize("pieces", [1, 200_000], ids=["same piece", "later piece"])
def test_bytes_hidden_behind_a_deflate_stream_are_refused(tmp_path: Path, pieces: int) -> None:
    part = Part("a", b"text" * 100, DEFLATED, packed=STREAM + b"x" * pieces)
    with opened(tmp_path, forge(part)) as archive:
        assert archive.hazards == ()
        with pytest.raises(VerificationFailed) as caught:
            archive.read("a")

    assert caught.value.code == "zip_header_mismatch"
    assert caught.value.hazards == (Hazard("zip_header_mismatch", f"{archive.path}!a"),)


def test_deflated_member_that_ends_on_a_full_output_piece_is_whole(tmp_path: Path) -> None:
    for size in (131_071, 131_072, 131_073, 262_144):
        with opened(tmp_path, forge(Part("a", bytes(size), DEFLATED))) as archive:
            assert archive.read("a") == bytes(size)


@pytest.mark.parametrize("method", [0, DEFLATED], ids=["stored", "deflated"])
def test_budget_ends_all_reading(tmp_path: Path, method: int) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(forge(Part("a", b"x" * 600, method), Part("b", b"y" * 300, method)))
    with open_archive(path, budget=1000) as archive:
        assert archive.hazards == ()
        archive.read("a")
        archive.read("b")
        limit = Hazard("zip_size_limit", f"{path}!b")
        for _ in range(2):
            with pytest.raises(VerificationFailed) as caught:
                archive.read("b")
            assert (caught.value.code, caught.value.hazards) == ("zip_size_limit", (limit,))


def test_archive_that_declares_more_than_its_budget_is_not_inflated(tmp_path: Path) -> None:
    part = Part("a", b"x", local={"size": 2**30}, central={"size": 2**30})
    with opened(tmp_path, forge(part, B)) as archive, pytest.raises(VerificationFailed) as caught:
        archive.read("b.json")

    assert caught.value.code == "zip_size_limit"
    assert caught.value.hazards == (Hazard("zip_size_limit", archive.path),)


def test_member_that_lies_about_its_size_is_given_up_at_the_lie(tmp_path: Path) -> None:
    bomb = Part("a", bytes(50_000_000), DEFLATED, local={"size": 9}, central={"size": 9})
    with opened(tmp_path, forge(bomb)) as archive:
        chunks = archive.chunks("a")
        with pytest.raises(InvalidInput, match="more bytes, expected 9"):
            next(chunks)


def test_archive_with_shared_bytes_is_not_inflated(tmp_path: Path) -> None:
    data = forge(A, Part("b", A.body, DEFLATED, central={"offset": 0}))
    with opened(tmp_path, data) as archive, pytest.raises(VerificationFailed) as caught:
        archive.digest("a.json")

    assert caught.value.code == "zip_overlap"
    assert caught.value.hazards == archive.hazards


def test_directory_that_would_fill_the_memory_is_refused(tmp_path: Path) -> None:
    parts = (Part("n" * 60_000 + str(i)) for i in range(150))
    with pytest.raises(VerificationFailed) as caught:
        opened(tmp_path, forge(*parts))

    assert caught.value.code == "zip_size_limit"
    assert caught.value.hazards == (Hazard("zip_size_limit", str(tmp_path / "p.zip")),)


def test_digesting_a_large_member_takes_no_more_memory_than_a_small_one(tmp_path: Path) -> None:
    """A 90 MB member of each kind, digested where 40 MB more than the interpreter are too much."""
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        for name, method in (("s", zipfile.ZIP_STORED), ("d", zipfile.ZIP_DEFLATED)):
            archive.writestr(name, bytes(90_000_000), method)
    script = (
        "import resource, sys\n"
        "from gait_engine.store.zipread import open_archive\n"
        "usage = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "before = usage()\n"
        "with open_archive(sys.argv[1]) as archive:\n"
        "    assert archive.digest('s') == archive.digest('d')\n"
        "print(usage() - before)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "p.zip")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1024

    assert int(done.stdout) * unit < 40_000_000


def test_hazards_are_raised_only_when_asked_and_the_most_telling_one_names_the_error(
    tmp_path: Path,
) -> None:
    with opened(tmp_path, forge(Part("../a", b"x"), prefix=b"junk")) as archive:
        assert archive.read("../a") == b"x"
        with pytest.raises(VerificationFailed) as caught:
            archive.require_clean()

    assert caught.value.code == "zip_name_unsafe"
    assert caught.value.where == f"{archive.path}!../a"
    assert caught.value.hazards == (
        Hazard("zip_name_unsafe", f"{archive.path}!../a"),
        Hazard("zip_trailing_data", archive.path),
    )


def test_notes_refuse_nothing() -> None:
    assert refusal((Hazard("lock_broken", "x"), Hazard("run_id_mismatch", "y"))) is None


def test_hazard_of_another_kind_is_refused_with_its_own_code() -> None:
    error = refusal((Hazard("json_duplicate_key", "p.zip!run.json"),))

    assert error is not None
    assert (error.code, error.where) == ("json_duplicate_key", "p.zip!run.json")


def test_members_that_nobody_lists_are_hazards_folders_included(tmp_path: Path) -> None:
    with opened(tmp_path, forge(A, Part("x"), Part("sub/"), Part("\xff"))) as archive:
        found = unlisted(archive, {"a.json", "missing"})

    path = str(tmp_path / "p.zip")
    assert found == tuple(
        Hazard("zip_unlisted_entry", f"{path}!{name}") for name in ("sub/", "x", "\xff")
    )


def test_archive_in_front_of_which_bytes_stand_is_read_with_both_kinds_of_offsets(
    tmp_path: Path,
) -> None:
    for base in (0, 9):
        with opened(tmp_path, forge(A, B, prefix=b"#!/bin/sh", base=base)) as archive:
            assert archive.read("a.json") == A.body
            assert archive.read("b.json") == B.body


def test_last_end_record_wins(tmp_path: Path) -> None:
    with opened(tmp_path, forge(A) + forge(B)) as archive:
        assert archive.names == ("b.json",)


def test_archive_inside_a_member_is_data(tmp_path: Path) -> None:
    inner = b"".join(build_zip({"run.json": b"{}"}))
    data = b"".join(build_zip({"a.zip": inner, "z.zip": inner * 3}))
    with opened(tmp_path, data) as archive:
        assert archive.hazards == ()
        assert archive.read("a.zip") == inner


def test_count_of_many_entries_is_compared_modulo_65536(tmp_path: Path) -> None:
    parts = [Part(str(i)) for i in range(65_537)]
    with opened(tmp_path, forge(*parts, end={"count": 1, "here": 1})) as archive:
        assert len(archive.names) == 65_537
        assert [hazard.code for hazard in archive.hazards] == ["zip_header_mismatch"]


def test_zip64_archives_of_python_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 3)
    monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as theirs:
        theirs.writestr("a", b"x" * 1000)
        theirs.writestr("b", b"")
        theirs.writestr("c", b"xx", zipfile.ZIP_STORED)
    assert b"PK\6\6" in buffer.getvalue()

    with opened(tmp_path, buffer.getvalue()) as archive:
        assert archive.hazards == ()
        assert {name: len(archive.read(name)) for name in archive.names} == {
            "a": 1000,
            "b": 0,
            "c": 2,
        }


def test_our_records_and_those_of_the_forge_agree() -> None:
    part = Part("a", b"x")
    assert forge(part) == b"".join(build_zip({"a": b"x"}))
    assert record({"x": "H", "y": "I"}, {"y": 1}) == b"\0\0\1\0\0\0"
    assert zlib.decompress(deflated(b"x"), -15) == b"x"
