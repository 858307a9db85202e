"""Verified traces, as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.trace import TraceVerifyAnswer


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


RENDERERS: Final[Renderers] = {TraceVerifyAnswer: _trace}
