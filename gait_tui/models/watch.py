"""How often the folders are looked at: less often while nobody is at the keys."""

from typing import Final

IDLE_AFTER: Final = 300.0
IDLE_PAUSE: Final = 5.0


def pause_after(idle_seconds: float, usual: float) -> float:
    """Return the seconds between two looks once no key came for so long."""
    return max(usual, IDLE_PAUSE) if idle_seconds >= IDLE_AFTER else usual
