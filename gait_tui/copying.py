"""What `y` copies: texts that are at hand, by the id of their key."""

from typing import Final

from gait_tui import commands
from gait_tui.commands import Query

LATER: Final = "\x00later"


def copies_of(name: str, path: str, digest: str, query: Query | None) -> dict[str, str]:
    """Return what can be copied of an item; the answer itself is asked for when it is wanted."""
    return {
        "copy_id": name,
        "copy_digest": f"sha256:{digest}" if digest else "",
        "copy_path": path,
        "copy_command": commands.shell(commands.argv(query)) if query else "",
        "copy_json": LATER,
    }


def run_copies(name: str, path: str, digest: str, query: Query | None) -> dict[str, str]:
    """Return what can be copied of a run: as of any item, and its ticket footer."""
    return copies_of(name, path, digest, query) | {"copy_footer": path}
