"""The review in a real terminal: what a lost connection and a paste do to it."""

import signal
import sys

import pytest

from gait_engine.api import review
from tests.support.process import ROOT
from tests.support.reviews import LOG, TRACE, subject, tree, waiting_call
from tests.support.tmux import Tmux
from tests.tui.driving import StoryHost

pytestmark = pytest.mark.e2e
APP = [sys.executable, "-m", "tests.support.reviewapp", TRACE]


def opened(host: StoryHost) -> Tmux:
    waiting_call(host)
    return Tmux(APP, width=140, height=50, cwd=host.cwd, env={"PYTHONPATH": str(ROOT)})


def read_all(terminal: Tmux) -> None:
    """Read every part; one page holds each."""
    terminal.wait_for("REQUIRE_APPROVAL")
    for name in ("Args vs rule", "Rule", "Digests"):
        terminal.keys("]")
        terminal.wait_for(f"[● {name}]")


def give_a_reason(terminal: Tmux) -> None:
    terminal.keys("c")
    terminal.wait_for("esc cancel")
    terminal.keys("r")
    terminal.wait_for("Change reason")
    terminal.write("ticket_4211")
    terminal.keys("Enter")
    terminal.wait_for("A asks for the phrase")


def ask(terminal: Tmux) -> None:
    """Open the dialog and wait until its keys count."""
    terminal.keys("A")
    terminal.wait_for("Mint approval token")
    terminal.wait_for("Paste is off.")


def type_slowly(terminal: Tmux, text: str) -> None:
    """Press key by key; one key between two of the same keeps them from being one held down."""
    for at, char in enumerate(text, 1):
        terminal.keys("Right")
        terminal.write(char)
        typed = text[:at]
        terminal.wait_for(f"▸ {typed}▏" if not typed.endswith(" ") else f"▸ {typed.rstrip()} ▏")


def test_a_lost_terminal_in_a_started_review_leaves_nothing_written(host: StoryHost) -> None:
    with opened(host) as terminal:
        before = tree(host.cwd)
        digest = subject(host).intent_digest
        read_all(terminal)
        give_a_reason(terminal)
        ask(terminal)
        type_slowly(terminal, f"approve {digest[-6:]}")
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_for_end() != 0
        assert tree(host.cwd) == before
    assert not (host.cwd / LOG).exists()


def test_a_paste_into_the_phrase_is_thrown_away_and_typing_it_mints(host: StoryHost) -> None:
    with opened(host) as terminal:
        before = tree(host.cwd)
        phrase = f"approve {subject(host).intent_digest[-6:]}"
        read_all(terminal)
        give_a_reason(terminal)
        ask(terminal)
        terminal.paste(phrase + "\n")
        assert "▸ ▏" in terminal.wait_for("The paste was thrown away")
        terminal.keys("Enter")
        assert tree(host.cwd) == before
        type_slowly(terminal, phrase)
        terminal.keys("Enter")
        terminal.wait_for("MINTED   1 of 2 given.")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0
    assert [event.event for event in review.log(host=host).events] == ["intent_to_mint", "minted"]


def test_a_file_that_changes_under_an_open_dialog_closes_it(host: StoryHost) -> None:
    with opened(host) as terminal:
        read_all(terminal)
        give_a_reason(terminal)
        ask(terminal)
        (host.cwd / "policy.yaml").write_text("default_verdict: allow\n")
        terminal.wait_for("Mint approval token", gone=True)
        assert "CHANGED" in terminal.wait_for("changed since you read it")
    assert not (host.cwd / LOG).exists()
