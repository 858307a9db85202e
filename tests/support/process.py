"""Run the command line in a process of its own, exactly as the `gait` script does."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
ENTRY: Final = "from gait_engine.cli.main import run; run()"


def python(
    code: str, argv: Sequence[str] = (), *, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds this checkout; `argv` stands in sys.argv[1:]."""
    return subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=cwd,
        env=bare_env(cwd) | dict(env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


def gait(
    *argv: str, cwd: Path, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `gait` with these arguments."""
    return python(ENTRY, argv, cwd=cwd, env=env)


def bare_env(home: Path) -> dict[str, str]:
    """Keep of the environment only what an interpreter needs to start."""
    needed = ("PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR")
    kept = {name: os.environ[name] for name in needed if name in os.environ}
    return kept | {"HOME": str(home), "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1", "NO_COLOR": "1"}
