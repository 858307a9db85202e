"""A regular file, opened once and read by position."""

import os
import stat
from collections.abc import Callable, Iterator
from typing import Final

from gait_engine.errors import InvalidInput, IoFailure, quoted
from gait_engine.store.atomic import is_callers_fault

TAIL: Final = 65 * 1024
"""How far from the end an end record may stand (runpack.md 3.3); kept in memory."""

PIECE: Final = 128 * 1024
"""Small enough to be inflated, checked and digested while it is still in the processor's cache."""

# O_NONBLOCK keeps a FIFO from hanging the open; O_BINARY and O_NONBLOCK do not exist everywhere.
_FLAGS: Final = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_BINARY", "O_CLOEXEC", "O_NOCTTY", "O_NONBLOCK")
)


def _seek_and_read(fd: int, count: int, offset: int) -> bytes:
    os.lseek(fd, offset, os.SEEK_SET)
    return os.read(fd, count)


_pread: Final[Callable[[int, int, int], bytes]] = getattr(os, "pread", _seek_and_read)


class Source:
    """An open file with one descriptor; every offset counts from the start of the file.

    `shown` names the file in messages. Raises InvalidInput unless the path names a readable
    regular file.
    """

    def __init__(self, path: str, shown: str = "") -> None:
        self.path = shown or path
        self._fd = _open_regular(path, self.path)
        self.size = os.fstat(self._fd).st_size
        self._tail = b""
        self._tail_at = max(0, self.size - TAIL)

    def read(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes. Raises InvalidInput where the file has fewer."""
        if offset < 0 or offset + count > self.size:
            raise self._cut_off(offset + count)
        if offset < self._tail_at:
            return self._read_from_disk(offset, count)
        if not self._tail:
            self._tail = self._read_from_disk(self._tail_at, self.size - self._tail_at)
        start = offset - self._tail_at
        return self._tail[start : start + count]

    def up_to(self, offset: int, count: int) -> bytes:
        """Return `count` bytes, or what the file has of them."""
        start = min(max(offset, 0), self.size)
        return self.read(start, min(max(count, 0), self.size - start))

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes from `start` up to `stop`, at most `PIECE` at a time."""
        for offset in range(start, stop, PIECE):
            yield self.read(offset, min(PIECE, stop - offset))

    def close(self) -> None:
        """Give the descriptor back; closing twice is harmless."""
        if self._fd >= 0:
            os.close(self._fd)
        self._fd, self._tail = -1, b""

    def _read_from_disk(self, offset: int, count: int) -> bytes:
        parts: list[bytes] = []
        while count:
            part = self._read_once(offset, count)
            parts.append(part)
            offset, count = offset + len(part), count - len(part)
        return b"".join(parts)

    def _read_once(self, offset: int, count: int) -> bytes:
        try:
            part = _pread(self._fd, count, offset)
        except OSError as exc:
            raise IoFailure(
                f"file {quoted(self.path)}: {exc.strerror}, expected {count} bytes at {offset}",
                where=self.path,
            ) from exc
        if not part:
            raise self._cut_off(offset + count)
        return part

    def _cut_off(self, wanted: int) -> InvalidInput:
        return InvalidInput(
            f"file {quoted(self.path)}: {self.size} bytes, expected at least {wanted}",
            where=self.path,
            hint="the file is cut off: fetch it again",
        )


class MemorySource(Source):
    """Bytes that are read by position like a file."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.size = len(data)
        self._data = data

    def read(self, offset: int, count: int) -> bytes:
        """Return exactly `count` bytes. Raises InvalidInput where there are fewer."""
        if offset < 0 or offset + count > self.size:
            raise self._cut_off(offset + count)
        return self._data[offset : offset + count]

    def close(self) -> None:
        """Leave everything as it is: there is no descriptor."""


def _open_regular(path: str, shown: str) -> int:
    try:
        fd = os.open(path, _FLAGS)
    except (OSError, ValueError) as exc:
        found = exc.strerror if isinstance(exc, OSError) else "a NUL in the path"
        kind = InvalidInput if is_callers_fault(exc) else IoFailure
        raise kind(f"file {quoted(shown)}: {found}, expected a readable file", where=shown) from exc
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise InvalidInput(
            f"file {quoted(shown)}: a folder, pipe or device, expected a regular file",
            where=shown,
        )
    return fd
