"""What people decided before: about this call, and about other calls of the same tool."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gait_engine.contract.answers.pending import DecisionNote, Unread
from gait_engine.contract.review import DENIED, MINTED, ReviewEvent
from gait_engine.errors import GaitError
from gait_engine.gate.review.finding import FoundIntent, Survey
from gait_engine.gate.review.reviewlog import verified_lines
from gait_engine.gate.review.subject import Subject
from gait_engine.gate.review.surroundings import Surroundings

DECISIONS: Final = (MINTED, DENIED)

_MOST_LISTED: Final = 50


def read_decisions(around: Surroundings) -> tuple[tuple[ReviewEvent, ...], tuple[Unread, ...]]:
    """Read what was decided, newest last; a log that is torn or broken yields why instead."""
    path = around.setting.log
    try:
        lines = tuple(verified_lines(path, host=around.host))
    except GaitError as exc:
        fault = Unread(path=path, kind="review_log", error_code=exc.code, error=exc.message)
        return (), (fault,)
    return tuple(line.event for line in lines if line.event.event in DECISIONS), ()


def history(
    subject: Subject, decisions: Sequence[ReviewEvent], survey: Survey
) -> tuple[DecisionNote, ...]:
    """List what was decided about the tool of a call, newest first, at most 50."""
    about = [event for event in reversed(decisions) if is_about_tool(event, subject.tool_name)]
    return tuple(_note(event, subject, survey) for event in about[:_MOST_LISTED])


def last_decision(decisions: Iterable[ReviewEvent], pair: tuple[str, str]) -> ReviewEvent | None:
    """Return the last thing decided about a pair of intent and policy digest."""
    own = [event for event in decisions if (event.intent_digest, event.policy_digest) == pair]
    return own[-1] if own else None


def is_about_tool(event: ReviewEvent, tool_name: str) -> bool:
    """Tell a decision about a tool by its scope; one about any tool has been about every one."""
    return f"tool:{tool_name}" in event.scope


def decision_note(
    event: ReviewEvent, *, is_same_call: bool, intent: FoundIntent | None = None
) -> DecisionNote:
    """Show one decision; `intent` is the one it was about, where it is at hand."""
    targets = () if intent is None else intent.judged.targets
    return DecisionNote(
        at=event.at,
        event=event.event,
        reviewer=event.reviewer,
        reason_code=event.reason_code,
        note=event.note,
        intent_digest=event.intent_digest,
        policy_digest=event.policy_digest,
        is_same_call=is_same_call,
        target=targets[0].value if targets else "",
    )


def _note(event: ReviewEvent, subject: Subject, survey: Survey) -> DecisionNote:
    return decision_note(
        event,
        is_same_call=event.intent_digest == subject.intent_digest,
        intent=survey.intent(event.intent_digest, subject.tool_name),
    )


def approvals_of_others(
    subject: Subject, decisions: Sequence[ReviewEvent]
) -> Iterator[ReviewEvent]:
    """Yield the approvals of other intents of the tool, newest first."""
    for event in reversed(decisions):
        is_other = event.intent_digest != subject.intent_digest
        if event.event == MINTED and is_other and is_about_tool(event, subject.tool_name):
            yield event
