"""The calls that wait for a person: asked for approval last, and still lacking some."""

from collections.abc import Iterator, Mapping

from msgspec import UNSET

from gait_engine.contract.answers.pending import AnsweredUnverified, PendingItem, Unread
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.review import ReviewEvent
from gait_engine.contract.trace import Trace
from gait_engine.gate.review.finding import NEEDS_APPROVAL, FoundTrace, newest_states, pair_of
from gait_engine.gate.review.history import decision_note, read_decisions
from gait_engine.gate.review.subject import (
    approvals_at_hand,
    given_approvals,
    subject_of_trace,
)
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.wire.timestamps import from_ns

_Decisions = Mapping[tuple[str, str], ReviewEvent]


def pending_items(
    around: Surroundings,
) -> tuple[tuple[PendingItem, ...], tuple[Unread, ...]]:
    """List the pending calls, newest first, and the files that could not be used, by path."""
    events, log_faults = read_decisions(around)
    last = {(event.intent_digest, event.policy_digest): event for event in events}
    asking = [
        found
        for found in newest_states(around.survey.traces, around.now_ns)
        if found.trace.verdict == NEEDS_APPROVAL
    ]
    asking.sort(key=lambda found: (-found.observed_ns, found.place))
    items = tuple(item for found in asking for item in _item(found, around, last))
    unread = sorted((*around.survey.unread, *log_faults), key=lambda one: (one.path, one.kind))
    return items, tuple(unread)


def answered_unverified(around: Surroundings) -> tuple[AnsweredUnverified, ...]:
    """List the calls that wait no more on the word of a trace that nobody has checked, by path.

    With a key of traces there are none: whoever cannot sign has no say.
    """
    if around.trace_key is not None:
        return ()
    traces = around.survey.traces
    asking = [found for found in traces if found.trace.verdict == NEEDS_APPROVAL]
    asked = {pair_of(found): found for found in newest_states(asking, around.now_ns)}
    answers = [
        _answered(found, asked[pair_of(found)])
        for found in newest_states(traces, around.now_ns)
        if found.trace.verdict != NEEDS_APPROVAL and pair_of(found) in asked
    ]
    return tuple(sorted(answers, key=lambda one: one.trace_path))


def _answered(found: FoundTrace, asked: FoundTrace) -> AnsweredUnverified:
    return AnsweredUnverified(
        trace_path=found.place,
        verdict=found.trace.verdict,
        tool_name=found.trace.tool_name,
        observed_at=from_ns(found.observed_ns),
        asked_path=asked.place,
        intent_digest=found.trace.intent_digest,
        policy_digest=found.trace.policy_digest,
    )


def _item(found: FoundTrace, around: Surroundings, last: _Decisions) -> Iterator[PendingItem]:
    """Yield the item of a trace, unless the tokens at hand are enough."""
    subject = subject_of_trace(found, around)
    count = approvals_at_hand(subject, around)
    if count is not None and count.is_enough:
        return
    trace = found.trace
    known = subject.intent.judged if subject.intent else NormalIntent()
    decided = last.get((trace.intent_digest, trace.policy_digest))
    yield PendingItem(
        trace_path=found.place,
        trace_id=trace.trace_id,
        observed_at=from_ns(found.observed_ns),
        tool_name=trace.tool_name,
        identity=known.context.identity or traced_identity(trace),
        targets=known.targets,
        risk_class=known.context.risk_class,
        phase=known.context.phase,
        environment=known.context.environment or trace.environment,
        destructive=any(target.destructive for target in known.targets),
        matched_rule=subject.decision.matched_rule if subject.decision else "",
        required=subject.ask.required if subject.ask else 0,
        valid=given_approvals(count, subject.ask),
        approvers=count.approvers if count else (),
        codes=count.codes if count else (),
        intent_digest=trace.intent_digest,
        policy_digest=trace.policy_digest,
        intent_path=subject.intent.place if subject.intent else "",
        policy_path=subject.policy.place if subject.policy else "",
        is_approvable=not subject.blockers,
        blockers=tuple(notice.code for notice in subject.blockers),
        last_decision=decision_note(decided, is_same_call=True) if decided else UNSET,
    )


def traced_identity(trace: Trace) -> str:
    """Return who a trace says has called, for want of the intent."""
    if trace.relationship is UNSET:
        return ""
    named = (link.identity for link in trace.relationship.agent_chain if link.role == "requester")
    return next(named, "")
