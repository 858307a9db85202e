"""The Summary, Files and Replay of one runpack or session chain."""

from typing import Final

from gait_engine.api.shapes import (
    CheckpointEntry,
    IndexRow,
    InspectAnswer,
    ReplayAnswer,
    SessionChainAnswer,
    VerifyAnswer,
)
from gait_tui.readings import Outcome, RunReading
from gait_tui.views import glyphs
from gait_tui.views.calls import duration, not_ok, tally
from gait_tui.views.line import BLANK, MUTED, Line, Look, data, line, own, short_digest, spans
from gait_tui.views.pages import unread_lines
from gait_tui.views.parts import (
    Verdict,
    artifact_field,
    count,
    failure_lines,
    field,
    hazard_lines,
    heads,
    marked,
    verdict_line,
)
from gait_tui.views.timetext import age, epoch_ns, instant
from gait_tui.views.verdict import (
    checked_verdict,
    failure_verdict,
    files_table,
    runpack_verdict,
    signature_words,
)

EVIDENCE: Final = "A damaged pack is no evidence: its calls are not listed."
_UNREAD: Final = "What it holds is not known."


def summary_lines(reading: RunReading, look: Look) -> list[Line]:
    """Say first whether it is intact, then what it is."""
    checked = reading.checked
    if checked is None:
        return []
    lines = [*verdict_line(look, checked_verdict(checked)), BLANK]
    if checked.failure is not None:
        lines += artifact_field(look, "file", reading.path)
        return [*lines, *failure_lines(look, checked.failure), *_size(reading.artifact, look)]
    if isinstance(checked.answer, VerifyAnswer):
        return lines + _runpack(reading, checked.answer, look)
    if isinstance(checked.answer, SessionChainAnswer):
        return lines + _chain(reading, checked.answer, look)
    return lines


def _runpack(reading: RunReading, answer: VerifyAnswer, look: Look) -> list[Line]:
    lines = hazard_lines(look, answer)
    if not answer.ok:
        table = files_table(look, answer) if answer.files or answer.hash_mismatches else []
        lines += [*table, BLANK] if table else []
        lines += field(look, "calls", EVIDENCE)
        lines += artifact_field(look, "file", answer.path or reading.path)
        return lines + (failure_lines(look, answer) if answer.error else [])
    lines += artifact_field(look, "run", answer.run_id)
    lines += artifact_field(look, "manifest", answer.manifest_digest, role=MUTED)
    mark, role, words, note = signature_words(answer)
    lines.append(marked(look, mark, role, "signature", words, note))
    if reading.inspect and reading.inspect.answer:
        lines += _inspected(reading.inspect.answer, look)
    elif reading.inspect and reading.inspect.failure:
        lines += field(look, "calls", "could not be listed")
        lines += failure_lines(look, reading.inspect.failure)
    lines += _recorded(reading.artifact, look)
    return lines + artifact_field(look, "file", answer.path or reading.path)


def _inspected(answer: InspectAnswer, look: Look) -> list[Line]:
    lines = field(look, "capture", answer.capture_mode, _capture_note(answer))
    bad = not_ok(answer.entries)
    mark, role = (glyphs.FAILED, "failed") if bad else ("·", MUTED)
    lines.append(
        marked(look, mark, role, "calls", duration(answer.entries), tally(answer.entries))
        if answer.entries
        else marked(look, "·", MUTED, "calls", "none")
    )
    if answer.receipts:
        lines += field(look, "context", count(len(answer.receipts), "reference"))
    if answer.unmatched_results:
        number = count(len(answer.unmatched_results), "result")
        lines.append(marked(look, glyphs.PERSON, "sev_medium", "results", f"{number} of no call"))
    for warning in answer.warnings:
        lines += artifact_field(look, "warning", warning)
    return lines


def _capture_note(answer: InspectAnswer) -> str:
    return "values not stored" if answer.capture_mode == "reference" else "values stored"


def _recorded(artifact: IndexRow | None, look: Look) -> list[Line]:
    if artifact is None:
        return []
    ago = age(epoch_ns(artifact.created_at), look.now_ns)
    return field(look, "recorded", instant(artifact.created_at), f"{ago} ago")


def _size(artifact: IndexRow | None, look: Look) -> list[Line]:
    if artifact is None:
        return []
    ago = age(artifact.mtime_ns, look.now_ns)
    return field(look, "size", count(artifact.size, "byte"), f"changed {ago} ago")


def _chain(reading: RunReading, answer: SessionChainAnswer, look: Look) -> list[Line]:
    lines = hazard_lines(look, answer)
    lines += artifact_field(look, "session", answer.session_id)
    lines += artifact_field(look, "run", answer.run_id)
    for label, errors in (
        ("link", answer.linkage_errors),
        ("checkpoint", answer.checkpoint_errors),
    ):
        for error in errors:
            head = own(1, glyphs.FAILED, "b:failed"), own(3, label, MUTED)
            first, *rest = artifact_field(look, "", error)
            lines += [line(look, *head, data(15, first.text[15:])), *rest]
    lines += artifact_field(look, "file", answer.chain_path or reading.path)
    return lines


def files_lines(reading: RunReading, look: Look) -> list[Line]:
    """List what the pack holds against what it should hold; for a chain, its checkpoints."""
    inspected = reading.inspect.answer if reading.inspect else None
    if reading.chain and inspected:
        return checkpoint_lines(inspected, look)
    answer = reading.verify.answer if reading.verify else None
    if answer is None:
        return verdict_line(look, failure_verdict(6))
    lines = [*verdict_line(look, runpack_verdict(answer)), BLANK, *hazard_lines(look, answer)]
    lines += files_table(look, answer, with_keys=True)
    wrong = [file for file in answer.files if file.state == "differs"]
    for file in wrong:
        lines += [BLANK, *artifact_field(look, "file", file.path, role="b:text")]
        lines += artifact_field(look, "expected", file.expected)
        lines += artifact_field(look, "found", file.actual)
    return lines


def checkpoint_lines(answer: InspectAnswer, look: Look) -> list[Line]:
    """List the checkpoints of a chain."""
    digest_at = look.width - 18
    lines = [heads(look, (3, "#"), (6, "CALLS"), (16, "RUNPACK"), (digest_at, "CHECKPOINT"))]
    rows = [_checkpoint(entry, look, digest_at) for entry in answer.checkpoints]
    return [*lines, *rows]


def _checkpoint(entry: CheckpointEntry, look: Look, digest_at: int) -> Line:
    return line(
        look,
        own(3, f"{entry.checkpoint_index}"),
        own(6, f"{entry.sequence_start} – {entry.sequence_end}", MUTED),
        data(16, entry.runpack_path),
        spans(digest_at, *short_digest(entry.checkpoint_digest, MUTED)),
        key=f"checkpoint {entry.checkpoint_index}",
    )


def replay_lines(outcome: Outcome[ReplayAnswer], look: Look) -> list[Line]:
    """Show how a run is answered from its own record."""
    answer = outcome.answer
    if answer is None:
        head = verdict_line(look, failure_verdict(outcome.exit_code))
        return [*head, BLANK, *(failure_lines(look, outcome.failure) if outcome.failure else [])]
    lines = [*verdict_line(look, _replay_verdict(answer)), BLANK]
    tool_end = min(max((len(step.tool_name) for step in answer.steps), default=4), 40)
    status_at, how_at = tool_end + 9, tool_end + 21
    digest_at = how_at + 20 if how_at + 38 < look.width else 0
    tops = [(3, "#"), (7, "TOOL"), (status_at, "RESULT"), (how_at, "ANSWERED BY")]
    lines.append(heads(look, *tops, *([(digest_at, "DIGEST")] if digest_at else [])))
    for number, step in enumerate(answer.steps, 1):
        cells = [
            own(3, f"{number}", MUTED),
            data(7, step.tool_name),
            data(status_at, step.status),
            data(how_at, " ".join(w for w in (step.execution, step.stub_type) if w), MUTED),
        ]
        if digest_at:
            cells.append(spans(digest_at, *short_digest(step.result_digest, MUTED)))
        lines.append(line(look, *cells, key=f"step {number}"))
    for warning in answer.warnings:
        lines += [BLANK, *artifact_field(look, "warning", warning)]
    return lines


def _replay_verdict(answer: ReplayAnswer) -> Verdict:
    steps = count(len(answer.steps), "call")
    if answer.ok:
        return Verdict(
            glyphs.OK, "ok", "REPLAYED", f"{steps} answered from the record; no tool was called."
        )
    missing = count(len(answer.missing_results), "call")
    return Verdict(
        glyphs.FAILED,
        "failed",
        "INCOMPLETE",
        f"{missing} of {len(answer.steps):,} without a recorded result.",
    )


NOT_CHECKED: Final = Verdict(
    glyphs.UNCHECKED, "unchecked", "NOT CHECKED", "enter reads it and checks every file."
)
READING: Final = NOT_CHECKED._replace(sentence="Its files are being checked.")
CHANGED: Final = Verdict(
    glyphs.UNCHECKED,
    "sev_medium",
    "CHANGED",
    "It is another file since then: v verifies it again.",
)


def not_opened_lines(artifact: IndexRow | None, verdict: Verdict, look: Look) -> list[Line]:
    """Say what the list knows of a file that nobody opened yet."""
    if artifact is None:
        return []
    if artifact.error_code:
        return unread_lines(artifact, None, look)
    lines = [*verdict_line(look, verdict), BLANK]
    if artifact.session_id:
        lines += artifact_field(look, "session", artifact.session_id)
    lines += artifact_field(look, "run", artifact.run_id)
    if artifact.manifest_digest:
        digest = short_digest(artifact.manifest_digest, MUTED)
        note = own(32, "as the file says", MUTED)
        lines.append(line(look, own(3, "manifest", MUTED), spans(15, *digest), note))
    if artifact.capture_mode:
        lines += artifact_field(look, "capture", artifact.capture_mode)
    lines += _recorded(artifact, look)
    return lines + artifact_field(look, "file", artifact.path)


def withheld_lines(reading: RunReading, look: Look) -> list[Line]:
    """Say why a tab has nothing to show."""
    checked = reading.checked
    if checked is None:
        return []
    verdict = checked_verdict(checked)
    lines = [*verdict_line(look, verdict), BLANK]
    if checked.exit_code == 0 and reading.inspect and reading.inspect.failure:
        failure = reading.inspect.failure
        head = verdict_line(look, failure_verdict(reading.inspect.exit_code))
        return [*head, BLANK, *failure_lines(look, failure)]
    return lines + field(look, "", EVIDENCE if verdict.role == "failed" else _UNREAD, at=3)
