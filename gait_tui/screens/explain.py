"""Why the gate decided so: the rules as it walked over them, and what each asked for."""

from collections.abc import Iterator, Mapping, Sequence
from typing import ClassVar, Final, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Container
from textual.widget import Widget

from gait_engine.api.shapes import ExplainedRule, IndexRow, PolicyExplainAnswer
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import copies_of
from gait_tui.messages import Answered
from gait_tui.models.links import EXPLAIN, Link
from gait_tui.panes.base import Pane
from gait_tui.readings import Outcome
from gait_tui.screens.frame import FrameScreen
from gait_tui.views import walk
from gait_tui.views.conditions import condition_lines
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, Line, Look, Span, line, own
from gait_tui.views.parts import failure_lines
from gait_tui.views.walk import DEFAULT, Walk
from gait_tui.widgets.bars import Divider, PaneTitle
from gait_tui.widgets.vtable import Lines, Page, Source, VTable

WIDE: Final = 100
"""From so many columns on the chosen rule stands beside the walk."""
TALL: Final = 30
"""From so many rows on there is room for what stands below the walk and the rule."""


class WalkTable(VTable):
    """The rules under their column heads."""

    def head(self, look: Look) -> Line | None:
        """Head the columns."""
        return self.source.head(look) if isinstance(self.source, Walk) else None


class PartPane(Pane):
    """A titled part of an explanation."""

    def __init__(self, name: str, *, id: str, table: VTable | None = None) -> None:  # noqa: A002
        super().__init__(keys.EXPLAIN, name, id=id)
        self.table = table or VTable(id=f"{id}-text", highlight=False)

    def compose(self) -> ComposeResult:
        """Lay out title and text."""
        yield self.title
        yield self.table

    def show(self, page: Page | Source, title: Span, facts: str = "", state: str = "") -> None:
        """Show a text or rows under a title."""
        said = [Span(facts, MUTED)] if facts else []
        self.title.show(title, said, [Span(state, MUTED, is_data=True)] if state else [])
        if callable(page):
            self.table.show_page(page)
        elif page is not self.table.source:
            self.table.show(page)

    @property
    def needs(self) -> int:
        """How many rows title, heads, text and a blank row take."""
        return len(self.table.source) + (3 if isinstance(self.table, WalkTable) else 2)

    def fit(self, most: int) -> int:
        """Take the rows that are needed, at most so many; return how many are taken."""
        rows = max(min(self.needs, most), 2)
        self.styles.height = rows
        return rows


class ExplainScreen(FrameScreen):
    """One decision, rule by rule; it asks the engine again and writes nothing."""

    AUTO_FOCUS: ClassVar[str | None] = "#walk-text"
    PLACE: ClassVar[str] = keys.EXPLAIN

    def __init__(self, trace: IndexRow, query: Query) -> None:
        super().__init__()
        self.trace, self.asked = trace, query
        self.outcome: Outcome[PolicyExplainAnswer] | None = None
        self.walk: Walk | None = None

    def body(self) -> Iterator[Widget]:
        """Yield the verdict, the walk on the left, the chosen rule on the right."""
        self.rules = PartPane("Rules", id="walk", table=WalkTable(id="walk-text"))
        self.why_not = PartPane("Why not", id="why-not")
        self.before = PartPane("Before the rules", id="before")
        self.chosen = PartPane("Rule", id="chosen")
        self.evaluated = PartPane("What it was evaluated on", id="evaluated")
        self.heading = PaneTitle("Explain")
        self.top = VTable(id="explain-top", highlight=False)
        self.top.can_focus = False
        left = Container(self.rules, self.why_not, self.before, id="explain-left")
        right = Container(self.chosen, self.evaluated, id="explain-right")
        parts = Container(left, Divider(id="explain-divider"), right, id="explain-parts")
        yield Container(self.heading, self.top, parts, id="explain")

    def on_mount(self) -> None:
        """Ask."""
        self.tab_bar.show_current("traces")
        self.do_rescan()

    def do_rescan(self) -> None:
        """Have the policy explained, again."""
        query = self.asked
        self.heading.show(Span("Explain"), self._facts(), [Span("reading", MUTED)])
        self.bridge.ask(self, EXPLAIN, lambda: self.bridge.outcome(query))

    do_verify = do_rescan

    def on_answered(self, message: Answered) -> None:
        """Show the walk, the cursor on the rule that decides."""
        if not self.bridge.is_current(message.group, message.generation):
            return
        self.outcome = cast("Outcome[PolicyExplainAnswer]", message.result)
        answer = self.outcome.answer
        self.walk = Walk(answer) if answer else None
        if self.walk is not None:
            self.rules.table.show(self.walk, cursor=self.walk.first())
        self.draw()
        self.rules.table.focus()

    # ------------------------------------------------------------ drawing

    def _facts(self) -> list[Span]:
        name = self.trace.trace_id[:12] or self.trace.path
        return [Span("trace ", MUTED), Span(name, MUTED, is_data=True)]

    def on_resize(self, event: events.Resize) -> None:
        """Put the parts side by side where there is room."""
        super().on_resize(event)
        self.set_class(event.size.width >= WIDE, "-wide")
        self.set_class(event.size.width >= WIDE and event.size.height >= TALL, "-tall")
        self.call_after_refresh(self.draw)

    def draw(self) -> None:
        """Draw every part."""
        if self.outcome is None:
            return
        state = [Span("pure evaluation, nothing written", MUTED)]
        self.heading.show(Span("Explain"), self._facts(), state)
        answer, shown = self.outcome.answer, self.walk
        if answer is None or shown is None:
            self._show_failure()
            return
        top = walk.top_lines(answer, self.trace, self.top.look)
        top = [BLANK, *top, BLANK] if self.has_class("-tall") else top
        self.top.styles.height = len(top)
        trace = self.trace
        self.top.show(Lines(top))
        name = answer.policy.rpartition("/")[2]
        self.rules.show(shown, Span("Rules"), "in the order of the walk", name)
        self.before.show(
            lambda look: walk.before_lines(answer, trace, look),
            Span("Before the rules"),
            "in this order",
        )
        self.evaluated.show(
            lambda look: walk.evaluated_lines(answer, trace, look),
            Span("What it was evaluated on"),
        )
        self._draw_chosen(answer, shown)
        self._say_place()

    def _share(self) -> None:
        """Give each part the rows it needs; the last one of a column takes the rest."""
        bars = 4
        room = self.size.height - bars - len(self.top.source)
        is_tall = self.has_class("-tall")
        rules = self.rules.fit(room // 2)
        if not is_tall:
            return
        below = room - rules
        self.why_not.fit(below - min(self.before.needs, below // 2))
        self.chosen.fit(room - self.evaluated.needs)

    def _show_failure(self) -> None:
        failure = self.outcome.failure if self.outcome else None
        self.chosen.show(
            lambda look: failure_lines(look, failure) if failure else [], Span("Not explained")
        )

    @property
    def rule(self) -> ExplainedRule | None:
        """The rule under the cursor; None on the default verdict."""
        row = self.rules.table.cursor
        return self.walk.steps[row].rule if self.walk and row >= 0 else None

    def _draw_chosen(self, answer: PolicyExplainAnswer, shown: Walk) -> None:
        rule = self.rule
        place = f"{answer.policy.rpartition('/')[2]}:{rule.line}" if rule else ""
        self.chosen.show(
            lambda look: self._chosen_page(answer, rule, look),
            Span(rule.name if rule else DEFAULT, is_data=True),
            place,
        )
        other = shown.not_matched(self.rules.table.cursor)
        self.set_class(other is not None, "-with-why-not")
        if other is not None:
            self.why_not.show(
                lambda look: condition_lines(other.conditions, look),
                Span(f"Why not {other.name}", is_data=True),
                walk.why_not_title(other),
            )
        self._share()

    def _chosen_page(
        self, answer: PolicyExplainAnswer, rule: ExplainedRule | None, look: Look
    ) -> list[Line]:
        """Lay out the rule; where other parts have no room of their own they follow it."""
        lines = walk.chosen_lines(answer, rule, look)
        if self.has_class("-tall"):
            return [BLANK, *lines]
        for name, rows in (
            ("before the rules, in this order", walk.before_lines(answer, self.trace, look)),
            ("what it was evaluated on", walk.evaluated_lines(answer, self.trace, look)),
        ):
            lines += [BLANK, line(look, own(LABEL_AT, name, MUTED)), *rows]
        return lines

    # ------------------------------------------------------------ bars and keys

    def _say_place(self) -> None:
        wide = "The first match fixes the priority. Every match of that priority counts"
        more = ", the strongest effect wins." if self.size.width >= WIDE else "."
        self.say(f"{wide}{more}")
        rules = [row for row, s in enumerate(self.walk.steps) if s.rule] if self.walk else []
        row = self.rules.table.cursor
        at = f"rule {rules.index(row) + 1} of {len(rules)}" if row in rules else ""
        self.status.place(at if self.size.width >= WIDE else "")

    def on_vtable_moved(self, message: VTable.Moved) -> None:
        """Show the rule under the cursor."""
        if message.table is self.rules.table and self.walk and self.outcome:
            if answer := self.outcome.answer:
                self._draw_chosen(answer, self.walk)
            self._say_place()

    def on_vtable_chosen(self) -> None:
        """Go to the rule."""
        self.chosen.table.focus()

    def _stops(self) -> list[VTable]:
        panes = self.rules, self.chosen, self.why_not, self.before, self.evaluated
        return [pane.table for pane in panes if pane.display and pane.size.height]

    def _go_round(self, step: int) -> None:
        stops = self._stops()
        at = next((n for n, stop in enumerate(stops) if stop.has_focus), 0)
        stops[(at + step) % len(stops)].focus()

    def do_pane_next(self) -> None:
        """Go to the next part."""
        self._go_round(1)

    def do_pane_previous(self) -> None:
        """Go to the part before."""
        self._go_round(-1)

    def do_pane_left(self) -> None:
        """Go to the walk."""
        self.rules.table.focus()

    def do_pane_right(self) -> None:
        """Go to the rule."""
        self.chosen.table.focus()

    def links(self) -> Mapping[str, Link]:
        """Go where the trace leads, but not to where one is."""
        found = self.bench.artifacts.links(self.trace, EXPLAIN)
        return {name: to for name, to in found.items() if to.tab != EXPLAIN}

    def off(self) -> Sequence[str]:
        """Everything works once the engine has answered."""
        return ()

    def query_here(self) -> Query | None:
        """Return the question."""
        return self.asked

    def about(self) -> str:
        """Name the trace."""
        return self.trace.trace_id[:12] or commands.EXPLAIN

    def copies(self) -> dict[str, str]:
        """Copy the rule's name, the digest of the policy, its path."""
        answer = self.outcome.answer if self.outcome else None
        name = self.rule.name if self.rule else DEFAULT
        digest, path = (answer.policy_digest, answer.policy) if answer else ("", "")
        return copies_of(name, path, digest, self.asked)
