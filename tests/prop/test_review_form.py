"""No sequence of events makes the form of a review ask for a token without rules 1 to 10 holding.

The laws below know nothing of the form but its fields: they are held against a ledger of what
happened. Each of them is broken once in a copy of the form, and then has to be found broken.
"""

import itertools
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gait_engine.api.shapes import (
    Answer,
    DenyRequest,
    FieldFault,
    MintRequest,
    Notice,
    ReviewCheckAnswer,
    ReviewMintAnswer,
    ReviewRow,
    ReviewShowAnswer,
    ReviewTarget,
)
from gait_engine.contract.answers.review import TokenForm
from gait_engine.contract.review import MUST_READ
from gait_tui.models import form as real_form

MS: Final = 10**6
SLOW: Final = 120 * MS
TARGET: Final = ReviewTarget("t.json")
REQUIRED: Final = ("phase:apply", "tool:tool.delete")
APPROVERS: Final = ("alice", "svc-etl", "bob-who-has-approved", "")
REASONS: Final = ("ticket_4211", "")
TTLS: Final = ("15m", "24h", "25h", "1d")
SCOPES: Final = (
    " ".join(REQUIRED),
    "*",
    "tool:tool.delete",
    "phase:apply, tool:tool.delete tool:x",
)
LIMITS: Final = ("1 1", "0 0", "9 9", "many", "")
KEYS: Final = ("good.key", "dev")
DIGESTS: Final = ("57" * 29 + "b30a55" + "0d", "11" * 29 + "c0ffee" + "aa")
OMISSIONS: Final = (
    *("nothing",) * 8,
    *("read", "one part", "check", "fields", "wait", "phrase", "enter"),
)
STAGES: Final = ("read", "fill in", "ask", "answer", "open", "wait", "type", "enter")
BAD: Final = (
    *(("approver", text) for text in APPROVERS[1:]),
    *(("reason", ""), ("ttl", "25h"), ("scope", "tool:tool.delete"), ("limits", "0 0")),
    *(("limits", "many"), ("key", "dev"), ("scope", "*")),
)
INCIDENTS: Final = (
    *(("nothing",),) * 6,
    *(("swap",), ("swap and read again",), ("another call",), ("paste",), ("clock",)),
    *(("held key",), ("decided", "ok"), ("decided", "no")),
    *(("fill in", *bad) for bad in BAD),
    *(("fill in and check", *bad) for bad in BAD),
)


def phrases_for(digest: str, *, hazard: bool, scope: str) -> tuple[str, ...]:
    """State anew which phrases rule 3, 7 and 13 demand."""
    wanted = ["approve " + digest[-6:]]
    if hazard:
        wanted.append("hidden character seen")
    if "*" in scope:
        wanted.append("any tool")
    return tuple(wanted)


def engine_says(fields: Any, digest: str, *, hazard: bool) -> ReviewCheckAnswer:
    """Answer as the engine does for a form without phrases: rules 5 to 8."""
    bad = {
        "approver": fields.approver != "alice",
        "reason": not fields.reason,
        "ttl": fields.ttl not in ("15m", "24h"),
        "scope": set(fields.scope.split()) not in ({"*"}, set(REQUIRED)),
        "limits": fields.limits == "0 0",
        "": fields.key != "good.key",
        "phrase": True,
    }
    faults = tuple(FieldFault(field=f, code="c", text="t") for f, is_bad in bad.items() if is_bad)
    wanted = phrases_for(digest, hazard=hazard, scope=fields.scope)
    return ReviewCheckAnswer(ok=True, can_mint=False, faults=faults, phrases=wanted)


class Ledger:
    """What happened, in plain words, since the call was last read from disk or a dialog opened."""

    def __init__(self) -> None:
        self.shown: ReviewShowAnswer | None = None
        self.hazard = self.is_swapped = False
        self.is_engaged = self.is_spent = self.is_minted = False
        self.read: set[str] = set()
        self.opened_at: int | None = None
        self.opening_key = ""
        self.keys: list[tuple[str, str, int]] = []

    def heard(self) -> list[tuple[str, str]]:
        """State rule 3 anew: which keys of the open dialog count."""
        assert self.opened_at is not None
        counted = []
        before = (self.opening_key, self.opened_at)
        other_key_came = False
        for key, char, at in self.keys:
            other_key_came = other_key_came or key != self.opening_key
            is_first_400_ms = at < self.opened_at + 400 * MS
            is_repeat = key == before[0] and (at < before[1] + 50 * MS or not other_key_came)
            if not is_first_400_ms and not is_repeat:
                counted.append((key, char))
            before = (key, at)
        return counted

    def lines(self, count: int) -> list[str]:
        """Return the text of each line of the dialog, by the keys that count."""
        texts, at = [""] * count, 0
        for key, char in self.heard():
            if key == "tab":
                at = (at + 1) % count
            elif key == "backspace":
                texts[at] = texts[at][:-1]
            elif char:
                texts[at] += char
        return texts


class ReviewForm(RuleBasedStateMachine):
    """A person and a clock at the form, a world that changes meanwhile."""

    form_module: Any = real_form

    @initialize(
        hazard=st.booleans(),
        approvable=st.booleans(),
        read_only=st.sampled_from(("", "", "", "told to")),
    )
    def begin(self, hazard: bool, approvable: bool, read_only: str) -> None:  # noqa: FBT001
        m = self.form_module
        self.now = 10**15
        self.ledger = Ledger()
        self.read_only = read_only
        self.waiting: list[tuple[Any, ReviewCheckAnswer]] = []
        fields = m.Fields(ttl="15m", approver="alice", key="good.key")
        self.form = m.Form(TARGET, fields, read_only=read_only)
        self.reload(0, hazard, approvable)

    # ------------------------------------------------------------ the world

    @rule(
        which=st.sampled_from((0, 0, 0, 1)),
        hazard=st.booleans(),
        approvable=st.sampled_from((True, True, False)),
    )
    def reload(self, which: int, hazard: bool, approvable: bool) -> None:  # noqa: FBT001
        ledger, digest = self.ledger, DIGESTS[which]
        shown = ReviewShowAnswer(
            ok=True,
            is_approvable=approvable,
            blockers=() if approvable else (Notice(code="verdict_changed", text="x"),),
            intent_digest=digest,
            policy_digest="47" * 32,
            rows=(ReviewRow(group="what", field="note", value="x" if hazard else "y"),),
            form=TokenForm(scope=REQUIRED, max_targets=1, max_ops=1),
            must_read=MUST_READ,
            deny_phrase="deny " + digest[-6:],
        )
        is_same = ledger.shown is not None and not ledger.is_swapped and (
            (ledger.shown.intent_digest, ledger.shown.rows) == (digest, shown.rows)
        )  # fmt: skip
        if not is_same:
            ledger.read.clear()
        ledger.shown, ledger.hazard, ledger.is_swapped = shown, hazard, False
        ledger.is_spent = ledger.is_minted
        ledger.opened_at = None
        self.waiting.clear()
        self.form = self.form_module.showing(self.form, shown)

    @rule()
    def a_file_changes(self) -> None:
        was_over = self.form.is_over
        self.form = self.form_module.changing(self.form, (Notice(code="review_changed", text="x"),))
        if not was_over:
            self.ledger.is_swapped = True
            self.ledger.read.clear()
            self.ledger.opened_at = None

    @rule()
    def nothing_changes(self) -> None:
        self.form = self.form_module.changing(self.form, ())

    @rule(ms=st.sampled_from((-5000, 1, 49, 50, 399, 400, 5000)))
    def time_goes_on(self, ms: int) -> None:
        self.now += ms * MS

    # ------------------------------------------------------------ the person

    @rule(part=st.sampled_from((*MUST_READ, "intent")))
    def read(self, part: str) -> None:
        self.form = self.form_module.seeing(self.form, part)
        if not self.ledger.is_swapped:
            self.ledger.read.add(part)

    @rule(
        field=st.sampled_from(
            [
                ("approver", APPROVERS),
                ("reason", REASONS),
                ("ttl", TTLS),
                ("scope", SCOPES),
                ("limits", LIMITS),
                ("key", KEYS),
            ]
        ).flatmap(lambda pair: st.tuples(st.just(pair[0]), st.sampled_from(pair[1])))
    )
    def fill_in(self, field: tuple[str, str]) -> None:
        self.form = self.form_module.filling(self.form, *field)

    @rule()
    def ask_the_engine(self) -> None:
        fields = self.form.fields
        assert self.ledger.shown is not None
        answer = engine_says(fields, self.ledger.shown.intent_digest, hazard=self.ledger.hazard)
        self.waiting.append((fields, answer))

    @precondition(lambda self: self.waiting)
    @rule(late=st.booleans())
    def the_engine_answers(self, late: bool) -> None:  # noqa: FBT001
        fields, answer = self.waiting[0 if late else -1]
        self.form = self.form_module.checked(self.form, fields, answer)

    @rule(kind=st.sampled_from(("approve", "approve", "deny")))
    def open_a_dialog(self, kind: str) -> None:
        had = self.form.ask
        key = "A" if kind == "approve" else "D"
        self.form = self.form_module.asking(self.form, kind, key, self.now)
        if self.form.ask is not None and had is None:
            ledger = self.ledger
            ledger.opened_at, ledger.opening_key, ledger.keys = self.now, key, []

    @rule()
    def close_it(self) -> None:
        self.form = self.form_module.cancelling(self.form)
        self.ledger.opened_at = None

    @rule(
        key=st.sampled_from(("A", "a", "p", "tab", "backspace")),
        ms=st.sampled_from((0, 20, 60, 500)),
    )
    def press(self, key: str, ms: int) -> None:
        self.now += ms * MS
        char = key if len(key) == 1 else ""
        self.form = self.form_module.pressing(self.form, key, char, self.now)
        self.ledger.keys.append((key, char, self.now))

    @rule(text=st.sampled_from(("approve b30a55", "any tool", "x")))
    def paste(self, text: str) -> None:
        self.form = self.form_module.pasting(self.form, text)

    @rule(gap=st.sampled_from((0, SLOW)), what=st.sampled_from(("right", "short", "other")))
    def type_the_phrases(self, gap: int, what: str) -> None:
        ledger = self.ledger
        if self.form.ask is None or ledger.shown is None or ledger.opened_at is None:
            return
        for number, slot in enumerate(self.form.ask.slots):
            wanted = slot.wanted or "no"
            text = {"right": wanted, "short": wanted[:-1], "other": "approve 000000"}[what]
            for key in (["tab"] if number else []) + list(text):
                self.now += gap
                char = key if len(key) == 1 else ""
                self.form = self.form_module.pressing(self.form, key, char, self.now)
                ledger.keys.append((key, char, self.now))

    @rule(ms=st.sampled_from((0, 60, 500)))
    def press_enter(self, ms: int) -> None:
        self.now += ms * MS
        form = self.form
        self.form, request = self.form_module.submitting(form, self.now)
        if form.ask is not None:
            self.ledger.keys.append(("enter", "", self.now))
        if isinstance(request, MintRequest):
            self.judge(request, form)
        if isinstance(request, DenyRequest):
            self.judge_denial(request)
        if request is not None:
            self.ledger.is_engaged = True
            self.ledger.opened_at = None

    @rule(ok=st.booleans())
    def the_engine_decides(self, ok: bool) -> None:  # noqa: FBT001
        if not self.form.is_deciding:
            return
        answer = ReviewMintAnswer(ok=True) if ok else Answer(ok=False, error="x")
        self.form = self.form_module.deciding(self.form, answer)
        self.ledger.is_engaged, self.ledger.is_spent = False, True
        self.ledger.is_minted = ok or self.ledger.is_minted

    @rule(
        omit=st.sampled_from(OMISSIONS),
        gap=st.sampled_from((SLOW, SLOW, SLOW, 0)),
        scope=st.sampled_from(SCOPES[:2]),
        stage=st.integers(0, len(STAGES)),
        incident=st.sampled_from(INCIDENTS),
    )
    def do_it_all_but(
        self, omit: str, gap: int, scope: str, stage: int, incident: tuple[str, ...]
    ) -> None:
        """Do what leads to a token in the right order, but for one thing, and one that happens."""
        steps: list[Callable[[], None]] = [
            lambda: self.read_all(MUST_READ[: {"read": 0, "one part": 2}.get(omit, 3)]),
            lambda: None if omit == "fields" else self.fill_in_all(scope),
            lambda: None if omit == "check" else self.ask_the_engine(),
            lambda: self.the_engine_says_so() if self.waiting else None,
            lambda: self.open_a_dialog("approve"),
            lambda: self.time_goes_on(0 if omit == "wait" else 500),
            lambda: self.type_the_phrases(gap, "short" if omit == "phrase" else "right"),
            lambda: None if omit == "enter" else self.press_enter(60),
        ]
        for number, step in enumerate(steps):
            if number == stage:
                self.let_happen(*incident)
            step()
            self.the_dialog_holds_what_was_heard()

    def read_all(self, parts: tuple[str, ...]) -> None:
        for part in parts:
            self.read(part)

    def fill_in_all(self, scope: str) -> None:
        good = {"reason": "t", "approver": "alice", "ttl": "15m", "key": "good.key"}
        for field in {**good, "scope": scope, "limits": "1 1"}.items():
            self.fill_in(field)

    def the_engine_says_so(self) -> None:
        self.form = self.form_module.checked(self.form, *self.waiting[-1])

    def let_happen(self, what: str, *with_what: str) -> None:
        match what:
            case "swap":
                self.a_file_changes()
            case "swap and read again":
                self.a_file_changes()
                self.reload(0, hazard=self.ledger.hazard, approvable=True)
            case "another call":
                self.reload(1, hazard=False, approvable=True)
            case "fill in":
                self.fill_in((with_what[0], with_what[1]))
            case "fill in and check":
                self.fill_in((with_what[0], with_what[1]))
                self.ask_the_engine()
                self.the_engine_says_so()
            case "paste":
                self.paste("approve b30a55")
            case "clock":
                self.time_goes_on(-5000)
            case "held key":
                self.press("A", 500)
            case "decided":
                self.the_engine_decides(ok=with_what[0] == "ok")

    @invariant()
    def the_dialog_holds_what_was_heard(self) -> None:
        """Rule 3: nothing but what a person typed for this dialog is in it."""
        ask = self.form.ask
        if ask is not None:
            assert [slot.text for slot in ask.slots] == self.ledger.lines(len(ask.slots))

    # ------------------------------------------------------------ the laws

    def judge(self, request: MintRequest, form: Any) -> None:
        """Hold a request for a token against rules 1 to 10."""
        ledger, shown = self.ledger, self.ledger.shown
        assert shown is not None
        assert not self.read_only, "read only"
        assert shown.is_approvable, "rule 1: the engine shows a call that may be approved"
        assert not ledger.is_swapped, "rule 9: no file has changed since it was read"
        assert ledger.read >= set(MUST_READ), "rule 2: every part was on the screen to its end"
        assert set(request.seen) == set(MUST_READ), "rule 2: and the log says so"
        wanted = phrases_for(
            shown.intent_digest, hazard=ledger.hazard, scope=" ".join(request.scope)
        )
        assert ledger.opened_at is not None, "rule 3: a dialog is open"
        assert ledger.lines(len(wanted)) == list(wanted), "rule 3, 7, 13: typed to the letter"
        assert (request.phrase, *request.extra_phrases) == wanted, "rule 3: as typed"
        assert ledger.heard()[-1][0] == "enter", "rule 3: enter is heard like any key"
        digests = (request.intent_digest, request.policy_digest)
        assert digests == (shown.intent_digest, shown.policy_digest), "rule 4: what was shown"
        assert request.target == TARGET, "rule 4"
        assert form.fields.key == "good.key", "rule 5: no dev key"
        assert request.approver == "alice", "rule 6: four eyes"
        assert set(request.scope) in ({"*"}, set(REQUIRED)), "rule 7: nothing but what is required"
        assert request.ttl in ("15m", "24h"), "rule 7: not too long"
        assert (request.max_targets, request.max_ops) in ((1, 1), (9, 9)), "rule 7: limits"
        assert request.reason_code, "rule 8: a reason"
        assert not ledger.is_engaged, "rule 10: one decision at a time"
        assert not ledger.is_spent, "rule 10: after a step that failed, and after a token, none"

    def judge_denial(self, request: DenyRequest) -> None:
        """Hold a denial against rules 3, 9 and 11."""
        shown = self.ledger.shown
        assert shown is not None
        assert not self.read_only
        assert not self.ledger.is_swapped
        assert self.ledger.lines(2)[1] == "deny " + shown.intent_digest[-6:] == request.phrase
        assert request.reason_code.strip()
        assert request.reviewer.strip()
        assert not self.ledger.is_engaged
        assert not self.ledger.is_spent


SEARCH = settings(
    max_examples=80,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def walks() -> Iterator[tuple[str, int, str, int, tuple[str, ...]]]:
    """Name every way to a token but for one thing, and every thing that happens on the way."""
    quiet = (len(STAGES), INCIDENTS[0])
    for gap, scope in itertools.product((SLOW, 0), SCOPES[:2]):
        yield from ((omit, gap, scope, *quiet) for omit in dict.fromkeys(OMISSIONS))
        for stage, incident in itertools.product(range(len(STAGES)), dict.fromkeys(INCIDENTS)):
            yield "nothing", gap, scope, stage, incident


def sweep(form_module: Any) -> int:
    """Go every way, each twice with a decision between; return how many tokens were asked for."""

    class Walker(ReviewForm):
        pass

    Walker.form_module = form_module
    asked = 0
    for walk, read_only, is_granted in itertools.product(walks(), ("", "told to"), (True, False)):
        if read_only and walk[0] + walk[4][0] != "nothingnothing":
            continue
        machine = Walker()
        for is_approvable in (True, False) if walk[4][0] == "nothing" else (True,):
            machine.begin(hazard=True, approvable=is_approvable, read_only=read_only)
            machine.do_it_all_but(*walk)
            asked += machine.form.is_deciding
            machine.do_it_all_but("nothing", SLOW, SCOPES[0], len(STAGES), INCIDENTS[0])
            machine.the_engine_decides(ok=is_granted)
            machine.do_it_all_but("nothing", SLOW, SCOPES[0], len(STAGES), INCIDENTS[0])
    return asked


def test_no_sequence_of_events_asks_for_a_token_without_the_rules_holding() -> None:
    run_state_machine_as_test(ReviewForm, settings=SEARCH)


def test_every_way_to_a_token_keeps_the_rules_and_some_lead_there() -> None:
    assert sweep(real_form) > 100


DIALOG_FAULTS: Final = '{"phrase",'
BROKEN: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "read only": (("form.read_only", "''"),),
    "rule 1": (("not form.shown.is_approvable", "False"),),
    "rule 2": (("    if form.parts_to_read:", "    if False:"),),
    "rule 2, read anew": (("form.seen if is_same else frozenset()", "form.seen"),),
    "rule 2, the log": (("seen=_seen(form, shown),", "seen=(),"),),
    "rule 3, 400 ms": (("QUIET_NS: Final = 400", "QUIET_NS: Final = 0"),),
    "rule 3, clock set back": (("now_ns - self.opened_ns <", "0 <= now_ns - self.opened_ns <"),),
    "rule 3, repeat": (("REPEAT_NS: Final = 50", "REPEAT_NS: Final = 0"),),
    "rule 3, held key": (("(self.is_fresh or now_ns", "(now_ns"),),
    "rule 3, paste": (("form.ask._replace(pastes=", "_typed(form.ask, '', text)._replace(pastes="),
                      ("insert(char) if char", "insert(char or key) if char or len(key) > 9")),
    "rule 3, phrase": (("self.text == self.wanted if", "self.wanted.startswith(self.text) if"),),
    "rule 3, deaf enter": (('not ask.hears("enter", now_ns) or ', ""),),
    "rule 4, intent": (("intent_digest=shown.intent_digest", "intent_digest='00'"),),
    "rule 4, policy": (("policy_digest=shown.policy_digest", "policy_digest='00'"),),
    "rule 5, key": ((DIALOG_FAULTS, '{"", "phrase",'),),
    "rule 6, approver": ((DIALOG_FAULTS, '{"approver", "phrase",'),),
    "rule 7, scope": ((DIALOG_FAULTS, '{"scope", "phrase",'),),
    "rule 7, ttl": ((DIALOG_FAULTS, '{"ttl", "phrase",'),),
    "rule 7, limits": ((DIALOG_FAULTS, '{"limits", "phrase",'),),
    "rule 7, other fields": (("    if fields != form.fields or", "    if"),),
    "rule 7, edited since": (("fields=fields, check=None, is_edited", "fields=fields, is_edited"),),
    "rule 8, reason": ((DIALOG_FAULTS, '{"reason", "phrase",'),),
    "rule 9, off": (('Why("changed") if form.changed else None', "None"),
                    ("changed=found, seen=frozenset(), check=None, ask=None", "changed=found")),
    "rule 9, read again": (("changed=found, seen=frozenset()", "changed=found"),
                           ("is_same = not form.changed and", "is_same =")),
    "rule 10, once": (("ask=None, is_deciding=True", "ask=None"),),
    "rule 10, failed": (("    if form.failed is not None:", "    if False:"),),
    "rule 10, decided": (("    if form.decided is not None:", "    if False:"),),
    "rule 13": (("in enumerate(phrases)", "in enumerate(phrases[:1])"),),
}  # fmt: skip


def broken_copy(*pieces: tuple[str, str]) -> types.ModuleType:
    """Load the form with pieces of it replaced."""
    source = Path(real_form.__file__).read_text(encoding="utf-8")
    for old, new in pieces:
        assert old in source
        source = source.replace(old, new)
    copy = types.ModuleType("broken_form")
    exec(compile(source, "broken_form", "exec"), copy.__dict__)  # noqa: S102
    return copy


@pytest.mark.parametrize("name", BROKEN)
def test_a_form_that_breaks_a_rule_is_found_out(name: str) -> None:
    copy = broken_copy(*BROKEN[name])
    with pytest.raises(AssertionError):
        sweep(copy)
