"""The one road from artifact text to a terminal: what is invisible or active becomes visible.

Contract: threats.md section 5.
"""

import re
from typing import Final

_INVISIBLE: Final = (
    "\x7f-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u2028-\u202e\u2060-\u206f\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
HIDDEN: Final = re.compile(f"[\x00-\x1f{_INVISIBLE}]")
"""One character that a terminal acts on, or that a person cannot see."""

_HIDDEN_BUT_NEWLINE: Final = re.compile(f"[\x00-\x09\x0b-\x1f{_INVISIBLE}]")
_JSON_ESCAPED: Final = re.compile(f"[{_INVISIBLE}]")


def visible(char: str) -> str:
    r"""Spell one hidden character: `\x1b`, `\u202e`, `\U000e0041`."""
    point = ord(char)
    if point < 0x100:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def safe_text(text: str, *, multiline: bool = False) -> str:
    """Make text safe to print: control, bidi and zero-width characters spelled, tabs as a space.

    Line feeds stay only when `multiline` is set.
    """
    if text.isascii() and text.isprintable():
        return text
    pattern = _HIDDEN_BUT_NEWLINE if multiline else HIDDEN
    return pattern.sub(lambda match: visible(match.group()), text.replace("\t", " "))


def _json_escape(match: re.Match[str]) -> str:
    point = ord(match.group())
    if point < 0x10000:
        return f"\\u{point:04x}"
    point -= 0x10000
    return f"\\u{0xD800 + (point >> 10):04x}\\u{0xDC00 + (point & 0x3FF):04x}"


def escape_hidden(text: str) -> str:
    r"""Spell hidden characters inside JSON text as \uXXXX: the same value, harmless to print."""
    return text if text.isascii() and "\x7f" not in text else _JSON_ESCAPED.sub(_json_escape, text)
