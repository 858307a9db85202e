"""The files under a root, each with the facts that tell one state of it from another.

Links are not followed, and what cannot be searched is named. Contract: tui.md section 5.
"""

import os
import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import NO_FOLLOW, NO_WAIT, PATH_UNSAFE, PLAIN, as_ours

MAX_DEPTH: Final = 8
"""Levels of folders below a root that are searched."""

_PIECE: Final = 1 << 20
_READ: Final = os.O_RDONLY | NO_FOLLOW | NO_WAIT | PLAIN


class Facts(NamedTuple):
    """What changes when a file does; the last one no program can set back."""

    mtime_ns: int
    size: int
    inode: int
    ctime_ns: int


class Found(NamedTuple):
    """A file, or with `problem` what is not read or not searched.

    `path` is shown: it begins with its root as that was given. `file` is absolute.
    """

    name: str
    path: str
    file: str
    facts: Facts
    problem: GaitError | None = None
    is_folder: bool = False


class Wanted(NamedTuple):
    """Which names matter, and for which of them a link that leads elsewhere is worth a word."""

    endings: tuple[str, ...]
    is_telling: Callable[[str], bool]


class _Search(NamedTuple):
    base: Path
    root: str
    wanted: Wanted
    is_deep: bool

    def place(self, folder: str) -> str:
        """Return where a shown folder is."""
        return os.fspath(self.base / folder)


def walk(root: str, depth: int, wanted: Wanted, host: Host) -> Iterator[Found]:
    """Yield what matters under a root, folder by folder in the order of names.

    Below `depth` levels nothing is searched; folders left out for that are named unless it is 0.
    """
    yield from _walk(root, depth, _Search(host.cwd, root, wanted, depth > 0))


def listed(
    place: str, shown: str, is_wanted: Callable[[str], bool]
) -> tuple[Sequence[str], Collection[str]]:
    """Return the shown paths of folders and wanted files in order, and which of them are folders.

    `shown` is how the paths begin. Of a hundred thousand files no more is kept than the path that
    their rows have anyway. Raises OSError.
    """
    paths, folders = [], set()
    with os.scandir(place) as listing:
        for entry in listing:
            path = shown + entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.add(path)
                paths.append(path)
            elif is_wanted(path):
                paths.append(path)
    paths.sort()
    return paths, folders


def named_root(root: str) -> str:
    """Return a root; raises InvalidInput for an empty one: what lies there would be misnamed."""
    if not root:
        raise InvalidInput("root: empty, expected a folder")
    return root


def root_state(root: str, host: Host) -> str:
    """Say whether a root can be searched: `ok`, `missing` or `unreadable`."""
    try:
        with os.scandir(host.cwd / root):
            return "ok"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


def read_steady(file: str, limit: int, shown: str) -> tuple[bytes, Facts | None]:
    """Read a file up to `limit` bytes, and tell which state of it that was.

    The facts are None where the file changed meanwhile. Raises InvalidInput, IoFailure.
    """
    try:
        fd = os.open(file, _READ)
        try:
            before = os.fstat(fd)
            data = _read(fd, min(before.st_size, limit) + 1)
            after = os.fstat(fd)
        finally:
            os.close(fd)
    except (OSError, ValueError) as exc:
        raise as_ours(exc, "file", Path(shown), "a file that can be read") from exc
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
    place, shown = search.place(folder), f"{folder.rstrip('/')}/"
    endings = search.wanted.endings
    try:
        paths, folders = listed(place, shown, lambda path: path.endswith(endings))
    except FileNotFoundError:
        return
    except OSError as exc:
        if folder != search.root:
            yield _unsearched(folder, place, exc.strerror or "cannot be listed")
        return
    for path in paths:
        name = path[len(shown) :]
        file = f"{place.rstrip(os.sep)}{os.sep}{name}"
        if path not in folders:
            if (found := _found(name, path, file, search)) is not None:
                yield found
        elif depth:
            yield from _walk(path, depth - 1, search)
        elif search.is_deep:
            yield _unsearched(path, file, f"more than {MAX_DEPTH} levels down")


def _found(name: str, path: str, file: str, search: _Search) -> Found | None:
    """Look at one file; None for what is gone by now, for pipes, devices and harmless links."""
    try:
        status = os.lstat(file)
    except OSError:
        return None
    facts = facts_of(status)
    if stat.S_ISREG(status.st_mode):
        return Found(name, path, file, facts)
    if stat.S_ISLNK(status.st_mode) and search.wanted.is_telling(name):
        if not _leaves(file, search):
            return None
        problem = InvalidInput(
            f"file {quoted(path, 200)}: a link that leads out of its root and is not followed,"
            " expected a file",
            code=PATH_UNSAFE,
            where=path,
        )
        return Found(name, path, file, facts, problem)
    return None


def _leaves(link: str, search: _Search) -> bool:
    """Tell a link whose target lies elsewhere; what it leads to below the root is found anyway."""
    root = os.path.realpath(search.base / search.root)
    return not os.path.realpath(link).startswith(f"{root.rstrip(os.sep)}{os.sep}")


def _unsearched(folder: str, place: str, said: str) -> Found:
    try:
        facts = facts_of(os.lstat(place))
    except OSError:
        facts = Facts(0, 0, 0, 0)
    problem = InvalidInput(
        f"folder {quoted(folder, 200)}: {said}, nothing in it is listed", where=folder
    )
    return Found(folder.rpartition("/")[2], folder, place, facts, problem, is_folder=True)
