"""What a rule asked for and what the call had: the table of its conditions, and its checks."""

from collections.abc import Sequence
from itertools import groupby
from typing import Final

from gait_engine.api.shapes import Check, Condition
from gait_tui.views import glyphs
from gait_tui.views.line import LABEL_AT, MUTED, Cell, Line, Look, Span, line, own
from gait_tui.views.parts import MARK_AT, artifact_field, broken, field, heads
from gait_tui.views.traces import mark_of

WANTED_AT: Final = 24
BESIDE: Final = 56
"""From so many columns on, what was found stands beside what was wanted, else below it."""


def condition_lines(conditions: Sequence[Condition], look: Look) -> list[Line]:
    """Set what was wanted and what was found side by side, or one below the other."""
    if not conditions:
        return field(look, "", "It asks for nothing: every call matches.", at=LABEL_AT)
    at = LABEL_AT + max(16, *(len(one.field) for one in conditions)) + 1
    if look.width < BESIDE:
        lines = [heads(look, (LABEL_AT, "CONDITION"), (at, "WANTED, BELOW IT FOUND"))]
        return lines + [row for one in conditions for row in _below(one, at, look)]
    longest = max(14, *(sum(len(part.text) for part in _wanted(one)) for one in conditions))
    found_at = min(at + longest + 4, at + (look.width - at) // 2 + 3)
    columns = (LABEL_AT, "CONDITION"), (at, "WANTED, ANY OF"), (found_at, "FOUND")
    shown = [row for one in conditions for row in _beside(one, at, found_at, look)]
    return [heads(look, *columns), *shown]


def _lead(condition: Condition) -> tuple[Cell, Cell]:
    mark, role = (glyphs.OK, "ok") if condition.met else (glyphs.FAILED, "failed")
    return own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, condition.field, MUTED)


def _wanted(condition: Condition) -> list[Span]:
    """Say in words how the values must stand to each other; `any of` is said by the head."""
    relation = condition.relation.replace("_", " ")
    values = Span(", ".join(condition.wanted), is_data=True)
    if condition.relation == "any_of" and condition.wanted:
        return [values]
    return [Span(f"{relation} ", MUTED), values] if condition.wanted else [Span(relation, MUTED)]


def _found(condition: Condition) -> list[Span]:
    left_out = condition.found_left_out
    more = [Span(f", {left_out:,} more", MUTED)] if left_out else []
    if not condition.found:
        return [Span("nothing", MUTED), *more]
    return [Span(", ".join(condition.found), is_data=True), *more]


def _beside(condition: Condition, at: int, found_at: int, look: Look) -> list[Line]:
    wanted = broken(_wanted(condition), look, found_at - 3 - at)
    found = broken(_found(condition), look, look.width - found_at - 1)
    lines = []
    for number in range(max(len(wanted), len(found))):
        cells = [*_lead(condition)] if number == 0 else []
        if number < len(wanted):
            cells.append(Cell(at, tuple(wanted[number])))
        if number < len(found):
            cells.append(own(found_at - 2, glyphs.RAIL, "border"))
            cells.append(Cell(found_at, tuple(found[number])))
        lines.append(line(look, *cells, margin=0))
    return lines


def _below(condition: Condition, at: int, look: Look) -> list[Line]:
    room = look.width - at - 1
    wanted, *rest = broken(_wanted(condition), look, room)
    lines = [line(look, *_lead(condition), Cell(at, tuple(wanted)), margin=0)]
    lines += [line(look, Cell(at, tuple(row)), margin=0) for row in rest]
    for row in broken(_found(condition), look, room):
        rail = own(at - 2, glyphs.RAIL, "border")
        lines.append(line(look, rail, Cell(at, tuple(row)), margin=0))
    return lines


def check_lines(checks: Sequence[Check], look: Look) -> list[Line]:
    """List checks in their order; neighbours that the rule does not set share a row."""
    lines: list[Line] = []
    for is_set, group in groupby(checks, key=lambda check: check.state != "not_set"):
        if is_set:
            lines += [row for check in group for row in _check(check, look)]
        else:
            names = ", ".join(check.name for check in group)
            first, *rest = field(look, "", f"{names}: not set by this rule", at=LABEL_AT)
            lines += [_with_mark(first, glyphs.NOT_ASKED, MUTED), *rest]
    return lines


def _with_mark(drawn: Line, mark: str, role: str) -> Line:
    """Set a mark in the free column before a row of text."""
    lead = (Span(" " * MARK_AT), Span(mark, f"b:{role}"), Span(" "))
    return drawn._replace(spans=(*lead, *drawn.spans[1:]))


def _check(check: Check, look: Look) -> list[Line]:
    mark, role = (glyphs.OK, "ok") if check.state == "passed" else mark_of(check.verdict)
    words = "passed" if check.state == "passed" else f"at least {check.verdict}"
    cells = own(MARK_AT, mark, f"b:{role}"), own(LABEL_AT, check.name, MUTED)
    lines = [line(look, *cells, own(WANTED_AT, words))]
    for label, codes in (("reasons", check.reason_codes), ("violations", check.violations)):
        if codes:
            lines += artifact_field(look, label, ", ".join(codes), at=WANTED_AT)
    return lines + [row for one in check.conditions for row in _check_condition(one, look)]


def _check_condition(condition: Condition, look: Look) -> list[Line]:
    """Say on the rows of its check what a condition of it asks and what it found."""
    wanted, found = ("".join(part.text for part in of(condition)) for of in (_wanted, _found))
    said = f"{condition.field} {wanted}, found {found}"
    return artifact_field(look, "", said, role=MUTED, at=WANTED_AT)
