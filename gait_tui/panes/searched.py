"""A pane whose text can be searched: `/` opens the field, `n` and `N` go from match to match."""

from gait_tui.panes.base import Pane
from gait_tui.views.line import MUTED, Span
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import MOST_SEARCHED, VTable


class Searched(Pane):
    """Holds the text and the field; a subclass lays both out."""

    def __init__(self, place: str, text: VTable, begins: str = "", *, id: str) -> None:  # noqa: A002
        super().__init__(place, begins, id=id)
        self.text = text
        self.prompt = Prompt("search", id="search")

    def open_search(self) -> None:
        """Start to type what to search for."""
        self.prompt.set_text(self.text.needle)
        self.add_class("-searching")
        self.screen.set_focus(self.prompt)  # now, not after the keys that follow

    def close_search(self) -> bool:
        """Mark nothing any more; tell whether something was."""
        had = bool(self.text.needle) or self.has_class("-searching")
        self.text.seek("")
        self.prompt.set_text("")
        self.remove_class("-searching")
        return had

    def step_match(self, step: int) -> bool:
        """Go to the next match; tell whether something is searched for."""
        if self.text.needle:
            self._remark(is_found=self.text.go_to_match(step))
        return bool(self.text.needle)

    def search_on(self) -> None:
        """Look in rows that were added for what was not found so far."""
        if self.text.needle and self.text.found < 0:
            self.text.call_later(self._go_to_first)

    def _go_to_first(self) -> None:
        """Go to the first match from here on; the text calls this, so that its pane hears of it."""
        self._remark(is_found=self.text.go_to_match(1, here=True))

    def _remark(self, *, is_found: bool) -> None:
        said = (
            "" if is_found or not self.text.needle else f"not in {MOST_SEARCHED:,} rows from here"
        )
        self.prompt.set_remark(Span(said, MUTED))

    def on_prompt_changed(self, message: Prompt.Changed) -> None:
        """Search with every key."""
        message.stop()
        if not isinstance(message, Prompt.Submitted):
            self.text.seek(message.text)
            self.text.call_later(self._go_to_first)

    def on_prompt_submitted(self, message: Prompt.Submitted) -> None:
        """Go back to the text; n and N go on."""
        message.stop()
        self.set_class(bool(self.text.needle), "-searching")
        self.screen.set_focus(self.text)

    def on_prompt_cancelled(self, message: Prompt.Cancelled) -> None:
        """Search for nothing."""
        message.stop()
        self.close_search()
        self.screen.set_focus(self.text)
