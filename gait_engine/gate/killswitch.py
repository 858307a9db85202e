"""The kill switch: what its state file says, which calls it stops, the journal of those.

Deciding is pure; an entry stops a call that all its selectors match. Contract: gate.md 3.8.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.decision import KillSwitchDecision
from gait_engine.contract.intent import TARGET_KINDS, NormalIntent, Target
from gait_engine.contract.killswitch import (
    KILL_SWITCH_JOURNAL,
    KILL_SWITCH_SCHEMA,
    KillSwitchEntry,
    KillSwitchHit,
    KillSwitchState,
)
from gait_engine.contract.policy import Texts
from gait_engine.errors import quoted
from gait_engine.gate.fields import below, one_of, required_instant
from gait_engine.gate.paths import clean_path, is_below
from gait_engine.gate.script import step_intents
from gait_engine.gate.verdicts import merged
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import Timestamp, is_zero, to_ns, to_utc

ACTIVE: Final = "kill_switch_active"
UNAVAILABLE: Final = "kill_switch_state_unavailable"


class _Call(NamedTuple):
    """What of an intent the selectors are held against; a script acts on all steps' targets."""

    agent_id: str
    identity: str
    tool_name: str
    environment: str
    workspace: str
    targets: tuple[Target, ...]
    paths: Texts


class _Selector(NamedTuple):
    """One condition an entry can set: whether it does, and whether a call meets it."""

    is_set: Callable[[KillSwitchEntry], object]
    holds: Callable[[KillSwitchEntry, _Call], bool]


_SELECTORS: Final = {
    "agent_id": _Selector(
        lambda entry: entry.agent_id, lambda entry, call: entry.agent_id == call.agent_id
    ),
    "identity": _Selector(
        lambda entry: entry.identity, lambda entry, call: entry.identity == call.identity
    ),
    "tool_name": _Selector(
        lambda entry: entry.tool_name, lambda entry, call: entry.tool_name == call.tool_name
    ),
    "environment": _Selector(
        lambda entry: entry.environment, lambda entry, call: entry.environment == call.environment
    ),
    "target": _Selector(
        lambda entry: entry.target_kind or entry.target_value,
        lambda entry, call: any(_is_meant(entry, target) for target in call.targets),
    ),
    "path": _Selector(
        lambda entry: entry.path_prefixes,
        lambda entry, call: any(_is_under_any(path, entry.path_prefixes) for path in call.paths),
    ),
    "workspace": _Selector(
        lambda entry: entry.workspace_prefixes,
        lambda entry, call: _is_under_any(call.workspace, entry.workspace_prefixes),
    ),
}
"""Every selector by the word its reason code has for it."""


def read_state(path: str, *, host: Host) -> KillSwitchState:
    """Read a state file into normal form.

    Raises InvalidInput for a file that is missing, unreadable or not valid; IoFailure.
    """
    text = read_input(path, limit=TEXT_LIMIT, host=host, what="kill-switch state")
    return parse_state(text, path)


def parse_state(text: bytes, name: str) -> KillSwitchState:
    """Read a state into normal form; unknown fields are ignored, `name` is for errors.

    Raises InvalidInput.
    """
    source = Source(name, digested=False)
    state = read_record(text, KillSwitchState, source)
    for field, wanted in (("schema_id", KILL_SWITCH_SCHEMA), ("schema_version", SCHEMA_VERSION)):
        if (found := getattr(state, field)) != wanted:
            raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    return msgspec.structs.replace(
        state,
        created_at=required_instant(state.created_at, source, "created_at"),
        updated_at=required_instant(state.updated_at, source, "updated_at"),
        entries=tuple(
            _stored_entry(entry, below(source, f".entries[{index}]"))
            for index, entry in enumerate(state.entries)
        ),
    )


def normalise_entry(entry: KillSwitchEntry, source: Source) -> KillSwitchEntry:
    """Bring an entry into the form that calls are held against; raises InvalidInput."""
    return KillSwitchEntry(
        entry_id=trim(entry.entry_id),
        enabled=entry.enabled,
        agent_id=trim(entry.agent_id),
        identity=trim(entry.identity),
        tool_name=normal(entry.tool_name),
        target_kind=one_of(normal(entry.target_kind), TARGET_KINDS, source, "target_kind"),
        target_value=trim(entry.target_value),
        environment=normal(entry.environment),
        path_prefixes=_prefixes(entry.path_prefixes, source, "path_prefixes"),
        workspace_prefixes=_prefixes(entry.workspace_prefixes, source, "workspace_prefixes"),
        reason=trim(entry.reason),
        actor=trim(entry.actor),
        created_at=required_instant(entry.created_at, source, "created_at"),
        expires_at=to_utc(entry.expires_at),
    )


def selectors_of(entry: KillSwitchEntry) -> Texts:
    """Name the selectors that an entry sets; one without any stops every call."""
    return tuple(name for name, selector in _SELECTORS.items() if selector.is_set(entry))


def is_in_force(entry: KillSwitchEntry, at: Timestamp) -> bool:
    """Tell whether an entry is enabled and not yet expired."""
    return entry.enabled and (is_zero(entry.expires_at) or to_ns(entry.expires_at) > to_ns(at))


def judge(state: KillSwitchState, intent: NormalIntent, at: Timestamp) -> KillSwitchDecision:
    """Decide whether some entry in force stops a prepared intent."""
    call = _call_of(intent)
    hits = [entry for entry in state.entries if is_in_force(entry, at) and _is_stopped(call, entry)]
    if not hits:
        return KillSwitchDecision(status="inactive", evaluated_at=at)
    names = merged(*map(selectors_of, hits))
    codes = merged((ACTIVE,), (f"kill_switch_{name}_active" for name in names))
    return KillSwitchDecision(
        status="active",
        reason_code=next((code for code in codes if code != ACTIVE), ACTIVE),
        reason_codes=codes,
        matched_entry_ids=merged(entry.entry_id for entry in hits if entry.entry_id),
        evaluated_at=at,
    )


def unavailable(at: Timestamp) -> KillSwitchDecision:
    """Return the decision where the state had to be known and could not be read."""
    return KillSwitchDecision(
        status="unavailable", reason_code=UNAVAILABLE, reason_codes=(UNAVAILABLE,), evaluated_at=at
    )


def append_hit(state_path: str, hit: KillSwitchHit, *, host: Host) -> None:
    """Note a stopped call in the journal beside the state file; it is durable on return.

    Under a lock: a writer that runs out of disk cuts the journal back to where it began, which
    would take a line with it that somebody else appended meanwhile. Raises GaitError.
    """
    from gait_engine.gate.statefile import state_lock
    from gait_engine.store.jsonl import append_line
    from gait_engine.wire.jsonwrite import compact

    journal = host.cwd / Path(state_path).with_name(KILL_SWITCH_JOURNAL)
    with state_lock(os.fspath(journal), host=host):
        append_line(journal, compact(hit), what="kill-switch journal")


def _stored_entry(entry: KillSwitchEntry, source: Source) -> KillSwitchEntry:
    normalised = normalise_entry(entry, source)
    if not normalised.entry_id and not selectors_of(normalised):
        raise source.reject("an entry without selector and id, expected one of them", source.root)
    return normalised


def _prefixes(given: Texts, source: Source, field: str) -> Texts:
    """Clean prefixes; `.` is refused, since it names no part of a path."""
    cleaned = merged(_cleaned(text) for text in given if trim(text))
    if "." in cleaned:
        raise source.reject("'.', expected the path of a folder or file", f"{source.root}.{field}")
    return cleaned


def _cleaned(path: str) -> str:
    r"""Clean a path; `\` separates too, as in a workspace, so that no spelling slips by."""
    return clean_path(trim(path).replace("\\", "/"))


def _call_of(intent: NormalIntent) -> _Call:
    context = intent.context
    own = (intent, *step_intents(intent))
    targets = tuple(target for part in own for target in part.targets)
    return _Call(
        agent_id=context.agent_id,
        identity=context.identity,
        tool_name=intent.tool_name,
        environment=normal(context.environment),
        workspace=_cleaned(context.workspace),
        targets=targets,
        paths=tuple(_cleaned(target.value) for target in targets if target.kind == "path"),
    )


def _is_stopped(call: _Call, entry: KillSwitchEntry) -> bool:
    return all(_SELECTORS[name].holds(entry, call) for name in selectors_of(entry))


def _is_meant(entry: KillSwitchEntry, target: Target) -> bool:
    return entry.target_kind in ("", target.kind) and entry.target_value in ("", target.value)


def _is_under_any(path: str, prefixes: Texts) -> bool:
    return any(is_below(path, prefix) for prefix in prefixes)
