"""The command palette: all that works where it is opened, done as its key does it."""

import pytest
from textual import events
from textual.fuzzy import FuzzySearch

from gait_tui import keys
from gait_tui.models.calllog import CallLog
from gait_tui.models.palette import Entry, ranked
from gait_tui.screens.actdialog import ActDialog
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.calllog import CallLogScreen
from gait_tui.screens.explain import ExplainScreen
from gait_tui.screens.frame import FrameScreen
from gait_tui.screens.pages import CommandScreen, HelpScreen, ReplayScreen
from gait_tui.screens.palette import PaletteDialog, entries_of
from gait_tui.widgets.vtable import VTable
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened

ENTRIES = [
    Entry("verify", "v", "verify again", command="gait verify"),
    Entry("diff", "d", "diff marked runs", command="gait run diff"),
    Entry("rescan", "ctrl+r", "look again", command="gait index"),
]


def found(typed: str) -> list[str]:
    return [hit.entry.id for hit in ranked(ENTRIES, typed, FuzzySearch().match)]


def test_what_is_typed_means_actions_the_likeliest_first() -> None:
    assert found("") == found("  ") == ["verify", "diff", "rescan"]
    assert found("vagain") == ["verify"]
    assert found("again") == ["verify", "rescan"]
    assert found("run diff") == ["diff"], "by its command"
    assert found("rescan") == ["rescan"], "by its name in the settings"
    assert found("xyzzy") == []
    assert found("v" * 10_000) == []


def palette(screen: Driver) -> PaletteDialog:
    shown = screen.app.screen
    assert isinstance(shown, PaletteDialog)
    return shown


def ids(screen: Driver) -> set[str]:
    return {entry.id for entry in palette(screen).entries}


def below(screen: Driver) -> FrameScreen:
    shown = screen.app.screen_stack[-2]
    assert isinstance(shown, FrameScreen)
    return shown


@pytest.mark.usefixtures("story")
async def test_it_lists_what_works_here_and_does_it_as_the_key_does(host: StoryHost) -> None:
    async with opened(host, keys={"verify": "m"}) as screen:
        await screen.press("colon")
        working = {key.id for key in keys.in_place(keys.LIST)}
        after = {key.id for key in (*keys.COPY, *keys.GO)} & ids(screen)
        assert ids(screen) == working - {"palette", "copy", "go", "diff"} | after
        assert after >= {"go_top", "go_family", "copy_digest", "copy_footer"}
        assert "go_run" not in after, "it is here already"
        shown = await screen.press(*"ver")
        assert "m           verify again                   gait verify" in shown
        await screen.press("escape")
        assert isinstance(screen.app.screen, BrowseScreen)

        await screen.press("ctrl+p", *"command", "enter")
        assert isinstance(screen.app.screen, CommandScreen)
        await screen.press("escape", "j", "enter", "colon", "d", "escape")
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        assert browse.place == keys.DETAIL, "the focus is where it was"
        assert " ▸ ✗ run_etl_1119" in screen.text
        await screen.press("escape", "colon", *"one row d", "enter")
        assert " ▸ ✓ run_etl_1118" in screen.text
        await screen.press("colon", *"heal", "enter")
        assert browse.view.TAB == "health"


@pytest.mark.usefixtures("incident")
async def test_arrows_choose_and_places_to_go_to_are_there_by_name(host: StoryHost) -> None:
    async with opened(host, (140, 40), screen="traces") as screen:
        await screen.press("j", "colon")
        assert "go_policy" in ids(screen)
        assert "g r         go to run  run_etl_1120 " in await screen.press(*"go r")
        await screen.press("ctrl+u", *"policy", "enter")
        assert isinstance(screen.app.screen, ExplainScreen)
        await screen.press("escape", "colon", "down", "ctrl+n", "up", "pagedown", "ctrl+p")
        dialog = palette(screen)
        assert dialog.cursor == dialog.box.page
        await screen.press(*["pageup"] * 2)
        assert dialog.cursor == 0
        await screen.press(*["pagedown"] * 3)
        assert dialog.cursor == len(dialog.hits) - 1
        shown = await screen.press(*"xyz")
        assert "Nothing here is called that." in shown
        await screen.press("enter")
        assert isinstance(screen.app.screen, PaletteDialog)
        await screen.press("ctrl+u")
        assert len((await screen.resize(60, 15)).splitlines()) == 15
        assert dialog.box.size.height <= 14


@pytest.mark.usefixtures("incident")
async def test_at_its_smallest_it_opens_the_confirmation_of_what_writes(host: StoryHost) -> None:
    async with opened(host, (60, 15)) as screen:
        await screen.press("colon", *"inci")
        assert "▸ I           incident pack…" in screen.text
        await screen.press("enter")
        assert isinstance(screen.app.screen, ActDialog)
    async with opened(host, (200, 60), read_only=True) as screen:
        await screen.press("colon")
        assert not ids(screen) & {"regression", "incident", "pack", "export"}
        assert {"verify", "copy_path"} <= ids(screen)


@pytest.mark.usefixtures("story")
async def test_what_is_typed_in_one_go_is_not_lost(host: StoryHost) -> None:
    async with opened(host) as screen:
        for name in (":", *"stub", "enter", "enter"):
            key = "colon" if name == ":" else name
            screen.app.post_message(events.Key(key, name if len(name) == 1 else None))
        await screen.settle()
        assert isinstance(screen.app.screen, ReplayScreen)
        for key in ("escape", "ctrl+p", "down", "escape", "escape", "j"):
            screen.app.post_message(events.Key(key, None))
        await screen.settle()
        assert isinstance(screen.app.screen, BrowseScreen)


@pytest.mark.usefixtures("story")
async def test_it_does_not_open_while_a_text_is_typed(host: StoryHost) -> None:
    async with opened(host) as screen:
        shown = await screen.press("slash", "colon", "ctrl+p", "at")
        assert "filter :@" in shown
        assert isinstance(screen.app.screen, BrowseScreen)
        await screen.press("escape", "g", "colon", "question_mark", "colon")
        assert isinstance(below(screen), HelpScreen)
        assert "back" in ids(screen)
        await screen.press("escape", "escape", "at", "colon")
        assert isinstance(below(screen), CallLogScreen)


@pytest.mark.usefixtures("incident")
async def test_every_entry_is_a_key_that_works_in_its_place(host: StoryHost) -> None:
    places = set()
    async with opened(host, (140, 40), undecided="") as screen:
        for steps in ("1", "2", "3", "4", "5", "6", "7", "8", "tab", "x", "T", "question_mark"):
            await screen.press(steps)
            shown = screen.app.screen
            assert isinstance(shown, FrameScreen)
            places.add(shown.place)
            working = {key.id for key in keys.in_place(shown.place)}
            after = {key.id for found in keys.PREFIXES.values() for key in found}
            for entry in entries_of(shown):
                assert entry.id in working | after
                assert entry.id not in shown.off()
                assert entry.id not in keys.MINTING | {"palette"}
            assert isinstance(shown.focused, VTable)
            if steps in ("x", "T", "question_mark"):
                await screen.press("escape")
    assert len(places) > 10


@pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.usefixtures("story")
async def test_the_palette_and_the_call_log(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("colon", *"run")
        snap(screen.app, f"palette-{size[0]}x{size[1]}")
        screen.app.bridge.calls = CallLog()
        await screen.press("escape", "j", "v", "r", "escape", "at", "k")
        snap(screen.app, f"engine-calls-{size[0]}x{size[1]}")
