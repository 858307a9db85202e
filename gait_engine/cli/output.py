"""Printing an answer: one JSON object on stdout, or text with errors on stderr."""

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any, Final

from gait_engine.api.envelope import encode, exit_code, seal
from gait_engine.cli.stdout import BROKEN, complain, write
from gait_engine.contract.answers.base import Answer
from gait_engine.wire.safetext import safe_text

Renderers = Mapping[type[Answer], Callable[[Any], Iterator[str]]]

_ENVELOPE: Final = frozenset(Answer.__struct_fields__)


def emit(answer: Answer, argv: list[str], render: str = "") -> int:
    """Print an answer and return its exit code; 1 when it could not be printed.

    `render` names the module of `cli.render` that knows the text form of the answer.
    """
    if wants_json(argv):
        failed = write(encode(seal(answer, argv)))
    else:
        failed = _emit_text(answer, _renderer(answer, render))
    return BROKEN if failed else exit_code(answer)


def _renderer(answer: Answer, render: str) -> Callable[[Any], Iterator[str]]:
    if not render:
        return _fields
    renderers: Renderers = import_module(f"gait_engine.cli.render.{render}").RENDERERS
    return renderers.get(type(answer), _fields)


def _emit_text(answer: Answer, render: Callable[[Any], Iterator[str]]) -> int:
    is_all_error = answer.error and render is _fields  # what is known in spite of it is for JSON
    lines = [] if is_all_error else list(render(answer))
    failed = write("".join(f"{safe_text(line)}\n" for line in lines).encode()) if lines else 0
    if answer.error:
        complain(*map(safe_text, _error_lines(answer)))
    return failed


def _error_lines(answer: Answer) -> list[str]:
    lines = [f"error: {answer.error}", f"code:  {answer.error_code}"]
    if answer.hint:
        lines.append(f"fix:   {answer.hint}")
    return lines + [
        f"note:  {hazard.code} at {hazard.where}"
        for hazard in answer.hazards
        if hazard.code != answer.error_code
    ]


def _fields(answer: Answer) -> Iterator[str]:
    """Print the plain fields as key=value, the form scripts read."""
    for name in answer.__struct_fields__:
        value = getattr(answer, name)
        if (
            name in _ENVELOPE
            or value in ("", 0, (), False)
            or not isinstance(value, str | int | tuple)
        ):
            continue
        yield f"{name}={';'.join(map(str, value)) if isinstance(value, tuple) else value}"


def wants_json(argv: list[str]) -> bool:
    """Tell whether a command line asks for JSON, wherever and however often it says so."""
    asked = [word for word in argv if word == "--json" or word.startswith("--json=")]
    return bool(asked) and asked[-1] != "--json=false"
