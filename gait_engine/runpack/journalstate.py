"""A session journal on disk with the state cache beside it, while its lock is held.

The journal is the truth and a line in it the commit; the state only saves reading it.
Contract: runpack.md 7.1, 7.3, 7.4.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.session import STATE_SCHEMA, JournalLine, State
from gait_engine.errors import GaitError, Hazard, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.runpack.journal import Journal, encoded, read_whole_journal
from gait_engine.store.atomic import (
    FILE_MODE,
    NO_FOLLOW,
    NO_WAIT,
    PATH_UNSAFE,
    PLAIN,
    create_beside,
    os_errors_as_ours,
    write_all,
)
from gait_engine.store.jsonl import append_line, read_lines
from gait_engine.store.layout import journal_state_path
from gait_engine.store.locks import hold_lock, session_lock_profile
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import from_ns

STATE_NOT_WRITTEN: Final = "session_state_not_written"
"""A note: the journal holds the record, the next command reads it instead of its state."""

_MAX_STATE_LINE: Final = 64 * 1024


class LockedJournal:
    """A journal while its lock is held; `notes` grows with what went wrong without harm."""

    def __init__(self, path: str, host: Host, notes: tuple[Hazard, ...] = ()) -> None:
        self.path = path
        self.file = host.cwd / path
        self.notes = list(notes)
        self._host = host
        self._state_file = Path(journal_state_path(str(self.file)))

    @property
    def own_files(self) -> tuple[str, ...]:
        """The files that nothing else may overwrite: the journal, its state, its lock."""
        return (self.path, journal_state_path(self.path), f"{self.path}.lock")

    def exists(self) -> bool:
        """Tell whether anything stands at the path, a dangling link included."""
        return os.path.lexists(self.file)

    def read(self) -> Journal:
        """Read and check every line. Raises InvalidInput, `journal_torn` for a torn end."""
        return read_whole_journal(self.file, self.path)

    def state(self) -> State:
        """Return the state from its cache, or from the journal where the cache is of no use."""
        return self.cached_state() or self.rebuilt_state()

    def cached_state(self) -> State | None:
        """Return the state if it belongs to the journal as it stands, judged by its size."""
        size, is_whole = _measure(self.file)
        state = _read_state(self._state_file) if is_whole else None
        return state if state and _is_usable(state, size) else None

    def rebuilt_state(self) -> State:
        """Read the journal and sum it up."""
        return self.summed_up(self.read())

    def summed_up(self, journal: Journal) -> State:
        """Sum up a journal whose bytes are already in the file."""
        newest = journal.last_checkpoint
        return State(
            schema_id=STATE_SCHEMA,
            schema_version=SCHEMA_VERSION,
            updated_at=from_ns(self._host.now_ns()),
            producer_version=self._host.producer_version,
            session_id=journal.header.session_id,
            run_id=journal.header.run_id,
            created_at=journal.header.created_at,
            started_at=journal.header.started_at,
            event_count=len(journal.events),
            last_sequence=journal.events[-1].sequence if journal.events else 0,
            checkpoint_count=len(journal.checkpoints),
            last_checkpoint_index=newest.checkpoint_index,
            last_checkpoint_sequence=newest.sequence_end,
            last_checkpoint_digest=newest.checkpoint_digest,
            journal_size_bytes=_measure(self.file)[0],
        )

    def append(self, line: JournalLine, state: State, *, sync: bool = True) -> None:
        """Commit one line, then remember the state it leads to."""
        size = append_line(self.file, encoded(line), sync=sync)
        self.remember(
            msgspec.structs.replace(
                state,
                updated_at=from_ns(self._host.now_ns()),
                producer_version=self._host.producer_version,
                journal_size_bytes=size,
            )
        )

    def remember(self, state: State) -> None:
        """Write the state; where that fails it is as good as none, so a note is all."""
        try:
            _replace_unsynced(self._state_file, pretty(state))
        except OSError:
            self.notes.append(Hazard(STATE_NOT_WRITTEN, journal_state_path(self.path)))


@contextmanager
def locked_journal(path: str, host: Host) -> Iterator[LockedJournal]:
    """Hold a journal's lock. Raises StateContention when it stays busy."""
    with hold_lock(host.cwd / path, session_lock_profile(host.env), host) as notes:
        yield LockedJournal(path, host, notes)


def syncs_events(host: Host) -> bool:
    """Tell whether each event is made durable; the swarm profile trades that for speed."""
    return normal(host.env.get("GAIT_SESSION_LOCK_PROFILE", "")) != "swarm"


def _measure(file: Path) -> tuple[int, bool]:
    """Return the size of a journal, and whether its last line is ended."""
    with os_errors_as_ours("journal", file, "a session journal"):
        if not stat.S_ISREG(file.lstat().st_mode):
            raise InvalidInput(
                f"journal {quoted(str(file), 200)}: a link, folder, pipe or device, "
                "expected a regular file",
                code=PATH_UNSAFE,
                where=str(file),
            )
        fd = os.open(file, os.O_RDONLY | NO_FOLLOW | NO_WAIT | PLAIN)
        try:
            size = os.fstat(fd).st_size
            os.lseek(fd, max(size - 1, 0), os.SEEK_SET)
            return size, os.read(fd, 1) == b"\n"
        finally:
            os.close(fd)


def _replace_unsynced(file: Path, data: bytes) -> None:
    """Replace a file as a whole, without waiting for the disk: a power cut costs one reading."""
    temp, fd = create_beside(file)
    try:
        try:
            write_all(fd, data)
            if hasattr(os, "fchmod"):  # the umask must not decide
                os.fchmod(fd, FILE_MODE)
        finally:
            os.close(fd)
        temp.replace(file)
    except OSError:
        temp.unlink(missing_ok=True)
        raise


def _read_state(file: Path) -> State | None:
    """Read a state cache; None where there is none or it cannot be read. Links are refused."""
    try:
        text = b"\n".join(line.data for line in read_lines(file, _MAX_STATE_LINE, "session state"))
        return read_record(text, State, Source(str(file), digested=False))
    except GaitError as exc:
        if exc.code == PATH_UNSAFE:
            raise
        return None


def _is_usable(state: State, journal_size: int) -> bool:
    counters = (
        state.event_count,
        state.last_sequence,
        state.checkpoint_count,
        state.last_checkpoint_index,
        state.last_checkpoint_sequence,
    )
    return (
        state.schema_id == STATE_SCHEMA
        and state.schema_version == SCHEMA_VERSION
        and trim(state.session_id) != ""
        and trim(state.run_id) != ""
        and min(counters) >= 0
        and state.journal_size_bytes == journal_size
    )
