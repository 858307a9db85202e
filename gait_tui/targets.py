"""What the command line or a paste names: folders to look in, a ticket line, a pipe."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from gait_engine.api.shapes import looks_like_footer
from gait_engine.errors import InvalidInput
from gait_engine.host import Host

OUT_DIR: Final = "gait-out"


def standard_roots(host: Host) -> Iterator[str]:
    """Name the folders that are searched when none are given."""
    yield OUT_DIR
    yield str(host.home / ".gait" / "runpacks")


def shown_path(path: str, home: Path) -> str:
    """Shorten the home folder to `~`."""
    at_home = f"{home}/"
    return f"~/{path.removeprefix(at_home)}" if path.startswith(at_home) else path


def ticket_in(text: str) -> str:
    """Find the ticket line in what was pasted; the first line when none means to be one."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return next((line for line in lines if looks_like_footer(line)), lines[0] if lines else "")


def from_pipe(body: bytes) -> str:
    """Read a target from what came through a pipe. Raises InvalidInput when nothing did."""
    found = ticket_in(body.decode("utf-8", "replace"))
    if not found:
        raise InvalidInput("stdin: nothing, expected a ticket line, a run id or a path")
    return found
