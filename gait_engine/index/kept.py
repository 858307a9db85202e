"""What the cache keeps of an index: the rows of each file, and what was found by checking it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from sys import intern
from typing import Final

import msgspec
from msgspec.structs import force_setattr

from gait_engine import __version__
from gait_engine.contract.answers.index import IndexRow
from gait_engine.host import Host
from gait_engine.store.rowcache import Entry, Key, RowCache, cache_path, stamp_of
from gait_engine.store.walk import Found

_REVISION: Final = 2
"""To be raised when the same bytes give other rows or other checks."""
_ROWS: Final = "rows"
_FIRST: Final = b""
_SHARED: Final = (
    "kind",
    "run_id",
    "session_id",
    "policy_digest",
    "tool_name",
    "verdict",
    "identity",
)
"""Texts that many rows share, of which one is enough in memory."""

Rows = tuple[IndexRow, ...]

_encode: Final = msgspec.msgpack.Encoder().encode
_decode: Final = msgspec.msgpack.Decoder(Rows).decode


@contextmanager
def opened_cache(host: Host, *, is_used: bool) -> Iterator[RowCache | None]:
    """Open the cache for one thread, and write what it is to keep at the end."""
    if not is_used:
        yield None
        return
    cache = RowCache(cache_path(host), f"{_REVISION} {__version__} {IndexRow.__struct_fields__}")
    try:
        yield cache
    finally:
        cache.close()


class KeptFolders:
    """The kept rows of every folder of a scan."""

    def __init__(self, cache: RowCache, host: Host) -> None:
        self._cache = cache
        self._cwd = host.cwd
        self._folders: dict[str, KeptRows] = {}

    def of(self, found: Found) -> "KeptRows":
        """Return the kept rows of the folder that a file lies in."""
        folder = found.path[: -len(found.name)]
        kept = self._folders.get(folder)
        if kept is None:
            kept = self._folders[folder] = KeptRows(self._cache, f"{self._cwd}\0{folder}")
        return kept

    def finish(self) -> None:
        """Forget the files that are not there any more, once every folder was walked."""
        for kept in self._folders.values():
            kept.finish()


class KeptRows:
    """The kept rows of one folder, asked for in the order of names.

    Paths are kept as they are shown from one working directory: a row says where it was found.
    """

    def __init__(self, cache: RowCache, folder: str) -> None:
        self._cache = cache
        self._folder = os.fsencode(folder)
        self._page: dict[bytes, Entry | None] = {}
        self._last = _FIRST
        self._is_over = False

    def take(self, found: Found) -> Rows | None:
        """Return the rows of a file; None where they are not known for this state of it."""
        name = os.fsencode(found.name)
        while name > self._last and not self._is_over:
            self._turn()
        entry = self._page.pop(name, None)
        if entry is None or entry.stamp != stamp_of(found.facts):
            return None
        try:
            rows = _decode(entry.body)
        except msgspec.DecodeError:
            return None
        for row in rows:
            for field in _SHARED:
                force_setattr(row, field, intern(getattr(row, field)))
            if row.path == found.path:
                force_setattr(row, "path", found.path)
        return rows

    def keep(self, found: Found, rows: Rows) -> None:
        """Remember the rows of a file."""
        try:
            body = _encode(rows)
        except UnicodeEncodeError:  # a name that is not UTF-8
            return
        self._cache.put(self._key(os.fsencode(found.name)), Entry(stamp_of(found.facts), body))

    def finish(self) -> None:
        """Forget the files that are not there any more."""
        while not self._is_over:
            self._turn()
        self._forget_page()

    def _turn(self) -> None:
        """Load the next page; what was not asked for on the last one is gone."""
        self._forget_page()
        rows = self._cache.page(_ROWS, self._folder, self._last)
        self._page = dict(rows)
        self._is_over = not rows
        if rows:
            self._last = rows[-1][0]

    def _forget_page(self) -> None:
        for name in self._page:
            self._cache.drop(self._key(name))
        self._page = {}

    def _key(self, name: bytes) -> Key:
        return _ROWS, self._folder, name
