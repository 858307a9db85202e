"""The rows of a journal: one for a session; of traces one for the file, and one for each line.

Raises GaitError for a journal that cannot be read.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from gait_engine.contract import index as kinds
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.review.places import MAX_RECORD_BYTES
from gait_engine.gate.telling import TRACE, glance_at, kind_of, text_of
from gait_engine.index.records import trace_fields
from gait_engine.runpack.journal import JOURNAL_TORN, read_journal
from gait_engine.store.jsonl import Line, read_lines

_SESSION_LINES: Final = ("header", "event", "checkpoint")


class JournalRow(NamedTuple):
    """The fields of a row or its error; `line` 0 is the journal itself."""

    kind: str
    line: int
    fields: dict[str, Any]
    error: GaitError | None = None


def journal_rows(file: str, path: str) -> list[JournalRow]:
    """Read a journal; none for one that is no affair of ours."""
    lines = read_lines(file, MAX_RECORD_BYTES, "journal")
    glance = glance_at(first.data) if (first := next(lines, None)) is not None else None
    if glance is None or first is None:
        return []
    if text_of(glance.record_type) in _SESSION_LINES:
        return [JournalRow(kinds.SESSION, 0, _session(file, path))]
    if kind_of(glance) != TRACE:
        return []
    rows = list(_traces(first, lines, path))
    failed = sum(row.error is not None for row in rows)
    counts = {"count": len(rows), "failed_count": failed}
    return [JournalRow(kinds.TRACE_JOURNAL, 0, counts), *rows]


def _session(file: str, path: str) -> dict[str, Any]:
    journal = read_journal(Path(file), path)
    return {
        "run_id": journal.header.run_id,
        "session_id": journal.header.session_id,
        "created_at": journal.header.created_at,
        "count": len(journal.events),
        "checkpoints": len(journal.checkpoints),
        "open_events": len(journal.open_events),
    }


def _traces(first: Line, lines: Iterator[Line], path: str) -> Iterator[JournalRow]:
    for line in (first, *lines):
        place = f"{path}:{line.number}"
        try:
            if not line.terminated:
                raise InvalidInput(
                    f"journal {place}: torn, expected a line feed at its end",
                    code=JOURNAL_TORN,
                    where=place,
                )
            yield JournalRow(kinds.TRACE, line.number, trace_fields(line.data, place))
        except GaitError as exc:
            yield JournalRow(kinds.TRACE, line.number, {}, exc)
