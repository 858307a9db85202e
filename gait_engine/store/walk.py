"""The files under a root, each with the facts that tell one state of it from another.

Links are not followed, and what cannot be searched is named. Contract: tui.md section 5.
"""

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import NO_FOLLOW, NO_WAIT, PATH_UNSAFE, PLAIN, os_errors_as_ours

MAX_DEPTH: Final = 8
"""Levels of folders below a root that are searched."""

_PIECE: Final = 1 << 20


class Facts(NamedTuple):
    """What changes when a file does; the last one no program can set back."""

    mtime_ns: int
    size: int
    inode: int
    ctime_ns: int


class Found(NamedTuple):
    """A file of a folder, or with `problem` what is not read or searched; `folder` as shown."""

    folder: str
    name: str
    facts: Facts
    problem: GaitError | None = None
    is_folder: bool = False

    @property
    def path(self) -> str:
        """The path as it is shown; it begins with its root as that was given."""
        return f"{self.folder.rstrip('/')}/{self.name}"


class Wanted(NamedTuple):
    """Which names matter, and for which of them a link that leads elsewhere is worth a word."""

    endings: tuple[str, ...]
    is_telling: Callable[[str], bool]


class _Search(NamedTuple):
    base: Path
    root: str
    wanted: Wanted
    is_deep: bool


def walk(root: str, depth: int, wanted: Wanted, host: Host) -> Iterator[Found]:
    """Yield what matters under a root, folder by folder in the order of names.

    Below `depth` levels nothing is searched; folders left out for that are named unless it is 0.
    """
    yield from _walk(root, depth, _Search(host.cwd, root, wanted, depth > 0))


def root_state(root: str, host: Host) -> str:
    """Say whether a root can be searched: `ok`, `missing` or `unreadable`."""
    try:
        with os.scandir(host.cwd / root):
            return "ok"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def read_steady(path: Path, limit: int, what: str) -> tuple[bytes, Facts | None]:
    """Read a regular file of at most `limit` bytes, and tell which state of it that was.

    The facts are None where the file changed meanwhile. Raises InvalidInput, IoFailure.
    """
    with os_errors_as_ours(what, path, "a file that can be read"):
        fd = os.open(path, os.O_RDONLY | NO_FOLLOW | NO_WAIT | PLAIN)
        try:
            before = os.fstat(fd)
            if not stat.S_ISREG(before.st_mode):
                raise _unsafe(os.fspath(path), what, "no regular file, expected one")
            data = _read(fd, min(before.st_size, limit) + 1)
            after = os.fstat(fd)
        finally:
            os.close(fd)
    facts = facts_of(after)
    is_steady = facts == facts_of(before) and len(data) == facts.size
    return data, facts if is_steady else None


def facts_of(found: os.stat_result) -> Facts:
    """Keep of a file what a change of it changes."""
    return Facts(found.st_mtime_ns, found.st_size, found.st_ino, found.st_ctime_ns)


def _read(fd: int, count: int) -> bytes:
    data = os.read(fd, min(count, _PIECE))
    if len(data) < min(count, _PIECE):
        return data
    pieces = [data]
    count -= len(data)
    while count > 0 and (piece := os.read(fd, min(count, _PIECE))):
        pieces.append(piece)
        count -= len(piece)
    return b"".join(pieces)


def _walk(folder: str, depth: int, search: _Search) -> Iterator[Found]:
    try:
        with os.scandir(search.base / folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as exc:
        if folder != search.root:
            yield _unsearched(folder, search.base, exc.strerror or "cannot be listed")
        return
    endings = search.wanted.endings
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            inner = f"{folder.rstrip('/')}/{entry.name}"
            if depth:
                yield from _walk(inner, depth - 1, search)
            elif search.is_deep:
                yield _unsearched(inner, search.base, f"more than {MAX_DEPTH} levels down")
        elif entry.name.endswith(endings) and (found := _found(folder, entry, search)) is not None:
            yield found


def _found(folder: str, entry: os.DirEntry[str], search: _Search) -> Found | None:
    """Look at one entry; None for what is gone by now, for pipes, devices and harmless links."""
    try:
        status = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    facts = Facts(status.st_mtime_ns, status.st_size, status.st_ino, status.st_ctime_ns)
    if stat.S_ISREG(status.st_mode):
        return Found(folder, entry.name, facts)
    if stat.S_ISLNK(status.st_mode) and search.wanted.is_telling(entry.name):
        found = Found(folder, entry.name, facts)
        if _leaves(entry.path, search):
            said = "a link that leads out of its root and is not followed, expected a file"
            return found._replace(problem=_unsafe(found.path, "file", said))
    return None


def _leaves(link: str, search: _Search) -> bool:
    """Tell a link whose target lies elsewhere; what it leads to below the root is found anyway."""
    root = os.path.realpath(search.base / search.root)
    return not os.path.realpath(link).startswith(f"{root.rstrip(os.sep)}{os.sep}")


def _unsearched(folder: str, base: Path, said: str) -> Found:
    parent, _, name = folder.rpartition("/")
    try:
        facts = facts_of(os.lstat(base / folder))
    except OSError:
        facts = Facts(0, 0, 0, 0)
    problem = InvalidInput(
        f"folder {quoted(folder, 200)}: {said}, nothing in it is listed", where=folder
    )
    return Found(parent, name, facts, problem, is_folder=True)


def _unsafe(path: str, what: str, said: str) -> InvalidInput:
    return InvalidInput(f"{what} {quoted(path, 200)}: {said}", code=PATH_UNSAFE, where=path)
