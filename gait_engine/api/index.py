"""`gait index`: the artifacts under some folders, read for a list, never verified.

An artifact that cannot be read keeps its row with the error, so that nothing is hidden. By
default ./gait-out and ~/.gait/runpacks are searched, and of the working directory what lies in it
directly, since the gate and `gait regress run` write there.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gait_engine.contract.answers.index import IndexAnswer, IndexRow, SearchedRoot
from gait_engine.host import Host
from gait_engine.index import scan as engine
from gait_engine.index.scan import Known, Place
from gait_engine.store.layout import HOME_RUNPACKS, OUT_DIR
from gait_engine.store.walk import MAX_DEPTH, root_state

_NOTHING_KNOWN: Final[Known] = {}


def index(roots: Sequence[str] = (), *, host: Host) -> IndexAnswer:
    """List every artifact under the roots, newest first."""
    rows = newest_first(scan(roots, host=host))
    counted = tuple(
        SearchedRoot(
            path=place.path, state=root_state(place.path, host), artifacts=_count(rows, place)
        )
        for place in _places(roots, host)
    )
    return IndexAnswer(ok=True, roots=counted, rows=tuple(rows))


def scan(
    roots: Sequence[str] = (), *, host: Host, known: Known = _NOTHING_KNOWN
) -> Iterator[IndexRow]:
    """Yield a row per artifact as it is found.

    A path whose modification time, size and inode equal its `known` row yields that row unread.
    """
    yield from engine.scan(_places(roots, host), host=host, known=known)


def searched(roots: Sequence[str] = (), *, host: Host) -> tuple[SearchedRoot, ...]:
    """Say of each root whether it can be searched."""
    return tuple(
        SearchedRoot(path=place.path, state=root_state(place.path, host))
        for place in _places(roots, host)
    )


def newest_first(rows: Iterable[IndexRow]) -> list[IndexRow]:
    """Put rows in the order of `gait index`: newest first, then by path."""
    return engine.newest_first(rows)


def _places(roots: Sequence[str], host: Host) -> tuple[Place, ...]:
    if roots:
        return tuple(Place(root, MAX_DEPTH) for root in roots)
    at_home = str(host.home / HOME_RUNPACKS)
    return (Place(OUT_DIR, MAX_DEPTH), Place(at_home, MAX_DEPTH), Place(".", 0))


def _count(rows: Sequence[IndexRow], place: Place) -> int:
    start = f"{place.path.rstrip('/')}/"
    below = (row.path[len(start) :] for row in rows if row.path.startswith(start))
    return sum(place.depth > 0 or "/" not in path for path in below)
