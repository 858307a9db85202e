import pytest

from gait_tui import keys
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.diff import DiffScreen
from gait_tui.screens.frame import FrameScreen
from gait_tui.screens.pages import CommandScreen, HelpScreen, ReplayScreen
from gait_tui.screens.run import RunScreen
from gait_tui.screens.ticket import TicketScreen
from gait_tui.widgets.vtable import VTable

SCREENS: dict[str, tuple[type[FrameScreen], ...]] = {
    keys.LIST: (BrowseScreen,),
    keys.DETAIL: (BrowseScreen, RunScreen),
    keys.CALLS: (BrowseScreen, RunScreen),
    keys.TICKET: (TicketScreen,),
    keys.DIFF: (DiffScreen,),
    keys.REPLAY: (ReplayScreen,),
    keys.HELP: (HelpScreen,),
    keys.COMMAND: (CommandScreen,),
}
MOVED_BY_TABLES = {binding.id for binding in VTable.BINDINGS}  # type: ignore[union-attr]

each_place = pytest.mark.parametrize("place", SCREENS)


@each_place
def test_every_key_of_a_place_is_bound_and_answered_there(place: str) -> None:
    for screen in SCREENS[place]:
        bound = {binding.id for binding in screen.BINDINGS}  # type: ignore[union-attr]
        for key in keys.in_place(place):
            if key.id in MOVED_BY_TABLES:
                continue
            assert key.id in bound
            assert callable(getattr(screen, f"do_{key.id}", None)), f"{screen.__name__}: {key.id}"


@each_place
def test_no_key_means_two_things_in_a_place(place: str) -> None:
    spelled = [name for key in keys.in_place(place) for name in key.keys]
    assert sorted(set(spelled)) == sorted(spelled)


def test_a_key_means_the_same_in_every_place() -> None:
    spelled = [name for key in keys.TABLE for name in key.keys]
    assert sorted(set(spelled)) == sorted(spelled)


@each_place
def test_help_lists_every_key_of_a_place(place: str) -> None:
    groups = (keys.HERE, keys.MOVE, keys.EVERYWHERE)
    shown = " ".join(row.shown for group in groups for row in keys.help_rows(place, group))
    for key in keys.in_place(place):
        for word in key.shown.split():
            assert word in shown.split()


@each_place
def test_the_hint_bar_offers_only_keys_that_work_there(place: str) -> None:
    working = {key.id for key in keys.in_place(place)}
    joint = {"part": "part_next", "step": "next", "move": "down"}
    offered = {joint.get(name, name) for name in keys.HINTS[place]}
    assert offered <= working


def test_no_key_needs_alt_a_function_key_or_a_shifted_chord() -> None:
    for key in keys.TABLE:
        for name in key.keys:
            assert not name.startswith(("alt+", "f1", "ctrl+shift"))
