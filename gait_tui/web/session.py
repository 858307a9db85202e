"""The server's end of one session: starts the process, gives it keys, and sees it end."""

import asyncio
import sys
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from aiohttp import WSMsgType, web
from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

from gait_tui.request import Request

MAX_MESSAGE: Final = 1 << 20
"""Bytes of one message of a browser; a larger one ends the session."""
_MAX_CELLS: Final = 1000
_PATIENCE_SECONDS: Final = 5
# Textual can be told by its variables to press keys and to write pictures and logs.
_LEFT_OUT: Final = "TEXTUAL"


def session_env(env: Mapping[str, str], width: int, height: int) -> dict[str, str]:
    """Return the environment of a session: that of the server without a word to Textual."""
    kept = {name: value for name, value in env.items() if not name.startswith(_LEFT_OUT)}
    return kept | {
        "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
        "COLUMNS": str(width),
        "ROWS": str(height),
    }


def cells(value: object, otherwise: int) -> int:
    """Read a width or height that a browser names; nobody has a screen of a million columns."""
    text = str(value)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 4 else otherwise
    return min(max(number, 1), _MAX_CELLS)


class Session(AppService):
    """A process that draws for one browser."""

    def __init__(
        self, request: Request, env: Mapping[str, str], socket: web.WebSocketResponse
    ) -> None:
        super().__init__(
            "gait tui --web",
            write_bytes=socket.send_bytes,
            write_str=socket.send_str,
            close=self._close,
            download_manager=DownloadManager(),
        )
        self._request, self._env, self._socket = request, env, socket

    async def _close(self) -> None:
        await self._socket.close()

    async def _open_app_process(
        self, width: int = 80, height: int = 24
    ) -> asyncio.subprocess.Process:
        """Start it without a shell, and without modules of the folder it is started in (-P)."""
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-P", "-m", "gait_tui.web.child", *self._request.as_arguments()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=session_env(self._env, width, height),
        )
        self._stdin = self._process.stdin
        return self._process

    async def on_meta(self, data: bytes) -> None:
        """Hear of the end alone: a session opens no address and hands out no file."""
        if b'"exit"' in data:
            await self._close()

    async def live(self, width: int, height: int) -> None:
        """Run the process until it ends, or until the browser has left."""
        await self.start(width, height)
        drawing = self._task
        if drawing is None:
            return
        listening = asyncio.create_task(self._listen())
        try:
            await asyncio.wait({listening, drawing}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            listening.cancel()
            await self._end()

    async def _listen(self) -> None:
        """Give the process what the browser sends; what is no message of ours ends it."""
        async for message in self._socket:
            try:
                told = message.json() if message.type is WSMsgType.TEXT else None
            except (ValueError, RecursionError):
                return
            match told:
                case ["stdin", str(keys)]:
                    await self.send_bytes(keys.encode("utf-8", "replace"))
                case ["resize", {"width": width, "height": height}]:
                    await self.set_terminal_size(cells(width, 80), cells(height, 24))
                case ["focus"]:
                    await self.focus()
                case ["blur"]:
                    await self.blur()

    async def _end(self) -> None:
        """Ask the process to end, and see to it that it does."""
        process = self._process
        if process is None:
            return
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                await self.stop()
                await process.wait()
        except TimeoutError:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
