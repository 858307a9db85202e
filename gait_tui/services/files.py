"""Files of our own: themes and settings. Artifacts are read by the engine alone."""

from pathlib import Path


def read_utf8(path: Path) -> str:
    """Return the text of a file. Raises OSError, UnicodeDecodeError."""
    return path.read_text(encoding="utf-8")
