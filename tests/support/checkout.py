"""A checkout that nobody has used yet, for `make`: its own folder, the programs of this one."""

import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.process import ROOT

PARTS = ("Makefile", "pyproject.toml", "constraints.txt", ".gait", "scenarios")
READY = "ready"


def fresh_checkout(folder: Path) -> Path:
    """Lay out in a folder what `make` needs to find."""
    folder.mkdir()
    for name in PARTS:
        (folder / name).symlink_to(ROOT / name)
    (folder / READY).touch()
    return folder


def make(target: str) -> Sequence[str]:
    """Spell a target of `make` so that nothing is installed for it."""
    return ("make", target, f"BIN={Path(sys.executable).parent}", f"READY={READY}")
