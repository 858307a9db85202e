"""What screens may ask of the App: the engine, what was read so far, clipboard, other screens."""

from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property
from typing import Final

from textual import events
from textual.screen import Screen

from gait_tui import keys
from gait_tui.bridge import Bridge
from gait_tui.commands import Query
from gait_tui.models.act import Act
from gait_tui.models.artifacts import Artifacts
from gait_tui.models.links import Link
from gait_tui.models.rows import RunStore
from gait_tui.readings import RunReading
from gait_tui.reviewing import ReviewDesk
from gait_tui.surroundings import Surroundings
from gait_tui.views import glyphs
from gait_tui.views.line import MUTED, Span
from gait_tui.views.themelist import ThemeRow
from gait_tui.views.timetext import clock
from gait_tui.widgets.base import PaintedApp

KEPT_READINGS: Final = 64
CLOCK_FROM: Final = 100


class Workbench(PaintedApp):
    """The App as screens see it; `app.GaitApp` opens the screens.

    What raises here is a declaration: screens cannot import the App, which imports them.
    """

    bridge: Bridge
    store: RunStore
    reviews: ReviewDesk
    read_only: str = "not told that it may write"
    """Why this session approves and denies nothing; empty where it may."""
    lost: Sequence[str] = ()
    """The roots that cannot be read, or are not there any more."""
    surroundings: Surroundings = Surroundings()
    only_reads: bool = True
    """Whether no key of this session writes a file."""
    poll_seconds: float
    wraps = False
    """Whether long rows of a text go on below themselves."""
    filter_keys: Collection[str] = ()
    """The keys that open a line to type a filter or a search in."""
    prefix_keys: Mapping[str, str]
    """The keys that wait for a second one: by the key, the id of the prefix."""
    columns: Mapping[str, Sequence[str]] = {}
    """The columns that the settings choose, by tab."""
    sorts: Mapping[str, str] = {}
    """The column that the settings sort by, by tab; a minus in front reverses it."""
    rings = False
    """Whether the terminal rings when a new approval waits."""
    pressed_at: float = 0.0
    """When the last key came, by the host's clock that only goes forward."""
    rest_seconds: float
    """How long the cursor rests on a row before its detail is shown."""
    when_read: Callable[[], object]
    """To be called once all that the roots hold is listed for the first time."""

    def __init__(self, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]  # App's own
        self.tab_counts: Mapping[str, int] = {}
        """How many items of a tab await a person."""
        self.artifacts = Artifacts()
        self.readings: OrderedDict[tuple[str, tuple[int, int]], RunReading] = OrderedDict()

    @property
    def now_ns(self) -> int:
        """The time of the host."""
        return self.bridge.host.now_ns()

    @property
    def removed(self) -> frozenset[str]:
        """The actions that this session has no keys for."""
        removed = keys.DECIDING if self.read_only else frozenset()
        return removed | keys.WRITING if self.only_reads else removed

    @property
    def idle_seconds(self) -> float:
        """How long no key came."""
        return self.bridge.host.monotonic() - self.pressed_at

    async def on_event(self, event: events.Event) -> None:
        """Note when a person was here last."""
        if isinstance(event, events.InputEvent | events.Paste):
            self.pressed_at = self.bridge.host.monotonic()
        await super().on_event(event)

    @cached_property
    def home(self) -> str:
        """The home folder of the host."""
        return str(self.bridge.host.home)

    def keep(self, reading: RunReading) -> None:
        """Keep what was read of a file, as long as the file stays as it is."""
        if reading.artifact is None:
            return
        key = (reading.path, (reading.artifact.mtime_ns, reading.artifact.size))
        self.readings[key] = reading
        self.readings.move_to_end(key)
        while len(self.readings) > KEPT_READINGS:
            self.readings.popitem(last=False)

    def kept(self, path: str) -> RunReading | None:
        """Return what was read of a file, if it is still that file."""
        row = self.store.rows.get(path)
        return self.readings.get((path, row.stamp)) if row else None

    def live_words(self, width: int) -> tuple[Span, ...]:
        """Say that the folders are being watched; where there is room, the time."""
        time = (Span(f"{clock(self.now_ns)}  ", MUTED),) if width >= CLOCK_FROM else ()
        if self.lost:
            name = self.lost[0] if width >= CLOCK_FROM else "root"
            return (*time, Span(f"{glyphs.FAILED} ", "b:failed"), Span(name, MUTED, is_data=True))
        if self.poll_seconds and not self.bridge.is_stopped:
            return (*time, Span(glyphs.LIVE, "accent"), Span(" live", MUTED))
        return (*time, Span("not watched" if width >= CLOCK_FROM else "off", MUTED))

    def copy(self, screen: Screen[None], what: str, text: str) -> None:
        """Put text on the clipboard and say so in the status row."""
        raise NotImplementedError

    def hold_mouse(self, *, held: bool) -> None:
        """Take the mouse, or leave it to the terminal so that text can be marked."""
        raise NotImplementedError

    def go_to_tab(self, tab: str) -> None:
        """Close what lies over the tabs and show one of them."""
        raise NotImplementedError

    def go_to(self, link: Link) -> None:
        """Show an item in the tab it belongs to."""
        raise NotImplementedError

    @property
    def theme_name(self) -> str:
        """The theme that is worn."""
        raise NotImplementedError

    def theme_choices(self) -> list[ThemeRow]:
        """List the themes, those of the user last."""
        raise NotImplementedError

    def keep_theme(self, name: str) -> None:
        """Keep a theme for this session and the next, and say so."""
        raise NotImplementedError

    def wear(self, name: str) -> None:
        """Change the theme."""
        raise NotImplementedError

    def open_help(self, place: str) -> None:
        """Show the keys of a place."""
        raise NotImplementedError

    def open_palette(self) -> None:
        """Offer what can be done on the screen on top."""
        raise NotImplementedError

    def open_command(self, query: Query) -> None:
        """Show a question as a command."""
        raise NotImplementedError

    def open_export(self, query: Query, about: str) -> None:
        """Ask where to write an answer."""
        raise NotImplementedError

    def open_act(self, act: Act) -> None:
        """Show what a command would write, and run it if that is wanted."""
        raise NotImplementedError

    def open_theme(self) -> None:
        """Choose a theme."""
        raise NotImplementedError

    def open_prompt(self) -> None:
        """Ask for a ticket, a run id or a path."""
        raise NotImplementedError

    def open_target(self, text: str, origin: str) -> None:
        """Open a ticket, a run id or a path."""
        raise NotImplementedError

    def open_diff(self, left: str, right: str) -> None:
        """Compare two runs."""
        raise NotImplementedError

    def open_review(self, trace: str = "", *, intent: str = "", policy: str = "") -> None:
        """Review a call that awaits approval, by its trace, or by its intent and policy."""
        raise NotImplementedError

    def open_explain(self, trace: str) -> bool:
        """Explain the decision of a trace; tell whether what that takes is here."""
        raise NotImplementedError

    def open_raw(self, path: str) -> None:
        """Show a file in the pager, hidden characters spelled."""
        raise NotImplementedError

    def open_replay(self, path: str) -> None:
        """Answer a run from its own record."""
        raise NotImplementedError
