"""Change freezes: who is concerned, when they are on, and what the clocks of a zone mean."""

from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gait_engine.contract.decision import FreezeDecision
from gait_engine.errors import InvalidInput
from gait_engine.gate.circumstances import Circumstances, zone_for
from gait_engine.gate.freeze import pick_freeze
from gait_engine.gate.zones import find_zone, local_zone, wall_clock_ns
from gait_engine.wire.timestamps import Timestamp, from_ns
from tests.support.judging import codes, decide, intent_of, policy_of

BERLIN = ZoneInfo("Europe/Berlin")
XMAS = {"name": "xmas", "start": "2026-12-24T00:00:00", "end": "2026-12-27T00:00:00"}


def frozen(at: str, context: dict[str, Any] | None = None, **freeze: Any) -> FreezeDecision:
    """Judge one freeze, in New York unless another zone is given, at one instant."""
    block = {"timezone": "America/New_York", "windows": [XMAS]} | freeze
    decision = decide(
        policy_of({"freeze_window": block}),
        intent_of(context=context or {}),
        Circumstances(at=Timestamp(at), local=BERLIN),
    )
    assert isinstance(decision.freeze_window, FreezeDecision)
    return decision.freeze_window


@pytest.mark.parametrize(
    ("at", "status"),
    [
        ("2026-12-24T04:59:59.999999999Z", "inactive"),
        ("2026-12-24T05:00:00Z", "active"),
        ("2026-12-27T04:59:59.999999999Z", "active"),
        ("2026-12-27T05:00:00Z", "inactive"),
        ("2026-12-24T00:00:00-05:00", "active"),
    ],
)
def test_a_window_begins_with_its_start_and_ends_before_its_end(at: str, status: str) -> None:
    assert frozen(at).status == status


def test_an_active_freeze_shows_its_window_and_why() -> None:
    shown = frozen("2026-12-25T00:00:00Z", effect="require_approval", reason="change stop")
    assert shown == FreezeDecision(
        status="active",
        effect="require_approval",
        timezone="America/New_York",
        evaluated_at=Timestamp("2026-12-25T00:00:00Z"),
        window_name="xmas",
        window_start=Timestamp("2026-12-24T05:00:00Z"),
        window_end=Timestamp("2026-12-27T05:00:00Z"),
        reason="change stop",
        reason_code="freeze_window_active_require_approval",
    )


def test_a_window_without_a_reason_gives_its_name() -> None:
    assert frozen("2026-12-25T00:00:00Z").reason == "xmas"


@pytest.mark.parametrize(
    ("filters", "context", "status"),
    [
        ({"environments": ["prod"]}, {"environment": "PROD"}, "active"),
        ({"environments": ["prod"]}, {"environment": "dev"}, "inactive"),
        ({"environments": ["prod"]}, {}, "inactive"),
        ({"risk_classes": ["medium"]}, {}, "active"),
        ({"risk_classes": ["high"]}, {}, "inactive"),
        ({"risk_classes": ["medium"], "environments": ["x"]}, {}, "inactive"),
        ({"environments": ["x"], "timezone": "Mars/Base"}, {}, "inactive"),
    ],
)
def test_a_freeze_concerns_its_environments_and_risk_classes(
    filters: dict[str, Any], context: dict[str, Any], status: str
) -> None:
    assert frozen("2026-12-25T00:00:00Z", context, **filters).status == status


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "europe/berlin", "../etc/localtime", "/etc/localtime", "America", "a\x00"]
)
def test_an_unknown_zone_blocks(zone: str) -> None:
    with pytest.raises(InvalidInput, match="time zone"):
        find_zone(zone)


def test_a_freeze_in_an_unknown_zone_is_invalid_and_blocks() -> None:
    policy = policy_of({"freeze_window": {"timezone": "Mars/Base", "windows": [XMAS]}})
    decision = decide(policy, intent_of())
    assert decision.verdict == "block"
    assert codes(decision) == {"freeze_window_invalid_timezone"} == set(decision.violations)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("2026-12-24", "2026-12-27T00:00:00"),
        ("2026-12-24T00:00:00Z", "2026-12-27T00:00:00"),
        ("2026-12-24T00:00:00", "2026-12-27 00:00:00"),
        ("2026-12-24T24:00:00", "2026-12-27T00:00:00"),
        ("2026-12-27T00:00:00", "2026-12-24T00:00:00"),
        ("2026-12-24T00:00:00", "2026-12-24T00:00:00"),
    ],
)
def test_a_window_that_means_nothing_is_invalid_and_blocks(start: str, end: str) -> None:
    windows = [{"start": start, "end": end}]
    shown = frozen("2026-01-01T00:00:00Z", effect="require_approval", windows=windows)
    assert (shown.status, shown.reason_code) == ("invalid", "freeze_window_invalid_window")
    assert (shown.effect, shown.window_name) == ("require_approval", "window-1")


def test_windows_are_judged_in_order_up_to_the_first_that_decides() -> None:
    broken = {"name": "broken", "start": "x", "end": "y"}
    assert frozen("2026-12-25T00:00:00Z", windows=[XMAS, broken]).status == "active"
    assert frozen("2026-12-25T00:00:00Z", windows=[broken, XMAS]).status == "invalid"


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", "2026-03-08T02:30:00", "2026-03-08T06:30:00Z"),
        ("America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z"),
        ("Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T01:30:00Z"),
        ("Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T01:30:00Z"),
        ("Europe/Berlin", "2026-07-01T2:30:00.5", "2026-07-01T00:30:00.5Z"),
        ("Asia/Kolkata", "2026-07-01T00:00:00", "2026-06-30T18:30:00Z"),
        ("UTC", "2026-07-01T00:00:00", "2026-07-01T00:00:00Z"),
        ("UTC", "0001-01-01T00:00:00", "0001-01-01T00:00:00Z"),
        ("UTC", "9999-12-31T23:59:59", "9999-12-31T23:59:59Z"),
    ],
)
def test_a_wall_clock_is_resolved_in_gaps_and_overlaps(zone: str, wall: str, instant: str) -> None:
    assert from_ns(wall_clock_ns(wall, find_zone(zone))) == instant


def test_local_means_the_zone_that_was_given() -> None:
    shown = frozen("2026-12-23T23:00:00Z", timezone="Local")
    assert (shown.status, shown.window_start) == ("active", "2026-12-23T23:00:00Z")


def test_the_zone_of_the_machine_is_looked_up_only_for_local() -> None:
    env = {"TZ": "Europe/Berlin"}
    named = policy_of({"freeze_window": {"timezone": "Asia/Tokyo", "windows": [XMAS]}})
    local = policy_of({"freeze_window": {"timezone": "Local", "windows": [XMAS]}})
    assert zone_for([named], env) is UTC
    assert zone_for([named, local], env) == BERLIN


@pytest.mark.parametrize("name", ["Europe/Berlin", ":Europe/Berlin"])
def test_tz_names_the_local_zone(name: str) -> None:
    assert local_zone({"TZ": name}) == BERLIN


@pytest.mark.parametrize("name", ["", "UTC", "Mars/Base", "/no/such/file"])
def test_a_zone_that_is_not_known_is_utc(name: str) -> None:
    assert local_zone({"TZ": name}) is UTC


def test_tz_may_name_a_file(tmp_path: Path) -> None:
    (tmp_path / "zone").write_bytes(b"no zone")
    assert local_zone({"TZ": str(tmp_path / "zone")}) is UTC


def shown(status: str, effect: str = "block", name: str = "") -> FreezeDecision:
    return FreezeDecision(status=status, effect=effect, window_name=name)


def test_of_several_freezes_the_gravest_is_shown() -> None:
    in_order = [
        shown("invalid"),
        shown("active", "block", "a"),
        shown("active", "block", "b"),
        shown("active", "require_approval"),
        shown("inactive"),
    ]
    for position, expected in enumerate(in_order):
        assert pick_freeze(in_order[position:][::-1]) == expected


def test_without_tz_the_machine_says_its_zone() -> None:
    assert isinstance(local_zone({}), tzinfo)
