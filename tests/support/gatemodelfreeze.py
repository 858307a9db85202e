"""The naive model, change freezes: wall clocks of four zones, by their offsets of 2026.

Contract: gate.md 3.4 (6). Instants are naive datetimes in UTC.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final

Dict = dict[str, Any]

ZERO_TIME: Final = "0001-01-01T00:00:00Z"
OFFSETS: Final = {
    "UTC": [("0001-01-01T00:00:00", 0)],
    "Etc/UTC": [("0001-01-01T00:00:00", 0)],
    "America/New_York": [
        ("0001-01-01T00:00:00", -5),
        ("2026-03-08T07:00:00", -4),
        ("2026-11-01T06:00:00", -5),
    ],
    "Europe/Berlin": [
        ("0001-01-01T00:00:00", 1),
        ("2026-03-29T01:00:00", 2),
        ("2026-10-25T01:00:00", 1),
    ],
}
"""The beginning of each period in UTC, and its offset in hours."""
WALL: Final = re.compile(r"(\d{4}-\d\d-\d\dT)(\d?\d:\d\d:\d\d)(\.\d+)?")


def model_freeze(freeze: Dict, context: Dict, at: str, local: str) -> Dict | None:
    """Return what is shown of a freeze; None for a rule without one."""
    if not freeze:
        return None
    shown = {"effect": freeze["effect"], "timezone": freeze["timezone"], "evaluated_at": at}
    zone = local if freeze["timezone"] == "Local" else freeze["timezone"]
    places, risks = freeze.get("environments", []), freeze.get("risk_classes", [])
    if places and context.get("environment", "").lower() not in places:
        return status("inactive", shown)
    if risks and context["risk_class"] not in risks:
        return status("inactive", shown)
    if zone not in OFFSETS:
        return status("invalid", shown, reason_code="freeze_window_invalid_timezone")
    return in_windows(freeze, shown, zone, instant(at))


def in_windows(freeze: Dict, shown: Dict, zone: str, now: datetime) -> Dict:
    for window in freeze["windows"]:
        start, end = resolve(window["start"], zone), resolve(window["end"], zone)
        if start is None or end is None or end <= start:
            code = "freeze_window_invalid_window"
            return status("invalid", shown, reason_code=code, window_name=window["name"])
        if start <= now < end:
            return status(
                "active",
                shown,
                reason_code=f"freeze_window_active_{freeze['effect']}",
                window_name=window["name"],
                window_start=spelled(start),
                window_end=spelled(end),
                reason=freeze.get("reason") or window["name"],
            )
    return status("inactive", shown)


def status(word: str, shown: Dict, **more: str) -> Dict:
    """Complete what is shown; the prose that explains an invalid one is not modelled."""
    nothing = {"window_name": "", "window_start": ZERO_TIME, "window_end": ZERO_TIME}
    codes = {"reason": "", "reason_code": ""}
    return {"status": word, **nothing, **codes, **shown, **more}


def pick_freeze(found: list[Dict | None]) -> Dict | None:
    ranks = ["invalid", "active", "inactive"]
    return min(
        (one for one in found if one),
        key=lambda one: (
            ranks.index(one["status"]),
            ["block", "require_approval"].index(one["effect"]),
            one["window_name"],
        ),
        default=None,
    )


def resolve(wall: str, zone: str) -> datetime | None:
    """Find the instant of a wall clock in its gaps and overlaps, as the contract words it."""
    parts = WALL.fullmatch(wall)
    if parts is None:
        return None
    as_utc = instant(f"{parts[1]}{parts[2]:0>8}{parts[3] or ''}Z")
    offset, period = offset_at(as_utc, zone)
    moved = as_utc - offset
    other, other_period = offset_at(moved, zone)
    return moved if other_period == period else as_utc - other


def offset_at(moment: datetime, zone: str) -> tuple[timedelta, int]:
    """Return the offset at an instant and the number of its period."""
    begun = [n for n, (since, _) in enumerate(OFFSETS[zone]) if instant(f"{since}Z") <= moment]
    return timedelta(hours=OFFSETS[zone][begun[-1]][1]), begun[-1]


def instant(text: str) -> datetime:
    whole, _, fraction = text.removesuffix("Z").partition(".")
    form = "%Y-%m-%dT%H:%M:%S.%f" if fraction else "%Y-%m-%dT%H:%M:%S"
    return datetime.strptime(f"{whole}.{fraction}" if fraction else whole, form)  # noqa: DTZ007  # UTC


def spelled(moment: datetime) -> str:
    text = moment.isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"
