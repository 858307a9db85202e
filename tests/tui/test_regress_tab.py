"""The Regress tab: fixtures by graders, judged without writing."""

import json
import shlex
from pathlib import Path
from typing import cast

import pytest

from gait_tui.panes.regress import RegressTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.diff import DiffScreen
from gait_tui.screens.pages import CommandScreen
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened
from tests.tui.test_laws import tree

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])


def tab(screen: Driver) -> RegressTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("RegressTab", shown.view)


@each_size
@pytest.mark.usefixtures("incident")
async def test_a_failing_set_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("6")
        snap(screen.app, f"regress-{size[0]}x{size[1]}")
        for name in ("failure", "fixture", "junit"):
            await screen.press("]")
            snap(screen.app, f"regress-{name}-{size[0]}x{size[1]}")


@each_size
@pytest.mark.usefixtures("story")
async def test_no_set_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size) as screen:
        await screen.press("6")
        snap(screen.app, f"regress-empty-{size[0]}x{size[1]}")


@each_size
async def test_a_set_that_cannot_be_judged_as_a_picture(
    host: StoryHost, incident: Path, size: tuple[int, int], snap: Snap
) -> None:
    (incident / "fixtures/web_orders/fixture.json").write_text('{"name": "\\u202eother"}')
    async with opened(host, size) as screen:
        await screen.press("6")
        snap(screen.app, f"regress-unjudged-{size[0]}x{size[1]}")
        assert "✓ etl_canonical" in screen.text
        assert "? web_orders" in screen.text
        assert "not judged: fixture" in screen.row(size[1] - 2)


@pytest.mark.usefixtures("incident")
async def test_it_begins_at_the_first_failure(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        shown = await screen.press("6")
        assert "▸ ✗ etl_nightly" in shown
        assert "[✗]" in shown
        assert "3 more calls from index 4 on" in shown
        assert "first difference" in shown


@pytest.mark.usefixtures("incident")
async def test_h_and_l_choose_the_grader_whose_answer_stands_below(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        assert "expected exit code   0" in await screen.press("6", "h")
        assert "── etl_nightly  exit code" in screen.text
        assert "[✓]" in screen.text
        assert "allowed files" in await screen.press("l", "l")
        assert "NOT ASKED" in await screen.press("l", "l", "l")
        assert "the fixture does not ask for it" in screen.row(38)


@pytest.mark.usefixtures("incident")
async def test_n_goes_to_the_next_grade_that_failed(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("6", "G", "h")
        assert tab(screen).listing.store.cursor == "web_orders"
        assert "[✗]" in await screen.press("n")
        assert "[✗]" in await screen.press("j", "N")
        assert tab(screen).listing.store.cursor == "etl_nightly"


@pytest.mark.usefixtures("incident")
async def test_d_compares_the_fixture_with_its_candidate(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("6", "d")
        assert isinstance(screen.app.screen, DiffScreen)
        assert "only in" in screen.text
        await screen.press("escape", "j")
        assert "no candidate to compare" in await screen.press("d")


@pytest.mark.usefixtures("incident")
async def test_g_r_goes_to_the_run_that_was_compared(host: StoryHost) -> None:
    async with opened(host, (120, 40)) as screen:
        assert "r run_etl_1120" in await screen.press("6", "g")
        assert "run_etl_1120" in await screen.press("r")
        shown = screen.app.screen
        assert isinstance(shown, BrowseScreen)
        assert shown.view.TAB == "runs"
        assert "▸" in next(row for row in screen.text.splitlines() if " run_etl_1120 " in row)


async def test_the_screen_is_the_command_it_shows(host: StoryHost, incident: Path) -> None:
    async with opened(host, (120, 40)) as screen:
        await screen.press("6", "x")
        shown = screen.app.screen
        assert isinstance(shown, CommandScreen)
        words = shlex.split(shown.copies()["copy_command"])
        await screen.press("escape", "e", "enter")
    done = gait(*words[1:], cwd=host.cwd)
    (exported,) = (incident / "gait-out/export").iterdir()
    said, wrote = json.loads(done.stdout), json.loads(exported.read_bytes())
    assert [f["status"] for f in said["fixtures"]] == [f["status"] for f in wrote["fixtures"]]
    assert done.returncode == 5


async def test_looking_writes_nothing(host: StoryHost, incident: Path) -> None:
    before = tree(incident)
    async with opened(host) as screen:
        await screen.press("6", "j", "l", "enter", "]", "]", "]", "escape", "d", "escape", "n")
    assert tree(incident) == before


async def test_a_result_that_no_longer_holds_is_told(host: StoryHost, incident: Path) -> None:
    fixture = incident / "fixtures/etl_retry/fixture.json"
    told = json.loads(fixture.read_bytes()) | {"expected_replay_exit_code": 2}
    async with opened(host, (120, 40)) as screen:
        assert "says the same as this screen" in await screen.press("6")
        fixture.write_text(json.dumps(told))
        shown = await screen.press("ctrl+r")
        assert "regress_result.json, gait-out/junit.xml are out of date" in shown
        assert "2 failed" in shown


@pytest.mark.usefixtures("incident")
async def test_a_filter_knows_the_fields_of_a_fixture(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("6", "slash", *"grader:trajectory", "enter")
        assert tab(screen).listing.store.visible == ["etl_nightly"]
        await screen.press("escape", "slash", *"tool:fetch status:pass", "enter")
        assert len(tab(screen).listing.store.visible) == 3


@pytest.mark.usefixtures("incident")
async def test_it_keeps_its_place_through_every_size(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("6", "l")
        for size in ((80, 24), (60, 15), (140, 40)):
            assert "▸ ✗ etl_nightly" in await screen.resize(*size)
        assert "[✓]" in screen.text
