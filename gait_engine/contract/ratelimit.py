"""The counters behind rate limits and destructive budgets (gate.md 4.3)."""

from typing import Final

from gait_engine.contract.common import Int64, Record, always

RATE_LIMIT_SCHEMA: Final = "gait.gate.rate_limit_state"


class RateCounter(Record, frozen=True, kw_only=True):
    """How often a bucket was used; the key names window, scope, start of the bucket and user."""

    key: str = always("")
    count: Int64 = always(0)


class RateLimitState(Record, frozen=True, kw_only=True):
    """What a rate-limit state file holds; counters are sorted by key."""

    schema_id: str = always("")
    schema_version: str = always("")
    counters: tuple[RateCounter, ...] = always(())
