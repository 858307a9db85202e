"""`gait index`: the artifacts under some folders, read for a list, never verified.

An artifact that cannot be read keeps its row with the error, so that nothing is hidden. By
default ./gait-out and ~/.gait/runpacks are searched, and of the working directory what lies in it
directly, since the gate and `gait regress run` write there.
"""

from collections.abc import Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from gait_engine.contract.answers.inbox import InboxAnswer
from gait_engine.contract.answers.index import IndexAnswer, IndexRow, SearchedRoot
from gait_engine.contract.index import LIMITS, Limits
from gait_engine.contract.review import ReviewSetting
from gait_engine.host import Host
from gait_engine.index import scan as engine
from gait_engine.index import stirring
from gait_engine.index.kept import opened_cache
from gait_engine.index.scan import Known, Place
from gait_engine.store.layout import HOME_RUNPACKS, OUT_DIR
from gait_engine.store.walk import MAX_DEPTH, named_root, root_state

if TYPE_CHECKING:
    from gait_engine.index.inbox import Proceed

Stamps = stirring.Stamps
_NOTHING_KNOWN: Final[Known] = {}
_OUT: Final = OUT_DIR.removeprefix("./")


def _always() -> bool:
    return True


def index(
    roots: Sequence[str] = (), *, limits: Limits = LIMITS, host: Host, use_cache: bool = True
) -> IndexAnswer:
    """List every artifact under the roots, newest first; raises InvalidInput for an empty root."""
    rows = newest_first(scan(roots, limits=limits, host=host, use_cache=use_cache))
    counted = _searched_roots(rows, _places(roots, host), host)
    return IndexAnswer(ok=True, roots=counted, rows=tuple(rows))


def scan(
    roots: Sequence[str] = (),
    *,
    host: Host,
    known: Known = _NOTHING_KNOWN,
    limits: Limits = LIMITS,
    use_cache: bool = True,
) -> Iterator[IndexRow]:
    """Yield a row per artifact as it is found; one thread must ask for all of them.

    A path whose modification time, size and inode equal its `known` row yields that row unread.
    The cache under $XDG_CACHE_HOME spares reading what no row is known of; it never changes a row.
    """
    with opened_cache(host, is_used=use_cache) as cache:
        places = _places(roots, host)
        yield from engine.scan(places, host=host, known=known, cache=cache, limits=limits)


def inbox(
    rows: Sequence[IndexRow],
    setting: ReviewSetting | None = None,
    *,
    host: Host,
    use_cache: bool = True,
    proceed: "Proceed" = _always,
) -> InboxAnswer:
    """Say what of the rows needs a person, worst first, then newest.

    Every runpack, chain and pack among them is verified once for each state of its file. `setting`
    says where approvals are looked for and with which keys; its roots are those of the rows. Once
    `proceed` says no, nothing more is read or verified. Raises InvalidInput for a key or an
    inventory that cannot be used; IoFailure.
    """
    from gait_engine.index.inbox import inbox as sorted_out

    chosen = setting or setting_of((), host=host)
    with opened_cache(host, is_used=use_cache) as cache:
        found = sorted_out(rows, chosen, host=host, cache=cache, proceed=proceed)
    places = tuple(Place(*root) for root in chosen.roots)
    return replace(found, roots=_searched_roots(rows, places, host))


def find_inbox(
    roots: Sequence[str] = (),
    *,
    setting: ReviewSetting | None = None,
    limits: Limits = LIMITS,
    host: Host,
    use_cache: bool = True,
) -> InboxAnswer:
    """Search the roots, not those of `setting`, then say what needs a person, as `inbox` does."""
    places = _places(roots, host)
    setting = setting._replace(roots=places) if setting else ReviewSetting(roots=places)
    rows = newest_first(scan(roots, limits=limits, host=host, use_cache=use_cache))
    return inbox(rows, setting, host=host, use_cache=use_cache)


def settled_traces(rows: Known) -> Container[str]:
    """Tell the traces, among rows by path, of calls that nobody was asked about.

    They say nothing about what waits: `pending` and `review.show` may pass them by.
    """
    from gait_engine.index.waiting import SettledTraces

    return SettledTraces(rows)


def setting_of(roots: Sequence[str] = (), *, host: Host) -> ReviewSetting:
    """Return where approvals are looked for when the roots of an index are searched; no keys."""
    return ReviewSetting(roots=_places(roots, host))


def searched(roots: Sequence[str] = (), *, host: Host) -> tuple[SearchedRoot, ...]:
    """Say of each root whether it can be searched."""
    return tuple(
        SearchedRoot(path=place.path, state=root_state(place.path, host))
        for place in _places(roots, host)
    )


def stamps(
    rows: Iterable[IndexRow], roots: Sequence[str] = (), *, since_ns: int, host: Host
) -> Stamps:
    """Return what tells later whether a new scan may find anything else than these rows.

    `since_ns` is when the scan that found them began.
    """
    return stirring.stamps(rows, (place.path for place in _places(roots, host)), since_ns, host)


def is_stirred(before: Stamps, *, host: Host) -> bool:
    """Tell whether files may have come, gone, been replaced or grown since some stamps."""
    return stirring.is_stirred(before, host)


def counted(
    rows: Sequence[IndexRow], roots: Sequence[str] = (), *, host: Host
) -> tuple[SearchedRoot, ...]:
    """Say of each root what `index` says, by rows that were found already."""
    return _searched_roots(rows, _places(roots, host), host)


def newest_first(rows: Iterable[IndexRow]) -> list[IndexRow]:
    """Put rows in the order of `gait index`: newest first, then by path."""
    return engine.newest_first(rows)


def _places(roots: Sequence[str], host: Host) -> tuple[Place, ...]:
    if roots:
        return tuple(Place(named_root(root), MAX_DEPTH) for root in roots)
    at_home = str(host.home / HOME_RUNPACKS)
    return (Place(_OUT, MAX_DEPTH), Place(at_home, MAX_DEPTH), Place(".", 0))


def _searched_roots(
    rows: Sequence[IndexRow], places: Sequence[Place], host: Host
) -> tuple[SearchedRoot, ...]:
    return tuple(_searched_root(rows, place, host) for place in places)


def _searched_root(rows: Sequence[IndexRow], place: Place, host: Host) -> SearchedRoot:
    held = [row for row in rows if _is_held(row.path, place)]
    return SearchedRoot(
        path=place.path,
        state=root_state(place.path, host),
        artifacts=len(held),
        unread=sum(bool(row.error_code) for row in held),
    )


def _is_held(path: str, place: Place) -> bool:
    start = f"{place.path.rstrip('/')}/"
    return path.startswith(start) and (place.depth > 0 or "/" not in path[len(start) :])
