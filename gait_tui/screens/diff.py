"""Two runs compared, the first difference in view."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import ClassVar, NamedTuple, cast

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import run_copies
from gait_tui.messages import Answered
from gait_tui.models.act import Act
from gait_tui.panes.searched import Searched
from gait_tui.panes.tabbed import MOST_WRAPPED, SLIDE
from gait_tui.readings import DiffReading
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import diff, diffdraw
from gait_tui.views.diffdraw import SIDE_BY_SIDE, Form
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.widgets.vtable import Lines, VTable

BLANK_FROM = 14
"""With so many rows there is room for a blank one under the names."""


class DiffRows:
    """The rows of a comparison as they are drawn."""

    def __init__(self, rows: Sequence[diff.Row], form: Form) -> None:
        self.rows, self.form = rows, form

    def __len__(self) -> int:
        return len(self.rows)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        return diffdraw.draw(self.rows[row], look, self.form)

    def text(self, row: int) -> str:
        """Return what is searched, also where it is cut."""
        return diffdraw.text(self.rows[row])

    def key(self, row: int) -> str:
        """Every row takes the cursor: the text is read with it."""
        item = self.rows[row].item
        return "row" if item.head or item.left.text or item.right.text else ""

    def find(self, row: int, step: int, *, section: bool) -> int:
        """Return the next row that begins a change or section; the same row when there is none."""
        at = row + step
        while 0 <= at < len(self.rows):
            item = self.rows[at].item
            if item.section if section else item.change:
                return at
            at += step
        return row

    def change(self, row: int) -> int:
        """Return the number of the change a row belongs to."""
        while row >= 0:
            item = self.rows[row].item
            if item.change or item.head:
                return item.change
            row -= 1
        return 0


class LaidOut(NamedTuple):
    """What was asked of two runs, and how the answer is shown."""

    reading: DiffReading
    comparison: diff.Comparison


class DiffPane(Searched):
    """Both sides named on top, the rows below."""

    def __init__(self) -> None:
        super().__init__(keys.DIFF, VTable(id="rows", highlight=False), "Diff", id="diff")
        self.comparison: diff.Comparison | None = None
        self.reading: DiffReading | None = None
        self.shows_secrets = False
        self.sides = VTable(id="sides")
        self._change = 1
        """The change that the cursor is in."""

    def compose(self) -> ComposeResult:
        """Lay out the names and the rows."""
        yield self.title
        yield self.prompt
        yield self.sides
        yield self.text

    @property
    def rows(self) -> DiffRows | None:
        """The rows as they are shown."""
        source = self.text.source
        return source if isinstance(source, DiffRows) else None

    def take(self, laid_out: LaidOut) -> None:
        """Show a comparison, from its first change on."""
        self.reading, self.comparison = laid_out
        self.draw()

    def draw(self) -> None:
        """Draw everything for the size at hand."""
        reading, comparison = self.reading, self.comparison
        if reading is None or comparison is None:
            return
        sides, table = self.sides, self.text
        look = table.look
        answer = reading.diff.answer
        if answer is None:
            sides.styles.height = 0
            table.show_page(lambda look: diff.refused_lines(reading, look))
            self.title.show(Span("Diff"), (), [Span(f"exit {reading.diff.exit_code}", MUTED)])
            return
        named = diffdraw.sides_lines(comparison, answer, sides.look)
        if look.height >= BLANK_FROM:
            named.append(diffdraw.blank(sides.look))
        sides.styles.height = len(named)
        sides.show(Lines(named))
        self._keep_place()
        shown = self._laid_out(comparison, look)
        first = next((n for n, r in enumerate(shown.rows) if r.item.change == self._change), 0)
        table.show(shown, cursor=first)
        self.draw_title()

    def blank(self) -> None:
        """Show nothing until the rows are laid out anew: secrets are hidden at once."""
        self._keep_place()
        self.text.show(Lines())

    def _keep_place(self) -> None:
        if self.rows:
            self._change = max(self.rows.change(self.text.cursor), 1)

    def _laid_out(self, comparison: diff.Comparison, look: Look) -> DiffRows:
        form = Form(side_by_side=look.width >= SIDE_BY_SIDE)
        rows = comparison.rows(side_by_side=form.side_by_side)
        if self.bench.wraps and len(rows) <= MOST_WRAPPED:
            rows = diffdraw.wrapped(rows, look, form)
        return DiffRows(rows, form)

    def wrap(self) -> None:
        """Let long values go on below themselves, or cut them again."""
        self.bench.wraps = not self.bench.wraps
        self.draw()

    def slide(self, step: int) -> None:
        """Scroll long values sideways, as far as those in view reach."""
        rows, table = self.rows, self.text
        if rows is None:
            return
        in_view = rows.rows[table.top : table.top + table.room]
        most = max((diffdraw.overhang(row, table.look, rows.form) for row in in_view), default=0)
        shift = min(rows.form.shift + step * SLIDE, max(most + 1, 0) if most > 0 else 0)
        rows.form = rows.form._replace(shift=max(shift, 0))
        table.redraw()

    def draw_title(self) -> None:
        """Say which change the cursor is in."""
        comparison, rows = self.comparison, self.rows
        if comparison is None or rows is None:
            return
        number = rows.change(self.text.cursor)
        total = comparison.changes
        at = f"change {number:,} of {total:,}" if number else f"{total:,} changes"
        state = at if total else "no differences"
        facts = [Span(diff.facts(comparison), MUTED)]
        self.title.show(Span("Diff"), facts, [Span(state, MUTED)])

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Say which change the cursor is in."""
        if message.table.id == "rows":
            self.draw_title()

    def on_resize(self) -> None:
        """Side by side or one under the other, as the width allows."""
        self.call_after_refresh(self.draw)


class DiffScreen(FrameScreen):
    """Compares two runs; the left one is the base."""

    AUTO_FOCUS: ClassVar[str | None] = "#rows"
    PLACE: ClassVar[str] = keys.DIFF

    def __init__(self, left: str, right: str) -> None:
        super().__init__()
        self.left, self.right = left, right
        self._read: Callable[[], DiffReading]
        """Asks the engine, or tells again what it has answered."""

    def body(self) -> Iterator[Widget]:
        """Yield the one pane."""
        self.pane = DiffPane()
        yield self.pane

    def on_mount(self) -> None:
        """Compare."""
        self._compare()

    def _compare(self) -> None:
        self.pane.title.show(Span("Diff"), (), [Span("comparing", MUTED)])
        self._read = partial(self.bridge.read_diff, self.left, self.right)
        self._lay_out()

    def _lay_out(self) -> None:
        """Lay the answer out in a thread: of long runs that takes as long as the question."""
        read, shows = self._read, self.pane.shows_secrets

        def call() -> LaidOut:
            reading = read()
            return LaidOut(reading, diff.compare(reading, _names(reading), shows=shows))

        self.bridge.ask(self, "diff", call)

    @property
    def reading(self) -> DiffReading | None:
        """The answer that is on the screen; None while the runs are compared the other way."""
        shown = self.pane.reading
        return shown if shown and (shown.left, shown.right) == (self.left, self.right) else None

    def on_answered(self, message: Answered) -> None:
        """Show the comparison."""
        if self.bridge.is_current(message.group, message.generation):
            laid_out = cast("LaidOut", message.result)
            self._read = lambda: laid_out.reading
            self.pane.take(laid_out)
            self._show_place()
            self.show_focus()

    def on_vtable_moved(self) -> None:
        """Say where the cursor is."""
        self._show_place()

    def _show_place(self) -> None:
        rows = self.pane.rows
        if rows is None:
            self.say("")
            return
        self.status.say(
            Span("-", "b:diff_del"),
            Span(" base   ", MUTED),
            Span("+", "b:diff_add"),
            Span(f" the other run   {self._note()}", MUTED),
        )
        self.status.place(f"line {self.pane.text.cursor + 1:,} of {len(rows):,}")

    def _note(self) -> str:
        wide = "Run ids and digests of both sides are above; run.json is never compared."
        return wide if self.size.width >= SIDE_BY_SIDE else ""

    def off(self) -> Sequence[str]:
        """Nothing to step through where nothing differs."""
        comparison = self.pane.comparison
        if self.pane.rows is None:
            return ["step", "part", "swap", "filter", "wrap", "pane_left", "pane_right"]
        return ["step"] if comparison and not comparison.changes else []

    def query_here(self) -> Query | None:
        """Return the question."""
        return Query(commands.DIFF, (self.left, self.right))

    def about(self) -> str:
        """Name both runs."""
        return "-".join(_names(self.reading)) if self.reading else "runs"

    def copies(self) -> dict[str, str]:
        """Return what can be copied: of the run that is not the base."""
        answer = self.reading.diff.answer if self.reading else None
        digest = answer.manifest_digest_right if answer else ""
        name = answer.summary.run_id_right if answer else ""
        return run_copies(name, self.right, digest, self.query_here())

    def acts(self) -> Mapping[str, Act]:
        """Pin the base as a fixture that judges the other run."""
        answer = self.reading.diff.answer if self.reading else None
        if answer is None:
            return {}
        name = answer.summary.run_id_left
        return {"regression": Act(commands.BOOTSTRAP, self.left, name, against=(self.right,))}

    def do_swap(self) -> None:
        """Make the other run the base."""
        self.left, self.right = self.right, self.left
        self._compare()

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.pane.shows_secrets = not self.pane.shows_secrets
        if not self.pane.shows_secrets:
            self.pane.blank()
        self._lay_out()

    def do_filter(self) -> None:
        """Type what to search for."""
        self.pane.open_search()

    def do_wrap(self) -> None:
        """Let long values go on below themselves, or cut them again."""
        self.pane.wrap()

    def do_pane_left(self) -> None:
        """Scroll long values back."""
        self.pane.slide(-1)

    def do_pane_right(self) -> None:
        """Scroll long values sideways."""
        self.pane.slide(1)

    def do_back(self) -> None:
        """End the search, else go back."""
        if not self.pane.close_search():
            super().do_back()

    def do_next(self) -> None:
        """Go to the next match of a search, else to the next change."""
        if not self.pane.step_match(1):
            self._go(1, section=False)

    def do_previous(self) -> None:
        """Go to the match before, else to the change before."""
        if not self.pane.step_match(-1):
            self._go(-1, section=False)

    def do_part_next(self) -> None:
        """Go to the next section."""
        self._go(1, section=True)

    def do_part_previous(self) -> None:
        """Go to the section before."""
        self._go(-1, section=True)

    def _go(self, step: int, *, section: bool) -> None:
        rows = self.pane.rows
        if rows:
            self.pane.text.move_to(rows.find(self.pane.text.cursor, step, section=section))


def _names(reading: DiffReading) -> tuple[str, str]:
    """Return what the two sides are called: their runs, where that tells them apart."""
    answer = reading.diff.answer
    if answer is None:
        return reading.left, reading.right
    names = answer.summary.run_id_left, answer.summary.run_id_right
    return names if names[0] != names[1] and all(names) else (reading.left, reading.right)
