"""The files under some roots, and one record inside a journal: `FILE.jsonl:LINE`.

Links are not followed; a file reached by two roots is seen once. Everything is bounded: depth of
folders, size of a record.
"""

import os
import re
import stat
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.sinks import JOURNAL_SUFFIX
from gait_engine.host import Host
from gait_engine.store.inputs import read_input
from gait_engine.store.jsonl import read_lines

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
ENDINGS: Final = (".json", JOURNAL_SUFFIX, ".yaml", ".yml")

_RECORDS_OF_OURS: Final = ("approval_audit_", "delegation_audit_", "credential_evidence_")
"""How files begin that the gate writes beside every trace and that nothing here needs."""

_in_journal: Final = re.compile(r"(.+\.jsonl):([1-9][0-9]{0,8})").fullmatch


class File(NamedTuple):
    """A regular file under a root; `path` begins with the root as it was given."""

    path: str
    mtime_ns: int


def walk(roots: Sequence[tuple[str, int]], host: Host) -> Iterator[File]:
    """Yield the files that may matter, folder by folder in name order; unreadable ones are empty.

    A root is a folder and how many levels below it are searched.
    """
    seen: set[tuple[int, int]] = set()
    for root, depth in roots:
        for path, facts in _walk(root, depth, host):
            identity = (facts.st_dev, facts.st_ino)
            if identity not in seen:
                seen.add(identity)
                yield File(path, facts.st_mtime_ns)


def root_state(root: str, host: Host) -> str:
    """Say whether a root can be searched: `ok`, `missing` or `unreadable`."""
    try:
        with os.scandir(host.cwd / root):
            return "ok"
    except FileNotFoundError:
        return "missing"
    except OSError:
        return "unreadable"


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


def _walk(folder: str, depth: int, host: Host) -> Iterator[tuple[str, os.stat_result]]:
    try:
        entries = sorted(os.scandir(host.cwd / folder), key=lambda entry: entry.name, reverse=True)
    except OSError:
        return
    while entries:
        entry = entries.pop()  # of a hundred thousand none is kept longer than it is needed
        shown = f"{folder.rstrip('/')}/{entry.name}"
        if entry.is_dir(follow_symlinks=False):
            if depth:
                yield from _walk(shown, depth - 1, host)
        elif _may_matter(entry.name) and (facts := _facts(entry)) is not None:
            yield shown, facts


def _may_matter(name: str) -> bool:
    return name.endswith(ENDINGS) and not name.startswith(_RECORDS_OF_OURS)


def _facts(entry: os.DirEntry[str]) -> os.stat_result | None:
    """Return the facts of a regular file; None for all else, and for one that is gone by now."""
    try:
        facts = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return facts if stat.S_ISREG(facts.st_mode) else None
