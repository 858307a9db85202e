"""Help, explanations and the version: always there, on stdout, and quick to find."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import pytest

from gait_engine import __version__
from gait_engine.api.envelope import correlation_id
from gait_engine.cli.commands import COMMANDS, EXPLANATIONS, GROUPS, Command
from tests.conftest import Answer

Gait = Callable[..., Answer]
TYPED = [row for row in COMMANDS if row.module]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.path)
def test_every_command_has_help_and_its_function_says_what_it_does(
    gait: Gait, row: Command
) -> None:
    answer = gait(*row.path.split(), "--help")
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout.startswith(f"Usage: gait {row.path} [OPTIONS]")
    assert "--json" in answer.stdout
    function = getattr(import_module(f"gait_engine.cli.groups.{row.module}"), row.function)
    assert function.__doc__
    assert " ".join(function.__doc__.split())[:40] in " ".join(answer.stdout.split())


@pytest.mark.parametrize(
    "where", [("--help",), ("x", "--help"), ("--json", "--help"), ("--help", "x")]
)
def test_help_wins_over_what_else_is_on_the_line(gait: Gait, where: tuple[str, ...]) -> None:
    answer = gait("verify", *where)
    assert answer.exit_code == 0
    assert answer.stdout.startswith("Usage: gait verify")


@pytest.mark.parametrize("word", ["--help", "-h", "help"])
def test_the_front_page_lists_every_command_and_no_other(gait: Gait, word: str) -> None:
    answer = gait(word)
    assert (answer.exit_code, answer.stderr) == (0, "")
    rows = answer.stdout.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()
    shown = [tuple(part.strip() for part in row.strip().split("  ", 1)) for row in rows]
    assert shown == [(command.path, command.summary) for command in COMMANDS]


def test_no_command_is_listed_twice() -> None:
    paths = [row.path for row in COMMANDS]
    assert len(set(paths)) == len(paths)
    assert {"run", "run session", "keys"} <= GROUPS
    assert not GROUPS & set(paths)


@pytest.mark.parametrize("group", ["keys", "run", "run session"])
@pytest.mark.parametrize("rest", [(), ("nope",), ("--help",), ("-h",), ("--nope",)], ids=" ".join)
def test_a_group_by_itself_is_a_mistake_that_shows_what_it_offers(
    gait: Gait, group: str, rest: tuple[str, ...]
) -> None:
    answer = gait(*group.split(), *rest)
    assert answer.exit_code == (0 if (group, rest) == ("keys", ("--help",)) else 6)
    assert answer.stdout.startswith(f"Usage: gait {group} ")
    offered = [row.path for row in COMMANDS if row.path.startswith(f"{group} ")]
    assert [
        line.split("  ")[1] for line in answer.stdout.splitlines()[3 : 3 + len(offered)]
    ] == offered


class TestExplain:
    @pytest.mark.parametrize("where", range(4))
    def test_it_counts_wherever_it_stands_and_wins_over_everything(
        self, gait: Gait, where: int
    ) -> None:
        argv = ["verify", "--nope", "--json"]
        argv.insert(where, " --explain ")
        answer = gait(*argv)
        assert (answer.exit_code, answer.stderr) == (0, "")
        assert answer.stdout == EXPLANATIONS["verify"] + "\n"

    @pytest.mark.parametrize("row", COMMANDS, ids=lambda row: row.path)
    def test_every_command_is_explained_in_one_line(self, gait: Gait, row: Command) -> None:
        answer = gait(*row.path.split(), "--explain")
        assert answer.exit_code == 0
        assert answer.stdout.count("\n") == 1
        expected = EXPLANATIONS.get(row.path) or EXPLANATIONS[row.path.split()[0]]
        assert answer.stdout == f"{expected}\n"

    @pytest.mark.parametrize("argv", [("nope", "--explain"), ("--explain",)], ids=" ".join)
    def test_what_is_no_command_gets_the_line_for_all(
        self, gait: Gait, argv: tuple[str, ...]
    ) -> None:
        answer = gait(*argv)
        assert (answer.exit_code, answer.stdout.count("\n")) == (0, 1)
        assert answer.stdout.startswith("gait ")

    def test_with_one_dash_it_is_an_unknown_flag(self, gait: Gait) -> None:
        assert gait("verify", "-explain").exit_code == 6


class TestVersion:
    @pytest.mark.parametrize("argv", [(), ("version",), ("--version",), ("-v",)], ids=" ".join)
    def test_it_has_four_spellings(self, gait: Gait, argv: tuple[str, ...]) -> None:
        assert gait(*argv) == Answer(0, "gait 0.0.0-dev\n", "")

    @pytest.mark.parametrize("word", ["version", "--version", "-v"])
    def test_it_has_a_json_form(self, gait: Gait, word: str) -> None:
        answer = gait(word, "--json")
        assert answer.exit_code == 0
        assert json.loads(answer.stdout) == {
            "correlation_id": correlation_id([word, "--json"]),
            "ok": True,
            "version": "0.0.0-dev",
        }

    @pytest.mark.parametrize(
        "argv", [("version", "x"), ("version", "--nope"), ("-v", "-v")], ids=" ".join
    )
    def test_it_takes_nothing_else(self, gait: Gait, argv: tuple[str, ...]) -> None:
        assert gait(*argv).exit_code == 6

    def test_the_real_one_is_that_of_the_package(
        self, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        from gait_engine.cli.main import main

        monkeypatch.chdir(tmp_path)
        assert main(["version"]) == 0
        assert capfd.readouterr().out == f"gait {__version__}\n"
