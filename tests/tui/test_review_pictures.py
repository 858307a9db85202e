"""The review as pictures. Rewrite with `pytest --snap-update`, then look at each of them."""

from pathlib import Path

import pytest

from tests.support.reviews import RULE, approve, ask, waiting_call, write_policy
from tests.support.snap import Snap
from tests.tui.driving import StoryHost
from tests.tui.reviewing import reviewing

SIZES = ((80, 24), (140, 40))
HIDDEN = {"path": "/srv/db.conf", "force": True, "note": "ok\u202efnoc.bd"}

each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def named(name: str, size: tuple[int, int]) -> str:
    return f"review-{name}-{size[0]}x{size[1]}"


@pytest.fixture(autouse=True)
def call(host: StoryHost) -> Path:
    """A call that waits, after another one of the same tool was approved."""
    waiting_call(host)
    return host.cwd


async def approve_another(host: StoryHost) -> None:
    """Approve a call of the tool an hour before, so that there is something to compare with."""
    host.now -= 3600 * 10**9
    waiting_call(host, args={"path": "/srv/tmp/a.csv"})
    async with reviewing(host) as screen:
        await screen.approve_dialog()
        await screen.phrases()
        await screen.stroke("enter")
    (host.cwd / "intent.json").rename(host.cwd / "before.json")
    host.now += 3600 * 10**9


@each_size
async def test_a_call_that_waits(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with reviewing(host, size) as screen:
        snap(screen.app, named("intent", size))
        for name in ("args", "rule", "digests", "history", "raw"):
            await screen.press("right_square_bracket")
            snap(screen.app, named(name, size))


@each_size
async def test_a_call_that_deceives(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    await approve_another(host)
    waiting_call(host, args=HIDDEN)
    async with reviewing(host, size) as screen:
        snap(screen.app, named("hazard", size))
        await screen.press("right_square_bracket")
        snap(screen.app, named("hazard-args", size))
        await screen.approve_dialog()
        await screen.type(f"approve {screen.digest[-6:]}")
        await screen.stroke("tab")
        await screen.type("hidden char")
        snap(screen.app, named("mint", size))
        await screen.type("acter seen")
        await screen.stroke("enter")
        snap(screen.app, named("minted", size))


@each_size
async def test_a_denial(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with reviewing(host, size) as screen:
        await screen.press("D")
        host.now += 500 * 10**6
        await screen.type("not_in_ticket")
        snap(screen.app, named("deny", size))
        await screen.stroke("tab")
        await screen.type(f"deny {screen.digest[-6:]}")
        await screen.stroke("enter")
        snap(screen.app, named("denied", size))


@each_size
async def test_what_goes_wrong(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with reviewing(host, size) as screen:
        await screen.fill("t", "1d")
        snap(screen.app, named("fault", size))
        write_policy(host.cwd, RULE | {"min_approvals": 1})
        await screen.look_again()
        snap(screen.app, named("changed", size))
        await screen.press("ctrl+r")
        snap(screen.app, named("off", size))
    (host.cwd / "trace.json").write_text("{")
    async with reviewing(host, size) as screen:
        snap(screen.app, named("error", size))


@each_size
async def test_a_decision_that_failed(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    (host.cwd / "plain").write_text("")
    async with reviewing(host, size) as screen:
        await screen.fill("o", "plain/token.json")
        await screen.approve_dialog()
        await screen.phrases()
        await screen.stroke("enter")
        snap(screen.app, named("failed", size))


@each_size
async def test_a_field_that_is_changed(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    approve(host)
    ask(host)
    async with reviewing(host, size) as screen:
        await screen.stroke("c")
        snap(screen.app, named("change", size))
        await screen.stroke("a", "ctrl+u")
        await screen.type("svc-etl")
        snap(screen.app, named("field", size))


async def test_a_session_that_only_reads(host: StoryHost, snap: Snap) -> None:
    async with reviewing(host, read_only="asked for by --read-only") as screen:
        snap(screen.app, "review-read-only-80x24")


async def test_without_colour_and_unicode(host: StoryHost, snap: Snap) -> None:
    waiting_call(host, args=HIDDEN)
    async with reviewing(host, theme="mono", ascii_only=True) as screen:
        snap(screen.app, "review-hazard-80x24-mono-ascii")
        await screen.approve_dialog()
        snap(screen.app, "review-mint-80x24-mono-ascii")
