import pytest

from gait_tui import keys
from gait_tui.panes.items import ItemsTab
from gait_tui.panes.runs import RunsTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.calllog import CallLogScreen
from gait_tui.screens.diff import DiffScreen
from gait_tui.screens.explain import ExplainScreen
from gait_tui.screens.frame import FrameScreen
from gait_tui.screens.pages import ByHandScreen, CommandScreen, HelpScreen, ReplayScreen
from gait_tui.screens.review import ReviewScreen
from gait_tui.screens.run import RunScreen
from gait_tui.screens.theme import ThemeScreen
from gait_tui.screens.ticket import TicketScreen
from gait_tui.widgets.vtable import VTable

ANSWERERS: dict[str, tuple[tuple[type, ...], ...]] = {
    keys.LIST: ((BrowseScreen, RunsTab),),
    keys.SHEET: ((BrowseScreen, ItemsTab),),
    keys.DETAIL: ((BrowseScreen, RunsTab), (RunScreen,)),
    keys.CALLS: ((BrowseScreen, RunsTab), (RunScreen,)),
    keys.TICKET: ((TicketScreen,),),
    keys.DIFF: ((DiffScreen,),),
    keys.REPLAY: ((ReplayScreen,),),
    keys.REVIEW: ((ReviewScreen,),),
    keys.EXPLAIN: ((ExplainScreen,),),
    keys.HELP: ((HelpScreen,),),
    keys.COMMAND: ((CommandScreen,),),
    keys.THEME: ((ThemeScreen,),),
    keys.BY_HAND: ((ByHandScreen,),),
    keys.LOG: ((CallLogScreen,),),
}
"""The screens that have a place, each with the tab that has it."""
MOVED_BY_TABLES = {binding.id for binding in VTable.BINDINGS}  # type: ignore[union-attr]

each_place = pytest.mark.parametrize("place", ANSWERERS)


@each_place
def test_every_key_of_a_place_is_bound_and_answered_there(place: str) -> None:
    bound = {binding.id for binding in FrameScreen.BINDINGS}  # type: ignore[union-attr]
    for answerers in ANSWERERS[place]:
        for key in keys.in_place(place):
            if key.id in MOVED_BY_TABLES:
                continue
            assert key.id in bound
            answered = [hasattr(found, f"do_{key.id}") for found in answerers]
            assert any(answered) or key.id in keys.TAB_IDS, f"{answerers}: {key.id}"


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


def test_every_action_that_writes_has_a_capital_letter_of_the_five() -> None:
    assert keys.WRITING
    for name in keys.WRITING:
        assert keys.BY_ID[name].keys[0] in "ADRIP"
        assert keys.BY_ID[name].label.endswith("…"), "it asks before it does"


def test_no_other_key_has_one_of_the_five_letters() -> None:
    for key in keys.TABLE:
        assert not set(key.keys) & set("ADRIP") or key.writes


def test_the_second_keys_of_a_prefix_are_distinct() -> None:
    for after in keys.PREFIXES.values():
        spelled = [name for key in after for name in key.keys]
        assert sorted(set(spelled)) == sorted(spelled)


def test_help_leaves_out_what_a_session_has_no_keys_for() -> None:
    shown = [row.shown for row in keys.help_rows(keys.REVIEW, keys.HERE, keys.WRITING)]
    assert "A" not in shown
    assert "D" not in shown
    assert "A" in [row.shown for row in keys.help_rows(keys.REVIEW, keys.HERE)]
