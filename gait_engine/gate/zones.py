"""Time zones by name, and the instant that a wall clock in one of them shows (gate.md 3.4 (6))."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Final
from zoneinfo import ZoneInfo

from gait_engine.contract.policy import LOCAL_ZONE
from gait_engine.errors import InvalidInput, quoted
from gait_engine.wire.timestamps import to_ns

_SECOND: Final = 1_000_000_000
_LOCAL_FILE: Final = "/etc/localtime"
_FIRST: Final = int(datetime(1, 1, 2, tzinfo=UTC).timestamp())
_LAST: Final = int(datetime(9999, 12, 30, tzinfo=UTC).timestamp())


def find_zone(name: str, local: tzinfo = UTC) -> tzinfo:
    """Return a zone by its IANA name, upper and lower case as there. Raises InvalidInput."""
    if name == LOCAL_ZONE:
        return local
    if name in ("", "UTC"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as exc:
        raise InvalidInput(f"time zone: {quoted(name)}, expected an IANA name") from exc


def local_zone(env: Mapping[str, str]) -> tzinfo:
    """Return the zone of the machine: what TZ names, else what it is set to; UTC when unknown."""
    named = env.get("TZ")
    try:
        if named is None:
            return _zone_file(_LOCAL_FILE)
        named = named.removeprefix(":")
        return _zone_file(named) if named.startswith("/") else find_zone(named)
    except (InvalidInput, ValueError, OSError):
        return UTC


def wall_clock_ns(wall: str, zone: tzinfo) -> int:
    """Return nanoseconds since 1970 when the clocks of a zone show `YYYY-MM-DDTHH:MM:SS`.

    Read as UTC, the wall time gives a first offset; the offset that holds that much earlier is
    the right one, in the gap and the overlap of a clock change too. Raises InvalidInput.
    """
    as_utc = to_ns(f"{wall}Z")
    first = _offset_seconds(as_utc // _SECOND, zone)
    second = _offset_seconds(as_utc // _SECOND - first, zone)
    return as_utc - second * _SECOND


def _offset_seconds(unix: int, zone: tzinfo) -> int:
    moment = datetime.fromtimestamp(min(max(unix, _FIRST), _LAST), zone)
    offset = moment.utcoffset()
    return 0 if offset is None else offset.days * 86_400 + offset.seconds


def _zone_file(path: str) -> tzinfo:
    with open(path, "rb") as file:  # noqa: PTH123  # a zone, not an input of anyone
        return ZoneInfo.from_file(file)
