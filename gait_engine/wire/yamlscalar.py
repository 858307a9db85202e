"""What one plain YAML scalar says: YAML 1.2 and the peer are both asked.

Where they answer alike, a scalar has a kind; a form that only one of them takes for a number is
ODD and never a value. Contract: compat.md (YAML rows), gate.md 2.1.
"""

import re
from typing import Final, Literal

Kind = Literal["text", "integer", "number", "boolean", "null", "odd number", "list", "map"]

TEXT: Final = "text"
INTEGER: Final = "integer"
NUMBER: Final = "number"
BOOLEAN: Final = "boolean"
NULL: Final = "null"
ODD: Final = "odd number"
LIST: Final = "list"
MAP: Final = "map"

Scalar = str | int | float | bool | None

_WORDS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_MAY_BEGIN_A_NUMBER: Final = frozenset("0123456789+-.")
_BASES: Final = {"0x": 16, "0o": 8, "0b": 2}
_DIGITS: Final = "0123456789abcdef"
_MAX_UINT64: Final = 2**64 - 1
_MIN_INT64: Final = -(2**63)
_MAX_DIGITS: Final = 4_000  # `int` refuses longer ones; no field has room for them
_HUGE: Final = 10**_MAX_DIGITS

_is_plain_integer: Final = re.compile(
    r"[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+|0o[0-7]+", re.ASCII
).fullmatch
_is_canonical_integer: Final = re.compile(r"0|-?[1-9][0-9]*", re.ASCII).fullmatch
_is_padded_integer: Final = re.compile(r"[-+]?0[0-9]+", re.ASCII).fullmatch
_is_float: Final = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)"
    r"|\.(?:nan|NaN|NAN)",
    re.ASCII,
).fullmatch
_is_decimal_float: Final = re.compile(
    r"(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII
).fullmatch


def classify(text: str) -> tuple[Kind, Scalar]:
    """Return the kind of a plain scalar and its value; of an odd number, its text."""
    if text in _WORDS:
        value = _WORDS[text]
        return (NULL if value is None else BOOLEAN), value
    if text[0] not in _MAY_BEGIN_A_NUMBER:
        return TEXT, text
    if _is_plain_integer(text):
        return INTEGER, _integer(text)
    if _is_padded_integer(text):
        return ODD, text
    if _is_float(text):
        return NUMBER, float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
    return (ODD, text) if is_number_to_the_peer(text) else (TEXT, text)


def is_canonical_integer(text: str) -> bool:
    """Tell a plain integer that every reader spells the same: `0` or `-?[1-9][0-9]*`."""
    return _is_canonical_integer(text) is not None


def is_number_to_the_peer(text: str, *, any_size: bool = False) -> bool:
    """Tell what the peer reads as a number (gate.md 2.1, NUMBER); with `any_size` overflows too."""
    if text[:1] in ("", "_") or text.count(".") > 1:
        return False
    digits = text.removeprefix("+")
    is_negative = digits.startswith("-")
    digits = digits.removeprefix("-").replace("_", "")
    if digits[:2] not in _BASES and "." in digits:
        return _is_decimal_float(digits) is not None and (any_size or float(digits) < float("inf"))
    value = _whole_number(digits)
    if value is None:
        return False
    return any_size or (-value >= _MIN_INT64 if is_negative else value <= _MAX_UINT64)


def _whole_number(digits: str) -> int | None:
    base = _BASES.get(digits[:2], 0)
    if base:
        digits = digits[2:]
    else:
        base = 8 if len(digits) > 1 and digits[0] == "0" else 10
    if not digits or digits.lower().strip(_DIGITS[:base]):
        return None
    return _read(digits, base)


def _integer(text: str) -> int:
    base = _BASES.get(text[:2], 10)
    return _read(text[2:] if base != 10 else text, base)


def _read(digits: str, base: int) -> int:
    return int(digits, base) if len(digits) <= _MAX_DIGITS else _HUGE
