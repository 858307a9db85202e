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
    skipped: list[SkippedFile] = []
    paths = [
        file.shown for file in once(SourceFile(path, is_swept=False) for path in inputs.results)
    ]
    evidence = gather(read_swept(inputs.traces, skipped, host), paths, host=host)
    runs = [
        see(seen, evidence, host.producer_version)
        for seen in _observed(inputs.runs, skipped, engine, chunk)
    ]
    return Scan(runs, evidence, tuple(skipped))


def read_swept(
    files: Sequence[SourceFile], skipped: list[SkippedFile], host: Host
) -> Iterator[Trace]:
    """Read traces; what only we refuse of a swept folder goes to `skipped`."""
    for file in files:
        try:
            yield read_trace(file.shown, host=host)
        except GaitError as exc:
            skip_or_raise(file.shown, exc, skipped, is_swept=file.is_swept)


def skip_or_raise(
    path: str, error: GaitError, skipped: list[SkippedFile], *, is_swept: bool
) -> None:
    """Note a swept-up file that only we refuse; raise every other error."""
    if not (is_swept and is_ours_alone(error)):
        raise error
    skipped.append(SkippedFile(path=path, error_code=error.code))


def _observed(
    sources: Sequence[RunSource], skipped: list[SkippedFile], engine: Engine | None, chunk: int
) -> Iterator[Observation]:
    chunks = (tuple(sources[at : at + chunk]) for at in range(0, len(sources), chunk))
    shared: dict[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]] = {}
    for encoded in run(observe_chunk, chunks, engine):
        for outcome in outcomes(encoded):
            if (seen := _kept(outcome, skipped)) is not None:
                # runs of one workflow mostly share their facets: keep those once
                yield replace(seen, facets=shared.setdefault(seen.facets, seen.facets))


def _kept(outcome: Outcome, skipped: list[SkippedFile]) -> Observation | None:
    if outcome.fault is not UNSET:
        error = outcome.fault.as_error()
        skip_or_raise(outcome.source, error, skipped, is_swept=outcome.is_swept)
    return None if outcome.observation is UNSET else outcome.observation
