"""A detail of several tabs, of which one is open; the Raw tab shows the engine's answer."""

from typing import Final, Protocol, cast, runtime_checkable

from textual.app import ComposeResult
from textual.message import Message

from gait_tui import keys
from gait_tui.messages import Answered
from gait_tui.panes.searched import Searched
from gait_tui.views.jsontext import JsonText
from gait_tui.views.jsonview import document, wrapped
from gait_tui.views.line import MUTED, Line, Look, line, own
from gait_tui.widgets.bars import DetailTabs
from gait_tui.widgets.vtable import Page, Source, VTable

RAW: Final = "Raw"
TALL: Final = 18
FIRST_ROWS: Final = 200
"""So many rows of a document are laid out before all of them are counted."""
MOST_WRAPPED: Final = 2_000
"""A document of more rows is not wrapped: laying all of it out would hold up the keys."""
SLIDE: Final = 8


@runtime_checkable
class Headed(Protocol):
    """Rows that stand under a row of column heads."""

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        ...


class RawRows:
    """A JSON document, row by row; one that is not laid out whole says that it goes on."""

    def __init__(self, laid_out: JsonText, *, shows: bool) -> None:
        self.laid_out, self.shows = laid_out, shows

    def __len__(self) -> int:
        return len(self.laid_out) + (not self.laid_out.is_whole)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        if row == len(self.laid_out):
            return line(look, own(5, "more rows follow", MUTED))
        return document(self.laid_out[row], look, shows=self.shows)

    def key(self, row: int) -> str:
        """No row takes a cursor: the text scrolls."""
        del row
        return ""


class TabText(VTable):
    """The table or text of the open tab, under column heads if it has any."""

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return self.source.head(look) if isinstance(self.source, Headed) else None


class Tabbed(Searched):
    """Shows one tab of what it is about; a subclass says which there are and what they hold."""

    class Drawn(Message):
        """Something else is shown: keys and position may be others."""

    def __init__(self, place: str = keys.DETAIL, *, id: str = "detail") -> None:  # noqa: A002
        super().__init__(place, TabText(id="text"), id=id)
        self.tab = ""
        self.shows_secrets = False
        self.tabs = DetailTabs(())
        self._raw: JsonText | None = None

    @property
    def _raw_group(self) -> str:
        """Name the rows of this pane: another pane may wait for its own."""
        return f"raw {id(self)}"

    # ------------------------------------------------------------ to fill in

    @property
    def names(self) -> tuple[str, ...]:
        """The tabs of what is shown."""
        raise NotImplementedError

    @property
    def raw(self) -> str:
        """The JSON text of the Raw tab."""
        raise NotImplementedError

    def source(self) -> Page | Source:
        """Return what the open tab shows."""
        raise NotImplementedError

    def draw_title(self) -> None:
        """Draw the title rule."""
        raise NotImplementedError

    # ------------------------------------------------------------ frame

    def compose(self) -> ComposeResult:
        """Lay out title, tabs, text."""
        yield self.title
        yield self.tabs
        yield self.prompt
        yield self.text

    @property
    def place_here(self) -> str:
        """Name the keys that work here."""
        return self.place

    def first_row(self, source: Source) -> int | None:
        """Return the row the cursor begins on; None for the first that takes one."""
        del source
        return None

    def draw(self, *, keep_place: bool = False) -> None:
        """Draw everything again."""
        if not self.is_mounted:
            return
        self.tabs.show(self.names, self.tab)
        self.draw_title()
        source = self.source()
        if callable(source):
            self.text.show_page(source, keep_place=keep_place)
        else:
            cursor = (
                self.text.cursor if keep_place and self.text.cursor >= 0 else self.first_row(source)
            )
            self.text.show(source, cursor=cursor, keep_top=keep_place)
        self.post_message(self.Drawn())

    def forget_raw(self) -> None:
        """Hide secrets again; the Raw tab is another."""
        self._raw = None
        self.shows_secrets = False

    def raw_source(self) -> Page | Source:
        """Return the rows of the Raw tab: the first at once, a thread looks for the others."""
        if self._raw is None:
            text = self.raw
            self._raw = JsonText(text, FIRST_ROWS)
            if not self._raw.is_whole:
                self.bench.bridge.ask(self, self._raw_group, lambda: JsonText(text))
        laid_out, shows = self._raw, self.shows_secrets
        if self.bench.wraps and laid_out.is_whole and len(laid_out) <= MOST_WRAPPED:
            return lambda look: wrapped(laid_out, look, shows=shows)
        return RawRows(laid_out, shows=shows)

    def on_answered(self, message: Answered) -> None:
        """Take the rows of the Raw tab."""
        if message.group != self._raw_group:
            return
        message.stop()
        if not self.bench.bridge.is_current(message.group, message.generation):
            return
        laid_out = cast("JsonText", message.result)
        if laid_out.text == self.raw:
            self._raw = laid_out
            if self.tab == RAW:
                self.draw(keep_place=True)
                self.search_on()

    def on_detail_tabs_picked(self, message: DetailTabs.Picked) -> None:
        """Open the tab that was clicked."""
        self.open_tab(message.name)

    def on_resize(self) -> None:
        """Leave a blank row below the tabs where there are many rows."""
        self.set_class(self.size.height >= TALL, "-tall")

    # ------------------------------------------------------------ keys

    def open_tab(self, name: str) -> None:
        """Open a detail tab."""
        if name in self.names and name != self.tab:
            self.tab = name
            self.draw()

    def step_tab(self, step: int) -> None:
        """Open the next detail tab; after the last comes the first, also from one that is gone."""
        names = self.names
        if names:
            gone = -1 if step > 0 else 0
            at = names.index(self.tab) if self.tab in names else gone
            self.open_tab(names[(at + step) % len(names)])

    def reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.shows_secrets = not self.shows_secrets
        self.draw(keep_place=True)

    def wrap(self) -> None:
        """Let long rows go on below themselves, or cut them again."""
        self.bench.wraps = not self.bench.wraps
        self.draw()

    def slide(self, step: int) -> bool:
        """Scroll a text sideways; tell whether there was something to see."""
        return self.tab == RAW and self.text.slide(step * SLIDE)

    def position(self) -> str:
        """Say where the cursor is."""
        return ""
