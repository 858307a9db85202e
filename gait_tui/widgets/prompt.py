"""One line of text to type: filter, path, search. What is typed is shown like any other text."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.message import Message

from gait_tui.models.lineedit import LineEdit
from gait_tui.views.glyphs import CARET
from gait_tui.views.line import Line, Span, line, safe, spans, width_of
from gait_tui.widgets.base import OneRow


class Prompt(OneRow, can_focus=True):
    """A field with a label before it and a remark behind it."""

    class Changed(Message):
        """The text is another."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Submitted(Changed):
        """Enter was pressed."""

    class Cancelled(Message):
        """Escape was pressed."""

    LEAVES: ClassVar = {"down", "up", "tab", "shift+tab"}

    def __init__(
        self,
        label: str,
        *,
        lets_through: Callable[[str], bool] = lambda _text: False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        super().__init__(id=id)
        self.label = label
        self.edit = LineEdit()
        self.remark: tuple[Span, ...] = ()
        self._lets_through = lets_through
        self.is_left = False
        """Whether a key has left it, though the focus has not gone yet."""

    def set_text(self, text: str) -> None:
        """Put text in without telling."""
        self.is_left = False
        self.edit = LineEdit(text, len(text))
        self.refresh()

    def set_remark(self, *parts: Span) -> None:
        """Say something about the text, on the right."""
        self.remark = parts
        self.refresh()

    def line(self) -> Line:
        """Draw label, text with the caret, remark; a long text shows the part being typed."""
        look = self.look
        end = look.width - width_of(self.remark) - 1
        at = 1 + len(self.label) + 1
        before = safe([Span(self.edit.text[: self.edit.caret], is_data=True)], look)
        after = safe([Span(self.edit.text[self.edit.caret :], is_data=True)], look)
        room = max(end - at - 3, 4)
        while before and width_of(before) > room:
            before[0] = before[0]._replace(text=before[0].text[1:])
            before = [part for part in before if part.text]
        caret = Span(CARET, "b:accent") if self.has_focus else Span(" ")
        return line(
            look,
            spans(1, Span(self.label, "b:accent")),
            spans(at, *before, caret, *after),
            spans(end, *self.remark),
        )

    async def take(self, event: events.Key) -> None:
        """Take a key as if it had been pressed here: it was, before this had the focus."""
        if not self.is_left:
            await self._on_key(event)

    async def _on_key(self, event: events.Key) -> None:
        self.is_left = event.key in {"escape", "enter", *self.LEAVES}
        if event.key == "escape":
            self.post_message(self.Cancelled())
        elif event.key == "enter" or event.key in self.LEAVES:
            self.post_message(self.Submitted(self.edit.text))
        elif (edited := self._edited(event)) is not None:
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
        if self._lets_through(event.text):
            return
        event.stop()
        event.prevent_default()
        self._take(self.edit.insert(event.text))

    def _take(self, edited: LineEdit) -> None:
        is_other = edited.text != self.edit.text
        self.edit = edited
        self.refresh()
        if is_other:
            self.post_message(self.Changed(edited.text))

    def on_focus(self) -> None:
        """Show the caret."""
        self.refresh()

    def on_blur(self) -> None:
        """Hide the caret."""
        self.refresh()
