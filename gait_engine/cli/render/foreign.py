"""Text that others have written, on lines of ours: it can neither pass for one nor leave its rail.

`foreign` makes one piece of it harmless; `railed` and `well` break what is made of such pieces, so
that a further line begins with a rail and no line is left for the terminal to break.
Contract: threats.md 5.
"""

import re
from collections.abc import Iterator
from typing import Final
from unicodedata import east_asian_width

from gait_engine.wire.safetext import safe_text
from gait_engine.wire.text import WHITE_SPACE

WIDTH: Final = 80
LABEL: Final = 30
"""The columns left of the rail of a well."""

_BLANK: Final = f"[{WHITE_SPACE}\u2800]"
_spread: Final = re.compile(f"{_BLANK}{{2,}}|^{_BLANK}|{_BLANK}$")
_MARK: Final = "␣"


def foreign(text: str, width: int = 0) -> str:
    """Make a piece of text safe to stand in a line of ours, cut in its middle to `width` columns.

    White space that could set columns apart becomes one visible mark. 0 cuts nothing.
    """
    shown = _spread.sub(_MARK, safe_text(text))
    return cut(shown, width) if width else shown


def cut(text: str, width: int) -> str:
    """Leave out the middle of a text that is wider: the ends tell what it is."""
    if columns(text) <= width:
        return text
    room = max(width - len(f"…(+{len(text)})…"), 2)
    head = _fitting(text, room - room // 2)
    tail = _fitting(text[::-1], room // 2)[::-1]
    return f"{head}…(+{len(text) - len(head) - len(tail)})…{tail}"


def columns(text: str) -> int:
    """Count the columns that a terminal gives to a text."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def railed(start: str, text: str) -> Iterator[str]:
    """Break a text between words, further lines below its beginning and right of a rail.

    `start` is ours, two columns at least.
    """
    first, *more = _lines(text, WIDTH - len(start))
    yield f"{start}{first}".rstrip(" ")
    yield from (f"{'│ ':>{len(start)}}{line}" for line in more)


def well(label: str, text: str) -> Iterator[str]:
    """Show a text exactly, right of a rail; a label too wide for its column goes in there too."""
    shown = label
    if columns(label) > LABEL:
        shown, text = label[:1], f"{label[2:]} = {text}"
    first, *more = _pieces(text, WIDTH - LABEL - 4)
    pad = " " * (LABEL - columns(shown))
    yield f"{shown}{pad} │ {first}"
    yield from (f"{'':{LABEL}} │ {piece}" for piece in more)


def _lines(text: str, room: int) -> Iterator[str]:
    at = 0
    while at + len(whole := _fitting(text[at : at + room], room)) < len(text):
        end = len(whole) if text[at + len(whole)] == " " else whole.rfind(" ")
        end = end if end > 0 else len(whole)
        yield whole[:end].rstrip(" ")
        at += end
        while text[at : at + 1] == " ":
            at += 1
    yield whole


def _pieces(text: str, room: int) -> Iterator[str]:
    at = 0
    while at + len(piece := _fitting(text[at : at + room], room)) < len(text):
        yield piece
        at += len(piece)
    yield piece


def _fitting(text: str, room: int) -> str:
    """Return the beginning of a text that fits; one character at least."""
    if text[:room].isascii():
        return text[:room]
    end = used = 0
    while end < len(text) and (used := used + _columns(text[end])) <= room:
        end += 1
    return text[: max(end, 1)]


def _columns(char: str) -> int:
    return 2 if east_asian_width(char) in "WF" else 1
