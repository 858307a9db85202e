"""A real browser for tests: Chromium without a window, driven over a pipe and read as text."""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final, Self

import pytest

from tests.support.process import bare_env

_PATIENCE: Final = 60.0
_GLANCE: Final = 0.05
_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "chrome")
# Chromium reads commands at 3 and writes answers at 4, whatever numbers the pipes have here.
_AT_3_AND_4: Final = """\
import os, sys
os.dup2(int(sys.argv[1]), 100), os.dup2(int(sys.argv[2]), 101)
os.dup2(100, 3), os.dup2(101, 4)
os.execv(sys.argv[3], sys.argv[3:])
"""
_FLAGS: Final = (
    "--remote-debugging-pipe",
    "--headless=new",
    "--no-sandbox",  # tests may run as root; the one page it opens is ours
    "--no-first-run",
    "--disable-background-networking",
    "--disable-dev-shm-usage",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--window-size=1280,720",
)
# The page draws on a canvas and keeps its terminal to itself: note it as the page makes it.
_NOTE_TERMINAL: Final = """\
Object.defineProperty(Object.prototype, "webglAddon", {
  configurable: true,
  set(value) {
    window.seen = this;
    Object.defineProperty(this, "webglAddon", { value, writable: true });
  },
});
"""
_SCREEN: Final = """\
(() => {
  if (!window.seen) return document.body ? document.body.innerText : "";
  const shown = window.seen.terminal.buffer.active;
  const rows = [...Array(shown.length).keys()];
  return rows.map((row) => shown.getLine(row).translateToString(true)).join("\\n");
})()
"""


class Chromium:
    """One browser with one page; `with Chromium() as browser:`."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="chromium-"))
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        numbers = (str(theirs_in), str(theirs_out))
        profile = f"--user-data-dir={self._folder}"
        argv = (sys.executable, "-c", _AT_3_AND_4, *numbers, _program(), *_FLAGS, profile)
        self._process = subprocess.Popen(
            argv,
            env=bare_env(self._folder),
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._unread = b""
        self._sent = 0
        self._session = ""
        self.asked: list[str] = []
        """Every address that the page asked for."""

    def open(self, address: str) -> None:
        """Open a page and wait for nothing but that it began."""
        target = self._tell("Target.createTarget", url="about:blank")["targetId"]
        attached = self._tell("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self._tell("Network.enable")
        self._tell("Page.enable")
        self._tell("Page.addScriptToEvaluateOnNewDocument", source=_NOTE_TERMINAL)
        self._tell("Page.navigate", url=address)

    def evaluate(self, expression: str) -> Any:
        """Evaluate an expression in the page."""
        told = self._tell(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        return told["result"].get("value")

    def screen(self) -> str:
        """Return what the terminal in the page shows, or the text of a page without one."""
        return str(self.evaluate(_SCREEN))

    def keys(self, text: str) -> None:
        """Press the keys of a text one by one."""
        for char in text:
            self._tell("Input.dispatchKeyEvent", type="keyDown", key=char, text=char)
            self._tell("Input.dispatchKeyEvent", type="keyUp", key=char)

    def wait_for(self, text: str, *, pressing: str = "") -> str:
        """Look until the text is shown and return that screen.

        `pressing` is a key to press before each look: for a text that the next news replace.
        """
        until = time.monotonic() + _PATIENCE
        self.keys(pressing)
        while text not in (shown := self.screen()):
            self.keys(pressing)
            if time.monotonic() > until:
                pytest.fail(f"{text!r} was never shown; the last screen:\n{shown}", pytrace=False)
            time.sleep(_GLANCE)
        return shown

    def _tell(self, method: str, **params: object) -> dict[str, Any]:
        self._sent += 1
        line: dict[str, object] = {"id": self._sent, "method": method, "params": params}
        if self._session:
            line["sessionId"] = self._session
        os.write(self._to, json.dumps(line).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("method") in ("Network.requestWillBeSent", "Network.webSocketCreated"):
                about = told["params"]
                self.asked.append(about.get("url") or about["request"]["url"])
            if told.get("id") == self._sent:
                assert "error" not in told, f"{method}: {told['error']}"
                result: dict[str, Any] = told["result"]
                return result

    def _next(self) -> dict[str, Any]:
        """Return the next answer or event."""
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._from], [], [], _PATIENCE)
            piece = os.read(self._from, 1 << 16) if ready else b""
            assert piece, "the browser says nothing"
            self._unread += piece
        line, _, self._unread = self._unread.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        shutil.rmtree(self._folder, ignore_errors=True)


def _program() -> str:
    found = (shutil.which(name) for name in _NAMES)
    program = next((path for path in found if path), None)
    if program is None:
        pytest.fail(
            "chromium is not installed; run pytest -m 'not e2e' to leave it out", pytrace=False
        )
    return program
