"""JSON text laid out in rows: lexical only, no value is ever built from it.

What is not JSON still comes out, token by token, nothing lost.
"""

import re
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from gait_tui.views.line import MUTED, TEXT, Span

INLINE_CELLS: Final = 60
_token = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^\s{}\[\]:,"]+|"', re.DOTALL)
_flat_list = re.compile(
    r'\[(?:\s*+(?:"(?:[^"\\]|\\.)*+"|[^\s{}\[\]:,"]++)\s*+,?)*+\s*+\]', re.DOTALL
)


class JsonRow(NamedTuple):
    """One row: depth and tokens; where it begins in the text, and how deep that is."""

    depth: int
    spans: tuple[Span, ...]
    at: int = 0
    before: int = 0


class JsonText:
    """JSON text in rows, each laid out when it is asked for: of a row no more is kept than where.

    With `most` it ends after so many rows; `is_whole` tells whether it has all of them.
    """

    def __init__(self, text: str, most: int | None = None) -> None:
        self.text = text
        self._at, self._before = array("Q"), array("L")
        for row in islice(_rows(text), most):
            self._at.append(row.at)
            self._before.append(row.before)
        self.is_whole = most is None or len(self._at) < most

    def __len__(self) -> int:
        return len(self._at)

    def __getitem__(self, number: int) -> JsonRow:
        return next(_rows(self.text, self._at[number], self._before[number]))

    def __iter__(self) -> Iterator[JsonRow]:
        return map(self.__getitem__, range(len(self)))


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


def _rows(text: str, position: int = 0, depth: int = 0) -> Iterator[JsonRow]:
    """Yield the rows from a place in the text on where one begins, and as deep as that is."""
    row: list[Span] = []
    at = before = 0
    while match := _token.search(text, position):
        token, start, position = match.group(), match.start(), match.end()
        if row and token in "}]":
            yield JsonRow(depth, tuple(row), at, before)
            row = []
        if not row:
            at, before = start, depth
        if token in "}]":
            depth = max(depth - 1, 0)
            row = [Span(token, MUTED)]
        elif token in "{[":
            end = _end_of_short(text, match.start())
            if end:
                row.extend(_inline(text[match.start() : end]))
                position = end
            else:
                yield JsonRow(depth, (*row, Span(token, MUTED)), at, before)
                row, depth = [], depth + 1
        elif token == ",":
            yield JsonRow(depth, (*row, Span(token, MUTED)), at, before)
            row = []
        else:
            row.append(_worded(token, text, position))
        if token == ":":
            row.append(Span(" "))
    if row:
        yield JsonRow(depth, tuple(row), at, before)


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
