import errno
import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from gait_engine.contract.review import EVENTS, ReviewEvent
from gait_engine.errors import GaitError, InvalidInput, IoFailure, VerificationFailed
from gait_engine.gate.review.reviewlog import (
    append_event,
    read_events,
    unfinished,
    verified_lines,
)
from gait_engine.wire.digest import sha256_hex
from tests.support import faults
from tests.support.hosts import FrozenHost

LOG = "out/log.jsonl"
EVENT = ReviewEvent(
    reviewer="alice",
    event="denied",
    intent_digest="ab" * 32,
    policy_digest="cd" * 32,
    trace_id="t1",
    scope=("tool:x",),
    reason_code="no",
)


def append(host: FrozenHost, **changes: str) -> int:
    return append_event(LOG, msgspec.structs.replace(EVENT, **changes), host=host)


def file_of(host: FrozenHost) -> Path:
    return host.cwd / LOG


def check(host: FrozenHost) -> int:
    return len(list(verified_lines(LOG, host=host)))


@pytest.fixture
def log(frozen_host: FrozenHost) -> Path:
    """A log of three events."""
    for reviewer in ("alice", "bob", "carol"):
        frozen_host.now += 10**9
        append(frozen_host, reviewer=reviewer)
    return file_of(frozen_host)


def test_each_line_names_the_digest_of_the_one_before(log: Path, frozen_host: FrozenHost) -> None:
    lines = log.read_bytes().splitlines()
    events = [json.loads(line) for line in lines]
    assert [event["prev"] for event in events] == ["0" * 64, *map(sha256_hex, lines[:2])]
    assert [event["at"][11:19] for event in events] == ["12:00:01", "12:00:02", "12:00:03"]
    assert (log.stat().st_mode & 0o777, check(frozen_host)) == (0o600, 3)
    assert [line.digest for line in verified_lines(LOG, host=frozen_host)] == [
        *map(sha256_hex, lines)
    ]


def test_appending_says_which_line_it_became(frozen_host: FrozenHost) -> None:
    assert [append(frozen_host) for _ in range(3)] == [1, 2, 3]


def test_any_flipped_bit_is_found(log: Path, frozen_host: FrozenHost) -> None:
    whole = log.read_bytes()
    for position in range(len(whole)):
        for bit in (1, 0x20):
            log.write_bytes(
                whole[:position] + bytes([whole[position] ^ bit]) + whole[position + 1 :]
            )
            with pytest.raises(GaitError) as found:
                check(frozen_host)
            assert found.value.code in ("review_log_broken", "journal_torn"), position


def changed_orders(lines: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    first, second, third = lines
    yield "first removed", [second, third]
    yield "middle removed", [first, third]
    yield "reordered", [first, third, second]
    yield "repeated", [first, second, second, third]
    yield "repeated at the end", [first, second, third, third]
    yield "blank between", [first, b"", second, third]
    yield "blank first", [b"", first, second, third]
    yield "another spelling at the end", [first, second, third.replace(b'":"', b'": "', 1)]
    yield "no event", [first, second, third, b"{}"]
    yield "no JSON", [first, second, third, b"x"]
    yield "an unknown event", [first, second, third.replace(b"denied", b"allowed")]
    yield "a further field", [first, second, third.replace(b"{", b'{"x":1,', 1)]


def test_lines_removed_inserted_or_moved_are_found(log: Path, frozen_host: FrozenHost) -> None:
    for name, lines in changed_orders(log.read_bytes().splitlines()):
        log.write_bytes(b"".join(line + b"\n" for line in lines))
        with pytest.raises(VerificationFailed) as found:
            check(frozen_host)
        assert found.value.code == "review_log_broken", name


def test_the_first_broken_line_is_named(log: Path, frozen_host: FrozenHost) -> None:
    log.write_bytes(log.read_bytes().replace(b"bob", b"eve"))
    with pytest.raises(VerificationFailed) as found:
        check(frozen_host)
    assert found.value.where == f"{LOG} line 2"
    assert (found.value.answer.broken_line, found.value.answer.lines_checked) == (2, 1)


def test_a_missing_tail_is_not_found_by_the_chain_but_by_its_head(
    log: Path, frozen_host: FrozenHost
) -> None:
    *_, last = verified_lines(LOG, host=frozen_host)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:2]))
    *_, shorter = verified_lines(LOG, host=frozen_host)
    assert check(frozen_host) == 2
    assert shorter.digest != last.digest


def test_a_torn_log_is_neither_read_nor_continued(log: Path, frozen_host: FrozenHost) -> None:
    torn = log.read_bytes()[:-9]
    log.write_bytes(torn)
    for use in (
        lambda: read_events(LOG, host=frozen_host),
        lambda: check(frozen_host),
        lambda: append(frozen_host),
    ):
        with pytest.raises(InvalidInput) as found:
            use()
        assert found.value.code == "journal_torn"
    assert log.read_bytes() == torn


def test_a_broken_log_is_listed_but_not_continued(log: Path, frozen_host: FrozenHost) -> None:
    broken = log.read_bytes().replace(b"bob", b"eve")
    log.write_bytes(broken)
    with pytest.raises(VerificationFailed):
        append(frozen_host)
    assert log.read_bytes() == broken
    assert [line.event.reviewer for line in read_events(LOG, host=frozen_host)] == [
        *("alice", "eve", "carol")
    ]


def test_a_line_that_is_no_event_is_bad_input_to_a_list(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "x.jsonl").write_bytes(b"{}\n")
    with pytest.raises(InvalidInput) as found:
        read_events("x.jsonl", host=frozen_host)
    assert (found.value.code, found.value.hint) == (
        "review_log_broken",
        "gait review log --verify",
    )


def test_a_log_that_is_not_there_has_no_lines(frozen_host: FrozenHost) -> None:
    assert read_events(LOG, host=frozen_host) == ()
    assert check(frozen_host) == 0


def test_a_link_in_the_place_of_a_log_is_refused(log: Path, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "link.jsonl").symlink_to(log)
    for use in (
        lambda: read_events("link.jsonl", host=frozen_host),
        lambda: append_event("link.jsonl", EVENT, host=frozen_host),
    ):
        with pytest.raises(InvalidInput) as found:
            use()
        assert found.value.code == "path_unsafe"


@pytest.mark.parametrize(
    ("events", "lines"),
    [
        (["intent_to_mint", "minted"], ()),
        (["intent_to_mint", "aborted"], ()),
        (["intent_to_mint", "denied"], (1,)),
        (["intent_to_mint", "intent_to_mint", "minted"], (1,)),
        (["minted", "intent_to_mint"], (2,)),
    ],
)
def test_an_intent_to_mint_that_nothing_ends_is_pointed_out(
    frozen_host: FrozenHost, events: list[str], lines: tuple[int, ...]
) -> None:
    for event in events:
        append(frozen_host, event=event)
    assert unfinished(read_events(LOG, host=frozen_host)) == lines


def test_the_end_of_one_attempt_does_not_end_that_of_another_person(
    frozen_host: FrozenHost,
) -> None:
    append(frozen_host, event="intent_to_mint")
    append(frozen_host, event="minted", reviewer="bob")
    assert unfinished(read_events(LOG, host=frozen_host)) == (1,)


def test_a_disk_that_fails_leaves_the_log_as_it_was(log: Path, frozen_host: FrozenHost) -> None:
    before = log.read_bytes()
    for n in range(1, len(faults.calls_of(lambda: append(frozen_host))) + 1):
        log.write_bytes(before)
        try:
            with faults.fault_at(n, faults.fail(errno.ENOSPC)):
                append(frozen_host)
        except IoFailure:
            assert log.read_bytes() == before, n
        else:
            assert check(frozen_host) == 4, n


def test_a_process_that_dies_leaves_a_whole_log_or_a_torn_one(
    log: Path, frozen_host: FrozenHost
) -> None:
    before = log.read_bytes()
    calls = len(faults.calls_of(lambda: append(frozen_host)))
    for n in range(1, calls + 1):
        log.write_bytes(before)
        (log.parent / f"{log.name}.lock").unlink(missing_ok=True)
        assert faults.killed_at(n, lambda: append(frozen_host)) == faults.KILLED
        assert log.read_bytes().startswith(before)
        is_whole = log.read_bytes().endswith(b"\n")
        assert not is_whole or check(frozen_host) in (3, 4), n


def test_the_events_are_those_of_the_contract() -> None:
    assert EVENTS == ("intent_to_mint", "minted", "denied", "aborted")
