"""Traces, as text: one that was verified, or all that one says of itself."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import UNSET, to_builtins

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign, well
from gait_engine.contract.answers.trace import TraceShowAnswer, TraceVerifyAnswer

_SIGNATURES: Final = {
    "none": "not signed",
    "not_checked": "not checked: add --public-key",
    "verified": "verified",
    "failed": "FAILED",
}


def _trace(answer: TraceVerifyAnswer) -> Iterator[str]:
    """Show what was verified; what was not is told as an error."""
    yield "VERIFIED"
    yield f"  path      {answer.path}"
    if answer.traces_checked:
        yield f"  traces    {answer.traces_checked} checked"
        return
    yield f"  trace     {answer.trace_id}"
    yield f"  verdict   {answer.verdict}"
    if answer.key_id:
        yield f"  key       {answer.key_id}"


def _shown(answer: TraceShowAnswer) -> Iterator[str]:
    """Show every field of a trace in a well, and first whether its signature holds."""
    if answer.trace is UNSET:
        return
    place = f"{answer.path} line {answer.line}" if answer.line else answer.path
    yield f"trace {foreign(place)}"
    fault = f"  {foreign(answer.fault)}" if answer.fault else ""
    yield f"signature {_SIGNATURES[answer.signature_status]}{fault}"
    for name, value in _fields(to_builtins(answer.trace)):
        yield from well(name, value)


def _fields(record: Mapping[str, Any], under: str = "") -> Iterator[tuple[str, str]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from _fields(value, f"{under}{name}.")
        elif isinstance(value, list | tuple):
            yield f"{under}{name}", ", ".join(map(str, value))
        else:
            yield f"{under}{name}", str(value)


RENDERERS: Final[Renderers] = {TraceVerifyAnswer: _trace, TraceShowAnswer: _shown}
