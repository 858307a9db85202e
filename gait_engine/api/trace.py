"""`gait trace verify`: the signature of a gate trace, or of every line of a journal of traces."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET
from msgspec.structs import replace

from gait_engine.api.keys import verification_key
from gait_engine.contract.answers.trace import TraceFault, TraceShowAnswer, TraceVerifyAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.sinks import JOURNAL_SUFFIX
from gait_engine.gate.trace import check_trace, parse_trace, read_trace
from gait_engine.host import Host
from gait_engine.store.jsonl import Line, read_lines
from gait_engine.store.layout import is_there

MAX_TRACE_BYTES: Final = 64 * 1024 * 1024
_MOST_LISTED: Final = 100


def verify(path: str, *, keys: KeySources, host: Host) -> TraceVerifyAnswer:
    """Check one trace, or every line of a `.jsonl` file of them.

    Raises VerificationFailed for a signature that is missing or does not cover the trace, the
    error's `answer` then holds what the trace says of itself; InvalidInput for what is no trace
    and for keys that cannot be used; IoFailure. Contract: gate.md 5.
    """
    key = verification_key(keys, host)
    if key is None:
        raise InvalidInput(
            "trace key: none given, expected one",
            hint="add --public-key FILE or --public-key-env NAME",
        )
    if path.endswith(JOURNAL_SUFFIX) and not _holds_one(path, host):
        return _journal(path, key, host)
    return _single(path, key, host)


def show(path: str, *, keys: KeySources, host: Host) -> TraceShowAnswer:
    """Return a trace whole; `path` may be `FILE.jsonl:LINE`, as `gait index` spells it.

    A signature that does not verify is told, not raised: what is shown must not be hidden by it.
    Raises InvalidInput for what is no trace and for keys that cannot be used, VerificationFailed
    for a trace that two readers could read differently; IoFailure.
    """
    key = verification_key(keys, host)
    file, number = _place(path, host)
    trace = read_trace(file, host=host) if not number else _on_line(file, number, host)
    status = "none" if trace.signature is UNSET else "not_checked"
    answer = TraceShowAnswer(ok=True, path=file, line=number, signature_status=status, trace=trace)
    if key is None or trace.signature is UNSET:
        return answer
    check = check_trace(trace, key, shown=path)
    return replace(
        answer, signature_status=check.signature_status, key_id=check.key_id, fault=check.error
    )


def _place(path: str, host: Host) -> tuple[str, int]:
    """Part `FILE.jsonl:LINE` where no file has that whole name."""
    file, colon, number = path.rpartition(":")
    is_line = colon and file.endswith(JOURNAL_SUFFIX) and number.isascii() and number.isdigit()
    if not is_line or is_there(host.cwd / path):
        return path, 0
    return file, int(number)


def _on_line(file: str, number: int, host: Host) -> Trace:
    for line in read_lines(host.cwd / file, MAX_TRACE_BYTES, "traces"):
        if line.number == number:
            return parse_trace(line.data, f"{file} line {number}")
    raise InvalidInput(
        f"traces {quoted(file, 200)}: no line {number}, expected one of its lines", where=file
    )


def _holds_one(path: str, host: Host) -> bool:
    """Tell one trace spelled over many lines, as it is written whatever its name ends in."""
    first = next(read_lines(host.cwd / path, MAX_TRACE_BYTES, "traces"), None)
    return first is not None and first.data == b"{"


def _single(path: str, key: bytes, host: Host) -> TraceVerifyAnswer:
    try:
        trace = read_trace(path, host=host)
    except VerificationFailed as exc:
        exc.answer = TraceVerifyAnswer(ok=False, path=path, signature_status="failed")
        raise
    check = check_trace(trace, key, shown=path)
    answer = TraceVerifyAnswer(
        ok=check.ok,
        path=path,
        trace_id=check.trace_id,
        verdict=check.verdict,
        signature_status=check.signature_status,
        key_id=check.key_id,
    )
    if not check.ok:
        raise _failed(answer, f"trace {quoted(path, 200)}: {check.error}")
    return answer


def _journal(path: str, key: bytes, host: Host) -> TraceVerifyAnswer:
    checked = failed = 0
    listed: list[TraceFault] = []
    for line in read_lines(host.cwd / path, MAX_TRACE_BYTES, "traces"):
        checked += 1
        for fault in _faults(line, path, key):
            failed += 1
            listed += [fault] if len(listed) < _MOST_LISTED else []
    answer = TraceVerifyAnswer(
        ok=not failed and checked > 0,
        path=path,
        signature_status="failed" if failed or not checked else "verified",
        traces_checked=checked,
        traces_failed=failed,
        failures=tuple(listed),
    )
    if answer.ok:
        return answer
    first = f"line {listed[0].line}: {listed[0].error}" if listed else "no trace, expected one"
    hint = "--json lists each line that does not verify" if failed > 1 else ""
    raise _failed(answer, f"traces {quoted(path, 200)}: {first}", hint=hint)


def _faults(line: Line, path: str, key: bytes) -> Iterator[TraceFault]:
    """Yield the fault of one line, if it has one."""
    place = f"{path} line {line.number}"
    if not line.terminated:
        yield TraceFault(line=line.number, error="the line is torn, expected a line feed")
        return
    try:
        check = check_trace(parse_trace(line.data, place), key, shown=place)
    except GaitError as exc:
        yield TraceFault(line=line.number, error=exc.message)
        return
    if not check.ok:
        yield TraceFault(line=line.number, trace_id=check.trace_id, error=check.error)


def _failed(answer: TraceVerifyAnswer, message: str, *, hint: str = "") -> VerificationFailed:
    error = VerificationFailed(message, where=answer.path, hint=hint)
    error.answer = answer
    return error
