"""What every widget of ours shares: the palette of the App and the look of its size."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

from rich.segment import Segment
from textual.app import App
from textual.color import Color
from textual.filter import LineFilter
from textual.strip import Strip
from textual.widget import Widget

from gait_tui.views.line import BLANK, Line, Look
from gait_tui.widgets.paint import Palette


class _Colourless(LineFilter):
    """Takes every colour away, the terminal's own included: not even a code for those is sent."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Keep text and weights."""
        del background
        return [
            Segment(text, style and style.without_color, control)
            for text, style, control in segments
        ]


_NO_COLOUR: Final = _Colourless()


class PaintedApp(App[int]):
    """What widgets ask of the App: colours and the time."""

    palette: Palette
    own_keys: Mapping[str, str] = {}
    """Keys that the user gave to actions, by their id."""

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Stand guard behind a mono theme: nothing may bring a colour past it."""
        filters = super().get_line_filters()
        return [*filters, _NO_COLOUR] if self.palette.is_mono else filters

    @property
    def now_ns(self) -> int:
        """The time of the host."""
        raise NotImplementedError

    @property
    def home(self) -> str:
        """The home folder of the host."""
        raise NotImplementedError


class Painted(Widget):
    """A widget that draws lines of views."""

    @property
    def gait(self) -> PaintedApp:
        """The App, under its own type."""
        return cast("PaintedApp", self.app)

    @property
    def palette(self) -> Palette:
        """The colours in force."""
        return self.gait.palette

    @property
    def look(self) -> Look:
        """What a view needs to know of this widget."""
        width, height = self.size
        gait = self.gait
        return Look(width, gait.now_ns, self.palette.ascii_only, height, gait.home)


class OneRow(Painted):
    """A widget of one row on one ground."""

    GROUND = "background"

    def line(self) -> Line:
        """Draw the row."""
        return BLANK

    def render_line(self, y: int) -> Strip:
        """Paint the row."""
        shown = self.line() if y == 0 else BLANK
        return self.palette.strip(shown, self.size.width, ground=self.GROUND)
