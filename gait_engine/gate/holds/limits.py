"""Rate limits and destructive budgets: what a decision uses up, and what is used up already.

Contract: gate.md 4.3.
"""

from msgspec.structs import replace

from gait_engine.gate.decide import Decided
from gait_engine.gate.enforced import Enforced, changed
from gait_engine.gate.ratelimit import budget_bucket, rate_bucket, use_buckets
from gait_engine.gate.setup import Gate
from gait_engine.host import Host


def with_limits(gate: Gate, decided: Decided, state: Enforced, *, host: Host) -> Enforced:
    """Count a decision against its limits, whatever its verdict; an exceeded one blocks."""
    decision, intent = state.decision, decided.intent
    buckets = (rate_bucket(decision, intent), budget_bucket(decision, intent))
    given = [bucket for bucket in buckets if bucket is not None]
    uses = iter(use_buckets(gate.options.rate_limit_state, given, host=host))
    rate, budget = (next(uses) if bucket is not None else None for bucket in buckets)
    codes = [
        code
        for use, code in ((rate, "rate_limit_exceeded"), (budget, "destructive_budget_exceeded"))
        if use is not None and use.is_exceeded
    ]
    if codes:
        decision = changed(decision, "block", codes, codes)
    return replace(state, decision=decision, rate=rate, budget=budget)
