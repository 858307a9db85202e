"""Rate limits and destructive budgets: how often calls of a kind were decided in a window of time.

A window begins with the minute or hour of the wall clock, in UTC. Every use counts, whatever the
verdict; one beyond the limit does not. Contract: gate.md 4.3.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import SCRIPT_TOOL, NormalIntent
from gait_engine.contract.policy import RateLimit
from gait_engine.contract.ratelimit import RATE_LIMIT_SCHEMA, RateCounter, RateLimitState
from gait_engine.errors import InternalFailure, quoted
from gait_engine.gate.fields import below, not_negative
from gait_engine.gate.script import step_intents
from gait_engine.gate.statefile import STATE_LOCK_SCHEMA, read_if_there, replace_state
from gait_engine.host import Host
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.timestamps import from_ns

_SECOND: Final = 10**9
_WINDOW_NS: Final = {"minute": 60 * _SECOND, "hour": 3_600 * _SECOND}
_BUDGET_PREFIX: Final = "destructive_budget|"
_LOCK_TIMEOUT_NS: Final = 3 * _SECOND
_LOCK_RETRY_NS: Final = _SECOND // 100
_LOCK_STALE_NS: Final = 15 * _SECOND

_Counts = dict[str, int]


class Bucket(NamedTuple):
    """A limit and who uses it: what a decision counts against."""

    limit: RateLimit
    tool: str
    identity: str


class RateUse(NamedTuple):
    """How much of a limit is used now, this use included unless it exceeds the limit."""

    scope: str
    key: str
    used: int
    remaining: int
    is_exceeded: bool


def rate_bucket(decision: Decision, intent: NormalIntent) -> Bucket | None:
    """Return what a decision counts against its rate limit; None where it has none."""
    return _bucket(decision.rate_limit, intent.tool_name, intent)


def budget_bucket(decision: Decision, intent: NormalIntent) -> Bucket | None:
    """Return what a decision counts against its destructive budget; None without destruction.

    A script goes by its bare tool name, so that it shares the counter of its rate limit where
    window and scope are the same.
    """
    if not _is_destructive(intent):
        return None
    is_script = intent.script is not UNSET
    tool = SCRIPT_TOOL if is_script else f"{_BUDGET_PREFIX}{intent.tool_name}"
    return _bucket(decision.destructive_budget, tool, intent)


def use_buckets(path: str, buckets: Sequence[Bucket], *, host: Host) -> tuple[RateUse, ...]:
    """Count one use of each bucket, in order; a bucket is counted even if one before is exceeded.

    Raises InvalidInput for a state file that is corrupt, StateContention, IoFailure;
    InternalFailure where its folder is missing.
    """
    if not buckets:
        return ()
    target = host.cwd / path
    if not target.parent.is_dir():
        raise InternalFailure(
            f"rate-limit state {quoted(path, 200)}: its folder is missing, expected one",
            where=path,
            hint="make the folder (mkdir -p), or name another file with --rate-limit-state",
        )
    with _lock(target, host):
        before, now_ns = _read_counts(path, host), host.now_ns()
        counts = dict(before)
        uses = tuple(_use(counts, bucket, now_ns) for bucket in buckets)
        if counts != before:
            replace_state(path, _state(counts), host=host)
    return uses


def _lock(path: Path, host: Host) -> AbstractContextManager[object]:
    """Lock as the peer does; its own locks are empty, so that the time of the file is their age."""
    from gait_engine.store.locks import LockProfile, hold_lock  # most decisions need no lock

    times = (_LOCK_TIMEOUT_NS, _LOCK_RETRY_NS, _LOCK_STALE_NS)
    return hold_lock(path, LockProfile(*times, "file", STATE_LOCK_SCHEMA), host)


def _bucket(limit: RateLimit | UnsetType, tool: str, intent: NormalIntent) -> Bucket | None:
    if limit is UNSET or limit.requests <= 0:
        return None
    return Bucket(limit, tool, intent.context.identity)


def _is_destructive(intent: NormalIntent) -> bool:
    """Look at the targets of a call; at those of each step of a script, or the script's own."""
    parts = [step.targets or intent.targets for step in step_intents(intent)] or [intent.targets]
    return any(target.destructive for targets in parts for target in targets)


def _read_counts(path: str, host: Host) -> _Counts:
    text = read_if_there(path, host=host, what="rate-limit state")
    if text is None:
        return {}
    source = Source(path, digested=False)
    state = read_record(text, RateLimitState, source)
    if state.schema_id not in ("", RATE_LIMIT_SCHEMA):
        found = quoted(state.schema_id)
        raise source.reject(f"{found}, expected {RATE_LIMIT_SCHEMA}", "$.schema_id")
    counts: _Counts = {}
    for index, counter in enumerate(state.counters):
        place = below(source, f".counters[{index}]")
        if counter.key in counts:
            raise place.reject(f"{quoted(counter.key)} counted twice, expected once", place.root)
        counts[counter.key] = not_negative(counter.count, place, "count")
    return counts


def _use(counts: _Counts, bucket: Bucket, now_ns: int) -> RateUse:
    """Count one use, unless there is none left, and forget every other time of its window."""
    limit = bucket.limit
    start = from_ns(now_ns - now_ns % _WINDOW_NS[limit.window])
    for key in [key for key in counts if _is_of_another_time(key, limit.window, start)]:
        del counts[key]
    name = _name(bucket)
    key = f"{limit.window}|{limit.scope}|{start}|{name}"
    used = counts.get(key, 0)
    is_exceeded = used >= limit.requests
    if not is_exceeded:
        used += 1
        counts[key] = used
    return RateUse(limit.scope, name, used, max(limit.requests - used, 0), is_exceeded)


def _name(bucket: Bucket) -> str:
    match bucket.limit.scope:
        case "tool":
            return bucket.tool
        case "identity":
            return bucket.identity
        case _:
            return f"{bucket.tool}|{bucket.identity}"


def _is_of_another_time(key: str, window: str, start: str) -> bool:
    parts = key.split("|", 3)
    return len(parts) == 4 and parts[0] == window and parts[2] != start


def _state(counts: _Counts) -> RateLimitState:
    return RateLimitState(
        schema_id=RATE_LIMIT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        counters=tuple(RateCounter(key=key, count=counts[key]) for key in sorted(counts)),
    )
