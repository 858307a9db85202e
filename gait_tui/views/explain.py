"""Why the gate decided so: the rules in the order of the walk, and what each asked for."""

from typing import Final

from gait_engine.api.shapes import Condition, ExplainedRule, PolicyExplainAnswer, Trace
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, Cell, Line, Look, Span, data, line, own
from gait_tui.views.parts import (
    MARK_AT,
    Verdict,
    artifact_field,
    failure_lines,
    field,
    heads,
    verdict_line,
)
from gait_tui.views.traces import Files, fields_page, mark_of, record_of

_MATCHES: Final = {
    "decides": (glyphs.OK, "ok", "decides"),
    "taken": (glyphs.OK, "ok", "matches, weaker"),
    "not_matched": (glyphs.FAILED, MUTED, "no match"),
    "ends_walk": ("·", MUTED, "not used"),
    "not_reached": ("·", MUTED, "not reached"),
}
_WANTED_AT: Final = 24


def intent_page(path: str, trace: Trace | None, look: Look) -> list[Line]:
    """Name the intent file, and list what the trace says of the call."""
    lines = (
        artifact_field(look, "intent file", path, at=26)
        if path
        else field(look, "intent file", "none with this digest is here: only digests", at=26)
    )
    return lines + ([BLANK, *fields_page(record_of(trace), look)] if trace else [])


def rule_page(
    outcome: "Outcome[PolicyExplainAnswer] | None", files: Files, look: Look
) -> list[Line]:
    """Say which rule decided, then every rule with what it wanted and what it found."""
    if outcome is None:
        return _not_at_hand(files, look)
    answer = outcome.answer
    if answer is None:
        return failure_lines(look, outcome.failure) if outcome.failure else []
    lines = [*verdict_line(look, _decided(answer)), BLANK]
    lines.append(heads(look, (LABEL_AT, "PRIO"), (9, "RULE"), (39, "EFFECT"), (58, "MATCH")))
    lines += [_rule_line(rule, look) for rule in answer.rules]
    default = own(9, "default_verdict", MUTED), data(39, answer.default_verdict, MUTED)
    lines.append(line(look, *default))
    for rule in answer.rules:
        if rule.state in {"decides", "taken", "not_matched"}:
            lines += [BLANK, *_conditions(rule, look)]
    return lines


def _not_at_hand(files: Files, look: Look) -> list[Line]:
    verdict = Verdict(
        glyphs.UNCHECKED, "unchecked", "NOT KNOWN", "The files that tell the rule are not here."
    )
    lines = [*verdict_line(look, verdict), BLANK]
    for label, path in (("intent", files.intent), ("policy", files.policy)):
        found = artifact_field(look, label, path, "found")
        lines += found if path else field(look, label, "no file with the digest of the trace")
    return lines


def _decided(answer: PolicyExplainAnswer) -> Verdict:
    mark, role = mark_of(answer.verdict)
    word = answer.verdict.upper() if answer.verdict in glyphs.VERDICTS else "UNKNOWN"
    if answer.matched_rule:
        return Verdict(mark, role, word, f"by rule {answer.matched_rule}", is_data=True)
    return Verdict(mark, role, word, f"by {answer.decided_by.replace('_', ' ')}")


def _rule_line(rule: ExplainedRule, look: Look) -> Line:
    mark, role, words = _MATCHES.get(rule.state, ("·", MUTED, rule.state))
    weight = "b:text" if rule.state == "decides" else "text"
    return line(
        look,
        own(MARK_AT, mark, f"b:{role}"),
        Cell(LABEL_AT, (Span(f"{rule.priority:>4}", MUTED),)),
        data(9, rule.name, weight),
        data(39, rule.effect, weight),
        own(58, words, MUTED),
    )


def _conditions(rule: ExplainedRule, look: Look) -> list[Line]:
    held = sum(condition.met for condition in rule.conditions)
    title = f"{held} of {len(rule.conditions)} conditions hold"
    lines = artifact_field(
        look, "rule", f"{rule.name}", f"line {rule.line}   {title}", role="b:text"
    )
    for condition in rule.conditions:
        lines += _condition(condition, look)
    for label, values in (("reasons", rule.reason_codes), ("violations", rule.violations)):
        if rule.state == "decides" and values:
            lines += artifact_field(look, label, ", ".join(values))
    return lines


def _condition(condition: Condition, look: Look) -> list[Line]:
    mark, role = (glyphs.OK, "ok") if condition.met else (glyphs.FAILED, "failed")
    found_at = max(_WANTED_AT + 20, look.width // 2 + 6)
    wanted = ", ".join(condition.wanted) or condition.relation.replace("_", " ")
    found = ", ".join(condition.found) or "nothing"
    more = f", {condition.found_left_out:,} more" if condition.found_left_out else ""
    return [
        line(
            look,
            own(MARK_AT, mark, f"b:{role}"),
            own(LABEL_AT, condition.field, MUTED),
            data(_WANTED_AT, wanted),
            own(found_at - 2, glyphs.RAIL, "border"),
            data(found_at, f"{found}{more}"),
        )
    ]
