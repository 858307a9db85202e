"""The review of a call that awaits approval: the one screen that can mint a token.

It shows what the engine computed anew and hands in what a person typed. Which keys count and
what is off is the form's to say (`models/form.py`); what is true is the engine's.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, cast

from textual import events
from textual.timer import Timer
from textual.widget import Widget

from gait_engine.api.shapes import (
    Answer,
    MintRequest,
    Notice,
    PendingItem,
    ReviewCheckAnswer,
    ReviewDenyAnswer,
    ReviewMintAnswer,
    ReviewShowAnswer,
    ReviewTarget,
)
from gait_tui import commands, keys
from gait_tui.commands import Query
from gait_tui.copying import LATER
from gait_tui.messages import Answered
from gait_tui.models import form as steps
from gait_tui.models.form import APPROVE, DENY, LIMITS_FORM, Fields, Form
from gait_tui.panes.review import ReadTable, ReviewPane, TokenPane
from gait_tui.readings import Outcome
from gait_tui.reviewing import ReviewDesk
from gait_tui.screens.frame import FrameScreen
from gait_tui.screens.reviewdialogs import FieldDialog, PhraseDialog
from gait_tui.views.line import Line, Look, line, own
from gait_tui.views.token import (
    TokenView,
    denied_lines,
    failed_lines,
    minted_lines,
    off_words,
    token_lines,
)
from gait_tui.widgets.bars import DetailTabs, Divider

BESIDE_FROM = 140
TALL_FROM = 30
CHECK_SECONDS = 5.0
"""How long what the engine said of the form stands before it is asked again unasked."""
CHECK_SHARE = 20
"""And so many times as long as that took: large folders are not searched all the time."""
_READY = "A asks for the phrase. Nothing is written before it is typed."
_AGAIN = "The form is filled in: the same key again leaves it. Nothing is written."


class ReviewScreen(FrameScreen):
    """One call, everything an approver must read of it, and the token to mint."""

    PLACE: ClassVar[str] = keys.REVIEW
    AUTO_FOCUS: ClassVar[str | None] = "#review-text"

    def __init__(self, target: ReviewTarget) -> None:
        super().__init__()
        self.target = target
        self.form = Form(target)
        self.waiting: tuple[PendingItem, ...] = ()
        self._wants_to_leave = ""
        self._soon: Timer | None = None
        self._check_again_ns = 0
        self.tab_bar.show_current("approvals")

    def body(self) -> Iterator[Widget]:
        """Yield the call and its token."""
        self.review, self.token = ReviewPane(), TokenPane()
        yield self.review
        yield Divider(id="review-divider")
        yield self.token

    def on_mount(self) -> None:
        """Read the call, and go on looking whether its files stay as they are."""
        own = self.desk.approval
        fields = Fields(ttl=own.default_ttl, approver=own.approver, key=own.key_path)
        self.form = Form(self.target, fields, read_only=self.bench.read_only)
        self.set_interval(self.bench.poll_seconds, self.look_again)
        self.set_interval(1.0, self.tick)
        self.load()

    @property
    def desk(self) -> ReviewDesk:
        """The way to the engine's reviews."""
        return self.bench.reviews

    @property
    def tick_ns(self) -> int:
        """Read a clock that nobody sets."""
        return round(self.bridge.host.monotonic() * 10**9)

    @property
    def is_wide(self) -> bool:
        """Tell a terminal in which the form stands beside the call."""
        return self.size.width >= BESIDE_FROM

    # ------------------------------------------------------------ questions

    def load(self) -> None:
        """Read the call anew, and which others wait."""
        key = self.form.fields.key
        self.bridge.ask(self, "review", lambda: self.desk.show(self.target, key))
        self.bridge.ask(self, "review-waiting", self.desk.waiting)

    def check(self) -> None:
        """Let the engine look at the form."""
        request, fields = steps.draft(self.form), self.form.fields
        if request is not None and not self.form.is_over and not self.form.changed:
            self.bridge.ask(
                self, "review-check", lambda: (fields, self.desk.check(request, fields.key))
            )

    def _check_soon(self) -> None:
        """Let the engine look at the form once a person stops typing."""
        if self._soon is not None:
            self._soon.stop()
        if self.bench.rest_seconds:
            self._soon = self.set_timer(self.bench.rest_seconds, self.check)
        else:
            self.check()

    def look_again(self) -> None:
        """Ask whether a file is another by now; then whether the form is still in order."""
        shown, key = self.form.shown, self.form.fields.key
        if shown is not None and not self.form.is_over:
            self.bridge.ask(self, "review-watch", lambda: self.desk.changed(shown, key))

    def on_answered(self, message: Answered) -> None:
        """Take an answer, unless a later question was asked meanwhile."""
        if not self.bridge.is_current(message.group, message.generation):
            return
        match message.group:
            case "review":
                self._take_call(cast("Outcome[ReviewShowAnswer]", message.result))
            case "review-check":
                self._take_check(*cast("tuple[Fields, Outcome[ReviewCheckAnswer]]", message.result))
            case "review-watch":
                self._take_changes(cast("tuple[Notice, ...]", message.result))
            case "review-decide":
                self._take_decision(cast("Outcome[ReviewMintAnswer]", message.result))
            case "review-waiting":
                self.waiting = cast("tuple[PendingItem, ...]", message.result)
                self.draw()

    def _take_call(self, outcome: Outcome[ReviewShowAnswer]) -> None:
        if outcome.answer is None:
            self.form = self.form._replace(shown=None, check=None, ask=None)
        else:
            self.form = steps.showing(self.form, outcome.answer)
            self.check()
        self.review.take(outcome)
        self.draw()

    def _take_check(self, fields: Fields, outcome: Outcome[ReviewCheckAnswer]) -> None:
        rest = max(CHECK_SECONDS, CHECK_SHARE * outcome.seconds)
        self._check_again_ns = self.tick_ns + round(rest * 10**9)
        if outcome.answer is not None:
            self.form = steps.checked(self.form, fields, outcome.answer)
        elif outcome.failure is not None:
            self.say(outcome.failure.error, "failed", is_data=True)
            return
        self.draw()

    def _take_changes(self, notices: tuple[Notice, ...]) -> None:
        self.form = steps.changing(self.form, notices)
        if not notices and self.tick_ns >= self._check_again_ns:
            self.check()
        self.draw()

    def _take_decision(
        self, outcome: Outcome[ReviewMintAnswer] | Outcome[ReviewDenyAnswer]
    ) -> None:
        self.form = steps.deciding(self.form, cast("Answer", outcome.said))
        self.draw()
        if self.form.decided is not None:
            self.load()

    # ------------------------------------------------------------ drawing

    def draw(self) -> None:
        """Draw everything but the text of the open tab."""
        form = self.form
        self.review.draw_head(form.changed, form.seen, self._place_in_line())
        self._draw_token()
        why = steps.why_not_approve(form)
        if self.review.outcome is not None and form.shown is None:
            self.status.say(*off_words("unread_call", ()))
        elif form.decided is not None:
            self.status.say(*off_words("decided" if self._others() else "alone", ()))
        elif why is not None:
            self.status.say(*off_words(*why))
        else:
            self.say(_READY)
        code = self.review.outcome.exit_code if self.review.outcome else 0
        self.status.place(f"exit {code}" if code else "")
        self.show_focus()
        dialog = self.app.screen
        if isinstance(dialog, PhraseDialog):
            dialog.follow()
        elif isinstance(dialog, FieldDialog):
            dialog.redraw()

    def _draw_token(self) -> None:
        form, look = self.form, self.token.text.look
        if isinstance(form.decided, ReviewMintAnswer):
            left = self.desk.seconds_left(form.decided.expires_at)
            name, state, lines = "Token minted", "", minted_lines(form.decided, left, look)
        elif isinstance(form.decided, ReviewDenyAnswer):
            name, state, lines = "Denied", "no token was minted", denied_lines(form.decided, look)
        elif form.failed is not None:
            name, state, lines = "Not decided", "", failed_lines(form.failed, look)
        else:
            name = "Token to mint"
            state = "nothing is written yet" if self.is_wide else _BEFORE
            state = "read only" if form.read_only else state
            lines = token_lines(self.token_view(), look, is_wide=self.is_wide)
        self.token.draw(name, state, lines, is_wide=self.is_wide)

    def token_view(self) -> TokenView:
        """Return what the form shows."""
        form = self.form
        return TokenView(
            shown=form.shown,
            check=form.check,
            fields=form.fields._asdict(),
            faulty=form.faulty_fields if form.shown else (),
            limits_form=LIMITS_FORM,
            max_ttl=self.desk.approval.max_ttl,
            read_only=form.read_only,
        )

    def _place_in_line(self) -> str:
        number = self._number()
        if number < 0:
            return f"{len(self.waiting)} waiting" if self.waiting else ""
        return f"{number + 1} of {len(self.waiting)} waiting"

    def _number(self) -> int:
        """Say which of the waiting calls this is; -1 for none of them."""
        shown = self.form.shown
        pairs = [(item.intent_digest, item.policy_digest) for item in self.waiting]
        pair = (shown.intent_digest, shown.policy_digest) if shown else ("", "")
        return pairs.index(pair) if pair in pairs else -1

    def _others(self) -> int:
        """Say how many other calls wait."""
        return len(self.waiting) - (self._number() >= 0)

    def tick(self) -> None:
        """Count a token's time down."""
        if isinstance(self.form.decided, ReviewMintAnswer):
            self._draw_token()

    def on_resize(self, event: events.Resize) -> None:
        """Put the form beside the call or below it."""
        self.set_class(event.size.width >= BESIDE_FROM, "-form-beside")
        self.set_class(event.size.height >= TALL_FROM, "-tall")
        self.call_after_refresh(self.draw)

    def cursor_line(self, width: int) -> Line | None:
        """Say at least which call this is."""
        shown = self.form.shown
        return line(Look(width), own(0, f"intent {shown.intent_digest}")) if shown else None

    # ------------------------------------------------------------ the form

    def step(self, change: Callable[[Form], Form]) -> None:
        """Go on to another form."""
        self.form = change(self.form)

    def fill(self, name: str, text: str) -> None:
        """Change a field, and let the engine look at it."""
        self.step(lambda form: steps.filling(form, name, text))
        self._check_soon()
        self._draw_token()

    def submit(self) -> None:
        """Hand the open dialog in: the engine logs, signs, reads back and logs."""
        key = self.form.fields.key
        self.form, request = steps.submitting(self.form, self.tick_ns)
        if request is None:
            return
        if isinstance(request, MintRequest):
            mint = request
            self.bridge.ask(self, "review-decide", lambda: self.desk.mint(mint, key))
        else:
            deny = request
            self.bridge.ask(self, "review-decide", lambda: self.desk.deny(deny, key))
        self.draw()

    def on_read_table_read(self, message: ReadTable.Read) -> None:
        """Note that a part was on the screen to its last line."""
        if message.shown is self.form.shown and message.part not in self.form.seen:
            self.step(lambda form: steps.seeing(form, message.part))
            self.draw()

    # ------------------------------------------------------------ keys

    def off(self) -> Sequence[str]:
        """Leave out what cannot be done at the moment."""
        hidden = []
        if steps.why_not_approve(self.form) is not None:
            hidden.append("approve")
        if steps.why_not_deny(self.form) is not None:
            hidden.append("deny")
        if self.form.is_over or self.form.is_deciding:
            hidden.append("change")
        return hidden if self._others() else [*hidden, "next"]

    def do_approve(self) -> None:
        """Ask for the phrases of an approval, where nothing keeps it from being given."""
        self._ask(APPROVE, self._key_of("approve"))

    def do_deny(self) -> None:
        """Ask for reason and phrase of a denial."""
        self._ask(DENY, self._key_of("deny"))

    def _key_of(self, name: str) -> str:
        """Return the key of an action, the user's own where it has one."""
        own = self.bench.own_keys.get(name, "")
        return own.split(",")[0].strip() or keys.BY_ID[name].keys[0]

    def _ask(self, kind: str, key: str) -> None:
        why = steps.why_not_approve(self.form) if kind == APPROVE else steps.why_not_deny(self.form)
        self.step(lambda form: steps.asking(form, kind, key, self.tick_ns))
        if self.form.ask is not None:
            self.app.push_screen(PhraseDialog(self, self.form.ask))
        elif why is not None:
            self.status.say(*off_words(*why))

    def do_change(self) -> None:
        """Wait for the key that says which field."""
        self.wait_after("change")

    def wait_after(self, prefix: str) -> None:
        """Wait for the second key of a prefix; a form that is closed has no fields to change."""
        form = self.form
        if prefix == "change" and (form.is_over or form.is_deciding or form.read_only):
            return
        super().wait_after(prefix)

    def choose(self, prefix: str, name: str) -> None:
        """Change the field that the second key named."""
        if prefix != "change":
            super().choose(prefix, name)
            return
        field = name.removeprefix("change_")
        self.app.push_screen(FieldDialog(self, field), self._kept)

    def _kept(self, name: str | None) -> None:
        """Another key is another signer: show the call with it."""
        if name == "key":
            self.load()
        self.draw()

    def do_rescan(self) -> None:
        """Read the call anew."""
        if not self.form.is_deciding:
            self.load()

    def do_part_next(self) -> None:
        """Open the next tab."""
        self._open_tab(1)

    def do_part_previous(self) -> None:
        """Open the tab before."""
        self._open_tab(-1)

    def _open_tab(self, step: int) -> None:
        self.review.step_tab(step)
        self.draw()

    def on_detail_tabs_picked(self, message: DetailTabs.Picked) -> None:
        """Open the tab that was clicked."""
        self.review.open_tab(message.name.lstrip("○● "))
        self.draw()

    def do_reveal(self) -> None:
        """Show or hide values that look like secrets."""
        self.review.reveal()

    def do_pane_next(self) -> None:
        """Go from the call to the form and back."""
        (self.review.text if self.token.text.has_focus else self.token.text).focus()

    do_pane_previous = do_pane_next

    def do_next(self) -> None:
        """Review the next call that waits."""
        self._go(1, "n")

    def do_previous(self) -> None:
        """Review the waiting call before."""
        self._go(-1, "N")

    def _go(self, step: int, key: str) -> None:
        if not self._others():
            self.say("Nothing else waits.")
        elif self._may_leave(key):
            number = self._number()
            at = (number + step) % len(self.waiting) if number >= 0 else 0
            self.app.switch_screen(ReviewScreen(ReviewTarget(self.waiting[at].trace_path)))

    # ------------------------------------------------------------ leaving

    def action_do(self, name: str) -> None:
        """Do what a key asks for; any other key than the one that was asked about ends that."""
        before = self._wants_to_leave
        super().action_do(name)
        if self._wants_to_leave == before:
            self._wants_to_leave = ""

    def _may_leave(self, key: str) -> bool:
        """Ask once before a form that is filled in is thrown away; wait for a decision."""
        if self.form.is_deciding:
            self.status.say(*off_words("deciding", ()))
            return False
        if not self.form.is_edited or self._wants_to_leave == key:
            return True
        self._wants_to_leave = key
        self.say(_AGAIN, "warning")
        return False

    def do_back(self) -> None:
        """Leave the review; the call goes on waiting."""
        if self._may_leave("esc"):
            super().do_back()

    def do_leave(self) -> None:
        """Leave the review; the call goes on waiting."""
        if self._may_leave("q"):
            super().do_leave()

    def doer(self, name: str) -> Callable[[], object] | None:
        """Find what does what a key asks for; another tab is another place to leave for."""
        if name in keys.TAB_IDS and not self._may_leave(name):
            return None
        return super().doer(name)

    # ------------------------------------------------------------ what it is about

    def query_here(self) -> Query | None:
        """Return the question that this screen shows the answer of."""
        return self.desk.query(self.target, self.form.fields.key)

    def about(self) -> str:
        """Name the call."""
        return self.form.shown.intent_digest[:12] if self.form.shown else "call"

    def copies(self) -> dict[str, str]:
        """Return what can be copied: of a minted token its path and the agent's command."""
        shown, minted = self.form.shown, self.form.decided
        found = {"copy_command": self._command(), "copy_json": LATER}
        if shown is not None:
            found |= {"copy_id": shown.trace_id, "copy_digest": shown.intent_digest}
            found["copy_path"] = shown.trace_path
        if isinstance(minted, ReviewMintAnswer):
            found["copy_path"] = minted.token_path
            found["copy_command"] = next(iter(minted.next_commands), self._command())
        return found

    def _command(self) -> str:
        query = self.query_here()
        return commands.shell(commands.argv(query)) if query else ""


_BEFORE = "nothing is written before the phrase"
