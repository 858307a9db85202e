"""Lines by the batch: appended all or none, read as they come."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.errors import InternalFailure, InvalidInput, IoFailure
from gait_engine.store.jsonl import Line, append_lines, split_batches, split_lines
from tests.support.faults import DISK_ERRORS, calls_of, fail, fault_at, stop_short

LIMIT = 64
LASTING = ("write", "fsync")


def batches(*chunks: bytes) -> list[list[Line]]:
    return [list(batch) for batch in split_batches(chunks, LIMIT, "intents")]


def numbered(lines: list[Line]) -> list[tuple[int, bytes]]:
    return [(line.number, line.data) for line in lines]


def test_several_lines_are_appended_with_one_write(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    assert append_lines(path, [b"one", b"two"]) == 8
    with fault_at(0, fail(0)) as calls:
        append_lines(path, [b"3"] * 1_000)
    assert calls.count("write") == 1
    assert path.read_bytes() == b"one\ntwo\n" + b"3\n" * 1_000


def test_no_lines_leave_a_file_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "j.jsonl"
    append_lines(path, [b"one"])
    assert append_lines(path, []) == 4
    assert path.read_bytes() == b"one\n"


def test_one_line_with_a_line_feed_spoils_all(tmp_path: Path) -> None:
    with pytest.raises(InternalFailure):
        append_lines(tmp_path / "j.jsonl", [b"one", b"t\nwo"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_after_a_failed_write_no_line_of_the_batch_is_there(tmp_path: Path, number: int) -> None:
    path = tmp_path / "j.jsonl"
    append_lines(path, [b"old"])
    write, fsync = (calls_of(lambda: append_lines(path, [])).index(name) + 1 for name in LASTING)
    path.write_bytes(b"old\n")
    for n, fault in ((write, fail(number)), (write, stop_short), (fsync, fail(number))):
        with fault_at(n, fault), pytest.raises(IoFailure):
            append_lines(path, [b"one", b"two"])
        assert path.read_bytes() == b"old\n"


def test_a_batch_is_what_ends_in_one_chunk() -> None:
    found = batches(b"a\nb\nc", b"d\n", b"", b"e")
    assert [numbered(batch) for batch in found] == [
        [(1, b"a"), (2, b"b")],
        [(3, b"cd")],
        [],
        [],
        [(4, b"e")],
    ]
    assert found[-1] == [Line(4, b"e", terminated=False)]


def test_blank_lines_are_counted_and_not_yielded() -> None:
    assert [numbered(batch) for batch in batches(b"\n\na\n\nb\n")] == [[(3, b"a"), (5, b"b")]]


@pytest.mark.parametrize("chunks", [(), (b"",), (b"\n",), (b"\n\n", b"\n")])
def test_a_stream_of_nothing_has_no_line(chunks: tuple[bytes, ...]) -> None:
    assert [line for batch in batches(*chunks) for line in batch] == []


@given(
    text=st.lists(st.sampled_from([b"a", b"bc", b"\r", b"\n", b"\x0b", b"\xe2\x80\xa8"])).map(
        b"".join
    ),
    cuts=st.lists(st.integers(0, 100)),
)
def test_lines_are_the_same_however_the_bytes_come(text: bytes, cuts: list[int]) -> None:
    ends = sorted({min(cut, len(text)) for cut in (*cuts, 0, len(text))})
    chunks = [text[a:b] for a, b in pairwise(ends)]
    assert list(split_lines(chunks, 10_000, "x")) == list(split_lines([text], 10_000, "x"))


@pytest.mark.parametrize(
    "chunks",
    [(b"x" * LIMIT + b"\n",), (b"x" * LIMIT,), (b"x" * 40, b"x" * 40), (b"\n" + b"x" * 64,)],
)
def test_a_line_of_the_limit_is_refused_by_its_number(chunks: tuple[bytes, ...]) -> None:
    with pytest.raises(InvalidInput) as caught:
        batches(*chunks)
    number = 2 if chunks[0].startswith(b"\n") else 1
    assert caught.value.where == f"intents line {number}"


def test_what_came_before_a_line_that_is_too_long_is_yielded_first() -> None:
    found = split_batches([b"a\nb\n", b"x" * 40, b"x" * 40], LIMIT, "intents")
    assert numbered(list(next(found))) == [(1, b"a"), (2, b"b")]
    with pytest.raises(InvalidInput):
        assert [line for batch in found for line in batch] == []


def test_nothing_is_read_ahead_of_a_batch_that_was_not_asked_for() -> None:
    read = []

    def chunks() -> Iterator[bytes]:
        for chunk in (b"a\n", b"b\n"):
            read.append(chunk)
            yield chunk

    found = split_batches(chunks(), LIMIT, "intents")
    list(next(found))
    assert read == [b"a\n"]


def test_a_line_that_comes_byte_by_byte_is_copied_once() -> None:
    text = b"x" * 200_000 + b"\ny"
    single = (text[at : at + 1] for at in range(len(text)))
    found = list(split_lines(single, 1_000_000, "intents"))
    assert [(line.number, len(line.data)) for line in found] == [(1, 200_000), (2, 1)]
