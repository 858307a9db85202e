"""Two runs compared: one under the other, or side by side; only what changed has a ground."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from gait_engine.api.shapes import DiffAnswer, RecordChange, ValueChange
from gait_tui.readings import DiffReading
from gait_tui.views import glyphs
from gait_tui.views.jsontext import members, plain, text_of
from gait_tui.views.jsonview import looks_secret, veil
from gait_tui.views.line import (
    BLANK,
    MUTED,
    Line,
    Look,
    Span,
    short_digest,
)
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    failure_lines,
    verdict_line,
)

SECTIONS: Final = ("manifest", "intents", "results", "refs")
_NOUNS: Final = {"intents": "call", "results": "result", "refs": "reference", "manifest": "entry"}
_UNSAID: Final = frozenset(
    {"schema_id", "schema_version", "intent_id", "ref_id", "tool_name", "status"}
)
_SAME: Final = {"manifest": "same files, same capture mode"}
_DRIFT: Final = {
    "none": "none",
    "runtime_only": "runtime only: the same context, fetched at another time",
    "semantic": "semantic: what the run was given has changed",
}


class Side(NamedTuple):
    """What one side of a row shows."""

    position: int = 0
    text: tuple[Span, ...] = ()
    is_changed: bool = False
    is_value: bool = False
    is_more: bool = False
    """The row above goes on here."""


class Item(NamedTuple):
    """A row of the comparison; a `head` spans both sides."""

    head: tuple[Span, ...] = ()
    left: Side = Side()
    right: Side = Side()
    section: str = ""
    """The section that begins here."""
    change: int = 0
    """The number of the change that begins here, from 1."""
    is_shared: bool = False
    """Both sides say the same: shown once where they are not side by side."""


class Row(NamedTuple):
    """A row as drawn: its item, and for the unified form the side."""

    item: Item
    side: str = ""


class Comparison(NamedTuple):
    """A comparison laid out in rows: side by side, and one side below the other."""

    left: str
    right: str
    beside: Sequence[Row] = ()
    below: Sequence[Row] = ()
    changes: int = 0
    by_section: tuple[tuple[str, int], ...] = ()

    def rows(self, *, side_by_side: bool) -> Sequence[Row]:
        """List the rows of either form."""
        return self.beside if side_by_side else self.below


def compare(reading: DiffReading, names: tuple[str, str], *, shows: bool = False) -> Comparison:
    """Lay out an answer; `names` are what the two sides are called.

    `shows` tells whether values that look like secrets are shown.
    """
    answer = reading.diff.answer
    if answer is None:
        return Comparison(*names)
    items: list[Item] = []
    number = 0
    by_section = []
    for section, group in groupby(answer.changes, key=lambda change: change.section):
        records = list(group)
        changed = sum(record.state != "same" for record in records)
        by_section.append((section, changed))
        items.append(_section_head(section, changed))
        for item in _records(records, names, shows):
            if item.change:
                number += 1
                item = item._replace(change=number)  # noqa: PLW2901
            items.append(item)
        items.append(Item())
    items += _context(answer)
    beside = [Row(item) for item in items]
    below = [row for item in items for row in _unified(item)]
    return Comparison(*names, beside, below, number, tuple(by_section))


def _section_head(section: str, changed: int) -> Item:
    note = f"{changed:,} changed" if changed else _SAME.get(section, "same")
    return Item((Span(section, "b:text"), Span(f" {note}", MUTED)), section=section)


def _context(answer: DiffAnswer) -> list[Item]:
    drift = answer.summary.context_drift_classification
    if not drift:
        return []
    return [Item((Span("context", "b:text"), Span(f" {_DRIFT.get(drift, drift)}", MUTED)))]


def _records(
    records: Sequence[RecordChange],
    names: tuple[str, str],
    shows: bool,  # noqa: FBT001
) -> Iterator[Item]:
    for is_same, group in groupby(records, key=lambda record: record.state == "same"):
        run = list(group)
        if is_same:
            if run[0].section != "manifest":
                yield _equal(run)
        else:
            for record in run:
                yield from _record(record, names, shows)


def _equal(run: Sequence[RecordChange]) -> Item:
    noun = _NOUNS[run[0].section]
    words = f"{glyphs.CUT} {count(len(run), f'equal {noun}')}"
    labels = [record.label for record in run] if len(run) <= 3 and noun == "call" else []
    tail = (Span(": ", MUTED), Span(", ".join(labels), MUTED, is_data=True)) if labels else ()
    side = Side(text=(Span(words, MUTED), *tail))
    return Item(left=side, right=side, is_shared=True)


def _record(
    record: RecordChange,
    names: tuple[str, str],
    shows: bool,  # noqa: FBT001
) -> Iterator[Item]:
    lead = "status " if record.section == "results" else ""
    label = (Span(lead, MUTED), Span(record.label or record.id, "b:text", is_data=True))
    if record.state == "changed":
        left, right_side = (Side(at, label) for at in (record.position_left, record.position_right))
        yield Item(left=left, right=right_side, change=1, is_shared=True)
        for change in _worth_reading(record.differences):
            yield Item(
                left=_value(change.path, text_of(change.left), "diff_del", shows),
                right=_value(change.path, text_of(change.right), "diff_add", shows),
            )
        return
    is_right = record.state == "right_only"
    has, hasnt = (names[1], names[0]) if is_right else names
    position = record.position_right if is_right else record.position_left
    mine = Side(position, (*label, Span(f"   only in {has}", MUTED, is_data=True)), is_changed=True)
    absent = Side(text=(Span(f"not in {hasnt}", MUTED, is_data=True),))
    yield _sided(is_right, mine, absent, change=1)
    for path, text in _contents(text_of(record.right if is_right else record.left)):
        yield _sided(is_right, _value(path, text, "", shows), Side())


def _worth_reading(differences: Sequence[ValueChange]) -> Sequence[ValueChange]:
    """Leave digests out where the values that differ are there to be read."""
    values = [change for change in differences if not change.path.endswith("_digest")]
    return values or differences


def _sided(is_right: bool, mine: Side, other: Side, change: int = 0) -> Item:  # noqa: FBT001
    left, right_side = (other, mine) if is_right else (mine, other)
    return Item(left=left, right=right_side, change=change)


def _value(path: str, text: str, role: str, shows: bool) -> Side:  # noqa: FBT001
    """Show one member; `role` stresses a value that stands against another."""
    shown_path = path.removeprefix("args.").removeprefix("result.")
    name = Span(f"{shown_path}: ", MUTED, is_data=True)
    if not text:
        return Side(text=(name, Span("not there", MUTED)), is_changed=True, is_value=True)
    if not shows and looks_secret(path.rpartition(".")[2]):
        return Side(text=(name, veil(text)), is_changed=True, is_value=True)
    shown = plain(text)
    value_role = f"b:{role}" if role else "text"
    if len(shown) == 64 and shown.isalnum():
        value = short_digest(shown, value_role)
    else:
        value = (Span(text, value_role, is_data=True),)
    return Side(text=(name, *value), is_changed=True, is_value=True)


def _contents(text: str) -> Iterator[tuple[str, str]]:
    """Yield what is worth reading of a record that stands on one side only."""
    parts = members(text)
    payload = {**members(parts.get("args", "")), **members(parts.get("result", ""))}
    if payload:
        yield from payload.items()
        return
    for name, value in parts.items():
        if name not in _UNSAID and value not in {'""', "{}", "[]"}:
            yield name, value


def _unified(item: Item) -> Iterator[Row]:
    if item.head or item.is_shared or not (item.left.text or item.right.text):
        yield Row(item)
        return
    for side, name in ((item.left, "left"), (item.right, "right")):
        if side.text and side.is_changed:
            yield Row(item, name)


def facts(comparison: Comparison) -> str:
    """Count the changes of each section for the title."""
    return "  ".join(
        f"{section} {changed}" if changed else f"{section} same"
        for section, changed in comparison.by_section
    )


def refused_lines(reading: DiffReading, look: Look) -> list[Line]:
    """Say why two runs are not compared."""
    sentence = "Only two intact runpacks can be compared."
    verdict = Verdict(glyphs.UNCHECKED, "unchecked", "NOT COMPARED", sentence)
    lines = [*verdict_line(look, verdict), BLANK]
    for label, path in (("base", reading.left), ("other", reading.right)):
        lines += artifact_field(look, label, path)
    failure = reading.diff.failure
    return [*lines, BLANK, *(failure_lines(look, failure) if failure else [])]
