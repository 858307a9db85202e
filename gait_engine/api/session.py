"""Sessions: start, append, status, show, checkpoint, compact, repair (runpack.md 7.5)."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

import msgspec

from gait_engine.contract.answers.base import HazardNote
from gait_engine.contract.answers.session import SessionAnswer, SessionShowAnswer
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.runpack import session
from gait_engine.runpack.checkpoint import emit_checkpoint
from gait_engine.runpack.journal import read_whole_journal
from gait_engine.runpack.journalstate import LockedJournal, locked_journal
from gait_engine.runpack.session import EventInput
from gait_engine.store.atomic import make_dirs
from gait_engine.store.layout import journal_chain_path
from gait_engine.store.safepath import clean, refuse_escape, refuse_overwrite
from gait_engine.wire.text import trim

__all__ = [
    "OPERATIONS",
    "EventInput",
    "append",
    "checkpoint",
    "compact",
    "repair",
    "show",
    "start",
    "status",
]

START: Final = "start"
APPEND: Final = "append"
STATUS: Final = "status"
CHECKPOINT: Final = "checkpoint"
COMPACT: Final = "compact"
REPAIR: Final = "repair"
OPERATIONS: Final = (START, APPEND, STATUS, CHECKPOINT, COMPACT, REPAIR)


def start(journal: str, *, session_id: str, run_id: str, host: Host) -> SessionAnswer:
    """Begin a session, or find it begun; folders are made as needed. Raises GaitError."""
    required = {"--journal": journal, "--session-id": session_id, "--run-id": run_id}
    with _locked(START, required, host) as locked:
        found = session.start_session(locked, trim(session_id), trim(run_id), host)
    answer = SessionAnswer(ok=True, operation=START, journal=trim(journal), status=found)
    return _with_notes(answer, locked)


def append(journal: str, event: EventInput, *, host: Host) -> SessionAnswer:
    """Append one tool call and its verdict; it is durable on return. Raises GaitError."""
    with _failing_as(SessionAnswer(ok=False, operation=APPEND)):
        given = session.normalise_event(event)
    with _locked(APPEND, {"--journal": journal}, host) as locked:
        appended = session.append_event(locked, given, host)
    answer = SessionAnswer(ok=True, operation=APPEND, journal=trim(journal), event=appended)
    return _with_notes(answer, locked)


def status(journal: str, *, host: Host) -> SessionAnswer:
    """Tell where a session stands. Raises GaitError."""
    with _locked(STATUS, {"--journal": journal}, host) as locked:
        found = session.session_status(locked)
    answer = SessionAnswer(ok=True, operation=STATUS, journal=trim(journal), status=found)
    return _with_notes(answer, locked)


def show(journal: str, *, host: Host) -> SessionShowAnswer:
    """List the calls and checkpoints of a session. It takes no lock and writes nothing.

    Raises InvalidInput, `journal_torn` for an unfinished last line, VerificationFailed.
    """
    if not trim(journal):
        raise InvalidInput(f"option --journal: {quoted(journal)}, expected a value")
    path = refuse_escape(trim(journal), "journal")
    found = read_whole_journal(host.cwd / path, path)
    return SessionShowAnswer(
        ok=True,
        journal=trim(journal),
        session_id=found.header.session_id,
        run_id=found.header.run_id,
        started_at=found.header.started_at,
        open_events=len(found.open_events),
        events=found.events,
        checkpoints=found.checkpoints,
    )


def checkpoint(journal: str, *, out: str, chain_out: str = "", host: Host) -> SessionAnswer:
    """Seal the events since the last checkpoint in a runpack and link it into the chain.

    Raises GaitError; one about a chain file comes after the checkpoint is committed.
    """
    with _locked(CHECKPOINT, {"--journal": journal, "--out": out}, host) as locked:
        sealed_before = [done.runpack_path for done in locked.read().checkpoints]
        chain = journal_chain_path(locked.path)
        pack_path = _output(out, "--out", locked, [chain, *sealed_before], host)
        chain_path = _output(chain_out, "--chain-out", locked, [pack_path, *sealed_before], host)
        sealed = emit_checkpoint(locked, pack_path, chain_path, host)
    answer = SessionAnswer(
        ok=True,
        operation=CHECKPOINT,
        journal=trim(journal),
        checkpoint=sealed,
        chain_path=trim(chain_out) or journal_chain_path(locked.path),
    )
    return _with_notes(answer, locked)


def compact(journal: str, *, out: str = "", dry_run: bool = False, host: Host) -> SessionAnswer:
    """Drop the events that checkpoints cover, in place or into `out`. Raises GaitError."""
    with _locked(COMPACT, {"--journal": journal}, host) as locked:
        is_elsewhere = trim(out) != "" and clean(trim(out)) != locked.path
        kept = [journal_chain_path(locked.path)]
        kept += [done.runpack_path for done in locked.read().checkpoints] if is_elsewhere else []
        output = _output(out, "--out", locked, kept, host) if is_elsewhere else locked.path
        done = session.compact_journal(locked, output, host, dry_run=dry_run)
    answer = SessionAnswer(ok=True, operation=COMPACT, journal=trim(journal), compaction=done)
    return _with_notes(answer, locked)


def repair(journal: str, *, host: Host) -> SessionAnswer:
    """Cut an unfinished last record off a journal, keeping a copy. Raises GaitError."""
    with _locked(REPAIR, {"--journal": journal}, host) as locked:
        done = session.repair_journal(locked)
    answer = SessionAnswer(ok=True, operation=REPAIR, journal=trim(journal), repair=done)
    return _with_notes(answer, locked)


@contextmanager
def _locked(operation: str, required: Mapping[str, str], host: Host) -> Iterator[LockedJournal]:
    """Hold the journal named by --journal; what is known stands beside an error.

    That is the journal too, once every required option is there.
    """
    with _failing_as(SessionAnswer(ok=False, operation=operation)):
        for option, value in required.items():
            if not trim(value):
                raise InvalidInput(f"option {option}: {quoted(value)}, expected a value")
    journal = trim(required["--journal"])
    with _failing_as(SessionAnswer(ok=False, operation=operation, journal=journal)):
        path = refuse_escape(journal, "journal")
        if operation == START:
            make_dirs((host.cwd / path).parent)
        with locked_journal(path, host) as locked:
            yield locked


@contextmanager
def _failing_as(answer: SessionAnswer) -> Iterator[None]:
    try:
        yield
    except GaitError as exc:
        exc.answer = answer
        raise


def _output(path: str, option: str, journal: LockedJournal, kept: Iterable[str], host: Host) -> str:
    """Return the cleaned path of an output, blank if it is; a file that is `kept` is none."""
    if not trim(path):
        return ""
    output = refuse_escape(trim(path), option)
    files = {name: host.cwd / name for name in (*journal.own_files, *kept) if name}
    refuse_overwrite(host.cwd / output, files, f"option {option}")
    return output


def _with_notes(answer: SessionAnswer, locked: LockedJournal) -> SessionAnswer:
    notes = tuple(HazardNote(code=code, where=where) for code, where in locked.notes)
    return msgspec.structs.replace(answer, hazards=notes)
