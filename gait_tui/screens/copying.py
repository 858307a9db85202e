"""What `y` copies: texts that are at hand, by the id of their key."""

from gait_tui import commands
from gait_tui.screens.frame import FrameScreen

LATER = "\x00later"


def run_copies(name: str, path: str, digest: str, screen: FrameScreen) -> dict[str, str]:
    """Return what can be copied of a run; footer and JSON are asked for when they are wanted."""
    query = screen.query_here()
    return {
        "copy_id": name,
        "copy_digest": f"sha256:{digest}" if digest else "",
        "copy_path": path,
        "copy_command": commands.shell(commands.argv(query)) if query else "",
        "copy_footer": path,
        "copy_json": LATER,
    }
