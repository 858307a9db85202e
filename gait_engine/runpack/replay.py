"""Replaying a run: every call answered from the record or a stub, real tools only when allowed.

Contract: runpack.md 6.1.
"""

from pathlib import Path
from typing import Final, NamedTuple

from gait_engine.contract.answers.run import ReplayAnswer, ReplayStep
from gait_engine.contract.runpack import Intent, Result
from gait_engine.errors import InvalidInput, UnsafeOperation, quoted
from gait_engine.host import Host
from gait_engine.runpack.read import OpenRunpack
from gait_engine.runpack.tools import Outcome, run_tool
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import normal, trim

DEFAULT_GATE: Final = "GAIT_ALLOW_REAL_REPLAY"

_STUBS: Final = (
    ("http", ("http", "fetch", "url")),
    ("file", ("file", "path", "fs", "write")),
    ("db", ("db", "sql", "query", "table")),
    ("queue", ("queue", "topic", "publish", "kafka")),
)


class ReplayMode(NamedTuple):
    """Which tools may really run, and where; none by default."""

    real: bool = False
    requested_unsafe: bool = False
    allowed: frozenset[str] = frozenset()
    allow_tools: str = ""
    folder: Path = Path()


def replay_mode(*, real: bool, unsafe: bool, allow_tools: str, gate: str, host: Host) -> ReplayMode:
    """Check every switch that real tools need. Raises UnsafeOperation when one is missing."""
    allowed = frozenset(tool for part in allow_tools.split(",") if (tool := normal(part)))
    if not real:
        return ReplayMode(requested_unsafe=unsafe)
    if not unsafe:
        raise _refused("--unsafe-real-tools is missing", unsafe=False)
    if not allowed:
        raise _refused("--allow-tools names no tool", unsafe=True)
    if trim(host.env.get(gate, "")) != "1":
        raise _refused(f"environment variable {quoted(gate)} is not 1", unsafe=True)
    return ReplayMode(True, unsafe, allowed, allow_tools, host.cwd)


def replay_runpack(pack: OpenRunpack, mode: ReplayMode) -> ReplayAnswer:
    """Answer every recorded call in order; a call nothing answers is a missing result."""
    if mode.real and pack.manifest.capture_mode == "reference":
        raise InvalidInput(
            f"runpack {pack.path}: reference capture, expected raw for real tools",
            hint="record the run with --capture-mode raw",
        )
    results = _results(pack)
    steps = [
        _step(pack.run.run_id, intent, results.get(intent.intent_id), mode)
        for intent in _intents(pack)
    ]
    missing = tuple(sorted(step.intent_id for step in steps if step.execution == "missing"))
    return ReplayAnswer(
        ok=not missing,
        run_id=pack.run.run_id,
        mode="real" if mode.real else "stub",
        steps=tuple(steps),
        missing_results=missing,
        warnings=(f"allow_tools={mode.allow_tools}",) if mode.real else (),
        requested_unsafe=mode.requested_unsafe,
    )


def stub_type(tool_name: str) -> str:
    """Return the kind of stub that stands in for a tool; empty when none does."""
    name = normal(tool_name)
    for stub, words in _STUBS:
        if any(word in name for word in words):
            return stub
    return ""


def _refused(reason: str, *, unsafe: bool) -> UnsafeOperation:
    error = UnsafeOperation(
        f"replay with real tools: {reason}",
        hint="leave --real-tools out, or give --unsafe-real-tools, --allow-tools and the variable",
    )
    error.answer = ReplayAnswer(ok=False, run_id="", mode="", requested_unsafe=unsafe)
    return error


def _intents(pack: OpenRunpack) -> list[Intent]:
    """Read all intents before any of them runs, none of them twice."""
    intents: dict[str, Intent] = {}
    for intent in pack.intents():
        if intents.setdefault(intent.intent_id, intent) is not intent:
            raise InvalidInput(f"runpack {pack.path}: intent {quoted(intent.intent_id)} repeated")
    return list(intents.values())


def _results(pack: OpenRunpack) -> dict[str, Result]:
    results: dict[str, Result] = {}
    for result in pack.results():
        if results.setdefault(result.intent_id, result) is not result:
            raise InvalidInput(f"runpack {pack.path}: result {quoted(result.intent_id)} repeated")
    return results


def _step(run_id: str, intent: Intent, result: Result | None, mode: ReplayMode) -> ReplayStep:
    if mode.real and normal(intent.tool_name) in mode.allowed:
        return _said(intent, run_tool(intent, mode.folder), "executed")
    if result is not None:
        return _said(intent, Outcome(result.status, result.result_digest), "recorded")
    if stub := stub_type(intent.tool_name):
        return _said(
            intent, Outcome("stubbed", _stub_digest(run_id, intent, stub)), "stubbed", stub
        )
    return _said(intent, Outcome("missing_result", ""), "missing")


def _said(intent: Intent, outcome: Outcome, execution: str, stub: str = "") -> ReplayStep:
    return ReplayStep(
        intent_id=intent.intent_id,
        tool_name=intent.tool_name,
        status=outcome.status,
        execution=execution,
        stub_type=stub,
        result_digest=outcome.digest,
    )


def _stub_digest(run_id: str, intent: Intent, stub: str) -> str:
    parts = (run_id, intent.intent_id, normal(intent.tool_name), normal(intent.args_digest), stub)
    return sha256_hex(":".join(parts).encode())
