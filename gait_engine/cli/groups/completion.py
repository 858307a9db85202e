"""`gait completion`: a script that completes commands and options without starting gait."""

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Annotated, Final

import typer
from typer.main import get_command

from gait_engine.cli import options
from gait_engine.cli.commands import COMMANDS, GROUPS
from gait_engine.contract.answers.base import Answer, CompletionAnswer
from gait_engine.errors import InvalidInput, quoted

_BASH: Final = """\
_gait() {{
  local line="${{COMP_WORDS[*]:1:COMP_CWORD-1}}" words=""
  case "$line " in
{cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _gait gait"""


def completion(
    context: typer.Context,
    shell: Annotated[str, typer.Argument(metavar="SHELL", show_default=False)] = "",
    json: options.Json = False,
) -> Answer:
    """Print a completion script for bash, zsh or fish."""
    script = _SCRIPTS.get(shell)
    if script is None:
        raise InvalidInput(
            f"shell: {quoted(shell)}, expected bash, zsh or fish",
            hint='eval "$(gait completion bash)"',
        )
    return CompletionAnswer(ok=True, shell=shell, script="\n".join(script()))


def _bash() -> Iterator[str]:
    cases = (_bash_case(path, " ".join(words)) for path, words in _choices())
    yield _BASH.format(cases="\n".join(cases))


def _bash_case(path: str, words: str) -> str:
    pattern = f'"{path} "*' if path else "*"
    return f'    {pattern}) words="{words}" ;;'


def _zsh() -> Iterator[str]:
    yield "autoload -U +X bashcompinit && bashcompinit"
    yield from _bash()


def _fish() -> Iterator[str]:
    for path, words in _choices():
        seen = f"string match -q -- 'gait {path}*' (commandline -pc)"
        condition = seen if path else "test (count (commandline -opc)) -eq 1"
        for word in words:
            flag = f"-l {word[2:]}" if word.startswith("--") else f"-f -a {word}"
            yield f'complete -c gait -n "{condition}" {flag}'


def _choices() -> Iterator[tuple[str, list[str]]]:
    """Yield what may follow each beginning of a command line, longest beginning first."""
    paths = {command.path for command in COMMANDS} | GROUPS
    for path in sorted(paths, key=lambda path: -len(path.split())):
        yield path, [*_options(path), *_next_words(path, paths)]
    yield "", _next_words("", paths)


def _next_words(path: str, paths: set[str]) -> list[str]:
    depth = len(path.split())
    longer = (other.split() for other in paths if f"{other} ".startswith(f"{path} ".lstrip()))
    return sorted({words[depth] for words in longer if len(words) > depth})


def _options(path: str) -> list[str]:
    command = next((command for command in COMMANDS if command.path == path), None)
    if command is None or not command.module:
        return []
    module = import_module(f"gait_engine.cli.groups.{command.module}")
    app = typer.Typer(add_completion=False)
    app.command()(getattr(module, command.function))
    shown = (param for param in get_command(app).params if not getattr(param, "hidden", False))
    return sorted(option for param in shown for option in param.opts if option[:2] == "--")


_SCRIPTS: Final[dict[str, Callable[[], Iterator[str]]]] = {
    "bash": _bash,
    "zsh": _zsh,
    "fish": _fish,
}
