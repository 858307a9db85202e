"""A dialog: the only full frame of the UI, with a text and one field to type in."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from gait_tui.models.lineedit import LineEdit
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, Cell, Line, Look, Span, fit, safe, spans, width_of
from gait_tui.widgets.base import Painted

MARGIN = 3
FIELD_AT = 15


class DialogBox(Painted, can_focus=True):
    """Draws frame, text and field; keys edit the field."""

    class Changed(Message):
        """The text of the field is another."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter was pressed."""

    class Cancelled(Message):
        """Escape was pressed."""

    def __init__(self, title: str, foot: str, label: str = "") -> None:
        super().__init__()
        self.heading, self.foot, self.label = title, foot, label
        self.edit = LineEdit()
        self.before: Sequence[Line] = ()
        self.after: Sequence[Line] = ()
        self.cursor_row = -1
        """The row that is chosen, in a dialog with a list."""

    @property
    def inner(self) -> Look:
        """The look inside the frame."""
        return self.look._replace(width=max(self.size.width - 2, 10))

    def show(self, before: Sequence[Line], after: Sequence[Line]) -> None:
        """Change the text around the field."""
        self.before, self.after = before, after
        self.refresh()

    def set_text(self, text: str) -> None:
        """Put text into the field."""
        self.edit = LineEdit(text, len(text))
        self.refresh()

    def rows(self) -> list[Line]:
        """List the rows inside the frame."""
        field = [self._field()] if self.label else []
        return [*self.before, *field, *self.after]

    def render_line(self, y: int) -> Strip:
        """Paint a row of the frame or of what is in it."""
        width, height = self.size
        if y == 0:
            return self._edge("┏", "┓", Span(f" {self.heading} ", "b:accent"), at_end=False)
        if y == height - 1:
            return self._edge("┗", "┛", Span(f" {self.foot} ", "muted"), at_end=True)
        rows = self.rows()
        row = rows[y - 1] if y - 1 < len(rows) else BLANK
        is_here = y - 1 == self.cursor_row
        ground = "selection" if is_here else "surface"
        inner = self.palette.strip(row, width - 2, ground=ground, has_cursor=is_here)
        side = self.palette.strip(Line((Span("┃", "accent"),)), 1, ground="surface")
        return Strip.join([side, inner, side])

    def _edge(self, left: str, right: str, words: Span, *, at_end: bool) -> Strip:
        width = self.size.width
        shown = fit(safe([words], self.look), width - 8)
        here = [] if at_end else [Span(f" {glyphs.HERE}", "b:accent")]
        fill = width - 2 - width_of(shown) - width_of(here) - (2 if at_end else 1)
        heavy = Span(glyphs.HEAVY * fill, "accent")
        if at_end:
            parts = [heavy, *shown, Span(glyphs.HEAVY * 2, "accent")]
        else:
            parts = [Span(glyphs.HEAVY, "accent"), *here, *shown, heavy]
        row = Line((Span(left, "accent"), *parts, Span(right, "accent")))
        return self.palette.strip(row, width, ground="surface")

    def _field(self) -> Line:
        look = self.inner
        room = look.width - FIELD_AT - MARGIN - 1
        before = safe([Span(self.edit.text[: self.edit.caret], is_data=True)], look)
        after = safe([Span(self.edit.text[self.edit.caret :], is_data=True)], look)
        while before and width_of(before) > room:
            before[0] = before[0]._replace(text=before[0].text[1:])
            before = [part for part in before if part.text]
        typed = [*before, Span(glyphs.CARET, "b:accent"), *after]
        cells = (
            spans(2, Span(self.label, "muted")),
            spans(FIELD_AT - 2, Span(glyphs.HERE, "b:accent")),
            Cell(FIELD_AT, tuple(fit(typed, room + 1))),
        )
        return _row(cells)

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            self.post_message(self.Cancelled())
        elif event.key == "enter":
            self.post_message(self.Submitted(self.edit.text))
        elif self.label and (edited := self._edited(event)) is not None:
            self._take(edited)
        else:
            return
        event.stop()
        event.prevent_default()

    def _edited(self, event: events.Key) -> LineEdit | None:
        if event.character and event.is_printable:
            return self.edit.insert(event.character)
        return self.edit.press(event.key)

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        if self.label:
            self._take(self.edit.insert(event.text))

    def _take(self, edited: LineEdit) -> None:
        is_other = edited.text != self.edit.text
        self.edit = edited
        self.refresh()
        if is_other:
            self.post_message(self.Changed(edited.text))


def _row(cells: Sequence[Cell]) -> Line:
    """Set cells in a row without cutting: the last one is cut already."""
    parts: list[Span] = []
    column = 0
    for cell in cells:
        parts += [Span(" " * (cell.at - column)), *cell.spans]
        column = cell.at + width_of(cell.spans)
    return Line(tuple(parts))
