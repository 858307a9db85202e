"""Whether a candidate differs from its fixture only where it may (regress.md 3.4)."""

from typing import Final

from gait_engine.contract import runpack as contract
from gait_engine.contract.answers.run import PRIVACY_FULL
from gait_engine.contract.regress import Detail
from gait_engine.regress.graders.case import Case, Grade, Grader, Recorded, with_candidate
from gait_engine.runpack.diff import Sides, diff_runpacks
from gait_engine.runpack.read import OpenRunpack


def changed_files(left: OpenRunpack, right: OpenRunpack) -> tuple[str, ...]:
    """Name the members in which two runs differ, sorted; who recorded them and when is nothing."""
    if left is right:
        return ()
    summary = diff_runpacks(Sides(left, right, PRIVACY_FULL))
    changed = {
        contract.MANIFEST: summary.manifest_changed,
        contract.INTENTS: summary.intents_changed,
        contract.RESULTS: summary.results_changed,
        contract.REFS: summary.refs_changed,
    }
    names = {name for name, is_changed in changed.items() if is_changed}
    return tuple(sorted(names.union(summary.files_changed), key=str.encode))


def _grade(case: Case) -> Grade:
    return with_candidate(case, "diff_error", _judged)


def _judged(case: Case, candidate: Recorded) -> Grade:
    changed = changed_files(case.source.pack, candidate.pack)
    allowed = case.fixture.diff_allow_changed_files
    details: dict[str, Detail] = {
        "candidate_runpack": case.candidate.path,
        "changed_files": changed,
        "allowed_files": allowed,
    }
    unexpected = tuple(name for name in changed if name not in allowed)
    if not unexpected:
        return Grade(True, (), details)
    return Grade(False, ("unexpected_diff",), details | {"unexpected_files": unexpected})


DIFF: Final = Grader("diff", _grade)
