"""Scout and report answers as text: what to look at first, then where the rest is."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.scout import (
    BisectAnswer,
    SignalAnswer,
    SkippedFile,
    SnapshotAnswer,
    SnapshotDiffAnswer,
    TopAnswer,
)


def _signal(answer: SignalAnswer) -> Iterator[str]:
    if answer.report is UNSET:
        return
    yield (
        f"scout signal ok: runs={answer.run_count} families={answer.family_count}"
        f" top_issues={answer.top_issues}"
    )
    yield f"output: {answer.output_path}"
    for issue in answer.report.top_issues[:1]:
        yield (
            f"top_issue: family={issue.family_id} severity={issue.severity_level}"
            f" score={issue.severity_score} reason={issue.top_failure_reason}"
        )
    for proof in answer.proven_drivers:
        yield (
            f"proven: family={proof.family_id} {proof.driver} from={proof.from_run_id}"
            f" to={proof.to_run_id} changed={','.join(proof.changed)}"
        )
    yield from _skipped(answer.skipped)


def _bisect(answer: BisectAnswer) -> Iterator[str]:
    if not answer.ok:
        return
    yield f"first changed: {answer.first_changed_run_id}  {answer.first_changed_source}"
    yield f"last same:     {answer.last_same_run_id}  {answer.last_same_source}"
    yield f"stays changed: {'yes' if answer.is_monotone else 'no, it changes back'}"
    for change in answer.changed:
        yield f"  {change.path}: {change.before or '(none)'} -> {change.after or '(none)'}"
    yield from _skipped(answer.skipped)


def _snapshot(answer: SnapshotAnswer) -> Iterator[str]:
    if not answer.ok:
        return
    yield f"scout snapshot ok: {answer.snapshot_id} items={answer.items}"
    yield f"output: {answer.snapshot_path}"
    if answer.coverage is not UNSET:
        coverage = answer.coverage
        yield (
            f"coverage: {coverage.coverage_percent}% of {coverage.discovered_tools} tools,"
            f" {coverage.high_risk_ungated_tools} of high risk are not gated"
        )
        yield from (f"  not gated: {item}" for item in coverage.high_risk_ungated_tool_ids)
    yield from _skipped(answer.skipped)


def _diff(answer: SnapshotDiffAnswer) -> Iterator[str]:
    if answer.diff is UNSET:
        return
    diff = answer.diff
    yield (
        f"scout diff: added={diff.added_count} removed={diff.removed_count}"
        f" changed={diff.changed_count}"
    )
    yield from (f"+ {item.id}  {item.locator}" for item in diff.added)
    yield from (f"- {item.id}  {item.locator}" for item in diff.removed)
    for item in diff.changed:
        yield f"~ {item.id}  {item.before_locator} -> {item.after_locator}"


def _top(answer: TopAnswer) -> Iterator[str]:
    if answer.report is UNSET:
        return
    yield f"report top ok: runs={answer.run_count} actions={answer.action_count}"
    yield f"output: {answer.output_path}"
    for action in answer.report.top_actions:
        yield (
            f"{action.rank:2}. {action.score:4} {action.tool_class:11} {action.tool_name}"
            f"  {action.run_id}  {action.source_artifact}"
        )
    yield from _skipped(answer.skipped)


def _skipped(files: tuple[SkippedFile, ...]) -> Iterator[str]:
    yield from (f"skipped: {file.path} ({file.error_code})" for file in files)


RENDERERS: Final[Renderers] = {
    BisectAnswer: _bisect,
    SignalAnswer: _signal,
    SnapshotAnswer: _snapshot,
    SnapshotDiffAnswer: _diff,
    TopAnswer: _top,
}
