"""Turns lines into strips: roles become colours here and nowhere else."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from gait_tui.views.glyphs import ASCII_TWINS, HERE
from gait_tui.views.line import Ground, Line, Span, head

_CURSOR_AT: Final = 1


class Palette:
    """The colours of a theme by role, and the styles made of them so far."""

    def __init__(self, roles: Mapping[str, str], *, is_mono: bool, ascii_only: bool) -> None:
        self.is_mono = is_mono
        self.ascii_only = ascii_only
        self._roles = {role: colour.removeprefix("ansi_") for role, colour in roles.items()}
        self.reverses = roles["selection"] == roles["background"]
        """A selection without a ground of its own is reversed."""
        self._styles: dict[tuple[str, str], Style] = {}

    def style(self, role: str, ground: str = "background") -> Style:
        """Return the style of a role on a ground; a mono theme has weights only."""
        known = self._styles.get((role, ground))
        if known is None:
            known = self._styles[role, ground] = self._make(role, ground)
        return known

    def _make(self, role: str, ground: str) -> Style:
        *flags, name = role.split(":")
        is_hidden = name == "hidden_char"
        is_reverse = "r" in flags or is_hidden
        if self.reverses and ground == "selection":
            is_reverse = not is_reverse
        if self.is_mono:
            return _weights(flags, reverse=is_reverse)
        colour = self._roles.get("foreground" if name == "text" else name)
        plain = Style(color=colour, bgcolor=self._roles.get(ground))
        return plain + _weights(flags, reverse=is_reverse)

    def strip(
        self, line: Line, width: int, *, ground: str = "background", has_cursor: bool = False
    ) -> Strip:
        """Paint a row; on any other ground than the usual its own grounds are left out."""
        spans = _with_cursor(line.spans) if has_cursor else line.spans
        grounds = line.grounds if ground == "background" else ()
        painted = (
            (self._spelled(text, span), self.style(span.role, on))
            for span, text, on in _on_grounds(spans, grounds, width, ground)
        )
        return Strip(list(_joined(painted)), width)

    def _spelled(self, text: str, span: Span) -> str:
        return text.translate(ASCII_TWINS) if self.ascii_only and not span.is_data else text


def _joined(painted: Iterator[tuple[str, Style]]) -> Iterator[Segment]:
    """Join what is sent in one style; blanks take the style before them where nobody can see it."""
    text, style = "", Style.null()
    for more, other in painted:
        if other == style or (text and more.isspace() and _same_blank(style, other)):
            text += more
            continue
        if text:
            yield Segment(text, style)
        text, style = more, other
    if text:
        yield Segment(text, style)


def _same_blank(style: Style, other: Style) -> bool:
    is_plain = not (style.reverse or style.underline or style.strike)
    return is_plain and not other.reverse and style.bgcolor == other.bgcolor


def _weights(flags: Sequence[str], *, reverse: bool) -> Style:
    return Style(
        bold="b" in flags or None,
        strike="s" in flags or None,
        underline="u" in flags or None,
        reverse=reverse or None,
    )


def _with_cursor(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """Put the cursor mark where a row leaves its column free."""
    first = spans[0].text if spans else "  "
    if not first.startswith(" " * (_CURSOR_AT + 1)):
        return spans
    rest = Span(first[_CURSOR_AT + 1 :])
    return (Span(" " * _CURSOR_AT), Span(HERE, "b:accent"), rest, *spans[1:])


def _on_grounds(
    spans: tuple[Span, ...], grounds: tuple[Ground, ...], width: int, ground: str
) -> Iterator[tuple[Span, str, str]]:
    """Split spans where the ground changes; the row is filled to its width."""
    edges = sorted({edge for g in grounds for edge in (g.start, g.end) if edge < width} | {width})
    column = 0
    for span in _filled(spans, width):
        text = span.text
        while text:
            edge = next(edge for edge in edges if edge > column)
            piece = text if text.isascii() and len(text) <= edge - column else None
            if piece is None:
                piece = head(text, edge - column) or text[0]
            yield span, piece, _ground_at(column, grounds, ground)
            column += cell_len(piece)
            text = text[len(piece) :]
            if column >= width:
                return


def _filled(spans: tuple[Span, ...], width: int) -> Iterator[Span]:
    yield from spans
    used = sum(cell_len(span.text) for span in spans)
    if used < width:
        yield Span(" " * (width - used))


def _ground_at(column: int, grounds: tuple[Ground, ...], otherwise: str) -> str:
    for ground in grounds:
        if ground.start <= column < ground.end:
            return ground.role
    return otherwise
