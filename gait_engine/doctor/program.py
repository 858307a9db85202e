"""Asking a program for one line: bounded in time, heard on stdout only, with no event logged."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from gait_engine.host import Host

_MAX_SECONDS: Final = 10.0
_OWN_SETTINGS: Final = "GAIT_"


def said_by(argv: Sequence[str], folder: Path, host: Host) -> str | None:
    """Return what a program says on stdout; None where it cannot run, fails, or takes too long.

    It does not see the settings of gait: asking must not write into anybody's log of events.
    """
    import subprocess  # most checks ask nobody

    try:
        done = subprocess.run(  # noqa: S603  # no shell reads it
            list(argv),
            cwd=folder,
            env={k: v for k, v in host.env.items() if not k.startswith(_OWN_SETTINGS)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_MAX_SECONDS,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None
    return None if done.returncode else done.stdout.decode(errors="replace")
