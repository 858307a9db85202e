"""What `gait scout` and `gait report` answer (scout.md)."""

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import Record, always
from gait_engine.contract.scout import Coverage, SignalReport, SnapshotDiff, TopReport


class SkippedFile(Record, frozen=True, kw_only=True):
    """A file that was left out; `error` says why where it was left out by request."""

    path: str
    error_code: str
    error: str = ""


class ProvenDriver(Record, frozen=True, kw_only=True):
    """A driver shown by comparing two runs of one workflow; `changed` names what differs."""

    family_id: str
    driver: str
    from_run_id: str
    to_run_id: str
    from_source: str
    to_source: str
    changed: tuple[str, ...]


class SignalAnswer(Answer, frozen=True, kw_only=True):
    """`gait scout signal`; `top_issues` is their count."""

    output_path: str = ""
    run_count: int = 0
    family_count: int = 0
    top_issues: int = 0
    report: SignalReport | UnsetType = UNSET
    proven_drivers: tuple[ProvenDriver, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()


class SnapshotAnswer(Answer, frozen=True, kw_only=True):
    """`gait scout snapshot`; `items` is their count."""

    snapshot_path: str = ""
    coverage_path: str = ""
    snapshot_id: str = ""
    items: int = 0
    coverage: Coverage | UnsetType = UNSET
    skipped: tuple[SkippedFile, ...] = ()


class SnapshotDiffAnswer(Answer, frozen=True, kw_only=True):
    """`gait scout diff`; not ok when anything changed."""

    left: str = ""
    right: str = ""
    output_path: str = ""
    diff: SnapshotDiff | UnsetType = UNSET


class Change(Record, frozen=True, kw_only=True):
    """A fact in which two runs differ; an absent one is empty."""

    path: str
    driver: str
    before: str = always("")
    after: str = always("")


class BisectAnswer(Answer, frozen=True, kw_only=True):
    """`gait scout bisect`: the first run that no longer behaves as the good one did.

    `is_monotone` tells whether every run after it behaves as the bad one, or differs as well.
    """

    good_run_id: str = ""
    bad_run_id: str = ""
    run_count: int = 0
    first_changed_run_id: str = ""
    first_changed_source: str = ""
    last_same_run_id: str = ""
    last_same_source: str = ""
    is_monotone: bool = always(False)
    drivers: tuple[str, ...] = ()
    changed: tuple[Change, ...] = ()
    skipped: tuple[SkippedFile, ...] = ()


class TopAnswer(Answer, frozen=True, kw_only=True):
    """`gait report top`; `top_actions` is their count."""

    output_path: str = ""
    run_count: int = 0
    trace_count: int = 0
    action_count: int = 0
    top_actions: int = 0
    report: TopReport | UnsetType = UNSET
    skipped: tuple[SkippedFile, ...] = ()
