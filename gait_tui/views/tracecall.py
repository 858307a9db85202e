"""What the files of a trace add to it: the call it was about, the rule, what went on around it."""

from collections.abc import Sequence
from typing import Final

from gait_engine.api.shapes import IndexRow, PolicyExplainAnswer, ReviewShowAnswer
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, VALUE_AT, Line, Look, Span, line, own, spans
from gait_tui.views.parts import artifact_field, field
from gait_tui.views.review import artifact, facts, intent_lines, sources
from gait_tui.views.timetext import clock
from gait_tui.views.traces import mark_of

_BEFORE: Final = 3
_AFTER: Final = 3
"""Decisions of a run that are shown before and after the one at hand."""
_TOOL_AT: Final = VALUE_AT + 2


def intent_page(path: str, call: ReviewShowAnswer | None, look: Look) -> list[Line]:
    """Show the call as it was asked for; without its intent file only digests are known."""
    if call is None:
        return field(look, "intent file", "none with this digest is here: only digests are known")
    return [*artifact_field(look, "file", path), BLANK, *intent_lines(call, look, shows=False)]


def called_lines(
    call: ReviewShowAnswer, explained: PolicyExplainAnswer | None, look: Look
) -> list[Line]:
    """Say on what it was to be called, and which rule decided."""
    lines = []
    for target in call.targets:
        lines += facts(look, "target", artifact(f"{target.operation}  {target.value}"))
    classes = dict.fromkeys(one.endpoint_class for one in call.targets if one.endpoint_class)
    if classes:
        lines += artifact_field(look, "class", ", ".join(classes))
    if explained and explained.matched_rule:
        places = [rule.line for rule in explained.rules if rule.name == explained.matched_rule]
        place = f"{call.policy_path}:{places[0]}" if places else call.policy_path
        lines += artifact_field(look, "rule", explained.matched_rule, place)
    return lines


def source_lines(call: ReviewShowAnswer, look: Look) -> list[Line]:
    """Say which argument came from where."""
    lines: list[Line] = []
    came = [words for _, words in sources(call)]
    if came:
        lines += [BLANK, line(look, own(LABEL_AT, "where the arguments came from", MUTED))]
    for words in came:
        lines += facts(look, "", artifact(words))
    return lines


def around_lines(traces: Sequence[IndexRow], path: str, look: Look) -> list[Line]:
    """List what the gate decided before and after in the same run; `traces` are newest first."""
    told = list(reversed(traces))
    at = next((number for number, row in enumerate(told) if row.path == path), None)
    if at is None or len(told) == 1:
        return []
    lines = [BLANK, line(look, own(LABEL_AT, "around it", MUTED))]
    for row in told[max(at - _BEFORE, 0) : at + _AFTER + 1]:
        mark, role = mark_of(row.verdict)
        is_this = row.path == path
        tool = artifact(row.tool_name, "b:text" if is_this else "text")
        when = own(LABEL_AT, clock(row.at_ns).rstrip("Z"), MUTED)
        what = spans(_TOOL_AT, tool, Span("   this one" if is_this else "", MUTED))
        lines.append(line(look, when, own(VALUE_AT, mark, f"b:{role}"), what))
    return lines
