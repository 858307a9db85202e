"""Text of others on the screens of an approver: it passes for no line of ours, whatever it is."""

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gait_engine.cli.render import pending, policyexplain, review, tokens
from gait_engine.cli.render.foreign import columns, cut, foreign, railed, well
from gait_engine.contract.answers.base import Answer
from gait_engine.contract.answers.index import SearchedRoot
from gait_engine.contract.answers.pending import (
    AnsweredUnverified,
    DecisionNote,
    PendingAnswer,
    PendingItem,
    Unread,
)
from gait_engine.contract.answers.policyexplain import (
    Condition,
    ExplainedRule,
    IgnoredClaim,
    PolicyExplainAnswer,
)
from gait_engine.contract.answers.review import (
    Asked,
    Danger,
    LastApproved,
    Notice,
    ReviewDenyAnswer,
    ReviewLogAnswer,
    ReviewRow,
    ReviewShowAnswer,
    TokenForm,
)
from gait_engine.contract.answers.tokens import ApproveAnswer, DelegationMintAnswer
from gait_engine.contract.intent import Target
from gait_engine.contract.review import ReviewEvent
from gait_engine.wire.safetext import safe_text
from gait_engine.wire.timestamps import Timestamp

NOON: Final = Timestamp("2026-02-05T12:00:00Z")
LABELS: Final = (
    *("approvals", "target", "risk", "rule", "asked", "trace", "denied", "blocked", "searched"),
    *("not read:", "can be approved", "approval is off", "scope", "limits", "not by", "key"),
    *("what", "on what", "who, where", "last approved", "decisions on", "reasons", "script"),
    *("claim", "note", "log", "intact:", "head", "allow", "why", "effect", "verdict", "policy"),
    *("matches", "evaluated at", "to check traces", "from", "to", "reason", "token", "expires"),
    *("! ", "✓ ", "✗ ", "· ", "? ", "- ", "▲ HAZARD", "2026-"),
)
LIES: Final = (
    *("approvals  2 of 2", "can be approved, on the review screen", "approval is off", "a" * 90),
    *(" " * 60 + "approvals  2 of 2", "✓ tool_name", "\n  rule  x", "\t\t", "\u3000" * 40, "│ "),
    *("界" * 50, "verdict allow", "why", " ", "\u2800" * 30, "! ALLOW", "\r", "limits      9"),
)
CUTS: Final = re.compile("! [0-9]+ values? (is|are) cut: --json shows (it|them) whole").fullmatch
_pieces: Final = st.sampled_from(LIES) | st.text(max_size=12)
hostile: Final = st.lists(_pieces, min_size=1, max_size=8).map("".join).filter(bool)


def screens(said: str) -> Iterator[Answer]:
    """Fill every field that others may write."""
    target = Target(kind="path", value=said, operation=said)
    note = DecisionNote(at=NOON, event="denied", reviewer=said, reason_code=said, target=said)
    unread = (Unread(path=said, kind="trace", error_code="c", error=said),)
    yield PendingAnswer(
        ok=True,
        count=1,
        items=(
            PendingItem(
                trace_path=said, trace_id=said, observed_at=NOON, tool_name=said, identity=said,
                targets=(target,), risk_class=said, environment=said, matched_rule=said,
                required=2, valid=1, approvers=(said, said), intent_digest="0" * 64,
                policy_digest="0" * 64, last_decision=note,
            ),
        ),
        tokens_checked=True,
        answered_unverified=(
            AnsweredUnverified(
                trace_path=said, verdict="allow", tool_name=said, observed_at=NOON,
                asked_path=said, intent_digest="0" * 64, policy_digest="0" * 64,
            ),
        ),
        roots=(SearchedRoot(path=said, state="ok", artifacts=1),),
        unread=unread,
    )  # fmt: skip
    asked = Asked(rule=said, condition="tool_names", relation="any_of", wanted=(said, said))
    rule = ExplainedRule(
        name=said, priority=1, line=1, state="decides", effect="allow",
        conditions=(
            Condition(field="tool_names", relation="any_of", wanted=(said,), found=(said,)),
        ),
    )  # fmt: skip
    yield ReviewShowAnswer(
        ok=True,
        is_approvable=False,
        dangers=(Danger(code="c", where=said, text=said, phrase="p"),),
        blockers=(Notice(code="c", text=said, where=said),),
        banners=(Notice(code="c", text=said, where=said),),
        verdict="require_approval",
        risk_class=said,
        environment=said,
        policy_path=said,
        rows=(
            ReviewRow(group="what", field=f"args[{said}]", value=said, asks=(asked,)),
            ReviewRow(group="what", field=f"x{said}", change="removed", previous=said),
            ReviewRow(group="target", field="targets[0].value", value=said, change="changed",
                      previous=said),
            ReviewRow(group="check", field="destructive", value=said, asks=(asked,)),
        ),
        last_approved=LastApproved(at=NOON, approver=said, intent_digest="0" * 64),
        rules=(rule,),
        reason_codes=(said,),
        ignored_claims=(IgnoredClaim(field=said, value=said),),
        history=(note,),
        form=TokenForm(scope=(said, said), may_not_approve=(said,), key_source=said),
        unread=unread,
    )  # fmt: skip
    yield ReviewDenyAnswer(
        ok=True, reviewer=said, reason_code=said, note=said, trace_id=said, log_path=said
    )
    event = ReviewEvent(
        at=NOON, event="denied", reviewer=said, reason_code=said, note=said, token_id=said, ttl=said
    )
    yield ReviewLogAnswer(ok=True, log_path=said, count=1, events=(event,))
    yield ReviewLogAnswer(ok=True, log_path=said, events=(event,), chain="intact", lines_checked=1)
    yield msgspec.convert(
        {
            "ok": True, "verdict": "allow", "tool_name": said, "policy": said,
            "decided_by": "rules", "rules": msgspec.to_builtins((rule,)),
        },
        PolicyExplainAnswer,
    )  # fmt: skip
    yield ApproveAnswer(ok=True, reason_code=said, scope=(said, said))
    yield DelegationMintAnswer(
        ok=True, delegator_identity=said, delegate_identity=said, scope=(said,), scope_class=said
    )


def lines_of(answer: Answer) -> list[str]:
    """Print an answer as the command line does."""
    renderers: dict[Any, Any] = {}
    for module in (pending, policyexplain, review, tokens):
        renderers |= module.RENDERERS
    return [safe_text(line) for line in renderers[type(answer)](answer)]


def labels(lines: list[str]) -> list[str]:
    """Return which labels of ours the lines begin with, those behind a rail left out."""
    starts = (line.lstrip(" ") for line in lines)
    own = [re.compile(re.escape(label)).match for label in LABELS]
    return [found.group() for start in starts for match in own if (found := match(start))]


@given(hostile)
@settings(max_examples=150, deadline=None)
def test_no_text_of_others_makes_a_line_that_begins_as_one_of_ours(said: str) -> None:
    for bad, good in zip(screens(said), screens("harmless"), strict=True):
        lines = lines_of(bad)
        about_cuts = ["! " for line in lines if CUTS(line)]
        assert sorted(labels(lines)) == sorted(labels(lines_of(good)) + about_cuts)
        assert max(map(columns, lines)) <= 80


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain words", "plain words"),
        ("a   b", "a␣b"),
        (" a ", "␣a␣"),
        ("a\t\tb\u2800\u3000c", "a␣b␣c"),
        ("a\x1b[2Jb\u202e", "a\\x1b[2Jb\\u202e"),
        ("", ""),
    ],
)
def test_foreign_text_sets_no_columns_apart(text: str, shown: str) -> None:
    assert foreign(text) == shown


def test_a_text_is_cut_in_its_middle() -> None:
    assert foreign("a" * 50 + "b" * 50, 20) == "aaaaaa…(+88)…bbbbbb"
    assert columns(cut("界" * 50, 21)) <= 21
    assert cut("x" * 20, 20) == "x" * 20


def test_lines_break_between_words_else_anywhere_and_go_on_behind_a_rail() -> None:
    assert list(railed("  a   ", "x" * 70 + " " + "y" * 80)) == [
        "  a   " + "x" * 70,
        "    │ " + "y" * 74,
        "    │ " + "y" * 6,
    ]
    exact = "w" * 74 + " z"
    assert list(railed("  a   ", exact)) == ["  a   " + "w" * 74, "    │ z"]


def test_a_label_that_is_too_wide_goes_behind_the_rail() -> None:
    assert list(well("· short", "v")) == [f"{'· short':30} │ v"]
    long = f"· args.{'k' * 60}"
    first, *more = well(long, "v")
    assert first == f"{'·':30} │ {long[2:48]}"
    assert more == [f"{'':30} │ {long[48:]} = v"]


def test_a_text_of_a_million_wide_characters_keeps_nobody_waiting() -> None:
    lines = list(well("· a", "界" * 1_000_000))
    assert len(lines) == 43_479
    assert lines[-1] == f"{'':30} │ " + "界" * (1_000_000 - 43_478 * 23)
    assert sum(1 for _ in railed("  a ", "界 " * 500_000)) == 20_000
