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
_END: Final = re.compile(rb"\x1b\[\?2026l")
"""What ends a frame."""
_SYNC_ASKED: Final = b"\x1b[?2026$p"
_SYNC_KNOWN: Final = b"\x1b[?2026;2$y"
_ESCAPE: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_=>])"
)


class Frame(NamedTuple):
    """An answer of the program: seconds until its frame was whole, and the bytes sent till then."""

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
        return self._read_until(lambda: self.has_shown(text), repr(text))

    def press(self, key: str, shows: str = "") -> Frame:
        """Send a key and wait for the end of the first frame that follows and shows a text.

        `shows` is a regular expression for what the frames since the key have brought by then.
        """
        return self._answer(lambda: self.send(key), repr(key), shows)

    def send(self, key: str) -> None:
        """Send a key that may change nothing."""
        os.write(self._terminal, key.encode())

    def settle(self, quiet_seconds: float = 0.08) -> None:
        """Read on until nothing was sent for a while."""
        while self._read(quiet_seconds):
            pass

    def rest(self, seconds: float) -> None:
        """Read on for so long."""
        until = time.perf_counter() + seconds
        while (left := until - time.perf_counter()) > 0:
            self._read(left)

    def has_shown(self, text: str) -> bool:
        """Tell whether a text has been whole on the screen."""
        return text.encode() in _plain(self.received)

    def cpu_seconds(self) -> float:
        """Return the user and system time of the program so far; needs Linux."""
        fields = Path(f"/proc/{self.program.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mib(self) -> float:
        """Return how much memory the program has at present; needs Linux."""
        pages = int(Path(f"/proc/{self.program.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 2**20

    def resize(self, width: int, height: int, shows: str = "") -> Frame:
        """Give the terminal another size and wait for the end of the frame that follows."""

        def resized() -> None:
            self._set_size(width, height)
            self.program.send_signal(signal.SIGWINCH)

        return self._answer(resized, "a resize", shows)

    def _answer(self, ask: Callable[[], object], what: str, shows: str) -> Frame:
        before = len(self.received)
        wanted = re.compile(shows.encode())
        asked = time.perf_counter() - self.started
        ask()

        def answer() -> int | None:
            """Return where the first frame ends with which all is shown that was asked for."""
            frames = (found.end() for found in _END.finditer(self.received, before))
            sent = self.received
            return next((end for end in frames if wanted.search(_plain(sent[before:end]))), None)

        done = self._read_until(lambda: answer() is not None, f"{shows!r} on {what}")
        return Frame(done - asked, (answer() or before) - before)

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
                shown = _plain(self.received)[-2000:].decode("utf-8", "replace")
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


def _plain(sent: bytes | bytearray) -> bytes:
    return _ESCAPE.sub(b"", sent)


def _env(home: Path) -> dict[str, str]:
    """Keep nothing of the machine but its programs: the same terminal everywhere."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LC_ALL": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
    }
