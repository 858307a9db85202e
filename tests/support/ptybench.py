"""A program in a pseudo terminal, watched byte by byte: when it painted, and how much it sent.

The terminal played here knows synchronized output (mode 2026): every frame has a clear end.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple, Self

_PATIENCE: Final = 60.0
_FRAME_END: Final = b"\x1b[?2026l"
_SYNC_ASKED: Final = b"\x1b[?2026$p"
_SYNC_KNOWN: Final = b"\x1b[?2026;2$y"
_ESCAPE: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_=>])"
)


class Frame(NamedTuple):
    """An answer of the program: seconds until its first frame was whole, and the bytes of that."""

    seconds: float
    size: int


class Pty:
    """A program that believes it has a terminal; `with Pty([...], cwd=folder) as terminal:`."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: Path,
        width: int = 80,
        height: int = 24,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self.received = bytearray()
        self._is_sync_told = False
        self._terminal, inner = pty.openpty()
        self._set_size(width, height)
        self.started = time.perf_counter()
        self.program = subprocess.Popen(
            argv,
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=cwd,
            env=_env(cwd) | dict(env or {}),
            start_new_session=True,
        )
        os.close(inner)

    def wait_for(self, text: str) -> float:
        """Return the seconds from the start until a text was whole on the screen."""
        wanted = text.encode()
        return self._read_until(lambda: wanted in _ESCAPE.sub(b"", self.received), repr(text))

    def press(self, key: str) -> Frame:
        """Send a key and wait for the end of the first frame that follows."""
        before = len(self.received)
        pressed = time.perf_counter() - self.started
        os.write(self._terminal, key.encode())
        done = self._read_until(lambda: _FRAME_END in self.received[before:], f"a frame on {key!r}")
        return Frame(done - pressed, self.received.index(_FRAME_END, before) + 8 - before)

    def settle(self, quiet_seconds: float = 0.08) -> None:
        """Read on until nothing was sent for a while."""
        while self._read(quiet_seconds):
            pass

    def resize(self, width: int, height: int) -> Frame:
        """Give the terminal another size and wait for the end of the frame that follows."""
        before = len(self.received)
        resized = time.perf_counter() - self.started
        self._set_size(width, height)
        self.program.send_signal(signal.SIGWINCH)
        done = self._read_until(lambda: _FRAME_END in self.received[before:], "a frame on resize")
        return Frame(done - resized, self.received.index(_FRAME_END, before) + 8 - before)

    def wait_for_end(self) -> int:
        """Read on until the program has ended and return its exit code."""
        self.settle(0.5)
        return self.program.wait(_PATIENCE)

    def _set_size(self, width: int, height: int) -> None:
        size = struct.pack("HHHH", height, width, 0, 0)
        fcntl.ioctl(self._terminal, termios.TIOCSWINSZ, size)

    def _read_until(self, is_reached: Callable[[], bool], what: str) -> float:
        until = time.perf_counter() + _PATIENCE
        while not is_reached():
            if not self._read(max(0.0, until - time.perf_counter())):
                shown = _ESCAPE.sub(b"", self.received)[-2000:].decode("utf-8", "replace")
                raise TimeoutError(f"{what} never came; the last that did:\n{shown}")
        return time.perf_counter() - self.started

    def _read(self, seconds: float) -> bool:
        """Take what was sent; False when nothing came in time or the program has ended."""
        if not select.select([self._terminal], [], [], seconds)[0]:
            return False
        try:
            got = os.read(self._terminal, 1 << 16)
        except OSError:  # what Linux says once nobody holds the other end
            return False
        self.received += got
        if not self._is_sync_told and _SYNC_ASKED in self.received:
            self._is_sync_told = True
            os.write(self._terminal, _SYNC_KNOWN)
        return bool(got)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.program.kill()
        self.program.wait()
        os.close(self._terminal)


def _env(home: Path) -> dict[str, str]:
    """Keep nothing of the machine but its programs: the same terminal everywhere."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }
