"""Who holds a lock, and whether that process still runs.

A pid alone says nothing: it may be of another machine or container that shares the folder, of
before the last start of this one, or by now another process. Contract: threats.md section 7.
"""

import os
from pathlib import Path
from typing import Final

from gait_engine.contract.common import SCHEMA_VERSION, Int64, Record, always, instant
from gait_engine.host import Host
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import Timestamp, from_ns

_SECOND_NS: Final = 10**9


class LockOwner(Record, frozen=True, kw_only=True):
    """The one line inside a lock file; the peer writes and reads the `always` fields only."""

    boot_id: str = ""
    created_at: Timestamp = instant()
    host_id: str = ""
    pid: Int64 = always(0)
    pid_namespace: str = ""
    schema_id: str = always("")
    schema_version: str = always("")
    start_time: int = 0
    """Clock ticks from boot to the start of the process: tells it from a later one with its pid."""


def this_process(schema_id: str, host: Host) -> LockOwner:
    """Describe the owner; a host that stands for another process makes no claim to be alive."""
    created_at = from_ns(host.now_ns() // _SECOND_NS * _SECOND_NS)
    status = _process_status(host.pid) if host.pid == os.getpid() else None
    boot_id = _boot_id() if status else ""
    return LockOwner(
        boot_id=boot_id,
        created_at=created_at,
        host_id=_host_id() if boot_id else "",
        pid=host.pid,
        pid_namespace=_pid_namespace() if boot_id else "",
        schema_id=schema_id,
        schema_version=SCHEMA_VERSION,
        start_time=status[1] if status and boot_id else 0,
    )


def is_alive(owner: LockOwner) -> bool | None:
    """Tell whether the owner still runs; None when that cannot be known from here."""
    boot_id = _boot_id()
    if not (owner.boot_id and boot_id) or owner.host_id != _host_id():
        return None
    if owner.boot_id != boot_id:
        return False
    if owner.pid_namespace != _pid_namespace() or not 0 < owner.pid < 2**31:
        return None
    return _is_running(owner.pid, owner.start_time)


def _is_running(pid: int, start_time: int) -> bool:
    """Tell a running process from a dead, a defunct and a later one with the same pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's: it runs
        pass
    status = _process_status(pid)
    return status is None or (status[0] not in ("Z", "X") and status[1] == start_time)


def _boot_id() -> str:
    """Return what changes with every start of this machine; empty where it is not known."""
    return _read_line("/proc/sys/kernel/random/boot_id")


def _host_id() -> str:
    """Return what tells this machine from others that share a folder with it."""
    name = os.uname().nodename if hasattr(os, "uname") else ""
    return sha256_hex(f"{name}\n{_read_line('/etc/machine-id')}".encode())[:16]


def _pid_namespace() -> str:
    """Return what tells the pids of this container from those of another."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _process_status(pid: int) -> tuple[str, int] | None:
    """Return the state letter and the start time of a process, if /proc tells."""
    # The command name, in parentheses, may itself hold spaces and parentheses.
    fields = _read_line(f"/proc/{pid}/stat").rpartition(")")[2].split()
    return (fields[0], int(fields[19])) if len(fields) > 19 else None


def _read_line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""
