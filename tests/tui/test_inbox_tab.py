"""The Inbox tab: what needs a person, on the demo incident and on a folder that nobody needs."""

import json
import shlex
from pathlib import Path
from typing import cast

import pytest

from gait_engine.api.run import receipt
from gait_engine.api.shapes import InboxAnswer, InboxItem
from gait_tui.app import Options
from gait_tui.models.facets import count_ages, picked, toggle
from gait_tui.models.inbox import InboxRow
from gait_tui.panes.inbox import InboxTab
from gait_tui.panes.tabbed import Tabbed
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import CommandScreen
from gait_tui.screens.review import ReviewScreen
from gait_tui.screens.ticket import TicketScreen
from gait_tui.services.config import Approval
from gait_tui.views.inbox import State, item_line, nothing_lines
from gait_tui.views.line import Look
from gait_tui.widgets.bars import TabBar
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui import corpus
from tests.tui.driving import Driver, StoryHost, opened

SMALL = (80, 24)
LARGE = (140, 40)
KEY = "gait-out/demo_keys/demo_private.key"
each_size = pytest.mark.parametrize("size", [SMALL, (120, 40), LARGE])


def inbox(screen: Driver) -> InboxTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("InboxTab", shown.view)


def kinds(screen: Driver) -> list[str]:
    store = inbox(screen).listing.store
    return [store.rows[key].item.kind for key in store.visible]


async def go_to(screen: Driver, kind: str) -> None:
    """Put the cursor on the first item of a kind."""
    steps = kinds(screen).index(kind)
    await screen.press("home", *"j" * steps)


def test_the_sign_before_a_number_is_ours_and_has_a_twin_in_ascii() -> None:
    item = InboxItem(severity="critical", kind="family", what="×3 runs: a×b", count=3)
    drawn = item_line(Look(80, ascii_only=True), InboxRow(item), State(), is_grouped=True)
    assert r"×3 runs: a\xd7b" in drawn.text


# ---------------------------------------------------------------- pictures


@each_size
@pytest.mark.parametrize(
    "kind", ["verify", "family", "approval", "trace", "unread", "session", "regress"]
)
async def test_each_kind_of_item_as_a_picture(
    host: StoryHost, incident: Path, size: tuple[int, int], kind: str, snap: Snap
) -> None:
    torn = incident / "gait-out" / "traces" / "trace_91.json"
    torn.write_bytes(b"\x1b[2K\rverdict: allow")
    corpus.age_file(torn, corpus.MINUTE)
    graded = (incident / "regress_result.json").rename(incident / "gait-out/regress_result.json")
    corpus.age_file(graded, 3 * corpus.MINUTE)
    async with opened(host, size, screen="inbox") as screen:
        await go_to(screen, kind)
        snap(screen.app, f"inbox-{kind}-{size[0]}x{size[1]}")


@each_size
async def test_nothing_found_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    roots = ("gait-out", f"{host.home}/.gait/runpacks")
    async with opened(host, size, screen="inbox", roots=roots) as screen:
        snap(screen.app, f"inbox-empty-{size[0]}x{size[1]}")


@each_size
async def test_nothing_that_needs_a_person_as_a_picture(
    host: StoryHost, story: Path, size: tuple[int, int], snap: Snap
) -> None:
    for name in ("1119", "1120"):
        (story / f"runpack_run_etl_{name}.zip").unlink()
    (story / "runpack_run_torn.zip").unlink()
    async with opened(host, size, screen="inbox") as screen:
        snap(screen.app, f"inbox-clear-{size[0]}x{size[1]}")


@each_size
@pytest.mark.usefixtures("incident")
async def test_a_filter_that_hides_all_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size, screen="inbox") as screen:
        await screen.press("slash", *"kind:unread")
        snap(screen.app, f"inbox-filtered-{size[0]}x{size[1]}")


# ---------------------------------------------------------------- the list


@pytest.mark.usefixtures("incident")
async def test_it_is_the_tab_that_the_app_begins_with(host: StoryHost) -> None:
    assert Options(()).screen == "inbox"
    async with opened(host, screen="inbox") as screen:
        assert "━▸ Inbox  8 need a person" in screen.row(1)
        assert "verify" in kinds(screen)[:3]
        assert "more artifacts need no one." in screen.row(22)


@pytest.mark.usefixtures("incident")
async def test_the_bar_counts_approvals_whatever_tab_is_shown(host: StoryHost) -> None:
    async with opened(host, screen="runs") as screen:
        assert "4 Appr 2" in screen.row(0)


@pytest.mark.usefixtures("incident")
async def test_groups_take_the_place_of_the_severity_where_there_is_room(host: StoryHost) -> None:
    async with opened(host, LARGE, screen="inbox") as screen:
        rows = [row[26:] for row in screen.text.splitlines()]
        assert any(row.startswith("│   critical 3") for row in rows)
        assert "SEV" not in screen.text
        assert "SEV" in await screen.press("s")
        assert "! crit " in screen.text
        assert "! crit " not in await screen.press("s", "s", "s")


@pytest.mark.usefixtures("incident")
async def test_groups_come_and_go_with_the_width(host: StoryHost) -> None:
    async with opened(host, SMALL, screen="inbox") as screen:
        await go_to(screen, "approval")
        before = inbox(screen).listing.store.cursor
        assert "critical 3" in await screen.resize(*LARGE)
        assert "critical 3" not in await screen.resize(*SMALL)
        assert inbox(screen).listing.store.cursor == before
        assert " ▸ ! crit  approval" in screen.text


@pytest.mark.usefixtures("incident")
async def test_a_filter_knows_the_fields_of_an_item(host: StoryHost) -> None:
    async with opened(host, screen="inbox") as screen:
        for text, found in (
            ("severity:critical", ["verify", "family", "approval"]),
            ("agent:bob", ["approval"]),
            ("kind:trace,session", ["trace", "session"]),
            ("tool:delete", ["approval"]),
            ("code:verification", ["verify"]),
        ):
            await screen.press("slash", *text, "enter")
            assert sorted(kinds(screen)) == sorted(found)
            await screen.press("escape")


@pytest.mark.usefixtures("incident")
async def test_what_a_look_finds_joins_the_list(host: StoryHost, incident: Path) -> None:
    async with opened(host, screen="inbox") as screen:
        await go_to(screen, "session")
        torn = incident / "gait-out" / "traces" / "trace_91.json"
        torn.write_bytes(b"no JSON")
        await screen.press("ctrl+r")
        assert "unread" in kinds(screen)
        assert inbox(screen).row is not None
        assert inbox(screen).row.item.kind == "session"  # type: ignore[union-attr]


# ---------------------------------------------------------------- facets


@pytest.mark.usefixtures("incident")
async def test_facets_count_and_write_the_filter_at_a_large_size(host: StoryHost) -> None:
    async with opened(host, LARGE, screen="inbox") as screen:
        facets = inbox(screen).facets
        counted = {value.key: value.rows for facet in facets.facets for value in facet.values}
        assert counted["severity:critical"] == kinds(screen).count("verify") + 2
        assert counted["kind:family"] == kinds(screen).count("family")
        assert counted["age:<10m"] <= counted["age:<1h"] <= counted["age:<1d"]
        assert "   < 10m " in screen.text
        await screen.press("shift+tab", *"jjjj")
        assert inbox(screen).listing.store.filter.text == ""
        await screen.press("enter")
        assert inbox(screen).listing.store.filter.text == "kind:verify"
        assert set(kinds(screen)) == {"verify"}
        assert "▪✗ verify" in screen.text
        await screen.press("end", "enter", "k", "enter")
        assert inbox(screen).listing.store.filter.text == "kind:verify age:<1h"
        await screen.press("enter", "home", *"jjjj", "enter")
        assert inbox(screen).listing.store.filter.text == ""
        assert "━━ worst first, then newest ━━" in await screen.press("escape", "z")
        assert "Facets" not in screen.text
        assert "Facets" in await screen.press("z")
        assert "Facets" not in await screen.resize(*SMALL)


def test_ages_are_counted_with_the_younger_ones() -> None:
    minute = 60 * 10**9
    found = count_ages([0, None, 1_000 * minute, 2_030 * minute, 2_085 * minute], 2_090 * minute)
    assert [(one.text, one.rows) for one in found.values] == [("<10m", 1), ("<1h", 1), ("<1d", 3)]
    first, second, _ = found.values
    assert toggle("kind:trace", first) == "kind:trace age:<10m"
    assert toggle("age:<10m x", second) == "age:<1h x"
    assert toggle("age:<10m x", first) == "x"
    assert picked("age:<10m") == {"age": ("<10m",)}


# ---------------------------------------------------------------- where it leads


TABS = {
    "verify": ("Summary", "Intents", "Refs", "Files", "Raw"),
    "approval": ("Summary", "Intent", "Rule", "Tokens", "Digests", "History", "Raw"),
    "family": ("Summary", "Family", "Runs", "Fingerprint", "Suggestions"),
    "trace": ("Summary", "Intent", "Policy rule", "Links", "Raw"),
    "regress": ("Summary", "Expected/actual", "Failure", "Fixture", "JUnit"),
    "session": ("Summary", "Contents", "Verify", "Raw"),
    "unread": ("Summary",),
}
HOMES = {
    "verify": "runs",
    "approval": "approvals",
    "family": "scout",
    "trace": "traces",
    "regress": "regress",
    "session": "evidence",
}
SHOWN_ELSEWHERE = {"Raw", "Links", "Tools", "Top"}
"""Tabs that say where they are shown, or what is beside them there."""


def pages(screen: Driver) -> dict[str, tuple[str, ...]]:
    """Lay out the tabs of the detail as text."""
    detail = cast("BrowseScreen", screen.app.screen).view.query_one("#detail", Tabbed)
    look = Look(80, screen.app.now_ns, home=screen.app.home)
    found: dict[str, tuple[str, ...]] = {}
    for name in detail.names:
        detail.open_tab(name)
        source = detail.source()
        if name not in SHOWN_ELSEWHERE:
            lines = source(look) if callable(source) else ()
            found[name] = tuple(line.text for line in lines)
    return found


async def test_an_item_is_laid_out_as_in_its_own_tab_and_enter_opens_it(
    host: StoryHost, incident: Path
) -> None:
    torn = incident / "gait-out" / "traces" / "trace_91.json"
    torn.write_bytes(b"no JSON")
    (incident / "regress_result.json").rename(incident / "gait-out/regress_result.json")
    async with opened(host, screen="inbox") as screen:
        for kind, names in TABS.items():
            await go_to(screen, kind)
            assert inbox(screen).detail.names == names
            here = pages(screen)
            shown = await screen.press("enter")
            if kind == "approval":
                assert isinstance(screen.app.screen, ReviewScreen)
                await screen.press("escape", "g", "a")
            elif kind in {"trace", "unread"}:
                assert inbox(screen).detail.has_focus_within
                await screen.press("escape", *(("g", "t") if kind == "trace" else ()))
            elif kind == "regress":
                assert "━▸ Regress" in shown
                assert "▸ ✗ etl_nightly" in shown
            if kind in HOMES:
                assert screen.app.screen.query_one(TabBar).current == HOMES[kind]
                there = pages(screen)
                other = {name for name in there if here.get(name) != there[name]}
                assert other == set(), (kind, [(here.get(n), there[n]) for n in other])
            await screen.press("1")


@pytest.mark.usefixtures("incident")
async def test_an_approval_is_reviewed_from_the_inbox(host: StoryHost) -> None:
    async with opened(host, screen="inbox") as screen:
        await go_to(screen, "verify")
        assert "a review" not in screen.row(23)
        await go_to(screen, "approval")
        assert "a review" in screen.row(23)
        await screen.press("a")
        assert isinstance(screen.app.screen, ReviewScreen)
        assert "4 Appr 2" in screen.row(0)
        await screen.press("escape")
        assert inbox(screen).row is not None


@pytest.mark.usefixtures("incident")
async def test_approvals_are_checked_with_the_key_of_the_settings(host: StoryHost) -> None:
    async with opened(host, screen="inbox", approval=Approval(key_path=KEY)) as screen:
        query = inbox(screen).list_query()
        outcome = screen.app.bridge.outcome(query)
        assert outcome.argv[2:4] == ("--approval-private-key", KEY)
        printed = json.loads(gait(*outcome.argv, cwd=host.cwd).stdout)
        assert printed["tokens_checked"]
        said = json.loads(screen.app.bridge.text(query))
        assert [one["what"] for one in said["items"]] == [one["what"] for one in printed["items"]]
        assert len(kinds(screen)) == len(printed["items"])


@pytest.mark.usefixtures("incident")
async def test_a_key_that_cannot_be_used_is_told_and_all_else_is_listed(host: StoryHost) -> None:
    async with opened(host, screen="inbox", approval=Approval(key_path="no.key")) as screen:
        assert "Approvals not checked: " in screen.row(22)
        assert "approval" in kinds(screen)
        assert "--approval-private-key" not in await screen.press("x")


@pytest.mark.usefixtures("incident")
async def test_x_is_the_command_of_the_inbox_and_e_writes_its_bytes(host: StoryHost) -> None:
    async with opened(host, screen="inbox") as screen:
        await screen.press("x")
        shown = screen.app.screen
        assert isinstance(shown, CommandScreen)
        words = shlex.split(shown.copies()["copy_command"])
        assert words == ["gait", "index", "--inbox", "--root", "gait-out", "--json"]
        await screen.press("escape", "e", "enter")
        written = host.cwd / "gait-out" / "export" / "inbox-all.json"
        found = json.loads(written.read_text(encoding="utf-8"))
        written.unlink()
        printed = json.loads(gait(*words[1:], cwd=host.cwd).stdout)
        assert [item["what"] for item in found["items"]] == [
            item["what"] for item in printed["items"]
        ]


# ---------------------------------------------------------------- a ticket, at three in the morning


async def test_a_pasted_ticket_is_answered_in_two_keys(host: StoryHost, incident: Path) -> None:
    pack = incident / "gait-out" / "runpack_run_etl_1120.zip"
    line = receipt(str(pack), host=host).ticket_footer
    async with opened(host, screen="inbox") as screen:
        shown = await screen.paste(line)
        assert isinstance(screen.app.screen, TicketScreen)
        assert "✓ VERIFIED   It is the ticket's artifact and it is intact." in shown
        assert "What the agent did  7 calls" in shown
        first = shown.index("first not ok")
        assert shown.index("tool.file.write") < first < shown.index("tool.http.post")
        assert "⊘ block" in shown
        assert "! require_approval" in shown


async def test_a_ticket_of_a_tampered_pack_lists_no_calls(host: StoryHost, incident: Path) -> None:
    good = incident / "gait-out" / "runpack_run_etl_1120.zip"
    line = receipt(str(good), host=host).ticket_footer
    corpus.rewrite(good, {"results.jsonl": b"{}\n"})
    async with opened(host, screen="inbox") as screen:
        shown = await screen.paste(line)
        assert "✗ DAMAGED" in shown
        assert "tool.http.post" not in shown
        assert "a damaged pack is no evidence" in shown.lower()


async def test_a_ticket_with_another_digest_is_never_green(host: StoryHost, incident: Path) -> None:
    good = incident / "gait-out" / "runpack_run_etl_1120.zip"
    line = receipt(str(good), host=host).ticket_footer
    digest = line.partition("sha256:")[2][:64]
    async with opened(host, screen="inbox") as screen:
        shown = await screen.paste(line.replace(digest, "5375938f" * 8))
        assert "! NOT THE TICKET'S" in shown
        assert "✓ VERIFIED" not in shown
        assert "5375938f" * 8 in shown
        assert digest in shown


def test_of_a_reading_that_was_stopped_nothing_is_called_clear() -> None:
    answer = InboxAnswer(ok=True, count=0, items=(), artifacts=3, unneeded=3)
    whole, stopped = (
        "".join(line.text for line in nothing_lines(answer, Look(80), is_stopped=is_stopped))
        for is_stopped in (False, True)
    )
    assert "CLEAR   3 artifacts need no one." in whole
    assert "STOPPED   Not everything was read: what needs a person is not known." in stopped
    assert "CLEAR" not in stopped
