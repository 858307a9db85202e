"""Events about commands, for the logs that the operator asked for by environment (scout.md 5, 6).

A log that cannot be written never changes what a command answers: it is warned of, no more.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.scout import (
    ADOPTION_SCHEMA,
    AdoptionEvent,
    EventEnvironment,
    HealthStreams,
    OperationalEvent,
    StreamHealth,
    TelemetryHealth,
)
from gait_engine.errors import GaitError
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.jsonl import append_line
from gait_engine.store.locks import LockProfile, hold_lock
from gait_engine.store.safepath import refuse_escape
from gait_engine.wire.jsonwrite import compact, pretty
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import from_ns

ADOPTION_LOG: Final = "GAIT_ADOPTION_LOG"
OPERATIONAL_LOG: Final = "GAIT_OPERATIONAL_LOG"
HEALTH_PATH: Final = "GAIT_TELEMETRY_HEALTH_PATH"
_WORKFLOW: Final = "GAIT_ADOPTION_WORKFLOW"
_WARN: Final = "GAIT_TELEMETRY_WARN"

_SECOND_NS: Final = 10**9
_LOCK: Final = LockProfile(30 * _SECOND_NS, _SECOND_NS // 100, 120 * _SECOND_NS, age_from="file")
_GROUPS: Final = frozenset((
    *("approve-script", "capture", "check", "contract", "enforce", "gate", "init", "keys"),
    *("list-scripts", "policy", "regress", "run", "job", "pack", "report", "scout", "guard"),
    *("incident", "registry", "gateway", "mcp", "voice", "doctor", "delegate", "test", "ui"),
))  # fmt: skip
_ALIASES: Final = {
    **dict.fromkeys(("version", "--version", "-v"), "version"),
    **dict.fromkeys(("help", "--help", "-h"), "help"),
    "--explain": "explain",
}
_MILESTONES: Final = {"demo": "A1", "verify": "A2", "regress init": "A3", "regress run": "A4"}
_CATEGORIES: Final = {
    0: "none",
    2: "verification_failed",
    3: "policy_blocked",
    4: "approval_required",
    6: "invalid_input",
    7: "dependency_missing",
}
_OTHER: Final = "internal_failure"


def wants_events(env: Mapping[str, str]) -> bool:
    """Tell whether any log of events was asked for."""
    return bool(trim(env.get(ADOPTION_LOG, "")) or trim(env.get(OPERATIONAL_LOG, "")))


def command_of(argv: Sequence[str]) -> str:
    """Name a command as the events do: `run record`, `verify`, `help`."""
    if not argv:
        return "version"
    first, *rest = argv
    if first in _ALIASES:
        return _ALIASES[first]
    if first in _GROUPS and rest and not rest[0].startswith("-"):
        return f"{first} {rest[0]}"
    return first


def logged(
    command: Callable[[], int],
    argv: Sequence[str],
    *,
    correlation_id: str,
    host: Host,
    warn: Callable[[str], None],
) -> int:
    """Run a command, log its start and its end, and return its exit code."""
    log = EventLog(command_of(argv), correlation_id, host)
    log.started()
    exit_code = command()
    log.ended(exit_code)
    if normal(host.env.get(_WARN, "")) != "off":
        for warning in log.warnings:
            warn(warning)
    return exit_code


class EventLog:
    """The events of one command, from its start to its end."""

    def __init__(self, command: str, correlation_id: str, host: Host) -> None:
        self.warnings: list[str] = []
        self._command = command
        self._correlation_id = correlation_id
        self._host = host
        self._started_at = host.monotonic()
        self._environment = EventEnvironment(os=host.os_name, arch=host.arch)
        self._streams: dict[str, StreamHealth] = {}

    def started(self) -> None:
        """Log that the command begins."""
        self._append("operational_start", OPERATIONAL_LOG, self._operational("start", 0, 0))

    def ended(self, exit_code: int) -> None:
        """Log how the command ended, then how well the logs could be written."""
        elapsed_ms = max(0, round((self._host.monotonic() - self._started_at) * 1000))
        self._append("adoption", ADOPTION_LOG, self._adoption(exit_code, elapsed_ms))
        operational = self._operational("end", exit_code, elapsed_ms)
        self._append("operational_end", OPERATIONAL_LOG, operational)
        self._write_health()

    def _adoption(self, exit_code: int, elapsed_ms: int) -> AdoptionEvent:
        milestone = _MILESTONES.get(self._command, "") if exit_code == 0 else ""
        return AdoptionEvent(
            schema_id=ADOPTION_SCHEMA,
            schema_version=SCHEMA_VERSION,
            created_at=from_ns(self._host.now_ns()),
            producer_version=self._host.producer_version,
            command=self._command,
            workflow_id=trim(self._host.env.get(_WORKFLOW, "")),
            success=exit_code == 0,
            exit_code=exit_code,
            elapsed_ms=elapsed_ms,
            milestones=(milestone,) if milestone else (),
            environment=self._environment,
        )

    def _operational(self, phase: str, exit_code: int, elapsed_ms: int) -> OperationalEvent:
        return OperationalEvent(
            created_at=from_ns(self._host.now_ns()),
            producer_version=self._host.producer_version,
            correlation_id=self._correlation_id,
            command=self._command,
            phase=phase,
            exit_code=exit_code,
            error_category=_CATEGORIES.get(exit_code, _OTHER),
            elapsed_ms=elapsed_ms,
            environment=self._environment,
        )

    def _append(self, stream: str, variable: str, event: AdoptionEvent | OperationalEvent) -> None:
        given = trim(self._host.env.get(variable, ""))
        if not given:
            return
        failed = 0
        try:
            path = self._host.cwd / refuse_escape(given, "event log")
            make_dirs(path.parent)
            with hold_lock(path, _LOCK, self._host):
                append_line(path, compact(event), what="event log")
        except GaitError as exc:
            failed = 1
            self.warnings.append(f"warning: {stream} event not logged: {exc.message}")
        self._streams[stream] = StreamHealth(attempts=1, success=1 - failed, failed=failed)

    def _write_health(self) -> None:
        given = trim(self._host.env.get(HEALTH_PATH, ""))
        if not given or not self._streams:
            return
        health = TelemetryHealth(
            created_at=from_ns(self._host.now_ns()),
            producer_version=self._host.producer_version,
            streams=HealthStreams(**self._streams),
        )
        try:
            path = self._host.cwd / refuse_escape(given, "telemetry health")
            make_dirs(path.parent)
            write_atomic(path, pretty(health))
        except GaitError as exc:
            self.warnings.append(f"warning: telemetry health not written: {exc.message}")
