"""Keys for reading: search, wrap, scroll sideways, the size of panes, a base, the raw file."""

import os
import sys
from pathlib import Path
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.rawtext import raw_text
from gait_engine.errors import InvalidInput
from gait_tui.panes.split import SplitTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.diff import DiffScreen
from gait_tui.services.pager import pager_words, show
from gait_tui.views.line import Line, Span
from gait_tui.views.search import MATCH, marked, next_row
from tests.support.tmux import Tmux
from tests.tui.driving import Driver, StoryHost, opened

GAIT = str(Path(sys.executable).with_name("gait"))
TO_RAW = ("3", "j", "enter", "[")


def tab(screen: Driver) -> SplitTab:
    top = screen.app.screen
    assert isinstance(top, BrowseScreen)
    return cast("SplitTab", top.view)


def shown_matches(screen: Driver) -> list[str]:
    text = tab(screen).detail.text
    rows = [text._drawn[row] for row in sorted(text._drawn)]
    return [span.text for row in rows for span in row.spans if span.role == MATCH]


# ---------------------------------------------------------------- search


@given(st.text(alphabet="abAB ", max_size=40), st.text(alphabet="ab ", min_size=1, max_size=3))
def test_a_marked_row_has_the_same_text_and_every_match_is_marked(text: str, wanted: str) -> None:
    halves = Span(text[: len(text) // 2]), Span(text[len(text) // 2 :], "muted")
    drawn = marked(Line(halves), wanted)
    assert drawn.text == text
    inside = "".join(("x" if s.role == MATCH else ".") * len(s.text) for s in drawn.spans)
    lower = text.casefold()
    expected = ["."] * len(text)
    for at in range(len(text)):
        if lower.startswith(wanted, at):
            expected[at : at + len(wanted)] = "x" * len(wanted)
    assert set(inside) <= {"x", "."}
    assert ("x" in inside) == (wanted in lower)
    assert all(e == "x" for i, e in zip(inside, expected, strict=True) if i == "x")


def test_a_search_goes_round_and_is_bounded() -> None:
    rows = ["one", "two", "three", "two"]
    assert next_row(rows.__getitem__, 4, 1, 1, "two", 10) == 3
    assert next_row(rows.__getitem__, 4, 3, 1, "two", 10) == 1
    assert next_row(rows.__getitem__, 4, 1, -1, "two", 10) == 3
    assert next_row(rows.__getitem__, 4, 0, 1, "two", 0) == -1
    assert next_row(rows.__getitem__, 4, 0, 1, "four", 10) == -1


@pytest.mark.usefixtures("incident")
async def test_slash_in_a_detail_searches_and_n_goes_on(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press(*TO_RAW, "slash", *"DIGEST", "enter")
        assert set(shown_matches(screen)) == {"digest"}
        first = tab(screen).detail.text.found
        await screen.press("n")
        second = tab(screen).detail.text.found
        assert second > first
        await screen.press("N")
        assert tab(screen).detail.text.found == first
        await screen.press("slash", *"zzz")
        assert "not in 2,000 rows from here" in screen.text
        await screen.press("escape")
        assert shown_matches(screen) == []
        assert tab(screen).listing.store.filter.text == ""
        await screen.press("escape", "slash", *"bob", "enter")
        assert tab(screen).listing.store.filter.text == "bob"


@pytest.mark.usefixtures("story")
async def test_n_still_steps_through_calls_where_nothing_is_searched(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("2", "enter", "]")
        before = tab(screen).detail.text.cursor
        await screen.press("n")
        assert tab(screen).detail.text.cursor > before


# ---------------------------------------------------------------- wrap and sideways


@pytest.mark.usefixtures("incident")
async def test_w_shows_the_end_of_a_long_row_and_l_scrolls_to_it(host: StoryHost) -> None:
    async with opened(host, (100, 40)) as screen:
        cut = await screen.press(*TO_RAW)
        assert "…(+" in cut
        wrapped = await screen.press("w")
        assert "…(+" not in wrapped
        assert await screen.press("w") == cut
        slid = await screen.press("l", "l")
        assert slid != cut
        assert tab(screen).detail.text.left == 16
        assert await screen.press("h", "h") == cut
        await screen.press("h")
        assert tab(screen).listing.table.has_focus


@pytest.mark.usefixtures("incident")
async def test_a_comparison_is_wrapped_slid_and_searched(host: StoryHost) -> None:
    async with opened(host, (80, 24)) as screen:
        for width in (80, 140):
            await screen.resize(width, 40)
            await screen.press("6", "d")
            top = screen.app.screen
            assert isinstance(top, DiffScreen)
            pane = top.pane
            first = pane.text.cursor
            cut = await screen.press("slash", *"J.BRANDT", "enter")
            assert "…(+" in cut
            assert "j.brandt" not in cut
            found = pane.text.cursor
            assert found > first
            await screen.press("n")
            assert pane.text.cursor > found  # both posts hold it, in what is cut off
            await screen.press("N")
            assert pane.text.cursor == found
            slid = await screen.press(*["l"] * 9)
            assert "j.brandt" in slid
            assert "│" in slid or width == 80
            assert "j.brandt" not in await screen.press(*["h"] * 10)
            assert "…(+" not in await screen.press("w")
            assert "…(+" in await screen.press("w")
            await screen.press("escape", "home", "n")
            assert isinstance(screen.app.screen, DiffScreen)
            assert top.pane.rows is not None
            assert top.pane.rows.change(top.pane.text.cursor) > 0
            await screen.press("escape")


# ---------------------------------------------------------------- panes


@pytest.mark.usefixtures("incident")
async def test_plus_and_minus_move_the_border_and_a_new_layout_forgets_it(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("2")
        width = tab(screen).listing.size.width
        await screen.press("plus", "plus")
        assert tab(screen).listing.size.width == width + 8
        await screen.press("tab", "plus", "plus")
        assert tab(screen).listing.size.width == width
        await screen.press("minus", "z", "z")
        assert tab(screen).listing.size.width == width
        await screen.resize(80, 24)
        height = tab(screen).listing.size.height
        await screen.press("escape", "minus", "minus")
        assert tab(screen).listing.size.height == height - 2
        await screen.press(*["plus"] * 30)
        assert tab(screen).detail.size.height >= 5


@pytest.mark.usefixtures("story")
async def test_the_border_goes_with_the_mouse_and_leaves_room_on_both_sides(
    host: StoryHost,
) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("2")
        pilot, shown = screen.pilot, tab(screen)
        width = shown.listing.size.width
        await pilot.mouse_down("#divider", offset=(0, 5))
        await pilot.hover(offset=(width + 12, 6))
        await screen.settle()
        assert shown.listing.size.width == width + 12
        await pilot.hover(offset=(139, 6))
        await pilot.mouse_up(offset=(139, 6))
        await screen.settle()
        assert shown.detail.size.width >= 29
        await pilot.hover(offset=(50, 6))
        await screen.settle()
        assert shown.detail.size.width < 40


# ---------------------------------------------------------------- base


@pytest.mark.usefixtures("story")
async def test_d_compares_with_the_base_that_b_sets(host: StoryHost) -> None:
    async with opened(host) as screen:
        assert "set a base with b" in await screen.press("2", "d")
        assert "base run_etl_1118" in await screen.press("j", "j", "b")
        await screen.press("k", "k", "d")
        assert isinstance(screen.app.screen, DiffScreen)
        assert "- run_etl_1118  base" in screen.text
        assert "base run_etl" not in await screen.press("escape", "j", "j", "b")


# ---------------------------------------------------------------- raw file


def test_a_raw_file_is_spelled_and_pipes_are_refused(host: StoryHost) -> None:
    (host.cwd / "a.json").write_bytes(b'{"a":"\x1b[2J\xe2\x80\xae"}\n\xff\tb\r\n')
    assert raw_text("a.json", host=host) == '{"a":"\\x1b[2J\\u202e"}\n\\udcff b\\x0d\n'
    os.mkfifo(host.cwd / "pipe")
    with pytest.raises(InvalidInput):
        raw_text("pipe", host=host)


def test_the_pager_is_that_of_the_settings_then_the_environment_then_less(tmp_path: Path) -> None:
    for name in ("mine", "yours", "less"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    env = {"PATH": str(tmp_path), "PAGER": "yours -R"}
    assert pager_words("mine 'a b'", env) == [str(tmp_path / "mine"), "a b"]
    assert pager_words("", env) == [str(tmp_path / "yours"), "-R"]
    assert pager_words("none", {"PATH": str(tmp_path)}) == [str(tmp_path / "less")]
    assert pager_words("'", {"PATH": str(tmp_path)}) == [str(tmp_path / "less")]
    assert pager_words("", {"PATH": "/nowhere", "PAGER": "none"}) == []


def test_the_pager_gets_the_text_through_a_pipe_and_less_is_kept_from_writing(
    tmp_path: Path,
) -> None:
    script = tmp_path / "pager"
    script.write_text('#!/bin/sh\n{ /bin/cat; printf %s "$LESSSECURE"; } >"$1"\n')
    script.chmod(0o755)
    assert show("whole\n", [str(script), str(tmp_path / "got")], {}) == ""
    assert (tmp_path / "got").read_text() == "whole\n1"
    assert show("", [str(tmp_path / "none")], {}) == "No such file or directory"


@pytest.mark.usefixtures("incident")
@pytest.mark.parametrize(
    ("env", "keys", "said"),
    [
        ({"PATH": "/nowhere"}, ("3", "o"), "There is no pager here: set PAGER"),
        ({"PATH": os.defpath, "PAGER": "cat"}, ("3", "o"), "this terminal cannot be handed over"),
        ({}, ("2", "o"), "An archive is no text"),
    ],
)
async def test_a_raw_file_that_cannot_be_shown_is_said(
    host: StoryHost, env: dict[str, str], keys: tuple[str, ...], said: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(type(host), "env", env)
    async with opened(host) as screen:
        await screen.press(*keys)
        assert said in screen.text


@pytest.mark.e2e
def test_o_hands_the_terminal_to_the_pager_and_takes_it_back(
    host: StoryHost, incident: Path
) -> None:
    newest = incident / "gait-out" / "traces" / "trace_run_etl_1120_7.json"
    newest.write_bytes(newest.read_bytes() + b"\x1b[2J\xe2\x80\xae")
    pager = incident / "pager"
    pager.write_text("#!/bin/sh\ncat | tail -c 40\nprintf ' in the pager'\nread x </dev/tty\n")
    pager.chmod(0o755)
    command = [GAIT, "tui"]
    with Tmux(command, cwd=host.cwd, env={"PAGER": str(pager)}) as terminal:
        terminal.wait_for("8 Health")
        terminal.keys("3")
        terminal.wait_for("9 traces")
        terminal.keys("Home")
        terminal.keys("o")
        terminal.wait_for("in the pager")
        terminal.wait_for(r"\x1b[2J\u202e")
        terminal.keys("Enter")
        terminal.wait_for("9 traces")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0
