"""The frame of every screen: tabs on top, status and keys below, one focused pane between."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import ClassVar, cast

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.screen import Screen
from textual.widget import Widget

from gait_tui import keys
from gait_tui.bridge import Bridge
from gait_tui.commands import Query
from gait_tui.keys import TABLE
from gait_tui.models.act import Act
from gait_tui.models.links import Link
from gait_tui.panes.base import Pane
from gait_tui.services.term import MIN_HEIGHT, MIN_WIDTH, size_problem
from gait_tui.tabs import TABS
from gait_tui.views.line import MUTED, Line, Span
from gait_tui.views.pages import too_small
from gait_tui.widgets.bars import HintBar, StatusBar, TabBar
from gait_tui.widgets.prompt import Prompt
from gait_tui.widgets.vtable import Lines, VTable
from gait_tui.workbench import Workbench

_MOVED_BY_TABLES = frozenset(
    {"down", "up", "half_down", "half_up", "page_down", "page_up", "first", "last", "open"}
)
TOO_SMALL = "-too-small"


def screen_bindings() -> list[BindingType]:
    """Bind every key of the table that is no movement inside a pane."""
    return [
        Binding(",".join(key.keys), f"do('{key.id}')", id=key.id, show=False)
        for key in TABLE
        if key.id not in _MOVED_BY_TABLES
    ]


class FrameScreen(Screen[None]):
    """A screen of the frame; `place` names the keys that work where the focus is."""

    BINDINGS: ClassVar[list[BindingType]] = screen_bindings()
    PLACE: ClassVar[str] = keys.LIST
    AUTO_FOCUS: ClassVar[str | None] = "VTable"

    def __init__(self) -> None:
        super().__init__()
        self.tab_bar = TabBar(TABS, "runs")
        self.status = StatusBar()
        self.hint_bar = HintBar()
        self.prefix = ""
        """The key that waits for a second one, by its id."""

    # ------------------------------------------------------------ to fill in

    def body(self) -> Iterator[Widget]:
        """Yield what stands between the bars."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where the focus is, as the key table calls it."""
        return self.PLACE

    def query_here(self) -> Query | None:
        """Return what this screen asked the engine."""
        return None

    def about(self) -> str:
        """Name what this screen is about, for the file of an export."""
        return ""

    def copies(self) -> dict[str, str]:
        """Return what `y` can copy here, by the id of its key."""
        return {}

    # ------------------------------------------------------------ frame

    @property
    def bench(self) -> Workbench:
        """The App, under its own type."""
        return cast("Workbench", self.app)

    @property
    def bridge(self) -> Bridge:
        """The way to the engine."""
        return self.bench.bridge

    def compose(self) -> ComposeResult:
        """Lay out the frame."""
        yield self.tab_bar
        with Container(id="body"):
            yield from self.body()
        yield self.status
        yield self.hint_bar
        yield VTable(id="too-small")

    def on_mount(self) -> None:
        """Show the state of the watch."""
        self.show_live()

    def show_live(self) -> None:
        """Say on the right of the tabs that the folders are being watched."""
        self.tab_bar.show_counts(self.bench.tab_counts)
        self.tab_bar.show_state(*self.bench.live_words(self.size.width))

    def say(self, text: str, role: str = MUTED, *, is_data: bool = False) -> None:
        """Say something in the status row."""
        self.status.say(Span(text, role, is_data))

    def on_descendant_focus(self) -> None:
        """Mark the pane that has the focus, show its keys."""
        self.show_focus()

    def show_focus(self) -> None:
        """Mark the pane that has the focus, show its keys."""
        for pane in self.query(Pane):
            pane.mark_focus()
        if self.prefix:
            self.show_prefix()
        else:
            self.hint_bar.show(keys.hints(self.place, self.without()))

    def off(self) -> Sequence[str]:
        """Name the keys that do nothing here at the moment."""
        return ()

    def on_resize(self, event: events.Resize) -> None:
        """Leave only one line where there is no room for more."""
        width, height = event.size
        is_small = bool(size_problem(width, height))
        self.set_class(is_small, TOO_SMALL)
        self.show_small()
        self.show_live()

    def show_small(self) -> None:
        """Say that the terminal is too small, and keep the row of the cursor in view."""
        if self.has_class(TOO_SMALL):
            width, height = self.size
            lines = too_small(width, height, (MIN_WIDTH, MIN_HEIGHT), self.cursor_line(width))
            self.query_one("#too-small", VTable).show(Lines(lines))

    def cursor_line(self, width: int) -> Line | None:
        """Return the row under the cursor, for a terminal that is too small."""
        del width
        return None

    # ------------------------------------------------------------ keys

    def action_do(self, name: str) -> None:
        """Do what a key asks for, where it works; one typed ahead of a screen that left is lost."""
        if self.prefix or name in self.bench.removed or not self.is_current:
            return
        if self.place in keys.BY_ID[name].places and (do := self.doer(name)):
            do()

    def doer(self, name: str) -> Callable[[], object] | None:
        """Find what does what a key asks for."""
        if name in keys.TAB_IDS:
            return lambda: self.bench.go_to_tab(name)
        found: Callable[[], object] | None = getattr(self, f"do_{name}", None)
        return found

    async def on_key(self, event: events.Key) -> None:
        """Take keys in order, since an action may come after the next key.

        A prefix waits for its second key; what is typed behind the key of a filter belongs to it.
        """
        if isinstance(self.focused, Prompt):
            await self.focused.take(event)
            return
        if event.key in self.bench.filter_keys and not self.prefix:
            event.stop()
            event.prevent_default()
            self.action_do("filter")
            return
        if not self.prefix:
            begun = self.bench.prefix_keys.get(event.key, "")
            is_here = begun and self.place in keys.BY_ID[begun].places
            if is_here and begun not in self.bench.removed:
                event.stop()
                event.prevent_default()
                self.wait_after(begun)
            return
        event.stop()
        event.prevent_default()
        prefix, self.prefix = self.prefix, ""
        self.show_focus()
        choices = keys.PREFIXES[prefix]
        wanted = next((key.id for key in choices if event.key in key.keys), "")
        if wanted in self.choices(prefix):
            self.choose(prefix, wanted)

    def choices(self, prefix: str) -> dict[str, str]:
        """Name what may follow a prefix here, by id; a label of its own in place of the usual."""
        if prefix == "go":
            return {"go_top": "", **{name: link.name for name, link in self.links().items()}}
        return dict.fromkeys((key.id for key in keys.PREFIXES[prefix]), "")

    def choose(self, prefix: str, name: str) -> None:
        """Do what a prefix and its second key ask for."""
        if prefix == "copy":
            self.bench.copy(self, name, self.copies().get(name, ""))
        elif name == "go_top":
            if isinstance(self.focused, VTable):
                self.focused.action_first()
        else:
            self.bench.go_to(self.links()[name])

    def links(self) -> Mapping[str, Link]:
        """Return where `g` leads from here, by the id of its second key."""
        return {}

    def acts(self) -> Mapping[str, Act]:
        """Return what can be made of what is here, by the id of the key."""
        return {}

    def without(self) -> tuple[str, ...]:
        """Name the keys that the hint bar leaves out."""
        acts = self.acts()
        idle = (name for name in keys.ACTS if name not in acts)
        return (*self.off(), *self.bench.removed, *idle)

    def _act(self, name: str) -> None:
        act = self.acts().get(name)
        if act is None:
            self.say("There is nothing here to make that of.", "warning")
        else:
            self.bench.open_act(act)

    def do_regression(self) -> None:
        """Offer to pin the run and to judge every fixture."""
        self._act("regression")

    def do_incident(self) -> None:
        """Offer to pack the evidence from around the run."""
        self._act("incident")

    def do_pack(self) -> None:
        """Offer to pack the evidence of the run."""
        self._act("pack")

    def wait_after(self, prefix: str) -> None:
        """Wait for the second key of a prefix."""
        self.prefix = prefix
        self.show_focus()

    def show_prefix(self) -> None:
        """Show what may follow the prefix."""
        hints = keys.prefix_hints(self.prefix, self.choices(self.prefix))
        self.hint_bar.show(hints, keys.BY_ID[self.prefix].label)

    def do_copy(self) -> None:
        """Wait for the key that says what to copy."""
        self.wait_after("copy")

    def do_go(self) -> None:
        """Wait for the key that says where to go."""
        self.wait_after("go")

    def leave(self) -> None:
        """Go back to the screen below; once gone, there is nothing more to close."""
        if self.is_current:
            self.app.pop_screen()

    def do_back(self) -> None:
        """Go back; at the top this does nothing."""
        if len(self.app.screen_stack) > 1:
            self.leave()

    def do_leave(self) -> None:
        """Go back, or quit at the top."""
        if len(self.app.screen_stack) > 1:
            self.leave()
        else:
            self.app.exit(0)

    def do_interrupt(self) -> None:
        """Quit."""
        self.app.exit(0)

    do_quit = do_interrupt

    def do_suspend(self) -> None:
        """Give the terminal back for a while."""
        self.app.action_suspend_process()

    def do_redraw(self) -> None:
        """Draw everything again."""
        self.app.refresh(repaint=True, layout=True)

    def do_pane_next(self) -> None:
        """Go to the next pane."""
        self.focus_next(".pane-focus")

    def do_pane_previous(self) -> None:
        """Go to the pane before."""
        self.focus_previous(".pane-focus")

    def do_help(self) -> None:
        """Show the keys of this place."""
        self.bench.open_help(self.place)

    def do_palette(self) -> None:
        """Offer everything that works here, unless a line is being typed."""
        if not isinstance(self.focused, Prompt):
            self.bench.open_palette()

    def do_log(self) -> None:
        """Show what the engine was asked."""
        from gait_tui.screens.calllog import CallLogScreen

        self.app.push_screen(CallLogScreen())

    def do_command(self) -> None:
        """Show this screen as a command."""
        if query := self.query_here():
            self.bench.open_command(query)

    def do_export(self) -> None:
        """Ask where to write what the command prints."""
        if query := self.query_here():
            self.bench.open_export(query, self.about())

    def do_raw(self) -> None:
        """Show the file under the cursor as it is, in the pager."""
        path = self.copies().get("copy_path", "")
        if path.endswith(".zip"):
            self.say("An archive is no text; the Raw tab shows what the engine reads in it.")
        elif path:
            self.bench.open_raw(path)
        else:
            self.say("There is no file here.", "warning")

    def do_theme(self) -> None:
        """Choose a theme."""
        self.bench.open_theme()

    def do_open_any(self) -> None:
        """Ask for a ticket, a run id or a path."""
        self.bench.open_prompt()
