"""Verified traces, as text."""

from collections.abc import Iterator
from typing import Final

from gait_engine.cli.output import Renderers
from gait_engine.contract.answers.trace import TraceVerifyAnswer


def _trace(answer: TraceVerifyAnswer) -> Iterator[str]:
    yield "VERIFIED" if answer.ok else "NOT VERIFIED"
    yield f"  path      {answer.path}"
    if answer.trace_id and answer.ok:
        yield f"  trace     {answer.trace_id}"
        yield f"  verdict   {answer.verdict}"
    if answer.key_id:
        yield f"  key       {answer.key_id}"
    if answer.traces_checked:
        yield f"  traces    {answer.traces_checked} checked, {answer.traces_failed} failed"
    for fault in answer.failures:
        yield f"  line {fault.line}: {fault.error}"


RENDERERS: Final[Renderers] = {TraceVerifyAnswer: _trace}
