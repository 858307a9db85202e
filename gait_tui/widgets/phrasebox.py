"""A dialog that hands every key and every paste on, and edits nothing by itself."""

from typing import ClassVar

from textual import events
from textual.message import Message

from gait_tui.widgets.dialog import DialogBox


class PhraseBox(DialogBox):
    """Draws frame and text; who listens decides what counts."""

    LEAVES: ClassVar = {"ctrl+c"}

    class Typed(Message):
        """A key was pressed; `char` is what it prints, empty for others."""

        def __init__(self, key: str, char: str) -> None:
            super().__init__()
            self.key, self.char = key, char

    class Pasted(Message):
        """A text was pasted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    async def _on_key(self, event: events.Key) -> None:
        event.prevent_default()
        if event.key in self.LEAVES:
            return
        event.stop()
        char = event.character if event.character and event.is_printable else ""
        self.post_message(self.Typed(event.key, char))

    async def _on_paste(self, event: events.Paste) -> None:
        event.stop()
        event.prevent_default()
        self.post_message(self.Pasted(event.text))
