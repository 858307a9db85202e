"""JSON as the peer prints it: in files with declared field order, on stdout with sorted keys.

Canonical bytes are wire.canonical's affair; these texts are never digested. Contract:
runpack.md 1.2 and 8.3.
"""

import re
from typing import Any, Final

import msgspec

from gait_engine.errors import InvalidInput, quoted

_encode: Final = msgspec.json.Encoder().encode
_encode_sorted: Final = msgspec.json.Encoder(order="sorted").encode
_surrogate: Final = re.compile("[\ud800-\udfff]")
_HTML: Final = ((b"<", b"\\u003c"), (b">", b"\\u003e"), (b"&", b"\\u0026"))
_LINE_ENDS: Final = ((b"\xe2\x80\xa8", b"\\u2028"), (b"\xe2\x80\xa9", b"\\u2029"))


def compact(value: Any) -> bytes:
    """Encode on one line without a newline, fields in declared order."""
    return _escaped(_encoded(value))


def pretty(value: Any) -> bytes:
    """Encode with two-space indent and a final newline, fields in declared order."""
    return _escaped(msgspec.json.format(_encoded(value), indent=2)) + b"\n"


def for_stdout(value: Any) -> bytes:
    """Encode on one line with keys sorted at every depth and every hidden character spelled."""
    try:
        text = _escaped(_encode_sorted(value))
    except UnicodeEncodeError:  # an argument or a name on disk that is not UTF-8
        text = _escaped(_encode_sorted(_representable(value)))
    if text.isascii() and b"\x7f" not in text:
        return text + b"\n"
    from gait_engine.wire.safetext import escape_hidden  # its table is large, and seldom needed

    return escape_hidden(text.decode()).encode() + b"\n"


def _encoded(value: Any) -> bytes:
    try:
        return _encode(value)
    except UnicodeEncodeError as exc:
        raise InvalidInput(
            f"text to write: {quoted(exc.object)}, expected valid UTF-8", code="json_lossy_text"
        ) from exc


def _representable(value: Any) -> Any:
    """Put U+FFFD where a text holds bytes that are not UTF-8, as the peer does."""
    match value:
        case str():
            return _surrogate.sub("\ufffd", value)
        case tuple():
            return tuple(_representable(item) for item in value)
        case msgspec.Struct():
            fields = value.__struct_fields__
            return msgspec.structs.replace(
                value, **{name: _representable(getattr(value, name)) for name in fields}
            )
        case _:
            return value


def _escaped(text: bytes) -> bytes:
    """Spell the five characters the peer spells; they occur only inside strings."""
    for char, spelled in _HTML:
        if char in text:
            text = text.replace(char, spelled)
    if not text.isascii():
        for char, spelled in _LINE_ENDS:
            text = text.replace(char, spelled)
    return text
