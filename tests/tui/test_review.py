"""The thirteen safety rules of the review screen, each tried on the screen itself."""

import json
import random
from pathlib import Path
from typing import Any

import pytest
from textual.content import Content
from textual.events import Key

from gait_engine.api import gate, review
from gait_engine.api.shapes import ReviewRow
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.crypto.keys import key_text
from gait_engine.gate.killswitchedit import add_entry
from gait_tui import commands, keys
from gait_tui.bridge import Bridge
from gait_tui.commands import argv
from gait_tui.models.form import QUIET_NS
from gait_tui.reviewing import ReviewDesk
from gait_tui.screens.palette import PaletteDialog
from gait_tui.screens.review import ReviewScreen
from gait_tui.screens.reviewdialogs import FieldDialog, PhraseDialog
from gait_tui.services.config import Approval
from gait_tui.views.review import value_of
from tests.support.process import gait as gait_process
from tests.support.reviews import (
    INTENT,
    LOG,
    RULE,
    TARGET,
    TRACE,
    approve,
    ask,
    tree,
    waiting_call,
    write_intent,
    write_policy,
)
from tests.support.tokens import KEY, MORNING
from tests.tui.driving import StoryHost, opened
from tests.tui.reviewing import ALICE, Reviewer, reviewing
from tests.tui.test_laws import RealHost

MS = 10**6


@pytest.fixture(autouse=True)
def call(host: StoryHost) -> Path:
    """A working directory with one call that waits."""
    waiting_call(host)
    return host.cwd


def tokens(folder: Path) -> list[str]:
    names = (file.name for file in folder.rglob("approval_*.json"))
    return sorted(name for name in names if not name.startswith("approval_audit_"))


def events(host: StoryHost) -> list[str]:
    return [event.event for event in review.log(host=host).events]


def flat(text: str) -> str:
    """Join what was broken into rows."""
    return "".join(text.replace("│", " ").split())


def says(text: str, words: str) -> bool:
    """Find words in a screen, in whichever pane and however they were broken."""
    rows = text.splitlines()
    sides = (rows, [row[:88] for row in rows], [row[89:] for row in rows])
    return any(flat(words) in flat("\n".join(side)) for side in sides)


async def refuses_to_ask(screen: Reviewer) -> str:
    """Press A: no dialog opens, and the status row says why."""
    await screen.press("A")
    assert isinstance(screen.app.screen, ReviewScreen)
    return screen.row(-2)


async def mint(screen: Reviewer) -> str:
    await screen.approve_dialog()
    await screen.phrases()
    return await screen.stroke("enter")


# ---------------------------------------------------------------- 1: computed anew


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda d: write_intent(d, args={"path": "/etc/passwd"}), "no intent under the roots has"),
        (lambda d: (d / "intent.json").unlink(), "no intent under the roots has the digest"),
        (lambda d: (d / "policy.yaml").unlink(), "no policy under the roots has the digest"),
    ],
)
async def test_1_a_file_that_is_not_the_one_of_the_trace_turns_approval_off(
    host: StoryHost, spoil: Any, said: str
) -> None:
    spoil(host.cwd)
    async with reviewing(host) as screen:
        assert said in screen.text
        assert "OFF" in screen.text
        await screen.read()
        assert "A is off" in await refuses_to_ask(screen)
    assert not (host.cwd / LOG).exists()


async def test_1_a_call_that_the_policy_no_longer_asks_about_is_not_approved(
    host: StoryHost,
) -> None:
    state = "ks.json"
    entry = KillSwitchEntry(
        entry_id="e", enabled=True, tool_name="tool.delete", actor="ops", reason="r",
        created_at=MORNING,
    )  # fmt: skip
    add_entry(state, entry, host=host)
    setting = Approval(approver="alice", key_path="k.key", kill_switch_state=state)
    async with reviewing(host, approval=setting) as screen:
        assert "the kill switch stops this call" in screen.text
        await screen.read()
        assert "A is off" in await refuses_to_ask(screen)


async def test_1_an_error_of_the_engine_is_shown_whole_and_nothing_can_be_decided(
    host: StoryHost,
) -> None:
    (host.cwd / TRACE).write_text("{")
    async with reviewing(host) as screen:
        assert "trace.json" in screen.text
        assert "exit 6" in screen.row(22)
        await screen.press("A")
        await screen.press("D")
        assert isinstance(screen.app.screen, ReviewScreen)


# ---------------------------------------------------------------- 2: read to the end


async def test_2_approval_is_off_until_every_part_was_on_the_screen_to_its_last_line(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await screen.fill("r", "ticket")
        assert "not every line of ○ Args vs rule, ○ Rule and ○ Digests was" in screen.row(22)
        await screen.press("right_square_bracket")
        assert "[○ Args vs rule]" in screen.text
        await screen.press("end")
        assert "[○ Args vs rule]" in screen.text, "a leap to the end reads nothing between"
        assert "A is off" in await refuses_to_ask(screen)
        await screen.press("home", *["pagedown"] * 4)
        assert "[● Args vs rule]" in screen.text
        await screen.read()
        assert "● Rule" in screen.text
        await screen.press("A")
        assert isinstance(screen.app.screen, PhraseDialog)


async def test_2_what_a_resize_lays_out_anew_has_to_be_read_anew(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        await screen.press("right_square_bracket", "pagedown")
        unread = screen.review.review.text.rows_unread
        await screen.resize(100, 24)
        assert screen.review.review.text.rows_unread > unread
        await screen.resize(58, 12)
        assert "args_vs_rule" not in screen.review.form.seen


async def test_2_every_field_stands_against_what_the_rule_asks_and_what_it_was(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await mint(screen)
    (host.cwd / "intent.json").rename(host.cwd / "before.json")
    waiting_call(host, args={"path": "/srv/other.conf", "why": "tidy"})
    async with reviewing(host, (140, 60)) as screen:
        shown = await screen.press("right_square_bracket")
        answer = screen.review.form.shown
        assert answer is not None
        assert len(answer.rows) > 14
        for row in answer.rows:
            assert "".join(row.value.split())[:8] in "".join(shown.split())
        assert 'was  │ "/srv/db.' in shown
        assert "new" in shown
        assert "gone" in shown
        assert "any of critical" in shown
        assert "not constrained by the rule" in shown


# ---------------------------------------------------------------- 3: typed by a person, now


async def test_3_an_incomplete_phrase_and_enter_do_nothing(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        for text in ("", "approve", " 000000", "x"):
            await screen.type(text)
            await screen.stroke("enter", "enter")
            assert isinstance(screen.app.screen, PhraseDialog)
    assert tree(host.cwd) == before


async def test_3_keys_of_the_first_moment_do_not_count_not_even_by_a_clock_set_back(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await screen.read()
        await screen.fill("r", "t")
        await screen.press("A")
        assert "Keys do not count for a moment." in screen.text
        for step in (0, QUIET_NS - MS, -(10**12)):
            host.now += step
            await screen.press("a")
            assert "▸ ▏" in screen.text
            host.now -= step
        host.now += QUIET_NS
        assert "▸ a▏" in await screen.press("a")


async def test_3_a_key_held_down_counts_once_and_that_of_the_dialog_not_at_all(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        for step in (500 * MS, 30 * MS, 30 * MS):
            host.now += step
            assert "▸ ▏" in await screen.press("A")
        host.now += 500 * MS
        assert "▸ a▏" in await screen.press("a")
        for _ in range(5):
            host.now += 30 * MS
            assert "▸ a▏" in await screen.press("a")


async def test_3_a_paste_is_thrown_away_in_every_dialog_of_a_decision(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        shown = await screen.paste(f"approve {screen.digest[-6:]}\n")
        assert "The paste was thrown away" in shown
        assert "▸ ▏" in shown
        await screen.stroke("enter", "escape", "D")
        host.now += 500 * MS
        shown = await screen.paste("GAIT run_id=run_x manifest=sha256:00")
        assert "▸ ▏" in shown
        assert isinstance(screen.app.screen, PhraseDialog)
    assert tree(host.cwd) == before


async def test_3_a_new_pending_call_changes_nothing_on_an_open_review(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        before, focus = await screen.look_again(), screen.app.focused
        write_intent(host.cwd, "other.json", args={"path": "/srv/x"})
        ask(host, trace="other_trace.json", intent="other.json")
        assert await screen.look_again() == before
        assert screen.app.focused is focus
        assert len(screen.app.screen_stack) == 2


# ---------------------------------------------------------------- 4, 9: what was shown is signed


@pytest.mark.parametrize("file", ["intent.json", "policy.yaml"])
async def test_4_a_file_swapped_between_reading_and_signing_is_refused(
    host: StoryHost, file: str
) -> None:
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        await screen.phrases()
        if file == "intent.json":
            write_intent(host.cwd, args={"path": "/etc/passwd"})
        else:
            write_policy(host.cwd, RULE | {"min_approvals": 1})
        before = tree(host.cwd)
        shown = await screen.stroke("enter")
        assert "NOT DECIDED" in shown
        assert "review_changed" in shown
        assert "A step failed" in await refuses_to_ask(screen)
    assert tree(host.cwd) == before


def test_4_no_key_but_one_mints_and_only_here() -> None:
    writing = [key for key in keys.in_place(keys.REVIEW) if key.id in keys.WRITING]
    assert [(key.shown, key.places) for key in writing] == [
        ("A", (keys.REVIEW,)),
        ("D", (keys.REVIEW,)),
    ]


@pytest.mark.parametrize("file", ["intent.json", "policy.yaml"])
async def test_9_a_change_on_disk_takes_everything_back(host: StoryHost, file: str) -> None:
    path = host.cwd / file
    was = path.read_bytes()
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        path.write_bytes(was.replace(b"tool.delete", b"tool.deleted"))
        shown = await screen.look_again()
        assert isinstance(screen.app.screen, ReviewScreen), "the open dialog is closed"
        assert "CHANGED" in shown
        assert "has changed since it was read" in shown
        assert "○ Rule" in shown
        assert "changed since you read it" in await refuses_to_ask(screen)
        path.write_bytes(was)
        await screen.look_again()
        assert "changed since you read it" in await refuses_to_ask(screen), "put back or not"
        await screen.press("ctrl+r")
        assert "not every line of ○ Args vs rule" in await refuses_to_ask(screen)
        await screen.read()
        await screen.press("A")
        assert isinstance(screen.app.screen, PhraseDialog)
    assert not (host.cwd / LOG).exists()


# ---------------------------------------------------------------- 5: the key


async def test_5_a_dev_key_is_refused(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        await screen.read()
        await screen.fill("r", "t")
        shown = await screen.fill("k", "dev")
        assert "a dev key is forgotten at once" in shown
        assert "A is off" in await refuses_to_ask(screen)
        await screen.fill("k", "k.key")
        await screen.press("A")
        assert isinstance(screen.app.screen, PhraseDialog)


async def test_5_key_and_path_are_in_view_and_the_key_itself_is_nowhere(host: StoryHost) -> None:
    secret = key_text(KEY.private_bytes).decode().strip()
    async with reviewing(host) as screen:
        seen = [screen.text, await screen.press("x"), await screen.press("escape")]
        assert f"{KEY.key_id[:8]}  k.key" in seen[0]
        seen += [await screen.approve_dialog(), await screen.phrases()]
        assert f"alice, key {KEY.key_id[:8]}" in seen[-1]
        seen.append(await screen.stroke("enter"))
        assert all(secret[:20] not in text for text in seen)
        assert secret[:20] not in repr(screen.review.form)
    assert all(
        secret.encode() not in body for name, body in tree(host.cwd).items() if name != "k.key"
    )


# ---------------------------------------------------------------- 6: four eyes


async def test_6_who_asks_for_the_call_or_hands_it_on_cannot_approve_it(host: StoryHost) -> None:
    links = [{"delegator_identity": "lead", "delegate_identity": "svc-etl"}]
    waiting_call(host, delegation={"requester_identity": "svc-etl", "chain": links})
    async with reviewing(host, (140, 40)) as screen:
        await screen.read()
        await screen.fill("r", "t")
        for name in ("svc-etl", "SVC-ETL", "lead"):
            shown = await screen.fill("a", name)
            assert says(shown, "asks for this call, expected somebody")
            assert "until who is in order" in await refuses_to_ask(screen)


async def test_6_two_approvers_are_two_people(host: StoryHost) -> None:
    async with reviewing(host, (140, 40)) as screen:
        shown = await mint(screen)
        assert "MINTED   1 of 2 given." in shown
    async with reviewing(host, (140, 40)) as screen:
        assert "1 of 2 given" in screen.text
        assert says(screen.text, "given by alice")
        (first,) = tokens(host.cwd)
        await screen.read()
        await screen.fill("r", "t")
        assert says(await screen.fill("a", "alice"), "has approved already")
        assert "until who is in order" in await refuses_to_ask(screen)
        await screen.fill("a", "bob")
        await screen.press("A")
        host.now += 500 * MS
        assert "2 of 2" in await screen.phrases()
        assert "MINTED   2 of 2 given." in await screen.stroke("enter")
        assert screen.review.copies()["copy_command"].endswith(first)
        assert "This review is over. Nothing else waits." in screen.text
    assert len(tokens(host.cwd)) == 2
    assert events(host) == ["intent_to_mint", "minted"] * 2


# ---------------------------------------------------------------- 7, 8: what is filled in


async def test_7_the_scope_is_what_the_gate_requires_and_any_tool_needs_its_own_phrase(
    host: StoryHost,
) -> None:
    async with reviewing(host, (140, 40)) as screen:
        assert "exactly what the gate requires" in screen.text
        await screen.read()
        await screen.fill("r", "t")
        shown = await screen.fill("s", "phase:apply tool:tool.delete destructive:apply tool:x")
        assert says(shown, "beside what is required")
        assert "until scope is in order" in await refuses_to_ask(screen)
        assert says(await screen.fill("s", "*"), "lets the token pass for any tool")
        await screen.press("A")
        host.now += 500 * MS
        assert "any tool   for any tool" in screen.text
        digest = screen.digest
        await screen.type(f"approve {digest[-6:]}")
        await screen.stroke("enter")
        assert tokens(host.cwd) == []
        await screen.stroke("tab")
        await screen.type("any tool")
        assert "MINTED" in await screen.stroke("enter")


@pytest.mark.parametrize(
    ("ttl", "said", "is_off"),
    [
        ("15m", "", False),
        ("1h1m", "so long whoever holds the token", False),
        ("24h", "so long whoever holds the token", False),
        ("24h1s", "expected at most 24h", True),
        ("1d", "'1d'", True),
        ("0s", "expected more than 0s", True),
    ],
)
async def test_7_a_long_time_is_warned_of_and_a_longer_one_refused(
    host: StoryHost, ttl: str, said: str, *, is_off: bool
) -> None:
    async with reviewing(host, (140, 40)) as screen:
        await screen.read()
        await screen.fill("r", "t")
        shown = await screen.fill("t", ttl)
        assert says(shown, said)
        await screen.press("A")
        assert isinstance(screen.app.screen, ReviewScreen if is_off else PhraseDialog)


async def test_8_a_key_typed_ahead_of_a_closing_field_changes_nothing(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        await screen.press("c", "r")
        await screen.type("year_end")
        dialog = screen.app.screen
        assert isinstance(dialog, FieldDialog)
        for key in ("enter", "x", "backspace", "y"):
            dialog.box.post_message(Key(key, key if len(key) == 1 else None))
        await screen.settle()
        assert screen.app.screen is screen.review
        assert screen.review.form.fields.reason == "year_end"


async def test_8_a_reason_has_no_preset_and_faults_appear_while_typing(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        assert "cr reason –" in screen.text
        await screen.read()
        assert "until reason is in order" in await refuses_to_ask(screen)
        await screen.stroke("c", "t", "ctrl+u")
        assert isinstance(screen.app.screen, FieldDialog)
        await screen.type("1d")
        assert "✗ │" in screen.text
        assert "'1d'" in screen.text
        await screen.stroke("backspace")
        await screen.type("h")
        assert "✗ │" not in screen.text
        await screen.stroke("escape")
        assert "ct TTL    15m" in screen.text, "esc puts back what was there"
        await screen.stroke("c", "a")
        await screen.stroke("ctrl+u")
        await screen.type("svc-etl")
        assert says(screen.text, "asks for this call")
        await screen.stroke("escape", "c", "l", "ctrl+u")
        await screen.type("many")
        assert "two whole numbers" in screen.text


# ---------------------------------------------------------------- 10: order of effects


async def test_10_the_log_says_what_will_be_done_before_it_is_and_what_was(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        assert "MINTED" in await mint(screen)
    log = review.log(verify=True, host=host)
    assert [event.event for event in log.events] == ["intent_to_mint", "minted"]
    assert log.chain == "intact"
    assert log.events[1].seen == ("args_vs_rule", "rule", "digests")
    assert tokens(host.cwd) == [f"approval_{log.events[1].token_id}.json"]


async def test_10_without_a_log_there_is_no_token(host: StoryHost) -> None:
    (host.cwd / "gait-out").write_text("in the way")
    before = tree(host.cwd)
    async with reviewing(host) as screen:
        await screen.read()
        await screen.fill("r", "t")
        if screen.shown.is_approvable:
            await screen.press("A")
            host.now += 500 * MS
            await screen.phrases()
            shown = await screen.stroke("enter")
            assert "NOT DECIDED" in shown
            assert "written   │ nothing" in shown
    assert tree(host.cwd) == before


async def test_10_a_step_that_fails_says_which_files_exist(host: StoryHost) -> None:
    (host.cwd / "sub").write_text("no folder")
    async with reviewing(host) as screen:
        await screen.fill("o", "sub/token.json")
        shown = await mint(screen)
        assert "NOT DECIDED" in shown
        assert f"written   │ {LOG}" in shown
        assert "A step failed" in await refuses_to_ask(screen)
    assert events(host) == ["intent_to_mint", "aborted"]
    assert tokens(host.cwd) == []


# ---------------------------------------------------------------- 11: denying, leaving


async def test_11_a_denial_is_logged_with_its_reason_and_stands_above_for_the_next(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await screen.press("D")
        host.now += 500 * MS
        await screen.stroke("enter")
        assert isinstance(screen.app.screen, PhraseDialog)
        await screen.phrases()
        shown = await screen.stroke("enter")
        assert "DENIED" in shown
        assert "alice  not_in_ticket" in shown
    (event,) = review.log(host=host).events
    assert (event.event, event.reviewer, event.reason_code) == ("denied", "alice", "not_in_ticket")
    async with reviewing(host) as screen:
        assert "NOTE    │ alice denied this call at" in screen.text
        shown = await screen.press(*["right_square_bracket"] * 4)
        assert "denied this call" in shown
    assert tokens(host.cwd) == []


async def test_11_who_denies_has_a_name_and_needs_no_files(host: StoryHost) -> None:
    (host.cwd / "intent.json").unlink()
    async with reviewing(host, approval=Approval(key_path="k.key")) as screen:
        await screen.press("D")
        assert "c a says who you are" in screen.row(22)
        await screen.fill("a", "carol")
        await screen.press("D")
        host.now += 500 * MS
        await screen.phrases()
        assert "DENIED" in await screen.stroke("enter")


@pytest.mark.parametrize("leave", [("escape",), ("q",), ("3",)])
async def test_11_leaving_writes_nothing_and_asks_once_when_the_form_is_filled_in(
    host: StoryHost, leave: tuple[str, ...]
) -> None:
    before = tree(host.cwd)
    async with reviewing(host) as screen:
        await screen.fill("r", "ticket")
        await screen.press(*leave)
        assert "the same key again leaves it" in screen.row(22)
        assert isinstance(screen.app.screen, ReviewScreen)
        await screen.press(*leave)
        assert not isinstance(screen.app.screen, ReviewScreen)
    assert tree(host.cwd) == before


async def test_11_only_the_same_key_right_after_leaves_a_form_that_is_filled_in(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        await screen.fill("r", "ticket")
        await screen.press("escape", "right_square_bracket", "escape")
        assert isinstance(screen.app.screen, ReviewScreen)
        await screen.press("q", "escape")
        assert isinstance(screen.app.screen, ReviewScreen)
        await screen.press("escape")
        assert not isinstance(screen.app.screen, ReviewScreen)


async def test_11_quitting_asks_only_once_a_phrase_is_begun(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        await screen.type("app")
        assert "ctrl+c again quits" in await screen.stroke("ctrl+c")
        await screen.stroke("ctrl+c")
        assert screen.app.return_value == 0
    assert tree(host.cwd) == before


# ---------------------------------------------------------------- 12: after minting


async def test_12_a_minted_token_counts_down_and_names_the_command_of_the_agents_side(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        shown = await mint(screen)
        (name,) = tokens(host.cwd)
        assert f"token     │ {name}" in shown
        assert "15m 00s left" in shown
        assert "valid for repeated use until 12:1" in shown
        host.now += 61 * 10**9
        screen.review.tick()
        await screen.settle()
        assert "13m 59s left" in screen.text
        host.now += 900 * 10**9
        screen.review.tick()
        await screen.settle()
        assert "expired" in screen.text
        assert screen.review.copies()["copy_path"] == name
        command = screen.review.copies()["copy_command"]
    assert command.startswith("gait gate eval --policy ./policy.yaml --intent ./intent.json")
    assert command.endswith(f"--approval-token {name}")
    assert sorted(tree(host.cwd).keys()) == sorted(
        [*("intent.json", "k.key", "k.pub", "policy.yaml", "trace.json"), name, LOG, *others(host)]
    )


def others(host: StoryHost) -> list[str]:
    """Name what the gate itself wrote beside the trace."""
    return [name for name in tree(host.cwd) if name.startswith("approval_audit_")]


# ---------------------------------------------------------------- 13: hazards and banners


async def test_13_a_hazard_comes_first_and_needs_a_phrase_of_its_own(host: StoryHost) -> None:
    waiting_call(host, args={"note": "ok\u202efnoc.bd"})
    async with reviewing(host) as screen:
        assert screen.row(2).startswith(" ▲ HAZARD  │ hidden character U+202E in $.args.note")
        await screen.approve_dialog()
        await screen.type(f"approve {screen.digest[-6:]}")
        await screen.stroke("enter")
        assert tokens(host.cwd) == []
        await screen.stroke("tab")
        await screen.type("hidden character")
        shown = await screen.resize(60, 15)
        assert "▸ hidden character" in shown
        assert "more rows: a higher terminal shows them" in shown
        shown = await screen.press("space", "space")
        assert "The same key came again too fast to be typed" in shown
        await screen.type("seen")
        assert "MINTED" in await screen.stroke("enter")


async def test_13_more_hazards_than_fit_are_counted_and_stand_in_a_part_that_is_read(
    host: StoryHost,
) -> None:
    waiting_call(host, args={f"k{n}": "x\u200b" for n in range(12)})
    async with reviewing(host) as screen:
        assert "more rows of this, in Args vs rule" in screen.text
        seen = await screen.press("right_square_bracket")
        while screen.review.review.text.rows_unread:
            seen += await screen.press("pagedown")
        for number in range(12):
            assert f"$.args.k{number} " in seen


async def test_13_what_else_to_know_stands_above_the_call(host: StoryHost) -> None:
    window = {"name": "w", "start": "2026-02-05T00:00:00", "end": "2026-02-06T00:00:00"}
    freeze = {
        "timezone": "UTC",
        "effect": "require_approval",
        "reason": "year_end",
        "windows": [window],
    }
    write_policy(host.cwd, RULE | {"freeze_window": freeze})
    ask(host)
    approve(host, "old.json", expires_at="2026-02-05T11:00:00Z", approver_identity="dora")
    trace = json.loads((host.cwd / TRACE).read_bytes())
    trace.pop("signature", None)
    trace["observed_at"] = "2026-02-05T13:00:00Z"
    (host.cwd / TRACE).write_text(json.dumps(trace))
    async with reviewing(host, (140, 40)) as screen:
        for words in (
            "the trace is not signed",
            "the trace is from the future",
            "an earlier approval of this call has expired",
            "a change freeze is on: year_end",
        ):
            assert words in screen.text
        await screen.read()
        await screen.fill("r", "t")
        await screen.press("A")
        assert isinstance(screen.app.screen, PhraseDialog), "banners keep nobody from approving"


async def test_13_words_of_mixed_scripts_are_a_hazard_of_their_own(host: StoryHost) -> None:
    targets = [
        {"kind": "path", "value": f"/srv/\u0430lice{n}\u202e", "operation": "delete"}
        for n in range(3)
    ]
    waiting_call(host, targets=targets)
    async with reviewing(host) as screen:
        assert "more rows of this, in Args vs rule" in screen.text
        await screen.fill("s", "*")
        shown = await screen.approve_dialog()
        for phrase in ("hidden character seen", "mixed scripts seen", "any tool"):
            assert phrase in shown, "every phrase and the foot of the dialog are in view at 80x24"
        assert "and 1 more target, all in Args vs rule" in shown
        assert "esc writes nothing" in shown
        assert "Paste is off" in await screen.type("x")
        await screen.stroke("backspace")
        await screen.phrases()
        assert "MINTED" in await screen.stroke("enter")


HOSTILE = (
    "\x1b[2J\x1b]52;c;AAAA\x07", "\x9b31m", "\u202etxt.exe", "a\u200bb", "\ufeffx", "\U000e0041",
    "\x00\x7f", "[b]bold[/b]", "[@click=app.quit]x[/]", "z\u0301\u0301\u0301\u0301\u0301\u0301",
    "ok │ verdict: ALLOW", "a" * 5000, "日本語" * 40,
)  # fmt: skip


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=str)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text)[:12])
async def test_hostile_text_is_seen_and_does_nothing(
    host: StoryHost, text: str, size: tuple[int, int]
) -> None:
    targets = [{"kind": "path", "value": text, "operation": "delete", "sensitivity": "x"}]
    context = {**INTENT["context"], "environment": text, "session_id": text}
    waiting_call(host, args={text: {"deep": [text]}}, targets=targets, context=context)
    hidden = [char for char in set(text) if not char.isprintable()]
    async with reviewing(host, size) as screen:
        shown = screen.text
        for _ in range(5):
            shown += await screen.press("right_square_bracket", "pagedown")
        lines = shown.splitlines()
        assert all(line.isprintable() for line in lines)
        spelled = shown.replace(" ", "").replace("│", "")
        for char in hidden:
            assert f"{ord(char):x}" in spelled.casefold()
        assert not any(char in shown for char in hidden)
        assert isinstance(screen.app.screen, ReviewScreen)
        assert Content(text).plain is not None


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=str)
async def test_text_of_artifacts_stands_right_of_a_rail_only(
    host: StoryHost, size: tuple[int, int]
) -> None:
    mark = "zq9"
    policy = RULE | {
        "name": f"{mark}rule",
        "min_approvals": 1,
        "match": {"tool_names": [f"{mark}.tool"], "workspace_prefixes": [f"/{mark}"]},
    }
    write_policy(host.cwd, policy)
    write_intent(
        host.cwd,
        tool_name=f"{mark}.tool",
        args={f"{mark}key": f"{mark}value", "list": [mark, {mark: mark}]},
        targets=[{"kind": "path", "value": f"/{mark}", "operation": "delete"}],
        arg_provenance=[{"arg_path": f"$.{mark}", "source": "user", "source_ref": mark}],
        context={
            **dict.fromkeys(("identity", "environment", "session_id"), mark),
            "workspace": f"/{mark}",
            "risk_class": "high",
        },
    )
    ask(host)
    async with reviewing(host, size) as screen:
        found = 0
        for step in range(7):
            shown = await screen.press(*(["right_square_bracket"] if step else []))
            for key in ("", "pagedown", "pagedown"):
                shown = await screen.press(key) if key else shown
                for line in shown.splitlines():
                    if mark in line and "[Raw]" not in shown:
                        found += 1
                        assert "│" in line[: line.index(mark)], line
        assert found > 20
        await screen.read()
        await screen.fill("r", "t")
        shown = await screen.press("A")
        assert isinstance(screen.app.screen, PhraseDialog)
        for line in shown.splitlines():
            if mark in line:
                assert "│" in line[: line.index(mark)], line


def test_a_secret_is_veiled_until_it_is_asked_for() -> None:
    row = ReviewRow(group="what", field="args.x", value="hunter2hunter2", is_secret=True)
    assert [span.text for span in value_of(row, shows=False)] == ["•••• (len 14)"]
    assert [span.text for span in value_of(row, shows=True)] == ["hunter2hunter2"]


# ---------------------------------------------------------------- the next call, reading only


async def test_n_goes_to_the_next_call_that_waits(host: StoryHost) -> None:
    write_intent(host.cwd, "other.json", args={"path": "/srv/x"})
    ask(host, trace="other_trace.json", intent="other.json")
    async with reviewing(host) as screen:
        first = screen.digest
        assert "of 2 waiting" in screen.text
        await screen.press("n")
        assert screen.digest != first
        assert len(screen.app.screen_stack) == 2
        await screen.press("N")
        assert screen.digest == first
        (host.cwd / "trace.json").unlink()
        (host.cwd / "intent.json").unlink()
        await screen.press("ctrl+r")
        assert "1 waiting" in screen.text
        assert "n next waiting" in screen.row(23)
        await screen.press("n")
        assert screen.digest not in {first, ""}


async def test_a_call_can_be_opened_by_its_files(host: StoryHost) -> None:
    async with opened(host, approval=ALICE, undecided="") as screen:
        screen.app.open_review(intent="intent.json", policy="policy.yaml")
        await screen.settle()
        assert "REQUIRE_APPROVAL" in screen.text


async def test_a_session_that_only_reads_has_no_keys_that_write(host: StoryHost) -> None:
    before = tree(host.cwd)
    async with reviewing(host, read_only="asked for by --read-only") as screen:
        await screen.read()
        assert "This session only reads: asked for by --read-only" in screen.text
        assert not any(word in screen.row(23) for word in ("approve", "deny", "change"))
        await screen.press("A", "D", "c", "r")
        assert isinstance(screen.app.screen, ReviewScreen)
        screen.review.do_approve()
        screen.review.do_deny()
        await screen.settle()
        assert isinstance(screen.app.screen, ReviewScreen)
        shown = await screen.press("question_mark")
        assert not any(word in shown for word in ("approve", "deny", "change the token"))
    assert tree(host.cwd) == before


async def test_no_entry_of_the_palette_mints_and_no_dialog_opens_it(host: StoryHost) -> None:
    async with reviewing(host) as screen:
        await screen.read()
        await screen.fill("r", "ticket_4211")
        assert "approve" not in screen.review.off()
        await screen.press("colon")
        dialog = screen.app.screen
        assert isinstance(dialog, PaletteDialog)
        listed = {entry.id for entry in dialog.entries}
        assert not listed & {"approve", "deny", "change"}
        assert {"change_reason", "part_next", "command"} <= listed
        assert "approve…" not in await screen.type("approve")
        await screen.press("escape", "c", "r", "colon", "ctrl+p")
        assert isinstance(screen.app.screen, FieldDialog)
        await screen.press("escape", "D", "colon", "ctrl+p")
        assert isinstance(screen.app.screen, PhraseDialog)


async def test_help_of_a_session_that_may_write_has_them(host: StoryHost) -> None:
    async with reviewing(host, (120, 50)) as screen:
        shown = await screen.press("question_mark")
        assert "approve…" in shown
        assert "deny…" in shown
        assert "c t" in shown


async def test_the_desk_itself_refuses_in_a_session_that_only_reads(host: StoryHost) -> None:
    async with reviewing(host, read_only="told to") as screen:
        desk = screen.app.reviews
        call = screen.review
        from gait_engine.contract.review import DenyRequest
        from tests.support.reviews import TARGET, request

        before = tree(host.cwd)
        minted = desk.mint(request(host), "k.key")
        denied = desk.deny(DenyRequest(TARGET, "carol", "no"), "k.key")
        assert (minted.exit_code, denied.exit_code) == (3, 3)
        assert call.form.read_only == "told to"
        assert tree(host.cwd) == before


async def test_x_shows_the_command_that_shows_the_call_and_e_writes_its_bytes(
    host: StoryHost,
) -> None:
    async with reviewing(host) as screen:
        shown = await screen.press("x")
        assert "gait review show --trace trace.json" in shown
        assert says(shown, "--key-mode prod --private-key k.key")
        await screen.press("escape", "e", "enter")
        (file,) = (host.cwd / "gait-out" / "export").iterdir()
        assert json.loads(file.read_bytes())["is_approvable"] is True


WALK = [
    name
    for key in keys.in_place(keys.REVIEW)
    for name in key.keys
    if key.id not in {*keys.MINTING, "export", "quit", "interrupt", "leave", "suspend", "palette"}
]


@pytest.mark.parametrize("seed", range(3))
async def test_no_walk_over_the_keys_of_a_review_changes_a_file(host: StoryHost, seed: int) -> None:
    before = tree(host.cwd)
    walk = random.Random(seed)  # noqa: S311 - a walk, not a key
    async with reviewing(host, walk.choice([(80, 24), (140, 40), (60, 15)])) as screen:
        for _ in range(60):
            await screen.stroke(walk.choice([*WALK, *"tsrlako", "enter"]))
            if not any(isinstance(one, ReviewScreen) for one in screen.app.screen_stack):
                screen.app.open_review(TRACE)
    assert tree(host.cwd) == before


@pytest.mark.parametrize("seed", range(4))
async def test_no_haste_over_all_keys_of_a_review_decides_anything(
    host: StoryHost, seed: int
) -> None:
    before = tree(host.cwd)
    walk = random.Random(seed)  # noqa: S311 - a walk, not a key
    pool = [*WALK, *WALK, *"ADADtsrlakoappr", "enter", "enter", "tab", "escape", "c", "end"]
    async with reviewing(host, walk.choice([(80, 24), (140, 40)])) as screen:
        for _ in range(25):
            await screen.type_ahead(*walk.choices(pool, k=12))
            host.now += 10**9
            if not any(isinstance(one, ReviewScreen) for one in screen.app.screen_stack):
                screen.app.open_review(TRACE)
        assert screen.app.is_running
    assert tree(host.cwd) == before


@pytest.mark.parametrize("roots", [("gait-out",), (".",)])
def test_an_export_of_a_review_holds_the_bytes_that_its_command_prints(
    host: StoryHost, roots: tuple[str, ...]
) -> None:
    bridge = Bridge(RealHost(host.cwd), roots)
    query = ReviewDesk(bridge, ALICE, read_only="").query(TARGET, "k.key")
    ours, done = json.loads(bridge.text(query)), gait_process(*argv(query), cwd=host.cwd)
    theirs = json.loads(done.stdout)
    for answer in (ours, theirs):
        answer.pop("evaluated_at")
    assert ours == theirs
    assert done.returncode in commands.SPELLINGS[query.kind].exits


def test_the_gate_takes_what_the_screen_minted(host: StoryHost) -> None:
    """Two tokens of two people let the call pass; see the test of two people for the screen."""
    first, second = approve(host, "a.json"), approve(host, "b.json", approver_identity="carol")
    answer = gate.evaluate(
        GateOptions(
            policy="policy.yaml",
            intent="intent.json",
            approval_token=first,
            approval_token_chain=second,
            approval_public_key="k.pub",
            no_config=True,
        ),
        host=host,
    )
    assert answer.verdict == "allow"
