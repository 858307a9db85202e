"""Spans of time in the peer's spelling: `1h30m0s`, `1.5s`, `250ms` (runpack.md 1.5)."""

from typing import Final

_SECOND: Final = 1_000_000_000
_SMALL_UNITS: Final = ((1_000_000, "ms"), (1_000, "µs"), (1, "ns"))


def duration_text(nanoseconds: int) -> str:
    """Spell a span of time; `parse_duration` reads it back."""
    if nanoseconds == 0:
        return "0s"
    sign, span = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    return sign + (_below_a_second(span) if span < _SECOND else _in_seconds(span))


def _below_a_second(span: int) -> str:
    scale, unit = next(pair for pair in _SMALL_UNITS if span >= pair[0])
    return _decimal(span, scale) + unit


def _in_seconds(span: int) -> str:
    minutes, rest = divmod(span, 60 * _SECOND)
    hours, minute = divmod(minutes, 60)
    seconds = _decimal(rest, _SECOND) + "s"
    if hours:
        return f"{hours}h{minute}m{seconds}"
    return f"{minute}m{seconds}" if minute else seconds


def _decimal(value: int, scale: int) -> str:
    whole, fraction = divmod(value, scale)
    digits = len(str(scale)) - 1
    return f"{whole}.{fraction:0{digits}}".rstrip("0").rstrip(".") if fraction else str(whole)
