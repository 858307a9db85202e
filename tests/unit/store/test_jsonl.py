import errno
import os
import stat
import sys
from pathlib import Path

import pytest

from gait_engine.errors import InternalFailure, InvalidInput, IoFailure
from gait_engine.store.jsonl import Line, append_line, read_lines, split_lines
from tests.support.faults import (
    DISK_ERRORS,
    KILLED,
    calls_of,
    fail,
    fault_at,
    killed_at,
    stop_short,
)

if sys.platform == "win32":
    pytest.skip("links, pipes and kills are POSIX", allow_module_level=True)

OLD = b'{"a":1}\n'
RECORD = b'{"record":"' + b"x" * 5000 + b'"}'
LIMIT = 8 * 1024 * 1024


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    return tmp_path / "j.jsonl"


def test_a_line_is_appended_with_its_line_feed_and_the_new_size_returned(journal: Path) -> None:
    assert append_line(journal, b"one") == 4
    assert append_line(journal, b"two", sync=False) == 8
    assert journal.read_bytes() == b"one\ntwo\n"


@pytest.mark.parametrize("umask", [0o000, 0o777])
def test_a_new_file_has_mode_0600_whatever_the_umask(journal: Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        append_line(journal, b"one")
    finally:
        os.umask(previous)
    assert stat.S_IMODE(journal.stat().st_mode) == 0o600


def test_an_existing_file_keeps_its_mode(journal: Path) -> None:
    journal.touch(mode=0o640)
    journal.chmod(0o640)
    append_line(journal, b"one")
    assert stat.S_IMODE(journal.stat().st_mode) == 0o640


def test_a_last_line_without_its_end_is_ended_first(journal: Path) -> None:
    journal.write_bytes(b"no end")
    assert append_line(journal, b"next") == 12
    assert journal.read_bytes() == b"no end\nnext\n"


def test_a_record_of_two_lines_is_a_defect_of_ours(journal: Path) -> None:
    with pytest.raises(InternalFailure):
        append_line(journal, b"a\nb")
    assert not journal.exists()


@pytest.mark.parametrize("number", DISK_ERRORS)
@pytest.mark.parametrize("before", [OLD, None], ids=["old file", "new file"])
def test_a_disk_error_at_any_call_leaves_the_file_as_it_was(
    journal: Path, before: bytes | None, number: int
) -> None:
    def prepare() -> None:
        journal.unlink(missing_ok=True)
        if before is not None:
            journal.write_bytes(before)

    prepare()
    calls = calls_of(lambda: append_line(journal, RECORD))
    until_recorded = calls.index("fsync") + 1
    for n in range(1, until_recorded + 1):
        prepare()
        with pytest.raises(IoFailure) as caught, fault_at(n, fail(number)):
            append_line(journal, RECORD)
        assert (caught.value.exit_code, caught.value.retryable) == (1, True)
        left = journal.read_bytes() if journal.exists() else b""
        assert left == (before or b""), f"failed at call {n}, {calls[n - 1]}"


def test_a_short_write_is_cut_back_and_reported(journal: Path) -> None:
    journal.write_bytes(OLD)
    write_call = calls_of(lambda: append_line(journal, RECORD)).index("write") + 1
    journal.write_bytes(OLD)
    with (
        pytest.raises(IoFailure, match="2507 of 5014 bytes written"),
        fault_at(write_call, stop_short),
    ):
        append_line(journal, RECORD)
    assert journal.read_bytes() == OLD


def test_a_short_write_into_a_new_file_leaves_no_file(journal: Path) -> None:
    write_call = calls_of(lambda: append_line(journal, RECORD)).index("write") + 1
    journal.unlink()
    with pytest.raises(IoFailure), fault_at(write_call, stop_short):
        append_line(journal, RECORD)
    assert not journal.exists()


def test_a_kill_at_any_call_tears_at_most_the_new_line(journal: Path) -> None:
    journal.write_bytes(OLD)
    calls = calls_of(lambda: append_line(journal, RECORD))
    for n in range(1, len(calls) + 1):
        journal.write_bytes(OLD)
        assert killed_at(n, lambda: append_line(journal, RECORD)) == KILLED
        first, *rest = read_lines(journal, LIMIT)
        assert first == Line(1, OLD.rstrip(), terminated=True)
        assert [line.terminated for line in rest] in ([], [True], [False])


@pytest.mark.parametrize("target", ["victim", "nowhere"])
def test_a_link_is_never_followed(journal: Path, target: str) -> None:
    victim = journal.parent / "victim"
    victim.write_bytes(OLD)
    journal.symlink_to(target)
    for use in (lambda: append_line(journal, b"x"), lambda: list(read_lines(journal, LIMIT))):
        with pytest.raises(InvalidInput) as caught:
            use()
        assert (caught.value.exit_code, caught.value.code) == (6, "path_unsafe")
    assert victim.read_bytes() == OLD
    assert not (journal.parent / "nowhere").exists()


def test_a_pipe_is_refused_without_waiting_for_its_other_end(journal: Path) -> None:
    os.mkfifo(journal)
    for use in (lambda: append_line(journal, b"x"), lambda: list(read_lines(journal, LIMIT))):
        with pytest.raises(InvalidInput) as caught:
            use()
        assert caught.value.code == "path_unsafe"


@pytest.mark.parametrize("name", ["no/j.jsonl", ".", "a\0b"])
def test_a_path_that_cannot_be_used_is_the_callers_fault(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for use in (lambda: append_line(path, b"x"), lambda: list(read_lines(path, LIMIT))):
        with pytest.raises(InvalidInput):
            use()


def test_a_read_error_is_retryable(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_fd: int, _count: int) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    journal.write_bytes(OLD)
    monkeypatch.setattr(os, "read", broken)
    with pytest.raises(IoFailure):
        list(read_lines(journal, LIMIT))


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        (b"", []),
        (b"a\nb\n", [(1, b"a", True), (2, b"b", True)]),
        (b"a\nb", [(1, b"a", True), (2, b"b", False)]),
        (b"\n\na\n", [(3, b"a", True)]),
        (b"a\r\n", [(1, b"a\r", True)]),
        ("a\u2028b\x85\x0b\x0cc\n".encode(), [(1, "a\u2028b\x85\x0b\x0cc".encode(), True)]),
    ],
    ids=["empty", "ended", "torn", "blank", "CRLF", "other line ends"],
)
def test_a_line_ends_at_a_line_feed_and_nowhere_else(
    journal: Path, content: bytes, wanted: list[tuple[int, bytes, bool]]
) -> None:
    journal.write_bytes(content)
    assert [tuple(line) for line in read_lines(journal, LIMIT)] == wanted


@pytest.mark.parametrize("end", [b"\n", b""], ids=["ended", "torn"])
def test_a_line_of_the_limit_is_refused_and_one_byte_less_is_not(journal: Path, end: bytes) -> None:
    journal.write_bytes(b"first\n" + b"x" * 99 + end)
    assert [len(line.data) for line in read_lines(journal, 100)] == [5, 99]
    journal.write_bytes(b"first\n" + b"x" * 100 + end)
    with pytest.raises(InvalidInput, match=r"line 2: 100 bytes or more, expected less than 100"):
        list(read_lines(journal, 100))


def test_an_endless_line_is_refused_long_before_its_end() -> None:
    taken = []

    def chunks() -> object:
        for number in range(1000):
            taken.append(number)
            yield b"x" * 10

    with pytest.raises(InvalidInput):
        list(split_lines(chunks(), 100, "member"))  # type: ignore[arg-type]
    assert len(taken) == 10
