"""Stopping calls at once: adding, listing and ending entries of the kill switch (gate.md 3.8)."""

from typing import Final

import msgspec

from gait_engine.contract.answers.killswitch import (
    KillSwitchAnswer,
    KillSwitchListAnswer,
    KillSwitchRow,
)
from gait_engine.contract.killswitch import KillSwitchEntry
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.killswitch import is_in_force, read_state
from gait_engine.gate.killswitchedit import add_entry, disable_entry, expire_entry
from gait_engine.host import Host
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import (
    ZERO,
    Timestamp,
    from_ns,
    is_zero,
    normalise,
    parse_duration,
    to_utc,
)

ADD: Final = "add"
DISABLE: Final = "disable"
EXPIRE: Final = "expire"


def add(
    state: str,
    given: KillSwitchEntry,
    *,
    expires: str = "",
    ttl: str = "",
    stop_everything: bool = False,
    host: Host,
) -> KillSwitchAnswer:
    """Stop matching calls from now on, until `expires` or for `ttl` if one of them is given.

    Raises GaitError; then the state is as it was.
    """
    _require_state(state)
    now_ns = host.now_ns()
    entry = msgspec.structs.replace(
        given, created_at=from_ns(now_ns), expires_at=_end(expires, ttl, now_ns)
    )
    added = add_entry(state, entry, stop_everything=stop_everything, host=host)
    return _answer(ADD, state, added, host)


def list_entries(state: str, *, host: Host) -> KillSwitchListAnswer:
    """List the entries and whether they stop calls now. Raises InvalidInput, IoFailure."""
    _require_state(state)
    rows = tuple(_row(entry, host) for entry in read_state(state, host=host).entries)
    return KillSwitchListAnswer(ok=True, state=state, count=len(rows), entries=rows)


def disable(state: str, entry_id: str, *, host: Host) -> KillSwitchAnswer:
    """Switch an entry off; it stays listed. Raises GaitError."""
    _require_state(state)
    return _answer(DISABLE, state, disable_entry(state, entry_id, host=host), host)


def expire(state: str, entry_id: str, *, at: str = "", host: Host) -> KillSwitchAnswer:
    """Let an entry end at a time, now if none is given. Raises GaitError."""
    _require_state(state)
    end = _instant(at) if trim(at) else from_ns(host.now_ns())
    return _answer(EXPIRE, state, expire_entry(state, entry_id, end, host=host), host)


def _require_state(path: str) -> None:
    if not trim(path):
        raise InvalidInput(f"option --state: {quoted(path)}, expected a kill-switch state file")


def _end(expires: str, ttl: str, now_ns: int) -> Timestamp:
    if trim(expires) and trim(ttl):
        raise InvalidInput("options --expires-at and --ttl: both given, expected one of them")
    if trim(expires):
        return _instant(expires)
    if not trim(ttl):
        return ZERO
    return from_ns(now_ns + parse_duration(trim(ttl)))


def _instant(text: str) -> Timestamp:
    """Read the end of an entry; the zero time stands for none in a file, so it ends nothing."""
    end = to_utc(normalise(trim(text)))
    if is_zero(end):
        raise InvalidInput(f"time: {end} stands for no end, expected a later one")
    return end


def _answer(operation: str, state: str, entry: KillSwitchEntry, host: Host) -> KillSwitchAnswer:
    return KillSwitchAnswer(ok=True, operation=operation, state=state, entry=_row(entry, host))


def _row(entry: KillSwitchEntry, host: Host) -> KillSwitchRow:
    active = is_in_force(entry, from_ns(host.now_ns()))
    return KillSwitchRow(active=active, **msgspec.structs.asdict(entry))
