"""The panes of a review: the call with its tabs, and the token to mint."""

from collections.abc import Sequence
from typing import Final

from textual.app import ComposeResult
from textual.message import Message
from textual.strip import Strip

from gait_engine.api.shapes import Notice, ReviewShowAnswer
from gait_tui import keys
from gait_tui.panes.base import Pane
from gait_tui.panes.tabbed import RawRows
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.jsontext import JsonText, text_of
from gait_tui.views.line import BLANK, MUTED, Line, Look, Span
from gait_tui.views.parts import failure_lines
from gait_tui.views.review import (
    banner_lines,
    digest_lines,
    history_lines,
    intent_lines,
    verdict_lines,
)
from gait_tui.views.reviewrows import args_lines, rule_lines
from gait_tui.widgets.bars import DetailTabs
from gait_tui.widgets.vtable import Lines, Source, VTable

TABS: Final = {
    "Intent": "intent",
    "Args vs rule": "args_vs_rule",
    "Rule": "rule",
    "Digests": "digests",
    "History": "",
    "Raw": "",
}
"""The tabs, and the part of a review that each of them shows; some need not be read."""


class StillTable(VTable, can_focus=False):
    """A text that takes no keys."""


class ReadTable(VTable):
    """A text that tells when every row of it has been on the screen."""

    class Read(Message):
        """Every row of a part was on the screen; `shown` is what the part was laid out from."""

        def __init__(self, part: str, shown: ReviewShowAnswer | None) -> None:
            super().__init__()
            self.part, self.shown = part, shown

    def __init__(self, *, id: str) -> None:  # noqa: A002
        super().__init__(id=id, highlight=False)
        self.part = ""
        self.shown: ReviewShowAnswer | None = None
        self._painted: set[int] = set()

    def begin(self, part: str, shown: ReviewShowAnswer | None) -> None:
        """Say what will be shown next; nothing of it has been on the screen yet."""
        self.part, self.shown = part, shown
        self._painted.clear()

    @property
    def rows_unread(self) -> int:
        """How many rows have not been on the screen."""
        return len(self.source) - len(self._painted)

    def on_resize(self) -> None:
        """Begin anew: the text is laid out in other rows now."""
        self._painted.clear()

    def render_line(self, y: int) -> Strip:
        """Paint a row, and note that it was."""
        strip = super().render_line(y)
        row = y + self.top
        is_new = 0 <= row < len(self.source) and row not in self._painted
        if is_new and self.part and not self.screen.has_class("-too-small"):
            self._painted.add(row)
            if not self.rows_unread:
                self.post_message(self.Read(self.part, self.shown))
        return strip


class ReviewPane(Pane):
    """What stands above a call under review, and its tabs."""

    def __init__(self) -> None:
        super().__init__(keys.REVIEW, "Review", id="review")
        self.tab = next(iter(TABS))
        self.above = StillTable(id="review-head", highlight=False)
        self.tabs = DetailTabs(list(TABS))
        self.text = ReadTable(id="review-text")
        """The text of the open tab."""
        self.outcome: Outcome[ReviewShowAnswer] | None = None
        self.shows_secrets = False

    def compose(self) -> ComposeResult:
        """Lay out title, banners, tabs and text."""
        yield self.title
        yield self.above
        yield self.tabs
        yield self.text

    @property
    def shown(self) -> ReviewShowAnswer | None:
        """The call, as far as it could be shown."""
        return self.outcome.answer if self.outcome else None

    def take(self, outcome: Outcome[ReviewShowAnswer]) -> None:
        """Show a call."""
        self.outcome = outcome
        self.draw_text()

    def open_tab(self, name: str) -> None:
        """Open a tab."""
        self.tab = name
        self.draw_text()

    def step_tab(self, step: int) -> None:
        """Open the tab so many further on."""
        names = list(TABS)
        self.open_tab(names[(names.index(self.tab) + step) % len(names)])

    def reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.shows_secrets = not self.shows_secrets
        self.draw_text(keep_place=True)

    def draw_head(self, changed: Sequence[Notice], seen: frozenset[str], waiting: str) -> None:
        """Draw what stands above the text."""
        shown, head = self.shown, self.above
        digest = shown.intent_digest[-6:] if shown else ""
        facts = [Span(f"intent …{digest}", MUTED)] if digest else []
        self.title.show(Span("Review"), facts, [Span(waiting, MUTED)] if waiting else [])
        lines: list[Line] = []
        if shown is not None:
            height = self.app.size.height
            lines = banner_lines(shown, changed, head.look, height)
            lines += verdict_lines(shown, head.look)
        head.styles.height = max(len(lines), 1)
        head.show(Lines(lines))
        self.tabs.show(
            [_marked(name, part, seen) for name, part in TABS.items()],
            _marked(self.tab, TABS[self.tab], seen),
        )

    def draw_text(self, *, keep_place: bool = False) -> None:
        """Draw the open tab."""
        shown = self.shown
        self.text.begin(TABS[self.tab] if shown else "", shown)
        if shown is not None and self.tab == "Raw":
            raw: Source = RawRows(
                JsonText(text_of(shown.prepared_intent)), shows=self.shows_secrets
            )
            self.text.show(raw, keep_top=keep_place)
        else:
            self.text.show_page(self._lines, keep_place=keep_place)

    def _lines(self, look: Look) -> list[Line]:
        shown = self.shown
        if shown is None:
            failure = self.outcome.failure if self.outcome else None
            return [BLANK, *failure_lines(look, failure)] if failure else []
        match self.tab:
            case "Intent":
                return intent_lines(shown, look, shows=self.shows_secrets)
            case "Args vs rule":
                return args_lines(shown, (), look, shows=self.shows_secrets)
            case "Rule":
                return rule_lines(shown, look)
            case "Digests":
                return digest_lines(shown, look)
            case _:
                return history_lines(shown, look)


def _marked(name: str, part: str, seen: frozenset[str]) -> str:
    if not part:
        return name
    return f"{glyphs.READ if part in seen else glyphs.UNREAD} {name}"


class TokenPane(Pane):
    """The token to mint, or what came of it."""

    def __init__(self) -> None:
        super().__init__(keys.REVIEW, "Token to mint", id="token")
        self.text = VTable(id="token-text", highlight=False)
        """The form."""

    def compose(self) -> ComposeResult:
        """Lay out title and text."""
        yield self.title
        yield self.text

    def draw(self, name: str, state: str, lines: Sequence[Line], *, is_wide: bool) -> None:
        """Draw the form; above it the call keeps what room it does not need."""
        self.title.show(Span(name), (), [Span(state, MUTED)] if state else [])
        self.styles.height = "1fr" if is_wide else len(lines) + 1
        self.text.show(Lines(lines), keep_top=True)
