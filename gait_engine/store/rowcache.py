"""A cache of what was read out of files, in SQLite: never evidence, never needed.

An entry is right only for one state of its file, its stamp; and only if its checksum holds.
Whatever is wrong with the cache itself, its reader goes without it and gets the same answer,
later. It survives kill -9, and any number of processes may use it at once.
Contract: tui.md section 10, performance.md section 4.
"""

import errno
import os
import stat
import struct
import zlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.store.atomic import FILE_MODE, NO_FOLLOW, NO_WAIT, PLAIN, make_dirs
from gait_engine.store.walk import Facts

if TYPE_CHECKING:
    import sqlite3

_APPLICATION: Final = 0x67616974  # "gait"
_WAIT_SECONDS: Final = 0.25
_PAGE: Final = 1_000
_BATCH: Final = 2_000
_MOST_BODY: Final = 8 * 1024 * 1024
_MOST_BYTES: Final = 1024 * 1024 * 1024
"""A larger cache is thrown away: it holds what nobody asks for any more."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
  area TEXT, folder BLOB, name BLOB, stamp BLOB, body BLOB, PRIMARY KEY (area, folder, name)
) WITHOUT ROWID
"""
_PAGE_OF: Final = (
    "SELECT name, stamp, body FROM entries WHERE area = ? AND folder = ? AND name > ?"
    " ORDER BY name LIMIT ?"
)
_ONE: Final = "SELECT stamp, body FROM entries WHERE area = ? AND folder = ? AND name = ?"
_PUT: Final = "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?)"
_DROP: Final = "DELETE FROM entries WHERE area = ? AND folder = ? AND name = ?"
_BROKEN: Final = frozenset({1, 11, 26})
"""SQLITE_ERROR (no such table or column), SQLITE_CORRUPT, SQLITE_NOTADB."""

_pack: Final = struct.Struct("<qqQq").pack
_crc: Final = struct.Struct("<I")

T = TypeVar("T")
Key = tuple[str, bytes, bytes]


class Entry(NamedTuple):
    """What is kept of a file, and the state of it that this was read from."""

    stamp: bytes
    body: bytes


def cache_path(host: Host) -> Path:
    """Return where the cache lies: under $XDG_CACHE_HOME, else ~/.cache."""
    named = host.env.get("XDG_CACHE_HOME", "")
    base = Path(named) if Path(named).is_absolute() else host.home / ".cache"
    return base / "gait" / "index.sqlite"


def stamp_of(facts: Facts) -> bytes:
    """Spell the state of a file."""
    return _pack(*facts)


class RowCache:
    """The cache as one thread uses it; nothing is created before there is something to keep.

    Entries are found by an area, a folder and a name. `version` stands for the form of their
    bodies: with another one all of them are dropped.
    """

    def __init__(self, path: Path, version: str) -> None:
        self._path = path
        self._version = zlib.crc32(version.encode()) & 0x7FFFFFFF
        self._connection: sqlite3.Connection | None = None
        self._is_given_up = False
        self._puts: list[tuple[str, bytes, bytes, bytes, bytes]] = []
        self._drops: list[Key] = []

    def get(self, key: Key) -> Entry | None:
        """Return one entry."""
        area, folder, name = key
        for stamp, body in self._rows(_ONE, key):
            return _sound(_seed(area, folder), name, stamp, body)
        return None

    def page(self, area: str, folder: bytes, after: bytes) -> list[tuple[bytes, Entry | None]]:
        """Return the entries of a folder that follow a name, at most a page; None is a torn one."""
        found = self._rows(_PAGE_OF, (area, folder, after, _PAGE))
        seed = _seed(area, folder)
        return [(name, _sound(seed, name, stamp, body)) for name, stamp, body in found]

    def put(self, key: Key, entry: Entry) -> None:
        """Keep an entry; it is written with others, or at the end."""
        if len(entry.body) <= _MOST_BODY:
            area, folder, name = key
            crc = _checksum(_seed(area, folder), name, entry.stamp, entry.body)
            self._puts.append((*key, entry.stamp, crc + entry.body))
            self._flush_when_full()

    def drop(self, key: Key) -> None:
        """Forget an entry."""
        self._drops.append(key)
        self._flush_when_full()

    def close(self) -> None:
        """Write what is left to write, and let go of the file."""
        self._flush()
        self._let_go()

    def _flush_when_full(self) -> None:
        if len(self._puts) + len(self._drops) >= _BATCH:
            self._flush()

    def _flush(self) -> None:
        puts, drops, self._puts, self._drops = self._puts, self._drops, [], []
        if not (puts or drops):
            return

        def write(connection: "sqlite3.Connection") -> None:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(_DROP, drops)
            connection.executemany(_PUT, puts)
            connection.execute("COMMIT")

        self._attempt(write, None, is_writing=bool(puts))

    def _rows(self, query: str, values: tuple[object, ...]) -> list[Any]:
        def read(connection: "sqlite3.Connection") -> list[Any]:
            return connection.execute(query, values).fetchall()

        return self._attempt(read, [], is_writing=False)

    def _attempt(
        self, work: "Callable[[sqlite3.Connection], T]", without: T, *, is_writing: bool
    ) -> T:
        """Do something with the cache; where that fails, go on without it from here."""
        try:
            import sqlite3
        except ImportError:  # a Python that was built without it
            return without
        try:
            connection = self._connected(is_writing=is_writing)
            return without if connection is None else work(connection)
        except (sqlite3.Error, sqlite3.Warning, OSError, ValueError, GaitError) as exc:
            self._is_given_up = True
            self._let_go()
            if isinstance(exc, sqlite3.DatabaseError) and _is_broken(exc):
                self._remove()
            return without

    def _connected(self, *, is_writing: bool) -> "sqlite3.Connection | None":
        if self._connection is None and not self._is_given_up:
            if is_writing:
                make_dirs(self._path.parent)
            elif not self._path.is_file():
                return None
            self._connection = self._opened() or self._opened()
            self._is_given_up = self._connection is None
        return self._connection

    def _opened(self) -> "sqlite3.Connection | None":
        """Open the file, or remove one of another form and return None."""
        import sqlite3

        if self._path.is_file() and self._path.stat().st_size > _MOST_BYTES:
            self._remove()
        _require_plain(self._path)
        connection = sqlite3.connect(self._path, timeout=_WAIT_SECONDS, isolation_level=None)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
            if (application, version) == (0, 0) and not _has_tables(connection):
                self._furnish(connection)
            elif (application, version) != (_APPLICATION, self._version):
                connection.close()
                self._remove()
                return None
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _furnish(self, connection: "sqlite3.Connection") -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_SCHEMA)
        connection.execute(f"PRAGMA application_id = {_APPLICATION}")
        connection.execute(f"PRAGMA user_version = {self._version}")
        connection.execute("COMMIT")

    def _let_go(self) -> None:
        if self._connection is not None:
            import sqlite3

            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _remove(self) -> None:
        for ending in ("", "-wal", "-shm"):
            with suppress(OSError):
                Path(f"{self._path}{ending}").unlink()


def _require_plain(path: Path) -> None:
    """Create the file for its owner alone. Raises OSError for a link or a pipe in its place."""
    fd = os.open(path, os.O_RDWR | os.O_CREAT | NO_FOLLOW | NO_WAIT | PLAIN, FILE_MODE)
    try:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            raise OSError(errno.EINVAL, "no regular file")
    finally:
        os.close(fd)


def _has_tables(connection: "sqlite3.Connection") -> bool:
    return bool(connection.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchall())


def _is_broken(exc: "sqlite3.DatabaseError") -> bool:
    """Tell a file that no database can be read from, or another one than was made here."""
    return exc.sqlite_errorcode & 0xFF in _BROKEN


def _seed(area: str, folder: bytes) -> int:
    return zlib.crc32(folder, zlib.crc32(area.encode()))


def _checksum(seed: int, name: bytes, stamp: bytes, body: bytes) -> bytes:
    return _crc.pack(zlib.crc32(body, zlib.crc32(stamp, zlib.crc32(name, seed))))


def _sound(seed: int, name: bytes, stamp: object, body: object) -> Entry | None:
    if not (isinstance(stamp, bytes) and isinstance(body, bytes)):
        return None
    kept = body[_crc.size :]
    return Entry(stamp, kept) if _checksum(seed, name, stamp, kept) == body[: _crc.size] else None
