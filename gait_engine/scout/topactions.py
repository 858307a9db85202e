"""The riskiest calls among runpacks and traces (scout.md 2)."""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from gait_engine.contract.common import Record
from gait_engine.contract.scout import TopAction, TopReport
from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.trace import read_trace
from gait_engine.host import Host
from gait_engine.runpack.read import OpenRunpack, open_runpack
from gait_engine.scout.engine import Engine, run
from gait_engine.scout.evidence import trace_reasons, trace_run_id
from gait_engine.scout.names import (
    CLASS_SCORES,
    identifier,
    rated,
    sensitivity,
    status_reason,
    target_system,
    tool_class,
)
from gait_engine.scout.observe import Fault, RunSource, fault_of
from gait_engine.scout.signal import CHUNK, LeftOut
from gait_engine.scout.sources import SourceFile
from gait_engine.wire.text import lower, normal, trim

_UNKNOWN_RUN: Final = "unknown"
_VERDICT_SCORES: Final = {"block": 15, "require_approval": 12, "error": 8}
_GRAVE_WORDS: Final = (
    *("violation_", "blocked", "approval", "destructive", "credential", "prompt_injection"),
)
_BLAST: Final = (
    (3, ("prod", "payment", "finance", "customer", "pii", "ssn", "delete", "drop", "destroy")),
    (2, ("internal", "staging", "queue")),
)


class TopSources(NamedTuple):
    """What is ranked, both lists sorted and without repetition."""

    runs: Sequence[RunSource]
    traces: Sequence[SourceFile] = ()


class RunCalls(Record, frozen=True, kw_only=True):
    """What came of one runpack: its gravest calls and how many it has, or a fault."""

    source: str
    is_swept: bool = False
    run_id: str = ""
    action_count: int = 0
    actions: tuple[TopAction, ...] = ()
    fault: Fault | UnsetType = UNSET


_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(list[RunCalls]).decode


class Ranking:
    """The gravest actions so far, and how many there were."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.run_ids: set[str] = set()
        self.action_count = 0
        self._kept: tuple[TopAction, ...] = ()

    def add(self, actions: Sequence[TopAction], count: int) -> None:
        """Count so many actions, and keep of the given ones those that may come out on top."""
        self.action_count += count
        self._kept = _gravest(self.limit, (*self._kept, *actions))

    def ranked(self) -> tuple[TopAction, ...]:
        """Return the gravest actions, numbered from 1."""
        return tuple(replace(action, rank=rank) for rank, action in enumerate(self._kept, 1))


def rank_actions(
    sources: TopSources,
    *,
    limit: int,
    left_out: LeftOut,
    host: Host,
    engine: Engine | None = None,
) -> TopReport:
    """Rank every call of the runpacks and traces; only the gravest of each runpack are kept.

    Raises for the first file that cannot be used, and InvalidInput where there is no call at all.
    The engine is of no effect on the answer.
    """
    ranking = Ranking(limit)
    for found in _judged(sources.runs, limit, engine):
        if found.fault is not UNSET:
            left_out.add_or_raise(found.source, found.fault.as_error(), is_swept=found.is_swept)
            continue
        ranking.run_ids.add(found.run_id)
        ranking.add(found.actions, found.action_count)
    trace_count = _add_traces(sources.traces, ranking, left_out, host)
    if not ranking.action_count:
        raise InvalidInput("actions: none in the given runs and traces, expected at least one")
    return TopReport(
        producer_version=host.producer_version,
        run_count=len(ranking.run_ids),
        trace_count=trace_count,
        action_count=ranking.action_count,
        top_actions=ranking.ranked(),
    )


def calls_of_chunk(limit: int, sources: tuple[RunSource, ...]) -> bytes:
    """Find the gravest calls of each runpack: pure, encoded so that it is cheap to ship."""
    return _encode([_run_calls(source, limit) for source in sources])


def _judged(runs: Sequence[RunSource], limit: int, engine: Engine | None) -> Iterator[RunCalls]:
    chunks = (tuple(runs[at : at + CHUNK]) for at in range(0, len(runs), CHUNK))
    for encoded in run(partial(calls_of_chunk, limit), chunks, engine):
        yield from _decode(encoded)


def _run_calls(source: RunSource, limit: int) -> RunCalls:
    try:
        with open_runpack(source.path, shown=source.shown) as pack:
            actions = list(_calls(pack))
    except GaitError as exc:
        return RunCalls(source=source.shown, is_swept=source.is_swept, fault=fault_of(exc))
    return RunCalls(
        source=source.shown,
        run_id=trim(pack.run.run_id),
        action_count=len(actions),
        actions=_gravest(limit, actions),
    )


def _gravest(limit: int, actions: Iterable[TopAction]) -> tuple[TopAction, ...]:
    return tuple(heapq.nsmallest(limit, actions, key=_order))


def _add_traces(
    traces: Sequence[SourceFile], ranking: Ranking, left_out: LeftOut, host: Host
) -> int:
    count = 0
    for file in traces:
        try:
            trace = read_trace(file.shown, host=host)
        except GaitError as exc:
            left_out.add_or_raise(file.shown, exc, is_swept=file.is_swept)
            continue
        count += 1
        ranking.run_ids.add(trace_run_id(trace) or _UNKNOWN_RUN)
        if trim(trace.tool_name):
            ranking.add((_decision(trace, file.shown),), 1)
    return count


def _calls(pack: OpenRunpack) -> Iterator[TopAction]:
    """Yield the calls of a run that name a tool, each with the status of its last result."""
    statuses = {trim(result.intent_id): result.status for result in pack.results()}
    targets = [target_system(ref.source_type, ref.source_locator) for ref in pack.refs.receipts]
    blast = sensitivity(targets)
    for intent in pack.intents():
        tool, intent_id = trim(intent.tool_name), trim(intent.intent_id)
        if not tool:
            continue
        is_judged = bool(intent_id) and intent_id in statuses
        reason = status_reason(statuses[intent_id]) if is_judged else ""
        action = TopAction(
            tool_class=tool_class(tool),
            tool_name=tool,
            blast_radius=blast,
            run_id=trim(pack.run.run_id),
            intent_id=intent_id,
            reason_codes=(reason,) if reason else (),
            source_type="runpack",
            source_artifact=pack.path,
        )
        yield _scored(action)


def _decision(trace: Trace, shown: str) -> TopAction:
    words = lower(" ".join((trace.tool_name, *trace.violations)))
    tool = trim(trace.tool_name)
    action = TopAction(
        tool_class=tool_class(tool),
        tool_name=tool,
        blast_radius=rated(words, _BLAST),
        run_id=trace_run_id(trace) or _UNKNOWN_RUN,
        intent_digest=normal(trace.intent_digest),
        trace_id=trim(trace.trace_id),
        verdict=identifier(normal(trace.verdict)),
        reason_codes=tuple(sorted(trace_reasons(trace))),
        source_type="trace",
        source_artifact=shown,
    )
    return _scored(action)


def _scored(action: TopAction) -> TopAction:
    grave = sum(any(word in code for word in _GRAVE_WORDS) for code in action.reason_codes)
    score = (
        100 * CLASS_SCORES[action.tool_class]
        + 10 * action.blast_radius
        + _VERDICT_SCORES.get(action.verdict, 0)
        + len(action.reason_codes)
        + grave
    )
    return replace(action, score=score)


def _order(action: TopAction) -> tuple[int | str, ...]:
    return (
        -action.score,
        -CLASS_SCORES[action.tool_class],
        -action.blast_radius,
        action.run_id,
        action.intent_id,
        action.intent_digest,
        action.trace_id,
        action.tool_name,
        action.source_type,
        action.source_artifact,
    )
