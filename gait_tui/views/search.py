"""Search in a text: which rows have it, and the same rows with it underlined."""

from collections.abc import Callable
from itertools import pairwise
from typing import Final

from gait_tui.views.line import Line, Span

MATCH: Final = "u:match"


def marked(drawn: Line, wanted: str) -> Line:
    """Underline every place of a row where the text stands, letter case aside."""
    text = drawn.text.casefold()
    if not wanted or wanted not in text or len(text) != len(drawn.text):
        return drawn
    edges = _edges(text, wanted)
    spans: list[Span] = []
    column = 0
    for span in drawn.spans:
        end = column + len(span.text)
        cuts = sorted({column, end, *(edge for edge in edges if column < edge < end)})
        for start, stop in pairwise(cuts):
            piece = span._replace(text=span.text[start - column : stop - column])
            spans.append(piece._replace(role=MATCH) if _is_inside(start, edges) else piece)
        column = end
    return drawn._replace(spans=tuple(spans))


def _edges(text: str, wanted: str) -> dict[int, bool]:
    """Return the columns where matches begin, True, and end, False."""
    edges: dict[int, bool] = {}
    at = text.find(wanted)
    while at >= 0:
        edges[at] = True
        edges.setdefault(at + len(wanted), False)
        at = text.find(wanted, at + len(wanted))
    return edges


def _is_inside(column: int, edges: dict[int, bool]) -> bool:
    before = [edge for edge in edges if edge <= column]
    return bool(before) and edges[max(before)]


def next_row(
    text_of: Callable[[int], str], rows: int, begin: int, step: int, wanted: str, most: int
) -> int:
    """Return the next row that has a text, going round at the end; -1 where none of `most` has."""
    for distance in range(1, min(rows, most) + 1):
        row = (begin + step * distance) % rows
        if wanted in text_of(row).casefold():
            return row
    return -1
