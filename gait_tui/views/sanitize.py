"""The only road from artifact text to a cell of the screen.

The engine spells hidden characters; here come the rules of cells: one line, runs of combining
marks cut, selectors that make terminals disagree about a width spelled. Contract: threats.md 5.
"""

import re
import unicodedata
from typing import Final, NamedTuple

from gait_engine.api.shapes import HIDDEN, visible
from gait_tui.views import glyphs

MAX_COMBINING: Final = 4
_SELECTORS: Final = "\ufe00-\ufe0f\U0001f3fb-\U0001f3ff"
_WHITE: Final = {"\t": glyphs.TAB, "\n": glyphs.NEWLINE}
_suspect = re.compile(f"{HIDDEN.pattern}|[{_SELECTORS}]")
_not_ascii = re.compile(r"[^\x00-\x7f]")


class Piece(NamedTuple):
    """A stretch of safe text; `is_spelled` tells a spelling of ours from the artifact's own."""

    text: str
    is_spelled: bool = False


def pieces(text: str, *, ascii_only: bool = False) -> list[Piece]:
    """Split text into what is shown as it is and what is spelled out."""
    if text.isascii() and text.isprintable():
        return [Piece(text)]
    parts: list[Piece] = []
    for part in _split(text, _suspect):
        if part.is_spelled:
            parts.append(part)
        else:
            parts.extend(_split(part.text, _not_ascii) if ascii_only else _tame(part.text))
    return parts


def _split(text: str, spelled: re.Pattern[str]) -> list[Piece]:
    parts: list[Piece] = []
    start = 0
    for match in spelled.finditer(text):
        if match.start() > start:
            parts.append(Piece(text[start : match.start()]))
        parts.append(Piece(_spell(match.group()), is_spelled=True))
        start = match.end()
    if start < len(text):
        parts.append(Piece(text[start:]))
    return parts


def _spell(char: str) -> str:
    return _WHITE.get(char) or visible(char)


def _tame(text: str) -> list[Piece]:
    """Cut runs of combining marks: a pile of them would draw over the neighbouring rows."""
    parts: list[Piece] = []
    kept: list[str] = []
    run = 0
    for char in text:
        run = run + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if run <= MAX_COMBINING and not (run and not kept):
            kept.append(char)
            continue
        if kept:
            parts.append(Piece("".join(kept)))
            kept = []
        parts.append(Piece(visible(char), is_spelled=True))
    return [*parts, Piece("".join(kept))] if kept else parts
