"""Sessions: a journal to which each tool call is appended, its status, compaction and repair.

Contract: runpack.md 7.5.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.session import Compaction, Repair, SessionStatus
from gait_engine.contract.common import SCHEMA_VERSION, PolicyRef, Record, Relationship
from gait_engine.contract.session import (
    EVENT_SCHEMA,
    JOURNAL_SCHEMA,
    VERDICTS,
    Event,
    JournalHeader,
    JournalLine,
    State,
)
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.runpack.journal import Journal, encoded, read_journal
from gait_engine.runpack.journalstate import LockedJournal, syncs_events
from gait_engine.runpack.relationship import edge, entity, envelope
from gait_engine.store.atomic import write_atomic
from gait_engine.store.jsonl import Line, read_lines
from gait_engine.wire.text import normal, trim, unique_sorted
from gait_engine.wire.timestamps import from_ns

_MAX_SEQUENCE: Final = 2**63 - 1
_ANY_LENGTH: Final = 2**63


class EventInput(Record, frozen=True, kw_only=True):
    """A tool call and what the gate said, as it comes in."""

    tool_name: str
    verdict: str
    intent_id: str = ""
    trace_id: str = ""
    trace_path: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()


def normalise_event(given: EventInput) -> EventInput:
    """Trim and lower-case what the contract wants so. Raises InvalidInput."""
    verdict = normal(given.verdict)
    if verdict not in VERDICTS:
        raise InvalidInput(f"verdict: {quoted(given.verdict)}, expected {', '.join(VERDICTS)}")
    if not trim(given.tool_name):
        raise InvalidInput(f"tool: {quoted(given.tool_name)}, expected a name")
    return EventInput(
        tool_name=trim(given.tool_name),
        verdict=verdict,
        intent_id=trim(given.intent_id),
        trace_id=trim(given.trace_id),
        trace_path=trim(given.trace_path),
        intent_digest=normal(given.intent_digest),
        policy_digest=normal(given.policy_digest),
        reason_codes=tuple(unique_sorted(list(given.reason_codes))),
        violations=tuple(unique_sorted(list(given.violations))),
    )


def start_session(
    journal: LockedJournal, session_id: str, run_id: str, host: Host
) -> SessionStatus:
    """Begin a journal, or find the one of the same session and run, which stays untouched.

    Raises InvalidInput where the journal belongs to another session or run.
    """
    if journal.exists():
        return _require_same(journal, journal.state(), (session_id, run_id))
    now = from_ns(host.now_ns())
    header = JournalHeader(
        schema_id=JOURNAL_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=now,
        producer_version=host.producer_version,
        session_id=session_id,
        run_id=run_id,
        started_at=now,
        events=(),
    )
    line = encoded(JournalLine(record_type="header", header=header))
    write_atomic(journal.file, line + b"\n", exclusive=True)
    state = journal.summed_up(Journal(header, (), ()))
    journal.remember(state)
    return status_of(state)


def append_event(journal: LockedJournal, given: EventInput, host: Host) -> Event:
    """Append the next event of a session. Raises InvalidInput."""
    state = journal.state()
    sequence = max(state.last_sequence, state.last_checkpoint_sequence) + 1
    if sequence > _MAX_SEQUENCE:
        raise InvalidInput(f"journal {journal.path}: sequence {sequence}, expected a smaller one")
    event = Event(
        schema_id=EVENT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=from_ns(host.now_ns()),
        producer_version=host.producer_version,
        session_id=state.session_id,
        run_id=state.run_id,
        sequence=sequence,
        relationship=_relationship(state, given),
        **msgspec.structs.asdict(given),
    )
    journal.append(
        JournalLine(record_type="event", event=event),
        msgspec.structs.replace(state, event_count=state.event_count + 1, last_sequence=sequence),
        sync=syncs_events(host),
    )
    return event


def session_status(journal: LockedJournal) -> SessionStatus:
    """Tell where a session stands; a state that had to be rebuilt is kept for the next command."""
    state = journal.cached_state()
    if state is None:
        state = journal.rebuilt_state()
        journal.remember(state)
    return status_of(state)


def status_of(state: State) -> SessionStatus:
    """Show of a state what its reader asks for."""
    return SessionStatus(
        session_id=state.session_id,
        run_id=state.run_id,
        created_at=state.created_at,
        started_at=state.started_at,
        event_count=state.event_count,
        checkpoint_count=state.checkpoint_count,
        last_sequence=state.last_sequence,
    )


def compact_journal(
    journal: LockedJournal, output: str, host: Host, *, dry_run: bool
) -> Compaction:
    """Rewrite a journal without the events that checkpoints cover; `output` may be the journal."""
    before = journal.read()
    after = before._replace(
        header=msgspec.structs.replace(before.header, events=None, checkpoints=()),
        events=before.open_events,
    )
    text = b"".join(_lines(after))
    bytes_before = journal.file.stat().st_size
    in_place = output == journal.path
    if not dry_run:
        write_atomic(host.cwd / output, text)
        if in_place:
            journal.remember(journal.summed_up(after))
    return Compaction(
        journal_path=journal.path,
        output_path=output,
        dry_run=dry_run,
        compacted=not in_place or len(text) != bytes_before or after.events != before.events,
        events_before=len(before.events),
        events_after=len(after.events),
        checkpoints=len(before.checkpoints),
        last_checkpoint_sequence=before.last_checkpoint.sequence_end,
        bytes_before=bytes_before,
        bytes_after=len(text),
    )


def repair_journal(journal: LockedJournal) -> Repair:
    """Cut off what an interrupted append left, after a copy of the whole journal is kept.

    A complete line is never dropped: where one of them is wrong this raises, as reading does.
    """
    found = read_journal(journal.file, journal.path)
    if not found.torn_bytes:
        return Repair(bytes_cut=0)
    backup = _keep_copy(journal)
    write_atomic(journal.file, _copied(journal.file, lambda line: line.terminated))
    journal.remember(journal.summed_up(found))
    return Repair(bytes_cut=found.torn_bytes, backup_path=backup)


def _require_same(journal: LockedJournal, state: State, wanted: tuple[str, str]) -> SessionStatus:
    if (state.session_id, state.run_id) != wanted:
        raise InvalidInput(
            f"journal {journal.path}: belongs to session {quoted(state.session_id)}, "
            f"run {quoted(state.run_id)}, expected {quoted(wanted[0])}, {quoted(wanted[1])}",
            where=journal.path,
            hint="give the session another journal",
        )
    return status_of(state)


def _relationship(state: State, given: EventInput) -> Relationship:
    tool, policy = entity("tool", given.tool_name), entity("policy", given.policy_digest)
    return envelope(
        entity("session", state.session_id),
        (entity("run", state.run_id), tool, entity("trace", given.trace_id), policy),
        edges=(edge("governed_by", tool, policy),),
        policy=PolicyRef(policy_digest=policy.id) if policy.id else UNSET,
    )


def _lines(journal: Journal) -> Iterator[bytes]:
    yield encoded(JournalLine(record_type="header", header=journal.header)) + b"\n"
    for checkpoint in journal.checkpoints:
        yield encoded(JournalLine(record_type="checkpoint", checkpoint=checkpoint)) + b"\n"
    for event in journal.events:
        yield encoded(JournalLine(record_type="event", event=event)) + b"\n"


def _keep_copy(journal: LockedJournal) -> str:
    """Copy the journal to the first free name beside it; return that name."""
    number = 1
    while os.path.lexists(backup := f"{journal.file}.torn-{number}"):
        number += 1
    write_atomic(backup, _copied(journal.file, lambda _line: True), exclusive=True)
    return f"{journal.path}.torn-{number}"


def _copied(file: Path, is_kept: Callable[[Line], bool]) -> Iterator[bytes]:
    for line in filter(is_kept, read_lines(file, _ANY_LENGTH)):
        yield line.data + (b"\n" if line.terminated else b"")
