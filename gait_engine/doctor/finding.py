"""What a check is given and what it says: the place under examination, a finding, a shell word.

Contract: guard-doctor-registry.md F.
"""

from pathlib import Path
from typing import NamedTuple

from gait_engine.contract.doctor import FAIL, PASS, WARN
from gait_engine.contract.keys import KeySources
from gait_engine.errors import quoted
from gait_engine.host import Host


class Patient(NamedTuple):
    """What is examined: folders as they are shown, the key flags, and the machine."""

    workdir: str
    output_dir: str
    key_mode: str
    keys: KeySources
    host: Host
    is_only_looked_at: bool = False
    """No file is created and no program started; then less is known."""

    def path(self, shown: str) -> Path:
        """Return the place that a shown path means."""
        return self.host.cwd / shown


class Finding(NamedTuple):
    """What one check found, and what to type."""

    status: str
    message: str
    fix: str = ""
    non_fixable: bool = False


def passed(message: str) -> Finding:
    """Say that nothing is wrong."""
    return Finding(PASS, message)


def warned(message: str, fix: str = "") -> Finding:
    """Say that something should be looked after."""
    return Finding(WARN, message, fix)


def failed(message: str, fix: str = "") -> Finding:
    """Say that something keeps gait from working."""
    return Finding(FAIL, message, fix)


def shell_word(path: str) -> str:
    """Quote a path for a shell; one that begins with a dash must not be taken for an option."""
    spelled = f"./{path}" if path.startswith("-") else path
    return "'" + spelled.replace("'", "'\\''") + "'"


def named(path: str) -> str:
    """Show a path in a message."""
    return quoted(path, 200)


def reason(exc: OSError | ValueError) -> str:
    """Say in the system's words why a path cannot be looked at."""
    said = exc.strerror if isinstance(exc, OSError) else None
    return (said or str(exc)).lower()
