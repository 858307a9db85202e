"""Why the gate decided so: the rules in the order of the walk, and what each asked for."""

from typing import Final

from gait_engine.api.shapes import ExplainedRule, PolicyExplainAnswer
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.conditions import condition_lines
from gait_tui.views.line import BLANK, Line, Look
from gait_tui.views.parts import Verdict, artifact_field, failure_lines, field, verdict_line
from gait_tui.views.traces import Files
from gait_tui.views.walk import Walk, decided

_ASKED: Final = frozenset({"decides", "taken", "not_matched"})


def rule_page(
    outcome: "Outcome[PolicyExplainAnswer] | None", files: Files, look: Look
) -> list[Line]:
    """Say which rule decided, then every rule with what it wanted and what it found."""
    if outcome is None:
        return _not_at_hand(files, look)
    answer = outcome.answer
    if answer is None:
        return failure_lines(look, outcome.failure) if outcome.failure else []
    shown = Walk(answer)
    lines = [*verdict_line(look, decided(answer)), BLANK, shown.head(look)]
    lines += [shown.line(row, look)._replace(key="") for row in range(len(shown))]
    for step in shown.steps:
        if step.rule and step.rule.state in _ASKED:
            lines += [BLANK, *_asked(step.rule, look)]
    return lines


def _asked(rule: ExplainedRule, look: Look) -> list[Line]:
    held = f"line {rule.line}   {sum(c.met for c in rule.conditions)} of {len(rule.conditions)}"
    lines = artifact_field(look, "rule", rule.name, f"{held} conditions hold", role="b:text")
    lines += condition_lines(rule.conditions, look)
    for label, values in (("reasons", rule.reason_codes), ("violations", rule.violations)):
        if rule.state == "decides" and values:
            lines += artifact_field(look, label, ", ".join(values))
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
