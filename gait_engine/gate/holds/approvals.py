"""Approvals: a call that needs them passes only with enough tokens that are about it (gate.md 6.2).

The only place where a verdict turns into allow.
"""

from typing import Final

from msgspec.structs import replace

from gait_engine.gate.decide import Decided
from gait_engine.gate.emit import trace_id
from gait_engine.gate.enforced import Enforced, changed
from gait_engine.gate.holds.tokenkey import token_key
from gait_engine.gate.setup import Gate
from gait_engine.gate.tokens.counting import (
    ApprovalAsk,
    ApprovalCount,
    ask_for,
    count_approvals,
    tally,
)
from gait_engine.gate.tokens.ledger import count_with_ledger
from gait_engine.gate.tokens.tokenfile import read_approval, token_paths
from gait_engine.host import Host

_OWN_KEY: Final = (
    "approval tokens were checked with the gate's own key: whoever runs the gate can approve"
)


def with_approvals(gate: Gate, decided: Decided, state: Enforced, *, host: Host) -> Enforced:
    """Count the approvals of a decision that requires them.

    Of one that a rule wanted approved and that is blocked for another reason the record says that
    nobody was asked.
    """
    decision = state.decision
    ask = ask_for(
        decided.intent,
        decision,
        intent_digest=decided.digests.intent,
        policy_digest=decided.digests.policy,
    )
    if decision.verdict != "require_approval":
        return replace(state, approval=tally((), ask))
    count = _counted(gate, decided, ask, host)
    verdict = "allow" if count.is_enough else decision.verdict
    return replace(
        state,
        decision=changed(decision, verdict, count.reasons, count.violations),
        approval=count,
        warnings=state.warnings + _warnings(gate, count),
        hazards=state.hazards + count.hazards,
    )


def _warnings(gate: Gate, count: ApprovalCount) -> tuple[str, ...]:
    return (_OWN_KEY,) if count.entries and gate.options.approval_keys.is_empty else ()


def _counted(gate: Gate, decided: Decided, ask: ApprovalAsk, host: Host) -> ApprovalCount:
    options = gate.options
    key = token_key(gate, (options.approval_keys,), "approval", host=host)
    paths = token_paths(options.approval_token, options.approval_token_chain.split(","))
    given = [read_approval(path, host=host) for path in paths]
    count = count_approvals(given, ask, key, host.now_ns())
    if not options.token_ledger or options.simulate:  # a trial uses nothing up
        return count
    allowed_id = trace_id(decided.digests, "allow")
    return count_with_ledger(count, ask, options.token_ledger, trace_id=allowed_id, host=host)
