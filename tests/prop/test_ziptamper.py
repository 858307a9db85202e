"""One changed, lost or added byte: every archive that the peer or we wrote shows it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.errors import GaitError
from gait_engine.store.zipread import open_archive
from gait_engine.store.zipwrite import build_zip

PEERS = (Path(__file__).parents[1] / "data" / "peer_run_demo.zip").read_bytes()
OURS = b"".join(
    build_zip({"manifest.json": b'{"files":[]}', "run.json": b"", "evidence/é.txt": b"xyz" * 20})
)
View = Callable[[bytes], object]

CHANGES: dict[str, Callable[[int], int]] = {
    **{f"bit {bit}": (1 << bit).__xor__ for bit in range(8)},
    "all bits": (0xFF).__xor__,
    "next": lambda byte: (byte + 1) % 256,
    "previous": lambda byte: (byte - 1) % 256,
    "zero": lambda _: 0,
    "ones": lambda _: 0xFF,
    "space": lambda _: 0x20,
}


@pytest.fixture
def view(tmp_path: Path) -> View:
    """What a verifier learns of an archive: refused, or the names and digests of the members."""
    path = tmp_path / "p.zip"

    def look(data: bytes) -> object:
        path.write_bytes(data)
        try:
            with open_archive(path) as archive:
                archive.require_clean()
                return [(name, archive.digest(name)) for name in archive.names]
        except GaitError:
            return None

    return look


def undetected(data: bytes, change: Callable[[int], int], view: View) -> list[int]:
    honest = view(data)
    assert honest is not None
    found = []
    for at, byte in enumerate(data):
        changed = change(byte)
        if changed != byte and view(data[:at] + bytes([changed]) + data[at + 1 :]) == honest:
            found.append(at)
    return found


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_each_changed_byte_of_our_archive_shows(change: Callable[[int], int], view: View) -> None:
    assert undetected(OURS, change, view) == []


PADDING_OF_THE_PEER = {356, 1408}
"""Unused bits before the empty last block of two deflate streams: every inflater skips them."""


@pytest.mark.parametrize("name", ["bit 0", "bit 7", "all bits"])
def test_each_changed_byte_of_the_peers_archive_shows_but_for_unused_bits(
    name: str, view: View
) -> None:
    assert set(undetected(PEERS, CHANGES[name], view)) <= PADDING_OF_THE_PEER


@pytest.mark.parametrize("data", [PEERS, OURS], ids=["the peer's", "ours"])
def test_each_truncation_shows(data: bytes, view: View) -> None:
    assert [cut for cut in range(len(data)) if view(data[:cut]) is not None] == []


def test_each_byte_more_shows(view: View) -> None:
    honest = view(OURS)
    for at in range(len(OURS) + 1):
        assert view(OURS[:at] + b"\0" + OURS[at:]) != honest


def test_each_byte_less_shows(view: View) -> None:
    honest = view(OURS)
    for at in range(len(OURS)):
        assert view(OURS[:at] + OURS[at + 1 :]) != honest
