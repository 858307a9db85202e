"""Finds the folders of shipped data, in a wheel or a checkout; nothing else builds such paths."""

from pathlib import Path
from typing import Final

_PACKAGE: Final = Path(__file__).resolve().parent
_PACKED: Final = _PACKAGE / "_data"
_ROOT: Final = _PACKED if _PACKED.is_dir() else _PACKAGE.parent


def schemas_dir() -> Path:
    """Return the folder of `v1/<family>/<name>.schema.json`."""
    return _ROOT / "schemas"


def scenarios_dir() -> Path:
    """Return the folder of `<name>/story.toml`."""
    return _ROOT / "scenarios"


def themes_dir() -> Path:
    """Return the folder of `<name>.toml`."""
    return _ROOT / "themes"
