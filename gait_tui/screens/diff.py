"""Two runs compared, the first difference in view."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.widget import Widget

from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import run_copies
from gait_tui.messages import Answered
from gait_tui.panes.base import Pane
from gait_tui.readings import DiffReading
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import diff
from gait_tui.views.line import MUTED, Line, Look, Span
from gait_tui.widgets.vtable import Lines, VTable

BLANK_FROM = 14
"""With so many rows there is room for a blank one under the names."""


class DiffRows:
    """The rows of a comparison in one of its two forms."""

    def __init__(self, comparison: diff.Comparison, *, side_by_side: bool) -> None:
        self.rows = comparison.rows(side_by_side=side_by_side)
        self.side_by_side = side_by_side

    def __len__(self) -> int:
        return len(self.rows)

    def line(self, row: int, look: Look) -> Line:
        """Draw a row."""
        return diff.draw(self.rows[row], look, side_by_side=self.side_by_side)

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


class DiffPane(Pane):
    """Both sides named on top, the rows below."""

    def __init__(self) -> None:
        super().__init__(keys.DIFF, "Diff", id="diff")
        self.comparison: diff.Comparison | None = None
        self.reading: DiffReading | None = None
        self.names = ("", "")
        self.shows_secrets = False
        self.sides = VTable(id="sides")
        self.table = VTable(id="rows", highlight=False)
        """The rows."""

    def compose(self) -> ComposeResult:
        """Lay out the names and the rows."""
        yield self.title
        yield self.sides
        yield self.table

    @property
    def rows(self) -> DiffRows | None:
        """The rows as they are shown."""
        source = self.table.source
        return source if isinstance(source, DiffRows) else None

    def take(self, reading: DiffReading, names: tuple[str, str]) -> None:
        """Show a comparison, from its first change on."""
        self.reading = reading
        self.names = names
        self.comparison = diff.compare(reading, names, shows=self.shows_secrets)
        self.draw()

    def reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.shows_secrets = not self.shows_secrets
        if self.reading:
            self.take(self.reading, self.names)

    def draw(self) -> None:
        """Draw everything for the size at hand."""
        reading, comparison = self.reading, self.comparison
        if reading is None or comparison is None:
            return
        sides, table = self.sides, self.table
        look = table.look
        answer = reading.diff.answer
        if answer is None:
            sides.styles.height = 0
            table.show_page(lambda look: diff.refused_lines(reading, look))
            self.title.show(Span("Diff"), (), [Span(f"exit {reading.diff.exit_code}", MUTED)])
            return
        named = diff.sides_lines(comparison, answer, sides.look)
        if look.height >= BLANK_FROM:
            named.append(diff.blank(sides.look))
        sides.styles.height = len(named)
        sides.show(Lines(named))
        before = self.rows.change(table.cursor) if self.rows else 1
        shown = DiffRows(comparison, side_by_side=look.width >= diff.SIDE_BY_SIDE)
        first = next((n for n, r in enumerate(shown.rows) if r.item.change == max(before, 1)), 0)
        table.show(shown, cursor=first)
        self.draw_title()

    def draw_title(self) -> None:
        """Say which change the cursor is in."""
        comparison, rows = self.comparison, self.rows
        if comparison is None or rows is None:
            return
        number = rows.change(self.table.cursor)
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

    def body(self) -> Iterator[Widget]:
        """Yield the one pane."""
        self.pane = DiffPane()
        yield self.pane

    def on_mount(self) -> None:
        """Compare."""
        self._compare()

    def _compare(self) -> None:
        left, right = self.left, self.right
        self.pane.title.show(Span("Diff"), (), [Span("comparing", MUTED)])
        self.bridge.ask(self, "diff", lambda: self.bridge.read_diff(left, right))

    def on_answered(self, message: Answered) -> None:
        """Show the comparison."""
        if self.bridge.is_current(message.group, message.generation):
            reading = cast("DiffReading", message.result)
            self.pane.take(reading, self._names(reading))
            self._show_place()
            self.show_focus()

    def _names(self, reading: DiffReading) -> tuple[str, str]:
        answer = reading.diff.answer
        if answer is None:
            return reading.left, reading.right
        names = answer.summary.run_id_left, answer.summary.run_id_right
        return names if names[0] != names[1] and all(names) else (reading.left, reading.right)

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
        self.status.place(f"line {self.pane.table.cursor + 1:,} of {len(rows):,}")

    def _note(self) -> str:
        wide = "Run ids and digests of both sides are above; run.json is never compared."
        return wide if self.size.width >= diff.SIDE_BY_SIDE else ""

    def off(self) -> Sequence[str]:
        """Nothing to step through where nothing differs."""
        comparison = self.pane.comparison
        if self.pane.rows is None:
            return ["step", "part", "swap"]
        return ["step"] if comparison and not comparison.changes else []

    def query_here(self) -> Query | None:
        """Return the question."""
        return Query(commands.DIFF, (self.left, self.right))

    def about(self) -> str:
        """Name both runs."""
        return "-".join(self._names(self.pane.reading)) if self.pane.reading else "runs"

    def copies(self) -> dict[str, str]:
        """Return what can be copied: of the run that is not the base."""
        answer = self.pane.reading.diff.answer if self.pane.reading else None
        digest = answer.manifest_digest_right if answer else ""
        name = answer.summary.run_id_right if answer else ""
        return run_copies(name, self.right, digest, self.query_here())

    def do_swap(self) -> None:
        """Make the other run the base."""
        self.left, self.right = self.right, self.left
        self._compare()

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.pane.reveal()

    def do_next(self) -> None:
        """Go to the next change."""
        self._go(1, section=False)

    def do_previous(self) -> None:
        """Go to the change before."""
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
            self.pane.table.move_to(rows.find(self.pane.table.cursor, step, section=section))
