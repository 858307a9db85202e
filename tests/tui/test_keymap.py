"""Keys of the user's own."""

import tomllib

import pytest

from gait_engine.errors import InvalidInput
from gait_tui import keys
from gait_tui.keymap import checked
from gait_tui.keys import HERE, LIST, Hint, Key, respelled
from tests.tui.driving import StoryHost, opened

WITH_A_WRITER = (*keys.TABLE, Key("mint", ("A",), "A", "approve…", HERE, (LIST,), writes=True))


def test_no_keys_of_ones_own_change_nothing() -> None:
    assert checked({}) == {}


def test_the_printed_keys_are_those_in_force() -> None:
    lines = keys.default_lines().splitlines()
    settings = tomllib.loads("\n".join(line.removeprefix("# ") for line in lines))
    assert list(settings) == [key.id for key in keys.TABLE]
    assert checked(settings) == {key.id: ",".join(key.keys) for key in keys.TABLE}


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ("m", "m"),
        ("m, f5", "m,f5"),
        ("%", "percent_sign"),
        ("ctrl+n", "ctrl+n"),
        ("ctrl+shift+up", "ctrl+shift+up"),
        ("percent_sign", "percent_sign"),
        ("ä", "ä"),
    ],
)
def test_keys_are_told_by_their_character_or_name(given: str, named: str) -> None:
    assert checked({"verify": given}) == {"verify": named}


@pytest.mark.parametrize("given", ["", "j,", "jj", "ctrl+", "hyper+j", "ctrl+jj", "no such key"])
def test_what_is_no_key_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match=r"^keys\.verify: .*expected a character or the name"):
        checked({"verify": given})


def test_an_action_that_does_not_exist_is_refused() -> None:
    with pytest.raises(InvalidInput, match=r"^keys\.fly: 'fly', expected one of open, verify"):
        checked({"fly": "m"})


@pytest.mark.parametrize("key", ["q", "slash", "/", "ctrl+d", "k"])
def test_a_key_that_means_something_else_is_refused(key: str) -> None:
    with pytest.raises(
        InvalidInput, match=r"^keys\.verify: '.*', expected a key that \w+ does not"
    ):
        checked({"verify": key})


def test_two_actions_on_one_new_key_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a key that verify does not have"):
        checked({"verify": "m", "mark": "m"})


def test_two_actions_may_swap_their_keys() -> None:
    assert checked({"down": "k", "up": "j"}) == {"down": "k", "up": "j"}


@pytest.mark.parametrize("key", ["a", "ctrl+a", "%", "B,b", "f5", "Ä"])
def test_an_action_that_writes_keeps_to_capital_letters(key: str) -> None:
    with pytest.raises(InvalidInput, match=r"expected a capital letter for an action that writes"):
        checked({"mint": key}, WITH_A_WRITER)


def test_an_action_that_writes_may_take_another_capital_letter() -> None:
    assert checked({"mint": "M"}, WITH_A_WRITER) == {"mint": "M"}


def test_every_capital_that_writes_says_so() -> None:
    writing = {name for key in keys.TABLE for name in key.keys if key.writes}
    assert {name for name in writing if not (len(name) == 1 and name.isupper())} == set()
    named = {name for key in keys.TABLE for name in key.keys}
    assert named & set("ADRIP") <= writing


@pytest.mark.parametrize(
    ("hint", "shown"),
    [
        (Hint("v", "verify", ("verify",)), "m"),
        (Hint("j/k", "move", ("down", "up")), "↓ n k ↑"),
        (Hint("?", "help", ("help",)), "?"),
        (Hint("esc", "cancel"), "esc"),
    ],
    ids=lambda value: value.label if isinstance(value, Hint) else "",
)
def test_hints_spell_the_users_own_keys(hint: Hint, shown: str) -> None:
    assert respelled(hint, {"verify": "m", "down": "down,n"}).shown == shown


@pytest.mark.usefixtures("story")
async def test_a_key_of_ones_own_works_and_is_shown_everywhere(host: StoryHost) -> None:
    async with opened(host, keys={"down": "n", "next": "%", "zoom": "f5"}) as screen:
        assert " ▸ ✗ run_etl_1119" in await screen.press("n")
        assert " ▸ ✗ run_etl_1119" in await screen.press("j")
        await screen.press("question_mark")
        assert "n k ↑          one row" in screen.text
        assert "f5             zoom pane" in await screen.press("slash", *"zoom")


@pytest.mark.usefixtures("story")
async def test_the_old_key_does_nothing_any_more(host: StoryHost) -> None:
    async with opened(host, keys={"theme": "f5"}) as screen:
        before = screen.text
        assert await screen.press("T") == before
        assert await screen.press("f5") != before


@pytest.mark.usefixtures("story")
async def test_a_read_only_session_writes_nothing(host: StoryHost) -> None:
    async with opened(host, read_only=True) as screen:
        assert "Read only: nothing is written here." in await screen.press("e")
        assert len(screen.app.screen_stack) == 1
