"""The help: the keys of a place, and a search in them."""

import pytest

from gait_tui.keys import BY_ID
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import PLACE_NAMES, HelpScreen
from tests.tui.driving import Driver, StoryHost, opened


def here(screen: Driver) -> str:
    """Return the row under the cursor; empty where none takes it."""
    return next((row for row in screen.text.splitlines() if row.startswith(" ▸ ")), "")


@pytest.mark.usefixtures("story")
async def test_a_search_counts_and_goes_from_match_to_match(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("question_mark")
        assert here(screen) == ""
        assert "@              engine calls" in screen.text
        assert "Nothing is searched for" in await screen.press("n")
        shown = await screen.press("slash", *"match")
        assert "search match" in shown
        assert "1 match" in shown
        assert "n N            next, previous match" in here(screen)
        shown = await screen.press("ctrl+u", *"command")
        assert "3 matches" in shown
        await screen.press("enter")
        rows = [here(screen)]
        for _ in range(3):
            await screen.press("n")
            rows.append(here(screen))
        assert rows[0] == rows[3], "after the last comes the first"
        assert len(set(rows)) == 3
        assert all("command" in row for row in rows)
        await screen.press("N")
        assert here(screen) == rows[2]
        assert any(": ctrl+p" in row for row in rows)
        shown = await screen.press("escape")
        assert isinstance(screen.app.screen, HelpScreen), "the search ends first"
        assert "matches" not in shown
        await screen.press("slash", *"xyzzy", "enter")
        assert "No key matches." in await screen.press("n")
        await screen.press("escape", "escape")
        assert isinstance(screen.app.screen, BrowseScreen)


@pytest.mark.usefixtures("incident")
async def test_only_where_rows_have_an_age_the_newest_is_followed(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        for tab, name in (("3", "Traces"), ("5", "Scout"), ("6", "Regress"), ("8", "Health")):
            await screen.press(tab)
            title = screen.row(1)
            await screen.press("F")
            is_followed = tab == "3"
            assert (screen.row(1) != title) == is_followed
            assert ("following the newest" in screen.row(1)) == is_followed
            shown = await screen.press("question_mark")
            assert f"Help  {name} " in screen.row(1)
            assert ("follow the newest" in shown) == is_followed
            await screen.press("escape")


def test_the_help_names_every_place_that_has_one() -> None:
    assert {place for place in BY_ID["help"].places if not PLACE_NAMES.get(place)} == set()
