"""Fixtures for the terminal UI: a host that never moves, and the story it finds on its disk."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.api.demoincident import incident_demo
from gait_tui.services import clipboard
from tests.support.hosts import NOON_NS
from tests.tui import corpus
from tests.tui.driving import StoryHost


@pytest.fixture
def host(tmp_path: Path) -> StoryHost:
    """A host whose working directory lies in its home folder."""
    (tmp_path / "incident").mkdir()
    return StoryHost(tmp_path)


@pytest.fixture(scope="session")
def told_story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of the story, made once; read only, by agreement."""
    return _made(tmp_path_factory.mktemp("story"), corpus.build)


@pytest.fixture(scope="session")
def told_incident(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of the demo incident, made once; read only, by agreement."""
    return _made(tmp_path_factory.mktemp("incident"), lambda host: incident_demo(host=host))


def _made(home: Path, make: Callable[[StoryHost], object]) -> Path:
    host = StoryHost(home)
    host.cwd.mkdir()
    make(host)
    return host.cwd


@pytest.fixture
def story(host: StoryHost, told_story: Path) -> Path:
    """The folder gait-out with two good runs, a damaged one, an unreadable one, and the demo."""
    shutil.copytree(told_story, host.cwd, dirs_exist_ok=True)
    return host.cwd / "gait-out"


@pytest.fixture
def incident(host: StoryHost, told_incident: Path) -> Path:
    """The folder that `gait demo --incident` makes, every file as old as the clock of the story."""
    shutil.copytree(told_incident, host.cwd, dirs_exist_ok=True)
    for path in host.cwd.rglob("*"):
        os.utime(path, ns=(NOON_NS - corpus.DAY,) * 2)
    return host.cwd


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was copied, in a list in place of the clipboard of the machine."""
    texts: list[str] = []

    def take(text: str, **_options: object) -> clipboard.Copied:
        texts.append(text)
        return clipboard.Copied("test", len(text))

    monkeypatch.setattr(clipboard, "copy", take)
    return texts
