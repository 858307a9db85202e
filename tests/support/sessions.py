"""Session journals for tests: written by the engine itself, or line by line as anybody may."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from gait_engine.api import session
from gait_engine.api.session import EventInput
from gait_engine.host import Host

JOURNAL: Final = "s/j.jsonl"
CALL: Final = EventInput(tool_name="tool.x", verdict="allow")
SCHEMA: Final = {"schema_version": "1.0.0", "created_at": "2026-02-05T10:00:00Z"}
IDS: Final = {"session_id": "sess_1", "run_id": "run_1"}


class HostIn(Host):
    """The real machine, at work in a folder of the test's choosing."""

    producer_version = "0.0.0-dev"

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd

    @property
    def cwd(self) -> Path:
        return self._cwd


def begun(host: Host, events: int = 0) -> Path:
    """Start a session with some events; return its journal."""
    session.start(JOURNAL, session_id="sess_1", run_id="run_1", host=host)
    for _ in range(events):
        session.append(JOURNAL, CALL, host=host)
    return host.cwd / JOURNAL


def header(**changes: Any) -> dict[str, Any]:
    """Spell a header line."""
    record = {"schema_id": "gait.runpack.session_journal", **SCHEMA, **IDS}
    return {"record_type": "header", "header": record | {"events": []} | changes}


def event(sequence: float, **changes: Any) -> dict[str, Any]:
    """Spell an event line."""
    record = {"schema_id": "gait.runpack.session_event", **SCHEMA, **IDS, "sequence": sequence}
    return {"record_type": "event", "event": record | {"tool_name": "t"} | changes}


def checkpoint(index: int, start: int, end: int, **changes: Any) -> dict[str, Any]:
    """Spell a checkpoint line whose digest is right, whatever was changed."""
    record = {
        "schema_id": "gait.runpack.session_checkpoint",
        **SCHEMA,
        **IDS,
        "checkpoint_index": index,
        "sequence_start": start,
        "sequence_end": end,
        "runpack_path": f"cp{index}.zip",
        "manifest_digest": f"{index}" * 64,
        **changes,
    }
    previous = record.get("prev_checkpoint_digest", "")
    link = f"{record['manifest_digest']}:{previous}:{index}:{start}:{end}"
    digest = sha256(link.encode()).hexdigest()
    return {"record_type": "checkpoint", "checkpoint": {"checkpoint_digest": digest} | record}


def written(host: Host, *records: dict[str, Any] | bytes) -> Path:
    """Write a journal line by line; bytes go in as they are, without a line feed."""
    journal = host.cwd / JOURNAL
    journal.parent.mkdir(exist_ok=True)
    journal.write_bytes(
        b"".join(
            record if isinstance(record, bytes) else json.dumps(record).encode() + b"\n"
            for record in records
        )
    )
    return journal
