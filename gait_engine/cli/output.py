"""Printing an answer: one JSON object on stdout, or text with errors on stderr."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

from gait_engine.api.envelope import encode, exit_code, seal
from gait_engine.cli.stdout import BROKEN, complain, write
from gait_engine.contract.answers.base import Answer
from gait_engine.errors import OK

Renderers = Mapping[type[Answer], Callable[[Any], Iterator[str]]]

_GRAVITY: Final = (1, 6, 2, 3, 4, OK)
"""Exit codes of a stream, the gravest first: what could not be told stands before a denial."""
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


def emit_stream(batches: Iterable[Sequence[Answer]]) -> int:
    """Print batches of answers, one JSON line each, and return the gravest of their exit codes.

    A batch is flushed before the next one is asked for. 1 when one could not be printed.
    """
    gravest = OK
    for batch in batches:
        if write(b"".join(map(encode, batch))):
            return BROKEN
        gravest = min((gravest, *map(exit_code, batch)), key=_GRAVITY.index)
    return gravest


def _renderer(answer: Answer, render: str) -> Callable[[Any], Iterator[str]]:
    if not render:
        return _fields
    renderers: Renderers = import_module(f"gait_engine.cli.render.{render}").RENDERERS
    return renderers.get(type(answer), _fields)


def _emit_text(answer: Answer, render: Callable[[Any], Iterator[str]]) -> int:
    from gait_engine.wire.safetext import safe_text

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
