"""What README and the examples show is what the commands print."""

import fnmatch
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.process import ROOT, gait

PAGES = ("README.md", *(p.relative_to(ROOT).as_posix() for p in ROOT.glob("examples/*/README.md")))


def shown_commands(page: str) -> Iterator[tuple[list[str], str]]:
    """Yield each `$ gait ...` of a page with the output shown under it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            line, _, output = part.partition("\n")
            if line.startswith("gait ") and not line.startswith("gait tui"):
                yield shlex.split(line)[1:], output


def pattern_of(output: str) -> str:
    """Turn shown output into a pattern: `...` stands for anything."""
    return re.sub(r"([\[\]?*])", r"[\1]", output).replace("...", "*")


@pytest.mark.parametrize("page", PAGES)
def test_every_shown_command_prints_what_is_shown(page: str, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    commands = list(shown_commands(page))
    assert commands
    for argv, output in commands:
        done = gait(*argv, cwd=tmp_path)
        assert done.returncode == 0, (argv, done.stderr)
        if output:
            assert fnmatch.fnmatchcase(done.stdout, pattern_of(output)), (argv, done.stdout)
