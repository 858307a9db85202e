"""Reading what an operator hands in: regular files, and the pipes a shell puts in their place.

A FIFO would hang the reader and a device may act on being opened, so both are refused before
that; `/dev/stdin` and `/dev/fd/N` (`<(...)`) are read to their end. Contract: compat.md.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import NO_WAIT, PATH_UNSAFE, PLAIN, os_errors_as_ours

TEXT_LIMIT: Final = 256 * 1024 * 1024
"""For inputs whose format has no limit of its own."""

_CHUNK: Final = 1 << 20
_is_shell_pipe: Final = re.compile(r"/dev/(?:stdin|fd/[0-9]{1,9})").fullmatch


def read_input(path: str, *, limit: int, host: Host, what: str) -> bytes:
    """Read an input to its end; `what` names it in errors, `limit` is its largest size in bytes.

    Raises InvalidInput, with code `path_unsafe` for pipes and devices; IoFailure.
    """
    fd, size = open_input(path, host=host, what=what)
    try:
        _refuse_large(size, limit, path, what)
        with os_errors_as_ours(what, Path(path), "a file that can be read"):
            # a file is read at once, and not a byte is copied
            data = _read_up_to(fd, limit + 1, size + 1 if size else _CHUNK)
    finally:
        os.close(fd)
    _refuse_large(len(data), limit, path, what)
    return data


def open_input(path: str, *, host: Host, what: str) -> tuple[int, int]:
    """Open an input for reading; returns its descriptor and its size, 0 for a pipe.

    Raises InvalidInput, with code `path_unsafe` for pipes and devices; IoFailure.
    """
    if not path:
        raise InvalidInput(f"{what}: '', expected a path")
    source = host.cwd / path
    with os_errors_as_ours(what, Path(path), "a file that can be read"):
        fd = os.open(source, os.O_RDONLY | _flags(source, path, what))
        if _is_shell_pipe(path):
            return fd, 0
        facts = os.fstat(fd)
        try:
            _refuse_special(facts.st_mode, path, what)
        except InvalidInput:
            os.close(fd)
            raise
        return fd, facts.st_size


def _flags(source: Path, path: str, what: str) -> int:
    """Look before opening: opening alone already rewinds a tape or waits for a writer."""
    if _is_shell_pipe(path):
        return PLAIN
    _refuse_special(source.stat().st_mode, path, what)
    return PLAIN | NO_WAIT


def _refuse_special(mode: int, path: str, what: str) -> None:
    if stat.S_ISDIR(mode):
        raise InvalidInput(f"{what} {_shown(path)}: a folder, expected a file", where=path)
    if not stat.S_ISREG(mode):
        raise InvalidInput(
            f"{what} {_shown(path)}: a pipe or device, expected a regular file",
            code=PATH_UNSAFE,
            where=path,
            hint="pipes are read as /dev/stdin or /dev/fd/N",
        )


def _refuse_large(size: int, limit: int, path: str, what: str) -> None:
    if size > limit:
        raise InvalidInput(
            f"{what} {_shown(path)}: more than {limit} bytes, expected at most that", where=path
        )


def _read_up_to(fd: int, count: int, piece: int) -> bytes:
    chunks: list[bytes] = []
    while count > 0 and (chunk := os.read(fd, min(count, piece))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)


def _shown(path: str) -> str:
    return quoted(path, limit=200)
