"""The Traces tab: decisions of the gate, and what one of them says of itself."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.api.shapes import Trace, TraceShowAnswer
from gait_tui.models.traces import TraceRow
from gait_tui.readings import Outcome
from gait_tui.views import glyphs
from gait_tui.views.line import BLANK, LABEL_AT, MUTED, Line, Look, Span, data, line, own, spans
from gait_tui.views.parts import (
    MARK_AT,
    Verdict,
    artifact_field,
    count,
    failure_lines,
    field,
    marked,
    row_mark,
    verdict_line,
)
from gait_tui.views.timetext import age, clock

_HUNDREDTH: Final = 10**7
_OBSERVED_AT: Final = 5
_VERDICT_AT: Final = 17
_VERDICT_WIDTH: Final = 19
_SENTENCES: Final = {
    "allow": "The gate let this call through.",
    "block": "The gate stopped this call before anything was done.",
    "require_approval": "The gate waits for a person.",
    "dry_run": "The gate would have let this call through; it was tried out.",
    "error": "The gate could not decide.",
}
_UNREAD: Final = (glyphs.UNCHECKED, "unchecked")
VERDICTS: Final = tuple(glyphs.VERDICTS)


class Rewritten(NamedTuple):
    """How often a file was seen to be written again, and since when one looks."""

    times: int = 0
    since_ns: int = 0


class Files(NamedTuple):
    """The intent file and the policy file with the digests of a trace; empty where none is."""

    intent: str
    policy: str


class Told(NamedTuple):
    """What files and other traces add: of the call itself, and of what it came from."""

    call: Sequence[Line] = ()
    around: Sequence[Line] = ()


_NEVER: Final = Rewritten()
_NOTHING: Final = Told()

# ---------------------------------------------------------------- list


def head(look: Look) -> Line:
    """Head the columns."""
    tool_at, agent_at = _columns(look)
    cells = [
        own(_OBSERVED_AT, "OBSERVED", MUTED),
        own(_VERDICT_AT, "VERDICT", MUTED),
        own(tool_at, "TOOL", MUTED),
    ]
    if agent_at:
        cells.append(own(agent_at, "AGENT", MUTED))
    return line(look, *cells)


def _columns(look: Look) -> tuple[int, int]:
    tool_at = _VERDICT_AT + _VERDICT_WIDTH
    agent_at = look.width - 9 if look.width >= tool_at + 24 else 0
    return tool_at, agent_at


def mark_of(verdict: str) -> tuple[str, str]:
    """Return the mark of a verdict and its role."""
    return glyphs.VERDICTS.get(verdict, _UNREAD)


def trace_line(
    look: Look, row: TraceRow, *, is_current: bool, is_marked: bool, is_new: bool, is_gone: bool
) -> Line:
    """Draw a trace; only its mark is coloured."""
    artifact = row.artifact
    tool_at, agent_at = _columns(look)
    struck = "s:" if is_gone else ""
    role = f"{struck}{'b:' if is_current else ''}text"
    cells = [row_mark(" ", "text", is_marked=is_marked, is_new=is_new and not is_current)]
    cells.append(own(_OBSERVED_AT, "gone" if is_gone else _clock(row.at_ns), MUTED))
    if artifact.error_code:
        cells.append(own(_VERDICT_AT, _UNREAD[0], f"b:{_UNREAD[1]}"))
        cells.append(own(_VERDICT_AT + 2, "not read", MUTED))
        cells.append(data(tool_at, artifact.path.rpartition("/")[2], role))
        return line(look, *cells, key=row.key)
    mark, mark_role = mark_of(artifact.verdict)
    cells.append(own(_VERDICT_AT, mark, f"b:{mark_role}"))
    cells.append(data(_VERDICT_AT + 2, artifact.verdict, role))
    cells.append(data(tool_at, artifact.tool_name, role))
    if agent_at:
        cells.append(data(agent_at, row.agent, f"{struck}text"))
    return line(look, *cells, key=row.key)


def _clock(at_ns: int | None) -> str:
    """Spell the time of day with hundredths."""
    if at_ns is None:
        return glyphs.NONE
    moment = datetime.fromtimestamp(at_ns // 10**9, UTC)
    return f"{moment:%H:%M:%S}.{at_ns // _HUNDREDTH % 100:02d}"


def day(at_ns: int | None) -> str:
    """Name the day of a time in UTC."""
    return f"{datetime.fromtimestamp((at_ns or 0) // 10**9, UTC):%Y-%m-%d}"


def day_line(name: str, look: Look) -> Line:
    """Draw the line where the day changes."""
    fill = glyphs.LIGHT * max(look.width - LABEL_AT - len(name) - 3, 2)
    return line(look, spans(LABEL_AT, Span(f"{name} ", MUTED), Span(fill, "border")))


# ---------------------------------------------------------------- summary


def unread_page(row: TraceRow, look: Look) -> list[Line]:
    """Say why a trace cannot be read: the engine's words."""
    artifact = row.artifact
    verdict = Verdict(*_UNREAD, "NOT READ", "This file should be a trace and is none.")
    lines = [*verdict_line(look, verdict), BLANK]
    lines += artifact_field(look, "error", artifact.error)
    lines += field(look, "code", artifact.error_code)
    if artifact.where:
        lines += artifact_field(look, "where", artifact.where)
    return lines + artifact_field(look, "file", artifact.path)


def summary_page(
    row: TraceRow,
    shown: "Outcome[TraceShowAnswer] | None",
    files: Files,
    look: Look,
    rewritten: Rewritten = _NEVER,
    told: Told = _NOTHING,
) -> list[Line]:
    """Say what was decided, about which call of whom, and what is not known of it."""
    artifact = row.artifact
    if artifact.error_code:
        return unread_page(row, look)
    mark, role = mark_of(artifact.verdict)
    sentence = _SENTENCES.get(artifact.verdict, "This verdict is not one of the contract's.")
    word = artifact.verdict.upper() if artifact.verdict in glyphs.VERDICTS else "UNKNOWN"
    lines = [*verdict_line(look, Verdict(mark, role, word, sentence)), BLANK]
    lines += artifact_field(look, "tool", artifact.tool_name)
    lines += artifact_field(look, "agent", row.agent or "unknown", artifact.environment)
    lines += [*told.call, *_violations(artifact.violations, look), *told.around, BLANK]
    if artifact.session_id or artifact.run_id:
        run = artifact.run_id if not artifact.session_id else f"{artifact.session_id}  "
        run += artifact.run_id if artifact.session_id else ""
        lines += artifact_field(look, "session" if artifact.session_id else "run", run)
    ago = f"{age(row.at_ns, look.now_ns)} ago"
    lines += artifact_field(look, "observed", str(artifact.observed_at), ago)
    if rewritten.times:
        since = f"seen since {clock(rewritten.since_ns)}"
        lines += field(look, "rewritten", f"{rewritten.times:,}{glyphs.TIMES}", since)
    lines += _latency(shown, look)
    lines += [BLANK, line(look, own(LABEL_AT, "digests", MUTED))]
    for label, digest, path in (
        ("intent", artifact.intent_digest, files.intent),
        ("policy", artifact.policy_digest, files.policy),
    ):
        note = "file found" if path else "no file with this digest is here"
        lines += artifact_field(look, label, _short(digest), note)
    lines += [BLANK, line(look, own(LABEL_AT, "integrity", MUTED)), _signature(row, shown, look)]
    if shown is not None and shown.failure is not None:
        lines += failure_lines(look, shown.failure)
    if files.intent and files.policy:
        return lines
    lines += [BLANK, line(look, own(LABEL_AT, "a trace does not hold", MUTED))]
    held = "Arguments, matched rule, reason codes: those come from the intent and policy files."
    return lines + field(look, "", held, at=LABEL_AT)


def _short(digest: str) -> str:
    return f"{digest[:8]}{glyphs.CUT}{digest[-6:]}" if len(digest) > 16 else digest


def _latency(shown: "Outcome[TraceShowAnswer] | None", look: Look) -> list[Line]:
    trace = trace_of(shown)
    if trace is None or not trace.latency_ms:
        return []
    return field(look, "latency", f"{trace.latency_ms:.2f} ms")


def _violations(violations: Sequence[str], look: Look) -> list[Line]:
    if not violations:
        return field(look, "violations", "none", role=MUTED)
    lines: list[Line] = []
    for number, violation in enumerate(violations):
        lines += artifact_field(look, "" if number else "violations", violation)
    return lines


def _signature(row: TraceRow, shown: "Outcome[TraceShowAnswer] | None", look: Look) -> Line:
    answer = shown.answer if shown else None
    status = answer.signature_status if answer else ""
    if not row.artifact.signatures or status == "none":
        return marked(look, glyphs.UNCHECKED, "unchecked", "signature", "not signed")
    if status == "verified":
        key = f"key {answer.key_id[:8]}" if answer else ""
        return marked(look, glyphs.OK, "ok", "signature", "verified", key)
    if status == "failed" and answer:
        cells = own(MARK_AT, glyphs.FAILED, "b:failed"), own(LABEL_AT, "signature", MUTED)
        return line(look, *cells, data(15, f"FAILED  {answer.fault}"))
    return marked(look, glyphs.UNCHECKED, "unchecked", "signature", "not checked", "no key given")


def trace_of(shown: "Outcome[TraceShowAnswer] | None") -> Trace | None:
    """Return the trace of an answer that has one."""
    answer = shown.answer if shown else None
    return None if answer is None or answer.trace is UNSET else answer.trace


# ---------------------------------------------------------------- links


def links_page(links: Mapping[str, tuple[str, str]], look: Look) -> list[Line]:
    """List where one can go from here: the keys, what is there, and its name."""
    lines = [
        line(look, own(LABEL_AT, keys, "b:key_hint"), own(8, kind, MUTED), data(21, name))
        for keys, (kind, name) in links.items()
    ]
    none = field(look, "", "This trace names nothing that is here.", at=LABEL_AT)
    number = f"{count(len(lines), 'place')} to go to."
    return [*lines, BLANK, *field(look, "", number, at=LABEL_AT)] if lines else none


def nothing_lines(roots: Sequence[str], look: Look) -> list[Line]:
    """Say that no decision was found, where none was found, and what would appear."""
    verdict = Verdict(glyphs.NONE, MUTED, "NO TRACES", "No decision of the gate was found.")
    lines = [BLANK, *verdict_line(look, verdict), BLANK]
    for number, root in enumerate(roots):
        lines += artifact_field(look, "" if number else "searched", root)
    lines += [BLANK, *field(look, "", "A trace appears with each call the gate decides.", at=3)]
    command = "gait gate eval --policy F --intent F"
    lines += [BLANK, *field(look, "make one", command, role="b:text")]
    return [*lines, *field(look, "see some", "gait demo --incident", role="b:text")]
