import io
import zipfile
from collections.abc import Mapping

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.store.zipwrite import build_zip

HUNDRED_MIB = 100 * 1024 * 1024


def test_archive_has_the_same_bytes_on_every_machine() -> None:
    data = b"".join(build_zip({"b.json": b"{}", "a/é.txt": b"x"}))

    assert data == bytes.fromhex(
        "504b0304 1400 0008 0000 00002100 8316dc8c 01000000 01000000 0800 0000"
        "612fc3a92e747874 78"
        "504b0304 1400 0000 0000 00002100 43bfa6a3 02000000 02000000 0600 0000"
        "622e6a736f6e 7b7d"
        "504b0102 1403 1400 0008 0000 00002100 8316dc8c 01000000 01000000 0800 0000 0000"
        "0000 0000 0000a481 00000000 612fc3a92e747874"
        "504b0102 1403 1400 0000 0000 00002100 43bfa6a3 02000000 02000000 0600 0000 0000"
        "0000 0000 0000a481 27000000 622e6a736f6e"
        "504b0506 0000 0000 0200 0200 6a000000 4d000000 0000"
    )


def test_zipfile_reads_what_we_write() -> None:
    members = {"run.json": b"{}", "intents.jsonl": b"", "evidence/Ä.json": b"[1]" * 1000}

    with zipfile.ZipFile(io.BytesIO(b"".join(build_zip(members)))) as archive:
        infos = archive.infolist()
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in infos} == members

    assert [info.date_time for info in infos] == [(1980, 1, 1, 0, 0, 0)] * 3
    assert [info.external_attr >> 16 for info in infos] == [0o100644] * 3


def test_order_is_by_utf8_bytes_whatever_the_mapping_says() -> None:
    names = ["\U0001f600", "\uffee", "z", "Y", "a/b", "a.b"]

    with zipfile.ZipFile(io.BytesIO(b"".join(build_zip(dict.fromkeys(names, b""))))) as archive:
        assert archive.namelist() == sorted(names, key=str.encode)


def test_bodies_are_passed_on_without_a_copy() -> None:
    body = b"x" * 1000

    assert any(piece is body for piece in build_zip({"a": body}))


@pytest.mark.parametrize(
    "name", ["", " ", "../a", "/a", "a\\b", "C:a", "a\0", "\x7f", "\ud800", "n" * 4097]
)
def test_name_our_own_reader_refuses_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_zip({name: b""})

    assert caught.value.code == "zip_name_unsafe"


def test_names_our_own_reader_takes_for_one_are_refused() -> None:
    with pytest.raises(InvalidInput) as caught:
        build_zip({"run.json": b"", "RUN.json": b""})

    assert caught.value.code == "zip_name_collision"


@pytest.mark.parametrize(
    ("members", "message"),
    [
        pytest.param(
            {"a": bytes(HUNDRED_MIB + 1)},
            "bytes of member 'a': 104857601, expected at most 104857600",
            id="member",
        ),
        pytest.param(
            dict.fromkeys("abcdefghijk", bytes(HUNDRED_MIB)),
            "bytes of all members: 1153433600, expected at most 1073741824",
            id="total",
        ),
        pytest.param(
            dict.fromkeys((f"{i}" for i in range(65535)), b""),
            "members: 65535, expected at most 65534",
            id="count",
        ),
    ],
)
def test_sizes_and_counts_beyond_the_format_are_refused(
    members: Mapping[str, bytes], message: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        build_zip(members)

    assert caught.value.message == message
