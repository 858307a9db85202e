"""Three laws: a screen computes nothing of its own, a screen is a command, reading never writes."""

import json
import random
import re
import shlex
from pathlib import Path

import pytest

from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_tui import commands, keys
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv
from gait_tui.screens.browse import BrowseScreen
from gait_tui.screens.pages import CommandScreen
from gait_tui.tabs import TABS, Tab
from tests.support.process import gait
from tests.tui.driving import Driver, StoryHost, opened

GOOD = "gait-out/runpack_run_etl_1120.zip"
BASE = "gait-out/runpack_run_etl_1118.zip"
HURT = "gait-out/runpack_run_etl_1119.zip"
TORN = "gait-out/runpack_run_torn.zip"
QUERIES = [
    Query(commands.INDEX, ("gait-out",)),
    Query(commands.INDEX, ("gait-out", "nothing-here")),
    *(Query(commands.VERIFY, (path,)) for path in (GOOD, HURT, TORN, "run_demo", "run_none")),
    *(Query(commands.INSPECT, (path,)) for path in (GOOD, HURT, TORN)),
    *(Query(commands.REPLAY, (path,)) for path in (GOOD, HURT)),
    *(Query(commands.DIFF, pair) for pair in ((BASE, GOOD), (GOOD, GOOD), (BASE, HURT))),
    Query(commands.CHAIN, ("gait-out/none_chain.json",)),
    Query(commands.INBOX, ("gait-out",)),
    Query(commands.INBOX, ("gait-out", "nothing-here")),
    Query(commands.FAMILIES, ("gait-out",)),
    Query(commands.FAMILIES, ("nothing-here",)),
    Query(commands.TOP, ("gait-out",)),
    Query(commands.FIXTURES, ()),
]


def tree(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Describe every file below a folder."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in sorted(files)}


def unchecked(text: str) -> str:
    """Leave out when something was verified: a young file is verified anew each time."""
    return re.sub(r'"checked_at":"[^"]+"', '"checked_at":""', text)


class RealHost(Host):
    """The machine's own host, at work in another folder: what a process there would have."""

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd

    @property
    def cwd(self) -> Path:
        return self._cwd

    @property
    def home(self) -> Path:
        return self._cwd


@pytest.mark.usefixtures("story")
@pytest.mark.parametrize("query", QUERIES, ids=lambda q: f"{q.kind} {' '.join(q.targets)}")
def test_an_export_holds_the_bytes_that_the_command_prints(host: StoryHost, query: Query) -> None:
    body = Bridge(RealHost(host.cwd), ("gait-out",)).text(query)
    done = gait(*argv(query), cwd=host.cwd)
    assert unchecked(body.decode()) == unchecked(done.stdout)
    assert done.stderr == ""
    assert done.returncode in commands.SPELLINGS[query.kind].exits


@pytest.mark.usefixtures("story")
async def test_e_writes_those_bytes_and_x_shows_that_command(host: StoryHost) -> None:
    async with opened(host) as screen:
        for steps in ((), ("enter",), ("]",), ("escape", "r")):
            await screen.press(*steps, "x")
            shown = screen.app.screen
            assert isinstance(shown, CommandScreen)
            words = shlex.split(shown.copies()["copy_command"])
            await screen.press("escape", "e", "enter")
            assert " bytes." in screen.row(22)
            path = host.cwd / screen.row(22).split()[1].rstrip(",")
            done = gait(*words[1:], cwd=host.cwd)
            assert path.read_text(encoding="utf-8") == done.stdout


CLOCKED = re.compile(r"T[0-9:]{8}\.[0-9]+Z")
"""The moment of a question: times in the incident have no fraction."""


@pytest.mark.parametrize("tab", TABS, ids=lambda tab: tab.id)
async def test_e_of_every_tab_and_item_writes_what_its_command_prints(
    host: StoryHost, incident: Path, tab: Tab
) -> None:
    async with opened(RealHost(incident), (140, 40), screen="inbox") as screen:
        await screen.press(tab.key)
        for steps in ((), ("enter",), ("]",)):
            await screen.press(*steps, "x")
            shown = screen.app.screen
            assert isinstance(shown, CommandScreen)
            words = shlex.split(shown.copies()["copy_command"])
            await screen.press("escape")
            done = gait(*words[1:], cwd=host.cwd)
            await screen.press("e", "enter")
            (written,) = (incident / "gait-out" / "export").iterdir()
            found = written.read_text(encoding="utf-8")
            found, printed = (unchecked(CLOCKED.sub("", text)) for text in (found, done.stdout))
            assert found == printed
            written.unlink()
            await screen.press(*["escape"] if steps == ("]",) else [])


@pytest.mark.usefixtures("story")
async def test_an_export_asks_before_it_replaces_a_file(host: StoryHost) -> None:
    target = host.cwd / "gait-out" / "export" / "index-all.json"
    target.parent.mkdir()
    target.write_text("mine")
    async with opened(host) as screen:
        shown = await screen.press("e", "enter")
        assert "The file exists. enter again replaces it." in shown
        assert target.read_text() == "mine"
        await screen.press("escape")
        assert target.read_text() == "mine"
        await screen.press("e", "enter", "enter")
        assert json.loads(target.read_text())["ok"] is True


@pytest.mark.usefixtures("story")
async def test_an_export_that_cannot_be_written_says_why(host: StoryHost) -> None:
    (host.cwd / "plain").write_text("")
    async with opened(host) as screen:
        shown = await screen.press("e", *["backspace"] * 40, *"plain/x.json", "enter")
        assert "✗" in shown
        assert "~/incident/plain" in shown
    assert (host.cwd / "plain").read_text(encoding="utf-8") == ""


WALK = [
    name
    for key in keys.TABLE
    for name in key.keys
    if key.id not in {"export", "quit", "interrupt", "leave", "suspend", "palette", *keys.WRITING}
]


WRITING_KEYS = {name for key in keys.TABLE if key.writes for name in key.keys}


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.usefixtures("story")
async def test_no_walk_over_the_keys_changes_a_file(host: StoryHost, seed: int) -> None:
    before = tree(host.cwd)
    walk = random.Random(seed)  # noqa: S311 - a walk, not a key
    size, tab = walk.choice([(80, 24), (140, 40), (60, 15)]), walk.choice(["inbox", "runs"])
    async with opened(host, size, screen=tab) as screen:
        for _ in range(60):
            await screen.press(walk.choice(WALK))
        assert screen.app.return_value is None
    assert tree(host.cwd) == before


INCIDENT_KEYS = 500
INCIDENT_SEEDS = 10
LEADS = ("g t", "g i", "g p", "g r", "g a", "g f", "g s", "y i", "y c", "slash a enter")
"""Keys that wait for another, or for text, with what may follow."""


@pytest.mark.parametrize("seed", range(INCIDENT_SEEDS))
@pytest.mark.usefixtures("incident")
async def test_no_walk_over_the_tabs_of_the_incident_changes_a_file(
    host: StoryHost, seed: int
) -> None:
    before = tree(host.cwd)
    walk = random.Random(seed)  # noqa: S311 - a walk, not a key
    reading = [name for name in WALK if name not in WRITING_KEYS]
    tabs = [tab.key for tab in TABS]
    sizes = [(80, 24), (120, 40), (140, 40), (60, 15)]
    async with opened(host, walk.choice(sizes)) as screen:
        pressed = 0
        while pressed < INCIDENT_KEYS:
            steps = [walk.choice(tabs), *walk.choices(reading, k=12), *walk.choice(LEADS).split()]
            await screen.type_ahead(*steps)
            pressed += len(steps)
        await screen.resize(*walk.choice(sizes))
        assert screen.app.return_value is None
        assert screen.app.is_running
    assert tree(host.cwd) == before


async def test_a_bad_artifact_never_ends_the_session(host: StoryHost, story: Path) -> None:
    for number, body in enumerate((b"", b"PK\x05\x06" + b"\0" * 18, b"\xff" * 300)):
        (story / f"runpack_bad_{number}.zip").write_bytes(body)
    (story / "bad_chain.json").write_text("{")
    async with opened(host) as screen:
        for _ in range(9):
            await screen.press("j", "enter", "]", "]", "]", "]", "]", "escape")
        assert isinstance(screen.app.screen, BrowseScreen)
        assert "not read" in screen.text


def test_a_failure_of_the_engine_is_the_object_the_command_prints(host: StoryHost) -> None:
    outcome = Bridge(host, ()).outcome(Query(commands.VERIFY, ("run_none",)))
    assert outcome.answer is None
    assert outcome.failure is not None
    assert outcome.failure.error_code == "invalid_input"
    assert outcome.exit_code == 6


def test_a_defect_is_told_like_any_other_failure(
    host: StoryHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_targets: tuple[str, ...], _host: Host) -> None:
        raise ValueError("unexpected")

    monkeypatch.setitem(calls(), "verify", broken)
    outcome = Bridge(host, ()).outcome(Query(commands.VERIFY, ("x",)))
    assert outcome.failure is not None
    assert outcome.exit_code == 1
    assert "ValueError" in outcome.failure.error


def calls() -> dict[str, object]:
    from gait_tui import asking

    return asking.CALLS  # type: ignore[return-value]


def test_a_footer_is_asked_of_the_engine(host: StoryHost, story: Path) -> None:
    bridge = Bridge(host, ())
    assert bridge.footer(str(story / "runpack_run_etl_1118.zip")).startswith(
        "GAIT run_id=run_etl_1118 "
    )
    with pytest.raises(GaitError):
        bridge.footer(str(story / "runpack_run_etl_1119.zip"))


@pytest.mark.usefixtures("story")
async def test_every_kind_of_copy_takes_what_the_screen_shows(
    host: StoryHost, copied: list[str]
) -> None:
    async with opened(host) as screen:
        await copy_all(screen)
    assert copied[0] == "run_etl_1120"
    assert copied[1].startswith("sha256:1e9e52dd")
    assert copied[2] == GOOD
    assert copied[3] == "gait index --root gait-out --json"
    assert copied[4].startswith("GAIT run_id=run_etl_1120 ")
    assert json.loads(copied[5])["ok"] is True


async def copy_all(screen: Driver) -> None:
    for key in "idpcfj":
        shown = await screen.press("y", key)
        assert "copied" in shown
