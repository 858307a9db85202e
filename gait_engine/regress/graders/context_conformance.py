"""Whether a candidate was given the context that its fixture was given (regress.md 3.5)."""

from typing import Final

from gait_engine.contract.regress import REQUIRED, Detail, Fixture
from gait_engine.contract.runpack import Refs
from gait_engine.regress.graders.case import (
    Case,
    Grade,
    Grader,
    Recorded,
    Strictness,
    with_candidate,
)
from gait_engine.runpack.diff import without_fetching
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import same_digest

_NONE: Final = "none"
_RUNTIME_ONLY: Final = "runtime_only"
_SEMANTIC: Final = "semantic"
_MISSING: Final = "missing"


def is_asked_for(fixture: Fixture) -> bool:
    """Tell whether a fixture wants the contexts of its whole set to be judged."""
    return bool(
        fixture.context_conformance
        or fixture.expected_context_set_digest
        or fixture.allow_context_runtime_drift
    )


def drift_class(left: Refs, right: Refs) -> str:
    """Classify a change of context; unlike in `run diff`, who recorded it and when counts."""
    if canonical_record(left) == canonical_record(right):
        return _NONE
    return _RUNTIME_ONLY if without_fetching(left) == without_fetching(right) else _SEMANTIC


def _grade(case: Case) -> Grade:
    grade = with_candidate(case, "candidate_runpack_invalid", _judged)
    return grade if grade.context_conformance else grade._replace(context_conformance=_MISSING)


def _judged(case: Case, candidate: Recorded) -> Grade:
    left, right = case.source.pack.refs, candidate.pack.refs
    drift = drift_class(left, right)
    details: dict[str, Detail] = {
        "candidate_runpack": case.candidate.path,
        "context_set_digest_fixture": left.context_set_digest,
        "context_set_digest_candidate": right.context_set_digest,
        "context_changed": drift != _NONE,
        "context_runtime_only": drift == _RUNTIME_ONLY,
    }
    if not _is_expected(case.fixture, right.context_set_digest) and drift != _RUNTIME_ONLY:
        return Grade(False, ("context_set_digest_mismatch",), details, _SEMANTIC)
    if not _is_enforced(case.fixture, case.strictness):
        return Grade(True, ("context_conformance_not_required",), details, drift)
    if not right.context_set_digest:
        return Grade(False, ("context_evidence_missing",), details, _MISSING)
    if reason := _blocked(drift, case):
        return Grade(False, (reason,), details, drift)
    return Grade(True, ("context_conformance_pass",), details, drift)


def _is_expected(fixture: Fixture, found: str) -> bool:
    expected = fixture.expected_context_set_digest
    return not expected or same_digest(expected, found)


def _is_enforced(fixture: Fixture, strictness: Strictness) -> bool:
    return bool(
        strictness.context_conformance
        or fixture.context_conformance == REQUIRED
        or fixture.expected_context_set_digest
    )


def _blocked(drift: str, case: Case) -> str:
    """Return the reason why a drift must not pass; empty for one that may."""
    if drift == _SEMANTIC:
        return "context_semantic_drift"
    may_drift = case.strictness.allow_runtime_drift or case.fixture.allow_context_runtime_drift
    return "context_runtime_drift_blocked" if drift == _RUNTIME_ONLY and not may_drift else ""


CONTEXT_CONFORMANCE: Final = Grader("context_conformance", _grade)
