"""Several decisions joined into one: of the rules that decide a call, of the steps of a script.

Contract: gate.md 3.3, 3.4 (picks), 3.5.
"""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import Decision
from gait_engine.contract.policy import RATE_WINDOWS, RateLimit
from gait_engine.gate.freeze import pick_freeze
from gait_engine.gate.sandbox import pick_sandbox
from gait_engine.gate.verdicts import merged, strongest


def settled(parts: Sequence[Decision]) -> Decision:
    """Decide a call by what the rules taken make of it: the strongest verdict and its rules."""
    verdict = strongest(part.verdict for part in parts)
    decisive = [part for part in parts if part.verdict == verdict]
    decision = decisive[0] if len(decisive) == 1 else combined(decisive)
    needs_approval = verdict == "require_approval"
    return msgspec.structs.replace(
        decision,
        is_judged=True,
        min_approvals=max(1, decision.min_approvals) if needs_approval else 0,
        require_distinct_approvers=needs_approval and decision.require_distinct_approvers,
        broker_reference=",".join(
            merged(p.broker_reference for p in decisive if p.broker_reference)
        ),
        matched_rule=",".join(merged(part.matched_rule for part in parts)),
    )


def combined(parts: Sequence[Decision]) -> Decision:
    """Join what decisions say and ask for; `broker_reference` is that of the first that has one."""
    freezes = [part.freeze_window for part in parts if part.freeze_window is not UNSET]
    sandboxes = [part.sandbox for part in parts if part.sandbox is not UNSET]
    return Decision(
        verdict=strongest(part.verdict for part in parts),
        reason_codes=merged(*(part.reason_codes for part in parts)),
        violations=merged(*(part.violations for part in parts)),
        min_approvals=max(part.min_approvals for part in parts),
        require_distinct_approvers=any(part.require_distinct_approvers for part in parts),
        require_delegation=any(part.require_delegation for part in parts),
        delegation_scopes=merged(*(part.delegation_scopes for part in parts)),
        require_broker_credential=any(part.require_broker_credential for part in parts),
        broker_reference=next((p.broker_reference for p in parts if p.broker_reference), ""),
        broker_scopes=merged(*(part.broker_scopes for part in parts)),
        rate_limit=strictest([part.rate_limit for part in parts]),
        destructive_budget=strictest([part.destructive_budget for part in parts]),
        is_judged=True,
        matched_rule=",".join(merged(part.matched_rule for part in parts if part.matched_rule)),
        freeze_window=pick_freeze(freezes) if freezes else UNSET,
        sandbox=pick_sandbox(sandboxes) if sandboxes else UNSET,
    )


def strictest(limits: Sequence[RateLimit | UnsetType]) -> RateLimit | UnsetType:
    """Return the limit of fewest requests, of several such that of the shorter window."""
    known = [limit for limit in limits if limit is not UNSET]
    return min(
        known,
        key=lambda limit: (limit.requests, RATE_WINDOWS.index(limit.window), limit.scope),
        default=UNSET,
    )
