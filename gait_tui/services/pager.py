"""Shows a text in the user's pager; the text comes through a pipe, so that no file is written."""

import shlex
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

USUAL: Final = "less"


def pager_words(setting: str, env: Mapping[str, str]) -> list[str]:
    """Return the command of the setting, else of $PAGER, else less; empty where none is here."""
    for asked in (setting, env.get("PAGER", ""), USUAL):
        try:
            words = shlex.split(asked)
        except ValueError:
            continue
        program = shutil.which(words[0], path=env.get("PATH", "")) if words else None
        if program is not None:
            return [program, *words[1:]]
    return []


def show(text: str, words: list[str], env: Mapping[str, str]) -> str:
    """Run a pager on the terminal until the person leaves it; return what stood in the way.

    less may start no other program and write no file.
    """
    try:
        subprocess.run(  # noqa: S603 - the user's own pager, the text goes through stdin
            words,
            input=text.encode("utf-8", "backslashreplace"),
            env={**env, "LESSSECURE": "1"},
            check=False,
        )
    except OSError as error:
        return error.strerror or "cannot be started"
    return ""
