"""Files of one record per line: append durably, read without trusting their end.

A line ends at LF and nowhere else. Contract: runpack.md 7.1, 7.2; threats.md section 7.
"""

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import InternalFailure, InvalidInput, quoted
from gait_engine.store.atomic import (
    FILE_MODE,
    NO_FOLLOW,
    NO_WAIT,
    PATH_UNSAFE,
    PLAIN,
    os_errors_as_ours,
    sync_folder,
)

_CHUNK: Final = 1 << 20
_APPEND: Final = os.O_RDWR | os.O_APPEND
_SAFELY: Final = NO_FOLLOW | NO_WAIT | PLAIN


class Line(NamedTuple):
    """One line without its LF, counted from 1; `terminated` is False where the file ends first."""

    number: int
    data: bytes
    terminated: bool


def append_line(path: str | Path, line: bytes, *, sync: bool = True, what: str = "journal") -> int:
    """Append one line and its LF as `append_lines` does."""
    return append_lines(path, (line,), sync=sync, what=what)


def append_lines(
    path: str | Path, lines: Sequence[bytes], *, sync: bool = True, what: str = "journal"
) -> int:
    """Append lines, each with its LF, all of them or none; return the new size in bytes.

    The caller holds the lock. A last line without LF is ended first, so records never run into
    one another. Raises IoFailure after cutting the file back to its old size; InvalidInput for a
    link, a pipe or a device. Contract: runpack.md 7.1.
    """
    if any(b"\n" in line for line in lines):
        raise InternalFailure(f"{what}: a record with a line feed, expected one line")
    target = Path(path)
    with os_errors_as_ours(what, target, "a file with room for the record"):
        fd, is_new = _open_for_append(target, what)
        try:
            size = _append(fd, b"\n".join((*lines, b"")), sync=sync)
        except OSError:
            if is_new:
                target.unlink()
            raise
        finally:
            os.close(fd)
    if is_new and sync:
        sync_folder(target)
    return size


def read_lines(path: str | Path, limit: int, what: str = "journal") -> Iterator[Line]:
    """Yield the lines of a file; links are not followed.

    Raises InvalidInput for a line of `limit` bytes or more, for a missing or special file.
    """
    source = Path(path)
    with os_errors_as_ours(what, source, "a file that can be read"):
        fd = _open(source, os.O_RDONLY, what)
    try:
        yield from split_lines(_chunks(fd, source, what), limit, f"{what} {_shown(source)}")
    finally:
        os.close(fd)


def split_lines(chunks: Iterable[bytes], limit: int, where: str) -> Iterator[Line]:
    """Cut a stream of bytes into lines; empty ones are counted, not yielded.

    Raises InvalidInput for a line of `limit` bytes or more.
    """
    for batch in split_batches(chunks, limit, where):
        yield from batch


def split_batches(chunks: Iterable[bytes], limit: int, where: str) -> Iterator[Iterator[Line]]:
    """Cut a stream into lines as `split_lines` does: those that end in one chunk are a batch.

    A batch has to be used up before the next one is asked for.
    """
    rest = bytearray()  # grows in place: a long line comes in many chunks
    number = 1
    for chunk in chunks:
        *whole, tail = chunk.split(b"\n")
        if whole:
            whole[0] = bytes(rest) + whole[0]
            rest.clear()
        rest += tail
        yield _numbered(whole, number, limit, where)
        number += len(whole)
        _require_within(len(rest), limit, where, number)
    if rest:
        yield iter((Line(number, bytes(rest), terminated=False),))


def _numbered(whole: list[bytes], first: int, limit: int, where: str) -> Iterator[Line]:
    for number, data in enumerate(whole, first):
        if data:
            _require_within(len(data), limit, where, number)
            yield Line(number, data, terminated=True)


def _require_within(size: int, limit: int, where: str, number: int) -> None:
    if size >= limit:
        raise InvalidInput(
            f"{where} line {number}: {size} bytes or more, expected less than {limit}",
            where=f"{where} line {number}",
        )


def _open_for_append(path: Path, what: str) -> tuple[int, bool]:
    try:
        fd = os.open(path, _APPEND | _SAFELY | os.O_CREAT | os.O_EXCL, FILE_MODE)
    except FileExistsError:
        return _open(path, _APPEND, what), False
    if hasattr(os, "fchmod"):  # the umask must not decide
        os.fchmod(fd, FILE_MODE)
    return fd, True


def _open(path: Path, flags: int, what: str) -> int:
    """Open a regular file that is no link; a pipe neither blocks nor passes."""
    try:
        fd = os.open(path, flags | _SAFELY)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise _unsafe(path, what, "a link") from exc
        raise
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise _unsafe(path, what, "a folder, pipe or device")
    return fd


def _append(fd: int, record: bytes, *, sync: bool) -> int:
    size = os.fstat(fd).st_size
    if _lacks_line_end(fd, size):
        record = b"\n" + record
    try:
        _write_at_once(fd, record)
        if sync:
            os.fsync(fd)
    except OSError:
        os.ftruncate(fd, size)
        raise
    return size + len(record)


def _write_at_once(fd: int, record: bytes) -> None:
    """Write in one call: a record in two pieces may have a stranger's in between."""
    written = os.write(fd, record)
    if written != len(record):
        raise OSError(errno.ENOSPC, f"{written} of {len(record)} bytes written")


def _lacks_line_end(fd: int, size: int) -> bool:
    if size == 0:
        return False
    os.lseek(fd, size - 1, os.SEEK_SET)
    return os.read(fd, 1) != b"\n"


def _chunks(fd: int, path: Path, what: str) -> Iterator[bytes]:
    with os_errors_as_ours(what, path, "a file that can be read"):
        while chunk := os.read(fd, _CHUNK):
            yield chunk


def _unsafe(path: Path, what: str, found: str) -> InvalidInput:
    return InvalidInput(
        f"{what} {_shown(path)}: {found}, expected a regular file",
        code=PATH_UNSAFE,
        where=os.fspath(path),
    )


def _shown(path: Path) -> str:
    return quoted(os.fspath(path), limit=200)
