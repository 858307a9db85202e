"""Flags: the usual POSIX style, `=true` and `=false` on every switch, anywhere on the line."""

import json
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.main import get_command

from gait_engine.cli.commands import COMMANDS, Command
from tests.conftest import Answer
from tests.support import runs
from tests.support.hosts import FrozenHost

Gait = Callable[..., Answer]
TYPED = [row for row in COMMANDS if row.module]


def parameters(row: Command) -> list[Any]:
    """Return the parameters Typer declares for a command."""
    app = typer.Typer(add_completion=False)
    app.command()(getattr(import_module(f"gait_engine.cli.groups.{row.module}"), row.function))
    return list(get_command(app).params)


def switches(row: Command) -> list[str]:
    flags = (p for p in parameters(row) if getattr(p, "is_flag", False))
    return [flag.opts[0] for flag in flags if flag.opts[0] != "--help"]


SWITCHES = [(row.path, switch) for row in TYPED for switch in switches(row)]


@pytest.fixture(autouse=True)
def pack(frozen_host: FrozenHost) -> Path:
    return runs.runpack(frozen_host.cwd, intents=[runs.intent("a")])


def verified(gait: Gait, *argv: str) -> dict[str, Any]:
    answer = gait("verify", *argv)
    assert answer.exit_code == 0, answer
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


@pytest.mark.parametrize(
    "argv",
    [
        ("p.zip", "--json", "--profile", "standard"),
        ("p.zip", "--json", "--profile=standard"),
        ("--profile", "standard", "--json", "p.zip"),
        ("--json", "--profile=standard", "p.zip"),
        ("--json=true", "p.zip"),
        ("--json=false", "p.zip", "--json"),
        ("p.zip", "--json", "--json"),
        ("--json", "--", "p.zip"),
    ],
    ids=" ".join,
)
def test_options_stand_anywhere_and_take_their_value_either_way(
    gait: Gait, argv: tuple[str, ...]
) -> None:
    assert verified(gait, *argv)["path"] == "p.zip"


def test_of_two_values_the_last_counts(gait: Gait) -> None:
    assert verified(gait, "p.zip", "--json", "--profile", "nonsense", "--profile", "standard")
    assert gait("verify", "p.zip", "--profile", "standard", "--profile", "nonsense").exit_code == 6


ON = [
    ("--files",),
    ("--files=true",),
    ("--files=false", "--files"),
    ("--files=false", "--files=true"),
]
OFF = [(), ("--files=false",), ("--files", "--files=false"), ("--files=true", "--files=false")]


@pytest.mark.parametrize("words", [*ON, *OFF], ids=" ".join)
def test_a_switch_is_what_it_was_set_to_last(gait: Gait, words: tuple[str, ...]) -> None:
    assert ("files" in verified(gait, "p.zip", "--json", *words)) == (words in ON)


@pytest.mark.parametrize(("path", "switch"), SWITCHES)
def test_every_switch_takes_true_and_false_and_nothing_else(
    gait: Gait, path: str, switch: str
) -> None:
    for value in ("1", "0", "T", "True", "yes", "", " true"):
        answer = gait(*path.split(), f"{switch}={value}", "--json")
        assert answer.exit_code == 6
        error = json.loads(answer.stdout)["error"]
        assert error == f"option {switch}: '{value}', expected true or false"
    for value in ("true", "false"):
        answer = gait(*path.split(), f"{switch}={value}", "--no-such-flag", "--json")
        assert "no such option: --no-such-flag" in json.loads(answer.stdout)["error"]


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.path)
def test_every_command_has_json_and_documented_options_with_long_names_only(row: Command) -> None:
    found = [p for p in parameters(row) if p.param_type_name == "option" and p.name != "help"]
    assert "--json" in {opt for param in found for opt in param.opts}
    for param in found:
        assert all(opt.startswith("--") for opt in [*param.opts, *param.secondary_opts])
        assert param.hidden or param.help


@pytest.mark.parametrize("row", TYPED, ids=lambda row: row.path)
@pytest.mark.parametrize("flag", ["--no-such-flag", "-j", "--jso", "-json", "--no-json", "-h"])
def test_every_command_refuses_a_flag_it_does_not_know(
    gait: Gait, frozen_host: FrozenHost, row: Command, flag: str
) -> None:
    before = runs.tree(frozen_host.cwd)
    answer = gait(*row.path.split(), flag, "--json")
    assert (answer.exit_code, answer.stderr) == (6, "")
    found = json.loads(answer.stdout)
    assert found["error"].startswith(f"gait {row.path}: ")
    assert f"gait {row.path} --help" in found["hint"]
    assert runs.tree(frozen_host.cwd) == before


def test_after_two_dashes_everything_is_a_target(gait: Gait, frozen_host: FrozenHost) -> None:
    runs.runpack(frozen_host.cwd, "--files.zip")
    assert verified(gait, "--json", "--", "--files.zip")["path"] == "--files.zip"
    answer = gait("verify", "--json", "--", "p.zip", "--files")
    assert answer.exit_code == 6
    assert "target: 2 given" in json.loads(answer.stdout)["error"]


def test_after_two_dashes_json_is_a_target_too_but_the_failure_is_still_json(gait: Gait) -> None:
    answer = gait("verify", "p.zip", "--", "--json")
    assert answer.exit_code == 6
    assert json.loads(answer.stdout)["error_code"] == "invalid_input"


def test_a_dash_by_itself_is_a_target(gait: Gait) -> None:
    found = json.loads(gait("verify", "-", "--json").stdout)
    assert "runpack '-': not found" in found["error"]


def test_a_value_may_begin_with_a_dash(gait: Gait) -> None:
    found = json.loads(gait("verify", "p.zip", "--profile", "--json", "--json").stdout)
    assert found["error"].startswith("profile: '--json'")


def test_an_empty_value_counts_as_not_given(gait: Gait) -> None:
    assert verified(gait, "p.zip", "--json", "--public-key=", "--profile=")


@pytest.mark.parametrize("word", ["x" * 100_000, "\x1b[2J", "\u202e", "a\nb", "%s", "[red]"])
def test_any_word_in_the_place_of_a_command_is_refused(gait: Gait, word: str) -> None:
    answer = gait(word, "--json")
    assert answer.exit_code == 6
    assert len(json.loads(answer.stdout)["error"]) < 200
    text = gait(word)
    assert "\x1b" not in text.stderr
    assert text.stderr.count("\n") == 3


def test_a_word_that_is_no_utf8_is_refused_like_any_other(gait: Gait) -> None:
    word = b"./\xff.zip".decode("utf-8", "surrogateescape")
    answer = gait("verify", word, "--json")
    assert answer.exit_code == 6
    assert json.loads(answer.stdout)["where"] == "./\ufffd.zip"
    assert gait("verify", word).exit_code == 6
    assert gait(word).exit_code == 6


def test_the_terminal_ui_has_no_json_form_and_says_so_in_json(gait: Gait) -> None:
    done = gait("tui", "--nope", "--json")
    assert done.exit_code == 6
    assert json.loads(done.stdout)["error_code"] == "invalid_input"
    assert done.stderr == ""
