"""Entries of the kill switch as text: whether they stop calls, which calls, until when."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.killswitch import (
    KillSwitchAnswer,
    KillSwitchListAnswer,
    KillSwitchRow,
)
from gait_engine.wire.timestamps import is_zero

_SELECTORS: Final = (
    *("agent_id", "identity", "tool_name", "target_kind", "target_value", "environment"),
    *("path_prefixes", "workspace_prefixes"),
)


def _edited(answer: KillSwitchAnswer) -> Iterator[str]:
    yield f"kill-switch {answer.operation} ok: {answer.state}"
    yield from _entry(answer.entry)


def _listed(answer: KillSwitchListAnswer) -> Iterator[str]:
    active = sum(row.active for row in answer.entries)
    yield f"kill-switch list: {answer.state} entries={answer.count} active={active}"
    for row in answer.entries:
        yield from _entry(row)


def _entry(row: KillSwitchRow) -> Iterator[str]:
    until = "" if is_zero(row.expires_at) else f"  until {row.expires_at}"
    stopped = " ".join(_selected(row)) or "every call"
    yield f"  {_standing(row):8}  {row.entry_id}  {stopped}{until}"
    if note := f"{row.reason} {f'({row.actor})' if row.actor else ''}".strip():
        yield f"            {note}"


def _standing(row: KillSwitchRow) -> str:
    if row.active:
        return "active"
    return "expired" if row.enabled else "disabled"


def _selected(row: KillSwitchRow) -> Iterator[str]:
    for name in _SELECTORS:
        if value := getattr(row, name):
            yield f"{name}={value if isinstance(value, str) else ','.join(value)}"


RENDERERS: Final[Renderers] = {KillSwitchAnswer: _edited, KillSwitchListAnswer: _listed}
