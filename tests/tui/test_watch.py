"""The watch over the folders: what it tells the screen, and what it need not tell."""

from pathlib import Path

import pytest

from gait_tui import bridge
from gait_tui.messages import Scanned
from gait_tui.screens.browse import BrowseScreen
from tests.tui.driving import Driver, StoryHost, opened


async def look(screen: Driver, heard: list[Scanned]) -> list[Scanned]:
    """Look through the folders once, as the clock does; return what that told."""
    heard.clear()
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    shown.bridge.rescan(shown)
    await screen.settle()
    return list(heard)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Scanned]:
    messages: list[Scanned] = []
    take = BrowseScreen.on_scanned

    def listen(self: BrowseScreen, message: Scanned) -> None:
        messages.append(message)
        take(self, message)

    monkeypatch.setattr(BrowseScreen, "on_scanned", listen)
    return messages


@pytest.mark.usefixtures("story")
async def test_a_look_that_finds_nothing_new_sends_no_rows(
    host: StoryHost, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        assert heard[-1].rows
        assert await look(screen, heard) == []
        assert "5 runs" in screen.row(1)


async def test_a_look_that_finds_a_change_sends_all_rows(
    host: StoryHost, story: Path, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        (story / "runpack_run_torn.zip").unlink()
        (told,) = await look(screen, heard)
        assert len(told.rows) == 4
        assert await look(screen, heard) == []


@pytest.mark.usefixtures("story")
async def test_a_look_that_a_person_asked_for_sends_all_rows(
    host: StoryHost, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        heard.clear()
        await screen.press("ctrl+r")
        assert heard[-1].rows


async def test_parts_of_the_first_look_double_in_size(
    host: StoryHost, story: Path, heard: list[Scanned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "CHUNK", 2)
    monkeypatch.setattr(bridge, "MOST_PER_CHUNK", 4)
    for number in range(9):
        (story / f"runpack_more_{number}.zip").write_bytes(b"no archive")
    async with opened(host, screen="inbox"):
        assert [len(told.rows) for told in heard] == [2, 4, 4, 4, 14]
