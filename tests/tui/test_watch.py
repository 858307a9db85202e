"""The watch over the folders: what it tells the screen, and what it need not tell."""

import asyncio
import os
import re
import threading
from pathlib import Path

import pytest

from gait_tui import watching
from gait_tui.app import GaitApp
from gait_tui.messages import Scanned
from gait_tui.models.watch import pause_after
from gait_tui.screens.browse import BrowseScreen
from gait_tui.widgets.vtable import VTable
from tests.support.hosts import NOON_NS
from tests.tui.driving import Driver, StoryHost, opened, pressed


async def look(screen: Driver, heard: list[Scanned]) -> list[Scanned]:
    """Look through the folders once, as the clock does; return what that told."""
    heard.clear()
    shown = screen.app.screen
    assert isinstance(shown, BrowseScreen)
    shown.bridge.rescan(shown)
    await screen.settle()
    return list(heard)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Scanned]:
    messages: list[Scanned] = []
    take = BrowseScreen.on_scanned

    def listen(self: BrowseScreen, message: Scanned) -> None:
        messages.append(message)
        take(self, message)

    monkeypatch.setattr(BrowseScreen, "on_scanned", listen)
    return messages


@pytest.mark.usefixtures("story")
async def test_a_look_that_finds_nothing_new_sends_no_rows(
    host: StoryHost, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        assert heard[-1].catalog.rows
        assert await look(screen, heard) == []
        assert "5 runs" in screen.row(1)


async def test_a_look_that_finds_a_change_sends_all_rows(
    host: StoryHost, story: Path, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        (story / "runpack_run_torn.zip").unlink()
        (told,) = await look(screen, heard)
        assert len(told.catalog.rows) == 4
        assert await look(screen, heard) == []


@pytest.mark.usefixtures("story")
async def test_a_look_that_a_person_asked_for_sends_all_rows(
    host: StoryHost, heard: list[Scanned]
) -> None:
    async with opened(host) as screen:
        heard.clear()
        await screen.press("ctrl+r")
        assert heard[-1].catalog.rows


async def test_the_first_look_tells_twice_as_much_each_time(
    host: StoryHost, story: Path, heard: list[Scanned], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "CHUNK", 2)
    monkeypatch.setattr(watching, "STEP", 1)
    for number in range(9):
        (story / f"runpack_more_{number}.zip").write_bytes(b"no archive")
    async with opened(host, screen="inbox"):
        assert [len(told.catalog.rows) for told in heard] == [2, 4, 8, 14]


# ---------------------------------------------------------------- what came, what went


def broken_runs(folder: Path, numbers: range, age_seconds: int) -> None:
    """Write files that are no runpacks, each a second younger than the one before."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        path = folder / f"runpack_{number:03d}.zip"
        path.write_bytes(b"no archive")
        at = NOON_NS - (age_seconds - number) * 10**9
        os.utime(path, ns=(at, at))


async def test_rows_in_view_stay_where_they_are_when_others_come_above(
    host: StoryHost, heard: list[Scanned]
) -> None:
    folder = host.cwd / "gait-out"
    broken_runs(folder, range(60), 3_600)
    async with opened(host) as screen:
        await screen.press("end", "k", "k")
        before = [row[:40] for row in screen.text.splitlines()[3:11]]
        broken_runs(folder, range(60, 72), 3_600)
        await look(screen, heard)
        shown = screen.text.splitlines()
        assert shown[3].startswith(" + 12 new above")
        assert [row[:40] for row in shown[4:11]] == before[1:]
        assert "70 of 72" in screen.row(22)
        await screen.press("home")
        assert "new above" not in screen.text
        assert "+ ?" in screen.text
        await screen.press("end")
        assert "new above" not in screen.text
        host.now += 10 * 10**9
        await screen.press("home", "j")
        assert "+ ?" not in screen.text


async def test_few_new_rows_are_shown_on_top_of_those_in_view(
    host: StoryHost, heard: list[Scanned]
) -> None:
    folder = host.cwd / "gait-out"
    broken_runs(folder, range(60), 3_600)
    async with opened(host) as screen:
        broken_runs(folder, range(60, 62), 3_600)
        await look(screen, heard)
        assert [row[1:16] for row in screen.text.splitlines()[3:6]] == [
            "+ ? runpack_061",
            "+ ? runpack_060",
            "▸ ? runpack_059",
        ]
        assert "3 of 62" in screen.row(22)


async def test_a_row_whose_file_is_gone_stays_struck_through_until_a_person_looks_again(
    host: StoryHost, incident: Path, heard: list[Scanned]
) -> None:
    trace = incident / "gait-out" / "traces" / "trace_run_etl_1120_5.json"
    async with opened(host, screen="traces") as screen:
        number = int(screen.row(1).split()[2])
        assert "gone" not in screen.text
        trace.unlink()
        await look(screen, heard)
        (struck,) = [row for row in screen.text.splitlines() if row[5:9] == "gone"]
        assert struck[5:].startswith("gone        ⊘ block")
        assert is_struck(screen, "tool.http.post")
        assert f"Traces  {number - 1} traces, 1 gone" in screen.row(1)
        assert screen.row(22).startswith(f" {number - 1} traces: ")
        assert ", 1 gone." in screen.row(22)
        await screen.press("1")
        assert "tool.http.post:" in screen.text
        await screen.press("ctrl+r", "3")
        assert "gone" not in screen.text
        for left in trace.parent.iterdir():
            left.unlink()
        await look(screen, heard)
        assert f"Traces  0 traces, {number - 1} gone" in screen.row(1)
        assert screen.row(22).startswith(f" 0 traces: {number - 1} gone. ")


def is_struck(screen: Driver, text: str) -> bool:
    """Tell whether a text stands somewhere struck through."""
    table = screen.app.screen.query_one("#rows", VTable)
    segments = [part for y in range(table.size.height) for part in table.render_line(y)]
    return any(text in one.text and one.style and one.style.strike for one in segments)


async def test_an_item_that_needs_nobody_any_more_leaves_the_inbox(
    host: StoryHost, incident: Path, heard: list[Scanned]
) -> None:
    graded = incident / "regress_result.json"
    graded = graded.rename(incident / "gait-out" / graded.name)
    async with opened(host, screen="inbox") as screen:
        assert "etl_nightly" in screen.text
        graded.write_bytes(graded.read_bytes().replace(b'"fail"', b'"pass"'))
        await look(screen, heard)
        assert "etl_nightly" not in screen.text


# ---------------------------------------------------------------- the bell, and how often one looks


@pytest.mark.parametrize("is_wanted", [True, False])
async def test_the_bell_rings_once_for_each_approval_that_was_not_waiting(
    host: StoryHost,
    incident: Path,
    heard: list[Scanned],
    monkeypatch: pytest.MonkeyPatch,
    is_wanted: bool,  # noqa: FBT001
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(GaitApp, "bell", lambda _self: rung.append(1))
    trace = incident / "gait-out" / "traces" / "trace_run_etl_1120_7.json"
    body = trace.read_bytes()
    trace.unlink()
    async with opened(host, bell=is_wanted) as screen:
        await look(screen, heard)
        assert rung == []
        trace.write_bytes(body)
        await look(screen, heard)
        await look(screen, heard)
        await screen.press("ctrl+r")
        assert len(rung) == is_wanted


@pytest.mark.parametrize(
    ("idle", "usual", "pause"),
    [(0, 1, 1), (299.9, 1, 1), (300, 1, 5), (9_999, 1, 5), (300, 30, 30), (300, 0.1, 5)],
)
def test_one_looks_less_often_while_nobody_is_at_the_keys(
    idle: float, usual: float, pause: float
) -> None:
    assert pause_after(idle, usual) == pause


class ClockedHost(StoryHost):
    """A host whose clock is moved by hand."""

    seconds = 1_000.0

    def monotonic(self) -> float:
        return self.seconds


async def test_a_key_brings_back_the_usual_pace(tmp_path: Path) -> None:
    (tmp_path / "incident").mkdir()
    host = ClockedHost(tmp_path)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        screen.app.poll_seconds = 1.0

        async def looks(seconds: int) -> int:
            began = 0
            for _ in range(seconds):
                host.seconds += 1
                browse.poll()
                began += browse.looked_at == host.seconds
                await screen.settle()
            return began

        assert await looks(10) == 10
        host.seconds += 300
        assert await looks(10) == 2
        await screen.press("j")
        assert await looks(10) == 10


async def test_the_folders_are_watched_also_while_another_screen_lies_over_the_tabs(
    tmp_path: Path,
) -> None:
    (tmp_path / "incident").mkdir()
    host = ClockedHost(tmp_path)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        screen.app.poll_seconds = 1.0
        await screen.press("question_mark")
        assert screen.app.screen is not browse
        broken_runs(host.cwd / "gait-out", range(3), 3_600)
        host.seconds += 1
        browse.poll()
        await screen.settle()
        assert "3 runs" in (await screen.press("escape")).splitlines()[1]


class SlowHost(ClockedHost):
    """A host whose clock goes on by a second at each look at it, as long as that is wanted."""

    is_slow = True

    def monotonic(self) -> float:
        self.seconds += self.is_slow
        return self.seconds


async def test_a_costly_look_is_let_finish_and_repeated_when_a_folder_tells_of_a_change(
    tmp_path: Path, heard: list[Scanned]
) -> None:
    (tmp_path / "incident").mkdir()
    host = SlowHost(tmp_path)
    folder = host.cwd / "gait-out"
    broken_runs(folder, range(3), 3_600)
    os.utime(folder, ns=(NOON_NS - 3_600 * 10**9,) * 2)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        host.is_slow = False
        seconds = browse.bridge.look_seconds
        assert seconds > 0

        async def is_looked_at(after: float) -> bool:
            host.seconds += after
            before = browse.bridge.looked_at
            browse.bridge.watch(browse)
            await screen.settle()
            return browse.bridge.looked_at != before

        assert not await is_looked_at(watching.STIRRED_REST * seconds)
        heard.clear()
        broken_runs(folder, range(3, 5), 3_600)
        assert await is_looked_at(0)
        assert [len(told.catalog.rows) for told in heard] == [5]


ROUNDS = 50
"""So often all that waits is let through while a worker is held, for which nothing can settle."""


class HeldHost(StoryHost):
    """A host that holds the next worker up at one of its looks at the clock until it is let go."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        self.looks = self.held = 0
        self.is_held, self.let_go = threading.Event(), threading.Event()

    def hold(self, look: int) -> None:
        """Hold a worker up at one of its next looks."""
        self.is_held.clear()
        self.let_go.clear()
        self.looks, self.held = look, 0

    def now_ns(self) -> int:
        here = threading.get_ident()
        if self.looks and here != threading.main_thread().ident:
            self.held = self.held or here
            self.looks -= here == self.held
            if not self.looks:
                self.is_held.set()
                self.let_go.wait(60)
        return super().now_ns()


async def reading_held(browse: BrowseScreen, host: HeldHost, look: int) -> None:
    """Begin to read the folders, and hold that up at a look at the clock."""
    host.hold(look)
    browse.bridge.rescan(browse)
    assert await asyncio.to_thread(host.is_held.wait, 60)


async def test_a_first_reading_tells_how_far_it_is_and_escape_keeps_what_it_has_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "STEP", 1)
    monkeypatch.setattr(watching, "TOLD", 1)
    monkeypatch.setattr(watching, "CHUNK", 4)
    (tmp_path / "incident").mkdir()
    host = HeldHost(tmp_path)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        broken_runs(host.cwd / "gait-out", range(40), 3_600)
        await reading_held(browse, host, 11)
        for _ in range(ROUNDS):
            await screen.pilot.pause(0)
        said = screen.row(22)
        screen.app.post_message(pressed("escape"))
        for _ in range(ROUNDS):
            await screen.pilot.pause(0)
        host.let_go.set()
        await screen.settle()
        assert re.search(r"Reading: [0-9]+ artifacts so far; esc stops\.", said)
        assert "Stopped: not everything is listed; ctrl+r reads on." in screen.row(22)
        assert screen.row(0).endswith(" off")
        listed = len(browse.bench.artifacts.rows)
        assert 4 <= listed < 40
        assert f"{listed} runs" in screen.row(1)
        browse.bridge.watch(browse)
        await screen.settle()
        assert len(browse.bench.artifacts.rows) == listed
        await screen.press("ctrl+r")
        assert "40 runs" in screen.row(1)
        assert "Stopped" not in screen.text


async def test_a_stop_that_comes_too_late_leaves_nothing_unlisted_and_says_so_of_nothing(
    tmp_path: Path,
) -> None:
    (tmp_path / "incident").mkdir()
    host = HeldHost(tmp_path)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        broken_runs(host.cwd / "gait-out", range(3), 3_600)
        await reading_held(browse, host, 1)
        browse.bridge.stop()
        host.let_go.set()
        await screen.settle()
        assert "3 runs" in screen.row(1)
        assert "Stopped" not in screen.text
        broken_runs(host.cwd / "gait-out", range(3, 4), 3_600)
        browse.bridge.looked_at = -1e9
        browse.bridge.watch(browse)
        await screen.settle()
        assert "4 runs" in screen.row(1)


async def test_a_reading_that_is_stopped_again_earlier_takes_nothing_for_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "STEP", 1)
    (tmp_path / "incident").mkdir()
    host = HeldHost(tmp_path)
    async with opened(host) as screen:
        browse = screen.app.screen
        assert isinstance(browse, BrowseScreen)
        broken_runs(host.cwd / "gait-out", range(40), 3_600)
        for look in (11, 1):
            await reading_held(browse, host, look)
            browse.bridge.stop()
            host.let_go.set()
            await screen.settle()
            assert "Stopped: not everything is listed; ctrl+r reads on." in screen.row(22)
            assert len(browse.bench.artifacts.rows) == 10
            assert "10 runs" in screen.row(1)
            assert "gone" not in screen.text


async def test_a_root_that_cannot_be_named_is_said_in_the_words_of_the_engine(
    tmp_path: Path,
) -> None:
    (tmp_path / "incident").mkdir()
    async with opened(StoryHost(tmp_path), (120, 40), roots=("",)) as screen:
        assert "Reading stopped: root: empty, expected a folder; ctrl+r tries again." in screen.text
