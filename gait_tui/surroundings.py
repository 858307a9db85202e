"""What the terminal UI was started with: the terminal, the settings, and what is wrong in them."""

from typing import NamedTuple

from gait_tui.services.term import Terminal


class Surroundings(NamedTuple):
    """What the Health tab shows of this session; no `terminal` where nobody asked it."""

    terminal: Terminal | None = None
    clipboard: str = "auto"
    mouse: bool = True
    ascii_only: bool = False
    files: tuple[str, ...] = ()
    """The settings files that were read."""
    own_file: str = ""
    """Where the person's settings are, or would be."""
    warnings: tuple[str, ...] = ()
    key_path: str = ""
    approver: str = ""
