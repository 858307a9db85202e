"""Loading a fixture for judgement: every path stays inside, every record is read.

Contract: regress.md 2.4; paths taken from data: compat.md.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

from gait_engine.contract.regress import FIXTURE_FILE, ConfigEntry, Fixture
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.host import Host
from gait_engine.regress.fixture import read_fixture
from gait_engine.regress.graders.case import Candidate, Case, Recorded, Strictness
from gait_engine.runpack.read import open_runpack
from gait_engine.store.layout import Located, is_there
from gait_engine.store.safepath import clean, contained, join, safe_name


class Wanted(NamedTuple):
    """How fixtures are to be judged: strictly or not, and against which runs.

    `candidate` is a runpack for the only fixture, `candidates` a folder with one for each; both
    are the operator's own and may lie anywhere.
    """

    strictness: Strictness = Strictness()
    candidate: Located | None = None
    candidates: str = ""


@contextmanager
def opened_case(entry: ConfigEntry, wanted: Wanted, host: Host) -> Iterator[Case]:
    """Open a fixture and its candidate.

    Raises GaitError for a fixture that cannot be judged; a candidate that cannot be read is a
    part of the case.
    """
    path = clean(entry.runpack)
    _require_inside(path, "fixture runpack", host)
    fixture_path = join(path.rpartition("/")[0], FIXTURE_FILE)
    _require_inside(fixture_path, "fixture", host)
    with ExitStack() as stack:
        source = open_recorded(stack, Located(host.cwd / path, path))
        fixture = read_fixture(fixture_path, host=host)
        _require_same(entry, fixture, source)
        located = _candidate(entry, fixture, path, wanted, host)
        if located.shown == path:
            candidate = Candidate(path, source)
        else:
            candidate = _opened_candidate(stack, located)
        yield Case(entry.name, path, fixture, source, candidate, wanted.strictness)


def open_recorded(stack: ExitStack, located: Located) -> Recorded:
    """Open a runpack until the stack ends and read all its records. Raises GaitError."""
    pack = stack.enter_context(open_runpack(located.path, shown=located.shown))
    return Recorded(pack, tuple(pack.intents()), tuple(pack.results()))


def _opened_candidate(stack: ExitStack, located: Located) -> Candidate:
    if not is_there(located.path):
        missing = InvalidInput(
            f"candidate {quoted(located.shown, 200)}: no such file, expected a runpack",
            where=located.shown,
        )
        return Candidate(located.shown, missing, is_missing=True)
    try:
        return Candidate(located.shown, open_recorded(stack, located))
    except (InvalidInput, VerificationFailed) as exc:
        return Candidate(located.shown, exc)


def _candidate(
    entry: ConfigEntry, fixture: Fixture, path: str, wanted: Wanted, host: Host
) -> Located:
    """Find the run to compare: the operator's, else the one the fixture names, else its own."""
    if wanted.candidate is not None:
        return wanted.candidate
    if wanted.candidates:
        shown = conventional_path(wanted.candidates, entry, host)
        return Located(host.cwd / shown, shown)
    named = fixture.candidate_runpack
    if not named:
        return Located(host.cwd / path, path)
    is_absolute = named.startswith("/")
    shown = clean(named) if is_absolute else join(path.rpartition("/")[0], named)
    _require_inside(shown, "candidate runpack", host)
    return Located(host.cwd / shown, shown)


def conventional_path(folder: str, entry: ConfigEntry, host: Host) -> str:
    """Return where a folder of candidates holds that of a fixture, whether it is there or not.

    `<name>.zip`, then `<name>/runpack.zip`, then `runpack_<run id>.zip`. Raises InvalidInput for
    a name that would leave the folder.
    """
    name = safe_name(entry.name, what="fixture name", code="path_unsafe")
    places = [join(folder, f"{name}.zip"), join(folder, f"{name}/runpack.zip")]
    if entry.run_id:
        run = safe_name(entry.run_id, prefix="runpack_", suffix=".zip", code="path_unsafe")
        places.append(join(folder, run))
    return next((place for place in places if is_there(host.cwd / place)), places[0])


def _require_inside(path: str, what: str, host: Host) -> None:
    contained(host.cwd, Path(path), what)


def _require_same(entry: ConfigEntry, fixture: Fixture, source: Recorded) -> None:
    """Raise InvalidInput unless config, fixture and runpack speak of one fixture and one run."""
    found = source.pack.run.run_id
    for what, value, expected in (
        ("fixture name", fixture.name, entry.name),
        ("fixture run_id", fixture.run_id, entry.run_id or fixture.run_id),
        ("runpack run_id", found, fixture.run_id),
    ):
        if value != expected:
            raise InvalidInput(
                f"{what} of {quoted(entry.name)}: {quoted(value)}, expected {quoted(expected)}",
                where=source.pack.path,
                hint="pin the fixture again: gait regress init",
            )


def is_broken(error: GaitError) -> bool:
    """Tell a fixture that cannot be judged from trouble of the machine."""
    return isinstance(error, InvalidInput | VerificationFailed)
