"""Durable jobs whose files do not agree, as a crash may leave them (check 3)."""

import os
import re
from collections.abc import Iterator
from typing import Final

from gait_engine.contract.job import (
    JOB_EVENTS,
    JOB_PENDING,
    JOB_STATE,
    JOBS,
    JobEvent,
    JobState,
)
from gait_engine.doctor.finding import Finding, Patient, failed, named, passed, reason
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, open_input, read_input
from gait_engine.store.jsonl import split_lines
from gait_engine.store.safepath import join
from gait_engine.wire.jsonread import Source, read_record, record_reader
from gait_engine.wire.text import trim, trim_bytes

_is_job_id: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}").fullmatch
_CHUNK: Final = 1 << 20


def job_runtime_durability(patient: Patient) -> Finding:
    """Compare state and log of every job; the first file that cannot be read ends the search."""
    root = join(patient.output_dir, JOBS)
    try:
        names = _job_folders(root, patient.host)
        issues = sorted(
            f"{name}:{kind}" for name in names for kind in _issues(join(root, name), patient.host)
        )
    except GaitError as exc:
        return failed(f"jobs cannot be read: {exc.message}")
    except (OSError, ValueError) as exc:
        return failed(f"jobs cannot be read: {named(root)}, {reason(exc)}")
    return failed(",".join(issues)) if issues else passed(f"jobs, each whole: {len(names)}")


def _job_folders(root: str, host: Host) -> list[str]:
    try:
        with os.scandir(host.cwd / root) as entries:
            return sorted(
                entry.name
                for entry in entries
                if _is_job_id(entry.name) and entry.is_dir(follow_symlinks=False)
            )
    except FileNotFoundError:
        return []


def _issues(folder: str, host: Host) -> Iterator[str]:
    if os.path.lexists(host.cwd / folder / JOB_PENDING):
        yield "pending_mutation"
    state, logged = _state(folder, host), _last_revision(folder, host)
    if state is None and logged is not None:
        yield "missing_state_with_events"
    if state is None:
        return
    if state.revision > (logged or 0):
        yield "state_ahead_of_event_log"
    elif state.revision < (logged or 0):
        yield "event_log_ahead_of_state"


def _state(folder: str, host: Host) -> JobState | None:
    path = join(folder, JOB_STATE)
    if not _is_there(path, host):
        return None
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="job state")
    state = read_record(text, JobState, Source(path, digested=False))
    if not trim(state.job_id):
        raise InvalidInput(f"job state {named(path)}: no job_id, expected one", where=path)
    return state


def _last_revision(folder: str, host: Host) -> int | None:
    """Return the revision the log ends with; None where it holds no event. Every line is read."""
    path = join(folder, JOB_EVENTS)
    if not _is_there(path, host):
        return None
    read = record_reader(JobEvent, Source(path, digested=False))
    revision = None
    fd, _ = open_input(path, host=host, what="job events")
    try:
        chunks = iter(lambda: os.read(fd, _CHUNK), b"")
        for line in split_lines(chunks, TEXT_LIMIT, f"job events {named(path)}"):
            if record := trim_bytes(line.data):
                revision = read(record).revision
    finally:
        os.close(fd)
    return revision


def _is_there(path: str, host: Host) -> bool:
    try:
        (host.cwd / path).stat()
    except FileNotFoundError:
        return False
    return True
