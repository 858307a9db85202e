"""The crash log: what went wrong, kept off the screen."""

import os
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gait_engine.host import Host
from gait_tui.services.config import state_folder

_MAX_BYTES: Final = 1 << 20
_APPEND: Final = os.O_WRONLY | os.O_CREAT | os.O_APPEND | getattr(os, "O_NOFOLLOW", 0)


def log_crash(error: BaseException, host: Host) -> Path | None:
    """Append the traceback, without any values of variables; None where it cannot be written.

    The file is the user's alone. One that has grown over 1 MiB is set aside as tui.log.1.
    """
    path = state_folder(host) / "tui.log"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and path.stat().st_size > _MAX_BYTES:
            path.replace(path.with_name("tui.log.1"))
        _append(path, _entry(error, host))
    except OSError:
        return None
    return path


def _entry(error: BaseException, host: Host) -> bytes:
    at = datetime.fromtimestamp(host.now_ns() / 10**9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    told = "".join(traceback.format_exception(error))
    head = f"{at} gait {host.producer_version} pid {host.pid}\n"
    return (head + told + "\n").encode("utf-8", "backslashreplace")


def _append(path: Path, entry: bytes) -> None:
    descriptor = os.open(path, _APPEND, 0o600)
    with os.fdopen(descriptor, "ab") as log:
        log.write(entry)
