"""Sessions as text."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign
from gait_engine.contract.answers.session import SessionAnswer, SessionShowAnswer


def _session(answer: SessionAnswer) -> Iterator[str]:
    yield f"{answer.operation} {answer.journal}".strip()
    if answer.status is not UNSET:
        status = answer.status
        yield f"  session     {status.session_id}  run {status.run_id}"
        yield f"  events      {status.event_count}, last sequence {status.last_sequence}"
        yield f"  checkpoints {status.checkpoint_count}"
    if answer.event is not UNSET:
        event = answer.event
        yield f"  event       {event.sequence}  {event.verdict}  {event.tool_name}"
    if answer.checkpoint is not UNSET:
        checkpoint = answer.checkpoint
        span = f"{checkpoint.sequence_start}-{checkpoint.sequence_end}"
        yield f"  checkpoint  {checkpoint.checkpoint_index}  events {span}"
        yield f"  runpack     {checkpoint.runpack_path}"
    if answer.chain_path:
        yield f"  chain       {answer.chain_path}"
    yield from _maintenance(answer)


def _maintenance(answer: SessionAnswer) -> Iterator[str]:
    if answer.compaction is not UNSET:
        done = answer.compaction
        yield f"  events      {done.events_before} before, {done.events_after} after"
        yield f"  bytes       {done.bytes_before} before, {done.bytes_after} after"
    if answer.repair is not UNSET:
        yield f"  cut         {answer.repair.bytes_cut} bytes of an incomplete last line"
        if answer.repair.backup_path:
            yield f"  kept        {answer.repair.backup_path}"


def _shown(answer: SessionShowAnswer) -> Iterator[str]:
    yield f"journal {foreign(answer.journal)}"
    yield f"  session     {foreign(answer.session_id)}  run {foreign(answer.run_id)}"
    yield f"  open        {answer.open_events} events that no checkpoint covers"
    for event in answer.events:
        said = f"{foreign(event.verdict)}  {foreign(event.tool_name)}"
        yield f"  event       {event.sequence}  {said}"
    for checkpoint in answer.checkpoints:
        span = f"{checkpoint.sequence_start}-{checkpoint.sequence_end}"
        yield f"  checkpoint  {checkpoint.checkpoint_index}  events {span}"
        yield f"    runpack   {foreign(checkpoint.runpack_path)}"


RENDERERS: Final[Renderers] = {SessionAnswer: _session, SessionShowAnswer: _shown}
