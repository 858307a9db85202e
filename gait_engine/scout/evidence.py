"""Traces and regress results as evidence about runs, joined by run id (scout.md 1.2)."""

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.scout import GraderEvidence, RegressEvidence
from gait_engine.contract.trace import Trace
from gait_engine.errors import InvalidInput
from gait_engine.host import Host
from gait_engine.runpack.commands import suggest
from gait_engine.scout.names import identifier
from gait_engine.store.inputs import TEXT_LIMIT, read_input
from gait_engine.store.layout import is_there
from gait_engine.wire.jsonread import Source, read_plain, read_record, split_members
from gait_engine.wire.text import normal, trim

_find_run_id: Final = re.compile("run_[A-Za-z0-9_-]+").search
_ALLOW: Final = "allow"
_PASSED: Final = "pass"  # a grader status
_FAILED: Final = "regress_failure"


class RunEvidence:
    """What is known of one run from outside its runpack."""

    __slots__ = ("facets", "reasons", "regress_seen", "trace_count")

    def __init__(self) -> None:
        self.reasons: set[str] = set()
        self.facets: dict[str, set[str]] = {}
        self.trace_count = 0
        self.regress_seen = False

    def add_trace(self, trace: Trace) -> None:
        """Count one gate decision about the run."""
        self.trace_count += 1
        self.reasons.update(trace_reasons(trace))
        tool = trim(trace.tool_name)
        for name, value in (
            ("verdict", normal(trace.verdict)),
            ("policy_digest", normal(trace.policy_digest)),
            ("violations", ",".join(sorted(map(normal, trace.violations)))),
        ):
            self.facets.setdefault(f"traces[{tool}].{name}", set()).add(value)

    def add_grader(self, grader: GraderEvidence) -> None:
        """Count one grader that the run did not pass."""
        self.regress_seen = True
        codes = {identifier(normal(code)) for code in grader.reason_codes}
        self.reasons.update(codes or {_FAILED})


Evidence = dict[str, RunEvidence]


class _Failure(NamedTuple):
    run_id: str
    grader: GraderEvidence


def gather(traces: Iterable[Trace], results: Iterable[str], *, host: Host) -> Evidence:
    """Join evidence by run id; what names no run is left out. Traces are used up first.

    `results` are paths. Raises InvalidInput for a result that cannot be read.
    """
    evidence: Evidence = {}
    for trace in traces:
        if run_id := trace_run_id(trace):
            evidence.setdefault(run_id, RunEvidence()).add_trace(trace)
    for path in results:
        for failure in _failures(path, host):
            evidence.setdefault(failure.run_id, RunEvidence()).add_grader(failure.grader)
    return evidence


def trace_run_id(trace: Trace) -> str:
    """Return the run that a trace is about; empty when neither of its ids names one."""
    for text in (trace.correlation_id, trace.trace_id):
        if found := _find_run_id(trim(text)):
            return found.group()
    return ""


def trace_reasons(trace: Trace) -> set[str]:
    """Return the reason codes of a verdict other than allow, and of every violation."""
    reasons = {f"violation_{identifier(normal(code))}" for code in trace.violations}
    verdict = identifier(normal(trace.verdict))
    return reasons if verdict == _ALLOW else reasons | {f"trace_verdict_{verdict}"}


def _failures(path: str, host: Host) -> Iterator[_Failure]:
    source = Source(path, digested=False)
    for grader in read_record(_result_text(path, host), RegressEvidence, source).graders:
        if normal(grader.status) != _PASSED and (run_id := _run_id(grader, source)):
            yield _Failure(run_id, grader)


def _result_text(path: str, host: Host) -> bytes:
    try:
        return read_input(path, limit=TEXT_LIMIT, host=host, what="regress result")
    except InvalidInput as exc:
        if not is_there(host.cwd / path):
            for command in suggest("gait regress run", ("--output", path)):
                exc.hint = f"write it there: {command}"
        raise


def _run_id(grader: GraderEvidence, source: Source) -> str:
    if isinstance(grader.details, msgspec.Raw):
        member = split_members(bytes(grader.details), source).get("run_id")
        named = None if member is None else read_plain(bytes(member), source)
        if isinstance(named, str) and trim(named):
            return trim(named)
    return trim(trim(grader.name).split("/", 1)[0])
