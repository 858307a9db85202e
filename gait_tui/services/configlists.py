"""What the settings may name of each list: its columns, and those it can be sorted by."""

from collections.abc import Mapping
from typing import Final

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "inbox": (
        *("severity", "kind", "agent", "tool", "run", "session", "reason", "code", "family"),
        *("path", "what", "age"),
    ),
    "runs": ("run", "session", "path", "capture", "kind", "state", "calls", "not_ok", "age"),
    "traces": (
        *("verdict", "tool", "agent", "run", "session", "violation", "signature"),
        *("environment", "target", "trace", "intent", "policy", "path", "observed", "age"),
    ),
    "approvals": ("state", "tool", "agent", "target", "who", "reason", "rule", "path", "age"),
    "scout": ("family", "severity", "reason", "run", "tool", "driver", "score", "runs"),
    "regress": (
        *("fixture", "status", "reason", "grader", "run", "tool"),
        *("schema", "exit_code", "trajectory", "diff", "context"),
    ),
    "evidence": ("kind", "name", "run", "case", "path", "state", "age"),
    "health": ("check", "status", "scope", "says"),
}
SORTS: Final[Mapping[str, tuple[str, ...]]] = {
    "inbox": ("kind", "what", "age"),
    "runs": ("run", "capture", "age"),
    "traces": ("verdict", "tool", "agent"),
    "approvals": (),
    "scout": ("runs", "reason"),
    "regress": ("status", "reason"),
    "evidence": ("kind", "name", "age"),
    "health": ("check",),
}


def unknown_column(tab: str, names: tuple[str, ...]) -> str:
    """Return the first name that is no column of a list; empty where all are."""
    return next((name for name in names if name not in COLUMNS[tab]), "")


def is_sortable(tab: str, name: str) -> bool:
    """Tell a column that a list can be sorted by; a minus in front reverses it."""
    return not name or name.removeprefix("-") in SORTS[tab]
