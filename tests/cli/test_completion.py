"""Completion scripts: bash really completes with ours; for zsh and fish only the text is read."""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.cli.commands import COMMANDS, GROUPS
from tests.conftest import Answer

Gait = Callable[..., Answer]
BASH = shutil.which("bash")
needs_bash = pytest.mark.skipif(BASH is None, reason="needs bash")


@pytest.fixture
def script(gait: Gait) -> str:
    answer = gait("completion", "bash")
    assert (answer.exit_code, answer.stderr) == (0, "")
    return answer.stdout


def completed(script: str, folder: Path, *words: str) -> set[str]:
    """Source the script and complete the last word of a command line."""
    line = " ".join(f"'{word}'" for word in words)
    program = (
        f"{script}\nCOMP_WORDS=({line})\nCOMP_CWORD={len(words) - 1}\n_gait\n"
        'printf "%s\\n" "${COMPREPLY[@]}"'
    )
    done = subprocess.run(
        ["bash", "--norc", "-c", program],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == ""
    return set(done.stdout.split())


@needs_bash
def test_the_bash_script_is_one(script: str) -> None:
    subprocess.run(["bash", "-n"], input=script, text=True, check=True, timeout=60)


@needs_bash
def test_bash_completes_commands_subcommands_and_options(script: str, tmp_path: Path) -> None:
    top = {row.path.split()[0] for row in COMMANDS}
    assert completed(script, tmp_path, "gait", "") == top
    assert completed(script, tmp_path, "gait", "ver") == {"verify", "version"}
    below_run = {row.path.split()[1] for row in COMMANDS if row.path.startswith("run ")}
    assert completed(script, tmp_path, "gait", "run", "") == below_run
    assert "append" in completed(script, tmp_path, "gait", "run", "session", "")
    options = completed(script, tmp_path, "gait", "run", "inspect", "--")
    assert options >= {"--from", "--full", "--json"}
    assert completed(script, tmp_path, "gait", "run", "inspect", "p.zip", "--fu") == {"--full"}
    verify = completed(script, tmp_path, "gait", "verify", "")
    assert verify >= {"chain", "session-chain", "--files"}
    assert "--files" not in completed(script, tmp_path, "gait", "verify", "chain", "--")


@needs_bash
@pytest.mark.parametrize("word", ["$(touch pwned)", "`touch pwned`", ";touch pwned", "*"])
def test_completing_runs_nothing_that_was_typed(script: str, tmp_path: Path, word: str) -> None:
    completed(script, tmp_path, "gait", "verify", word)
    completed(script, tmp_path, "gait", word, "")
    assert list(tmp_path.iterdir()) == []


def test_the_zsh_script_uses_the_bash_one(gait: Gait, script: str) -> None:
    answer = gait("completion", "zsh")
    first, _, rest = answer.stdout.partition("\n")
    assert first == "autoload -U +X bashcompinit && bashcompinit"
    assert rest == script


def test_every_line_of_the_fish_script_is_a_complete_command(gait: Gait) -> None:
    lines = gait("completion", "fish").stdout.splitlines()
    form = re.compile(r'complete -c gait -n "[^"]+" (-l [a-z-]+|-f -a [a-z-]+)')
    assert [line for line in lines if not form.fullmatch(line)] == []
    text = "\n".join(lines)
    for path in [row.path for row in COMMANDS] + sorted(GROUPS):
        assert f"-f -a {path.split()[-1]}" in text
    assert "-l full" in text


def test_the_scripts_hold_no_hidden_option(gait: Gait, script: str) -> None:
    assert "--save-as" not in script
    assert "save-as" not in gait("completion", "fish").stdout


@pytest.mark.parametrize("shell", ["", "tcsh", "BASH", "bash "])
def test_another_shell_is_refused(gait: Gait, shell: str) -> None:
    answer = gait("completion", shell)
    assert (answer.exit_code, answer.stdout) == (6, "")
    assert "expected bash, zsh or fish" in answer.stderr
