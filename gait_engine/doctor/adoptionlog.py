"""Reading a log of adoption events, every line of it or none (scout.md 5).

The log is what `scout.events` writes where GAIT_ADOPTION_LOG names a file.
"""

from typing import Final

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.scout import ADOPTION_SCHEMA, AdoptionEvent, EventEnvironment
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.jsonl import split_lines
from gait_engine.wire.jsonread import Source, read_items
from gait_engine.wire.text import trim, trim_bytes, unique_sorted
from gait_engine.wire.timestamps import is_zero, to_utc

_LINE_LIMIT: Final = (1 << 20) + 1
_MAX_EXIT_CODE: Final = 255
_PLACE: Final = "line {}"


def read_events(path: str, *, host: Host) -> list[AdoptionEvent]:
    """Read a log in its order; texts trimmed, times in UTC, blank lines passed over.

    Raises InvalidInput for a line that is no adoption event, IoFailure.
    """
    data = read_input(path, limit=TEXT_LIMIT, host=host, what="adoption log")
    where = f"adoption log {quoted(path, 200)}"
    lines = [
        (line.number, text)
        for line in split_lines((data,), _LINE_LIMIT, where)
        if (text := trim_bytes(line.data))
    ]
    events = read_items(lines, AdoptionEvent, Source(path, digested=False), _PLACE)
    return [
        _checked(event, f"{where} line {number}")
        for (number, _), event in zip(lines, events, strict=True)
    ]


def _checked(event: AdoptionEvent, where: str) -> AdoptionEvent:
    """Hold an event against what every event must say, and bring it into its normal form."""
    _require_schema(event.schema_id, ADOPTION_SCHEMA, f"schema_id, {where}")
    _require_schema(event.schema_version, SCHEMA_VERSION, f"schema_version, {where}")
    if is_zero(event.created_at):
        raise InvalidInput(f"created_at, {where}: missing, expected a time", where=where)
    command, environment = trim(event.command), event.environment
    os_name, arch = trim(environment.os), trim(environment.arch)
    required = {"command": command, "environment.os": os_name, "environment.arch": arch}
    for name, value in required.items():
        if not value:
            raise InvalidInput(f"{name}, {where}: missing, expected one", where=where)
    if not 0 <= event.exit_code <= _MAX_EXIT_CODE:
        raise InvalidInput(
            f"exit_code, {where}: {event.exit_code}, expected 0 to {_MAX_EXIT_CODE}", where=where
        )
    return msgspec.structs.replace(
        event,
        created_at=to_utc(event.created_at),
        command=command,
        workflow_id=trim(event.workflow_id),
        elapsed_ms=max(0, event.elapsed_ms),
        milestones=tuple(unique_sorted(list(event.milestones))),
        environment=EventEnvironment(os=os_name, arch=arch),
    )


def _require_schema(found: str, wanted: str, what: str) -> None:
    if trim(found) not in ("", wanted):
        raise InvalidInput(f"{what}: {quoted(found)}, expected {wanted}")
