r"""Spelling one value as YAML, as the peer's formatter does (gate.md 9).

Quoted is also what the peer writes plain although our own reader would refuse it or read
something else, and what a person could not see: a formatted file says what the file before said.
"""

import re
from typing import Final

from gait_engine.errors import InvalidInput
from gait_engine.wire.safetext import HIDDEN
from gait_engine.wire.timestamps import normalise
from gait_engine.wire.yamlscalar import TEXT, classify, is_number_to_the_peer

_INDENT: Final = "  "
_WORDS: Final = frozenset(
    spelling
    for word in ("null", "true", "false", "y", "yes", "n", "no", "on", "off")
    for spelling in (word, word.capitalize(), word.upper())
) | {"", "~", "-", "?"}
_ESCAPES: Final = {
    "\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v",
    "\\": "\\\\", '"': '\\"',
}  # fmt: skip

_is_surely_plain: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]{5,}|/[A-Za-z0-9_./*]*").fullmatch
_must_be_quoted: Final = re.compile(r"^[*&\[\]{},!|>%'\"@` ]|^\? |[: ]$|[#\\]|: |- ").search
_breaks_a_block: Final = re.compile(r"\A\n|\n\n\Z").search
_moment: Final = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[Tt ]([0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?)(Z|[+-][0-9]{2}:[0-9]{2})?)?",
    re.ASCII,
).fullmatch
_clock: Final = re.compile(r"([0-9]{1,2}):([0-9]{1,2})", re.ASCII).fullmatch


def yaml_text(text: str, indent: str) -> str:
    """Spell a text; the lines of a long one are indented below `indent`."""
    if _is_surely_plain(text):
        return text
    if text in _WORDS or _must_be_quoted(text) or not _is_text(text) or _is_delicate(text):
        return _quoted(text)
    if "\n" not in text:
        return text
    head = "|" if text.endswith("\n") else "|-"
    lines = text.removesuffix("\n").split("\n")
    return "\n".join((head, *(f"{indent}{_INDENT}{line}" for line in lines)))


def yaml_number(number: float) -> str:
    """Spell a fraction: always with a point, never with an exponent."""
    text = repr(float(number))
    if "e" in text:
        from decimal import Decimal

        text = f"{Decimal(text):f}"
    return text if "." in text else f"{text}.0"


def _is_delicate(text: str) -> bool:
    return bool(_breaks_a_block(text) or HIDDEN.search(text.replace("\n", "")))


def _quoted(text: str) -> str:
    return '"' + "".join(_ESCAPES.get(char) or _visible(char) for char in text) + '"'


def _visible(char: str) -> str:
    point = ord(char)
    if char.isprintable() and not HIDDEN.match(char):
        return char
    if point < 0x20 or point == 0x7F:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def _is_text(text: str) -> bool:
    """Tell what is neither a number nor a moment to any reader."""
    is_number = classify(text)[0] != TEXT or is_number_to_the_peer(text, any_size=True)
    return not is_number and not _is_moment(text)


def _is_moment(text: str) -> bool:
    if clock := _clock(text):
        return int(clock[1]) < 24 and int(clock[2]) < 60
    parts = _moment(text)
    if parts is None:
        return False
    date, time, zone = parts.groups()
    if time and (zone is None) is not (text[10] == " "):
        return False  # with T a zone is part of it, with a space it is not
    try:
        normalise(f"{date}T{time or '00:00:00'}{zone or 'Z'}")
    except InvalidInput:
        return False
    return True
