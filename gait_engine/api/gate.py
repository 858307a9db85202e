"""`gait gate eval`: one tool call decided, or a stream of them (gate.md 3 to 6).

A gate stands on its options alone and may decide any number of intents: `open_gate`, then
`decide` for each. Nothing is answered before its signed trace is durable.
"""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from gait_engine.api.envelope import exit_code
from gait_engine.contract.answers.base import HazardNote, error_fields
from gait_engine.contract.answers.gate import GateAnswer, GateExplainAnswer
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.answering import Written, answer, explanation
from gait_engine.gate.decide import decide as decide_intent
from gait_engine.gate.enforce import enforce
from gait_engine.gate.intent import parse_intent
from gait_engine.gate.outputs import refuse_shared_outputs
from gait_engine.gate.recording import record
from gait_engine.gate.ruling import Ruling, rule
from gait_engine.gate.setup import Gate, set_up
from gait_engine.gate.sinks import Sinks, single_sinks, stream_sinks
from gait_engine.host import Host
from gait_engine.store.atomic import os_errors_as_ours
from gait_engine.store.inputs import TEXT_LIMIT, open_input, read_input
from gait_engine.store.safepath import refuse_escape
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import trim

if TYPE_CHECKING:
    from gait_engine.contract.runpack import Envelope
    from gait_engine.store.jsonl import Line

STDIN: Final = "-"
MAX_INTENT_BYTES: Final = 16 * 1024 * 1024
"""The longest line of a stream."""

_STDIN_FD: Final = 0
_CHUNK: Final = 256 * 1024


def evaluate(options: GateOptions, *, correlation_id: str = "", host: Host) -> GateAnswer:
    """Decide the intent that the options name; write its signed trace and the audits.

    A denied call is an answer, not an error. Raises InvalidInput for what cannot be read or must
    be refused, PolicyBlocked where a severe call depends on what cannot be read, IoFailure,
    StateContention; then there is no verdict.
    """
    return answer(*_evaluated(options, correlation_id, host))


def explain(options: GateOptions, *, correlation_id: str = "", host: Host) -> GateExplainAnswer:
    """Decide as `evaluate` does, write the same, and say what the policy alone decided and why."""
    return explanation(*_evaluated(options, correlation_id, host))


def open_gate(options: GateOptions, *, host: Host) -> Gate:
    """Set a gate up for any number of intents; the policy and the keys stay as they are now.

    Raises InvalidInput, IoFailure.
    """
    return set_up(options, read_envelope=lambda path: _envelope(path, host), host=host)


def decide(
    gate: Gate, intent: bytes, *, name: str = "intent", correlation_id: str = "", host: Host
) -> GateAnswer:
    """Decide one intent given as JSON text.

    Its records go where those of a stream go: `trace_out` is a folder or a journal. They are
    durable when this returns. Raises as `evaluate`.
    """
    sinks = stream_sinks(_outputs(gate), host)
    ruling = _ruled(gate, intent, name, correlation_id, host)
    written = record(gate, ruling, sinks, host=host)
    sinks.flush()
    return answer(gate, ruling, written)


def evaluate_stream(
    options: GateOptions, *, correlation_id: str = "", host: Host
) -> Iterator[tuple[GateAnswer, ...]]:
    """Decide a stream of intents, JSON texts of one line each; yields a batch of answers at a time.

    A batch is what could be read at once: its records are durable before it is yielded, and
    nothing more is read before it is used. An intent that cannot be judged gets an answer with
    its error, in its place. Raises as `evaluate` for what ends the whole stream.
    """
    from gait_engine.store.jsonl import split_batches

    gate = open_gate(options, host=host)
    sinks = stream_sinks(_outputs(gate), host)
    fd, close = _stream(options.intents, host)
    try:
        for lines in split_batches(_chunks(fd, options.intents), MAX_INTENT_BYTES, "intents"):
            answers = tuple(_answers(gate, lines, sinks, correlation_id, host))
            sinks.flush()
            if answers:
                yield answers
    finally:
        close()


def _evaluated(
    options: GateOptions, correlation_id: str, host: Host
) -> tuple[Gate, Ruling, Written]:
    gate = open_gate(options, host=host)
    refuse_shared_outputs(gate.options, host=host)
    path = options.intent
    if not path:
        raise InvalidInput(
            "option --intent: not given, expected an intent file",
            hint="give --intent FILE, or --intents FILE for a stream of intents",
        )
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="intent")
    ruling = _ruled(gate, text, path, correlation_id, host)
    return gate, ruling, record(gate, ruling, single_sinks(_outputs(gate), host), host=host)


def _ruled(gate: Gate, text: bytes, name: str, correlation_id: str, host: Host) -> Ruling:
    source = Source(name)
    decided = decide_intent(gate, parse_intent(text, name), source, host=host)
    enforced = enforce(gate, decided, host=host)
    return rule(gate, decided, enforced, correlation_id=correlation_id, host=host)


def _outputs(gate: Gate) -> tuple[str, str, str, str]:
    options = gate.options
    return (
        options.trace_out,
        options.approval_audit_out,
        options.delegation_audit_out,
        options.credential_evidence_out,
    )


def _envelope(path: str, host: Host) -> "Envelope | None":
    name = trim(path)
    if not name:
        return None
    from gait_engine.contract.runpack import MAX_ENVELOPE_BYTES
    from gait_engine.runpack.envelope import read_envelope

    what = "context envelope"
    clean_path = refuse_escape(name, what)
    text = read_input(clean_path, limit=MAX_ENVELOPE_BYTES, host=host, what=what)
    return read_envelope(text, name)


def _answers(
    gate: Gate, lines: "Iterable[Line]", sinks: Sinks, correlation_id: str, host: Host
) -> Iterator[GateAnswer]:
    for line in lines:
        try:
            ruling = _ruled(gate, line.data, f"line {line.number}", correlation_id, host)
            said = answer(gate, ruling, record(gate, ruling, sinks, host=host))
        except GaitError as exc:
            said = _refusal(exc)
        yield msgspec.structs.replace(
            said,
            line=line.number,
            exit_code=exit_code(said),
            correlation_id=correlation_id,
        )


def _refusal(error: GaitError) -> GateAnswer:
    notes = tuple(HazardNote(code=code, where=where) for code, where in sorted(error.hazards))
    return GateAnswer(ok=False, hazards=notes, **error_fields(error))


def _stream(path: str, host: Host) -> tuple[int, Callable[[], None]]:
    if path == STDIN:
        return _STDIN_FD, lambda: None
    fd, _ = open_input(path, host=host, what="intents")
    return fd, lambda: os.close(fd)


def _chunks(fd: int, name: str) -> Iterator[bytes]:
    with os_errors_as_ours("intents", Path(name), "a stream that can be read"):
        while chunk := os.read(fd, _CHUNK):
            yield chunk
