"""The walk-through of the docs, key by key in a real terminal: what it says is what is shown."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from gait_engine.api import regressshow as regress
from gait_engine.api import review
from tests.support.checkout import fresh_checkout, make
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT
from tests.support.tmux import Tmux

PAGE = ROOT / "docs" / "walkthrough.md"
NAMES = {"enter": "Enter", "esc": "Escape", "tab": "Tab", "end": "End", "home": "Home"}

_row = re.compile(r"^\| (?P<press>.*?)\|(?P<what>.*?)\|(?P<shown>.*)\|$", re.MULTILINE)
_press = re.compile(r"(type )?`([^`]+)`")
_shown = re.compile(r"`([^`]+)`")


class Step(NamedTuple):
    """What is pressed, as keys or as a text, and the words that are to be on the screen then."""

    presses: tuple[tuple[bool, str], ...]
    shown: tuple[str, ...]


def steps(text: str) -> Iterator[Step]:
    for row in _row.finditer(text):
        if row["press"].strip() != "press":
            presses = tuple((bool(typed), word) for typed, word in _press.findall(row["press"]))
            yield Step(presses, tuple(_shown.findall(row["shown"])))


def press(terminal: Tmux, word: str, *, is_text: bool) -> None:
    """Press a key, or a text letter by letter; a letter twice running would be a key held down."""
    if not is_text:
        terminal.keys(NAMES.get(word, word))
        return
    for at, char in enumerate(word, 1):
        terminal.keys("Right")
        terminal.write(char)
        terminal.wait_for(word[:at].rstrip())


def test_a_row_is_read_as_it_is_written() -> None:
    rows = "| press | and | the screen says |\n|---|---|---|\n| `c` `k` | x `y` | `a b` `c` |\n"
    typed = "| type `a b` | | |\n"
    assert [*steps(rows + typed)] == [
        Step(((False, "c"), (False, "k")), ("a b", "c")),
        Step(((True, "a b"),), ()),
    ]


@pytest.mark.e2e
def test_every_step_shows_what_the_page_says(tmp_path: Path) -> None:
    folder = fresh_checkout(tmp_path / "gait")
    found = [*steps(PAGE.read_text(encoding="utf-8"))]
    assert len(found) > 40
    with Tmux(make("tui"), width=120, height=40, cwd=folder) as terminal:
        for step in found:
            for is_text, word in step.presses:
                press(terminal, word, is_text=is_text)
            for words in step.shown:
                terminal.wait_for(words)
        assert terminal.wait_for_end() == 0
    log = review.log(verify=True, host=FrozenHost(folder)).events
    assert [(event.reviewer, event.event) for event in log[-4:]] == [
        *(("alice", "intent_to_mint"), ("alice", "minted")),
        *(("carol", "intent_to_mint"), ("carol", "minted")),
    ]
    found_out = regress.show(regress.ShowRequest(), host=FrozenHost(folder))
    pinned = next(each for each in found_out.fixtures if each.fixture == "run_etl_1108")
    assert [step.state for step in pinned.steps] == ["same"] * 4 + ["extra"] * 3
