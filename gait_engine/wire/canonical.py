"""Canonical JSON (RFC 8785 with every number a double), the bytes all digests are made of.

msgspec's sorted encoder gives the canonical bytes of every value but a few, and a look at its
output tells which: a number that is not a short plain integer, a key that may sort differently
by UTF-16 units, or what does not come back as it was (NaN is written as null, bytes as text).
Only those take the slow road.
Contract: runpack.md 1.3.
"""

import re
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from gait_engine.errors import InvalidInput, quoted

SAFE_INTEGER: Final = 2**53 - 1

_decode: Final = msgspec.json.Decoder().decode
_sorted: Final = msgspec.json.Encoder(order="sorted")
_encode_sorted: Final = _sorted.encode
_encode_lines_sorted: Final = _sorted.encode_lines
_NUMERALS: Final = b"-0123456789"
_DIGITS_AS_ZERO: Final = bytes.maketrans(b"123456789", b"0" * 9)
_LONG_NUMBER: Final = b"0" * 16
_MARKS: Final = bytes.maketrans(b"[e", b",.")
"""One mark for what precedes a number in an array, one for what only odd numbers hold."""
_odd_number: Final = re.compile(
    rb"(?:^|[:,\[])-?(?:0\.00000|[0-9]+(?:e|\.0(?![0-9])|\.[0-9]+e|(?<=[0-9]{16})))"
).search
"""Finds a number that is written with an exponent, integral with a point, tiny or long."""
_ASTRAL_LEAD_BYTES: Final = (b"\xf0", b"\xf1", b"\xf2", b"\xf3", b"\xf4")


def canonical(value: Any) -> bytes:
    """Return the canonical bytes of a JSON value (str, bool, None, int, float, list, dict).

    Raises InvalidInput for NaN, infinities, other types, lone surrogates and too deep nesting.
    """
    return _canonical(value, is_decoded=False)


def canonical_text(text: bytes | msgspec.Raw) -> bytes:
    """Return the canonical bytes of JSON text that the strict reader has let through."""
    return canonical_decoded(_decode(text))


def canonical_decoded(value: Any) -> bytes:
    """Return the canonical bytes of a value that the strict reader has made of JSON text."""
    return _canonical(value, is_decoded=True)


def _canonical(value: Any, *, is_decoded: bool) -> bytes:
    try:
        encoded = _encode_sorted(value)
        if _is_canonical(encoded) and (is_decoded or _decode(encoded) == value):
            return encoded
        return _canonical_slowly(value)
    except (TypeError, UnicodeEncodeError, ValueError) as exc:
        raise InvalidInput(f"value to digest: {quoted(str(exc))}, expected JSON") from exc
    except RecursionError as exc:
        raise InvalidInput("value to digest: nested too deep") from exc


def canonical_record(record: msgspec.Struct) -> bytes:
    """Return the canonical bytes of a typed record.

    Its free-form members must already be canonical (msgspec.Raw) and its integers safe.
    """
    return _encode_sorted(record)


def exact_record(record: msgspec.Struct) -> bytes | None:
    """Return the canonical bytes of a typed record, None where a number of it needs respelling."""
    encoded = _encode_sorted(record)
    return encoded if _is_canonical(encoded) else None


def canonical_lines(records: Iterable[msgspec.Struct]) -> bytes:
    """Return typed records as JSONL, each in canonical form as `canonical_record` has it."""
    return _encode_lines_sorted(records)


def number_text(number: float) -> str:
    """Spell a number as ECMAScript does, integers beyond 2^53 rounded to a double."""
    import rfc8785

    return rfc8785.dumps(float(number)).decode()


def _is_canonical(encoded: bytes) -> bool:
    """Tell whether the sorted encoder's output needs no correction."""
    if _may_hold_odd_number(encoded) and _odd_number(encoded):
        return False
    return encoded.isascii() or not any(lead in encoded for lead in _ASTRAL_LEAD_BYTES)


def _may_hold_odd_number(encoded: bytes) -> bool:
    """Look for what every odd number leaves when digits are all one, much faster than `re`."""
    marks = encoded.translate(_MARKS, _NUMERALS)
    # `in` would cost twice as much as `find`.
    if marks.find(b'":.') >= 0 or marks.find(b",.") >= 0 or marks.startswith(b"."):
        return True
    is_long = len(encoded) - len(marks) >= len(_LONG_NUMBER)
    return is_long and encoded.translate(_DIGITS_AS_ZERO).find(_LONG_NUMBER) >= 0


def _canonical_slowly(value: Any) -> bytes:
    prepared, has_astral_key = _prepare(value)
    if not has_astral_key:
        return _encode_sorted(prepared)
    import rfc8785

    return rfc8785.dumps(_as_doubles(value))


def _prepare(value: Any) -> tuple[Any, bool]:
    """Replace each number whose spelling msgspec gets wrong; tell whether a key is astral."""
    match value:
        case str() | bool() | None:
            return value, False
        case int() | float():
            return _spelled(value), False
        case list() | tuple():
            pairs = [_prepare(item) for item in value]
            return [item for item, _ in pairs], any(astral for _, astral in pairs)
        case dict():
            members = {key: _prepare(item) for key, item in value.items()}
            astral = any(max(key, default="") > "\uffff" for key in members)
            return (
                {key: item for key, (item, _) in members.items()},
                astral or any(flag for _, flag in members.values()),
            )
        case _:
            raise TypeError(type(value).__name__)


def _spelled(number: float) -> Any:
    if isinstance(number, int) and abs(number) <= SAFE_INTEGER:
        return number
    try:
        return msgspec.Raw(number_text(number).encode())
    except OverflowError as exc:
        raise ValueError("number out of range") from exc


def _as_doubles(value: Any) -> Any:
    match value:
        case bool():
            return value
        case int() if abs(value) > SAFE_INTEGER:
            return float(value)
        case list() | tuple():
            return [_as_doubles(item) for item in value]
        case dict():
            return {key: _as_doubles(item) for key, item in value.items()}
        case _:
            return value
