"""What README and the examples show is what the commands print.

A page is followed from top to bottom, as its reader would: every `$` line of its console blocks,
every Python block. Of the shell only what the pages use is known: `gait`, `mkdir -p`, `cat` with a
document that follows, `echo $?`; what else a page shows must be named in NOT_FOLLOWED.
"""

import fnmatch
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support.process import ROOT, gait, python

PAGES = (
    "README.md",
    *sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("examples/*/README.md")),
)
NOT_FOLLOWED = ("make ", "gait tui")
FIRST_WIN = (
    "gait doctor --json",
    "gait demo",
    "gait verify run_demo",
    "gait regress bootstrap --from run_demo --json --junit ./gait-out/junit.xml",
    "gait regress run --json --output ./gait-out/regress_result.json",
    (
        "gait scout signal --runs ./gait-out/runpack_run_demo.zip"
        " --regress ./gait-out/regress_result.json --json"
    ),
)
"""What README begins with, word for word."""

_blocks = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_prompts = re.compile(r"^\$ ", re.MULTILINE)
_document = re.compile(r"cat > (\S+) <<'EOF'\n(.*?)^EOF$", re.DOTALL | re.MULTILINE)


class Typed(NamedTuple):
    """A command as its reader types it, and what the page says it prints; nothing: anything."""

    command: str
    output: str
    exit_code: int = 0


class Pasted(NamedTuple):
    """A Python block."""

    code: str


def steps(page: str) -> Iterator[Typed | Pasted]:
    """Yield what a page tells its reader to do, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for kind, block in _blocks.findall(text):
        if kind == "python":
            yield Pasted(block)
        else:
            yield from typed(block)


def typed(block: str) -> Iterator[Typed]:
    """Yield the commands of a console block; `echo $?` belongs to the command before it."""
    waiting: Typed | None = None
    for part in _prompts.split(block)[1:]:
        if waiting and part.startswith("echo $?\n"):
            waiting = waiting._replace(exit_code=int(part.splitlines()[1]))
            continue
        if waiting:
            yield waiting
        waiting = Typed(*split_command(part))
    if waiting:
        yield waiting


def split_command(part: str) -> tuple[str, str]:
    """Cut a command, its continued lines or its document included, from its output."""
    found = _document.match(part) or re.match(r"(?:.*\\\n)*.*", part)
    assert found is not None
    return found[0], part[found.end() :].lstrip("\n")


def pattern_of(output: str) -> str:
    """Turn shown output into a pattern: `...` stands for anything."""
    return re.sub(r"([\[\]?*])", r"[\1]", output).replace("...", "*")


def follow(step: Typed, folder: Path) -> None:
    """Type one command in and compare what it prints."""
    if document := _document.fullmatch(step.command):
        (folder / document[1]).write_bytes(document[2].encode())
        return
    program, *argv = shlex.split(step.command.replace("\\\n", " "))
    if program == "mkdir":
        assert argv[0] == "-p"
        (folder / argv[1]).mkdir(parents=True, exist_ok=True)
        return
    assert program == "gait", f"{step.command}: not known to this test"
    done = gait(*argv, cwd=folder)
    said = done.stdout + done.stderr
    assert done.returncode == step.exit_code, (step.command, said)
    if step.output:
        assert fnmatch.fnmatchcase(said, pattern_of(step.output)), (step.command, said)


def paste(code: str, folder: Path) -> None:
    """Run a Python block in a process that finds `gait` on its PATH."""
    scripts = str(Path(sys.executable).parent)
    path = os.pathsep.join((scripts, os.environ.get("PATH", "")))
    done = python(code, cwd=folder, env={"PATH": path})
    assert done.returncode == 0, (code, done.stderr)


@pytest.mark.parametrize("page", PAGES)
def test_every_step_of_a_page_does_what_the_page_says(page: str, tmp_path: Path) -> None:
    for name in ("examples", ".gait"):
        shutil.copytree(ROOT / name, tmp_path / name)
    found = [*steps(page)]
    assert found
    for step in found:
        if isinstance(step, Pasted):
            paste(step.code, tmp_path)
        elif not step.command.startswith(NOT_FOLLOWED):
            follow(step, tmp_path)


def test_the_first_win_is_what_the_readme_begins_with_and_works_in_an_empty_folder(
    tmp_path: Path,
) -> None:
    found = [step for step in steps("README.md") if isinstance(step, Typed)]
    first = [step for step in found if not step.command.startswith(NOT_FOLLOWED)][: len(FIRST_WIN)]
    assert tuple(step.command for step in first) == FIRST_WIN
    for step in first:
        assert step.exit_code == 0
        follow(step, tmp_path)


def test_the_settings_that_the_readme_tells_to_write_are_those_of_this_repository() -> None:
    written = {
        document[1]: document[2]
        for step in steps("README.md")
        if isinstance(step, Typed) and (document := _document.fullmatch(step.command))
    }
    assert written[".gait/config.yaml"] == (ROOT / ".gait/config.yaml").read_text(encoding="utf-8")
