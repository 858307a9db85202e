"""The lines of a session journal: read one by one, each checked against those before it.

Contract: runpack.md 7.1, 7.2.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.session import (
    MAX_JOURNAL_LINE,
    Checkpoint,
    Event,
    JournalHeader,
    JournalLine,
)
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.runpack.commands import suggest
from gait_engine.store.jsonl import Line, read_lines
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source, read_record, record_reader
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import trim

JOURNAL_TORN: Final = "journal_torn"
_NO_CHECKPOINT: Final = Checkpoint()


class Journal(NamedTuple):
    """A journal as read; `torn_bytes` counts what an interrupted append left at its end."""

    header: JournalHeader
    events: tuple[Event, ...]
    checkpoints: tuple[Checkpoint, ...]
    torn_bytes: int = 0

    @property
    def last_checkpoint(self) -> Checkpoint:
        """The newest checkpoint; one with index and sequences 0 before the first."""
        return self.checkpoints[-1] if self.checkpoints else _NO_CHECKPOINT

    @property
    def open_events(self) -> tuple[Event, ...]:
        """The events that no checkpoint covers yet."""
        sealed = self.last_checkpoint.sequence_end
        return tuple(event for event in self.events if event.sequence > sealed)


def encoded(line: JournalLine) -> bytes:
    """Spell a line of a journal without its line feed. Raises InvalidInput where it is unfit."""
    text = compact(line)
    if len(text) >= MAX_JOURNAL_LINE:
        raise InvalidInput(f"session record: {len(text)} bytes, expected less than 8 MiB")
    return text


def checkpoint_digest(checkpoint: Checkpoint) -> Digest:
    """Digest what links a checkpoint to its runpack and to the checkpoint before."""
    link = (
        checkpoint.manifest_digest,
        checkpoint.prev_checkpoint_digest,
        checkpoint.checkpoint_index,
        checkpoint.sequence_start,
        checkpoint.sequence_end,
    )
    return sha256_hex(":".join(map(str, link)).encode())


def read_journal(file: Path, shown: str) -> Journal:
    """Read a journal up to a torn end, each line checked against those before it.

    Raises InvalidInput with the line number, VerificationFailed for ambiguous JSON.
    """
    source = Source(shown, hazard=VerificationFailed, digested=False)
    return _journal_of(read_lines(file, MAX_JOURNAL_LINE), source)


def read_whole_journal(file: Path, shown: str) -> Journal:
    """Read a journal that must not end torn: InvalidInput, `journal_torn`, for one that does."""
    journal = read_journal(file, shown)
    if journal.torn_bytes:
        raise torn_error(shown, journal.torn_bytes)
    return journal


def _journal_of(lines: Iterable[Line], source: Source) -> Journal:
    reading, torn_bytes = _Reading(), 0
    read = record_reader(JournalLine, source)
    for line in lines:
        text = _trimmed(line.data)
        if not text:
            continue
        if not line.terminated and _is_cut_off(text):
            torn_bytes = len(line.data)
            break
        try:
            fault = reading.take(read(text))
        except GaitError:  # once more, for an error that names the line
            read_record(text, JournalLine, source._replace(root=f"line {line.number}"))
            raise
        if fault:
            raise source.reject(fault, f"line {line.number}")
    return reading.journal(source, torn_bytes)


class _Reading:
    """What the lines read so far add up to."""

    def __init__(self) -> None:
        self._header: JournalHeader | None = None
        self._events: list[Event] = []
        self._checkpoints: list[Checkpoint] = []
        self._expected = 1

    def take(self, line: JournalLine) -> str:
        """Add a line; return what is wrong with it, or nothing."""
        match line.record_type:
            case "header":
                return self._take_header(line.header)
            case "event":
                return self._take_event(line.event)
            case "checkpoint":
                return self._take_checkpoint(line.checkpoint)
            case unknown:
                return f"record_type {quoted(unknown)}, expected header, event or checkpoint"

    def journal(self, source: Source, torn_bytes: int) -> Journal:
        """Return the journal; there must have been a header."""
        if self._header is None:
            if torn_bytes:
                raise torn_error(source.name, torn_bytes)
            raise source.reject("no header, expected one in the first line")
        return Journal(self._header, tuple(self._events), tuple(self._checkpoints), torn_bytes)

    def _take_header(self, header: JournalHeader | UnsetType) -> str:
        if header is UNSET:
            return "no header in it, expected one"
        if self._header is not None:
            return "a second header, expected one"
        if not header.session_id or not header.run_id:
            return "an empty session_id or run_id, expected both"
        if header.events or header.checkpoints:
            return "records inside the header, expected each on a line of its own"
        self._header = header
        return ""

    def _take_event(self, event: Event | UnsetType) -> str:
        if event is UNSET:
            return "no event in it, expected one"
        if fault := self._identity_fault(event):
            return fault
        if event.sequence != self._expected:
            return f"sequence {event.sequence}, expected {self._expected}"
        self._events.append(event)
        self._expected += 1
        return ""

    def _take_checkpoint(self, checkpoint: Checkpoint | UnsetType) -> str:
        if checkpoint is UNSET:
            return "no checkpoint in it, expected one"
        last = self._checkpoints[-1] if self._checkpoints else _NO_CHECKPOINT
        if fault := self._identity_fault(checkpoint) or _link_fault(checkpoint, last):
            return fault
        self._checkpoints.append(checkpoint)
        self._expected = max(self._expected, checkpoint.sequence_end + 1)
        return ""

    def _identity_fault(self, record: Event | Checkpoint) -> str:
        if self._header is None:
            return "a record before the header, expected the header first"
        for name in ("session_id", "run_id"):
            found, expected = getattr(record, name), getattr(self._header, name)
            if found != expected:
                return f"{name} {quoted(found)}, expected {quoted(expected)}"
        return ""


def _link_fault(checkpoint: Checkpoint, last: Checkpoint) -> str:
    if checkpoint.checkpoint_index != last.checkpoint_index + 1:
        index = checkpoint.checkpoint_index
        return f"checkpoint index {index}, expected {last.checkpoint_index + 1}"
    if not max(last.sequence_end, 0) < checkpoint.sequence_start <= checkpoint.sequence_end:
        covered = f"{checkpoint.sequence_start} to {checkpoint.sequence_end}"
        return f"checkpoint of sequences {covered}, expected them after {last.sequence_end}"
    if last is not _NO_CHECKPOINT and checkpoint.prev_checkpoint_digest != last.checkpoint_digest:
        previous = quoted(checkpoint.prev_checkpoint_digest)
        return f"previous checkpoint digest {previous}, expected {last.checkpoint_digest}"
    if (computed := checkpoint_digest(checkpoint)) != checkpoint.checkpoint_digest:
        return f"checkpoint digest {quoted(checkpoint.checkpoint_digest)}, expected {computed}"
    return ""


def _trimmed(line: bytes) -> bytes:
    if line[:1] == b"{" and line[-1:] == b"}":
        return line
    return trim(line.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")


def _is_cut_off(text: bytes) -> bool:
    """Tell the beginning of a record from a text in which a whole one stands, whatever follows."""
    import json

    try:
        json.JSONDecoder().raw_decode(text.decode("utf-8", "replace"))
    except json.JSONDecodeError:
        return True
    except RecursionError:  # no writer's record; the reader refuses it
        return False
    return False


def torn_error(path: str, torn_bytes: int) -> InvalidInput:
    """Build the error for a journal that ends in an unfinished record."""
    return InvalidInput(
        f"journal {path}: {torn_bytes} bytes of an unfinished record at its end, "
        "expected a complete last line",
        code=JOURNAL_TORN,
        where=path,
        hint=next(iter(suggest("gait run session repair", ("--journal", path))), ""),
    )
