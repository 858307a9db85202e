"""Suggested commands: whatever a value is, a shell reads back that value and nothing else."""

import shlex
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.runpack.commands import shell_quoted, suggest
from gait_engine.wire.safetext import HIDDEN

HOSTILE = [
    "$(touch pwned)", "`touch pwned`", "a;touch pwned", "a|b", "a&b", "a>pwned", "a b", "",
    "it's", '"', "\\", "$HOME", "~", "*", "{a,b}", "!1", "#", "-x", "--json", "'; touch pwned; '",
]  # fmt: skip
printable = st.text(max_size=30).filter(lambda text: not HIDDEN.search(text))


def only(commands: tuple[str, ...]) -> str:
    (command,) = commands
    return command


@given(printable)
def test_a_quoted_word_reads_back_as_itself(word: str) -> None:
    assert shlex.split(shell_quoted(word)) == [word]


@given(printable)
def test_an_option_takes_its_value_whatever_it_is(value: str) -> None:
    words = shlex.split(only(suggest("gait x", ("--from", value), "--json")))
    flat = " ".join(words[:2]), words[-1]
    assert flat == ("gait x", "--json")
    given_as = words[2].partition("=")[2] if value.startswith("-") else words[3]
    assert given_as == value


@given(printable)
def test_a_positional_value_is_never_an_option(value: str) -> None:
    words = shlex.split(only(suggest("gait verify", ("--", value))))
    assert words[-1] == value
    assert (words[-2] == "--") == value.startswith("-")


@given(st.text(min_size=1).filter(lambda text: HIDDEN.search(text) is not None))
def test_a_value_that_cannot_be_shown_as_it_is_gives_no_suggestion(value: str) -> None:
    assert suggest("gait x", ("--from", value)) == ()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a POSIX shell")
def test_a_shell_runs_nothing_that_a_value_says(tmp_path: object) -> None:
    line = " ".join(map(shell_quoted, HOSTILE))
    script = f"set -- {line}; for word; do printf '%s\\0' \"$word\"; done"
    done = subprocess.run(
        ["sh", "-c", script], capture_output=True, check=True, text=True, cwd=str(tmp_path)
    )
    assert done.stdout.split("\0")[:-1] == HOSTILE


@pytest.mark.parametrize("word", ["run_x", "./gait-out/p.zip", "a=b", "a:b,c@d%e+f"])
def test_a_plain_word_stays_as_it_is(word: str) -> None:
    assert shell_quoted(word) == word
