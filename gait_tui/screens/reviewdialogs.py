"""The dialogs of a review: one field of the token, and the phrases of a decision."""

from collections.abc import Callable
from typing import ClassVar, Protocol

from textual.binding import Binding, BindingType

from gait_tui.keys import BY_ID, Hint
from gait_tui.models import form as steps
from gait_tui.models.form import APPROVE, QUIET_NS, Ask, Form
from gait_tui.screens.dialogs import LABEL_AT, Dialog
from gait_tui.views.line import BLANK, MUTED, Line, line, own, wrap
from gait_tui.views.review import artifact, railed
from gait_tui.views.token import (
    FIELD_NAMES,
    SlotView,
    TokenView,
    approve_lines,
    asked_lines,
    deny_lines,
    field_words,
)
from gait_tui.widgets.dialog import DialogBox
from gait_tui.widgets.phrasebox import PhraseBox

_FORMS = {
    "ttl": "How long the token is good, such as 15m or 1h30m.",
    "scope": "What it is good for, parted by spaces; * is any tool.",
    "reason": "Why, in a word or a ticket; it stands in the token and in the log.",
    "limits": f"At most {steps.LIMITS_FORM}.",
    "approver": "Who approves: your own name, nobody's who asks for the call.",
    "key": "The file of the private key to sign with; the engine reads it, this screen does not.",
    "out": "The file of the token; empty names it by its id.",
}


class Reviewing(Protocol):
    """What a dialog asks of the screen under it."""

    form: Form

    def fill(self, name: str, text: str) -> None:
        """Change a field of the form."""

    def step(self, change: Callable[[Form], Form]) -> None:
        """Go on to another form."""

    def submit(self) -> None:
        """Hand in the open dialog."""

    @property
    def tick_ns(self) -> int:
        """Read a clock that nobody sets."""

    def token_view(self) -> TokenView:
        """Return what the form shows."""


class FieldDialog(Dialog):
    """Changes one field; what the engine says of it stands below while it is typed."""

    FOOT: ClassVar[str] = "esc keeps the one before"
    KEYS: ClassVar[tuple[Hint, ...]] = (Hint("enter", "keep"), Hint("esc", "as before"))

    def __init__(self, review: Reviewing, name: str) -> None:
        super().__init__()
        self.review, self.name_of_field = review, name
        self.before = getattr(review.form.fields, name)
        self.is_kept = False
        self.box = DialogBox(f"Change {FIELD_NAMES[name]}", self.FOOT, FIELD_NAMES[name])

    def begin(self) -> None:
        """Begin with what is there."""
        self.box.set_text(self.before)

    def draw(self) -> None:
        """Say what the field means, and what is wrong with it."""
        look = self.box.inner
        words = wrap(_FORMS[self.name_of_field], look.width - 5)
        before = [BLANK, *(line(look, own(LABEL_AT, row, MUTED)) for row in words), BLANK]
        after: list[Line] = [BLANK]
        for mark, role, text in field_words(self.review.token_view(), self.name_of_field):
            after += railed(look, [artifact(text)], own(LABEL_AT, mark, role), rail=4)
        self.box.show(before, [*after, BLANK] if len(after) > 1 else after)

    def on_dialog_box_changed(self, message: DialogBox.Changed) -> None:
        """Let the engine look at every letter; one that is typed ahead of what follows is none."""
        if not self.is_kept and not isinstance(message, DialogBox.Submitted):
            self.review.fill(self.name_of_field, message.text)
            self.redraw()

    def on_dialog_box_submitted(self) -> None:
        """Keep it."""
        self.is_kept = True
        self.finish(self.name_of_field)

    def cancel(self) -> None:
        """Put back what was there."""
        self.review.fill(self.name_of_field, self.before)
        self.finish()


class PhraseDialog(Dialog):
    """Asks for the phrases of a decision; the form alone says which keys count."""

    TITLES: ClassVar = {APPROVE: "Mint approval token", steps.DENY: "Deny this call"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(",".join(BY_ID["interrupt"].keys), "interrupt", show=False)
    ]

    def __init__(self, review: Reviewing, ask: Ask) -> None:
        super().__init__()
        self.review, self.kind = review, ask.kind
        self.box = PhraseBox(self.TITLES[ask.kind], self.FOOT)
        self.is_warned = self.is_closed = False

    def begin(self) -> None:
        """Show the keys, and draw again once they count."""
        does = "mint" if self.kind == APPROVE else "deny"
        when = "when every phrase is whole" if self.kind == APPROVE else "when both are whole"
        hints = [Hint("enter", f"{does}, {when}"), Hint("tab", "next field"), Hint("esc", "cancel")]
        self.hint_bar.show(hints)
        self.set_timer(QUIET_NS / 10**9 + 0.01, self.redraw)

    def draw(self) -> None:
        """Say what the decision means, what is written, and what is to be typed."""
        ask = self.review.form.ask
        if ask is None:
            return
        look = self.box.inner._replace(height=self.size.height - 5)
        view = self.review.token_view()
        log = view.shown.log_path if view.shown else ""
        head = approve_lines(view, look) if ask.kind == APPROVE else deny_lines(view, log, look)
        words, role = self._remark(ask)
        remark = [line(look, own(LABEL_AT, row, role)) for row in wrap(words, look.width - 5)]
        self.box.show(asked_lines(head, _slots(ask), remark, look), [])

    def _remark(self, ask: Ask) -> tuple[str, str]:
        if self.is_warned:
            return "A phrase is begun: ctrl+c again quits, and nothing is written.", "warning"
        if ask.pastes:
            return "The paste was thrown away: a phrase is typed, letter by letter.", "warning"
        if ask.is_held:
            return "The same key came again too fast to be typed: it was taken once.", "warning"
        if ask.is_deaf(self.review.tick_ns):
            return "Keys do not count for a moment.", MUTED
        return "Paste is off. Enter does nothing until everything is whole.", MUTED

    def on_phrase_box_typed(self, message: PhraseBox.Typed) -> None:
        """Let the form hear a key."""
        now = self.review.tick_ns
        self.is_warned = False
        if message.key == "escape":
            self.review.step(steps.cancelling)
        elif message.key == "enter":
            self.review.submit()
        else:
            self.review.step(lambda form: steps.pressing(form, message.key, message.char, now))
        self.follow()

    def on_phrase_box_pasted(self, message: PhraseBox.Pasted) -> None:
        """Let the form throw a paste away."""
        self.review.step(lambda form: steps.pasting(form, message.text))
        self.follow()

    def follow(self) -> None:
        """Close when the form asks no more, else draw what it holds."""
        if self.is_closed:
            return
        if self.review.form.ask is None:
            self.is_closed = True
            self.finish()
        else:
            self.redraw()

    def action_interrupt(self) -> None:
        """Quit; a phrase that was begun is asked about first."""
        ask = self.review.form.ask
        if ask is None or not ask.is_begun or self.is_warned:
            self.app.exit(0)
        else:
            self.is_warned = True
            self.redraw()


def _slots(ask: Ask) -> list[SlotView]:
    return [
        SlotView(
            slot.label,
            slot.wanted,
            slot.text[: slot.edit.caret],
            slot.text[slot.edit.caret :],
            is_whole=slot.is_whole,
            is_here=number == ask.at,
        )
        for number, slot in enumerate(ask.slots)
    ]
