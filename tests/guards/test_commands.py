"""The static table behind `gait --help` against the commands that really exist."""

from importlib import import_module
from inspect import getmembers, isfunction
from pathlib import Path

import pytest

from gait_engine.cli.commands import COMMANDS, EXPLANATIONS, Command, usage
from tests.support.process import ROOT, gait

IN_GROUPS = [row for row in COMMANDS if row.module]
each_command = pytest.mark.parametrize("row", IN_GROUPS, ids=lambda row: row.path)


@each_command
def test_a_listed_command_has_its_function(row: Command) -> None:
    module = import_module(f"gait_engine.cli.groups.{row.module}")
    assert isfunction(getattr(module, row.function, None))


@pytest.mark.parametrize("name", sorted({row.module for row in IN_GROUPS}))
def test_no_command_function_is_missing_from_the_table(name: str) -> None:
    module = import_module(f"gait_engine.cli.groups.{name}")
    own = {
        f
        for f, function in getmembers(module, isfunction)
        if function.__module__ == module.__name__
    }
    listed = {row.function for row in IN_GROUPS if row.module == name}
    assert {f for f in own if not f.startswith("_")} == listed


def test_every_group_file_belongs_to_a_listed_command() -> None:
    files = {path.stem for path in (ROOT / "gait_engine/cli/groups").glob("*.py")} - {"__init__"}
    assert files == {row.module for row in IN_GROUPS}


@pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.path)
def test_every_command_is_explained(row: Command) -> None:
    assert EXPLANATIONS.keys() & {row.path, row.path.split()[0]}


def test_help_prints_the_table(tmp_path: Path) -> None:
    done = gait("--help", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{usage()}\n", "")


def test_the_readme_shows_the_help_text_as_it_is() -> None:
    assert usage() in (ROOT / "README.md").read_text(encoding="utf-8")
