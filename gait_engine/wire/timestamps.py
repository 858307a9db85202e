"""Instants and durations in the peer's spelling (runpack.md 1.5).

An instant travels as text in one normal form: the offset it came with is kept, trailing zeros of
the fraction and the rest of the freedom of RFC 3339 are gone. So equal text is equal bytes.
"""

import re
from functools import lru_cache
from typing import Final, NewType

from gait_engine.errors import InvalidInput, quoted

Timestamp = NewType("Timestamp", str)
"""RFC 3339 text as `normalise` returns it."""

ZERO: Final = Timestamp("0001-01-01T00:00:00Z")
"""What an absent time field holds."""

EPOCH_1980: Final = Timestamp("1980-01-01T00:00:00Z")

_SECOND: Final = 1_000_000_000
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": _SECOND,
    "m": 60 * _SECOND,
    "h": 3_600 * _SECOND,
}
_MAX_INT64: Final = 2**63 - 1

is_usual: Final = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{0,8}[1-9])?Z"
).fullmatch
"""Matches an instant that is in normal form beyond doubt: nearly all are."""

_parts = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{1,2}):([0-9]{2}):([0-9]{2})"
    r"(?:[.,]([0-9]+))?(?:Z|([+-])([0-9]{2}):([0-9]{2}))"
).fullmatch
_duration_part = re.compile(r"([0-9]*)(?:\.([0-9]*))?(ns|us|µs|μs|ms|s|m|h)").match


def normalise(text: str) -> Timestamp:
    """Bring an RFC 3339 instant into the one spelling the contract writes.

    Raises InvalidInput for anything the contract rejects.
    """
    if is_usual(text):
        return Timestamp(text)
    days, nanos, offset = _read(text)
    return _write(days, nanos, offset)


def to_utc(instant: Timestamp) -> Timestamp:
    """Return the same instant at offset zero."""
    return instant if instant.endswith("Z") else from_ns(to_ns(instant))


def to_ns(instant: str) -> int:
    """Return nanoseconds since 1970-01-01T00:00:00Z."""
    if is_usual(instant):
        seconds = int(instant[11:13]) * 3_600 + int(instant[14:16]) * 60 + int(instant[17:19])
        return (_midnight(instant[:10]) + seconds) * _SECOND + int(instant[20:-1].ljust(9, "0"))
    days, nanos, offset = _read(instant)
    return (days * 86_400 - offset) * _SECOND + nanos


def from_ns(nanoseconds: int) -> Timestamp:
    """Spell nanoseconds since 1970 as an instant at offset zero."""
    days, nanos = divmod(nanoseconds, 86_400 * _SECOND)
    return _write(days, nanos, 0)


def is_zero(instant: Timestamp) -> bool:
    """Tell the instant that counts as absent, at whatever offset it is written."""
    return instant == ZERO or (instant[:4] in ("0000", "0001") and to_ns(instant) == to_ns(ZERO))


def parse_duration(text: str) -> int:
    """Read a duration such as `1h30m`, `1.5s` or `-2ms` as nanoseconds."""
    rest = text[1:] if text[:1] in ("+", "-") else text
    total, position = 0, 0
    while position < len(rest) and (part := _duration_part(rest, position)):
        total += _part_ns(part)
        position = part.end()
    if rest != "0" and (not rest or position != len(rest) or total > _MAX_INT64):
        raise InvalidInput(f"duration: {quoted(text)}, expected a form such as 1h30m or 1.5s")
    return -total if text.startswith("-") else total


def _part_ns(part: re.Match[str]) -> int:
    whole, fraction, unit = part[1], part[2] or "", part[3]
    if not whole and not fraction:
        raise InvalidInput(f"duration: {quoted(part.string)}, expected a number before {unit}")
    scale = _UNITS[unit]
    significant = whole.lstrip("0")[:20] or "0"  # 20 digits overflow whatever follows
    return int(significant) * scale + _fraction_ns(fraction, scale)


def _fraction_ns(digits: str, unit_ns: int) -> int:
    """Scale a fraction as the peer does: in doubles, without the digits beyond 63 bits."""
    value, parts_of_one = 0, 1.0
    for digit in digits:
        if value > _MAX_INT64 // 10:
            break
        value = value * 10 + int(digit)
        parts_of_one *= 10
    return int(value * (unit_ns / parts_of_one))


def _read(text: str) -> tuple[int, int, int]:
    """Split an instant into local days since 1970, nanoseconds of that day, offset seconds."""
    parts = _parts(text)
    if parts is None:
        raise _bad(text)
    year, month, day, hour, minute, second = (int(part) for part in parts.groups()[:6])
    offset = (int(parts[9]) * 60 + int(parts[10])) * 60 if parts[8] else 0
    fits = 1 <= month <= 12 and 1 <= day <= _month_days(year, month)
    fits = fits and hour < 24 and minute < 60 and second < 60
    if not fits or int(parts[10] or 0) > 60 or offset >= 86_400:
        raise _bad(text)
    nanos = int((parts[7] or "")[:9].ljust(9, "0"))
    time_of_day = ((hour * 60 + minute) * 60 + second) * _SECOND + nanos
    return _days(year, month, day), time_of_day, -offset if parts[8] == "-" else offset


def _bad(text: str) -> InvalidInput:
    return InvalidInput(f"time: {quoted(text)}, expected RFC 3339 such as 2026-02-05T00:00:00Z")


def _month_days(year: int, month: int) -> int:
    if month == 2:
        return 29 if year % 4 == 0 and (year % 100 != 0 or year % 400 == 0) else 28
    return 30 if month in (4, 6, 9, 11) else 31


def _days(year: int, month: int, day: int) -> int:
    """Count days since 1970 in the proleptic Gregorian calendar, year 0 included."""
    year -= month <= 2
    era, year_of_era = divmod(year, 400)
    day_of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return (
        era * 146_097
        + year_of_era * 365
        + year_of_era // 4
        - year_of_era // 100
        + day_of_year
        - 719_468
    )


def _date(days: int) -> tuple[int, int, int]:
    era, day_of_era = divmod(days + 719_468, 146_097)
    year_of_era = (
        day_of_era - day_of_era // 1_460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year_of_era + era * 400 + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def _write(days: int, nanos: int, offset: int) -> Timestamp:
    seconds, fraction = divmod(nanos, _SECOND)
    tail = f".{fraction:09}".rstrip("0") if fraction else ""
    return Timestamp(f"{_date_and_time(days, seconds)}{tail}{_zone(offset) if offset else 'Z'}")


@lru_cache(maxsize=64)  # a stream of decisions has many instants in the same second
def _date_and_time(days: int, seconds: int) -> str:
    year, month, day = _date(days)
    if not 0 <= year <= 9999:
        raise InvalidInput(f"time: year {year}, expected 0000 to 9999")
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}"


@lru_cache(maxsize=1_024)  # traces of one day are many
def _midnight(date: str) -> int:
    """Return the seconds since 1970 at which a day begins."""
    return _days(int(date[:4]), int(date[5:7]), int(date[8:])) * 86_400


def _zone(offset: int) -> str:
    return f"{'-' if offset < 0 else '+'}{abs(offset) // 3600:02}:{abs(offset) // 60 % 60:02}"
