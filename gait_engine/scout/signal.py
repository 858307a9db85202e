"""Observing many runpacks as one stream, and joining them with evidence (scout.md 1)."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from msgspec import UNSET
from msgspec.structs import replace

from gait_engine.contract.answers.scout import SkippedFile
from gait_engine.contract.scout import Observation
from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError
from gait_engine.gate.trace import read_trace
from gait_engine.host import Host
from gait_engine.scout.engine import Engine, run
from gait_engine.scout.evidence import Evidence, gather
from gait_engine.scout.families import Seen, see
from gait_engine.scout.observe import Outcome, RunSource, observe_chunk, outcomes
from gait_engine.scout.sources import SourceFile, is_ours_alone, once

CHUNK = 64
"""Runpacks that a worker gets at a time; of no effect on the answer."""


class Inputs(NamedTuple):
    """What a scout command reads, every list sorted and without repetition."""

    runs: Sequence[RunSource]
    traces: Sequence[SourceFile] = ()
    results: Sequence[str] = ()
    keeps_going: bool = False
    """Leave out every runpack and trace that cannot be used, and say so."""
    way_out: str = ""
    """How to have them left out, where the command can."""


class Scan(NamedTuple):
    """All runs with what is known of them, and what was left out."""

    runs: list[Seen]
    evidence: Evidence
    skipped: tuple[SkippedFile, ...]


def scan(inputs: Inputs, *, host: Host, engine: Engine | None = None, chunk: int = CHUNK) -> Scan:
    """Read the evidence, then observe every runpack once; only the small observations are kept.

    Raises for the first file by path that cannot be used, InvalidInput or VerificationFailed; a
    swept-up one that only we refuse is skipped. Engine and chunk size are of no effect on it.
    """
    left_out = LeftOut(keeps_going=inputs.keeps_going, way_out=inputs.way_out)
    paths = [
        file.shown for file in once(SourceFile(path, is_swept=False) for path in inputs.results)
    ]
    evidence = gather(read_swept(inputs.traces, left_out, host), paths, host=host)
    runs = [
        see(seen, evidence, host.producer_version)
        for seen in _observed(inputs.runs, left_out, engine, chunk)
    ]
    return Scan(runs, evidence, tuple(left_out.files))


class LeftOut:
    """The files that were left out, and the rule that says which may be."""

    def __init__(self, *, keeps_going: bool = False, way_out: str = "") -> None:
        self.files: list[SkippedFile] = []
        self._keeps_going = keeps_going
        self._way_out = way_out

    def add_or_raise(self, path: str, error: GaitError, *, is_swept: bool) -> None:
        """Note a swept-up file that only we refuse, or any by request; raise every other error."""
        if self._keeps_going:
            self.files.append(SkippedFile(path=path, error_code=error.code, error=error.message))
        elif is_swept and is_ours_alone(error):
            self.files.append(SkippedFile(path=path, error_code=error.code))
        else:
            error.hint = "; ".join(filter(None, (error.hint, self._way_out)))
            raise error


def read_swept(files: Sequence[SourceFile], left_out: LeftOut, host: Host) -> Iterator[Trace]:
    """Read traces but those that are left out."""
    for file in files:
        try:
            yield read_trace(file.shown, host=host)
        except GaitError as exc:
            left_out.add_or_raise(file.shown, exc, is_swept=file.is_swept)


def _observed(
    sources: Sequence[RunSource], left_out: LeftOut, engine: Engine | None, chunk: int
) -> Iterator[Observation]:
    chunks = (tuple(sources[at : at + chunk]) for at in range(0, len(sources), chunk))
    shared: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}
    for encoded in run(observe_chunk, chunks, engine):
        for outcome in outcomes(encoded):
            if (seen := _kept(outcome, left_out)) is not None:
                # runs of one workflow mostly share their facets: keep those once
                yield replace(seen, facets=shared.setdefault(seen.facets, seen.facets))


def _kept(outcome: Outcome, left_out: LeftOut) -> Observation | None:
    if outcome.fault is not UNSET:
        error = outcome.fault.as_error()
        left_out.add_or_raise(outcome.source, error, is_swept=outcome.is_swept)
    return None if outcome.observation is UNSET else outcome.observation
