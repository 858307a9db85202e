"""The families of the newest runs, as `gait scout signal` finds them, without a report."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.scout import Family
from gait_engine.host import Host
from gait_engine.scout.families import Seen, build_report, see
from gait_engine.scout.observe import RunSource, observe_chunk, outcomes
from gait_engine.scout.sources import is_runpack_name

MOST_RUNS: Final = 1_000
_CHUNK: Final = 64


def families(rows: Iterable[IndexRow], host: Host) -> tuple[list[Family], int]:
    """Group the newest runs by behaviour, gravest family first; also say how many there were.

    What is not named as a runpack is left out, as of a folder that `scout signal` sweeps; so is a
    run that cannot be read: that is another item's affair.
    """
    named = (row for row in rows if is_runpack_name(row.path.rpartition("/")[2]))
    newest = sorted(named, key=lambda row: (-row.at_ns, row.path))[:MOST_RUNS]
    seen = list(_seen(newest, host))
    return list(build_report(seen, host.producer_version).families), len(seen)


def _seen(rows: Sequence[IndexRow], host: Host) -> Iterator[Seen]:
    sources = [RunSource(row.path, str(host.cwd / row.path), is_swept=True) for row in rows]
    for at in range(0, len(sources), _CHUNK):
        for outcome in outcomes(observe_chunk(tuple(sources[at : at + _CHUNK]))):
            if outcome.observation:
                yield see(outcome.observation, {}, host.producer_version)
