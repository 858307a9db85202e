"""The run that a new fixture judges: the one that is named, or the newest that did otherwise."""

from collections.abc import Sequence
from typing import NamedTuple

from gait_engine.api.regresssource import Found, Verified, verified
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.layout import Located, is_path, resolve_runpack, searched_places


class Against(NamedTuple):
    """A run to judge: where it was found, and its verified runpack."""

    path: str
    run: Verified


def found_against(given: Sequence[str], pinned: Found, run_id: str, host: Host) -> Against | None:
    """Return the run that a fixture of `pinned` is to judge; None where nothing was asked or found.

    One runpack or run id is that run. Folders are searched for the newest run, later than the
    pinned one, that began with the same call and did otherwise. Raises InvalidInput,
    VerificationFailed.
    """
    if not given:
        return None
    if len(given) == 1 and not (host.cwd / given[0]).is_dir():
        located = resolve_runpack(given[0], host)
    elif not (newest := _newest(given, pinned, run_id, host)):
        return None
    else:
        located = Located(host.cwd / newest, newest)
    return Against(located.shown, verified(located, host))


def no_candidate(given: str, host: Host) -> InvalidInput:
    """Build the error of a candidate that is nowhere."""
    places = [given] if is_path(given) else [place for place, _ in searched_places(given, host)]
    tried = " and ".join(quoted(place, 200) for place in places)
    return InvalidInput(
        f"option --candidate: {quoted(given, 200)}, nothing at {tried}, expected a runpack, a run "
        "id, or a folder with NAME.zip for each fixture",
        where="--candidate",
        hint="see the recorded runs: gait index",
    )


def _newest(given: Sequence[str], pinned: Found, run_id: str, host: Host) -> str:
    from gait_engine.api.scout import RunsRequest, scanned
    from gait_engine.scout.proven import parted

    request = RunsRequest(sources=(*given, pinned.located.shown), keeps_going=True)
    runs = scanned(request, host).runs
    mine = next((run for run in runs if run.observation.source == pinned.located.shown), None)
    mine = mine or next((run for run in runs if run.observation.run_id == run_id), None)
    if mine is None:
        raise InvalidInput(
            f"run {quoted(run_id)}: in no runpack of {quoted(', '.join(given), 200)}, expected it"
            " beside the others",
            where="--against",
            hint="name the run to judge: --against RUN",
        )
    newest = parted(runs, mine)
    return newest.observation.source if newest else ""
