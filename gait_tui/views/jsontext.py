"""JSON text laid out in rows: lexical only, no value is ever built from it.

What is not JSON still comes out, token by token, nothing lost.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from gait_tui.views.line import MUTED, TEXT, Span

INLINE_CELLS: Final = 60
_token = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|"', re.DOTALL)
_flat_list = re.compile(
    r'\[(?:\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s{}\[\]:,"]++)\s*+,?)*+\s*+\]', re.DOTALL
)


class JsonRow(NamedTuple):
    """One row: depth and tokens."""

    depth: int
    spans: tuple[Span, ...]


def rows(text: str) -> list[JsonRow]:
    """Lay out JSON text, one member per row; short lists of plain values stay on one."""
    return list(_rows(text))


def members(text: str) -> dict[str, str]:
    """Split the text of an object into its members: name -> text of the value."""
    found: dict[str, str] = {}
    depth = start = 0
    name = ""
    for match in _token.finditer(text):
        token = match.group()
        depth += (token in "{[") - (token in "}]")
        is_end = (token == "," and depth == 1) or (token == "}" and depth == 0)
        if is_end and name:
            found[name] = text[start : match.start()].strip()
            name = ""
        elif depth == 1 and not name and text[match.end() : match.end() + 1] == ":":
            name, start = plain(token), match.end() + 1
    return found


def plain(text: str) -> str:
    """Show the text of a string value without its quotes; anything else as it stands."""
    is_simple = len(text) >= 2 and text[0] == text[-1] == '"' and "\\" not in text
    return text[1:-1] if is_simple else text


def _rows(text: str) -> Iterator[JsonRow]:
    depth = 0
    row: list[Span] = []
    position = 0
    while match := _token.search(text, position):
        token, position = match.group(), match.end()
        if token in "}]":
            if row:
                yield JsonRow(depth, tuple(row))
            depth = max(depth - 1, 0)
            row = [Span(token, MUTED)]
        elif token in "{[":
            end = _end_of_short(text, match.start())
            if end:
                row.extend(_inline(text[match.start() : end]))
                position = end
            else:
                yield JsonRow(depth, (*row, Span(token, MUTED)))
                row, depth = [], depth + 1
        elif token == ",":
            yield JsonRow(depth, (*row, Span(token, MUTED)))
            row = []
        else:
            row.append(_worded(token, text, position))
        if token == ":":
            row.append(Span(" "))
    if row:
        yield JsonRow(depth, tuple(row))


def _worded(token: str, text: str, position: int) -> Span:
    is_name = token == ":" or text[position : position + 1] == ":"
    return Span(token, MUTED if is_name else TEXT, is_data=True)


def _end_of_short(text: str, start: int) -> int:
    """Return where a container ends that fits in one row; 0 when it does not."""
    if text[start : start + 2] in {"{}", "[]"}:
        return start + 2
    match = _flat_list.match(text, start, start + INLINE_CELLS)
    return match.end() if match else 0


def _inline(text: str) -> Iterator[Span]:
    for match in _token.finditer(text):
        token = match.group()
        if token in "[]{},":
            yield Span(", " if token == "," else token, MUTED)
        else:
            yield Span(token, TEXT, is_data=True)


def text_of(value: object) -> str:
    """Return the text of a value that travels as JSON text; nothing where there is none."""
    return str(memoryview(value), "utf-8", "replace") if value else ""  # type: ignore[arg-type]
