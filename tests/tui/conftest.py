"""Fixtures for the terminal UI: a host that never moves, and the story it finds on its disk."""

import os
from pathlib import Path

import pytest

from gait_engine.api.demoincident import incident_demo
from tests.support.hosts import NOON_NS
from tests.tui import corpus
from tests.tui.driving import StoryHost


@pytest.fixture
def host(tmp_path: Path) -> StoryHost:
    """A host whose working directory lies in its home folder."""
    (tmp_path / "incident").mkdir()
    return StoryHost(tmp_path)


@pytest.fixture
def story(host: StoryHost) -> Path:
    """The folder gait-out with two good runs, a damaged one, an unreadable one, and the demo."""
    return corpus.build(host)


@pytest.fixture
def incident(host: StoryHost) -> Path:
    """The folder that `gait demo --incident` makes, every file as old as the clock of the story."""
    incident_demo(host=host)
    for path in host.cwd.rglob("*"):
        os.utime(path, ns=(NOON_NS - corpus.DAY,) * 2)
    return host.cwd
