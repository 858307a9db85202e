"""The command palette: what can be done, the letters that were typed underlined in it."""

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from gait_tui.models.palette import Hit
from gait_tui.views.line import MUTED, Cell, Line, Look, Span, line, own, spans
from gait_tui.views.parts import heads
from gait_tui.views.search import MATCH

_KEY_AT: Final = 3
_DOES_AT: Final = 15
_COMMAND_AT: Final = 46
_COMMAND_FROM: Final = 68
"""So many columns leave room for the commands."""


def head(look: Look) -> Line:
    """Head the columns."""
    cells = [(_KEY_AT, "KEY"), (_DOES_AT, "DOES")]
    return heads(look, *cells, *([(_COMMAND_AT, "AS A COMMAND")] if _has_commands(look) else []))


def _has_commands(look: Look) -> bool:
    return look.width >= _COMMAND_FROM


def hit_line(hit: Hit, look: Look, *, is_current: bool) -> Line:
    """Draw an action."""
    entry = hit.entry
    weight = "b:text" if is_current else "text"
    does = [*_underlined(entry.label, hit.in_label, weight)]
    if entry.about:
        does += [Span("  "), Span(entry.about, MUTED, is_data=True)]
    cells = [own(_KEY_AT, entry.shown, "b:key_hint"), Cell(_DOES_AT, tuple(does))]
    if _has_commands(look):
        cells.append(spans(_COMMAND_AT, *_underlined(entry.command, hit.in_command, MUTED)))
    return line(look, *cells, key=entry.id)


def nothing_line(look: Look) -> Line:
    """Say that no action is meant."""
    return line(look, own(_DOES_AT, "Nothing here is called that.", MUTED))


def _underlined(text: str, places: frozenset[int], role: str) -> Iterator[Span]:
    """Split a text where its letters begin and cease to be among the places."""
    marked = ((at in places, letter) for at, letter in enumerate(text))
    for is_match, letters in groupby(marked, key=lambda pair: pair[0]):
        yield Span("".join(letter for _, letter in letters), MATCH if is_match else role)
