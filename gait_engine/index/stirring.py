"""Whether anything may have changed under some roots, told by far fewer looks than there are files.

A folder changes when a file in it comes, goes or is replaced. What is written in place is told
only of files that grow, the journals; whoever must know of more has to look at each file.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from gait_engine.contract import index as kinds
from gait_engine.contract.answers.index import IndexRow
from gait_engine.host import Host

_SETTLED_NS: Final = 2 * 10**9
"""A younger change may be followed by another of the same time."""

Stamp = tuple[int, int, int]
Stamps = Mapping[str, Stamp | None]
"""Folders and growing files with the state they were in; None where that was not yet settled."""


def stamps(rows: Iterable[IndexRow], roots: Iterable[str], since_ns: int, host: Host) -> Stamps:
    """Return what was found under the roots by a look that began at a time, to compare later."""
    found = {place: _stamp(place, host) for place in _places(rows, roots)}
    newest = since_ns - _SETTLED_NS
    return {
        place: stamp if stamp is not None and stamp[0] < newest else None
        for place, stamp in found.items()
    }


def is_stirred(before: Stamps, host: Host) -> bool:
    """Tell whether a folder or a growing file is not, or not surely, as it was."""
    return any(stamp is None or _stamp(place, host) != stamp for place, stamp in before.items())


def _places(rows: Iterable[IndexRow], roots: Iterable[str]) -> set[str]:
    """Name the roots, the folders of the rows with those above them, the files that grow."""
    places = {root.rstrip("/") or "/" for root in roots}
    for row in rows:
        path = row.path.removesuffix(f":{row.line}") if row.line else row.path
        if row.kind == kinds.SESSION or path.endswith(kinds.JOURNAL):
            places.add(path)
        folder = path.rpartition("/")[0]
        while folder and folder not in places:
            places.add(folder)
            folder = folder.rpartition("/")[0]
    return places


def _stamp(place: str, host: Host) -> Stamp | None:
    try:
        found = (host.cwd / place).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
