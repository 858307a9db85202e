"""Every field of a call against what the rules ask of it, and the rules that decide."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gait_engine.api.shapes import (
    Asked,
    Condition,
    ExplainedRule,
    Notice,
    ReviewRow,
    ReviewShowAnswer,
)
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Cell,
    Ground,
    Line,
    Look,
    Span,
    line,
    own,
    spans,
)
from gait_tui.views.parts import MARK_AT, broken, heads
from gait_tui.views.review import (
    MARKS,
    all_banner_lines,
    artifact,
    facts,
    legend,
    railed,
    split_field,
    value_of,
)
from gait_tui.views.timetext import age, epoch_ns

COLUMNS_FROM: Final = 84
"""The width from which value, demand and change stand beside each other."""
_FIELD_RAIL: Final = 30
_GROUPS: Final = {
    "what": "what",
    "target": "target",
    "who": "who, where",
    "source": "where the arguments came from",
    "check": "checks after the match",
}
_RELATIONS: Final = {
    "any_of": "any of",
    "none_of": "none of",
    "all_of": "all of",
    "starts_with": "prefix",
    "below": "below",
    "at_most": "at most",
    "after": "after",
    "is_set": "is set",
}
_CHANGES: Final = {"same": "same", "new": "new", "changed": "was", "removed": "gone"}


class _Columns(NamedTuple):
    """Where the wells of the table begin, and where they end."""

    value: int
    asks: int
    change: int
    end: int


def args_lines(
    shown: ReviewShowAnswer, changed: Sequence[Notice], look: Look, *, shows: bool
) -> list[Line]:
    """List every field: its value, what the rules ask of it, and what it was last time."""
    if not shown.rows:
        return [
            *all_banner_lines(shown, changed, look),
            line(look, own(LABEL_AT, "The intent is not at hand: no field of it can be shown.")),
        ]
    columns = _columns(look, is_compared=any(row.change for row in shown.rows))
    is_wide = look.width >= COLUMNS_FROM
    lines = [_heads(look, columns)] if is_wide else []
    for group, rows in itertools.groupby(shown.rows, key=lambda row: row.group):
        lines.append(line(look, own(LABEL_AT, _GROUPS.get(group, group), MUTED)))
        before = ""
        for row in rows:
            laid_out = _beside if is_wide else _below
            lines += laid_out(look, row, _name(row.field, before), columns, shows=shows)
            before = row.field
    return [*lines, BLANK, *_summary(shown, look), *_more_banners(shown, changed, look)]


def _name(path: str, before: str) -> str:
    """Name a field; what it has in common with the one before goes without saying."""
    field, _ = split_field(path)
    stem, dot, last = field.rpartition(".")
    return f"  .{last}" if dot and before.rpartition(".")[0] == stem else field


def _columns(look: Look, *, is_compared: bool) -> _Columns:
    room, end = look.width - _FIELD_RAIL, look.width - 1
    asks, change = (33, 69) if is_compared else (48, 100)
    return _Columns(
        _FIELD_RAIL, _FIELD_RAIL + room * asks // 100, _FIELD_RAIL + room * change // 100, end
    )


def _heads(look: Look, columns: _Columns) -> Line:
    named = [
        (LABEL_AT, "FIELD"),
        (columns.value + 2, "VALUE"),
        (columns.asks + 2, "THE RULE ASKS"),
        (columns.change, "SINCE LAST"),
    ]
    return heads(look, *(head for head in named if head[0] < columns.end))


def _beside(
    look: Look, row: ReviewRow, name: str, columns: _Columns, *, shows: bool
) -> Iterator[Line]:
    """Lay a field out in columns, each broken within its own well."""
    _, key = split_field(row.field)
    mark, role = MARKS[row.state]
    value = [artifact(f"{key}  ", MUTED)] if key else []
    value += [] if row.change == "removed" else value_of(row, shows=shows)
    asks = artifact("; ".join(map(_asked, row.asks))) if row.asks else Span(glyphs.NONE, MUTED)
    before = _previous(row, shows=shows)
    was_at = columns.change + 5
    wells = (
        broken(value, look, columns.asks - columns.value - 3),
        broken([asks], look, columns.change - columns.asks - 3),
        broken(before, look, columns.end - was_at - 2) if before else [],
    )
    names = broken([Span(name)], look, _FIELD_RAIL - LABEL_AT - 1)
    none: list[Span] = []
    table = itertools.zip_longest(names, *wells, fillvalue=none)
    for number, (label, *parts) in enumerate(table):
        cells = [own(MARK_AT, mark, role)] if number == 0 else []
        cells += [Cell(LABEL_AT, tuple(label))]
        cells += [own(columns.value, glyphs.RAIL, "border"), Cell(columns.value + 2, (*parts[0],))]
        cells += [own(columns.asks, glyphs.RAIL, "border"), Cell(columns.asks + 2, (*parts[1],))]
        grounds = [Ground(columns.value + 1, columns.asks - 1, "data")]
        grounds.append(Ground(columns.asks + 1, columns.change - 1, "data"))
        if number == 0 and row.change:
            tint = MUTED if row.change == "same" else "diff_change"
            cells.append(own(columns.change, _CHANGES.get(row.change, row.change), tint))
        if before:
            cells += [own(was_at, glyphs.RAIL, "border"), Cell(was_at + 2, (*parts[2],))]
            grounds.append(Ground(was_at + 1, columns.end, "data"))
        yield line(look, *cells)._replace(grounds=tuple(grounds))


def _below(
    look: Look, row: ReviewRow, name: str, columns: _Columns, *, shows: bool
) -> Iterator[Line]:
    """Lay a field out in rows: what is asked and what it was stand under its value."""
    _, key = split_field(row.field)
    mark, role = MARKS[row.state]
    rail = columns.value
    value = [artifact(f"{key}  ", MUTED)] if key else []
    value += [] if row.change == "removed" else value_of(row, shows=shows)
    names = broken([Span(name)], look, rail - LABEL_AT - 1)
    first, *rest = names
    cells = own(MARK_AT, mark, role), Cell(LABEL_AT, tuple(first))
    yield from railed(look, value, *cells, rail=rail)
    for label in rest:
        yield from railed(look, [], Cell(LABEL_AT, tuple(label)), rail=rail)
    for asked in row.asks:
        asks = own(LABEL_AT + 2, f"asks {_relation(asked.relation)}", MUTED)
        yield from railed(look, [artifact(", ".join(asked.wanted))], asks, rail=rail)
    if row.change not in {"", "same"}:
        was = own(LABEL_AT + 2, _CHANGES.get(row.change, row.change), "diff_change")
        yield from railed(look, _previous(row, shows=shows), was, rail=rail)


def _previous(row: ReviewRow, *, shows: bool) -> Sequence[Span]:
    if not row.previous:
        return ()
    return value_of(
        ReviewRow(group="", field="", value=row.previous, is_secret=row.is_secret), shows=shows
    )


def _relation(name: str) -> str:
    return _RELATIONS.get(name, name)


def _asked(asked: Asked) -> str:
    return f"{_relation(asked.relation)} {', '.join(asked.wanted)}".strip()


def _summary(shown: ReviewShowAnswer, look: Look) -> Iterator[Line]:
    counts = shown.counts
    words = (
        f"{counts.met} met, {counts.not_met} not met, {counts.not_constrained} not constrained"
        f" by the rule; {counts.changed} changed or new"
    )
    yield line(look, own(LABEL_AT, words))
    yield legend(look)
    last = shown.last_approved
    if not last:
        words = "No earlier approval of another call of this tool: nothing to compare with."
        yield line(look, own(LABEL_AT, words, MUTED))
        return
    ago = age(epoch_ns(last.at), look.now_ns)
    compared = "" if last.compared else ", which is not at hand to compare with"
    said = f"{ago} ago by {last.approver}, another call of this tool{compared}"
    yield from facts(look, "last approved", artifact(said), rail=_FIELD_RAIL)


def _more_banners(shown: ReviewShowAnswer, changed: Sequence[Notice], look: Look) -> Iterator[Line]:
    """Repeat what stands above the tabs, where there is no room there for all of it."""
    lines = list(all_banner_lines(shown, changed, look))
    if lines:
        yield BLANK
        yield from lines


# ---------------------------------------------------------------- Rule


def rule_lines(shown: ReviewShowAnswer, look: Look) -> list[Line]:
    """Show the rules that decide, what each asks and found, and what a token has to be."""
    lines = [row for rule in shown.rules for row in _rule(shown, rule, look)]
    if shown.script:
        for step in shown.script.steps:
            words = f"step {step.index}: {step.verdict}"
            lines += [
                line(look, own(LABEL_AT, words)),
                *facts(look, "tool", artifact(step.tool_name)),
            ]
            taken = [rule for rule in step.rules if rule.state in {"decides", "taken"}]
            lines += [row for rule in taken for row in _rule(shown, rule, look)]
    if not lines:
        words = f"No rule was taken; default_verdict {shown.default_verdict or glyphs.NONE}."
        lines = [line(look, own(LABEL_AT, words)), BLANK]
    return [*lines, *_demands(shown, look)]


def _rule(shown: ReviewShowAnswer, rule: ExplainedRule, look: Look) -> Iterator[Line]:
    part = "decides" if rule.state == "decides" else "taken as well"
    yield line(
        look,
        own(MARK_AT, glyphs.PERSON, f"b:verdict_{rule.effect}"),
        own(LABEL_AT, f"{rule.effect}   priority {rule.priority}   {part}"),
    )
    yield from facts(look, "rule", artifact(rule.name, "b:text"))
    yield from facts(look, "place", artifact(f"{shown.policy_path}:{rule.line}"))
    for condition in rule.conditions:
        yield from _condition(condition, look)
    for check in rule.outcome.checks if rule.outcome else ():
        if check.state != "not_set":
            codes = ", ".join((*check.reason_codes, *check.violations))
            said = artifact(f"{check.state}  {check.verdict}  {codes}")
            mark, role = MARKS["not_met" if check.state == "raised" else "met"]
            cells = own(MARK_AT, mark, role), own(LABEL_AT, check.name, MUTED)
            yield from railed(look, [said], *cells, rail=_FIELD_RAIL)
            for condition in check.conditions:
                yield from _condition(condition, look)
    yield BLANK


def _condition(condition: Condition, look: Look) -> Iterator[Line]:
    mark, role = MARKS["met" if condition.met else "not_met"]
    cells = own(MARK_AT, mark, role), own(LABEL_AT, condition.field)
    found = artifact(", ".join(condition.found) or glyphs.NONE)
    yield from railed(look, [found], *cells, rail=_FIELD_RAIL)
    if condition.found_left_out:
        more = own(LABEL_AT + 2, f"and {condition.found_left_out:,} more", MUTED)
        yield from railed(look, [], more, rail=_FIELD_RAIL)
    wanted = [artifact(", ".join(condition.wanted) or glyphs.NONE)]
    relation = own(LABEL_AT + 2, f"asks {_relation(condition.relation)}", MUTED)
    yield from railed(look, wanted, relation, rail=_FIELD_RAIL)


def _demands(shown: ReviewShowAnswer, look: Look) -> Iterator[Line]:
    distinct = ", each of another person" if shown.distinct else ""
    approvals = f"{shown.required} approvals{distinct}; {shown.valid} given"
    yield line(look, own(LABEL_AT, "the gate asks for", MUTED), own(21, approvals))
    rail = 19
    for label, texts in (
        ("given by", shown.approvers),
        ("scope", shown.form.scope),
        ("not by", shown.form.may_not_approve),
        ("reasons", shown.reason_codes),
        ("violations", shown.violations),
    ):
        yield from facts(look, label, artifact(", ".join(texts) or glyphs.NONE), rail=rail)
    closed = shown.fail_closed
    if closed and closed.enabled:
        words = "must be known for this risk" if closed.concerns_intent else "not for this risk"
        yield line(look, own(LABEL_AT, "before rules", MUTED), own(21, words))
        for fact in closed.facts:
            mark, role = MARKS["met" if fact.present else "not_met"]
            yield line(look, own(MARK_AT, mark, role), spans(21, Span(fact.field)))
