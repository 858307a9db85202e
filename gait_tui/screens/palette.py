"""The command palette: everything that works where it was opened, and nothing that mints."""

from collections.abc import Iterator
from typing import ClassVar, Final

from textual import events
from textual.fuzzy import FuzzySearch
from textual.message import Message

from gait_tui import commands, keys
from gait_tui.keys import Hint, Key
from gait_tui.models.palette import Entry, Hit, ranked
from gait_tui.screens.dialogs import Dialog
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import palette
from gait_tui.views.line import BLANK, Line, Look
from gait_tui.widgets.dialog import DialogBox
from gait_tui.widgets.vtable import WHEEL_ROWS, VTable

_ORDER: Final = (keys.HERE, keys.EVERYWHERE, keys.MOVE)
_LEFT_OUT: Final = frozenset({"palette", *keys.PREFIXES, *keys.MINTING})
"""What is no entry: the palette, keys that wait for another, and whatever mints or denies."""
_MOVES: Final = {
    binding.id: binding.action
    for binding in VTable.BINDINGS
    if not isinstance(binding, tuple) and binding.id
}
"""The actions of the table with the focus, by id."""
_CHROME: Final = 3
"""Rows of the dialog above its list: the field, a blank one, the heads."""
_MOST_ROWS: Final = 30
_LOW: Final = 20


def enact(screen: FrameScreen, name: str | None) -> None:
    """Do what was chosen as its key would do it, if it still can be done."""
    if name not in {entry.id for entry in entries_of(screen)} or name is None:
        return
    prefix = next((lead for lead, after in keys.PREFIXES.items() if _has(after, name)), "")
    if prefix:
        screen.choose(prefix, name)
    elif name in _MOVES and screen.focused is not None:
        screen.call_later(screen.focused.run_action, _MOVES[name])
    else:
        screen.action_do(name)


def _has(after: tuple[Key, ...], name: str) -> bool:
    return any(key.id == name for key in after)


# ---------------------------------------------------------------- entries


def entries_of(screen: FrameScreen) -> list[Entry]:
    """List what works on a screen as it is: its own actions first, those that only move last."""
    hidden = _hidden(screen)
    here = [key for key in keys.in_place(screen.place) if key.id not in hidden]
    here = [key for key in here if _is_answered(screen, key.id)]
    groups = [[key for key in here if key.group == group] for group in _ORDER]
    own, *others = [[_entry(screen, key) for key in found] for found in groups]
    after = [
        entry
        for prefix in keys.PREFIXES
        if prefix not in screen.bench.removed and screen.place in keys.BY_ID[prefix].places
        for entry in _following(screen, prefix)
    ]
    return [*own, *after, *(entry for entries in others for entry in entries)]


def _hidden(screen: FrameScreen) -> frozenset[str]:
    """Name what does nothing here; of a pair both, and whatever writes where nothing may."""
    names = {one for name in screen.without() for one in keys.JOINT.get(name, (name,))}
    names |= {keys.PAIRS[name][0] for name in names if name in keys.PAIRS}
    return _LEFT_OUT | names | ({"export"} if screen.bench.only_reads else frozenset())


def _is_answered(screen: FrameScreen, name: str) -> bool:
    if name in _MOVES:
        return isinstance(screen.focused, VTable)
    return name in keys.TAB_IDS or screen.doer(name) is not None


def _entry(screen: FrameScreen, key: Key) -> Entry:
    shown = keys.respelled(Hint(key.shown, key.label, (key.id,)), screen.bench.own_keys).shown
    kind = _kind(screen, key.id)
    command = commands.named(kind) if kind else ""
    label = f"{key.label} tab" if key.id in keys.TAB_IDS else key.label
    return Entry(key.id, shown, label, command=command)


def _kind(screen: FrameScreen, name: str) -> str:
    """Return the kind of question behind an action; empty where there is none, or not one only."""
    if name in keys.ACTS:
        return screen.acts()[name].kind
    if name in ("command", "export"):
        query = screen.query_here()
        return query.kind if query else ""
    return commands.asked_by(name, screen.place)


def _following(screen: FrameScreen, prefix: str) -> Iterator[Entry]:
    """List what may follow a prefix and is there: places to go to, texts to copy."""
    lead = keys.BY_ID[prefix]
    if prefix in screen.without():
        return
    spelled = keys.respelled(Hint(lead.shown, lead.label, (lead.id,)), screen.bench.own_keys).shown
    offered, copies = screen.choices(prefix), screen.copies()
    for key in keys.PREFIXES[prefix]:
        if key.id in offered and (prefix != "copy" or copies.get(key.id)):
            kind = commands.asked_by(key.id, screen.place)
            yield Entry(
                key.id,
                f"{spelled} {key.shown}",
                f"{lead.label.removesuffix(' the token')} {key.label}",
                _about(offered[key.id], key.label),
                commands.named(kind) if kind else "",
            )


def _about(name: str, label: str) -> str:
    """Name a target beside its label: what the label says already is left out."""
    return "" if name == label else name.removeprefix(f"{label} ")


# ---------------------------------------------------------------- dialog


class PaletteBox(DialogBox):
    """A field to type in over the list of what it means; arrows choose in the list."""

    class Stepped(Message):
        """Another row of the list is wanted, so many below the one at hand."""

        def __init__(self, rows: int) -> None:
            super().__init__()
            self.rows = rows

    class Picked(Message):
        """A row of the list was clicked."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    STEPS: ClassVar = {"down": 1, "ctrl+n": 1, "up": -1, "ctrl+p": -1}
    PAGES: ClassVar = {"pagedown": 1, "pageup": -1}
    page = 1
    """Rows of the list that are in view."""

    async def take(self, event: events.Key) -> None:
        """Take a key as if the field had the focus."""
        await self._on_key(event)

    async def _on_key(self, event: events.Key) -> None:
        rows = self.STEPS.get(event.key, 0) or self.PAGES.get(event.key, 0) * self.page
        if not rows:
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        self.post_message(self.Stepped(rows))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on."""
        event.stop()
        self.post_message(self.Stepped(WHEEL_ROWS))

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back."""
        event.stop()
        self.post_message(self.Stepped(-WHEEL_ROWS))

    def on_click(self, event: events.Click) -> None:
        """Choose a row."""
        row = event.y - 1 - _CHROME
        if 0 <= row < self.page:
            self.post_message(self.Picked(row))


class PaletteDialog(Dialog):
    """Narrows the actions with every key that is typed; enter closes it with the chosen one."""

    TITLE_TEXT: ClassVar[str] = "Commands"
    FOOT: ClassVar[str] = "esc closes"
    LABEL: ClassVar[str] = "find"
    KEYS: ClassVar[tuple[Hint, ...]] = (
        Hint("enter", "do it"),
        Hint("↑ ↓", "choose"),
        Hint("esc", "close"),
    )

    box: PaletteBox

    def __init__(self, entries: list[Entry]) -> None:
        super().__init__()
        self.box = PaletteBox(self.TITLE_TEXT, self.FOOT, self.LABEL)
        self.entries = entries
        self.hits: list[Hit] = [Hit(entry) for entry in entries]
        self.cursor = self.top = 0
        self._match = FuzzySearch().match

    def draw(self) -> None:
        """Draw the rows in view; the dialog stays as high as all of them would make it."""
        look, box = self.box.inner, self.box
        edges = 2 if self.size.height >= _LOW else 0
        room = self.size.height - 1 - edges - 2 - _CHROME
        box.page = max(min(room, len(self.entries), _MOST_ROWS), 1)
        self.top = min(max(self.top, self.cursor - box.page + 1), self.cursor)
        self.top = max(min(self.top, len(self.hits) - box.page), 0)
        shown = self._rows(look)
        box.cursor_row = _CHROME + self.cursor - self.top if self.hits else -1
        box.heading = f"{self.TITLE_TEXT}  {len(self.hits)} of {len(self.entries)}"
        box.show([], [BLANK, palette.head(look), *shown, *[BLANK] * (box.page - len(shown))])

    def _rows(self, look: Look) -> list[Line]:
        if not self.hits:
            return [palette.nothing_line(look)]
        return [
            palette.hit_line(hit, look, is_current=at == self.cursor)
            for at, hit in enumerate(self.hits)
            if self.top <= at < self.top + self.box.page
        ]

    def on_dialog_box_changed(self, message: DialogBox.Changed) -> None:
        """Narrow with every key."""
        if not isinstance(message, DialogBox.Submitted):
            self.hits = ranked(self.entries, message.text, self._match)
            self.cursor = self.top = 0
            self.redraw()

    def on_dialog_box_submitted(self) -> None:
        """Close with the action under the cursor."""
        if self.hits:
            self.finish(self.hits[self.cursor].entry.id)

    def on_palette_box_stepped(self, message: PaletteBox.Stepped) -> None:
        """Go to another row; the first and the last are the ends."""
        self._go_to(self.cursor + message.rows)

    def on_palette_box_picked(self, message: PaletteBox.Picked) -> None:
        """Go to the row that was clicked; a click on the one at hand does it."""
        row = self.top + message.row
        if row == self.cursor:
            self.on_dialog_box_submitted()
        elif row < len(self.hits):
            self._go_to(row)

    def _go_to(self, row: int) -> None:
        if self.hits:
            self.cursor = min(max(row, 0), len(self.hits) - 1)
            self.redraw()
