"""The Scout tab: families of the runs under the roots."""

import json
import shlex
from typing import cast

import pytest

from gait_tui.panes.scout import ScoutTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import CommandScreen
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])


def tab(screen: Driver) -> ScoutTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("ScoutTab", shown.view)


@each_size
@pytest.mark.usefixtures("story")
async def test_families_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size) as screen:
        await screen.press("5")
        snap(screen.app, f"scout-{size[0]}x{size[1]}")


@each_size
async def test_no_families_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    (host.cwd / "gait-out").mkdir()
    async with opened(host, size) as screen:
        await screen.press("5")
        snap(screen.app, f"scout-empty-{size[0]}x{size[1]}")
        before = screen.text
        await screen.resize(60, 15)
        assert await screen.resize(*size) == before


@pytest.mark.usefixtures("story")
async def test_x_says_what_the_command_of_the_screen_would_write(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("5", "x")
        shown = screen.app.screen
        assert isinstance(shown, CommandScreen)
        assert "gait-out/scout_signal_report.json" in screen.text
        words = shlex.split(shown.copies()["copy_command"])
        done = gait(*words[1:], cwd=host.cwd)
        assert len(json.loads(done.stdout)["report"]["families"]) == 3


@pytest.mark.usefixtures("story")
async def test_reading_families_writes_no_report(host: StoryHost) -> None:
    before = sorted((host.cwd / "gait-out").iterdir())
    async with opened(host) as screen:
        await screen.press("5", "j", "enter", "]", "]", "]", "]", "]")
    assert sorted((host.cwd / "gait-out").iterdir()) == before


@pytest.mark.usefixtures("story")
async def test_what_cannot_be_compared_is_named(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("5")
        assert "Left out: runpack_run_etl_1119.zip and 1 more" in screen.row(22)


@pytest.mark.usefixtures("story")
async def test_g_r_goes_to_the_canonical_run(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("5", "j", "g", "r")
        assert " ▸ ✓ run_etl_1118" in screen.text


@pytest.mark.usefixtures("story")
async def test_d_compares_marked_families_by_their_canonical_runs(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("5", "d")
        assert "One run only: mark two families with space" in screen.row(22)
        await screen.press("space", "d")
        assert "- run_etl_1120  base" in screen.text
        assert "+ run_etl_1118" in screen.text


@pytest.mark.usefixtures("story")
async def test_a_filter_knows_the_fields_of_a_family(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("5", "slash", *"tool:delete", "enter")
        assert tab(screen).listing.store.visible == ["fam_cd2d127ddda4"]
        await screen.press("escape", "slash", *"severity:medium", "enter")
        assert len(tab(screen).listing.store.visible) == 2


@pytest.mark.usefixtures("story")
async def test_tools_and_actions_are_tabs_where_there_is_no_room_below(host: StoryHost) -> None:
    async with opened(host) as screen:
        assert "[Tools]" in await screen.press("5", "enter", *"]" * 4)
        assert "and 1 tool more" in screen.text
        assert "[Top]" in await screen.press("]")
        assert "411  tool.delete" in screen.text
        assert "Tools   Top" not in await screen.resize(140, 40)
        assert "── Top actions  5 of 14" in screen.text
