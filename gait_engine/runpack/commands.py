"""Suggested commands: built as argv, quoted for a shell, left out where they cannot be.

Contract: threats.md section 5.
"""

import re
from typing import Final

from gait_engine.wire.safetext import HIDDEN

_unsafe_in_shell: Final = re.compile(r"[^a-zA-Z0-9@%+=:,./_-]")


def suggest(*parts: str | tuple[str, str]) -> tuple[str, ...]:
    """Return a command as one line to paste, or nothing if a value cannot be shown as it is.

    A part is a word of ours, an option with its value, or ("--", value) for a positional value.
    """
    values = [part[1] for part in parts if isinstance(part, tuple)]
    if any(HIDDEN.search(value) for value in values):
        return ()
    return (" ".join(part if isinstance(part, str) else _with_value(*part) for part in parts),)


def shell_quoted(word: str) -> str:
    """Quote one word for a POSIX shell, only where it needs it."""
    if word and not _unsafe_in_shell.search(word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _with_value(option: str, value: str) -> str:
    if option == "--":
        return f"-- {shell_quoted(value)}" if value.startswith("-") else shell_quoted(value)
    return f"{option}{'=' if value.startswith('-') else ' '}{shell_quoted(value)}"
