"""Pending calls as text: who waits for what, how many approvals are there, what is in the way."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.pending import PendingAnswer, PendingItem
from gait_engine.contract.intent import Target

_MOST_TARGETS: Final = 3
_WIDEST: Final = 58


def _pending(answer: PendingAnswer) -> Iterator[str]:
    yield f"{answer.count} pending{', newest first' if answer.count > 1 else ''}"
    for item in answer.items:
        yield from _item(item, answer)
    yield ""
    if not answer.tokens_checked and answer.count:
        yield "approvals were not counted: add --approval-public-key FILE"
    for one in answer.unread:
        yield f"not read: {one.path}: {one.error_code}"
    for root in answer.roots:
        plural = "s" * (root.artifacts != 1)
        yield f"searched {root.path}: {root.state}, {root.artifacts} trace{plural}"


def _item(item: PendingItem, answer: PendingAnswer) -> Iterator[str]:
    yield ""
    yield f"! {item.tool_name}  by {item.identity or '?'}"
    for target in item.targets[:_MOST_TARGETS]:
        yield _row("target", _target(target))
    if (left := len(item.targets) - _MOST_TARGETS) > 0:
        yield _row("", f"and {left} more")
    yield _row("approvals", _approvals(item, answer))
    yield _row("risk", _risk(item))
    yield _row("rule", item.matched_rule or "default_verdict")
    yield _row("asked", item.observed_at)
    yield _row("trace", item.trace_path)
    if item.last_decision is not UNSET:
        last = item.last_decision
        yield _row(last.event, f"{last.at} by {last.reviewer}: {last.reason_code}")
    if item.blockers:
        yield _row("blocked", ", ".join(item.blockers))


def _approvals(item: PendingItem, answer: PendingAnswer) -> str:
    if not item.required:
        return "not known"
    given = str(item.valid) if answer.tokens_checked else "?"
    codes = f"; not counted: {', '.join(item.codes)}" if item.codes else ""
    return f"{given} of {item.required}{_by(item)}{codes}"


def _by(item: PendingItem) -> str:
    return f", by {', '.join(item.approvers)}" if item.approvers else ""


def _risk(item: PendingItem) -> str:
    words = (item.risk_class, "destructive" if item.destructive else "", item.environment)
    return "  ".join(filter(None, words)) or "not known"


def _target(target: Target) -> str:
    text = f"{target.operation or target.kind} {target.value}"
    return text if len(text) <= _WIDEST else f"{text[:_WIDEST]}…(+{len(text) - _WIDEST})"


def _row(label: str, text: str) -> str:
    return f"  {label:<11}{text}"


RENDERERS: Final[Renderers] = {PendingAnswer: _pending}
