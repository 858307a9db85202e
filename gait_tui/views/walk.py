"""The Explain screen: a decision in the order in which the gate came to it."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.api.shapes import ExplainedRule, IndexRow, PolicyExplainAnswer
from gait_tui.views import glyphs
from gait_tui.views.conditions import BESIDE, WANTED_AT, check_lines, condition_lines
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
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
    MARK_AT,
    Verdict,
    artifact_field,
    count,
    field,
    heads,
    marked,
    verdict_line,
)
from gait_tui.views.traces import mark_of

DEFAULT: Final = "default_verdict"
_NAME_AT: Final = 9
_MATCHES: Final = {
    "decides": (glyphs.OK, "ok", "yes"),
    "taken": (glyphs.OK, "ok", "also"),
    "not_matched": (glyphs.FAILED, MUTED, "no"),
    "ends_walk": (" ", MUTED, "unused"),
    "not_reached": (glyphs.NONE, MUTED, ""),
}
_CHOSEN: Final = {
    "decides": (glyphs.OK, "ok", "MATCH", "It decides."),
    "taken": (glyphs.OK, "ok", "MATCH", "Another match of its priority is stronger."),
    "not_matched": (glyphs.FAILED, "failed", "NO MATCH", ""),
    "ends_walk": (glyphs.NOT_ASKED, MUTED, "NOT USED", "A match of an earlier priority decided."),
    "not_reached": (glyphs.NONE, MUTED, "NOT REACHED", "The walk had ended before it."),
}


class Step(NamedTuple):
    """A rule in its place of the walk; without a rule it is a heading, or the default verdict."""

    heading: str = ""
    rule: ExplainedRule | None = None

    @property
    def is_heading(self) -> bool:
        """Tell a heading."""
        return bool(self.heading) and self.rule is None


def walk(answer: PolicyExplainAnswer) -> list[Step]:
    """Lay out the rules in the order of the walk under headings; the default verdict is last."""
    steps = [row for title, rules in _walks(answer) for row in _walked(title, rules)]
    return [*steps, Step()]


def _walks(answer: PolicyExplainAnswer) -> Iterator[tuple[str, Sequence[ExplainedRule]]]:
    """Give the one walk over the rules, or that of each step of a script."""
    yield "", answer.rules
    if answer.script is not UNSET:
        for step in answer.script.steps:
            yield f"step {step.index + 1}, {step.tool_name}: ", step.rules


def _walked(title: str, rules: Sequence[ExplainedRule]) -> Iterator[Step]:
    decided = next((rule.priority for rule in rules if rule.state == "decides"), None)
    for heading, group in groupby(rules, key=lambda rule: _heading(rule, decided)):
        yield Step(f"{title}{heading}")
        yield from (Step(rule=rule) for rule in group)


def _heading(rule: ExplainedRule, decided: int | None) -> str:
    if rule.state == "ends_walk":
        return "next match, the walk ends"
    if rule.state == "not_reached":
        return "not reached"
    return f"first match, priority {decided}" if rule.priority == decided else "no match"


class Walk:
    """The rules as rows of a table; headings take no cursor."""

    def __init__(self, answer: PolicyExplainAnswer) -> None:
        self.answer = answer
        self.steps = walk(answer)

    def __len__(self) -> int:
        return len(self.steps)

    def key(self, row: int) -> str:
        """Name a rule."""
        step = self.steps[row]
        return "" if step.is_heading else step.rule.name if step.rule else DEFAULT

    def head(self, look: Look) -> Line:
        """Head the columns."""
        effect_at, match_at = _columns(look)
        head = [(LABEL_AT, "PRIO"), (_NAME_AT, "RULE"), (effect_at, "EFFECT")]
        return heads(look, *head, *([] if look.width < BESIDE else [(match_at, "MATCH")]))

    def line(self, row: int, look: Look) -> Line:
        """Draw a rule or a heading."""
        step = self.steps[row]
        if step.is_heading:
            return line(look, own(LABEL_AT, step.heading, MUTED))
        return rule_line(step.rule, look) if step.rule else self._default(look)

    def _default(self, look: Look) -> Line:
        effect_at, match_at = _columns(look)
        is_used = self.answer.decided_by == DEFAULT
        match = own(match_at, glyphs.OK if is_used else glyphs.NONE, "b:ok" if is_used else MUTED)
        name = own(_NAME_AT, DEFAULT, MUTED), data(effect_at, self.answer.default_verdict, MUTED)
        return line(look, *name, match, key=DEFAULT)

    def first(self) -> int:
        """Return the row of the rule that decides, else that of the default verdict."""
        deciding = (row for row, s in enumerate(self.steps) if s.rule and s.rule.state == "decides")
        return next(deciding, len(self.steps) - 1)

    def not_matched(self, chosen: int) -> ExplainedRule | None:
        """Return the first rule that did not match, other than the chosen one."""
        rules = (s.rule for row, s in enumerate(self.steps) if row != chosen and s.rule)
        return next((rule for rule in rules if rule.state == "not_matched"), None)


def _columns(look: Look) -> tuple[int, int]:
    """Place effect and match; where there is little room, of the match only its mark is left."""
    match_at = look.width - (3 if look.width < BESIDE else 8)
    return max(match_at - 17, _NAME_AT + 10), match_at


def rule_line(rule: ExplainedRule, look: Look) -> Line:
    """Draw a rule: priority, name, effect, and what became of it."""
    mark, role, words = _MATCHES.get(rule.state, (glyphs.NOT_ASKED, MUTED, rule.state))
    weight = "b:text" if rule.state == "decides" else "text"
    effect_at, match_at = _columns(look)
    shown = [Span(f"{mark} ", f"b:{role}")] if mark.strip() or look.width < BESIDE else []
    return line(
        look,
        right(_NAME_AT - 2, str(rule.priority), MUTED),
        data(_NAME_AT, rule.name, weight),
        data(effect_at, rule.effect, weight),
        spans(match_at, *shown, *([] if look.width < BESIDE else [Span(words)])),
        key=rule.name,
        margin=0,
    )


# ---------------------------------------------------------------- what was decided


def decided(answer: PolicyExplainAnswer) -> Verdict:
    """Say the verdict and what decided it."""
    mark, role = mark_of(answer.verdict)
    word = answer.verdict.upper() if answer.verdict in glyphs.VERDICTS else "UNKNOWN"
    if answer.matched_rule:
        return Verdict(mark, role, word, f"by rule {answer.matched_rule}", is_data=True)
    return Verdict(mark, role, word, f"by {answer.decided_by.replace('_', ' ')}")


def same_digests(answer: PolicyExplainAnswer, trace: IndexRow) -> bool:
    """Tell whether the trace is of this very intent under this very policy."""
    mine = answer.prepared_intent_digest, answer.policy_digest
    return mine == (trace.intent_digest, trace.policy_digest)


def top_lines(answer: PolicyExplainAnswer, trace: IndexRow, look: Look) -> list[Line]:
    """Say the verdict, and whether what was evaluated is what the trace is of."""
    first, *rest = verdict_line(look, decided(answer))
    is_same = same_digests(answer, trace)
    same, role = f"{glyphs.OK} same digests as the trace", "ok"
    if not is_same:
        same, role = f"{glyphs.FAILED} not the digests of the trace", "failed"
    elif answer.verdict != trace.verdict:
        same, role = f"{glyphs.PERSON} the trace says {trace.verdict}", "verdict_require_approval"
    at = look.width - len(same) - 1
    marks = own(at, same[:1], f"b:{role}"), own(at + 2, same[2:])
    if len(first.text) + 2 <= at:
        pad = Span(" " * (at - len(first.text)))
        noted = line(
            look._replace(width=look.width - at), *(c._replace(at=c.at - at) for c in marks)
        )
        return [first._replace(spans=(*first.spans, pad, *noted.spans)), *rest]
    shown = own(MARK_AT, same[:1], f"b:{role}"), own(LABEL_AT, same[2:])
    return [first, *rest, line(look, *shown)]


# ---------------------------------------------------------------- one rule


def chosen_lines(answer: PolicyExplainAnswer, rule: ExplainedRule | None, look: Look) -> list[Line]:
    """Say what became of a rule, what it asked for, and what it does where it matches."""
    if rule is None:
        return _default_lines(answer, look)
    mark, role, word, sentence = _CHOSEN.get(rule.state, _CHOSEN["not_reached"])
    held = _held(rule)
    said = f"{sentence} {held}".strip()
    lines = [*verdict_line(look, Verdict(mark, role, word, said)), BLANK]
    lines += [*condition_lines(rule.conditions, look), BLANK]
    lines += [line(look, own(LABEL_AT, "then", MUTED)), *_effect(rule, look)]
    if rule.outcome is not UNSET:
        outcome = rule.outcome
        if outcome.verdict != rule.effect:
            lines += artifact_field(look, "after checks", outcome.verdict, at=WANTED_AT)
        lines += [BLANK, line(look, own(LABEL_AT, "checks after the match, in order", MUTED))]
        lines += check_lines(outcome.checks, look)
    return lines + _changes(answer, rule.name, look)


def _held(rule: ExplainedRule) -> str:
    held, total = sum(c.met for c in rule.conditions), len(rule.conditions)
    if not total:
        return "It has no conditions."
    if held == total:
        return f"All {total} of its conditions hold." if total > 1 else "Its one condition holds."
    return f"{held} of {count(total, 'condition')} held."


def _effect(rule: ExplainedRule, look: Look) -> list[Line]:
    mark, role = mark_of(rule.effect)
    parts = Span(f"{mark} ", f"b:{role}"), Span(rule.effect, is_data=True)
    lines = [line(look, own(LABEL_AT, "effect", MUTED), spans(WANTED_AT, *parts))]
    for label, codes in (("reason_codes", rule.reason_codes), ("violations", rule.violations)):
        lines += artifact_field(look, label, ", ".join(codes), at=WANTED_AT) if codes else []
    return lines


def _default_lines(answer: PolicyExplainAnswer, look: Look) -> list[Line]:
    is_used = answer.decided_by == DEFAULT
    mark, role, word = (glyphs.OK, "ok", "DECIDES") if is_used else (glyphs.NONE, MUTED, "NOT USED")
    sentence = "No rule matched." if is_used else "It stands where no rule matches."
    lines = [*verdict_line(look, Verdict(mark, role, word, sentence)), BLANK]
    effect, effect_role = mark_of(answer.default_verdict)
    parts = Span(f"{effect} ", f"b:{effect_role}"), Span(answer.default_verdict, is_data=True)
    return [*lines, line(look, own(LABEL_AT, "verdict", MUTED), spans(WANTED_AT, *parts))]


def _changes(answer: PolicyExplainAnswer, name: str, look: Look) -> list[Line]:
    """Say what would have led to another verdict, as far as this rule goes."""
    found = [change for change in answer.what_would_change if change.rule == name]
    if not found:
        return []
    lines = [BLANK, line(look, own(LABEL_AT, "what would change the verdict", MUTED))]
    for change in found:
        mark, role = mark_of(change.verdict)
        lines.append(
            line(look, own(MARK_AT, mark, f"b:{role}"), data(LABEL_AT, f"{change.verdict}, if"))
        )
        lines += artifact_field(look, "", change.change, at=LABEL_AT + 2)
    return lines


def why_not_title(rule: ExplainedRule) -> str:
    """Count the conditions that held."""
    return f"{sum(c.met for c in rule.conditions)} of {len(rule.conditions)} held"


# ---------------------------------------------------------------- before and around


def before_lines(answer: PolicyExplainAnswer, trace: IndexRow, look: Look) -> list[Line]:
    """List what was checked before any rule, in its order, and what was not looked at here."""
    is_same = answer.prepared_intent_digest == trace.intent_digest
    words = "its digest is that of the trace" if is_same else "its digest is not that of the trace"
    mark, role = (glyphs.OK, "ok") if is_same else (glyphs.FAILED, "failed")
    lines = [marked(look, mark, role, "intent", words), _fail_closed(answer, look)]
    for fact in answer.fail_closed.facts:
        if not fact.present:
            said = f"{fact.field} is not known   {fact.reason_code}"
            lines += artifact_field(look, "", said, at=VALUE_AT)
    for claim in answer.ignored_claims:
        lines += artifact_field(look, "not counted", f"{claim.field}: {claim.value}")
    for skipped in answer.not_considered:
        cells = own(MARK_AT, glyphs.UNCHECKED, "b:unchecked"), own(LABEL_AT, skipped.name, MUTED)
        first, *rest = field(look, "", f"not looked at: {skipped.note}")
        lines += [line(look, *cells, Cell(VALUE_AT, first.spans[1:])), *rest]
    return lines


def _fail_closed(answer: PolicyExplainAnswer, look: Look) -> Line:
    check = answer.fail_closed
    name = "fail_closed"
    if not check.enabled:
        return marked(look, glyphs.NONE, MUTED, name, "not set by the policy")
    if check.stops:
        return marked(look, glyphs.FAILED, "failed", name, "stopped: a required field is missing")
    if not check.concerns_intent:
        return marked(look, glyphs.NONE, MUTED, name, f"not for risk {check.risk_class}")
    return marked(look, glyphs.OK, "ok", name, "no required field is missing")


def evaluated_lines(answer: PolicyExplainAnswer, trace: IndexRow, look: Look) -> list[Line]:
    """Name what was evaluated: intent, policy, time, and what the decision still asks for."""
    lines = []
    for label, digest, path in (
        ("intent", answer.prepared_intent_digest, answer.intent),
        ("policy", answer.policy_digest, answer.policy),
    ):
        cells = own(LABEL_AT, label, MUTED), Cell(VALUE_AT, short_digest(digest))
        name = path.rpartition("/")[2]
        lines.append(line(look, *cells, data(VALUE_AT + 18, name, MUTED)))
    when = str(answer.evaluated_at)
    note = "of the trace" if when == str(trace.observed_at) else ""
    lines += field(look, "time", when, note)
    lines += field(look, "context", "none given")
    needs = answer.requirements
    number = needs.required_approvals
    approvals = count(number, "approval") + " needed" if number else "not needed"
    lines += field(look, "approvals", approvals)
    if number and needs.approval_scope:
        lines += artifact_field(look, "scope", ", ".join(needs.approval_scope))
    return lines
