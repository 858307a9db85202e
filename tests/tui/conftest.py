"""Fixtures for the terminal UI: a host that never moves, and the story it finds on its disk."""

from pathlib import Path

import pytest

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
