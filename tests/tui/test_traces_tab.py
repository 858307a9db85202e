"""The Traces tab: decisions of the gate on the demo incident."""

import re
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_tui.models.facets import Value, count_facets, picked, toggle
from gait_tui.panes.traces import TracesTab
from gait_tui.screens.browse import BrowseScreen
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui import corpus
from tests.tui.driving import Driver, StoryHost, opened

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])


def tab(screen: Driver) -> TracesTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("TracesTab", shown.view)


@each_size
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("traces", ()),
        ("traces-blocked", ("j", "enter")),
        ("traces-intent", ("j", "enter", "]")),
        ("traces-rule", ("j", "enter", "]", "]")),
        ("traces-links", ("j", "enter", "]", "]", "]")),
    ],
)
@pytest.mark.usefixtures("incident")
async def test_traces_as_a_picture(
    host: StoryHost, size: tuple[int, int], name: str, keys: tuple[str, ...], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("3", *keys)
        snap(screen.app, f"{name}-{size[0]}x{size[1]}")


@each_size
async def test_no_traces_as_a_picture(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    (host.cwd / "gait-out").mkdir()
    async with opened(host, size) as screen:
        await screen.press("3")
        snap(screen.app, f"traces-empty-{size[0]}x{size[1]}")


@pytest.mark.usefixtures("incident")
async def test_a_facet_writes_the_filter_and_takes_it_back(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("3", "shift+tab", "j", "enter")
        assert tab(screen).listing.store.filter.text == "verdict:block"
        store = tab(screen).listing.store
        assert len(store.visible) == 2 < len(store.rows)
        assert "▪⊘ block" in screen.text
        await screen.press("j", "enter")
        assert tab(screen).listing.store.filter.text == "verdict:block,require_approval"
        assert len(store.visible) == 4
        await screen.press("enter", "k", "enter")
        assert tab(screen).listing.store.filter.text == ""
        assert len(store.visible) == len(store.rows)


@pytest.mark.usefixtures("incident")
async def test_a_typed_filter_marks_its_facets(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        await screen.press("3", "slash", *"agent:bob", "enter")
        assert "▪  bob" in screen.text
        assert len(tab(screen).listing.store.visible) == 1


@pytest.mark.usefixtures("incident")
async def test_g_r_goes_to_the_run_of_a_trace(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("3", "g", "r")
        assert "▸ ✓ run_etl_1120" in screen.text


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_trace_that_is_none_keeps_its_row_and_says_why(
    host: StoryHost, incident: object, size: tuple[int, int], snap: Snap
) -> None:
    del incident
    bad = host.cwd / "gait-out" / "traces" / "trace_91.json"
    bad.write_bytes(b"\x00no")
    corpus.age_file(bad, corpus.MINUTE)
    async with opened(host, size) as screen:
        await screen.press("3", "slash", *"trace_91", "enter")
        assert "? not read" in screen.text
        assert "? NOT READ   This file should be a trace and is" in screen.text
        assert "2 require_approval, 1 not read." in screen.text
        snap(screen.app, f"traces-unread-{size[0]}x{size[1]}")


@pytest.mark.usefixtures("incident")
async def test_e_writes_what_the_command_of_the_rule_prints(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("3", "j", "enter", "]", "]")
        query = tab(screen).query_here()
        assert query is not None
        words = screen.app.bridge.outcome(query)
        done = gait(*words.argv, cwd=host.cwd)
        assert done.returncode == words.exit_code == 3
        assert screen.app.bridge.text(query).decode() == done.stdout


# ---------------------------------------------------------------- facets

FIELDS = ("tool", "agent")
WORDS = st.text("abc", min_size=1, max_size=2)


@given(st.lists(st.fixed_dictionaries(dict.fromkeys(FIELDS, WORDS | st.just("")))))
def test_facets_count_every_row_once(rows: list[dict[str, str]]) -> None:
    for facet in count_facets(rows, FIELDS, {"tool": ("a", "zz")}):
        assert sum(value.rows for value in facet.values) + facet.more[1] == len(rows)


@given(st.lists(WORDS, max_size=3), WORDS, st.sampled_from(FIELDS))
def test_a_value_picked_twice_leaves_the_filter_as_it_was(
    words: list[str], text: str, field: str
) -> None:
    before = " ".join(words)
    value = Value(field, text, 1)
    once = toggle(before, value)
    assert picked(once)[field] == (text,)
    assert toggle(once, value) == before


@pytest.mark.usefixtures("incident")
async def test_g_t_from_a_call_of_a_run_leads_to_the_trace_of_that_call(host: StoryHost) -> None:
    async with opened(host, (140, 40)) as screen:
        run = "gait-out/runpack_run_etl_1120.zip"
        for opening in (("2", "slash", *"1120", "enter", "enter"), ("ctrl+o", *run, "enter")):
            await screen.press(*opening, "]", "home", "j", "j")
            assert "trace 995b6494e128" in await screen.press("g")
            await screen.press("t")
            assert tab(screen).listing.store.cursor == "gait-out/traces/trace_run_etl_1120_3.json"
        await screen.press("2", "slash", *["backspace"] * 4, *"1118", "enter", "enter", "]")
        assert " t trace" not in await screen.press("g")
        await screen.press("escape")


@pytest.mark.usefixtures("incident")
async def test_the_files_of_a_trace_tell_the_call_its_rule_and_what_was_around_it(
    host: StoryHost,
) -> None:
    async with opened(host, (140, 50)) as screen:
        shown = await screen.press("3", "j", "enter")
        assert "│ post  https://drop.paste.example/u" in shown
        assert "rule        block-tainted-egress" in shown
        assert "$.url  external  wiki.partner.ex" in shown
        around = shown[shown.index("around it") :]
        assert re.search(r"03:10:58    ✓ tool.db.query\b", around)
        assert re.search(r"03:11:20    ⊘ tool.http.post   this one", around)
        assert "a trace does not hold" not in shown
        assert "│ body  " in await screen.press("]")
        (host.cwd / "gait-out" / "policy.yaml").unlink()
        shown = await screen.press("[", "ctrl+r")
        assert "a trace does not hold" in shown
        assert "drop.paste.example" not in shown
        assert "around it" in shown
