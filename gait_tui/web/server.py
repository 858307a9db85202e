"""`gait tui --web`: serves the page and its sessions on the loopback address, to who has the token.

The token is in the path, so a page of another site cannot name it; Host and Origin are compared
as well, so that a name which is made to point here (DNS rebinding) is of no use (docs/web.md).
"""

import asyncio
import errno
import os
import secrets
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from aiohttp import web

from gait_engine.errors import IoFailure
from gait_engine.host import Host
from gait_tui.keymap import checked
from gait_tui.request import Request
from gait_tui.services.config import load_config
from gait_tui.services.stdio import write_stdout
from gait_tui.web.page import SCRIPT, STATICS, STYLE, headers, page
from gait_tui.web.session import MAX_MESSAGE, Session, cells

ADDRESS: Final = "127.0.0.1"
MAX_SESSIONS: Final = 4
"""Processes at a time, each of some 80 MB."""
HTTP_PORT: Final = 80  # which browsers leave out
_TOKEN_BYTES: Final = 24
_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def serve(request: Request, host: Host) -> int:
    """Serve until told to stop; return the exit code.

    Raises InvalidInput for settings that a session would refuse, IoFailure when the port is taken.
    """
    checked(load_config(host, file=request.config).config.keys)
    with suppress(KeyboardInterrupt):
        asyncio.run(Server(request, host).run())
    return 0


class Server:
    """The page, what it loads, and the sessions that are open."""

    def __init__(self, request: Request, host: Host) -> None:
        self._request, self._env = request, host.env
        self._token = host.entropy(_TOKEN_BYTES).hex()
        self._open: set[web.WebSocketResponse] = set()

    async def run(self) -> None:
        """Answer until a signal comes. Raises IoFailure when the port is taken."""
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=1)
        await runner.setup()
        try:
            await _bind(runner, self._request.port)
            port = runner.addresses[0][1]
            write_stdout(f"http://{ADDRESS}:{port}/{self._token}/\n")
            sys.stderr.write("open this address in a browser; ctrl+c ends it\n")
            await _told_to_stop()
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._admit])
        application.on_response_prepare.append(_seal)
        application.on_shutdown.append(self._close_all)
        application.add_routes(
            [
                web.get(f"/{self._token}/", self._page),
                web.get(f"/{self._token}/ws", self._session),
                web.get(f"/{self._token}/gait.css", _text(STYLE, "text/css")),
                web.get(f"/{self._token}/gait.js", _text(SCRIPT, "text/javascript")),
                *(
                    web.get(f"/{self._token}/{name}", _file(_statics() / name, kind))
                    for name, kind in STATICS.items()
                ),
            ]
        )
        return application

    @web.middleware
    async def _admit(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Let pass who asks for this address, from its own page, with the token."""
        authority = _authority(request)
        if request.headers.getall("Host", []) != [authority]:
            raise web.HTTPForbidden(text=f"Host: expected {authority}\n")
        if set(request.headers.getall("Origin", [])) - {f"http://{authority}"}:
            raise web.HTTPForbidden(text=f"Origin: expected http://{authority}\n")
        token = request.path.removeprefix("/").partition("/")[0].encode("utf-8", "replace")
        if not secrets.compare_digest(token, self._token.encode()):
            raise web.HTTPNotFound(text="address: expected the one that gait tui --web printed\n")
        return await handler(request)

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text=page(_authority(request), self._token), content_type="text/html")

    async def _session(self, request: web.Request) -> web.StreamResponse:
        if "Origin" not in request.headers:
            raise web.HTTPForbidden(text="Origin: none, expected that of the page\n")
        if len(self._open) >= MAX_SESSIONS:
            raise web.HTTPServiceUnavailable(text=f"sessions: at most {MAX_SESSIONS} at a time\n")
        socket = web.WebSocketResponse(timeout=1, heartbeat=15, max_msg_size=MAX_MESSAGE)
        self._open.add(socket)
        try:
            await socket.prepare(request)
            size = request.query
            session = Session(self._request, self._env, socket)
            await session.live(cells(size.get("width"), 80), cells(size.get("height"), 24))
            await socket.close()
        finally:
            self._open.discard(socket)
        return socket

    async def _close_all(self, _: web.Application) -> None:
        for socket in tuple(self._open):
            await socket.close()


def _authority(request: web.Request) -> str:
    """Return the address and port that were really asked, not those the request names."""
    transport = request.transport
    address, port = transport.get_extra_info("sockname") if transport is not None else ("", 0)
    return f"{address}:{port}" if port != HTTP_PORT else address


async def _seal(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(headers(_authority(request)))


def _text(text: str, kind: str) -> _Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.Response(text=text, content_type=kind)

    return answer


def _file(path: Path, kind: str) -> _Handler:
    async def answer(_: web.Request) -> web.StreamResponse:
        return web.FileResponse(path, headers={"Content-Type": kind})

    return answer


def _statics() -> Path:
    spec = find_spec("textual_serve")
    folders = spec.submodule_search_locations if spec is not None else None
    return Path((folders or [""])[0]) / "static"


async def _bind(runner: web.AppRunner, port: int) -> None:
    try:
        await web.TCPSite(runner, ADDRESS, port).start()
    except OSError as exc:
        told = "in use" if exc.errno == errno.EADDRINUSE else os.strerror(exc.errno or 0).lower()
        raise IoFailure(
            f"port {port}: {told}, expected a free one", hint="gait tui --web --port 0"
        ) from exc


async def _told_to_stop() -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with suppress(NotImplementedError):  # on Windows ctrl+c cancels the task
            loop.add_signal_handler(name, told.set)
    await told.wait()
