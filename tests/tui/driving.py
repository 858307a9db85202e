"""Opens the App without a terminal and waits for its workers, never for the clock."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any
from unicodedata import lookup

from textual import events
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.pilot import Pilot
from textual.worker import WorkerCancelled

from gait_engine.host import Host
from gait_tui.app import GaitApp, Options
from tests.support.hosts import FrozenHost
from tests.support.snap import screen_text

QUIET_ROUNDS = 3
"""How often in a row nothing may be under way before all is taken to be drawn."""
NEVER = 3600.0
"""Seconds between two looks at the folders: tests ask for a look themselves."""


def pressed(key: str) -> events.Key:
    """Return a key as a terminal would send it; it is named, or the character it types."""
    if len(key) == 1:
        return events.Key(_character_to_key(key), key)
    with suppress(KeyError):
        return events.Key(key, lookup(_get_unicode_name_from_key(REPLACED_KEYS.get(key, key))))
    return events.Key(key, None)


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
            await self.type_ahead(key)
        return self.text

    async def type_ahead(self, *keys: str) -> None:
        """Press keys faster than anything is answered, then wait for all the answers."""
        for key in keys:
            self.app.post_message(pressed(key))
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
        quiet = 0
        while quiet < QUIET_ROUNDS:
            with suppress(WorkerCancelled):  # a later question of its group took its place
                await self.app.workers.wait_for_complete()
            for below in self.app._background_screens:  # a pilot draws no more than what is on top
                below._on_timer_update()
            await self.pilot.pause(0)
            quiet = 0 if self._is_busy() else quiet + 1

    def _is_busy(self) -> bool:
        """Tell whether a question is open, or a message under way, on any screen."""
        if not all(worker.is_finished for worker in self.app.workers):
            return True
        screens = self.app.screen_stack
        nodes = chain.from_iterable(screen.walk_children(with_self=True) for screen in screens)
        return any(node.message_queue_size for node in chain([self.app], nodes))

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
