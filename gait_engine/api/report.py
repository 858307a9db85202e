"""`gait report top`: the riskiest calls among runs and traces (scout.md 2)."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.api.scout import KEEP_GOING, write_record
from gait_engine.contract.answers.scout import TopAnswer
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.scout.engine import engine_of
from gait_engine.scout.signal import LeftOut
from gait_engine.scout.sources import (
    SourceFile,
    is_runpack_name,
    is_trace_name,
    listed,
    once,
    read_list,
    refuse_source,
    run_source,
    swept,
)
from gait_engine.scout.topactions import TopSources, rank_actions
from gait_engine.store.layout import OUT_DIR, is_path, is_there, resolve_runpack
from gait_engine.store.safepath import clean, refuse_escape
from gait_engine.wire.text import lower, trim

MOST_ACTIONS: Final = 20
DEFAULT_LIMIT: Final = 5


class TopRequest(NamedTuple):
    """What `gait report top` was told."""

    sources: tuple[str, ...] = ()
    runs: str = ""
    runs_from: str = ""
    traces: str = ""
    limit: int = DEFAULT_LIMIT
    out: str = ""
    keeps_going: bool = False
    engine: str = ""


def top(request: TopRequest, *, host: Host) -> TopAnswer:
    """Rank the riskiest calls and write the report.

    Raises InvalidInput, VerificationFailed, DependencyMissing, IoFailure; then nothing is written.
    """
    answer = rank(request, host=host)
    if answer.report is not UNSET:
        write_record(answer.output_path, answer.report, host)
    return answer


def rank(request: TopRequest, *, host: Host) -> TopAnswer:
    """Answer as `top` does, and write nothing."""
    if request.limit < 1:
        raise refused_limit(str(request.limit))
    engine = engine_of(request.engine)
    given = [*listed(request.runs), *request.sources]
    if request.runs_from:
        given += read_list(request.runs_from, host=host)
    runs = once(file for text in given for file in _runs(trim(text), host))
    traces = once(file for text in listed(request.traces) for file in _traces(text, host))
    if not runs and not traces:
        raise InvalidInput("sources: no runpack and no trace, expected at least one")
    if request.out:
        read = (file.shown for file in (*runs, *traces))
        refuse_source(request.out, (*read, request.runs_from), host)
    left_out = LeftOut(keeps_going=request.keeps_going, way_out=KEEP_GOING)
    limit = min(request.limit, MOST_ACTIONS)
    sources = TopSources([run_source(file, host) for file in runs], traces)
    report = rank_actions(sources, limit=limit, left_out=left_out, host=host, engine=engine)
    return TopAnswer(
        ok=True,
        output_path=request.out or f"{OUT_DIR}/report_top_actions.json",
        run_count=report.run_count,
        trace_count=report.trace_count,
        action_count=report.action_count,
        top_actions=len(report.top_actions),
        report=report,
        skipped=tuple(left_out.files),
    )


def refused_limit(found: str) -> InvalidInput:
    """Build the error of a number of calls that cannot be ranked."""
    return InvalidInput(
        f"option --limit: {quoted(found)}, expected a whole number from 1 to {MOST_ACTIONS}",
        where="--limit",
        hint=f"leave --limit out for {DEFAULT_LIMIT} calls",
    )


def _runs(text: str, host: Host) -> Iterable[SourceFile]:
    path = _cleaned(text)
    if (host.cwd / path).is_dir():
        return swept(path, is_runpack_name, host=host)
    if is_there(host.cwd / path):
        return (SourceFile(path, is_swept=False),)
    shown = resolve_runpack(path if is_path(path) else text, host).shown
    return (SourceFile(clean(shown), is_swept=False),)


def _traces(text: str, host: Host) -> Iterable[SourceFile]:
    path = _cleaned(text)
    if (host.cwd / path).is_dir():
        return swept(path, is_trace_name, host=host)
    if not is_there(host.cwd / path):
        raise InvalidInput(f"trace {quoted(path, 200)}: no such file, expected one", where=path)
    if not lower(path).endswith(".json"):
        raise InvalidInput(f"trace {quoted(path, 200)}: expected a name in .json", where=path)
    return (SourceFile(path, is_swept=False),)


def _cleaned(text: str) -> str:
    """Return a source cleaned; the working directory and the root are too much to sweep."""
    path = refuse_escape(text, "source")
    if path in (".", "/"):
        raise InvalidInput(f"source {quoted(text, 200)}: expected a folder below it", where=text)
    return path
