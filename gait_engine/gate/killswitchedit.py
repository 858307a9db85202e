"""Edits of a kill-switch state: add an entry, switch one off, let one end.

Each edit reads and replaces the file under a lock. Contract: gate.md 3.8.
"""

from collections.abc import Callable
from typing import Final

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.killswitch import KILL_SWITCH_SCHEMA, KillSwitchEntry, KillSwitchState
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.killswitch import (
    is_in_force,
    normalise_entry,
    parse_state,
    read_state,
    selectors_of,
)
from gait_engine.gate.statefile import read_if_there, replace_state, state_lock
from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import Timestamp, from_ns

_NEW: Final = Source("kill-switch entry")
_ID_DIGITS: Final = 24


def add_entry(
    path: str, given: KillSwitchEntry, *, stop_everything: bool = False, host: Host
) -> KillSwitchEntry:
    """Add an entry, enabled from its `created_at` on, to a state that is begun if need be.

    An entry without selectors needs `stop_everything`, one with selectors must not have it.
    Raises InvalidInput, then the file is as it was; StateContention, IoFailure.
    """
    entry = _new_entry(given, stop_everything=stop_everything)
    with state_lock(path, host=host):
        text = read_if_there(path, host=host, what="kill-switch state")
        state = _begun(entry.created_at) if text is None else parse_state(text, path)
        if any(known.entry_id == entry.entry_id for known in state.entries):
            raise InvalidInput(
                f"entry id: {quoted(entry.entry_id)} is taken, expected a new one", where=path
            )
        _replace(path, state, (*state.entries, entry), host)
    return entry


def disable_entry(path: str, entry_id: str, *, host: Host) -> KillSwitchEntry:
    """Switch an entry off; it stays in the file. Raises InvalidInput for an unknown id."""
    return _change(path, entry_id, lambda e: msgspec.structs.replace(e, enabled=False), host)


def expire_entry(path: str, entry_id: str, at: Timestamp, *, host: Host) -> KillSwitchEntry:
    """Let an entry end at a time. Raises InvalidInput for an unknown id."""
    return _change(path, entry_id, lambda e: msgspec.structs.replace(e, expires_at=at), host)


def derived_id(entry: KillSwitchEntry) -> str:
    """Name an entry in normal form after what it says: 24 hex digits."""
    said = (
        *(entry.agent_id, entry.identity, entry.tool_name, entry.target_kind, entry.target_value),
        *(entry.environment, ",".join(entry.path_prefixes), ",".join(entry.workspace_prefixes)),
        *(entry.reason, entry.created_at),
    )
    return sha256_hex("\x00".join(said).encode())[:_ID_DIGITS]


def _new_entry(given: KillSwitchEntry, *, stop_everything: bool) -> KillSwitchEntry:
    entry = normalise_entry(msgspec.structs.replace(given, enabled=True), _NEW)
    if stop_everything == bool(selectors_of(entry)):
        raise InvalidInput(
            "kill-switch entry: "
            + ("selectors beside --all" if stop_everything else "no selector")
            + ", expected either selectors or --all",
            hint="name what to stop, such as --identity or --tool-name; --all stops every call",
        )
    if not is_in_force(entry, entry.created_at):
        raise InvalidInput(
            f"kill-switch entry: expires at {entry.expires_at}, "
            f"expected a time after {entry.created_at}"
        )
    return msgspec.structs.replace(entry, entry_id=entry.entry_id or derived_id(entry))


def _begun(now: Timestamp) -> KillSwitchState:
    return KillSwitchState(
        schema_id=KILL_SWITCH_SCHEMA, schema_version=SCHEMA_VERSION, created_at=now
    )


def _change(
    path: str, entry_id: str, change: Callable[[KillSwitchEntry], KillSwitchEntry], host: Host
) -> KillSwitchEntry:
    """Change every entry of an id, usually one; return the first."""
    wanted = trim(entry_id)
    read_state(path, host=host)  # or a folder would be made for a file that is not there
    with state_lock(path, host=host):
        state = read_state(path, host=host)
        changed = {n: change(e) for n, e in enumerate(state.entries) if e.entry_id == wanted}
        if not wanted or not changed:
            raise InvalidInput(
                f"entry id: {quoted(wanted)}, expected that of an entry",
                where=path,
                hint="gait kill-switch list names the entries",
            )
        entries = (changed.get(n, entry) for n, entry in enumerate(state.entries))
        _replace(path, state, tuple(entries), host)
    return next(iter(changed.values()))


def _replace(
    path: str, state: KillSwitchState, entries: tuple[KillSwitchEntry, ...], host: Host
) -> None:
    """Write the state with its new entries, by whom and when."""
    updated = msgspec.structs.replace(
        state,
        updated_at=from_ns(host.now_ns()),
        producer_version=host.producer_version,
        entries=entries,
    )
    replace_state(path, updated, host=host)
