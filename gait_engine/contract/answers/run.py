"""What recording and looking into runs answers (runpack.md 6)."""

from typing import Final

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract.answers.base import Answer
from gait_engine.contract.common import SCHEMA_VERSION, Record, always
from gait_engine.contract.runpack import CAPTURE_SCHEMA, Receipt, ReduceReport, Run
from gait_engine.wire.timestamps import Timestamp

PRIVACY_FULL: Final = "full"
PRIVACY_METADATA: Final = "metadata"


class RecordAnswer(Answer, frozen=True, kw_only=True):
    """`gait run record`: the runpack that was written."""

    run_id: str
    bundle: str
    manifest_digest: str
    signature_status: str
    signature_key_id: str = ""
    warnings: tuple[str, ...] = ()
    ticket_footer: str


class InspectEntry(Record, frozen=True, kw_only=True):
    """One call in recorded order and what came back; `args` and `result` with `--full` only."""

    index: int
    intent_id: str
    tool_name: str
    created_at: Timestamp
    args_digest: str = ""
    status: str = ""
    result_digest: str = ""
    verdict: str = ""
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    args: Raw | UnsetType = UNSET
    result: Raw | UnsetType = UNSET


class UnmatchedResult(Record, frozen=True, kw_only=True):
    """A result whose intent was never recorded."""

    intent_id: str
    status: str = ""
    result_digest: str = ""
    verdict: str = ""
    reason_codes: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()


class CheckpointEntry(Record, frozen=True, kw_only=True):
    """One checkpoint of a session chain."""

    checkpoint_index: int
    runpack_path: str
    sequence_start: int
    sequence_end: int
    checkpoint_digest: str
    prev_checkpoint_digest: str = ""


class InspectAnswer(Answer, frozen=True, kw_only=True):
    """`gait run inspect`: what a run called and what came back, or the links of a chain."""

    artifact_type: str
    run_id: str
    path: str
    session_id: str = ""
    capture_mode: str = ""
    intents_total: int = 0
    results_total: int = 0
    entries: tuple[InspectEntry, ...] = ()
    unmatched_results: tuple[UnmatchedResult, ...] = ()
    warnings: tuple[str, ...] = ()
    checkpoint_count: int = 0
    checkpoints: tuple[CheckpointEntry, ...] = ()
    run: Run | UnsetType = UNSET
    """The run record itself, with `--full` only; `receipts` likewise."""
    receipts: tuple[Receipt, ...] = ()


class ReplayStep(Record, frozen=True, kw_only=True):
    """One call as replay answered it."""

    intent_id: str
    tool_name: str
    status: str
    execution: str
    stub_type: str = ""
    result_digest: str = ""


class ReplayAnswer(Answer, frozen=True, kw_only=True):
    """`gait run replay`: every call answered from the record or a stub."""

    run_id: str = ""
    mode: str = ""
    steps: tuple[ReplayStep, ...] = ()
    missing_results: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    requested_unsafe: bool = False


class DiffSummary(Record, frozen=True, kw_only=True):
    """Which parts of two runs differ (runpack.md 6.2)."""

    run_id_left: str = always("")
    run_id_right: str = always("")
    manifest_changed: bool = always(False)
    files_changed: tuple[str, ...] = ()
    intents_changed: bool = always(False)
    results_changed: bool = always(False)
    refs_changed: bool = always(False)
    left_only_intents: tuple[str, ...] = ()
    right_only_intents: tuple[str, ...] = ()
    left_only_results: tuple[str, ...] = ()
    right_only_results: tuple[str, ...] = ()
    context_drift_classification: str = ""
    context_runtime_only_changes: bool = False


class ValueChange(Record, frozen=True, kw_only=True):
    """One leaf that differs, by its path such as `args.table`; an array is one leaf."""

    path: str
    left: Raw | UnsetType = UNSET
    right: Raw | UnsetType = UNSET


class RecordChange(Record, frozen=True, kw_only=True):
    """One record of two runs, side by side, with `--details` only.

    `section` is manifest, intents, results or refs; `state` is same, changed, left_only or
    right_only; `label` is the tool or locator; positions count from 1, 0 where absent; `left`
    and `right` hold the records as compared.
    """

    section: str
    id: str
    state: str
    label: str = ""
    position_left: int = 0
    position_right: int = 0
    differences: tuple[ValueChange, ...] = ()
    left: Raw | UnsetType = UNSET
    right: Raw | UnsetType = UNSET


class DiffAnswer(Answer, frozen=True, kw_only=True):
    """`gait run diff`: whether two runs say the same."""

    privacy: str = ""
    summary: DiffSummary = always(DiffSummary())
    output: str = ""
    manifest_digest_left: str = ""
    """With `--details` only, like `manifest_digest_right` and `changes`."""
    manifest_digest_right: str = ""
    changes: tuple[RecordChange, ...] = ()


class DiffReport(Record, frozen=True, kw_only=True):
    """The file that `run diff --output` writes."""

    privacy: str
    summary: DiffSummary


class ReduceAnswer(Answer, frozen=True, kw_only=True):
    """`gait run reduce`: the smallest run that still fails."""

    input: str
    output: str
    report_path: str
    run_id: str
    reduced_run_id: str
    predicate: str
    report: ReduceReport


class ReceiptAnswer(Answer, frozen=True, kw_only=True):
    """`gait run receipt`: the line to paste into a ticket."""

    run_id: str
    path: str
    manifest_digest: str
    ticket_footer: str


class CaptureAnswer(Answer, frozen=True, kw_only=True):
    """`gait capture`: a receipt for an artifact, also written as a file."""

    schema_id: str = always(CAPTURE_SCHEMA)
    schema_version: str = always(SCHEMA_VERSION)
    source: str = msgspec.field(name="from", default="")
    artifact_type: str = ""
    artifact_path: str = ""
    session_chain_path: str = ""
    run_id: str = ""
    output_path: str = ""


class DemoAnswer(Answer, frozen=True, kw_only=True):
    """`gait demo`: the run that was made, and what to try next."""

    mode: str
    run_id: str = ""
    job_id: str = ""
    job_status: str = ""
    bundle: str = ""
    pack_path: str = ""
    ticket_footer: str = ""
    verify: str
    policy_verdict: str = ""
    matched_rule: str = ""
    reason_codes: tuple[str, ...] = ()
    simulated_failure: str = ""
    next_commands: tuple[str, ...]
    metrics_opt_in: str
    duration_ms: int = 0
