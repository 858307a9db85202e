"""The Approvals tab on the demo incident: what waits, tokens, decisions."""

from pathlib import Path
from typing import cast

import pytest

from gait_engine.api import tokens
from gait_engine.api.shapes import KeySources, PendingItem
from gait_engine.api.tokens import ApproveRequest
from gait_tui.panes.approvals import ApprovalsTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.review import ReviewScreen
from gait_tui.services.config import Approval
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened

KEY = "gait-out/demo_keys/demo_private.key"
each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])


def tab(screen: Driver) -> ApprovalsTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("ApprovalsTab", shown.view)


@each_size
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("approvals", ()),
        ("approvals-intent", ("enter", "]")),
        ("approvals-history", ("enter", "]", "]", "]", "]", "]")),
        ("approvals-token", ("j", "j")),
        ("approvals-decision", ("end",)),
    ],
)
@pytest.mark.usefixtures("incident")
async def test_approvals_as_a_picture(
    host: StoryHost, size: tuple[int, int], name: str, keys: tuple[str, ...], snap: Snap
) -> None:
    async with opened(host, size, approval=Approval(key_path=KEY)) as screen:
        await screen.press("4", *keys)
        snap(screen.app, f"{name}-{size[0]}x{size[1]}")


@each_size
async def test_nothing_waits_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    (host.cwd / "gait-out").mkdir()
    async with opened(host, size) as screen:
        await screen.press("4")
        snap(screen.app, f"approvals-empty-{size[0]}x{size[1]}")


@each_size
@pytest.mark.usefixtures("incident")
async def test_a_key_that_is_none_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    (host.cwd / "k.pub").write_text("no key")
    async with opened(host, size, approval=Approval(key_path="k.pub")) as screen:
        shown = await screen.press("4")
        assert "what waits is not known" in shown
        assert "What waits is not known: " in shown
        assert "waiting for a person" not in shown
        snap(screen.app, f"approvals-error-{size[0]}x{size[1]}")


@pytest.mark.usefixtures("incident")
async def test_what_waits_comes_first_then_tokens_then_decisions(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("4")
        store = tab(screen).listing.store
        groups = [store.rows[key].group for key in store.visible]
        assert groups == sorted(groups, key=("waiting", "token", "decision").index)
        assert groups.count("waiting") == 2
        assert "phase:apply              alice" in screen.text
        shown = await screen.press("j", "j")
        assert "by          alice" in shown
        assert "2 calls waiting; tokens not checked: no key is set in tui.toml." in screen.row(22)


@pytest.mark.usefixtures("incident")
async def test_tokens_are_checked_with_the_key_of_the_settings(host: StoryHost) -> None:
    async with opened(host, approval=Approval(key_path=KEY)) as screen:
        await screen.press("4")
        assert "tokens checked with key" in screen.row(22)
        query = tab(screen).list_query()
        outcome = screen.app.bridge.outcome(query)
        done = gait(*outcome.argv, cwd=host.cwd)
        assert screen.app.bridge.text(query).decode() == done.stdout


@pytest.mark.usefixtures("incident")
async def test_a_opens_the_review_of_a_call_that_waits_and_of_nothing_else(
    host: StoryHost,
) -> None:
    async with opened(host) as screen:
        await screen.press("4", "a")
        assert isinstance(screen.app.screen, ReviewScreen)
        await screen.press("escape", "end", "a")
        assert "Only a call that waits can be reviewed." in screen.row(22)
        await screen.press("3", "a")
        assert isinstance(screen.app.screen, ReviewScreen)
        await screen.press("escape", "j", "a")
        assert "Nothing here waits for a person's approval." in screen.row(22)


@pytest.mark.usefixtures("incident")
async def test_g_t_goes_to_the_trace_that_asks(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("4", "j", "g", "t")
        assert "▸   02:48:03.91 ! require_approval" in screen.text


async def test_a_new_trace_is_seen_without_moving_the_cursor(
    host: StoryHost, incident: Path
) -> None:
    trace = incident / "gait-out" / "traces" / "trace_run_etl_1120_7.json"
    body = trace.read_bytes()
    trace.unlink()
    async with opened(host) as screen:
        await screen.press("4")
        assert "1 waiting" in screen.row(1)
        before = tab(screen).listing.store.cursor
        trace.write_bytes(body)
        await screen.press("ctrl+r")
        assert "2 waiting" in screen.row(1)
        assert tab(screen).listing.store.cursor == before


def approve(host: StoryHost, item: PendingItem) -> None:
    """Write a token for a call that waits, as `gait approve` does."""
    request = ApproveRequest(
        intent_digest=item.intent_digest,
        policy_digest=item.policy_digest,
        scope=("*",),
        ttl="1h",
        approver="erin",
        reason_code="reviewed",
        key_mode="prod",
        keys=KeySources(private_key=KEY),
        out="gait-out/approval_erin.json",
    )
    tokens.approve(request, host=host)


@pytest.mark.usefixtures("incident")
async def test_a_call_with_enough_approvals_waits_no_more_in_title_and_bar(
    host: StoryHost,
) -> None:
    async with opened(host, approval=Approval(key_path=KEY)) as screen:
        await screen.press("4", "j")
        assert "2 waiting" in screen.row(1)
        row = tab(screen).listing.store.current()
        assert row is not None
        assert row.item is not None
        assert row.item.required == 1
        approve(host, row.item)
        await screen.press("ctrl+r")
        assert "━▸ Approvals  1 waiting" in screen.row(1)
        assert "4 Appr 1" in screen.row(0)
        assert "1 call waiting" in screen.row(22)
        assert row.key not in tab(screen).listing.store.rows
        assert "  1 need" not in await screen.press("1")
        assert "by bob" not in screen.text


@pytest.mark.usefixtures("incident")
async def test_a_filter_knows_people_and_states(host: StoryHost) -> None:
    async with opened(host) as screen:
        await screen.press("4", "slash", *"state:minted who:alice", "enter")
        assert len(tab(screen).listing.store.visible) == 1
