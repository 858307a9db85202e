"""`gait tui --web` for tests: a process of its own, asked as a browser would, header by header."""

import http.client
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple, Self
from urllib.parse import urlsplit

from tests.support.process import bare_env

GAIT: Final = str(Path(sys.executable).with_name("gait"))
SWITCHING: Final = 101
"""The status of a session that is granted."""
_PATIENCE: Final = 60.0
_HANDSHAKE: Final = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


class Answer(NamedTuple):
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: str


class WebServer:
    """A server at a free port; `with WebServer(folder) as server:`."""

    def __init__(self, cwd: Path, *words: str, env: Mapping[str, str] | None = None) -> None:
        self._process = subprocess.Popen(
            [GAIT, "tui", "--web", "--port", "0", *words],
            cwd=cwd,
            env=bare_env(cwd.parent) | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().strip()
        _, self.authority, self.path, *_ = urlsplit(self.address)
        self._open: list[socket.socket] = []

    @property
    def port(self) -> int:
        return int(self.authority.partition(":")[2])

    def ask(self, path: str = "", **headers: str) -> Answer:
        """Ask for a path; without one for the page."""
        with closing(self._connect()) as connection:
            connection.request("GET", path or self.path, headers=headers)
            response = connection.getresponse()
            body = response.read().decode("utf-8", "replace")
            return Answer(response.status, response.headers, body)

    def shake_hands(self, **headers: str) -> int:
        """Ask for a session and return the status; one that is granted stays open."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE)
        lines = [
            f"{name}: {value}"
            for name, value in ({"Host": self.authority} | _HANDSHAKE | headers).items()
        ]
        connection.sendall("\r\n".join((f"GET {self.path}ws HTTP/1.1", *lines, "", "")).encode())
        status = int(connection.recv(12).split()[1])
        if status == SWITCHING:
            self._open.append(connection)
        else:
            connection.close()
        return status

    def leave(self) -> None:
        """Close the session that was granted last, without a word."""
        self._open.pop().close()

    def stop(self) -> int:
        """Tell it to stop, and return its exit code."""
        for connection in self._open:
            connection.close()
        self._process.terminate()
        return self._process.wait(_PATIENCE)

    def _connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.authority, timeout=_PATIENCE)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        assert self._process.stdout is not None
        self._process.stdout.close()
