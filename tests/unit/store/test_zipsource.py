import os
import stat
from pathlib import Path

import pytest

from gait_engine.errors import InvalidInput, IoFailure
from gait_engine.store import zipsource
from gait_engine.store.zipsource import PIECE, TAIL, MemorySource, Source


@pytest.fixture
def big(tmp_path: Path) -> Path:
    """A file that is longer than what stays in memory, every block different."""
    path = tmp_path / "big"
    path.write_bytes(b"".join(i.to_bytes(4, "big") for i in range(100_000)))
    return path


def next_descriptor() -> int:
    """Return the number that the next open file gets: it grows when one is left open."""
    number = os.dup(0)
    os.close(number)
    return number


def test_reads_by_position_from_memory_from_disk_and_across(big: Path) -> None:
    data, source = big.read_bytes(), Source(str(big))

    for start in (0, 1, len(data) - TAIL - 10, len(data) - TAIL, len(data) - 7):
        assert source.read(start, 7) == data[start : start + 7]
    assert source.read(len(data) - TAIL - 10, TAIL) == data[-TAIL - 10 : -10]
    assert source.read(len(data), 0) == b""
    source.close()


def test_pieces_are_bounded_and_complete(big: Path) -> None:
    source = Source(str(big))
    pieces = list(source.pieces(3, 300_000))
    source.close()

    assert b"".join(pieces) == big.read_bytes()[3:300_000]
    assert max(map(len, pieces)) == PIECE


@pytest.mark.parametrize(("offset", "count"), [(-1, 2), (399_999, 2), (500_000, 1)])
def test_bytes_outside_the_file_are_invalid_input(big: Path, offset: int, count: int) -> None:
    source = Source(str(big))
    with pytest.raises(InvalidInput, match="400000 bytes, expected at least"):
        source.read(offset, count)
    source.close()


def test_up_to_returns_what_there_is(big: Path) -> None:
    source = Source(str(big))
    assert source.up_to(399_998, 50) == big.read_bytes()[-2:]
    assert source.up_to(2**63, 50) == b""
    source.close()


def test_file_that_shrinks_while_it_is_read_is_invalid_input(big: Path) -> None:
    source = Source(str(big))
    os.truncate(big, 10)
    with pytest.raises(InvalidInput, match="expected at least 100"):
        source.read(0, 100)
    source.close()


def test_reading_after_closing_is_an_io_failure(big: Path) -> None:
    source = Source(str(big))
    source.close()
    source.close()
    with pytest.raises(IoFailure) as caught:
        source.read(0, 1)
    assert caught.value.where == str(big)


def test_reading_works_without_pread(big: Path) -> None:
    fd = os.open(big, os.O_RDONLY)
    assert zipsource._seek_and_read(fd, 8, 4) == big.read_bytes()[4:12]
    os.close(fd)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        pytest.param("missing", "No such file", id="missing"),
        pytest.param("a\0b", "a NUL in the path", id="nul"),
        pytest.param(".", "a folder, pipe or device", id="folder"),
        pytest.param("pipe", "a folder, pipe or device", id="pipe without a writer"),
        pytest.param("/dev/zero", "a folder, pipe or device", id="device"),
    ],
)
def test_only_regular_files_are_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, found: str
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    before = next_descriptor()

    with pytest.raises(InvalidInput, match=found) as caught:
        Source(path)

    assert caught.value.where == path
    assert next_descriptor() == before


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads it all")
def test_unreadable_file_is_invalid_input(big: Path) -> None:
    big.chmod(0)
    with pytest.raises(InvalidInput, match="Permission denied"):
        Source(str(big))


def test_open_descriptor_does_not_leak_into_programs_we_start(big: Path) -> None:
    source = Source(str(big))
    assert not os.get_inheritable(source._fd)
    assert stat.S_ISREG(os.fstat(source._fd).st_mode)
    source.close()


def test_bytes_in_memory_are_read_by_position_like_a_file_and_not_beyond_their_end() -> None:
    source = MemorySource("e.zip!source/runpack.zip", b"abc")
    assert source.read(1, 2) == b"bc"
    assert source.up_to(2, 9) == b"c"
    assert list(source.pieces(0, 3)) == [b"abc"]
    with pytest.raises(InvalidInput, match="3 bytes, expected at least 4"):
        source.read(2, 2)
    with pytest.raises(InvalidInput):
        source.read(-1, 1)
