"""What the engine was asked: every answer of a session, as the command that gives it."""

import shlex

import pytest

from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query
from gait_tui.models.calllog import MOST_KEPT, CallLog
from gait_tui.screens.calllog import CallLogScreen, CallScreen
from gait_tui.views import calllog
from tests.tui.driving import StoryHost, opened


def test_the_last_are_kept_and_the_same_again_counts_with_it() -> None:
    log = CallLog(most=2)
    for number, words in enumerate(("a", "b", "b", "b", "c")):
        log.add((words,), 0, number, 0.001)
    log.add(("c",), 2, 9, 0.001)
    assert [(call.argv, call.exit_code, call.times) for call in log.kept()] == [
        (("c",), 0, 1),
        (("c",), 2, 1),
    ]
    assert log.total == 6
    kept = CallLog(most=9)
    for at in range(3):
        kept.add(("scan",), 0, at, at)
    assert [(call.number, call.at_ns, call.times) for call in kept.kept()] == [(1, 2, 3)]
    assert MOST_KEPT == 500


def test_a_command_line_says_which_question_it_is() -> None:
    for kind, spelling in commands.SPELLINGS.items():
        words = (*spelling.words, "--json")
        twins = {name for name, one in commands.SPELLINGS.items() if one.words == spelling.words}
        assert commands.kind_of(words) in twins, kind
    assert commands.kind_of(("no", "such", "command")) == ""


def test_an_error_is_an_answer_too(host: StoryHost) -> None:
    bridge = Bridge(host, ())
    bridge.outcome(Query(commands.VERIFY, ("run_none",)))
    (call,) = bridge.calls.kept()
    assert (call.argv, call.exit_code) == (("verify", "run_none", "--files", "--json"), 6)


def test_what_no_command_does_is_named_and_says_what_it_writes() -> None:
    log = CallLog()
    log.add(("review", "show", "--trace", "t.json", "--json"), 0, 0, 0.25, "mint")
    log.add(("regress", "bootstrap", "--from", "r.zip", "--json"), 0, 0, 0.25)
    log.add(("regress", "bootstrap", "--from", "r.zip", "--dry-run", "--json"), 0, 0, 0.25)
    mint, act, plan = log.kept()
    assert calllog.text_of(mint).startswith("mint: gait review show ")
    assert calllog.page(mint, "/w").writes == ("the token and the review log",)
    assert calllog.page(act, "/w").writes == ("the files that its dialog named",)
    assert calllog.page(plan, "/w").writes == ()


@pytest.mark.usefixtures("story")
async def test_it_lists_scans_and_answers_the_newest_last(
    host: StoryHost, copied: list[str]
) -> None:
    async with opened(host) as screen:
        await screen.press("ctrl+r", "j", "j", "enter", "at")
        log = screen.app.screen
        assert isinstance(log, CallLogScreen)
        texts = [calllog.text_of(call) for call in log.calls]
        assert texts[-1].startswith("gait run inspect --from gait-out/runpack_run_etl_1118.zip")
        assert "gait index --root gait-out --json" in texts
        assert "gait index --inbox --root gait-out --json" in texts
        damaged = [call for call in log.calls if "gait-out/runpack_run_etl_1119.zip" in call.argv]
        assert [call.exit_code for call in damaged] == [2]
        assert log.pane.table.cursor == len(texts) - 1
        assert "1 did not exit 0." in screen.row(22)

        await screen.press("home", "y", "c")
        assert copied == [texts[0]]
        shown = await screen.press("enter")
        assert isinstance(screen.app.screen, CallScreen)
        assert "gait index --root gait-out --json" in shown
        assert "exit 0 after 0 ms" in shown
        await screen.press("y", "c")
        assert shlex.split(copied[1])[0] == "gait"
        await screen.press("escape", "escape")
        before = screen.app.bridge.calls.total
        await screen.press("escape", "v")
        assert screen.app.bridge.calls.total == before + 2, "verified and looked into again"
