"""From files to rows: every artifact has one, the broken ones too, and nothing is verified.

What is known already is not read again: from the rows of an earlier scan, or from the cache.
Contract: tui.md sections 5 and 10.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from operator import attrgetter
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NamedTuple

from gait_engine.contract import index as kinds
from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.index import LIMITS, Limits
from gait_engine.errors import GaitError, InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.index.kept import KeptFolders, Rows
from gait_engine.store.rowcache import RowCache
from gait_engine.store.walk import Facts, Found, Wanted, facts_of, read_steady, walk

_SETTLED_NS: Final = 2 * 10**9
"""A younger file may change once more without any change of its times."""

_line_of: Final = attrgetter("line")
_path_of: Final = attrgetter("path")
_at_ns_of: Final = attrgetter("at_ns")

Known = Mapping[str, IndexRow]

_WANTED: Final = Wanted(kinds.ENDINGS, lambda name: bool(kinds.kind_by_name(name)))


class Place(NamedTuple):
    """A root, and how many levels of folders below it are searched."""

    path: str
    depth: int


def scan(
    places: Sequence[Place],
    *,
    host: Host,
    known: Known,
    cache: RowCache | None = None,
    limits: Limits = LIMITS,
) -> Iterator[IndexRow]:
    """Yield the rows of the files under some roots, as they are found, each file once."""
    seen: set[str] = set()
    lines = _known_lines(known)
    kept = None if cache is None else KeptFolders(cache, host)
    for place in places:
        for found in walk(place.path, place.depth, _WANTED, host):
            if (path := found.path) in seen:
                continue
            if len(seen) == limits.files:
                yield _cut_short(place.path, limits.files)
                return
            seen.add(path)
            row = known.get(path)
            if row is not None and _is_same(row, found.facts):
                yield row
                yield from lines.get(path, ())
            else:
                yield from _rows(found, kept, host, limits)
    if kept is not None:
        kept.finish()


def newest_first(rows: Iterable[IndexRow]) -> list[IndexRow]:
    """Put rows in the order of an index: newest first, then by path and line."""
    ordered = sorted(rows, key=_line_of)
    ordered.sort(key=_path_of)
    ordered.sort(key=_at_ns_of, reverse=True)
    return ordered


class Reading(NamedTuple):
    """The rows of a file, and whether they will still be right while its facts stay the same."""

    rows: Rows
    is_lasting: bool


def _rows(found: Found, kept: KeptFolders | None, host: Host, limits: Limits) -> Rows:
    if kept is None or found.problem is not None or _is_too_large(found, limits):
        return read_rows(found, host, limits).rows
    folder = kept.of(found)
    if (rows := folder.take(found)) is not None:
        return rows
    reading = read_rows(found, host, limits)
    if reading.is_lasting:
        folder.keep(found, reading.rows)
    return reading.rows


def read_rows(found: Found, host: Host, limits: Limits) -> Reading:
    """Read a file; none of it is ours where there are no rows."""
    begun_ns = host.now_ns()
    if found.problem is not None:
        kind = kinds.FOLDER if found.is_folder else kinds.kind_by_name(found.name)
        return Reading((_broken(kind, found.path, found.facts, found.problem),), is_lasting=False)
    reading = _archive(found) if found.name.endswith(kinds.ARCHIVE) else _text(found, limits)
    is_settled = max(found.facts.mtime_ns, found.facts.ctime_ns) < begun_ns - _SETTLED_NS
    return reading if is_settled else Reading(reading.rows, is_lasting=False)


def _archive(found: Found) -> Reading:
    from gait_engine.index.archives import archive_fields

    try:
        told = archive_fields(found.file, found.path)
    except GaitError as exc:
        kind = kinds.kind_by_name(found.name)
        return Reading((_broken(kind, found.path, found.facts, exc),), is_lasting=False)
    if told is None:
        return Reading((), _is_still(found))
    kind, fields = told
    return Reading((_row(kind, found.path, found.facts, fields),), _is_still(found))


def _is_too_large(found: Found, limits: Limits) -> bool:
    """Tell a text that is not read; of an archive no more than the manifest is."""
    return found.facts.size > limits.file_bytes and not found.name.endswith(kinds.ARCHIVE)


def _text(found: Found, limits: Limits) -> Reading:
    if _is_too_large(found, limits):
        kind = kinds.kind_by_name(found.name) or kinds.FILE
        error = _too_large(found, limits.file_bytes)
        return Reading((_broken(kind, found.path, found.facts, error),), is_lasting=False)
    if found.name.endswith(kinds.JOURNAL):
        return _journal(found)
    return _record(found, limits)


def _record(found: Found, limits: Limits) -> Reading:
    path = found.path
    try:
        text, facts = read_steady(found.file, limits.file_bytes, path)
    except GaitError as exc:
        kind = kinds.kind_by_name(found.name) or kinds.FILE
        return Reading((_broken(kind, path, found.facts, exc),), is_lasting=False)
    is_lasting = facts == found.facts
    kind = _kind_of(text, found.name)
    if not kind:
        return Reading((), is_lasting)
    try:
        row = _row(kind, path, found.facts, _records().record_fields(kind, text, path))
    except GaitError as exc:
        row = _broken(kind, path, found.facts, exc)
    return Reading((row,), is_lasting)


def _kind_of(text: bytes, name: str) -> str:
    if name.endswith(kinds.YAML):
        from gait_engine.gate.telling import is_like_policy

        return kinds.POLICY if is_like_policy(text) else ""
    kind: str = _records().kind_of_text(text, name)
    return kind


@cache
def _records() -> ModuleType:
    """Load the readers of records once there is one: they bring half of the engine along."""
    from gait_engine.index import records

    return records


def _journal(found: Found) -> Reading:
    from gait_engine.index.journals import journal_rows

    path = found.path
    try:
        given = journal_rows(found.file, path)
    except GaitError as exc:
        return Reading((_broken(kinds.FILE, path, found.facts, exc),), is_lasting=False)
    rows = []
    for kind, line, fields, error in given:
        place = f"{path}:{line}" if line else path
        row = (
            _row(kind, place, found.facts, fields | {"line": line})
            if error is None
            else _broken(kind, place, found.facts, error, line)
        )
        rows.append(row)
    return Reading(tuple(rows), _is_still(found))


def _row(kind: str, path: str, facts: Facts, fields: dict[str, Any]) -> IndexRow:
    mtime_ns, size, inode, _ = facts
    fields.setdefault("at_ns", mtime_ns)
    return IndexRow(kind=kind, path=path, size=size, mtime_ns=mtime_ns, inode=inode, **fields)


def _broken(kind: str, path: str, facts: Facts, error: GaitError, line: int = 0) -> IndexRow:
    said = {"error_code": error.code, "error": error.message, "where": error.where, "line": line}
    return _row(kind, path, facts, said)


def _is_same(row: IndexRow, facts: Facts) -> bool:
    return (row.mtime_ns, row.size, row.inode) == (facts.mtime_ns, facts.size, facts.inode)


def _is_still(found: Found) -> bool:
    """Tell a file that was not touched while it was read."""
    try:
        return facts_of(Path(found.file).lstat()) == found.facts
    except OSError:
        return False


def _known_lines(known: Known) -> dict[str, list[IndexRow]]:
    """Gather the known lines of each journal."""
    found: dict[str, list[IndexRow]] = {}
    for row in known.values():
        if row.line:
            found.setdefault(row.path.rpartition(":")[0], []).append(row)
    return found


def _too_large(found: Found, most: int) -> InvalidInput:
    return InvalidInput(
        f"file {quoted(found.path, 200)}: {found.facts.size} bytes, expected at most {most}",
        where=found.path,
    )


def _cut_short(root: str, most: int) -> IndexRow:
    error = InvalidInput(
        f"folder {quoted(root, 200)}: more than {most} files, the rest is not listed", where=root
    )
    return _broken(kinds.FOLDER, root, Facts(0, 0, 0, 0), error)
