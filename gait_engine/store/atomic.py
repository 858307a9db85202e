"""Whole files or none: a temporary file beside the target, fsync, rename, fsync of the folder.

At whatever moment the process dies, the target holds its old content or the new one. What may
stay behind is a file named `.<name>.tmp-<pid>-<n>`. Contract: threats.md 7; docs/adr/0005.
"""

import errno
import itertools
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from gait_engine.errors import GaitError, InvalidInput, IoFailure, quoted

FILE_MODE: Final = 0o600
FOLDER_MODE: Final = 0o750
PATH_UNSAFE: Final = "path_unsafe"

_WHERE_KNOWN: Final = ("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
NO_FOLLOW, NO_WAIT, *_rest = (getattr(os, name, 0) for name in _WHERE_KNOWN)
PLAIN: Final[int] = sum(_rest)
"""For every open: not inherited by children, no terminal taken over, bytes as they are."""

_CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | PLAIN

_CALLERS_FAULT: Final = frozenset(
    {
        errno.EACCES,
        errno.EEXIST,
        errno.EILSEQ,
        errno.EINVAL,
        errno.EISDIR,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.ENXIO,
        errno.EPERM,
        errno.EROFS,
    }
)
"""The path is wrong or not ours to use; everything else is the machine's trouble."""

_NO_HARD_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_FOLDER_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EACCES, errno.EPERM})
_DEVICE_NAMES: Final = ("/dev/std", "/dev/fd/", "/proc/")
_STEM_CHARACTERS: Final = 48  # at most 192 bytes: the temporary name fits wherever the name does

_MAX_CLASHES: Final = 1_000

_numbers = itertools.count()


def write_atomic(
    path: str | Path,
    content: bytes | Iterable[bytes],
    *,
    mode: int = FILE_MODE,
    exclusive: bool = False,
) -> None:
    """Replace a file as a whole, or with `exclusive` create it and never overwrite.

    A link at `path` is replaced, its target untouched. Raises InvalidInput when the path cannot
    be used, IoFailure when the disk is full or broken.
    """
    target = Path(path)
    refuse_special_target(target)
    with staged(target, content, mode) as temp:
        publish(temp, target, exclusive=exclusive)
    sync_folder(target)


@contextmanager
def staged(path: Path, content: bytes | Iterable[bytes], mode: int = FILE_MODE) -> Iterator[Path]:
    """Write the content beside `path`, durable and with its mode; remove it on failure."""
    with os_errors_as_ours("output file", path, "a file that can be written"):
        temp, fd = create_beside(path)
    try:
        with os_errors_as_ours("output file", path, "room for its content"):
            _fill(fd, content, mode)
        yield temp
    except BaseException:
        with suppress(OSError):
            temp.unlink()
        raise


def publish(temp: Path, path: Path, *, exclusive: bool = False) -> None:
    """Give a staged file its name in one step; with `exclusive` only where nothing stands yet."""
    with os_errors_as_ours("output file", path, "a file that can be written"):
        if exclusive:
            _publish_new(temp, path)
        else:
            temp.replace(path)


def sync_folder(path: Path) -> None:
    """Make the name of a new file survive a power cut; Windows does that by itself."""
    if os.name == "nt":
        return
    with os_errors_as_ours("folder of output file", path, "a disk that keeps it"):
        try:
            fd = os.open(path.parent, os.O_RDONLY | PLAIN)
        except PermissionError:  # a folder one may write to but not list
            return
        try:
            os.fsync(fd)
        except OSError as exc:
            if exc.errno not in _NO_FOLDER_SYNC:
                raise
        finally:
            os.close(fd)


def make_dirs(path: str | Path) -> None:
    """Create a folder and its parents with mode 0750 under any umask; existing ones stay as is.

    Raises InvalidInput, also for a link of another user on the way.
    """
    folder = Path(path)
    with os_errors_as_ours("folder", folder, "a folder that can be created"):
        _make_dirs(folder)


def refuse_special_target(path: Path) -> None:
    """Refuse to replace a folder, a pipe or a device, also one behind a link."""
    if os.fspath(path).startswith(_DEVICE_NAMES):
        raise _unsafe(path, "device")
    with os_errors_as_ours("output file", path, "a file that can be written"):
        found = _kind_of(path)
        is_folder = found == stat.S_IFDIR and not path.is_symlink()
    if is_folder:
        raise InvalidInput(f"output file {_shown(path)}: a folder, expected a file name")
    if found not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise _unsafe(path, "pipe or device")


def refuse_foreign_link(path: Path) -> None:
    """Refuse a link that another user laid: it may lead anywhere by the time it is used.

    The owner of the folder it stands in could do as he likes there without any link.
    """
    with suppress(FileNotFoundError):
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) or os.name == "nt":
            return
        if found.st_uid not in (0, os.geteuid(), path.parent.stat().st_uid):
            raise InvalidInput(
                f"folder {_shown(path)}: a link of user {found.st_uid}, expected a link of ours",
                code=PATH_UNSAFE,
                where=os.fspath(path),
            )


@contextmanager
def os_errors_as_ours(what: str, path: Path, wanted: str) -> Iterator[None]:
    """Turn what the operating system refuses into an error that names the path."""
    try:
        yield
    except (OSError, ValueError) as exc:
        raise as_ours(exc, what, path, wanted) from exc


def is_callers_fault(exc: OSError | ValueError) -> bool:
    """Tell a path that is wrong or not ours to use from trouble of the machine."""
    return not isinstance(exc, OSError) or exc.errno in _CALLERS_FAULT


def create_beside(path: Path) -> tuple[Path, int]:
    """Create an empty temporary file in the folder of `path`; return its name and descriptor.

    No randomness: O_EXCL settles every clash, whoever else writes here.
    """
    for _ in range(_MAX_CLASHES):
        temp = temp_name(path)
        with suppress(FileExistsError):
            return temp, os.open(temp, _CREATE, FILE_MODE)
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))


def temp_name(path: Path) -> Path:
    """Name a temporary file beside `path` that this process has not used yet."""
    stem = path.name[:_STEM_CHARACTERS]
    return path.with_name(f".{stem}.tmp-{os.getpid()}-{next(_numbers)}")


def write_all(fd: int, data: bytes) -> None:
    """Write to the last byte, however little the system takes at a time."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(fd, rest) :]


def links_unsupported(exc: OSError) -> bool:
    """Tell a file system without hard links, such as FAT, from one that refused this link."""
    return exc.errno in _NO_HARD_LINKS


def as_ours(exc: OSError | ValueError, what: str, path: Path, wanted: str) -> GaitError:
    """Return what the operating system refuses as an error that names the path."""
    reason = exc.strerror if isinstance(exc, OSError) else None
    found = (reason or str(exc) or type(exc).__name__).lower()
    message = f"{what} {_shown(path)}: {found}, expected {wanted}"
    kind = InvalidInput if is_callers_fault(exc) else IoFailure
    return kind(message, where=os.fspath(path))


def _shown(path: Path) -> str:
    return quoted(os.fspath(path), limit=200)


def _fill(fd: int, content: bytes | Iterable[bytes], mode: int) -> None:
    try:
        for chunk in (content,) if isinstance(content, bytes) else content:
            write_all(fd, chunk)
        if hasattr(os, "fchmod"):  # the umask must not decide
            os.fchmod(fd, mode)
        os.fsync(fd)
    finally:
        os.close(fd)


def _publish_new(temp: Path, path: Path) -> None:
    """Link the file to its name, which fails where one stands; without links reserve it first."""
    try:
        path.hardlink_to(temp)
    except OSError as exc:
        if not links_unsupported(exc):
            raise
        _publish_reserved(temp, path)
    else:
        with suppress(OSError):  # the file stands; a second name for it does no harm
            temp.unlink()


def _publish_reserved(temp: Path, path: Path) -> None:
    os.close(os.open(path, _CREATE, FILE_MODE))
    try:
        temp.replace(path)
    except OSError:
        path.unlink()
        raise


def _make_dirs(path: Path) -> None:
    refuse_foreign_link(path)
    if path.parent != path:
        _make_dirs(path.parent)
    if path.is_dir():
        return
    try:
        path.mkdir()
    except FileExistsError:
        if not path.is_dir():  # else somebody made it just now
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from None
    else:
        path.chmod(FOLDER_MODE)


def _kind_of(path: Path) -> int:
    """Return the S_IF... kind of what stands there, links followed; 0 for nothing."""
    try:
        return stat.S_IFMT(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return 0


def _unsafe(path: Path, found: str) -> InvalidInput:
    return InvalidInput(
        f"output file {_shown(path)}: a {found}, expected a file name",
        code=PATH_UNSAFE,
        where=os.fspath(path),
    )
