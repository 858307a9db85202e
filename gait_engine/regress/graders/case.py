"""What a grader is given and what it returns (regress.md 3)."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from gait_engine.contract.regress import Detail, Fixture
from gait_engine.contract.runpack import Intent, Result
from gait_engine.errors import GaitError
from gait_engine.runpack.read import OpenRunpack


class Recorded(NamedTuple):
    """An open runpack and its records, all of them read."""

    pack: OpenRunpack
    intents: tuple[Intent, ...]
    results: tuple[Result, ...]


class Candidate(NamedTuple):
    """The run that is compared with a fixture: its path as shown, and the run or its fault."""

    path: str
    recorded: Recorded | GaitError
    is_missing: bool = False


class Strictness(NamedTuple):
    """What the operator asks of the context of every fixture."""

    context_conformance: bool = False
    allow_runtime_drift: bool = False


class Case(NamedTuple):
    """One fixture under judgement; `path` is its runpack as shown."""

    name: str
    path: str
    fixture: Fixture
    source: Recorded
    candidate: Candidate
    strictness: Strictness


class Grade(NamedTuple):
    """A judgement: the reason codes need not be sorted."""

    passed: bool
    reasons: tuple[str, ...]
    details: Mapping[str, Detail]
    context_conformance: str = ""


class Grader(NamedTuple):
    """A grader's name, which is part of its results, and its judgement."""

    name: str
    grade: Callable[[Case], Grade]


def with_candidate(case: Case, unreadable: str, judge: Callable[[Case, Recorded], Grade]) -> Grade:
    """Judge a candidate that can be read; `unreadable` is the reason for one that cannot."""
    recorded = case.candidate.recorded
    if isinstance(recorded, GaitError):
        reason = "candidate_path_invalid" if case.candidate.is_missing else unreadable
        return failed_with(recorded, reason)
    return judge(case, recorded)


def failed_with(error: GaitError, reason: str) -> Grade:
    """Fail for an error, which is all that such a judgement tells."""
    return Grade(False, (reason,), {"error": error.message})
