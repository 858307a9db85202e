"""Pending calls as text: who waits for what, how many approvals are there, what is in the way."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign, railed
from gait_engine.contract.answers.pending import PendingAnswer, PendingItem
from gait_engine.contract.intent import Target

_MOST_TARGETS: Final = 3
_MOST_ANSWERED: Final = 5
_WIDEST: Final = 67
_NAME: Final = 32


def _pending(answer: PendingAnswer) -> Iterator[str]:
    yield f"{answer.count} pending{', newest first' if answer.count > 1 else ''}"
    for item in answer.items:
        yield from _item(item, answer)
    yield ""
    if not answer.tokens_checked and answer.count:
        yield "approvals were not counted: add --approval-public-key FILE"
    yield from _answered(answer)
    for one in answer.unread:
        yield from railed("not read: ", f"{foreign(one.path)}: {one.error_code}")
    for root in answer.roots:
        plural = "s" * (root.artifacts != 1)
        said = f"{foreign(root.path)}: {root.state}, {root.artifacts} trace{plural}"
        yield from railed("searched ", said)


def _answered(answer: PendingAnswer) -> Iterator[str]:
    """Say what is left out on the word of traces that anyone may have written."""
    answered = answer.answered_unverified
    if not answered:
        return
    calls = f"{len(answered)} call{'s' * (len(answered) != 1)}"
    places = [f"{foreign(one.trace_path)}: {one.verdict}" for one in answered[:_MOST_ANSWERED]]
    left = len(answered) - len(places)
    said = "; ".join(places) + (f"; and {left} more" if left else "")
    yield from railed(f"! {calls} not listed, answered by unverified traces: ", said)
    yield "to check traces: add --trace-public-key FILE"


def _item(item: PendingItem, answer: PendingAnswer) -> Iterator[str]:
    yield ""
    who = foreign(item.identity, _NAME) or "?"
    yield from railed("! ", f"{foreign(item.tool_name, _NAME)}  by {who}")
    for target in item.targets[:_MOST_TARGETS]:
        yield from _row("target", _target(target))
    if (left := len(item.targets) - _MOST_TARGETS) > 0:
        yield from _row("", f"and {left} more")
    yield from _row("approvals", _approvals(item, answer))
    yield from _row("risk", _risk(item))
    yield from _row("rule", foreign(item.matched_rule) or "default_verdict")
    yield from _row("asked", item.observed_at)
    yield from _row("trace", foreign(item.trace_path))
    if item.last_decision is not UNSET:
        last = item.last_decision
        said = f"{last.at} by {foreign(last.reviewer, _NAME)}: {foreign(last.reason_code, _NAME)}"
        yield from _row(last.event, said)
    if item.blockers:
        yield from _row("blocked", ", ".join(item.blockers))


def _approvals(item: PendingItem, answer: PendingAnswer) -> str:
    if not item.required:
        return "not known"
    given = str(item.valid) if answer.tokens_checked else "?"
    codes = f"; not counted: {', '.join(item.codes)}" if item.codes else ""
    return f"{given} of {item.required}{_by(item)}{codes}"


def _by(item: PendingItem) -> str:
    names = ", ".join(foreign(one, _NAME) for one in item.approvers)
    return f", by {names}" if names else ""


def _risk(item: PendingItem) -> str:
    risk, environment = foreign(item.risk_class, _NAME), foreign(item.environment, _NAME)
    words = (risk, "destructive" if item.destructive else "", environment)
    return "  ".join(filter(None, words)) or "not known"


def _target(target: Target) -> str:
    return foreign(f"{target.operation or target.kind} {target.value}", _WIDEST)


def _row(label: str, text: str) -> Iterator[str]:
    yield from railed(f"  {label:<11}", text)


RENDERERS: Final[Renderers] = {PendingAnswer: _pending}
