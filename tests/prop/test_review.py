"""No sequence of events mints a token without every rule of the review holding."""

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from gait_engine.contract.keys import NO_KEYS
from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.contract.review import MUST_READ
from gait_engine.errors import GaitError
from gait_engine.gate.killswitchedit import add_entry, disable_entry
from gait_engine.gate.review.deciding import check_mint, mint
from gait_engine.gate.review.reviewlog import verified_lines
from gait_engine.gate.tokens.counting import count_approvals
from gait_engine.gate.tokens.tokenfile import read_approval
from tests.support.hosts import FrozenHost
from tests.support.judging import NOON
from tests.support.reviews import (
    INTENT,
    LOG,
    RULE,
    SCOPE,
    SETTING,
    around,
    request,
    subject,
    tree,
    waiting_call,
    write_intent,
    write_policy,
)
from tests.support.tokens import KEY

APPROVERS = ("alice", "bob", "Alice", "svc-etl", "аlice", "ali\u200bce", " ")
TTLS = ("15m", "24h", "24h1s", "1d", "0", "")
SCOPES = (SCOPE, (*SCOPE, "tool:x"), SCOPE[:2], ("*",), ())
GOOD_TTLS = ("15m", "24h")


class Review(RuleBasedStateMachine):
    """A form that is filled in, and a world that changes meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.host = FrozenHost(self.folder)
        self.minted: dict[str, str] = {}

    @initialize()
    def begin(self) -> None:
        waiting_call(self.host)
        self.whole = request(self.host)
        self.state = "ks.json"
        self.stop_calls()
        disable_entry(self.state, "e", host=self.host)
        self.is_thrown = self.is_swapped = self.is_stricter = self.is_dev = False
        self.form: dict[str, Any] = {
            "approver": "alice", "ttl": "15m", "scope": SCOPE, "reason_code": "r",
            "phrase": self.whole.phrase, "seen": MUST_READ, "extra_phrases": (),
        }  # fmt: skip

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(approver=st.sampled_from(APPROVERS))
    def name_an_approver(self, approver: str) -> None:
        self.form["approver"] = approver

    @rule(ttl=st.sampled_from(TTLS))
    def choose_a_time(self, ttl: str) -> None:
        self.form["ttl"] = ttl

    @rule(scope=st.sampled_from(SCOPES))
    def choose_a_scope(self, scope: tuple[str, ...]) -> None:
        self.form["scope"] = scope

    @rule(reason=st.sampled_from(["r", ""]))
    def give_a_reason(self, reason: str) -> None:
        self.form["reason_code"] = reason

    @rule(is_right=st.booleans(), extra=st.sampled_from([(), ("any tool",)]))
    def type_phrases(self, *, is_right: bool, extra: tuple[str, ...]) -> None:
        self.form["phrase"] = self.whole.phrase if is_right else self.whole.phrase.upper()
        self.form["extra_phrases"] = extra

    @rule(count=st.integers(0, len(MUST_READ)))
    def read_some_parts(self, count: int) -> None:
        self.form["seen"] = MUST_READ[:count]

    @rule(is_swapped=st.booleans())
    def swap_the_intent(self, *, is_swapped: bool) -> None:
        self.is_swapped = is_swapped
        args = {"path": "/etc/passwd"} if is_swapped else INTENT["args"]
        write_intent(self.folder, args=args)

    @rule(is_stricter=st.booleans())
    def edit_the_policy(self, *, is_stricter: bool) -> None:
        self.is_stricter = is_stricter
        write_policy(self.folder, RULE | ({"min_approvals": 3} if is_stricter else {}))

    @rule(is_dev=st.booleans())
    def choose_a_key(self, *, is_dev: bool) -> None:
        self.is_dev = is_dev

    def stop_calls(self) -> None:
        entry = KillSwitchEntry(entry_id="e", enabled=True, identity="svc-etl", created_at=NOON)
        add_entry(self.state, entry, stop_everything=False, host=self.host)

    @rule()
    def throw_the_kill_switch(self) -> None:
        if self.is_thrown:
            disable_entry(self.state, "e", host=self.host)
        else:
            (self.folder / self.state).unlink()
            self.stop_calls()
        self.is_thrown = not self.is_thrown

    @rule()
    def try_to_mint(self) -> None:
        setting = SETTING._replace(kill_switch_state=self.state)
        if self.is_dev:
            setting = setting._replace(key_mode="dev", signing_keys=NO_KEYS)
        asked = self.whole._replace(**self.form)
        before = tree(self.folder)
        may_mint = self.may_mint()
        assert check_mint(asked, around(self.host, setting)).can_mint is may_mint
        if may_mint:
            answer = mint(asked, around(self.host, setting))
            self.minted[answer.approver] = answer.token_path
            return
        with pytest.raises(GaitError):
            mint(asked, around(self.host, setting))
        assert tree(self.folder) == before

    def may_mint(self) -> bool:
        """Say in the words of the rules whether a token may be minted now."""
        form = self.form
        is_any = form["scope"] == ("*",) and form["extra_phrases"] == ("any tool",)
        people = {name.casefold() for name in self.minted}
        return (
            not (self.is_swapped or self.is_stricter or self.is_dev or self.is_thrown)
            and len(self.minted) < RULE["min_approvals"]
            and form["approver"] in ("alice", "bob", "Alice")
            and form["approver"].casefold() not in people
            and form["ttl"] in GOOD_TTLS
            and (form["scope"] == SCOPE or is_any)
            and form["reason_code"] != ""
            and form["phrase"] == self.whole.phrase
            and form["seen"] == MUST_READ
        )

    @invariant()
    def every_token_has_its_lines_in_the_log(self) -> None:
        logged = [line.event for line in verified_lines(LOG, host=self.host)]
        assert [event.event for event in logged] == ["intent_to_mint", "minted"] * len(self.minted)
        names = {file.name for file in self.folder.glob("approval_*.json")}
        tokens = {name for name in names if not name.startswith("approval_audit_")}
        assert tokens == set(self.minted.values())

    @invariant()
    def every_token_counts_for_the_call_that_was_shown(self) -> None:
        if not self.minted or self.is_swapped or self.is_stricter:
            return
        call = subject(self.host)
        given = [read_approval(path, host=self.host) for path in self.minted.values()]
        assert call.ask is not None
        count = count_approvals(given, call.ask, KEY.public_key, self.host.now_ns())
        assert count.valid == len(self.minted)


TestReview = Review.TestCase
TestReview.settings = settings(
    max_examples=25,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
