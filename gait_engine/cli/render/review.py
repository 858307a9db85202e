"""A review as text: what deceives, what is in the way, then every field; and the log of decisions.

Text from the intent stands right of a rail. Values that are secret by their key are masked here;
`--json` has them, for whoever approves has to be able to see them.
"""

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.review import (
    Asked,
    Notice,
    ReviewDenyAnswer,
    ReviewLogAnswer,
    ReviewRow,
    ReviewShowAnswer,
)
from gait_engine.contract.review import ReviewEvent
from gait_engine.wire.safetext import safe_text
from gait_engine.wire.timestamps import Timestamp

_WIDTH: Final = 80
_LONGEST: Final = 200
_FIELD: Final = 30
_VALUE: Final = 46
_SHORT: Final = 8
_TO_THE_SECOND: Final = len("2026-02-05T12:00:00")
_MOST_DECISIONS: Final = 8
_SAME: Final = {True: "✓", False: "✗"}
_DECIDED: Final = {"minted": "✓ approved", "denied": "✗ denied  "}
_MARKS: Final = {"met": "✓", "not_met": "✗", "not_constrained": "·"}
_GROUPS: Final = {
    "what": "what",
    "target": "on what",
    "who": "who, where",
    "source": "where args came from",
    "check": "checks of the rule",
}
_RELATIONS: Final = {
    "starts_with": "prefix ",
    "none_of": "none of ",
    "at_most": "at most ",
    "below": "below ",
}


def _show(answer: ReviewShowAnswer) -> Iterator[str]:
    for danger in answer.dangers:
        yield from _lines("▲ HAZARD  ", danger.text)
    yield _verdict(answer)
    yield from _notices("✗", answer.blockers)
    yield from _notices("!", answer.banners)
    yield from _rows(answer)
    yield from _rules(answer)
    yield from _digests(answer)
    yield from _history(answer)
    yield from _token(answer)
    for one in answer.unread:
        yield f"not read: {one.path}: {one.error_code}"


def _verdict(answer: ReviewShowAnswer) -> str:
    given = f"{answer.valid} of {answer.required} given" if answer.required else ""
    if answer.required and not answer.tokens_checked:
        given = f"{answer.required} needed"
    words = (
        f"! {answer.verdict.upper() or 'NOT KNOWN'}",
        given,
        f"risk {answer.risk_class}" if answer.risk_class else "",
        "destructive" if answer.destructive else "",
        answer.environment,
    )
    return "   ".join(filter(None, words))


def _notices(mark: str, notices: Sequence[Notice]) -> Iterator[str]:
    for notice in notices:
        yield from _lines(f"{mark} ", notice.text)
        yield f"  {notice.code}  {notice.where}".rstrip()


def _rows(answer: ReviewShowAnswer) -> Iterator[str]:
    group = ""
    for row in answer.rows:
        if row.group != group:
            group = row.group
            yield ""
            yield f"  {_GROUPS[group]}"
        yield from _row(row)
    counts = answer.counts
    yield ""
    yield (
        f"  {counts.met} met, {counts.not_met} not met, {counts.not_constrained} not looked at"
        f" by the rule{f', {counts.changed} changed or new' if answer.last_approved else ''}"
    )
    if answer.last_approved is not UNSET:
        last = answer.last_approved
        compared = "" if last.compared else "; that intent is not at hand"
        yield f"  last approved {_moment(last.at)} by {last.approver}, another intent{compared}"


def _row(row: ReviewRow) -> Iterator[str]:
    if row.group == "check":
        yield from _check(row)
        return
    if row.change == "removed":
        yield f"- {row.field}, no longer there"
    else:
        yield from _well(f"{_MARKS[row.state]} {row.field}", _value(row.value, row))
    if row.change in ("changed", "removed"):
        yield from _well(f"{'was':>{_FIELD}}", _value(row.previous, row))
    for asked in row.asks:
        yield from _lines(f"  {'the rule asks':>{_FIELD - 2}} : ", _wanted(asked))


def _check(row: ReviewRow) -> Iterator[str]:
    """Show a check in our own words: nothing in it is text of the intent."""
    yield from _lines(f"{_MARKS[row.state]} {row.field}  ", row.value)
    for asked in row.asks:
        if not asked.met:
            yield from _lines(f"    {asked.condition}, wanted: ", _wanted(asked))


def _well(label: str, text: str) -> Iterator[str]:
    """Show text of the intent right of a rail, as many lines as it takes."""
    first, *more = [text[at : at + _VALUE] for at in range(0, max(len(text), 1), _VALUE)]
    yield f"{label:<{_FIELD}} │ {first}"
    yield from (f"{'':{_FIELD}} │ {part}" for part in more)


def _value(text: str, row: ReviewRow) -> str:
    return f"•••• (len {len(text)})" if row.is_secret else _cut(safe_text(text))


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…(+{len(text) - _LONGEST})"


def _wanted(asked: Asked) -> str:
    return _RELATIONS.get(asked.relation, "") + _cut(" or ".join(asked.wanted))


def _lines(start: str, text: str) -> Iterator[str]:
    """Break a text of ours between words, below its own beginning."""
    wrapped = textwrap.wrap(
        text, _WIDTH - len(start), break_long_words=False, break_on_hyphens=False
    )
    yield start + (wrapped[0] if wrapped else "")
    yield from (" " * len(start) + line for line in wrapped[1:])


def _rules(answer: ReviewShowAnswer) -> Iterator[str]:
    yield ""
    policy = answer.policy_path or "policy not at hand"
    for rule in answer.rules:
        line = f", {policy}:{rule.line}" if rule.line else ""
        yield f"  rule        {rule.name}   priority {rule.priority}{line}"
    if not answer.rules and answer.script is UNSET and answer.default_verdict:
        yield f"  rule        none matches, default_verdict decides, {policy}"
    if answer.script is not UNSET:
        steps, rules = _count(answer.script.step_count, "step"), answer.matched_rule or "none"
        yield from _lines("  script      ", f"{steps}, rules {rules}")
    if answer.reason_codes:
        yield from _lines("  reasons     ", ", ".join(answer.reason_codes))
    for claim in answer.ignored_claims:
        yield f"  claim       {claim.field} is not counted: nothing proves it"


def _digests(answer: ReviewShowAnswer) -> Iterator[str]:
    """Show the digests computed anew, and where the trace says otherwise what it says."""
    for check in answer.digests:
        mark = _SAME[check.is_same] if check.traced else "?"
        yield f"{mark} {check.name:<11} {check.computed or 'not at hand'}"
        if check.traced and not check.is_same:
            yield f"  {'  traced':<11} {check.traced}"


def _history(answer: ReviewShowAnswer) -> Iterator[str]:
    if answer.history:
        yield ""
        yield "  decisions on this tool, newest first"
    for note in answer.history[:_MOST_DECISIONS]:
        which = "this call" if note.is_same_call else "another call"
        words = (_DECIDED[note.event], _moment(note.at), note.reviewer, note.reason_code, which)
        yield "  ".join(words)
        if note.target and not note.is_same_call:
            yield from _well("", safe_text(note.target))
    if (left := len(answer.history) - _MOST_DECISIONS) > 0:
        yield f"  and {left} more; --json lists them"


def _token(answer: ReviewShowAnswer) -> Iterator[str]:
    form = answer.form
    yield ""
    yield from _lines("  scope       ", " ".join(form.scope) or "not known")
    yield f"  limits      {_count(form.max_targets, 'target')}, {_count(form.max_ops, 'op')}"
    yield from _lines("  not by      ", ", ".join(form.may_not_approve) or "not known")
    yield f"  key         {form.key_id[:_SHORT] or 'none'}  {form.key_source}".rstrip()
    state = "can be approved, on the review screen" if answer.is_approvable else "approval is off"
    yield f"  {state}"


def _moment(at: Timestamp) -> str:
    """Cut an instant to its second, which is what a person reads."""
    return f"{at[:_TO_THE_SECOND]}Z"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _denied(answer: ReviewDenyAnswer) -> Iterator[str]:
    yield f"denied: {answer.intent_digest[:12]} by {answer.reviewer}"
    yield f"  reason    {answer.reason_code}"
    if answer.note:
        yield f"  note      {answer.note}"
    yield f"  trace     {answer.trace_id}"
    yield f"  log       {answer.log_path}, line {answer.log_line}"


def _log(answer: ReviewLogAnswer) -> Iterator[str]:
    for number, event in enumerate(answer.events, 1):
        mark = " (no token, no end)" if number in answer.unfinished else ""
        yield f"{_moment(event.at)}  {event.event:<14}  {event.reviewer}{mark}"
        yield f"{'':22}{_details(event)}"
    if answer.chain == "intact":
        yield f"intact: {_count(answer.lines_checked, 'line')}, {answer.log_path}"
        yield f"  head {answer.head}"
        yield "  lines missing at the end cannot be found: compare the head with one you kept"
    else:
        yield f"{_count(answer.count, 'event')} in {answer.log_path}, not verified"


def _details(event: ReviewEvent) -> str:
    words = (
        event.intent_digest[:12],
        event.reason_code,
        f"token {event.token_id}" if event.token_id else "",
        f"ttl {event.ttl}" if event.ttl else "",
        event.note,
    )
    return "  ".join(filter(None, words))


RENDERERS: Final[Renderers] = {
    ReviewShowAnswer: _show,
    ReviewDenyAnswer: _denied,
    ReviewLogAnswer: _log,
}
