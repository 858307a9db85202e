"""The review log: who set out to approve, approved or denied which call; a chain of lines.

Each line names the SHA-256 of the line before it and carries a digest of itself. So a changed,
inserted, missing or moved line is found, also where it is the last one. Two things a bare chain
cannot show: that lines are missing at its end, and that somebody wrote all of it anew. Whoever
has to know keeps the head that `gait review log --verify` prints, and compares.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.answers.review import ReviewLogAnswer
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.review import (
    ABORTED,
    EVENTS,
    INTENT_TO_MINT,
    MINTED,
    NO_LINE,
    REVIEW_EVENT_SCHEMA,
    ReviewEvent,
)
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.statefile import state_lock
from gait_engine.host import Host
from gait_engine.store.jsonl import Line, append_line, read_lines
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.timestamps import from_ns

BROKEN: Final = "review_log_broken"
TORN: Final = "journal_torn"
MAX_LINE_BYTES: Final = 1 << 20

_WHAT: Final = "review log"


class LogLine(NamedTuple):
    """An event and the line it stands on, from 1; `digest` is that of the line's bytes."""

    number: int
    event: ReviewEvent
    digest: Digest


def append_event(path: str, event: ReviewEvent, *, host: Host) -> int:
    """Append an event, durable on return; gives it time, schema and its place in the chain.

    Returns the number of its line. Raises InvalidInput for a torn log, VerificationFailed for a
    broken one: neither is continued; StateContention, IoFailure. Then the log is as it was.
    """
    with state_lock(path, host=host):
        number, prev = 0, NO_LINE
        for line in verified_lines(path, host=host):
            number, prev = line.number, line.digest
        _append(host.cwd / path, _encoded(event, prev, host))
    return number + 1


def verified_lines(path: str, *, host: Host) -> Iterator[LogLine]:
    """Yield the lines of a log as long as its chain holds; a log that is not there has none.

    Raises VerificationFailed at the first line that breaks it, InvalidInput for a torn last line.
    """
    prev, wanted = NO_LINE, 1
    for line in _lines(path, host):
        event = _event(line, path)
        fault = _fault(line, event, prev, wanted)
        if fault:
            raise _broken(path, wanted, fault)
        prev, wanted = sha256_hex(line.data), wanted + 1
        yield LogLine(line.number, event, prev)


def read_events(path: str, *, host: Host) -> tuple[LogLine, ...]:
    """Read a log, its chain unchecked; one that is not there is empty.

    Raises InvalidInput for a torn last line and for a line that is no event.
    """
    try:
        return tuple(
            LogLine(line.number, _event(line, path), sha256_hex(line.data))
            for line in _lines(path, host)
        )
    except VerificationFailed as exc:
        raise InvalidInput(
            exc.message, code=BROKEN, where=exc.where, hint="gait review log --verify"
        ) from exc


def unfinished(lines: Iterable[LogLine]) -> tuple[int, ...]:
    """Return the lines of intents to mint that neither a token nor an end follows."""
    waiting: list[LogLine] = []
    for line in lines:
        if line.event.event == INTENT_TO_MINT:
            waiting.append(line)
        elif line.event.event in (MINTED, ABORTED):
            begun = [one for one in waiting if _attempt(one.event) == _attempt(line.event)]
            waiting = [one for one in waiting if one not in begun[-1:]]
    return tuple(line.number for line in waiting)


def _attempt(event: ReviewEvent) -> tuple[str, str, str]:
    return event.reviewer, event.intent_digest, event.policy_digest


def _lines(path: str, host: Host) -> Iterator[Line]:
    target = host.cwd / path
    if not os.path.lexists(target):
        return
    for line in read_lines(target, MAX_LINE_BYTES, _WHAT):
        if not line.terminated:
            raise _torn(path, line)
        yield line


def _append(target: Path, line: bytes) -> None:
    """Append a line or leave the log as it was: a new one whose name may not last is removed."""
    is_new = not os.path.lexists(target)
    try:
        append_line(target, line, what=_WHAT)
    except GaitError:
        if is_new:
            with suppress(OSError):
                target.unlink()
        raise


def _encoded(event: ReviewEvent, prev: str, host: Host) -> bytes:
    bare = msgspec.structs.replace(
        event,
        schema_id=REVIEW_EVENT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        at=from_ns(host.now_ns()),
        prev=prev,
        digest="",
    )
    return compact(msgspec.structs.replace(bare, digest=_own_digest(bare)))


def _own_digest(event: ReviewEvent) -> Digest:
    return sha256_hex(compact(msgspec.structs.replace(event, digest="")))


def _event(line: Line, path: str) -> ReviewEvent:
    """Read one line. Raises VerificationFailed for what is no event of ours."""
    source = Source(path, hazard=VerificationFailed, sealed=True, root=f"line {line.number}")
    try:
        event = read_record(line.data, ReviewEvent, source)
    except GaitError as exc:
        raise _broken(path, line.number, exc.message) from exc
    for field, wanted in (("schema_id", REVIEW_EVENT_SCHEMA), ("schema_version", SCHEMA_VERSION)):
        if (found := getattr(event, field)) != wanted:
            raise _broken(path, line.number, f"{field} {quoted(found)}, expected {wanted}")
    if event.event not in EVENTS:
        raise _broken(path, line.number, f"event {quoted(event.event)}, expected a known one")
    return event


def _fault(line: Line, event: ReviewEvent, prev: str, wanted: int) -> str:
    if line.number != wanted:
        return "an empty line, expected an event"
    if event.prev != prev:
        return f"prev {quoted(event.prev)}, expected {prev}"
    if event.digest != _own_digest(event):
        return f"digest {quoted(event.digest)}, expected {_own_digest(event)}"
    if compact(event) != line.data:
        return "spelled otherwise than it was written"
    return ""


def _broken(path: str, number: int, fault: str) -> VerificationFailed:
    where = f"{path} line {number}"
    error = VerificationFailed(
        f"{_WHAT} {quoted(where, 200)}: {fault}",
        code=BROKEN,
        where=where,
        hint=f"keep {Path(path).name} as evidence: move it away, a new log begins by itself",
    )
    error.answer = ReviewLogAnswer(
        ok=False, log_path=path, chain="broken", lines_checked=number - 1, broken_line=number
    )
    return error


def _torn(path: str, line: Line) -> InvalidInput:
    return InvalidInput(
        f"{_WHAT} {quoted(path, 200)}: {len(line.data)} bytes of an unfinished event at its end,"
        " expected a complete last line",
        code=TORN,
        where=f"{path} line {line.number}",
        hint="keep a copy of the log, then cut off its unfinished last line",
    )
