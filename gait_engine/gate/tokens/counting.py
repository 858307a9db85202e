"""Counting approvals: which tokens are about this very call, and whether they are enough.

Pure: the tokens have been read, the clock looked at. Contract: gate.md 6.2; compat.md and
threats.md 6 for what only this gate refuses.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.approval import ANY_SCOPE, ApprovalEntry, ApprovalToken
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Texts
from gait_engine.errors import Hazard, InvalidInput
from gait_engine.gate.claims import delegation_digest
from gait_engine.gate.tokens.approval import APPROVAL_KIND, normalise_approval
from gait_engine.gate.tokens.lookalike import is_deceptive, same_person_form
from gait_engine.gate.tokens.signing import (
    NOT_YET_VALID,
    is_expired,
    is_premature,
    signature_fault,
)
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.gate.verdicts import merged
from gait_engine.wire.text import unique_sorted
from gait_engine.wire.timestamps import to_utc

APPROVAL_GRANTED: Final = "approval_granted"
APPROVAL_NOT_GRANTED: Final = "approval_not_granted"

_APPLIES_DESTRUCTION: Final = ("destructive:apply", "phase:apply")


class ApprovalAsk(NamedTuple):
    """What approvals must be about: the call, the policy, and how many people of whom."""

    intent_digest: str
    policy_digest: str
    delegation_digest: str
    """That of the intent's delegation, empty if it has none."""
    scope: Texts
    targets: int
    ops: int
    required: int
    is_distinct: bool
    own_identities: Texts
    """Those who ask: none of them may approve."""


class ApprovalCount(NamedTuple):
    """How the tokens fared; entries in the order in which the tokens were given."""

    entries: tuple[ApprovalEntry, ...]
    valid: int
    approvers: Texts
    codes: Texts
    """Why tokens were not counted, each reason once."""
    token_ids: Texts
    is_enough: bool
    """What the verdict says, distinct approvers included."""
    reasons: Texts
    violations: Texts
    hazards: tuple[Hazard, ...]
    """What in the files was ambiguous, and where."""


def ask_for(
    intent: NormalIntent, decision: Decision, *, intent_digest: str, policy_digest: str
) -> ApprovalAsk:
    """Say what a token must hold to approve a call as it was decided."""
    delegation = intent.delegation
    return ApprovalAsk(
        intent_digest=intent_digest,
        policy_digest=policy_digest,
        delegation_digest="" if delegation is UNSET else delegation_digest(delegation),
        scope=_scope(intent),
        targets=_target_count(intent),
        ops=_op_count(intent),
        required=decision.min_approvals,
        is_distinct=decision.require_distinct_approvers,
        own_identities=merged(filter(None, own_identities(intent))),
    )


def count_approvals(
    given: Sequence[Given[ApprovalToken]], ask: ApprovalAsk, key: bytes, now_ns: int
) -> ApprovalCount:
    """Count the tokens that count; of look-alike approvers the first one given.

    `key` is the public key of approvals, `now_ns` the wall clock.
    """
    people: dict[str, str] = {}
    entries = [_entry(one, _fault(one, ask, key, now_ns, people)) for one in given]
    return tally(entries, ask, [one.hazard for one in given if one.hazard])


def terms_fault(token: ApprovalToken, ask: ApprovalAsk, now_ns: int, people: dict[str, str]) -> str:
    """Return why a token in normal form does not count, its signature aside; empty if it does.

    `people` are the approvers so far, by what a reader sees of them; this one is entered.
    """
    return (
        _mismatch(token, ask, now_ns)
        or (NOT_YET_VALID if is_premature(token, now_ns) else "")
        or _approver_fault(token.approver_identity, ask, people)
    )


def tally(
    entries: Sequence[ApprovalEntry], ask: ApprovalAsk, hazards: Iterable[Hazard] = ()
) -> ApprovalCount:
    """Add up what is known of each token."""
    valid = [entry for entry in entries if entry.valid]
    approvers = tuple(unique_sorted([entry.approver_identity for entry in valid]))
    codes = merged(entry.error_code for entry in entries if entry.error_code)
    lacking = _lacking(len(valid), len(approvers), ask)
    outcome = lacking or (APPROVAL_GRANTED,)
    return ApprovalCount(
        entries=tuple(entries),
        valid=len(valid),
        approvers=approvers,
        codes=codes,
        token_ids=tuple(unique_sorted([entry.token_id for entry in valid])),
        is_enough=not lacking,
        reasons=merged(codes, outcome) if entries else (f"{APPROVAL_KIND}_missing",),
        violations=(APPROVAL_NOT_GRANTED,) if lacking else (),
        hazards=tuple(sorted(hazards)),
    )


def not_counted(entry: ApprovalEntry, code: str) -> ApprovalEntry:
    """Strike a token from the count."""
    return msgspec.structs.replace(entry, valid=False, error_code=code)


def _lacking(valid: int, approvers: int, ask: ApprovalAsk) -> Texts:
    required = max(ask.required, 1)  # no approval at all is never enough
    few = ("approval_chain_insufficient",) if valid < required else ()
    if ask.is_distinct and required > 1 and approvers < required:
        return (*few, "approval_distinct_approvers_required")
    return few


def _entry(one: Given[ApprovalToken], fault: str) -> ApprovalEntry:
    """Show a token's own words; of a file that is ambiguous none, for nobody signed them."""
    if one.token is None:
        return ApprovalEntry(valid=False, error_code=fault)
    return ApprovalEntry(
        token_id=one.token.token_id,
        approver_identity=one.token.approver_identity,
        reason_code=one.token.reason_code,
        scope=tuple(unique_sorted(list(one.token.scope))),
        expires_at=to_utc(one.token.expires_at),
        valid=not fault,
        error_code=fault,
    )


def _fault(
    one: Given[ApprovalToken], ask: ApprovalAsk, key: bytes, now_ns: int, people: dict[str, str]
) -> str:
    """Return why a token does not count; one that does enters its approver among the people."""
    if one.token is None:
        return one.fault
    try:
        token = normalise_approval(one.token)
    except InvalidInput:
        return f"{APPROVAL_KIND}_invalid"
    return signature_fault(token, key, APPROVAL_KIND) or terms_fault(token, ask, now_ns, people)


def _mismatch(token: ApprovalToken, ask: ApprovalAsk, now_ns: int) -> str:
    """Compare in the contract's order; a bound of 0 bounds nothing."""
    binds = token.delegation_binding_digest
    checks = (
        ("intent_mismatch", token.intent_digest != ask.intent_digest),
        ("policy_mismatch", token.policy_digest != ask.policy_digest),
        ("delegation_binding_mismatch", ask.delegation_digest not in ("", binds)),
        ("expired", is_expired(token, now_ns)),
        ("scope_mismatch", not _covers(token.scope, ask.scope)),
        ("max_targets_exceeded", 0 < token.max_targets < ask.targets),
        ("max_ops_exceeded", 0 < token.max_ops < ask.ops),
    )
    return next((f"{APPROVAL_KIND}_{name}" for name, failed in checks if failed), "")


def _covers(scope: Texts, required: Texts) -> bool:
    return ANY_SCOPE in scope or set(required) <= set(scope)


def _approver_fault(approver: str, ask: ApprovalAsk, people: dict[str, str]) -> str:
    form = same_person_form(approver)
    if form in map(same_person_form, ask.own_identities):
        return "self_approval"
    if is_deceptive(approver) or people.setdefault(form, approver) != approver:
        return "approver_lookalike"
    return ""


def _scope(intent: NormalIntent) -> Texts:
    is_apply = intent.context.phase == "apply"
    destroys = is_apply and any(target.destructive for target in intent.targets)
    return (*(_APPLIES_DESTRUCTION if destroys else ()), f"tool:{intent.tool_name}")


def _target_count(intent: NormalIntent) -> int:
    steps = () if intent.script is UNSET else intent.script.steps
    return sum(len(step.targets) for step in steps) or len(intent.targets)


def _op_count(intent: NormalIntent) -> int:
    return max(len(intent.targets), 1) if intent.script is UNSET else len(intent.script.steps)


def own_identities(intent: NormalIntent) -> Iterator[str]:
    """Yield who asks; a chain is unbroken: each delegate delegates on, or is the requester."""
    yield intent.context.identity
    yield intent.context.agent_id
    if intent.delegation is not UNSET:
        yield intent.delegation.requester_identity
        for link in intent.delegation.chain:
            yield link.delegator_identity
