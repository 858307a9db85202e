"""The call under review, computed anew: intent, policy, decision, and what approvals must hold.

Nothing in a trace is believed but which digests to look for. What keeps a person from approving
is listed as a blocker, with a stable code. Contract: gate.md 1.7, 3.1, 6.2.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.review import Notice, ReviewShowAnswer
from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.decision import Decision, KillSwitchDecision
from gait_engine.contract.review import ReviewSetting, ReviewTarget
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.emit import Digests, trace_id
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.intent import args_digest
from gait_engine.gate.prepare import prepared
from gait_engine.gate.review.finding import (
    NEEDS_APPROVAL,
    FoundIntent,
    FoundPolicy,
    FoundTrace,
    found_trace,
    newest_states,
    pair_of,
    read_found_intent,
    read_found_policy,
    require_signed,
)
from gait_engine.gate.review.places import read_record_text
from gait_engine.gate.review.surroundings import Surroundings, inventory_of
from gait_engine.gate.tokens.counting import ApprovalAsk, ApprovalCount, ask_for, count_approvals
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.host import Host
from gait_engine.wire.digest import Digest

DIGEST_FAULTS: Final = frozenset(
    {"intent_digest_mismatch", "policy_digest_mismatch", "args_digest_mismatch"}
)
"""The blockers with which nothing is said about a verdict: it would be that of another call."""


class Subject(NamedTuple):
    """A call under review; what could not be found is None, and a blocker says so.

    The digests are those of the trace, without one those of the files.
    """

    trace: FoundTrace | None
    intent_digest: str
    policy_digest: str
    tool_name: str
    intent: FoundIntent | None
    policy: FoundPolicy | None
    decision: Decision | None
    ask: ApprovalAsk | None
    blockers: tuple[Notice, ...]

    @property
    def trace_id(self) -> str:
        """The id of the trace, or the one that a trace of this question must have."""
        if self.trace is not None:
            return self.trace.trace.trace_id
        digests = Digests(Digest(self.policy_digest), Digest(self.intent_digest), Digest(""))
        return trace_id(digests, NEEDS_APPROVAL)

    @property
    def args_digest(self) -> str:
        """The digest of the arguments, computed anew; empty without an intent."""
        return "" if self.intent is None else args_digest(self.intent.judged)

    @property
    def is_same_call(self) -> bool:
        """Tell files that are those of the trace from files with other digests."""
        return DIGEST_FAULTS.isdisjoint(notice.code for notice in self.blockers)


class _Files(NamedTuple):
    """The two files of a call, and why one of them is of no use."""

    intent: FoundIntent | None
    policy: FoundPolicy | None
    faults: tuple[Notice, ...] = ()


def subject_of_trace(found: FoundTrace, around: Surroundings) -> Subject:
    """Find intent and policy of a trace under the roots and decide anew; never raises for them."""
    trace = found.trace
    files = _Files(
        around.survey.intent(trace.intent_digest, trace.tool_name),
        around.survey.policy(trace.policy_digest),
    )
    return _subject(found, files, around)


def subject_of_target(target: ReviewTarget, around: Surroundings) -> Subject:
    """Read what a target names, find what it does not name, and decide anew.

    Raises InvalidInput or VerificationFailed for a trace that cannot be read, for a target that
    names too little, and without a trace for an intent or a policy that cannot be read.
    """
    if target.trace:
        trace = _read_trace(target.trace, around.host)
        subject = _subject(trace, _files_of(target, trace, around), around)
    elif target.intent and target.policy:
        intent = read_found_intent(target.intent, around.inventory, host=around.host)
        policy = read_found_policy(target.policy, host=around.host)
        own = _newest_of(around, intent.digest, policy.digest)
        subject = _subject(own, _Files(intent, policy), around)
    else:
        raise InvalidInput(
            "target: neither a trace nor an intent with its policy, expected one of them",
            hint="give --trace FILE, or --intent FILE and --policy FILE",
        )
    above = (*_signature_fault(subject, around), *_state_change(subject, around))
    return subject._replace(blockers=(*above, *subject.blockers))


def file_changes(shown: ReviewShowAnswer, setting: ReviewSetting, host: Host) -> tuple[Notice, ...]:
    """Say which of the files that were shown is gone, unreadable or has another digest now."""
    inventory = inventory_of(setting.wrkr_inventory, host)
    readers = (
        ("intent", shown.intent_path, shown.intent_digest,
         lambda: read_found_intent(shown.intent_path, inventory, host=host).digest),
        ("policy", shown.policy_path, shown.policy_digest,
         lambda: read_found_policy(shown.policy_path, host=host).digest),
    )  # fmt: skip
    return tuple(
        Notice(code="review_changed", text=f"the {name} has changed since it was read", where=path)
        for name, path, digest, read in readers
        if path and _digest_now(read) != digest
    )


def approvals_at_hand(subject: Subject, around: Surroundings) -> ApprovalCount | None:
    """Count the tokens under the roots for a call; None where that cannot be said.

    Without a key, or without knowing what is asked for, nothing counts.
    """
    if subject.ask is None or around.key is None:
        return None
    return count_approvals(tokens_at_hand(subject, around), subject.ask, around.key, around.now_ns)


def tokens_at_hand(subject: Subject, around: Surroundings) -> list[Given[ApprovalToken]]:
    """Read the tokens under the roots that say they are about a call, unchecked."""
    return around.survey.approvals(subject.intent_digest)


def given_approvals(count: ApprovalCount | None, ask: ApprovalAsk | None) -> int:
    """Say how many approvals a count is worth: people, where several are asked for."""
    if count is None or ask is None:
        return 0
    return len(count.approvers) if ask.is_distinct else count.valid


def _digest_now(read: Callable[[], str]) -> str:
    try:
        return read()
    except GaitError:
        return ""


def _subject(found: FoundTrace | None, files: _Files, around: Surroundings) -> Subject:
    intent, policy = files.intent, files.policy
    traced = found.trace if found else None
    tool = traced.tool_name if traced else intent.judged.tool_name if intent else ""
    subject = Subject(
        trace=found,
        intent_digest=traced.intent_digest if traced else intent.digest if intent else "",
        policy_digest=traced.policy_digest if traced else policy.digest if policy else "",
        tool_name=tool,
        intent=intent,
        policy=policy,
        decision=None,
        ask=None,
        blockers=files.faults,
    )
    subject = subject._replace(blockers=(*files.faults, *_file_faults(subject)))
    if intent is None or policy is None:
        return subject
    return _decided(subject, intent, policy, around)


def _decided(
    subject: Subject, intent: FoundIntent, policy: FoundPolicy, around: Surroundings
) -> Subject:
    kill = around.kill_switch(intent.judged)
    if not subject.is_same_call:
        return subject._replace(blockers=(*subject.blockers, *_kill_faults(kill, around)))
    circumstances = around.circumstances(policy, kill)
    decision = evaluate(policy.policy, prepared(intent.given), circumstances)
    ask = ask_for(
        intent.judged,
        decision,
        intent_digest=subject.intent_digest,
        policy_digest=subject.policy_digest,
    )
    changed = tuple(_verdict_faults(decision, kill, around))
    return subject._replace(
        decision=decision,
        ask=ask if decision.verdict == NEEDS_APPROVAL else None,
        blockers=(*subject.blockers, *changed),
    )


def _file_faults(subject: Subject) -> Iterator[Notice]:
    """Say which file is missing, or is not the one that the trace is about."""
    files = (
        ("intent", subject.intent, subject.intent_digest),
        ("policy", subject.policy, subject.policy_digest),
    )
    told = {notice.code.partition("_")[0] for notice in subject.blockers}
    for name, found, wanted in files:
        if found is None and name not in told:
            text = f"no {name} under the roots has the digest {wanted}"
            yield Notice(code=f"{name}_missing", text=text + _why_missing(name, subject))
        elif found is not None and found.digest != wanted:
            text = f"{name} {quoted(found.place, 200)} has the digest {found.digest}"
            yield Notice(
                code=f"{name}_digest_mismatch",
                text=f"{text}, the trace is about {wanted}",
                where=found.place,
            )
    yield from _args_fault(subject)


def _args_fault(subject: Subject) -> Iterator[Notice]:
    traced = "" if subject.trace is None else subject.trace.trace.args_digest
    computed = subject.args_digest
    if subject.trace is not None and computed and computed != traced:
        text = f"the arguments have the digest {computed}, the trace is about {traced}"
        yield Notice(code="args_digest_mismatch", text=text, where=subject.trace.place)


def _why_missing(name: str, subject: Subject) -> str:
    """Say what else the digest of an intent rests on, which no search can make up for."""
    source = "" if subject.trace is None else subject.trace.trace.context_source
    return f"; it rests on {quoted(source)} too" if name == "intent" and source else ""


def _verdict_faults(
    decision: Decision, kill: KillSwitchDecision | UnsetType, around: Surroundings
) -> Iterator[Notice]:
    stopped = tuple(_kill_faults(kill, around))
    yield from stopped
    if not stopped and decision.verdict != NEEDS_APPROVAL:
        text = f"the policy now decides {decision.verdict}, not {NEEDS_APPROVAL}"
        yield Notice(code="verdict_changed", text=text)


def _kill_faults(kill: KillSwitchDecision | UnsetType, around: Surroundings) -> Iterator[Notice]:
    status = "" if kill is UNSET else kill.status
    path = around.setting.kill_switch_state
    if status == "active" and kill is not UNSET:
        entries = ", ".join(kill.matched_entry_ids)
        yield Notice(
            code="kill_switch_active",
            text=f"the kill switch stops this call: {entries or kill.reason_code}",
            where=path,
        )
    elif status == "unavailable":
        text = f"the kill switch cannot be read: {around.kill_fault}"
        yield Notice(code="kill_switch_unreadable", text=text, where=path)


def _signature_fault(subject: Subject, around: Surroundings) -> Iterator[Notice]:
    """Say so where the trace that was named does not verify; those found by themselves do."""
    if subject.trace is None:
        return
    try:
        require_signed(subject.trace, around.trace_key)
    except VerificationFailed as exc:
        yield Notice(code=exc.code, text=exc.message, where=subject.trace.place)


def _state_change(subject: Subject, around: Surroundings) -> Iterator[Notice]:
    """Say so where the newest trace of the call asks nobody any more."""
    newest = _newest_of(around, subject.intent_digest, subject.policy_digest)
    for found in (subject.trace, newest):
        if found is not None and found.trace.verdict != NEEDS_APPROVAL:
            text = f"the gate has answered {found.trace.verdict} to this call"
            yield Notice(code="state_changed", text=text, where=found.place)
            return


def _newest_of(around: Surroundings, intent: str, policy: str) -> FoundTrace | None:
    own = [found for found in around.survey.traces if pair_of(found) == (intent, policy)]
    return next(newest_states(own, around.now_ns), None)


def _read_trace(place: str, host: Host) -> FoundTrace:
    return found_trace(read_record_text(place, host=host, what="gate trace"), place, 0)


def _files_of(target: ReviewTarget, found: FoundTrace, around: Surroundings) -> _Files:
    """Read the files that a target names beside its trace; find the others under the roots."""
    faults: list[Notice] = []
    intent: FoundIntent | None = None
    policy: FoundPolicy | None = None
    try:
        intent = (
            read_found_intent(target.intent, around.inventory, host=around.host)
            if target.intent
            else around.survey.intent(found.trace.intent_digest, found.trace.tool_name)
        )
    except GaitError as exc:
        faults.append(_unreadable("intent", exc))
    try:
        policy = (
            read_found_policy(target.policy, host=around.host)
            if target.policy
            else around.survey.policy(found.trace.policy_digest)
        )
    except GaitError as exc:
        faults.append(_unreadable("policy", exc))
    return _Files(intent, policy, tuple(faults))


def _unreadable(name: str, error: GaitError) -> Notice:
    return Notice(
        code=f"{name}_unreadable", text=f"{error.message} ({error.code})", where=error.where
    )
