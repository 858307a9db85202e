"""Run the recorded cases that areas.txt names and count, aloud, those it leaves out.

usage: selected.py [options of run.py]
"""

import json
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Final

HERE: Final = Path(__file__).resolve().parent
GOLDEN: Final = HERE.parent / "golden"
LAUNCHER: Final = HERE.parent / "support" / "gait_under_test.py"


def patterns() -> list[str]:
    """Read the lines of areas.txt that name cases to run."""
    return [line for line in _lines() if not line.startswith("!")]


def refused() -> list[str]:
    """Read the cases whose command says itself that it lacks something."""
    return [line.removeprefix("!") for line in _lines() if line.startswith("!")]


def _lines() -> list[str]:
    lines = (HERE / "areas.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def case_names() -> list[str]:
    """List every copied case as `area/case`, sorted."""
    return sorted(path.parent.relative_to(GOLDEN).as_posix() for path in GOLDEN.rglob("case.json"))


def is_named(case: str, pattern: str) -> bool:
    """Tell whether a line of areas.txt means this case."""
    if pattern.startswith("$ "):
        return command_of(case) == pattern.removeprefix("$ ")
    return case.startswith(f"{pattern}/") or fnmatchcase(case, pattern)


def split_cases() -> tuple[list[str], list[str]]:
    """Part the copied cases into those to run and those left out."""
    wanted, lacking = patterns(), refused()
    run = [
        case
        for case in case_names()
        if case not in lacking and any(is_named(case, line) for line in wanted)
    ]
    return run, sorted(set(case_names()) - set(run))


@cache
def command_of(case: str) -> str:
    """Name the command that a case is about: the first word of its (first) argv."""
    return str(argv_of(case)[0])


def argv_of(case: str) -> list[str]:
    """Return the (first) command line of a case; for one without, its kind."""
    recorded = json.loads((GOLDEN / case / "case.json").read_text(encoding="utf-8"))
    steps = recorded.get("steps") or [{"argv": [recorded.get("kind", "")]}]
    argv: list[str] = recorded.get("argv") or steps[0]["argv"]
    return argv


def left_out_line(left_out: Iterable[str], total: int) -> str:
    """Say how many cases wait for commands that do not exist yet, and for which."""
    waiting = Counter(map(command_of, left_out))
    commands = ", ".join(f"{name} {count}" for name, count in sorted(waiting.items()))
    return (
        f"not run: {waiting.total()} of {total} copied cases need commands that do not exist yet"
        f" ({commands or 'none'})"
    )


def main(options: list[str]) -> int:
    """Run the selected cases with the pinned launcher; returns the exit code of run.py."""
    run, left_out = split_cases()
    print(left_out_line(left_out, len(run) + len(left_out)), flush=True)  # noqa: T201
    command = [sys.executable, str(HERE / "run.py"), "--clock"]
    command += ["--cmd", shlex.join([sys.executable, str(LAUNCHER)])]
    command += ["--divergences", str(HERE / "divergences.toml")]
    return subprocess.run([*command, *options, *run], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
