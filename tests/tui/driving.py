"""Opens the App without a terminal and waits for its workers, never for the clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from textual import events
from textual.keys import key_to_character
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from gait_engine.host import Host
from gait_tui.app import GaitApp, Options
from tests.support.hosts import FrozenHost
from tests.support.snap import screen_text

NEVER = 3600.0
"""Seconds between two looks at the folders: tests ask for a look themselves."""


class StoryHost(FrozenHost):
    """A frozen host whose home folder is the test's own; it works in ~/incident."""

    def __init__(self, home: Path) -> None:
        super().__init__(home / "incident")
        self._home = home

    @property
    def home(self) -> Path:
        return self._home


class Driver:
    """Presses keys and reads the screen."""

    def __init__(self, app: GaitApp, pilot: Pilot[Any]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> str:
        """Press keys, each after the answer to the one before; return the screen."""
        for key in keys:
            await self.pilot.press(key)
            await self.settle()
        return self.text

    async def type_ahead(self, *keys: str) -> None:
        """Press keys faster than anything is answered, then wait for all the answers."""
        for key in keys:
            self.app.post_message(events.Key(key, key_to_character(key)))
        await self.settle()

    async def paste(self, text: str) -> str:
        """Paste a text; return the screen."""
        self.app.post_message(events.Paste(text))
        await self.pilot.pause()
        await self.settle()
        return self.text

    async def resize(self, width: int, height: int) -> str:
        """Give the terminal another size; return the screen."""
        await self.pilot.resize_terminal(width, height)
        await self.settle()
        return self.text

    async def settle(self) -> None:
        """Wait until every question is answered and drawn, and no answer asked another."""
        await self.pilot.pause()
        while not all(worker.is_finished for worker in self.app.workers):
            with suppress(WorkerCancelled):  # a later question of its group took its place
                await self.app.workers.wait_for_complete()
            await self.pilot.pause()

    @property
    def text(self) -> str:
        """What the screen shows."""
        return screen_text(self.app)

    def row(self, y: int) -> str:
        """One row of the screen."""
        return self.text.splitlines()[y]


@asynccontextmanager
async def opened(
    host: Host, size: tuple[int, int] = (80, 24), **options: Any
) -> AsyncIterator[Driver]:
    """Open the App on gait-out of a host."""
    roots = options.pop("roots", ("gait-out",))
    options.setdefault("screen", "runs")
    app = GaitApp(host, Options(roots, poll_seconds=NEVER, rest_seconds=0, **options))
    async with app.run_test(size=size) as pilot:
        driver = Driver(app, pilot)
        await driver.settle()
        yield driver
