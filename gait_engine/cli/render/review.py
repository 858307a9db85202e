"""A review as text: what deceives, what is in the way, then every field; and the log of decisions.

Text from the intent stands right of a rail. Values that are secrets by key and look are masked
here; `--json` has them, for whoever approves has to be able to see them.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import LABEL, columns, cut, foreign, railed, well
from gait_engine.contract.answers.review import (
    Asked,
    Notice,
    ReviewDenyAnswer,
    ReviewLogAnswer,
    ReviewRow,
    ReviewShowAnswer,
)
from gait_engine.contract.review import ReviewEvent
from gait_engine.wire.timestamps import Timestamp

_LONGEST: Final = 200
_NAME: Final = 40
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

_is_target: Final = re.compile(r"(?:script\.steps\[[0-9]+\]\.)?targets\[").match


def _show(answer: ReviewShowAnswer) -> Iterator[str]:
    for danger in answer.dangers:
        yield from railed("▲ HAZARD  ", foreign(danger.text))
    yield from _verdict(answer)
    yield from _notices("✗", answer.blockers)
    yield from _notices("!", answer.banners)
    if number := sum(_is_cut(row, text) for row in answer.rows for text in _texts(row)):
        verb = "is" if number == 1 else "are"
        yield f"! {_count(number, 'value')} {verb} cut: --json shows {_them(number)} whole"
    yield from _rows(answer)
    yield from _rules(answer)
    yield from _digests(answer)
    yield from _history(answer)
    yield from _token(answer)
    for one in answer.unread:
        yield from railed("not read: ", f"{foreign(one.path)}: {one.error_code}")


def _verdict(answer: ReviewShowAnswer) -> Iterator[str]:
    given = f"{answer.valid} of {answer.required} given" if answer.required else ""
    if answer.required and not answer.tokens_checked:
        given = f"{answer.required} needed"
    words = (
        answer.verdict.upper() or "NOT KNOWN",
        given,
        f"risk {foreign(answer.risk_class, _NAME)}" if answer.risk_class else "",
        "destructive" if answer.destructive else "",
        foreign(answer.environment, _NAME),
    )
    yield from railed("! ", "   ".join(filter(None, words)))


def _notices(mark: str, notices: Sequence[Notice]) -> Iterator[str]:
    for notice in notices:
        yield from railed(f"{mark} ", foreign(notice.text))
        yield from railed("  ", f"{notice.code}  {foreign(notice.where)}")


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
        who = foreign(last.approver, _NAME)
        yield from railed(
            "  last approved ", f"{_moment(last.at)} by {who}, another intent{compared}"
        )


def _row(row: ReviewRow) -> Iterator[str]:
    if row.group == "check":
        yield from _check(row)
        return
    if row.change == "removed":
        yield from railed("- ", f"{foreign(row.field)}, no longer there")
    else:
        yield from well(f"{_MARKS[row.state]} {foreign(row.field)}", _value(row.value, row))
    if row.change in ("changed", "removed"):
        yield from well(f"{'was':>{LABEL}}", _value(row.previous, row))
    for asked in row.asks:
        yield from railed(f"  {'the rule asks':>{LABEL - 2}} : ", _wanted(asked))


def _check(row: ReviewRow) -> Iterator[str]:
    """Show a check in our own words: nothing in it is text of the intent."""
    yield from railed(f"{_MARKS[row.state]} {row.field}  ", foreign(row.value))
    for asked in row.asks:
        if not asked.met:
            yield from railed(f"    {asked.condition}, wanted: ", _wanted(asked))


def _value(text: str, row: ReviewRow) -> str:
    """Show a value: a target whole whatever its length, for it may differ anywhere."""
    if row.is_secret:
        return f"•••• masked: --json shows it (len {len(text)})"
    return foreign(text, 0 if _is_target(row.field) else _LONGEST)


def _texts(row: ReviewRow) -> tuple[str, ...]:
    """Return the texts of a row that may have to be cut."""
    return (row.value, row.previous, *(_all_wanted(asked) for asked in row.asks))


def _is_cut(row: ReviewRow, text: str) -> bool:
    is_whole = row.is_secret or _is_target(row.field) is not None or row.group == "check"
    return not is_whole and columns(foreign(text)) > _LONGEST


def _wanted(asked: Asked) -> str:
    return _RELATIONS.get(asked.relation, "") + cut(_all_wanted(asked), _LONGEST)


def _all_wanted(asked: Asked) -> str:
    return " or ".join(map(foreign, asked.wanted))


def _rules(answer: ReviewShowAnswer) -> Iterator[str]:
    yield ""
    policy = foreign(answer.policy_path) or "policy not at hand"
    for rule in answer.rules:
        line = f", {policy}:{rule.line}" if rule.line else ""
        name = foreign(rule.name, _LONGEST)
        yield from railed("  rule        ", f"{name}   priority {rule.priority}{line}")
    if not answer.rules and answer.script is UNSET and answer.default_verdict:
        yield from railed("  rule        ", f"none matches, default_verdict decides, {policy}")
    if answer.script is not UNSET:
        steps = _count(answer.script.step_count, "step")
        rules = foreign(answer.matched_rule) or "none"
        yield from railed("  script      ", f"{steps}, rules {rules}")
    if answer.reason_codes:
        yield from railed("  reasons     ", ", ".join(map(foreign, answer.reason_codes)))
    for claim in answer.ignored_claims:
        said = f"{foreign(claim.field)} is not counted: nothing proves it"
        yield from railed("  claim       ", said)


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
        who, why = foreign(note.reviewer, _NAME), foreign(note.reason_code, _NAME)
        words = (_moment(note.at), who, why, which)
        yield from railed(f"{_DECIDED[note.event]}  ", "  ".join(words))
        if note.target and not note.is_same_call:
            yield from well("", foreign(note.target))
    if (left := len(answer.history) - _MOST_DECISIONS) > 0:
        yield f"  and {left} more; --json lists them"


def _token(answer: ReviewShowAnswer) -> Iterator[str]:
    form = answer.form
    yield ""
    yield from railed("  scope       ", " ".join(map(foreign, form.scope)) or "not known")
    yield f"  limits      {_count(form.max_targets, 'target')}, {_count(form.max_ops, 'op')}"
    own = ", ".join(map(foreign, form.may_not_approve))
    yield from railed("  not by      ", own or "not known")
    key = f"{form.key_id[:_SHORT] or 'none'}  {foreign(form.key_source)}"
    yield from railed("  key         ", key)
    state = "can be approved, on the review screen" if answer.is_approvable else "approval is off"
    yield f"  {state}"


def _them(number: int) -> str:
    return "it" if number == 1 else "them"


def _moment(at: Timestamp) -> str:
    """Cut an instant to its second, which is what a person reads."""
    return f"{at[:_TO_THE_SECOND]}Z"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _denied(answer: ReviewDenyAnswer) -> Iterator[str]:
    yield from railed("denied: ", f"{answer.intent_digest[:12]} by {foreign(answer.reviewer)}")
    yield from railed("  reason    ", foreign(answer.reason_code))
    if answer.note:
        yield from railed("  note      ", foreign(answer.note))
    yield from railed("  trace     ", foreign(answer.trace_id))
    yield from railed("  log       ", f"{foreign(answer.log_path)}, line {answer.log_line}")


def _log(answer: ReviewLogAnswer) -> Iterator[str]:
    path = foreign(answer.log_path)
    for number, event in enumerate(answer.events, 1):
        mark = " (no token, no end)" if number in answer.unfinished else ""
        start = f"{_moment(event.at)}  {event.event:<14}  "
        yield from railed(start, foreign(event.reviewer, _NAME) + mark)
        yield from railed(f"{'│ ':>22}", _details(event))
    if answer.chain == "intact":
        yield from railed("intact: ", f"{_count(answer.lines_checked, 'line')}, {path}")
        yield f"  head {answer.head}"
        yield "  lines missing at the end cannot be found: compare the head with one you kept"
    else:
        yield from railed(f"{_count(answer.count, 'event')} in ", f"{path}, not verified")


def _details(event: ReviewEvent) -> str:
    words = (
        foreign(event.intent_digest[:12]),
        foreign(event.reason_code, _NAME),
        f"token {foreign(event.token_id, _NAME)}" if event.token_id else "",
        f"ttl {foreign(event.ttl, _NAME)}" if event.ttl else "",
        foreign(event.note),
    )
    return "  ".join(filter(None, words))


RENDERERS: Final[Renderers] = {
    ReviewShowAnswer: _show,
    ReviewDenyAnswer: _denied,
    ReviewLogAnswer: _log,
}
