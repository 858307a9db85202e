"""Text that others have written, cut and made harmless so that it can stand in a sentence."""

from typing import Final

from gait_engine.wire.safetext import safe_text

WIDTH: Final = 48


def short(text: str, width: int = WIDTH) -> str:
    """Spell what is hidden, and leave out the middle of a text longer than `width`."""
    shown = " ".join(safe_text(text[: 4 * width] if len(text) > 8 * width else text).split())
    if len(shown) <= width and len(text) <= 8 * width:
        return shown
    half = (width - 1) // 2
    return f"{shown[: width - 1 - half]}…{shown[-half:]}"
