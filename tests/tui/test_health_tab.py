"""The Health tab: it looks only, and says what a person can do about what it found."""

import json
import os
import shlex
from pathlib import Path
from typing import Any, cast

import pytest

from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.wire.safetext import HIDDEN
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv
from gait_tui.panes.health import HealthTab
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import CommandScreen
from gait_tui.services.term import read_terminal
from gait_tui.surroundings import Surroundings
from tests.support.process import gait
from tests.support.snap import Snap
from tests.tui.driving import Driver, StoryHost, opened
from tests.tui.test_laws import RealHost, tree

each_size = pytest.mark.parametrize("size", [(80, 24), (120, 40), (140, 40)])
TMUX = {
    "TERM": "tmux-256color",
    "COLORTERM": "truecolor",
    "LANG": "C.UTF-8",
    "TMUX": "/tmp/tmux",  # noqa: S108  # a name only
    "SSH_CONNECTION": "10.0.0.1",
}
OWN = "/etc/gait/tui.toml"
WRONG = "setting at tui.toml:9: 'colour', expected roots, theme, glyphs"


def told(**fields: Any) -> Surroundings:
    """What a session in tmux over ssh is told."""
    usual: dict[str, Any] = {"terminal": read_terminal(TMUX), "clipboard": "tmux", "own_file": OWN}
    return Surroundings(**usual | fields)


@pytest.fixture
def troubled(host: StoryHost) -> Surroundings:
    """A place where the key can be written by others and a lock was left."""
    folder = host.cwd / "gait-out"
    folder.mkdir()
    key = host.home / "approver.key"
    key.write_bytes(key_text(generate_key(host).private_bytes))
    key.chmod(0o622)
    lock = folder / "gate_rate_limits.json.lock"
    lock.write_text("")
    os.utime(lock, ns=(host.now - 41 * 10**9, host.now - 41 * 10**9))
    (folder / "jobs").write_text("")
    return told(key_path="~/approver.key", approver="alice", warnings=(WRONG,))


def lose(root: Path) -> None:
    """Move a root away."""
    root.rename(root.parent / "away")


def put_a_file_there(root: Path) -> None:
    """Put a file where a root was."""
    root.write_text("no folder")


def tab(screen: Driver) -> HealthTab:
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    return cast("HealthTab", shown.view)


# ---------------------------------------------------------------- pictures


@each_size
async def test_health_as_a_picture(
    host: StoryHost, troubled: Surroundings, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size, surroundings=troubled) as screen:
        await screen.press("8")
        snap(screen.app, f"health-{size[0]}x{size[1]}")


@each_size
async def test_health_of_an_empty_place_as_a_picture(
    host: StoryHost, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size) as screen:
        await screen.press("8")
        snap(screen.app, f"health-empty-{size[0]}x{size[1]}")


@each_size
async def test_a_lost_root_as_a_picture(
    host: StoryHost, story: Path, size: tuple[int, int], snap: Snap
) -> None:
    async with opened(host, size, surroundings=told()) as screen:
        lose(story)
        put_a_file_there(story)
        await screen.press("8", "ctrl+r")
        snap(screen.app, f"health-error-{size[0]}x{size[1]}")


# ---------------------------------------------------------------- the three laws


@pytest.mark.parametrize("place", ["fit", "unfit"])
def test_an_export_holds_what_the_command_prints(host: StoryHost, place: str) -> None:
    if place == "fit":
        (host.cwd / "gait-out").mkdir()
    (host.cwd / "k.key").write_bytes(key_text(generate_key(host).private_bytes))
    for query in (
        Query(commands.DOCTOR, ()),
        Query(commands.DOCTOR_KEYED, ("k.key",)),
        Query(commands.KEY, ("k.key",)),
        Query(commands.KEY, ("none.key",)),
    ):
        body = json.loads(Bridge(RealHost(host.cwd), ("gait-out",)).text(query))
        done = gait(*argv(query), cwd=host.cwd, env={"HOME": str(host.cwd)})
        printed = json.loads(done.stdout)
        assert _timeless(body) == _timeless(printed)
        assert done.returncode in commands.SPELLINGS[query.kind].exits


def _timeless(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave out the time, and what depends on how this very process was started."""
    checks = [c for c in answer.get("checks", ()) if c["name"] != "onboarding_binary"]
    own = ("created_at", "fix_commands", "checks", "status", "summary", "path_binary_path")
    kept = {k: v for k, v in answer.items() if k not in own and not k.startswith("binary_")}
    return kept | {"checks": checks}


async def test_looking_changes_no_file_and_no_folder(
    host: StoryHost, troubled: Surroundings
) -> None:
    before = tree(host.home)
    folders = {p: p.stat().st_mtime_ns for p in host.home.rglob("*") if p.is_dir()}
    async with opened(host, surroundings=troubled) as screen:
        await screen.press("8", "v", "j", "v", "enter", "]", "]", "]", "v", "ctrl+r")
    assert tree(host.home) == before
    assert {p: p.stat().st_mtime_ns for p in folders} == folders


async def test_x_names_the_command_that_looks_only(host: StoryHost, troubled: Surroundings) -> None:
    async with opened(host, surroundings=troubled) as screen:
        await screen.press("8", "x")
        shown = screen.app.screen
        assert isinstance(shown, CommandScreen)
        words = shlex.split(shown.copies()["copy_command"])
        key = str(host.home / "approver.key")
        keyed = ["--key-mode", "prod", "--private-key", key]
        assert words == ["gait", "doctor", "--look-only", *keyed, "--json"]


# ---------------------------------------------------------------- what is shown


async def test_what_failed_comes_first_then_what_is_warned_of(
    host: StoryHost, troubled: Surroundings
) -> None:
    async with opened(host, (120, 40), surroundings=troubled) as screen:
        await screen.press("8")
        statuses = [row.check.status for row in tab(screen).listing.store.rows.values()]
        assert statuses == sorted(statuses, key=["fail", "warn", "pass"].index)
        assert {"fail", "warn", "pass"} == set(statuses)
        failed, warned = statuses.count("fail"), statuses.count("warn")
        assert f"━▸ Checks  10, {failed} failed, {warned} warned ━" in screen.text
        passed = len(statuses) - failed - warned
        summed = f"{failed} failed, {warned} warned, {passed} passed"
        assert screen.row(38).split() == (f"Checked 12:00:00Z in 0 ms. {summed} exit 0".split())


async def test_y_c_copies_the_repair_and_nothing_runs_it(
    host: StoryHost, troubled: Surroundings, copied: list[str]
) -> None:
    async with opened(host, surroundings=troubled) as screen:
        await screen.press("8", "slash", *"key_perm", "enter", "y", "c")
        assert copied == [f"chmod go-w '{host.home / 'approver.key'}'"]
        await screen.press("enter", "]", "enter", "v")
        assert "The TUI runs no repair: copy it to a shell." in screen.text
        assert (host.home / "approver.key").stat().st_mode & 0o777 == 0o622
        (host.home / "approver.key").chmod(0o600)
        await screen.press("v")
        assert "There is nothing to repair." in screen.text


async def test_the_key_is_named_by_path_and_id_only(
    host: StoryHost, troubled: Surroundings
) -> None:
    secret = (host.home / "approver.key").read_text().strip()
    async with opened(host, (120, 40), surroundings=troubled) as screen:
        shown = await screen.press("8")
        assert "   private     ~/approver.key" in shown
        assert "   approver    alice   from tui.toml" in shown
        assert "   key id      " in shown
        assert secret[:12] not in shown.replace("\n", "")
        assert secret not in tab(screen).detail.raw


async def test_a_key_that_cannot_be_loaded_says_so(host: StoryHost) -> None:
    async with opened(host, (120, 40), surroundings=told(key_path="none.key")) as screen:
        shown = await screen.press("8")
        assert "✗ key_config" in shown
        assert "code        invalid_input" in shown


@pytest.mark.usefixtures("story")
async def test_roots_are_counted_with_what_could_not_be_read(host: StoryHost) -> None:
    async with opened(host, (120, 40), roots=("gait-out", "none")) as screen:
        shown = await screen.press("8")
        assert "── Roots  2 ──" in shown
        row = next(row for row in shown.splitlines() if "  gait-out " in row)
        assert row.split("│")[0].split() == ["gait-out", "5", "1", "12:00Z"]
        row = next(row for row in shown.splitlines() if " none " in row and "missing" in row)
        assert row.split("│")[0].split() == ["?", "none", "missing"]


@pytest.mark.parametrize(("width", "name"), [(80, "✗ root"), (140, "✗ gait-out")])
async def test_a_root_that_vanishes_is_told_beside_the_tabs_until_it_is_back(
    host: StoryHost, story: Path, width: int, name: str
) -> None:
    async with opened(host, (width, 40), roots=("gait-out", "never")) as screen:
        assert "● live" in screen.row(0)
        lose(story)
        await screen.press("ctrl+r")
        assert screen.row(0).endswith(name)
        assert "gait-out cannot be read any more; ctrl+r looks again." in screen.row(38)
        (host.cwd / "away").rename(story)
        await screen.press("ctrl+r")
        assert "● live" in screen.row(0)
        assert "cannot be read" not in screen.text


async def test_the_terminal_and_the_settings_are_told(
    host: StoryHost, troubled: Surroundings
) -> None:
    async with opened(host, (120, 40), surroundings=troubled) as screen:
        shown = await screen.press("8")
        for words in (
            "── Terminal  tmux in ssh ─",
            " ✓ colours     24 bit",
            "   size        120x40",
            "   theme       gait-dark",
            "   warnings    ! setting at tui.toml:9: 'colour'",
        ):
            assert words in shown
        assert "   size        140x40" in await screen.resize(140, 40)


async def test_what_has_no_room_below_is_a_tab(host: StoryHost, troubled: Surroundings) -> None:
    async with opened(host, surroundings=troubled) as screen:
        await screen.press("8", "enter", "]", "]")
        assert "[Key]" in screen.text
        assert "[Roots]" in await screen.press("]")
        await screen.press("x")
        assert isinstance(screen.app.screen, CommandScreen)
        assert "gait index --root gait-out" in screen.text
        await screen.press("escape")
        assert "Terminal   Config" not in await screen.resize(140, 44)


async def test_hostile_names_reach_no_cell(host: StoryHost) -> None:
    evil = "k\x1b[2J\u202e\n.key"
    wrong = told(key_path=evil, approver=evil, files=(evil,), warnings=(evil,))
    root = "r\x1b]0;x\x07\u2066"
    (host.cwd / root).mkdir()
    for size in ((80, 24), (140, 40)):
        async with opened(host, size, roots=(root,), surroundings=wrong) as screen:
            seen = [await screen.press("8", "enter")]
            seen += [await screen.press("]") for _ in range(6)]
            (host.cwd / root).rmdir()
            seen.append(await screen.press("ctrl+r"))
        (host.cwd / root).mkdir()
        for shown in seen:
            assert not HIDDEN.search(shown.replace("\n", ""))
