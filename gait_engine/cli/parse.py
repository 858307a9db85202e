"""Parsing one command line with Typer, and the two things Typer cannot: our errors, `=true`.

Contract: compat.md (flags), runpack.md 8.4.
"""

import io
from collections.abc import Callable, Iterable
from contextlib import redirect_stdout
from typing import Any

import typer
from typer.core import TyperOption
from typer.main import get_command

from gait_engine.cli.line import Line, Stream
from gait_engine.cli.progress import shown_when_slow
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host

_INTERRUPTED = 130  # what Typer returns in place of the exception
_SWITCH_VALUES = {"true": True, "false": False}


def call(
    function: Callable[..., Any], path: str, args: list[str], line: Line
) -> Answer | Stream | str:
    """Run a command function on its arguments.

    Returns its answer or answers, or the help text asked for. Raises InvalidInput for every usage
    error.
    """
    app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
    app.command()(function)
    command = get_command(app)
    name = f"gait {path}"
    try:
        if args and args[0] == "-h":
            raise InvalidInput(f"{name}: '-h', expected --help", hint=f"{name} --help")
        printed = io.StringIO()
        with shown_when_slow(path), redirect_stdout(printed):
            answer: Any = command.main(
                args=_without_switch_values(command.params, args),
                prog_name=name,
                standalone_mode=False,
                obj=line,
            )
        if answer == _INTERRUPTED:
            raise KeyboardInterrupt
        return answer if isinstance(answer, Answer | Stream) else printed.getvalue()
    except typer.exceptions.TyperException as exc:
        text = exc.format_message().rstrip(".")
        raise InvalidInput(
            f"{name}: {text[:1].lower()}{text[1:]}", hint=f"see the options: {name} --help"
        ) from exc


def _without_switch_values(params: Iterable[object], args: list[str]) -> list[str]:
    """Turn `--switch=true` into `--switch` and drop `--switch=false`; the last one counts."""
    switches = {
        opt
        for param in params
        if isinstance(param, TyperOption) and param.is_flag
        for opt in param.opts
    }
    kept: list[str] = []
    for position, word in enumerate(args):
        if word == "--":
            return kept + args[position:]
        name, equals, value = word.partition("=")
        if name not in switches or not equals:
            kept.append(word)
        elif value not in _SWITCH_VALUES:
            raise InvalidInput(f"option {name}: {quoted(value)}, expected true or false")
        else:
            kept = [earlier for earlier in kept if earlier != name]
            kept += [name] if _SWITCH_VALUES[value] else []
    return kept


def line_of(context: typer.Context) -> Line:
    """Return the command line that is being answered."""
    line: Line = context.obj
    return line


def host_of(context: typer.Context) -> Host:
    """Return the host this command runs on."""
    return line_of(context).host
