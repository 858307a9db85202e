"""The screen that chooses a theme, and what is kept of the choice."""

import os
import stat
from pathlib import Path

import pytest

from gait_engine.resources import themes_dir
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.theme import ThemeScreen
from gait_tui.services.state import State, read_state, state_file, write_state
from gait_tui.themes import SHIPPED
from gait_tui.views import themelist
from gait_tui.views.line import Look
from tests.tui.driving import StoryHost, opened

pytestmark = pytest.mark.usefixtures("story")


@pytest.fixture
def own_themes(tmp_path: Path) -> Path:
    """A theme of one's own, and one that cannot be used."""
    folder = tmp_path / "themes"
    folder.mkdir()
    text = (themes_dir() / "gait-light.toml").read_text(encoding="utf-8")
    (folder / "paper.toml").write_text(text.replace('"gait-light"', '"paper"'), encoding="utf-8")
    (folder / "torn.toml").write_text('name = "torn"', encoding="utf-8")
    return folder


async def test_the_theme_under_the_cursor_is_worn_and_escape_takes_it_back(
    host: StoryHost,
) -> None:
    async with opened(host) as screen:
        await screen.press("T", "j", "j")
        assert screen.app.theme == "high-contrast-dark"
        assert screen.app.palette.style("text").color.name == "#ffffff"  # type: ignore[union-attr]
        await screen.press("escape")
        assert screen.app.theme == "gait-dark"
        assert isinstance(screen.app.screen, BrowseScreen)
    assert not state_file(host).exists()


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_leaving_in_any_way_takes_the_theme_back(host: StoryHost, key: str) -> None:
    async with opened(host, theme="mono") as screen:
        await screen.press("T", "k", key)
        assert screen.app.theme == "mono"
        assert isinstance(screen.app.screen, BrowseScreen)


async def test_every_shipped_theme_is_worn_on_the_way_down(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("T")
        seen = [screen.app.theme]
        for _ in SHIPPED[1:]:
            await screen.press("j")
            seen.append(screen.app.theme)
            assert screen.app.theme_name in screen.row(12)
        assert tuple(seen) == SHIPPED


async def test_enter_keeps_the_theme_for_the_session_and_the_next_start(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("T", "j", "enter")
        assert screen.app.theme == "gait-light"
        assert "gait-light is kept, also for the next start." in shown
    assert read_state(host) == State(theme="gait-light")
    if os.name != "nt":
        assert stat.S_IMODE(state_file(host).stat().st_mode) == 0o600


async def test_a_theme_named_in_the_settings_is_told_to_come_back(host: StoryHost) -> None:
    async with opened(host, has_theme_set=True) as screen:
        assert (
            "gait-light is kept for this session; tui.toml names the next one."
            in await screen.press("T", "j", "enter")
        )


async def test_a_read_only_session_keeps_nothing_for_the_next(host: StoryHost) -> None:
    async with opened(host, read_only=True) as screen:
        assert "kept for this session: it is read only" in await screen.press("T", "j", "enter")
        assert screen.app.theme == "gait-light"
    assert not state_file(host).exists()


async def test_a_state_that_cannot_be_written_is_told(host: StoryHost) -> None:
    (host.home / ".local").write_text("in the way")
    async with opened(host) as screen:
        shown = await screen.press("T", "j", "enter")
        assert "kept for this session, not for the next" in shown
        assert screen.app.theme == "gait-light"


async def test_themes_of_ones_own_come_last_and_a_flawed_one_says_why(
    host: StoryHost, own_themes: Path
) -> None:
    async with opened(host, (120, 40), user_themes=own_themes) as screen:
        shown = await screen.press("T", "G", "k")
        assert "10 themes, 2 of your own" in shown
        assert screen.app.theme == "paper"
        shown = await screen.press("j")
        assert "not usable" in shown
        assert "torn.toml" in shown
        assert screen.app.theme == "paper"
        await screen.press("enter")
        assert isinstance(screen.app.screen, ThemeScreen)


async def test_a_theme_worn_in_passing_outlives_a_resize(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("T", "j", "j", "j", "j")
        for size in ((60, 15), (58, 12), (140, 40)):
            shown = await screen.resize(*size)
            assert "colorblind-dark" in shown
        assert screen.app.theme == "colorblind-dark"


@pytest.mark.parametrize("width", [60, 80, 140])
def test_the_sample_fits_and_shows_every_kind_of_role(width: int) -> None:
    lines = themelist.sample(Look(width))
    assert max(len(line.text) for line in lines) < width
    roles = {span.role.rpartition(":")[2] for line in lines for span in line.spans}
    assert {"verdict_block", "sev_high", "unchecked", "match", "hidden_char", "diff_del"} <= roles
    grounds = {ground.role for line in lines for ground in line.grounds}
    assert grounds == {"diff_add_bg", "diff_del_bg", "data"}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"theme": 3}', b"\xff"])
def test_a_state_that_cannot_be_read_is_an_empty_one(host: StoryHost, body: bytes) -> None:
    state_file(host).parent.mkdir(parents=True)
    state_file(host).write_bytes(body)
    assert read_state(host) == State()


def test_a_state_is_replaced_whole_and_leaves_nothing_beside_it(host: StoryHost) -> None:
    assert write_state(State("ansi"), host) == ""
    assert write_state(State("mono"), host) == ""
    assert read_state(host) == State("mono")
    assert [path.name for path in state_file(host).parent.iterdir()] == ["tui-state.json"]
