"""The bars: tabs on top, status and keys at the bottom, the title rule of a pane, detail tabs."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import events
from textual.message import Message
from textual.strip import Strip

from gait_tui.keys import Hint, respelled
from gait_tui.tabs import Tab
from gait_tui.views import glyphs
from gait_tui.views.line import (
    BLANK,
    LABEL_AT,
    MUTED,
    Cell,
    Line,
    Span,
    cut_list,
    fit,
    line,
    own,
    safe,
    spans,
    width_of,
)
from gait_tui.widgets.base import OneRow, Painted


class TabBar(OneRow):
    """The main tabs and whether the folders are being watched."""

    GROUND = "panel"

    def __init__(self, tabs: Sequence[Tab], current: str) -> None:
        super().__init__()
        self.tabs = tabs
        self.current = current
        self.counts: Mapping[str, int] = {}
        self.state: tuple[Span, ...] = ()

    def show_current(self, tab: str) -> None:
        """Mark the tab that is shown."""
        if tab != self.current:
            self.current = tab
            self.refresh()

    def show_counts(self, counts: Mapping[str, int]) -> None:
        """Say behind a tab how many of its items await a person."""
        if counts != self.counts:
            self.counts = counts
            self.refresh()

    def show_state(self, *parts: Span) -> None:
        """Change the right end."""
        if parts != self.state:
            self.state = parts
            self.refresh()

    def labels(self) -> list[tuple[Tab, str]]:
        """Name the tabs, briefly where there is little room."""
        room = self.size.width - width_of(self.state) - 3
        for form, gap in ((self._long, 4), (self._short, 3)):
            named = [(tab, form(tab)) for tab in self.tabs]
            if sum(len(tab.key) + len(name) + gap for tab, name in named) <= room:
                return named
        return named

    def _long(self, tab: Tab) -> str:
        return self._with_count(tab, tab.name)

    def _short(self, tab: Tab) -> str:
        return self._with_count(tab, tab.short)

    def _with_count(self, tab: Tab, name: str) -> str:
        number = self.counts.get(tab.id, 0)
        return f"{name} {number}" if number else name

    def _places(self) -> list[tuple[Tab, str, int]]:
        """Give each tab its column: wide apart where there is room."""
        named = self.labels()
        room = self.size.width - width_of(self.state) - 3
        wide = sum(len(tab.key) + len(name) + 4 for tab, name in named) <= room
        placed = []
        at = 1
        for tab, name in named:
            placed.append((tab, name, at))
            at += len(tab.key) + len(name) + (4 if wide else 3)
        return placed

    def line(self) -> Line:
        """Draw the tabs."""
        placed = self._places()
        cells = [spans(at, *self._tab(tab, name)) for tab, name, at in placed]
        edge = placed[-1][2] + len(placed[-1][1]) + 3 if placed else 0
        end = max(self.size.width - width_of(self.state) - 1, edge)
        return line(self.look, *cells, Cell(end, self.state))

    def _tab(self, tab: Tab, name: str) -> tuple[Span, ...]:
        if tab.id != self.current:
            return (Span(f"{tab.key} {name}", MUTED),)
        if self.palette.reverses:
            return (Span(f"{tab.key} {name}", "r:b:text"),)
        return Span(f"{tab.key} ", "b:accent"), Span(name, "b:text")

    def render_line(self, y: int) -> Strip:
        """Paint the row; the current tab has a ground of its own."""
        del y
        drawn = self.line()
        strip = self.palette.strip(drawn, self.size.width, ground=self.GROUND)
        if self.palette.reverses:
            return strip
        for tab, name, at in self._places():
            if tab.id == self.current:
                width = len(tab.key) + len(name) + 3
                on = self.palette.strip(drawn, self.size.width, ground="selection")
                parts = strip.crop(0, at - 1), on.crop(at - 1, at - 1 + width)
                return Strip.join([*parts, strip.crop(at - 1 + width)])
        return strip

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, tab: str) -> None:
            super().__init__()
            self.tab = tab

    def on_click(self, event: events.Click) -> None:
        """Go to the tab under the mouse."""
        for tab, name, at in self._places():
            if at - 1 <= event.x <= at + len(tab.key) + len(name) + 1:
                self.post_message(self.Picked(tab.id))


class StatusBar(OneRow):
    """What happened or where one is, in words; the position on the right."""

    def __init__(self) -> None:
        super().__init__()
        self.left: tuple[Span, ...] = ()
        self.right = ""

    def say(self, *parts: Span) -> None:
        """Change the message."""
        if parts != self.left:
            self.left = parts
            self.refresh()

    def place(self, text: str) -> None:
        """Change the position."""
        if text != self.right:
            self.right = text
            self.refresh()

    def line(self) -> Line:
        """Draw the message and the position."""
        end = self.size.width - len(self.right) - 1
        return line(self.look, Cell(1, self.left), own(end, self.right, MUTED))


class HintBar(OneRow):
    """The keys of the focused pane."""

    GROUND = "panel"

    def __init__(self) -> None:
        super().__init__()
        self.hints: Sequence[Hint] = ()
        self.lead = ""

    def show(self, hints: Sequence[Hint], lead: str = "") -> None:
        """Change the keys; `lead` names a prefix that waits for its second key."""
        if (hints, lead) != (self.hints, self.lead):
            self.hints, self.lead = hints, lead
            self.refresh()

    def line(self) -> Line:
        """Draw as many keys as fit; the last one always does."""
        parts: list[Span] = [Span(f"{self.lead}  ", "b:accent")] if self.lead else []
        room = self.size.width - 2 - width_of(parts)
        hints = [respelled(hint, self.gait.own_keys) for hint in self.hints]
        shown = cut_list(hints, room, lambda h: len(h.shown) + len(h.label) + 3)
        for number, hint in enumerate(shown):
            parts += [Span("  ")] if number else []
            parts += [Span(hint.shown, "b:key_hint"), Span(f" {hint.label}", MUTED)]
        return line(self.look, spans(1, *parts), margin=0)


class PaneTitle(OneRow):
    """The rule that begins a pane: name, facts, and a state on the right."""

    def __init__(self, name: str = "", *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.title = Span(name)
        self.facts: tuple[Span, ...] = ()
        self.state: tuple[Span, ...] = ()
        self.is_here = False

    def show(self, title: Span, facts: Sequence[Span] = (), state: Sequence[Span] = ()) -> None:
        """Change what the rule says."""
        said = (title, tuple(facts), tuple(state))
        if said != (self.title, self.facts, self.state):
            self.title, self.facts, self.state = said
            self.refresh()

    def set_here(self, is_here: bool) -> None:  # noqa: FBT001
        """Say whether the pane has the focus."""
        if is_here != self.is_here:
            self.is_here = is_here
            self.refresh()

    def line(self) -> Line:
        """Draw the rule."""
        look, width = self.look, self.size.width
        glyph, role = (glyphs.HEAVY, "accent") if self.is_here else (glyphs.LIGHT, "border")
        lead = (
            Span(glyph, role),
            Span(glyphs.HERE, "b:accent") if self.is_here else Span(glyph, role),
        )
        state = safe(self._state_beside(width), look)
        end = width_of(state) + 4 if state else 0
        title = fit(safe([self.title], look), width - end - 6)
        weight = "b:" if self.is_here else ""
        title = [part._replace(role=f"{weight}{part.role}") for part in title]
        facts = fit(safe(self.facts, look), width - end - width_of(title) - 7)
        words = [*title, *([Span("  "), *facts] if facts else []), Span(" ")]
        fill = width - 3 - width_of(words) - end
        tail = [Span(" "), *state, Span(" "), Span(glyph * 2, role)] if state else []
        row = (*lead, Span(" "), *words, Span(glyph * max(fill, 0), role), *tail)
        return Line(row)

    def _state_beside(self, width: int) -> Sequence[Span]:
        """Leave what is muted out of the state where it would cut name or facts."""
        look = self.look
        said = width_of(safe([self.title, *self.facts], look))
        if said + width_of(safe(self.state, look)) + 11 <= width:
            return self.state
        return [part for part in self.state if part.role != MUTED and part.text.strip()]


class DetailTabs(OneRow):
    """The tabs of a detail: the open one stands in the brackets that are its keys."""

    class Picked(Message):
        """A tab was clicked."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__()
        self.names = list(names)
        self.current = names[0] if names else ""

    def show(self, names: Sequence[str], current: str) -> None:
        """Change the tabs."""
        self.names, self.current = list(names), current
        self.refresh()

    def line(self) -> Line:
        """Draw the tabs."""
        cells = []
        for name, at in self._places():
            if name == self.current:
                edge = "b:accent"
                cells.append(spans(at - 1, Span("[", edge), Span(name, "b:text"), Span("]", edge)))
            else:
                cells.append(own(at, name, MUTED))
        return line(self.look, *cells)

    @property
    def _apart(self) -> int:
        """How many columns part two tabs: as many as there is room for."""
        taken = LABEL_AT + sum(map(len, self.names)) + 2
        gaps = len(self.names) - 1
        return next((n for n in (3, 2) if taken + n * gaps <= self.size.width), 1)

    def _places(self) -> list[tuple[str, int]]:
        apart, is_dense = self._apart, self._apart == 1
        at = LABEL_AT - is_dense
        places = []
        for number, name in enumerate(self.names):
            places.append((name, at))
            has_bracket = is_dense and self.current in self.names[number : number + 2]
            at += len(name) + apart + has_bracket
        return places

    def on_click(self, event: events.Click) -> None:
        """Open the tab under the mouse."""
        for name, at in self._places():
            if at - 1 <= event.x <= at + len(name):
                self.post_message(self.Picked(name))


class Divider(Painted):
    """The one column between panes that stand side by side; a mouse may drag it."""

    LINE: ClassVar[Line] = Line((Span(glyphs.RAIL, "border"),))

    class Dragged(Message):
        """The mouse drags the column to another one of the screen."""

        def __init__(self, divider: "Divider", column: int) -> None:
            super().__init__()
            self.divider, self.column = divider, column

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Begin to drag."""
        event.stop()
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Go where the mouse goes while its button is held."""
        if self.app.mouse_captured is self:
            event.stop()
            self.post_message(self.Dragged(self, event.screen_x))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Stay there."""
        event.stop()
        self.release_mouse()

    def render_line(self, y: int) -> Strip:
        """Paint one row of it."""
        del y
        return self.palette.strip(self.LINE, self.size.width)


class Blank(Painted):
    """Empty space."""

    def render_line(self, y: int) -> Strip:
        """Paint one empty row."""
        del y
        return self.palette.strip(BLANK, self.size.width)
