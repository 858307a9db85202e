"""Opens a review of a waiting call, and does what a person does there at a person's pace."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from textual import events
from textual.keys import key_to_character

from gait_engine.api.shapes import ReviewShowAnswer
from gait_tui.screens.review import ReviewScreen
from gait_tui.services.config import Approval
from tests.support.reviews import TRACE
from tests.tui.driving import Driver, StoryHost, opened

ALICE = Approval(approver="alice", key_path="k.key")
STROKE_NS = 120 * 10**6
_NAMES: Final = {" ": "space", "*": "asterisk", "_": "underscore", ".": "full_stop", ":": "colon",
                 "/": "slash", "-": "minus"}  # fmt: skip


class Reviewer(Driver):
    """A person at the review screen, with the frozen clock under their hands."""

    def __init__(self, driver: Driver, host: StoryHost) -> None:
        super().__init__(driver.app, driver.pilot)
        self.host = host

    @property
    def review(self) -> ReviewScreen:
        """The review, also under a dialog."""
        return next(s for s in reversed(self.app.screen_stack) if isinstance(s, ReviewScreen))

    @property
    def shown(self) -> ReviewShowAnswer:
        """The call as the engine showed it."""
        shown = self.review.form.shown
        assert shown is not None
        return shown

    @property
    def digest(self) -> str:
        """The digest of the intent."""
        return self.shown.intent_digest

    async def press(self, *names: str) -> str:
        """Press keys, each after the answer to the one before; return the screen."""
        for name in names:
            await self._send(name, key_to_character(name))
            await self.settle()
        return self.text

    async def type(self, text: str) -> str:
        """Type a text key by key."""
        for char in text:
            self.host.now += STROKE_NS
            await self._send(_NAMES.get(char, char), char)
        await self.settle()
        return self.text

    async def stroke(self, *names: str) -> str:
        """Press keys, each a moment after the one before."""
        for name in names:
            self.host.now += STROKE_NS
            await self.press(name)
        return self.text

    async def _send(self, name: str, char: str | None) -> None:
        self.app.post_message(events.Key(name, char))
        await self.pilot.pause(0)
        await self.pilot.pause(0)

    async def fill(self, key: str, text: str) -> str:
        """Change a field of the token."""
        await self.stroke("c", key, "ctrl+u")
        await self.type(text)
        return await self.stroke("enter")

    async def read(self) -> str:
        """Have every part on the screen to its last line: in a terminal with room for each."""
        size = self.app.size
        await self.resize(140, 70)
        for _ in range(6):
            await self.press("right_square_bracket")
        return await self.resize(*size)

    async def approve_dialog(self) -> str:
        """Read all, give a reason, open the dialog, and let its first moment pass."""
        await self.read()
        await self.fill("r", "ticket_4211")
        await self.press("A")
        self.host.now += 500 * 10**6
        return self.text

    async def phrases(self) -> str:
        """Type every phrase of the open dialog."""
        ask = self.review.form.ask
        assert ask is not None
        for number, slot in enumerate(ask.slots):
            if number:
                await self.stroke("tab")
            await self.type(slot.wanted or "not_in_ticket")
        return self.text

    async def look_again(self) -> str:
        """Let the screen look whether a file has changed, as it does each second."""
        self.review.look_again()
        await self.settle()
        return self.text


@asynccontextmanager
async def reviewing(
    host: StoryHost,
    size: tuple[int, int] = (80, 24),
    *,
    approval: Approval = ALICE,
    read_only: str = "",
    trace: str = TRACE,
    **options: Any,
) -> AsyncIterator[Reviewer]:
    """Open the App with the review of a call on top."""
    async with opened(host, size, approval=approval, undecided=read_only, **options) as screen:
        screen.app.open_review(trace)
        await screen.settle()
        yield Reviewer(screen, host)
