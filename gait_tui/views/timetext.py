"""Instants, ages and durations as the screens spell them."""

import re
from datetime import UTC, datetime
from typing import Final

_SECOND: Final = 10**9
_DAY: Final = 86_400 * _SECOND
_UNITS: Final = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_fraction = re.compile(r"\.([0-9]+)")
_YEAR_ONE: Final = "0001-01-01"


def epoch_ns(instant: str) -> int | None:
    """Count nanoseconds since 1970 of an RFC 3339 instant; None where there is none."""
    if not instant or instant.startswith(_YEAR_ONE):
        return None
    found = _fraction.search(instant)
    nanos = int(found[1][:9].ljust(9, "0")) if found else 0
    try:
        whole = datetime.fromisoformat(_fraction.sub("", instant))
        return int(whole.timestamp()) * _SECOND + nanos
    except (ValueError, OverflowError):
        return None


def age(then_ns: int | None, now_ns: int) -> str:
    """Spell how long ago in one unit, cut down: `31m`; `0s` for what lies ahead."""
    if then_ns is None:
        return "–"
    seconds = max(now_ns - then_ns, 0) // _SECOND
    for unit, size in _UNITS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return "0s"


def clock(at_ns: int) -> str:
    """Spell the time of day: `03:12:11Z`."""
    return f"{datetime.fromtimestamp(at_ns // _SECOND, UTC):%H:%M:%S}Z"


def moment(text: str, now_ns: int) -> str:
    """Spell an instant by its time of day, with its date where that is not today's."""
    at_ns = epoch_ns(text)
    if at_ns is None:
        return instant(text)
    is_today = at_ns // _DAY == now_ns // _DAY
    day = "" if is_today else f"{datetime.fromtimestamp(at_ns // _SECOND, UTC):%Y-%m-%d} "
    return f"{day}{clock(at_ns)}"


def instant(text: str) -> str:
    """Spell a recorded instant, year 1 as none."""
    return "–" if not text or text.startswith(_YEAR_ONE) else text


def offset(then_ns: int | None, start_ns: int | None) -> str:
    """Spell seconds since the start with one digit: `41.0`."""
    if then_ns is None or start_ns is None:
        return "–"
    return f"{(then_ns - start_ns) / _SECOND:.1f}"


def milliseconds(elapsed: float) -> str:
    """Spell how long something took, given seconds: `388 ms`, `2.1 s`."""
    return f"{elapsed:.1f} s" if elapsed >= 1 else f"{round(elapsed * 1000)} ms"
