"""The calls of a run, one row each, with a rule before the first that is not ok; one call whole."""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import InspectAnswer, InspectEntry
from gait_tui.views import glyphs
from gait_tui.views.jsontext import text_of
from gait_tui.views.jsonview import value_rows
from gait_tui.views.line import (
    MUTED,
    VALUE_AT,
    Cell,
    Line,
    Look,
    Span,
    data,
    line,
    own,
    right,
    short_digest,
    spans,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    field,
    rule,
    verdict_line,
    well,
)
from gait_tui.views.timetext import epoch_ns, offset

NUMBER_END: Final = 7
OFFSET_END: Final = 15
TOOL_AT: Final = 17
STATUS_WIDTH: Final = 9
NO_RESULT: Final = "no result"
FIRST_NOT_OK: Final = "first not ok"
NOT_STORED: Final = "reference capture: values not stored"


class Columns(NamedTuple):
    """Where the columns of the table stand; 0 for a column that is not shown."""

    result_at: int
    gate_at: int
    digest_at: int


class Calls(NamedTuple):
    """The table of calls: as many rows as calls, and one for the rule."""

    answer: InspectAnswer
    first_not_ok: int
    """Position in `entries`; -1 when every call is ok."""
    start_ns: int | None
    longest_tool: int
    has_gate: bool

    def __len__(self) -> int:
        return len(self.answer.entries) + (self.first_not_ok >= 0)

    def key(self, row: int) -> str:
        """Name the call of a row; the rule has none."""
        position = self.position(row)
        return "" if position < 0 else f"call {position + 1}"

    def position(self, row: int) -> int:
        """Return the place in `entries` of a row; -1 for the rule."""
        if 0 <= self.first_not_ok == row:
            return -1
        return row - 1 if 0 <= self.first_not_ok < row else row

    def row_of(self, position: int) -> int:
        """Return the row of a call."""
        return position + 1 if 0 <= self.first_not_ok <= position else position

    def next_not_ok(self, row: int, step: int) -> int:
        """Return the row of the next call that is not ok; the same row when there is none."""
        entries = self.answer.entries
        position = self.position(row) + step
        while 0 <= position < len(entries):
            if not is_ok(entries[position]):
                return self.row_of(position)
            position += step
        return row

    def head(self, look: Look) -> Line:
        """Head the columns."""
        columns = self._columns(look)
        cells = [right(NUMBER_END, "#", MUTED), right(OFFSET_END, "+SEC", MUTED)]
        cells += [own(TOOL_AT, "TOOL", MUTED), own(columns.result_at, "RESULT", MUTED)]
        if columns.gate_at:
            cells.append(own(columns.gate_at, "GATE", MUTED))
        if columns.digest_at:
            cells.append(own(columns.digest_at, "ARGUMENTS", MUTED))
        return line(look, *cells)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        position = self.position(row)
        if position < 0:
            return rule(look, FIRST_NOT_OK, role="failed", text_role="failed")
        return self._call(position, look)

    def _call(self, position: int, look: Look) -> Line:
        entry = self.answer.entries[position]
        columns = self._columns(look)
        cells = [
            right(NUMBER_END, f"{entry.index}", MUTED),
            right(OFFSET_END, offset(epoch_ns(entry.created_at), self.start_ns), MUTED),
            data(TOOL_AT, entry.tool_name),
            _status_cell(columns.result_at, entry),
        ]
        if columns.gate_at:
            cells.append(_gate_cell(columns.gate_at, entry))
        if columns.digest_at:
            cells.append(spans(columns.digest_at, *short_digest(entry.args_digest, MUTED)))
        return line(look, *cells, key=f"call {position + 1}")

    def _columns(self, look: Look) -> Columns:
        room = look.width - TOOL_AT - 2 - STATUS_WIDTH - (20 if self.has_gate else 2)
        tool = min(max(self.longest_tool, 15), max(room, 8))
        result_at = TOOL_AT + tool + 2
        after = result_at + STATUS_WIDTH + 2
        if self.has_gate:
            return Columns(result_at, after, 0)
        return Columns(result_at, 0, after + 1 if after + 17 < look.width else 0)


def calls_of(answer: InspectAnswer) -> Calls:
    """Prepare the table of a run."""
    entries = answer.entries
    bad = (position for position, entry in enumerate(entries) if not is_ok(entry))
    return Calls(
        answer,
        next(bad, -1),
        epoch_ns(entries[0].created_at) if entries else None,
        max((len(entry.tool_name) for entry in entries), default=0),
        any(entry.verdict for entry in entries),
    )


def is_ok(entry: InspectEntry) -> bool:
    """Tell a call that came back well and was not held by a gate."""
    return entry.status == "ok" and entry.verdict in {"", "allow"}


def not_ok(entries: Sequence[InspectEntry]) -> int:
    """Count the calls that a person should look at."""
    return sum(not is_ok(entry) for entry in entries)


def tally(entries: Sequence[InspectEntry]) -> str:
    """Count the results by their words: `4 ok, 2 error`."""
    words = Counter(entry.status or NO_RESULT for entry in entries)
    most = words.most_common(4)
    rest = len(entries) - sum(number for _, number in most)
    parts = [f"{number:,} {word[:20]}" for word, number in most]
    return ", ".join([*parts, f"{rest:,} other"] if rest else parts)


def duration(entries: Sequence[InspectEntry]) -> str:
    """Say how many calls in what time."""
    calls = count(len(entries), "call")
    times = [at for entry in entries if (at := epoch_ns(entry.created_at)) is not None]
    if len(times) < 2 or max(times) == min(times):
        return calls
    return f"{calls} in {offset(max(times), min(times))} s"


def call_verdict(entry: InspectEntry) -> Verdict:
    """Say how a call went, as the run tells it."""
    mark, role = glyphs.VERDICTS.get(entry.verdict, ("", ""))
    if entry.verdict == "block":
        return Verdict(mark, role, "BLOCKED", "The gate stopped this call.")
    if entry.verdict == "require_approval":
        return Verdict(mark, role, "REQUIRE_APPROVAL", "The gate asked for a person.")
    if not entry.status:
        return Verdict(glyphs.UNCHECKED, "unchecked", "NO RESULT", "The run holds no result of it.")
    if entry.status == "ok":
        return Verdict("·", MUTED, "OK", "The call came back, as the run tells it.")
    word = entry.status.upper()[:24]
    return Verdict(glyphs.FAILED, "failed", word, "The call did not end well.", is_data=True)


def call_lines(entry: InspectEntry, look: Look, *, capture_mode: str, shows: bool) -> list[Line]:
    """Show one call whole; `shows` tells whether values that look like secrets are shown."""
    lines = [*verdict_line(look, call_verdict(entry)), Line()]
    lines += artifact_field(look, "tool", entry.tool_name)
    lines += artifact_field(look, "intent", entry.intent_id)
    if entry.verdict:
        lines.append(line(look, own(3, "gate", MUTED), _gate_cell(VALUE_AT, entry)))
    for code in entry.reason_codes:
        lines += artifact_field(look, "reason", code)
    for code in entry.violations:
        lines += artifact_field(look, "violation", code)
    lines += field(look, "at", entry.created_at)
    for label, digest in (("arguments", entry.args_digest), ("result", entry.result_digest)):
        if digest:
            lines += artifact_field(look, label, digest, role=MUTED)
    stored = [("args", text_of(entry.args)), ("result", text_of(entry.result))]
    if capture_mode == "reference" and not any(text for _, text in stored):
        return [*lines, Line(), *field(look, "values", NOT_STORED)]
    for label, text in stored:
        if text:
            rows = value_rows(text, look, look.width - VALUE_AT - 4, shows=shows)
            lines += [Line(), *well(look, rows, at=VALUE_AT, label=label)]
    return lines


def _status_cell(at: int, entry: InspectEntry) -> Cell:
    if not entry.status:
        return spans(at, Span(glyphs.UNCHECKED, "b:unchecked"), Span(f" {NO_RESULT}"))
    if entry.status == "ok":
        return data(at, "ok")
    return spans(at, Span(glyphs.FAILED, "b:failed"), Span(f" {entry.status}", is_data=True))


def _gate_cell(at: int, entry: InspectEntry) -> Cell:
    if not entry.verdict:
        return own(at, glyphs.NONE, MUTED)
    mark, role = glyphs.VERDICTS.get(entry.verdict, (glyphs.UNCHECKED, "unchecked"))
    word = Span(f" {entry.verdict}", MUTED if entry.verdict == "allow" else "text", is_data=True)
    codes = ", ".join((*entry.violations, *entry.reason_codes))
    return spans(at, Span(mark, f"b:{role}"), word, Span(f"  {codes}", MUTED, is_data=True))
