import json
import os
from pathlib import Path
from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import RateLimit
from gait_engine.errors import InternalFailure, InvalidInput, StateContention
from gait_engine.gate.ratelimit import (
    Bucket,
    RateUse,
    budget_bucket,
    rate_bucket,
    use_buckets,
)
from gait_engine.host import Host
from tests.support.faults import in_children
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.judging import intent_of

SECOND = 10**9
HOURLY = "hour|tool_identity|2026-02-05T12:00:00Z|db.query|agent-7"
DELETE = {"kind": "path", "value": "/srv/app/a", "operation": "delete"}
READ = {"kind": "path", "value": "/srv/app/a", "operation": "read"}


def bucket_of(requests: int = 2, window: str = "hour", scope: str = "tool_identity") -> Bucket:
    return Bucket(RateLimit(requests=requests, window=window, scope=scope), "db.query", "agent-7")


def used(host: Host, *buckets: Bucket) -> tuple[RateUse, ...]:
    return use_buckets("rl.json", buckets, host=host)


def counters(host: Host) -> dict[str, int]:
    state = json.loads((host.cwd / "rl.json").read_bytes())
    return {counter["key"]: counter["count"] for counter in state["counters"]}


def write_counters(host: Host, **fields: Any) -> None:
    (host.cwd / "rl.json").write_text(json.dumps(fields))


def counted(key: str = HOURLY, count: int = 1) -> dict[str, Any]:
    return {"key": key, "count": count}


@pytest.mark.parametrize(
    ("scope", "key"),
    [("tool", "db.query"), ("identity", "agent-7"), ("tool_identity", "db.query|agent-7")],
)
def test_a_use_is_counted_for_those_its_scope_names(
    frozen_host: FrozenHost, scope: str, key: str
) -> None:
    (use,) = used(frozen_host, bucket_of(scope=scope))
    assert use == RateUse(scope, key, used=1, remaining=1, is_exceeded=False)
    assert counters(frozen_host) == {f"hour|{scope}|2026-02-05T12:00:00Z|{key}": 1}


def test_a_use_beyond_the_limit_is_exceeded_and_not_counted(frozen_host: FrozenHost) -> None:
    found = [used(frozen_host, bucket_of())[0] for _ in range(4)]
    assert [(use.used, use.remaining, use.is_exceeded) for use in found] == [
        (1, 1, False),
        (2, 0, False),
        (2, 0, True),
        (2, 0, True),
    ]
    assert counters(frozen_host) == {HOURLY: 2}


def test_a_counter_above_a_lowered_limit_leaves_nothing(frozen_host: FrozenHost) -> None:
    write_counters(frozen_host, counters=[counted(count=9)])
    assert used(frozen_host, bucket_of())[0] == RateUse(
        "tool_identity", "db.query|agent-7", used=9, remaining=0, is_exceeded=True
    )


@pytest.mark.parametrize(("window", "seconds"), [("minute", 60), ("hour", 3_600)])
def test_a_window_begins_with_the_minute_or_hour_of_the_clock(
    frozen_host: FrozenHost, window: str, seconds: int
) -> None:
    once = bucket_of(1, window)
    frozen_host.now = NOON_NS + seconds * SECOND - 1
    assert not used(frozen_host, once)[0].is_exceeded
    assert used(frozen_host, once)[0].is_exceeded
    frozen_host.now += 1
    assert not used(frozen_host, once)[0].is_exceeded


def test_other_times_of_the_same_window_are_forgotten_and_nothing_else(
    frozen_host: FrozenHost,
) -> None:
    kept = {
        "minute|tool|2020-01-01T00:00:00Z|x": 3,
        "hour|identity|2026-02-05T12:00:00Z|other|with|bars": 4,
        "not a key": 5,
    }
    gone = {"hour|tool|2026-02-05T11:00:00Z|x": 6, "hour|tool|2026-02-05T13:00:00Z|x": 7}
    write_counters(frozen_host, counters=[counted(*item) for item in (kept | gone).items()])
    used(frozen_host, bucket_of())
    assert counters(frozen_host) == {**kept, HOURLY: 1}


def test_the_state_is_written_sorted_and_the_same_each_time(frozen_host: FrozenHost) -> None:
    used(frozen_host, bucket_of(), bucket_of(scope="identity"))
    assert (frozen_host.cwd / "rl.json").read_text() == (
        "{\n"
        '  "schema_id": "gait.gate.rate_limit_state",\n'
        '  "schema_version": "1.0.0",\n'
        '  "counters": [\n'
        "    {\n"
        '      "key": "hour|identity|2026-02-05T12:00:00Z|agent-7",\n'
        '      "count": 1\n'
        "    },\n"
        "    {\n"
        f'      "key": "{HOURLY}",\n'
        '      "count": 1\n'
        "    }\n"
        "  ]\n"
        "}\n"
    )
    assert [path.name for path in frozen_host.cwd.iterdir()] == ["rl.json"]


def test_a_state_that_does_not_change_is_not_written(frozen_host: FrozenHost) -> None:
    used(frozen_host, bucket_of(1))
    written = (frozen_host.cwd / "rl.json").stat()
    used(frozen_host, bucket_of(1))
    assert (frozen_host.cwd / "rl.json").stat().st_ino == written.st_ino


def test_a_bucket_is_counted_even_if_the_one_before_is_exceeded(frozen_host: FrozenHost) -> None:
    rate, budget = bucket_of(1), bucket_of(5)._replace(tool="destructive_budget|db.query")
    used(frozen_host, rate, budget)
    first, second = used(frozen_host, rate, budget)
    assert (first.is_exceeded, second.is_exceeded, second.used) == (True, False, 2)


def test_two_buckets_of_one_counter_use_it_twice(frozen_host: FrozenHost) -> None:
    first, second = used(frozen_host, bucket_of(3), bucket_of(2))
    assert (first.used, second.used, second.remaining) == (1, 2, 0)
    first, second = used(frozen_host, bucket_of(3), bucket_of(2))
    assert (first.used, first.is_exceeded, second.used, second.is_exceeded) == (3, False, 3, True)
    assert counters(frozen_host) == {HOURLY: 3}


def test_without_a_bucket_nothing_is_read_or_written(frozen_host: FrozenHost) -> None:
    assert use_buckets("none/rl.json", (), host=frozen_host) == ()
    assert list(frozen_host.cwd.iterdir()) == []


def test_a_missing_folder_is_no_folder_to_make(frozen_host: FrozenHost) -> None:
    with pytest.raises(InternalFailure) as failed:
        use_buckets(".gait-out/rl.json", [bucket_of()], host=frozen_host)
    error = failed.value
    assert (error.exit_code, error.code, error.retryable) == (1, "internal_failure", False)
    assert "--rate-limit-state" in error.hint
    assert list(frozen_host.cwd.iterdir()) == []


@pytest.mark.parametrize(
    "text",
    [
        b"{bad",
        b"",
        b"[]",
        b'{"schema_id":"gait.gate.trace"}',
        b'{"counters":{}}',
        b'{"counters":[{"key":"k","count":-1}]}',
        b'{"counters":[{"key":"k","count":"1"}]}',
        b'{"counters":[{"key":"k","count":1.0}]}',
        b'{"counters":[{"key":"k","count":9223372036854775808}]}',
        b'{"counters":[{"key":"k","count":1},{"key":"k","count":2}]}',
        b'{"counters":[],"counters":[]}',
    ],
)
def test_a_corrupt_state_is_refused_and_stays(frozen_host: FrozenHost, text: bytes) -> None:
    path = frozen_host.cwd / "rl.json"
    path.write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        used(frozen_host, bucket_of())
    assert refused.value.exit_code == 6
    assert path.read_bytes() == text
    assert list(frozen_host.cwd.iterdir()) == [path]


def test_counts_are_exact_at_any_size(frozen_host: FrozenHost) -> None:
    write_counters(frozen_host, counters=[counted(count=9007199254740993)])
    assert used(frozen_host, bucket_of(2**62))[0].used == 9007199254740994


def test_a_lock_of_another_writer_is_waited_for_3_seconds(frozen_host: FrozenHost) -> None:
    lock = frozen_host.cwd / "rl.json.lock"
    lock.touch()
    os.utime(lock, ns=(NOON_NS, NOON_NS))
    with pytest.raises(StateContention) as busy:
        used(frozen_host, bucket_of())
    assert (busy.value.code, busy.value.retryable) == ("state_contention", True)
    assert frozen_host.now - NOON_NS == pytest.approx(3 * SECOND)
    assert lock.exists()


def test_an_empty_lock_older_than_15_seconds_is_left(frozen_host: FrozenHost) -> None:
    lock = frozen_host.cwd / "rl.json.lock"
    lock.touch()
    old = NOON_NS - 15 * SECOND - 1
    os.utime(lock, ns=(old, old))
    assert used(frozen_host, bucket_of())[0].used == 1
    assert not lock.exists()


def test_gates_at_once_grant_exactly_the_limit(tmp_path: Path) -> None:
    class There(Host):
        @property
        def cwd(self) -> Path:
            return tmp_path

        def now_ns(self) -> int:
            return NOON_NS

    def work() -> None:
        for _ in range(3):
            (use,) = used(There(), bucket_of(10))
            name = f"{os.getpid()}-{use.used}-{use.is_exceeded}"
            (tmp_path / f"{name}.use").touch(exist_ok=use.is_exceeded)

    assert in_children([work] * 6) == [0] * 6
    granted = [path.name.split("-")[1] for path in tmp_path.glob("*-False.use")]
    assert sorted(map(int, granted)) == list(range(1, 11))
    assert counters(There()) == {HOURLY: 10}


# ---------------------------------------------------------------- which bucket


def rate_of(intent: NormalIntent) -> Bucket | None:
    return rate_bucket(Decision(rate_limit=bucket_of().limit), intent)


def budget_of(intent: NormalIntent) -> Bucket | None:
    return budget_bucket(Decision(destructive_budget=bucket_of().limit), intent)


def script(*targets: list[dict[str, Any]], own: tuple[dict[str, Any], ...] = ()) -> NormalIntent:
    steps = [{"tool_name": "a.b", "targets": list(given)} for given in targets]
    return intent_of(*own, script={"steps": steps})


def test_a_decision_without_a_limit_has_no_bucket() -> None:
    intent = intent_of(DELETE)
    for limit in (UNSET, RateLimit(window="hour")):
        decision = Decision(rate_limit=limit, destructive_budget=limit)
        assert rate_bucket(decision, intent) is None
        assert budget_bucket(decision, intent) is None


def test_a_call_counts_under_its_tool_and_identity() -> None:
    limit = bucket_of().limit
    assert rate_of(intent_of(tool_name=" DB.Query")) == Bucket(limit, "db.query", "agent-7")
    assert rate_of(script([])) == Bucket(limit, "script", "agent-7")


def test_a_budget_counts_destruction_alone_under_a_name_of_its_own() -> None:
    assert budget_of(intent_of(READ)) is None
    assert budget_of(intent_of()) is None
    budget = budget_of(intent_of(READ, DELETE))
    assert budget == Bucket(bucket_of().limit, "destructive_budget|db.query", "agent-7")


def test_the_budget_of_a_script_shares_the_counter_of_its_rate_limit() -> None:
    assert budget_of(script([READ], [DELETE])) == rate_of(script([READ], [DELETE]))


@pytest.mark.parametrize(
    ("intent", "is_destructive"),
    [
        (script([READ], [READ]), False),
        (script([READ], [READ], own=(DELETE,)), False),
        (script([READ], [], own=(DELETE,)), True),
        (script([DELETE], own=(READ,)), True),
        (script([]), False),
    ],
)
def test_a_script_is_as_destructive_as_its_steps_those_without_targets_as_the_whole(
    intent: NormalIntent,
    is_destructive: bool,  # noqa: FBT001
) -> None:
    assert (budget_of(intent) is not None) is is_destructive
