"""What an approver must see before approving, all of it computed anew.

Dangers come first, then what keeps the call from being approved, then every field against the
rules. Contract: threats.md 6.
"""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.answers.base import HazardNote
from gait_engine.contract.answers.pending import Unread
from gait_engine.contract.answers.policyexplain import PolicyExplainAnswer
from gait_engine.contract.answers.review import (
    DigestCheck,
    LastApproved,
    Notice,
    ReviewShowAnswer,
    TokenForm,
)
from gait_engine.contract.keys import DEMO_KEY_ID
from gait_engine.contract.review import DEFAULT_TTL, DENIED, MUST_READ, ReviewEvent
from gait_engine.gate.explain.around import ignored_claims
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.prepare import prepared
from gait_engine.gate.review.approverkey import ApproverKey, load_approver_key
from gait_engine.gate.review.dangers import dangers
from gait_engine.gate.review.fields import Leaf, leaves, preimage_of
from gait_engine.gate.review.finding import (
    TRACE_SIGNATURE_INVALID,
    FoundIntent,
    FoundTrace,
)
from gait_engine.gate.review.history import (
    approvals_of_others,
    history,
    last_decision,
    read_decisions,
)
from gait_engine.gate.review.phrases import deny_phrase, required_phrases
from gait_engine.gate.review.rows import TAKEN, count_rows, deciding_calls, review_rows
from gait_engine.gate.review.subject import Subject, approvals_at_hand, given_approvals
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.gate.telling import TRACE
from gait_engine.gate.tokens.approval import APPROVAL_KIND
from gait_engine.gate.tokens.counting import ApprovalCount
from gait_engine.gate.tokens.signing import SKEW_NS
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.timestamps import from_ns

EXPIRED: Final = f"{APPROVAL_KIND}_expired"


class _Shown(NamedTuple):
    """Everything the parts of the answer are made of."""

    subject: Subject
    around: Surroundings
    approvals: ApprovalCount | None
    decisions: tuple[ReviewEvent, ...]
    log_faults: tuple[Unread, ...]
    key: ApproverKey


def review_screen(subject: Subject, around: Surroundings) -> ReviewShowAnswer:
    """Show a call under review; what cannot be known stays empty, and a blocker says why."""
    decisions, log_faults = read_decisions(around)
    count = approvals_at_hand(subject, around)
    shown = _Shown(subject, around, count, decisions, log_faults, load_approver_key(around))
    blockers = approval_blockers(subject, count, shown.key, log_faults)
    answer = ReviewShowAnswer(
        ok=True,
        is_approvable=not blockers,
        blockers=blockers,
        banners=tuple(_banners(shown)),
        intent_digest=subject.intent_digest,
        policy_path=subject.policy.place if subject.policy else "",
        policy_digest=subject.policy_digest,
        tool_name=subject.tool_name,
        trace_id=subject.trace_id,
        evaluated_at=from_ns(around.now_ns),
        digests=tuple(_digests(subject)),
        history=history(subject, decisions, around.survey),
        form=_form(shown),
        must_read=MUST_READ,
        deny_phrase=deny_phrase(subject.intent_digest),
        log_path=around.setting.log,
    )
    answer = _with_approvals(_with_trace(answer, shown), shown)
    if subject.intent is not None:
        answer = _with_intent(answer, subject.intent, shown)
    return msgspec.structs.replace(answer, unread=_unread(shown))


def approval_blockers(
    subject: Subject,
    count: ApprovalCount | None,
    key: ApproverKey,
    log_faults: Sequence[Unread],
) -> tuple[Notice, ...]:
    """List all that keeps a call from being approved, whoever approves and whatever is typed."""
    found = list(subject.blockers)
    if count is not None and count.is_enough:
        text = f"enough approvals are at hand already: {', '.join(count.approvers)}"
        found.append(Notice(code="approvals_complete", text=text))
    if key.fault is not None:
        found.append(key.fault)
    found += [
        Notice(code=fault.error_code, text=f"no log, no token: {fault.error}", where=fault.path)
        for fault in log_faults
    ]
    return tuple(found)


def _with_trace(answer: ReviewShowAnswer, shown: _Shown) -> ReviewShowAnswer:
    found = shown.subject.trace
    if found is None:
        return answer
    return msgspec.structs.replace(
        answer,
        trace_path=found.place,
        trace_signature=_signature_state(found, shown),
        observed_at=from_ns(found.observed_ns) if found.observed_ns else "",
    )


def _signature_state(found: FoundTrace, shown: _Shown) -> str:
    """Say `none`, `not_checked`, `verified` or `failed`."""
    if found.trace.signature is UNSET:
        return "none"
    if shown.around.trace_key is None:
        return "not_checked"
    codes = [notice.code for notice in shown.subject.blockers]
    return "failed" if TRACE_SIGNATURE_INVALID in codes else "verified"


def _with_approvals(answer: ReviewShowAnswer, shown: _Shown) -> ReviewShowAnswer:
    ask, count, decision = shown.subject.ask, shown.approvals, shown.subject.decision
    return msgspec.structs.replace(
        answer,
        verdict=decision.verdict if decision else "",
        reason_codes=decision.reason_codes if decision else (),
        violations=decision.violations if decision else (),
        matched_rule=decision.matched_rule if decision else "",
        required=ask.required if ask else 0,
        distinct=ask.is_distinct if ask else False,
        valid=given_approvals(count, ask),
        approvers=count.approvers if count else (),
        tokens_checked=count is not None,
        tokens=count.entries if count else (),
    )


def _with_intent(answer: ReviewShowAnswer, intent: FoundIntent, shown: _Shown) -> ReviewShowAnswer:
    context, found = intent.judged.context, leaves(intent.judged)
    told = dangers(found)
    explained = _explained(intent, shown)
    last, before = _last_approved(shown)
    calls = () if explained is None else deciding_calls(explained)
    rows = review_rows(found, calls, before)
    answer = msgspec.structs.replace(
        answer,
        dangers=told,
        hazards=tuple(dict.fromkeys(HazardNote(code=d.code, where=d.where) for d in told)),
        phrases=required_phrases(answer.intent_digest, told, answer.form.scope),
        intent_path=intent.place,
        identity=context.identity,
        risk_class=context.risk_class,
        phase=context.phase,
        environment=context.environment,
        destructive=any(target.destructive for target in intent.judged.targets),
        targets=intent.judged.targets,
        rows=rows,
        counts=count_rows(rows),
        last_approved=last,
        ignored_claims=ignored_claims(intent.given, prepared(intent.given)),
        prepared_intent=Raw(canonical_record(preimage_of(intent.judged))),
    )
    return answer if explained is None else _with_rules(answer, explained)


def _with_rules(answer: ReviewShowAnswer, explained: PolicyExplainAnswer) -> ReviewShowAnswer:
    return msgspec.structs.replace(
        answer,
        default_verdict=explained.default_verdict,
        rules=tuple(rule for rule in explained.rules if rule.state in TAKEN),
        script=explained.script,
        fail_closed=explained.fail_closed,
    )


def _explained(intent: FoundIntent, shown: _Shown) -> PolicyExplainAnswer | None:
    """Explain the verdict; a policy or an intent of another call would explain another one."""
    policy = shown.subject.policy
    if policy is None or not shown.subject.is_same_call:
        return None
    circumstances = shown.around.circumstances(policy)
    return explain(policy.policy, prepared(intent.given), circumstances, policy.lines)


def _last_approved(shown: _Shown) -> tuple[LastApproved | UnsetType, list[Leaf] | None]:
    """Find the last approval of another intent of the tool, and the fields of that intent."""
    event = next(approvals_of_others(shown.subject, shown.decisions), None)
    if event is None:
        return UNSET, None
    found = shown.around.survey.intent(event.intent_digest, shown.subject.tool_name)
    told = LastApproved(
        at=event.at,
        approver=event.reviewer,
        intent_digest=event.intent_digest,
        intent_path=found.place if found else "",
        compared=found is not None,
    )
    return told, leaves(found.judged) if found else None


def _digests(subject: Subject) -> Iterator[DigestCheck]:
    intent, policy = subject.intent, subject.policy
    computed = {
        "intent": intent.digest if intent else "",
        "policy": policy.digest if policy else "",
        "args": subject.args_digest,
    }
    for name, digest in computed.items():
        traced = getattr(subject.trace.trace, f"{name}_digest") if subject.trace else ""
        yield DigestCheck(
            name=name, computed=digest, traced=traced, is_same=bool(digest) and digest == traced
        )


def _form(shown: _Shown) -> TokenForm:
    ask, key = shown.subject.ask, shown.key
    return TokenForm(
        scope=ask.scope if ask else (),
        ttl=DEFAULT_TTL,
        max_ttl=shown.around.setting.max_ttl,
        max_targets=ask.targets if ask else 0,
        max_ops=ask.ops if ask else 0,
        may_not_approve=ask.own_identities if ask else (),
        key_id=key.key_id,
        key_source=key.source,
    )


def _banners(shown: _Shown) -> Iterator[Notice]:
    subject, around, count = shown.subject, shown.around, shown.approvals
    last = last_decision(shown.decisions, (subject.intent_digest, subject.policy_digest))
    if last is not None and last.event == DENIED:
        text = f"{last.reviewer} denied this call at {last.at}: {last.reason_code}"
        yield Notice(code="denied_before", text=text)
    if subject.trace is not None:
        yield from _trace_banners(subject.trace, around)
    else:
        yield Notice(code="trace_missing", text="no trace of this call is under the roots")
    if around.key is None:
        text = "approvals at hand are not counted: no key to check them with"
        yield Notice(code="tokens_not_checked", text=text)
    if around.key_id == DEMO_KEY_ID:
        text = "the key is that of gait demo --incident, no secret: its approvals prove nothing"
        yield Notice(code="demo_key", text=text)
    if count is not None and EXPIRED in count.codes:
        yield Notice(code=EXPIRED, text="an earlier approval of this call has expired")
    freeze = UNSET if subject.decision is None else subject.decision.freeze_window
    if freeze is not UNSET and freeze.status == "active":
        text = f"a change freeze is on: {freeze.reason or freeze.window_name}"
        yield Notice(code="freeze_window_active", text=f"{text}, until {freeze.window_end}")


def _trace_banners(found: FoundTrace, around: Surroundings) -> Iterator[Notice]:
    if found.trace.signature is UNSET:
        yield Notice(code="trace_unsigned", text="the trace is not signed", where=found.place)
    if found.observed_ns > around.now_ns + SKEW_NS:
        text = f"the trace is from the future: observed at {from_ns(found.observed_ns)}"
        yield Notice(code="clock_before_trace", text=text, where=found.place)


def _unread(shown: _Shown) -> tuple[Unread, ...]:
    """List what could not be used and may belong to the call; other traces do not, save forged."""
    unread = (*shown.around.survey.unread, *shown.log_faults)
    told = (one for one in unread if one.kind != TRACE or one.error_code == TRACE_SIGNATURE_INVALID)
    return tuple(sorted(told, key=lambda one: one.path))
