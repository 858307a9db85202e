"""Dialogs: where to write an export, what to open."""

from typing import ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from gait_tui import commands
from gait_tui.bridge import Exported
from gait_tui.commands import Query
from gait_tui.keys import BY_ID, Hint
from gait_tui.messages import Answered
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, MUTED, Line, Look, Span, line, own, spans, wrap
from gait_tui.views.parts import broken, tidy
from gait_tui.widgets.bars import HintBar
from gait_tui.widgets.dialog import DialogBox
from gait_tui.workbench import Workbench

LABEL_AT = 2
VALUE_AT = 15


class Dialog(ModalScreen[str | None]):
    """A frame in the middle; `esc` closes it and nothing has happened."""

    AUTO_FOCUS: ClassVar[str | None] = "DialogBox"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(BY_ID["interrupt"].keys), "app.exit_now", show=False)
    ]
    TITLE_TEXT: ClassVar[str] = ""
    FOOT: ClassVar[str] = "esc writes nothing"
    LABEL: ClassVar[str] = ""
    KEYS: ClassVar[tuple[Hint, ...]] = ()

    def __init__(self) -> None:
        super().__init__()
        self.box = DialogBox(self.TITLE_TEXT, self.FOOT, self.LABEL)
        self.hint_bar = HintBar()

    @property
    def bench(self) -> Workbench:
        """The App, under its own type."""
        return cast("Workbench", self.app)

    def compose(self) -> ComposeResult:
        """Lay out frame and keys."""
        yield self.box
        yield self.hint_bar

    def on_mount(self) -> None:
        """Show the keys of the dialog."""
        self.hint_bar.show(self.KEYS)
        self.begin()

    def begin(self) -> None:
        """Fill the field."""

    def draw(self) -> None:
        """Lay out the text."""
        raise NotImplementedError

    def on_resize(self, event: events.Resize) -> None:
        """Lay out for the new size."""
        width = min(event.size.width - 6, 92)
        self.box.styles.width = width
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        self.draw()
        self.box.styles.height = len(self.box.rows()) + 2

    def on_dialog_box_cancelled(self) -> None:
        """Close; nothing has happened."""
        self.cancel()

    def cancel(self) -> None:
        """Close."""
        self.finish()

    def finish(self, said: str | None = None) -> None:
        """Close, and what was opened above; keys typed ahead of the end close nothing more."""
        if self in self.app.screen_stack:
            self.pop_until_active()
            self.dismiss(said)

    def redraw(self) -> None:
        """Lay out again after something changed."""
        self._fit()


class ExportDialog(Dialog):
    """Asks for a file and writes what the command prints; never over a file without asking."""

    TITLE_TEXT: ClassVar[str] = "Export JSON"
    LABEL: ClassVar[str] = "file"
    KEYS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "write"), Hint("esc", "write nothing"))

    def __init__(self, query: Query, about: str) -> None:
        super().__init__()
        self.query_shown, self.about = query, about
        self.found: Exported | None = None

    def begin(self) -> None:
        """Propose a file."""
        self.box.set_text(commands.export_path(self.query_shown.kind, self.about))

    def draw(self) -> None:
        """Say what will be written, and what stands in the way."""
        look = self.box.inner
        text = commands.shell(commands.argv(self.query_shown))
        room = look.width - VALUE_AT - 3
        rows = broken([Span(text, "text", is_data=True)], look, room)
        before = [BLANK]
        for number, row in enumerate(rows):
            label = [own(LABEL_AT, "prints", MUTED)] if number == 0 else []
            before.append(line(look, *label, spans(VALUE_AT, *row)))
        before += [_labelled(look, "will write", "the same bytes to one file"), BLANK]
        self.box.show(before, [BLANK, *self._remark(look), BLANK])

    def _remark(self, look: Look) -> list[Line]:
        found = self.found
        if found is not None and found.problem:
            said = [Span(tidy(found.problem, look), is_data=True)]
            first, *rest = broken(said, look, look.width - LABEL_AT - 5)
            mark = own(LABEL_AT, glyphs.FAILED, "b:failed")
            below = [line(look, spans(LABEL_AT + 2, *row)) for row in rest]
            return [line(look, mark, spans(LABEL_AT + 2, *first)), *below]
        if found is not None and found.exists:
            mark = own(LABEL_AT, glyphs.PERSON, "b:warning")
            return [
                line(look, mark, own(LABEL_AT + 2, "The file exists. enter again replaces it."))
            ]
        return [
            line(look, own(LABEL_AT, "An existing file is never replaced without asking.", MUTED))
        ]

    def on_dialog_box_changed(self, message: DialogBox.Changed) -> None:
        """Another path is another question."""
        if not isinstance(message, DialogBox.Submitted) and self.found is not None:
            self.found = None
            self.redraw()

    def on_dialog_box_submitted(self, message: DialogBox.Submitted) -> None:
        """Write, from a thread."""
        path = message.text.strip()
        if not path:
            return
        overwrite = self.found is not None and self.found.exists and self.found.path == path
        query, bridge = self.query_shown, self.bench.bridge
        bridge.ask(self, "export", lambda: bridge.export(query, path, overwrite=overwrite))

    def on_answered(self, message: Answered) -> None:
        """Say that it is written, or why not."""
        self.found = cast("Exported", message.result)
        if self.found.exists or self.found.problem:
            self.redraw()
        else:
            self.finish(f"wrote {self.found.path}, {self.found.size:,} bytes.")


class OpenDialog(Dialog):
    """Asks for a ticket line, a run id or a path."""

    TITLE_TEXT: ClassVar[str] = "Open"
    FOOT: ClassVar[str] = "esc closes"
    LABEL: ClassVar[str] = "open"
    KEYS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "open"), Hint("esc", "close"))

    def draw(self) -> None:
        """Say what can be opened."""
        look = self.box.inner
        words = "A ticket line that begins with GAIT, a run id, or the path of a runpack."
        rows = [line(look, own(LABEL_AT, row, MUTED)) for row in wrap(words, look.width - 5)]
        self.box.show([BLANK, *rows, BLANK], [BLANK])

    def on_dialog_box_submitted(self, message: DialogBox.Submitted) -> None:
        """Open it."""
        self.finish(message.text)


def _labelled(look: Look, label: str, text: str) -> Line:
    return line(look, own(LABEL_AT, label, MUTED), own(VALUE_AT, text))
