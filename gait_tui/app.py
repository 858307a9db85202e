"""The App: themes, the key map, pasted tickets, and which screen opens what."""

import asyncio
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

from textual import events
from textual.app import SuspendNotSupported
from textual.screen import Screen

from gait_engine.api.shapes import LIMITS, GaitError, Limits, ReviewTarget
from gait_engine.host import Host
from gait_tui.bridge import Bridge, is_footer
from gait_tui.commands import Query, explain_query
from gait_tui.keymap import checked
from gait_tui.keys import BY_ID, PREFIXES
from gait_tui.models.act import Act, Done
from gait_tui.models.links import EXPLAIN, Link
from gait_tui.models.rows import RunStore
from gait_tui.reviewing import ReviewDesk
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.frame import FrameScreen
from gait_tui.services import clipboard, pager
from gait_tui.services.config import Approval
from gait_tui.services.state import State, write_state
from gait_tui.surroundings import Surroundings
from gait_tui.targets import ticket_in
from gait_tui.themes import LoadedTheme, load_theme, theme_rows
from gait_tui.views.line import MUTED
from gait_tui.views.sanitize import pieces
from gait_tui.views.themelist import ThemeRow
from gait_tui.widgets.paint import Palette
from gait_tui.workbench import Workbench

if TYPE_CHECKING:
    from gait_tui.screens.palette import PaletteDialog


class Options(NamedTuple):
    """How the App is to run."""

    roots: tuple[str, ...]
    target: str = ""
    origin: str = ""
    screen: str = "inbox"
    theme: str = "gait-dark"
    has_theme_set: bool = False
    truecolor: bool = True
    ascii_only: bool = False
    limits: Limits = LIMITS
    poll_seconds: float = 1.0
    rest_seconds: float = 0.04
    clipboard: str = "auto"
    pager: str = ""
    bell: bool = False
    columns: Mapping[str, Sequence[str]] = {}
    sorts: Mapping[str, str] = {}
    wrap: bool = False
    mouse: bool = True
    read_only: bool = False
    keys: Mapping[str, str] = {}
    user_themes: Path | None = None
    surroundings: Surroundings = Surroundings()
    undecided: str = Workbench.read_only
    """Why nothing may be approved or denied; empty where it may."""
    approval: Approval = Approval()
    when_read: Callable[[], object] = lambda: None
    """Called once all that the roots hold is listed for the first time."""


class GaitApp(Workbench):
    """The terminal UI of gait."""

    CSS_PATH = "gait.tcss"
    ENABLE_COMMAND_PALETTE = False
    ALLOW_SELECT = False
    BINDINGS: ClassVar = []
    TITLE = "gait"

    def __init__(self, host: Host, options: Options) -> None:
        self.options = options
        self.crash: Exception | None = None
        self._offered: PaletteDialog | None = None
        self.loaded = self._load(options.theme)
        self.palette = self._palette(self.loaded)
        super().__init__()
        self.bridge = Bridge(host, options.roots, options.limits)
        self.read_only = options.undecided or ("asked for" if options.read_only else "")
        self.only_reads = options.read_only
        self.reviews = ReviewDesk(self.bridge, options.approval, read_only=self.read_only)
        self.surroundings = options.surroundings
        self.store = RunStore()
        self.wraps = options.wrap
        self.poll_seconds = options.poll_seconds
        self.pressed_at = host.monotonic()
        self.rings = options.bell
        self.columns, self.sorts = options.columns, options.sorts
        self.rest_seconds = options.rest_seconds
        self.when_read = options.when_read
        self._wear(self.loaded)
        self.own_keys = options.keys
        keymap = checked(options.keys)
        self.set_keymap(keymap)

        def keys_of(name: str) -> Sequence[str]:
            return keymap[name].split(",") if name in keymap else BY_ID[name].keys

        self.filter_keys = keys_of("filter")
        self.prefix_keys = {key: name for name in PREFIXES for key in keys_of(name)}

    def _load(self, name: str) -> LoadedTheme:
        options = self.options
        return load_theme(name, truecolor=options.truecolor, user_themes=options.user_themes)

    @property
    def theme_name(self) -> str:
        """The theme that is worn."""
        return self.loaded.textual.name

    def theme_choices(self) -> list[ThemeRow]:
        """List the themes, those of the user last."""
        return theme_rows(self.options.user_themes)

    def keep_theme(self, name: str) -> None:
        """Keep a theme for this session and the next, and say so."""
        self.wear(name)
        if self.options.read_only:
            self.say_here(f"{name} is kept for this session: it is read only.", MUTED)
            return
        self.run_worker(lambda: self._store_theme(name), thread=True, group="state")

    def _store_theme(self, name: str) -> None:
        problem = write_state(State(theme=name), self.bridge.host)
        said, role = f"{name} is kept, also for the next start.", MUTED
        if problem:
            said, role = f"{name} is kept for this session, not for the next: {problem}.", "warning"
        elif self.options.has_theme_set:
            said = f"{name} is kept for this session; tui.toml names the next one."
        self.call_from_thread(self.say_here, said, role)

    def _palette(self, loaded: LoadedTheme) -> Palette:
        return Palette(loaded.roles, is_mono=loaded.is_mono, ascii_only=self.options.ascii_only)

    def _wear(self, loaded: LoadedTheme) -> None:
        self.loaded = loaded
        self.palette = self._palette(loaded)
        self.register_theme(loaded.textual)
        self.theme = loaded.textual.name

    def wear(self, name: str) -> None:
        """Change the theme."""
        self._wear(self._load(name))
        for screen in self.screen_stack:
            for widget in screen.walk_children():
                widget.refresh()

    def action_exit_now(self) -> None:
        """Quit from a dialog."""
        self.exit(0)

    def _handle_exception(self, error: Exception) -> None:
        """Keep a crash off the screen: the traceback goes to the log."""
        if self.is_headless:
            super()._handle_exception(error)
            return
        self.crash = error
        self._return_code = 1
        self._close_messages_no_wait()

    def get_default_screen(self) -> Screen[None]:
        """Begin with the tab that was asked for."""
        return BrowseScreen(self.options.screen)

    def on_mount(self) -> None:
        """Open what was named on the command line; who ends the program gets the terminal back."""
        if not self.is_headless and os.name == "posix":
            end = partial(self.exit, 128 + signal.SIGTERM)
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, end)
        if self.options.target:
            self.open_target(self.options.target, self.options.origin)

    def on_paste(self, event: events.Paste) -> None:
        """Take a ticket that is pasted anywhere."""
        line = ticket_in(event.text)
        if line:
            self.open_target(line, "pasted footer", as_ticket=True)

    # ------------------------------------------------------------ screens

    def go_to_tab(self, tab: str) -> None:
        """Close what lies over the tabs and show one of them."""
        screen = self._down_to_the_tabs()
        screen.call_later(screen.show_tab, tab)

    def go_to(self, link: Link) -> None:
        """Show an item in the tab it belongs to, or explain the decision it names."""
        if link.tab == EXPLAIN:
            self.open_explain(link.key)
            return
        screen = self._down_to_the_tabs()
        screen.call_later(screen.go_to, link)

    def _down_to_the_tabs(self) -> BrowseScreen:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        return cast("BrowseScreen", self.screen)

    def open_target(self, text: str, origin: str, *, as_ticket: bool = False) -> None:
        """Open a ticket line, a run id or a path."""
        from gait_tui.screens.run import RunScreen
        from gait_tui.screens.ticket import TicketScreen

        is_ticket = as_ticket or is_footer(text)
        self.push_screen(TicketScreen(text, origin) if is_ticket else RunScreen(text))

    def open_diff(self, left: str, right: str) -> None:
        """Compare two runs."""
        from gait_tui.screens.diff import DiffScreen

        self.push_screen(DiffScreen(left, right))

    def open_review(self, trace: str = "", *, intent: str = "", policy: str = "") -> None:
        """Review a call that awaits approval, by its trace, or by its intent and policy."""
        from gait_tui.screens.review import ReviewScreen

        self.push_screen(ReviewScreen(ReviewTarget(trace, intent, policy)))

    def open_explain(self, trace: str) -> bool:
        """Explain the decision of a trace; tell whether what that takes is here."""
        from gait_tui.screens.explain import ExplainScreen

        row = self.artifacts.rows.get(trace)
        query = explain_query(row, *self.artifacts.files(row)) if row else None
        if row is None or query is None:
            return False
        self.push_screen(ExplainScreen(row, query))
        return True

    def open_raw(self, path: str) -> None:
        """Show a file in the pager, hidden characters spelled."""
        words = pager.pager_words(self.options.pager, self.bridge.host.env)
        if not words:
            self.say_here("There is no pager here: set PAGER, or pager in tui.toml.", "warning")
            return
        row = self.artifacts.rows.get(path)
        file = path.removesuffix(f":{row.line}") if row and row.line else path

        def work() -> None:
            try:
                text = self.bridge.raw_text(file)
            except GaitError as error:
                self.call_from_thread(self.say_here, error.message, "warning")
            else:
                self.call_from_thread(self._page, text, words)

        self.run_worker(work, thread=True, exclusive=True, group="raw", exit_on_error=False)

    def _page(self, text: str, words: list[str]) -> None:
        try:
            with self.suspend():
                problem = pager.show(text, words, self.bridge.host.env)
        except SuspendNotSupported:
            problem = "this terminal cannot be handed over"
        if problem:
            self.say_here(f"Not shown by {words[0]}: {problem}.", "warning")

    def open_replay(self, path: str) -> None:
        """Answer a run from its own record."""
        from gait_tui.screens.pages import ReplayScreen

        self.push_screen(ReplayScreen(path))

    def open_help(self, place: str) -> None:
        """Show the keys of a place."""
        from gait_tui.screens.pages import HelpScreen

        self.push_screen(HelpScreen(place))

    def open_palette(self) -> None:
        """Offer what can be done on the screen on top."""
        from gait_tui.screens.palette import PaletteDialog, enact, entries_of

        screen = self.screen
        if isinstance(screen, FrameScreen):
            self._offered = PaletteDialog(entries_of(screen))
            self.push_screen(self._offered, partial(enact, screen))

    async def on_key(self, event: events.Key) -> None:
        """Give the palette what was typed before it had the focus."""
        if self._offered is not None and self._offered.is_current:
            await self._offered.box.take(event)

    def open_command(self, query: Query) -> None:
        """Show a question as a command."""
        from gait_tui.screens.pages import CommandScreen

        self.push_screen(CommandScreen(query))

    def open_export(self, query: Query, about: str) -> None:
        """Ask where to write an answer."""
        from gait_tui.screens.dialogs import ExportDialog

        if self.options.read_only:
            self.say_here("Read only: nothing is written here.", "warning")
            return
        self.push_screen(ExportDialog(query, about), self._say_exported)

    def open_act(self, act: Act) -> None:
        """Show what a command would write, and run it if that is wanted."""
        from gait_tui.screens.actdialog import ActDialog

        dialog = ActDialog(act._replace(key=self.reviews.approval.key_path))
        self.push_screen(dialog, lambda _said: self._say_done(dialog.done))

    def _say_done(self, done: Done | None) -> None:
        if done is None:
            return
        if done.link is None:
            self.say_here(done.said, done.role)
            return
        screen = self._down_to_the_tabs()
        screen.call_later(screen.go_to, done.link)
        screen.call_later(screen.announce, done.said, done.role)

    def open_theme(self) -> None:
        """Choose a theme."""
        from gait_tui.screens.theme import ThemeScreen

        self.push_screen(ThemeScreen())

    def open_prompt(self) -> None:
        """Ask for a ticket, a run id or a path."""
        from gait_tui.screens.dialogs import OpenDialog

        self.push_screen(OpenDialog(), self._open_typed)

    def _open_typed(self, text: str | None) -> None:
        if text and text.strip():
            self.open_target(text.strip(), "typed footer")

    def _say_exported(self, said: str | None) -> None:
        if said:
            self.say_here(said, "ok")

    def say_here(self, said: str, role: str) -> None:
        """Say something in the status row of the screen on top."""
        if isinstance(self.screen, FrameScreen):
            self.screen.say(said, role)

    # ------------------------------------------------------------ clipboard

    def copy(self, screen: Screen[None], what: str, text: str) -> None:
        """Put text on the clipboard from a thread and say how that went."""
        if not isinstance(screen, FrameScreen):
            return
        if not text:
            screen.say("There is nothing of that kind to copy here.", "warning")
            return
        query = screen.query_here()

        def work() -> None:
            try:
                wanted = self._wanted(what, text, query)
            except GaitError as error:
                self.call_from_thread(
                    screen.say, f"not copied: {error.message}", "warning", is_data=True
                )
                return
            host = self.bridge.host
            way = self.options.clipboard
            done = clipboard.copy(wanted, env=host.env, write=self._write_escape, way=way)
            if done.problem:
                self.call_from_thread(self._show_by_hand, wanted, done.problem)
            else:
                self.call_from_thread(screen.say, f"{done}.", MUTED)

        self.run_worker(work, thread=True, exclusive=True, group="copy", exit_on_error=False)

    def _show_by_hand(self, text: str, problem: str) -> None:
        from gait_tui.screens.pages import ByHandScreen

        self.push_screen(ByHandScreen(text, problem))

    def hold_mouse(self, *, held: bool) -> None:
        """Take the mouse, or leave it to the terminal so that text can be marked."""
        if self.options.mouse:
            modes = (1000, 1003, 1015, 1006)
            self._write_escape("".join(f"\x1b[?{mode}{'h' if held else 'l'}" for mode in modes))

    def _wanted(self, what: str, text: str, query: Query | None) -> str:
        if what == "copy_footer":
            return self.bridge.footer(text)
        if what == "copy_json" and query is not None:
            return self.bridge.text(query).decode()
        return "".join(piece.text for piece in pieces(text))

    def _write_escape(self, escape: str) -> None:
        driver = self._driver
        if driver is not None:
            driver.write(escape)
            driver.flush()
