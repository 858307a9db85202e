"""Every screen as a picture. Rewrite with `pytest --snap-update`, then look at each of them."""

import json
import zipfile
from pathlib import Path

import pytest

from gait_engine.api.run import receipt
from gait_tui.themes import DEFAULT, theme_names
from tests.support.snap import Snap
from tests.tui.driving import StoryHost, opened

SMALL = (80, 24)
WIDE = (120, 40)
LARGE = (140, 40)
SIZES = (SMALL, WIDE, LARGE)
OTHER_DIGEST = "5375938f57e23a03a26915e222728d9163f7d780794b7b7fa4b26c38f3cbacda"

each_size = pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")


def named(name: str, size: tuple[int, int]) -> str:
    return f"{name}-{size[0]}x{size[1]}"


def footer(run_id: str, digest: str) -> str:
    return f'GAIT run_id={run_id} manifest=sha256:{digest} verify="gait verify {run_id}"'


def digest_in(pack: Path) -> str:
    with zipfile.ZipFile(pack) as archive:
        return str(json.loads(archive.read("manifest.json"))["manifest_digest"])


@each_size
@pytest.mark.usefixtures("story")
async def test_runs_before_anything_is_checked(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        snap(screen.app, named("runs-list", size))


@each_size
@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("runs-summary", ("enter",)),
        ("runs-intents", ("enter", "]")),
        ("runs-refs", ("enter", "]", "]")),
        ("runs-raw", ("enter", "[")),
        ("runs-summary-damaged", ("j", "enter")),
        ("runs-files-damaged", ("j", "enter", "]", "]", "]")),
        ("runs-intents-damaged", ("j", "enter", "]")),
        ("runs-unread", ("j", "j", "j", "enter")),
        ("runs-filter", ("slash", *"etl -1119")),
        ("runs-filter-problem", ("slash", *"colour:red")),
        ("runs-copy", ("y",)),
        ("replay", ("r",)),
        ("help", ("question_mark",)),
        ("command", ("x",)),
        ("export", ("enter", "e")),
        ("open", ("ctrl+o",)),
        ("theme", ("T",)),
        ("diff", ("j", "j", "space", "k", "k", "k", "d")),
        ("diff-refused", ("j", "space", "k", "k", "d")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.usefixtures("story")
async def test_a_screen_reached_by_keys(
    host: StoryHost, size: tuple[int, int], name: str, keys: tuple[str, ...], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press(*keys)
        snap(screen.app, named(name, size))


@each_size
async def test_a_ticket_whose_artifact_is_here_and_intact(
    host: StoryHost, story: Path, size: tuple[int, int], snap: Snap
) -> None:
    line = receipt(str(story / "runpack_run_etl_1120.zip"), host=host).ticket_footer
    async with opened(host, size) as screen:
        await screen.paste(line)
        snap(screen.app, named("ticket-verified", size))


@each_size
@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("ticket-not-this", footer("run_etl_1120", OTHER_DIGEST)),
        ("ticket-not-found", footer("run_etl_0931", OTHER_DIGEST)),
        ("ticket-bad", footer("run_etl_0931", OTHER_DIGEST[:60] + "x\u202eyz")),
        ("ticket-bad-cut", footer("run_etl_0931", OTHER_DIGEST)[:48]),
    ],
    ids=lambda value: value if value.startswith("ticket") else "",
)
async def test_a_ticket_that_is_not_answered_by_what_is_here(
    host: StoryHost, size: tuple[int, int], name: str, line: str, snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.paste(line)
        snap(screen.app, named(name, size))


@each_size
async def test_a_ticket_whose_artifact_is_damaged(
    host: StoryHost, story: Path, size: tuple[int, int], snap: Snap
) -> None:
    line = footer("run_etl_1119", digest_in(story / "runpack_run_etl_1119.zip"))
    async with opened(host, size) as screen:
        await screen.paste(line)
        snap(screen.app, named("ticket-damaged", size))


@each_size
async def test_nothing_found(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size, roots=("gait-out", f"{host.home}/.gait/runpacks")) as screen:
        snap(screen.app, named("empty", size))


@pytest.mark.usefixtures("story")
async def test_a_terminal_that_is_too_small(host: StoryHost, snap: Snap) -> None:
    async with opened(host, (58, 12)) as screen:
        snap(screen.app, "too-small-58x12")


@pytest.mark.usefixtures("story")
async def test_a_low_terminal_shows_one_pane(host: StoryHost, snap: Snap) -> None:
    async with opened(host, (60, 15)) as screen:
        snap(screen.app, "runs-list-60x15")
        await screen.press("enter")
        snap(screen.app, "runs-summary-60x15")


@pytest.mark.parametrize("theme", [name for name in theme_names() if name != DEFAULT])
@pytest.mark.usefixtures("story")
async def test_the_other_themes(host: StoryHost, theme: str, snap: Snap) -> None:
    async with opened(host, theme=theme) as screen:
        await screen.press("j", "enter")
        snap(screen.app, f"runs-summary-damaged-80x24-{theme}")
        await screen.press("escape", "j", "space", "k", "k", "k", "d")
        snap(screen.app, f"diff-80x24-{theme}")


@each_size
@pytest.mark.usefixtures("story")
async def test_a_copy_that_nothing_took(host: StoryHost, size: tuple[int, int], snap: Snap) -> None:
    async with opened(host, size, clipboard="xclip") as screen:
        await screen.press("enter", "y", "j")
        snap(screen.app, named("copy-by-hand", size))


@pytest.mark.usefixtures("story")
async def test_ascii_glyphs_in_mono(host: StoryHost, snap: Snap) -> None:
    async with opened(host, theme="mono", ascii_only=True) as screen:
        await screen.press("enter", "]")
        snap(screen.app, "runs-intents-80x24-mono-ascii")
        await screen.press("e")
        snap(screen.app, "export-80x24-mono-ascii")
