"""Runs as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.demo import IncidentDemoAnswer
from gait_engine.contract.answers.run import (
    DemoAnswer,
    DiffAnswer,
    InspectAnswer,
    ReceiptAnswer,
    RecordAnswer,
    ReplayAnswer,
)


def _record(answer: RecordAnswer) -> Iterator[str]:
    yield f"run_id={answer.run_id}"
    yield f"bundle={answer.bundle}"
    yield f"signature_status={answer.signature_status}"
    if answer.signature_key_id:
        yield f"signature_key_id={answer.signature_key_id}"
    if answer.warnings:
        yield f"warnings={';'.join(answer.warnings)}"
    yield f"ticket_footer={answer.ticket_footer}"


def _receipt(answer: ReceiptAnswer) -> Iterator[str]:
    yield answer.ticket_footer


def _inspect(answer: InspectAnswer) -> Iterator[str]:
    yield f"{answer.artifact_type} {answer.run_id}  {answer.path}"
    for entry in answer.entries:
        status = entry.status or "no result"
        line = f"{entry.index:6}  {status:12} {entry.tool_name}  {entry.intent_id}  {entry.verdict}"
        yield line.rstrip()
    for result in answer.unmatched_results:
        yield f"     -  {result.status:12} result without an intent  {result.intent_id}"
    for checkpoint in answer.checkpoints:
        span = f"{checkpoint.sequence_start}-{checkpoint.sequence_end}"
        yield f"{checkpoint.checkpoint_index:6}  events {span}  {checkpoint.runpack_path}"
    yield from (f"warning: {warning}" for warning in answer.warnings)


def _replay(answer: ReplayAnswer) -> Iterator[str]:
    yield f"{'REPLAYED' if answer.ok else 'INCOMPLETE'} {answer.run_id}  mode {answer.mode}"
    for number, step in enumerate(answer.steps, 1):
        yield f"{number:6}  {step.execution:9} {step.status:15} {step.tool_name}  {step.intent_id}"
    yield from (f"missing result: {intent_id}" for intent_id in answer.missing_results)


def _diff(answer: DiffAnswer) -> Iterator[str]:
    summary = answer.summary
    yield f"{'SAME' if answer.ok else 'DIFFERENT'}  {summary.run_id_left}  {summary.run_id_right}"
    for part in ("manifest", "intents", "results", "refs"):
        changed = getattr(summary, f"{part}_changed")
        yield f"  {part:9} {'changed' if changed else 'same'}"
    for side, ids in (
        ("only left", (*summary.left_only_intents, *summary.left_only_results)),
        ("only right", (*summary.right_only_intents, *summary.right_only_results)),
    ):
        yield from (f"  {side}: {key}" for key in dict.fromkeys(ids))
    for change in answer.changes:
        if change.state != "same":
            paths = ", ".join(difference.path for difference in change.differences)
            yield f"  {change.section} {change.id}  {change.state}  {paths}".rstrip()


def _demo(answer: DemoAnswer) -> Iterator[str]:
    for name in ("mode", "run_id", "bundle", "pack_path", "ticket_footer", "verify"):
        if value := getattr(answer, name):
            yield f"{name}={value}"
    if answer.policy_verdict:
        yield f"policy_verdict={answer.policy_verdict}"
        yield f"reason_codes={','.join(answer.reason_codes)}"
    yield f"next={','.join(answer.next_commands)}"
    yield f"metrics_opt_in={answer.metrics_opt_in}"


def _incident(answer: IncidentDemoAnswer) -> Iterator[str]:
    yield from answer.summary
    state = f"{answer.written} of them written now" if answer.written else "all there already"
    yield f"made      {answer.files} files as of {answer.as_of}, {state}"
    for told in answer.story:
        yield f"{told.about:9} {told.command}"


RENDERERS: Final[Renderers] = {
    RecordAnswer: _record,
    ReceiptAnswer: _receipt,
    InspectAnswer: _inspect,
    ReplayAnswer: _replay,
    DiffAnswer: _diff,
    DemoAnswer: _demo,
    IncidentDemoAnswer: _incident,
}
