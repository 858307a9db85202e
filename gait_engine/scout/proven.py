"""Drivers proven by comparing runs, and the first run that behaves otherwise.

A family is compared with the run right before its first one among those that called the same
tools in the same order. Contract: compat.md (proven_drivers).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from gait_engine.contract.answers.scout import Change, ProvenDriver
from gait_engine.contract.scout import Observation, SignalReport
from gait_engine.scout.evidence import Evidence
from gait_engine.scout.facets import ACTIONS, differences, driver_of
from gait_engine.scout.families import Seen, family_id
from gait_engine.wire.timestamps import to_ns

Place = tuple[int, str, str]


class Bisection(NamedTuple):
    """Two neighbours between which behaviour changed; `is_monotone`: it never changed back."""

    last_same: Observation
    first_changed: Observation
    is_monotone: bool


def place(run: Observation) -> Place:
    """Return where a run stands in time; run id and source decide between equal times."""
    return to_ns(run.created_at), run.run_id, run.source


def prove(report: SignalReport, runs: Iterable[Seen], evidence: Evidence) -> list[ProvenDriver]:
    """Compare each family with what came before it; by family order, then driver."""
    workflows: dict[tuple[str, ...], list[Seen]] = {}
    for run in runs:
        workflows.setdefault(run.observation.action_sequence, []).append(run)
    by_family: dict[str, list[ProvenDriver]] = {}
    for workflow in workflows.values():
        for proof in _proofs(workflow, evidence):
            by_family.setdefault(proof.family_id, []).append(proof)
    return [proof for family in report.families for proof in by_family.get(family.family_id, [])]


def facets_of(run: Observation, evidence: Evidence) -> dict[str, str]:
    """Return every fact about a run that is compared."""
    facets = dict(run.facets)
    if known := evidence.get(run.run_id):
        facets |= {path: "|".join(sorted(values)) for path, values in known.facets.items()}
    return facets


def changes(before: Observation, after: Observation, evidence: Evidence) -> tuple[Change, ...]:
    """Return what differs between two runs, the sequence of their tools included."""
    left, right = facets_of(before, evidence), facets_of(after, evidence)
    left[ACTIONS] = ", ".join(before.action_sequence)
    right[ACTIONS] = ", ".join(after.action_sequence)
    return tuple(
        Change(
            path=path,
            driver=driver_of(path),
            before=left.get(path, ""),
            after=right.get(path, ""),
        )
        for path in differences(left, right)
    )


def bisect(runs: Sequence[Seen], good: Place, bad: Place) -> Bisection | None:
    """Find the first run from `good` up to `bad` with another fingerprint than the good one.

    `runs` are the candidates in order of time. None where all behave alike.
    """
    span = [run for run in runs if good <= place(run.observation) <= bad]
    same = span[0].fingerprint.fingerprint
    alike = [run.fingerprint.fingerprint == same for run in span]
    if all(alike):
        return None
    first = alike.index(False)
    return Bisection(
        last_same=span[first - 1].observation,
        first_changed=span[first].observation,
        is_monotone=not any(alike[first:]),
    )


def candidates(runs: Iterable[Seen], good: Observation, bad: Observation) -> list[Seen]:
    """Return the runs to bisect, in order of time.

    Where both ends call the same tools in the same order, runs that do not are other workflows;
    where the ends differ in it, any run may be the one in which it changed.
    """
    workflow = good.action_sequence
    is_kept = workflow == bad.action_sequence
    kept = (run for run in runs if not is_kept or run.observation.action_sequence == workflow)
    return sorted(kept, key=lambda run: place(run.observation))


def parted(runs: Iterable[Seen], since: Seen) -> Seen | None:
    """Return the newest run later than `since` that began with the same call and did otherwise.

    Runs that began alike are taken for the same job; one that called nothing has none.
    """
    begun = since.observation.first_call
    later = (
        run
        for run in runs
        if run.observation.first_call == begun
        and place(run.observation) > place(since.observation)
        and run.fingerprint.fingerprint != since.fingerprint.fingerprint
    )
    return max(later, key=lambda run: place(run.observation), default=None) if begun else None


def _proofs(workflow: list[Seen], evidence: Evidence) -> Iterator[ProvenDriver]:
    ordered = sorted(workflow, key=lambda run: place(run.observation))
    known = {ordered[0].fingerprint.fingerprint}
    for before, after in pairwise(ordered):
        if after.fingerprint.fingerprint not in known:
            known.add(after.fingerprint.fingerprint)
            yield from _proof(before, after, evidence)


def _proof(before: Seen, after: Seen, evidence: Evidence) -> Iterator[ProvenDriver]:
    left, right = before.observation, after.observation
    by_driver: dict[str, list[str]] = {}
    for path in differences(facets_of(left, evidence), facets_of(right, evidence)):
        by_driver.setdefault(driver_of(path), []).append(path)
    for driver in sorted(by_driver):
        yield ProvenDriver(
            family_id=family_id(after.fingerprint.fingerprint),
            driver=driver,
            from_run_id=left.run_id,
            to_run_id=right.run_id,
            from_source=left.source,
            to_source=right.source,
            changed=tuple(by_driver[driver]),
        )
