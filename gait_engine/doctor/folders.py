"""The folders gait works in: there, folders, and open for new files (checks 1, 2 and 4)."""

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from gait_engine.doctor.finding import (
    Finding,
    Patient,
    failed,
    named,
    passed,
    reason,
    shell_word,
    warned,
)
from gait_engine.host import Host
from gait_engine.store.atomic import FILE_MODE, NO_FOLLOW
from gait_engine.wire.text import trim

_MISSING: Final = "missing"
NO_FOLDER: Final = "not a directory"
_TRIES: Final = 8


def workdir(patient: Patient) -> Finding:
    """Look at the folder everything else is relative to."""
    shown, path = patient.workdir, patient.path(patient.workdir)
    if fault := folder_fault(path):
        return failed(f"{named(shown)}: {fault}", _making(shown, path))
    return _writability(shown, path, patient)


def output_dir(patient: Patient) -> Finding:
    """Look at the folder that artifacts go to; gait makes it when it is first needed."""
    shown, path = patient.output_dir, patient.path(patient.output_dir)
    fault = folder_fault(path)
    if fault == _MISSING:
        return warned(f"{named(shown)}: missing", _making(shown, path))
    if fault:
        return failed(f"{named(shown)}: {fault}")
    return _writability(shown, path, patient)


def temp_dir(patient: Patient) -> Finding:
    """Look at the folder for temporary files."""
    shown = patient.host.env.get("TMPDIR", "") or "/tmp"  # noqa: S108  # the system's own default
    if not trim(shown):
        return failed("TMPDIR is blank")
    path = patient.path(shown)
    if folder_fault(path) == _MISSING:
        return failed(f"{named(shown)}: missing", _making(shown, path))
    return _writability(shown, path, patient)


def folder_fault(path: Path) -> str:
    """Say what keeps a path from being a folder; only what is plainly not there is `missing`."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return _MISSING
    except (OSError, ValueError) as exc:
        return f"cannot be looked at, {reason(exc)}"
    return "" if stat.S_ISDIR(mode) else NO_FOLDER


def _making(shown: str, path: Path) -> str:
    """Spell the command that makes a folder; where a link leads nowhere, it makes what it means."""
    links = (place for place in (path, *path.parents) if os.path.islink(place))  # noqa: PTH114
    leads_nowhere = any(not os.path.exists(link) for link in links)  # noqa: PTH110
    return f"mkdir -p {shell_word(os.path.realpath(path) if leads_nowhere else shown)}"


def _writability(shown: str, path: Path, patient: Patient) -> Finding:
    try:
        if patient.is_only_looked_at:
            _require_access(path)
        else:
            _write_into(path, patient.host)
    except (OSError, ValueError) as exc:
        return failed(
            f"{named(shown)}: no file can be created, {reason(exc)}",
            f"chmod {_lacking(path)} {shell_word(shown)}",
        )
    return passed(f"{named(shown)} is writable")


def _require_access(folder: Path) -> None:
    """Go by the permissions alone: a full disk is not seen. Raises PermissionError."""
    by_effective_ids = os.access in os.supports_effective_ids
    if not os.access(folder, os.W_OK | os.X_OK, effective_ids=by_effective_ids):
        raise PermissionError(errno.EACCES, "Permission denied")


def _lacking(folder: Path) -> str:
    """Say what the owner of a folder lacks; into one that cannot be entered nothing is written."""
    try:
        return "u+w" if folder.stat().st_mode & stat.S_IXUSR else "u+wx"
    except (OSError, ValueError):
        return "u+w"


def _write_into(folder: Path, host: Host) -> None:
    """Create a file under a name nobody has, and take it away again if that is possible."""
    for _ in range(_TRIES):
        probe = folder / f".gait-doctor-writecheck-{host.entropy(8).hex()}"
        try:
            fd = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW, FILE_MODE)
        except FileExistsError:
            continue
        os.close(fd)
        with suppress(OSError):  # a folder that only takes is writable all the same
            probe.unlink()
        return
    raise FileExistsError(errno.EEXIST, "every name tried is taken")
