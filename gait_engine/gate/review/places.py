"""The files under some roots, and one record inside a journal: `FILE.jsonl:LINE`.

Links are not followed; a file reached by two roots is seen once. Everything is bounded: depth of
folders, size of a record.
"""

import os
import re
import stat
from collections.abc import Container, Iterator, Sequence
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.sinks import JOURNAL_SUFFIX
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.store.jsonl import read_lines
from gait_engine.store.walk import listed

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
ENDINGS: Final = (".json", JOURNAL_SUFFIX, ".yaml", ".yml")

_RECORDS_OF_OURS: Final = ("approval_audit_", "delegation_audit_", "credential_evidence_")
"""How files begin that the gate writes beside every trace and that nothing here needs."""

_in_journal: Final = re.compile(r"(.+\.jsonl):([1-9][0-9]{0,8})").fullmatch


class File(NamedTuple):
    """A regular file under a root; `path` begins with the root as it was given."""

    path: str
    mtime_ns: int


def walk(
    roots: Sequence[tuple[str, int]], host: Host, passed_by: Container[str] = ()
) -> Iterator[File]:
    """Yield the files that may matter, folder by folder in name order; unreadable ones are empty.

    A root is a folder and how many levels below it are searched.
    """
    seen: set[tuple[int, int]] = set()
    for root, depth in roots:
        for path, facts in _walk(root, depth, host, passed_by):
            identity = (facts.st_dev, facts.st_ino)
            if identity not in seen:
                seen.add(identity)
                yield File(path, facts.st_mtime_ns)


def is_below(path: str, root: str) -> bool:
    """Tell a path that was found under a root."""
    return path.startswith(f"{root.rstrip('/')}/")


def line_place(path: str, line: int) -> str:
    """Name a record in a journal."""
    return f"{path}:{line}"


def is_in_journal(place: str) -> bool:
    """Tell a record in a journal from a file."""
    return _in_journal(place) is not None


def read_record_text(place: str, *, host: Host, what: str) -> bytes:
    """Read a file, or the one line of a journal that `place` names.

    Raises InvalidInput for what cannot be read or has no such line, IoFailure.
    """
    named = _in_journal(place)
    if named is None:
        return read_input(place, limit=MAX_RECORD_BYTES, host=host, what=what)
    wanted = int(named[2])
    for line in read_lines(host.cwd / named[1], MAX_RECORD_BYTES, what):
        if line.number == wanted and line.terminated:
            return line.data
    raise InvalidInput(
        f"{what} {quoted(named[1], 200)}: no whole line {wanted}, expected one", where=place
    )


def _walk(
    folder: str, depth: int, host: Host, passed_by: Container[str]
) -> Iterator[tuple[str, os.stat_result]]:
    place, shown = os.fspath(host.cwd / folder), f"{folder.rstrip('/')}/"

    def may_matter(path: str) -> bool:
        if not path.endswith(ENDINGS) or path.startswith(_RECORDS_OF_OURS, len(shown)):
            return False
        return path not in passed_by

    try:
        paths, folders = listed(place, shown, may_matter)
    except OSError:
        return
    for path in paths:
        if path in folders:
            if depth:
                yield from _walk(path, depth - 1, host, passed_by)
        elif (facts := _facts(os.path.join(place, path[len(shown) :]))) is not None:  # noqa: PTH118
            yield path, facts


def _facts(file: str) -> os.stat_result | None:
    """Return the facts of a regular file; None for all else, and for one that is gone by now."""
    try:
        facts = os.lstat(file)
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None
