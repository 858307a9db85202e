"""`gait scout`: what many runs say together, and what a workspace lets agents do (scout.md)."""

import os
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import UNSET, Struct
from msgspec.structs import replace

from gait_engine.contract.answers.scout import (
    BisectAnswer,
    SignalAnswer,
    SnapshotAnswer,
    SnapshotDiffAnswer,
)
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.layout import OUT_DIR
from gait_engine.store.safepath import refuse_overwrite
from gait_engine.wire.jsonwrite import compact

if TYPE_CHECKING:
    from gait_engine.scout.signal import Scan


KEEP_GOING: Final = "or leave out what cannot be used: --keep-going"


class RunsRequest(NamedTuple):
    """The runs that a command is about; `sources` are taken as given, the rest are lists."""

    sources: tuple[str, ...] = ()
    runs: str = ""
    runs_from: str = ""
    traces: str = ""
    regress: str = ""
    engine: str = ""
    keeps_going: bool = False


class SnapshotRequest(NamedTuple):
    """What `gait scout snapshot` was told; all but the outputs are lists by commas."""

    roots: str = "."
    include: str = ""
    exclude: str = ""
    policy: str = ""
    out: str = ""
    coverage_out: str = ""


def signal(request: RunsRequest, *, out: str = "", host: Host) -> SignalAnswer:
    """Group runs by behaviour, rank the groups, and write the report.

    Raises for the first input that cannot be used, and then nothing is written: InvalidInput,
    VerificationFailed, DependencyMissing, IoFailure.
    """
    answer = analyse(request, out=out, host=host)
    if answer.report is not UNSET:
        write_record(answer.output_path, answer.report, host)
    return answer


def analyse(request: RunsRequest, *, out: str = "", host: Host) -> SignalAnswer:
    """Answer as `signal` does, and write nothing."""
    from gait_engine.scout.families import build_report
    from gait_engine.scout.proven import prove

    found = scanned(request, host, out, way_out=KEEP_GOING)
    report = build_report(found.runs, host.producer_version)
    return SignalAnswer(
        ok=True,
        output_path=out or f"{OUT_DIR}/scout_signal_report.json",
        run_count=report.run_count,
        family_count=report.family_count,
        top_issues=len(report.top_issues),
        report=report,
        proven_drivers=tuple(prove(report, found.runs, found.evidence)),
        skipped=found.skipped,
    )


def bisect(request: RunsRequest, *, good: str, bad: str, host: Host) -> BisectAnswer:
    """Name the first run in time, from `good` up to `bad`, that no longer behaves as `good` did.

    `good` and `bad` are paths or run ids, and need not be among the runs. Where both call the same
    tools in the same order, runs that do not are left aside. Raises InvalidInput
    where `bad` is not later, or behaves as `good` does.
    """
    from gait_engine.scout.proven import bisect as bisected
    from gait_engine.scout.proven import candidates, changes, place

    ends = [_end(text, name, host) for text, name in ((good, "--good"), (bad, "--bad"))]
    found = scanned(request._replace(sources=(*request.sources, *ends)), host)
    by_source = {run.observation.source: run.observation for run in found.runs}
    first, last = (by_source[end] for end in ends)
    if place(first) >= place(last):
        raise InvalidInput(
            f"runs {quoted(first.run_id)} and {quoted(last.run_id)}: the bad one is not later,"
            " expected it after the good one"
        )
    runs = candidates(found.runs, first, last)
    result = bisected(runs, place(first), place(last))
    if result is None:
        raise InvalidInput(
            f"run {quoted(last.run_id)}: behaves as {quoted(first.run_id)} does, as all runs"
            " between them, expected a change"
        )
    changed = changes(result.last_same, result.first_changed, found.evidence)
    return BisectAnswer(
        ok=True,
        good_run_id=first.run_id,
        bad_run_id=last.run_id,
        run_count=sum(place(first) <= place(run.observation) <= place(last) for run in runs),
        first_changed_run_id=result.first_changed.run_id,
        first_changed_source=result.first_changed.source,
        last_same_run_id=result.last_same.run_id,
        last_same_source=result.last_same.source,
        is_monotone=result.is_monotone,
        drivers=tuple(sorted({change.driver for change in changed} - {""})),
        changed=changed,
        skipped=found.skipped,
    )


def snapshot(request: SnapshotRequest, *, host: Host) -> SnapshotAnswer:
    """Write an inventory of the tools that files declare, and how policies cover them.

    Raises InvalidInput; where a policy is at fault, the inventory is written already.
    """
    from gait_engine.scout.pathtest import path_test
    from gait_engine.scout.snapshot import is_inventory, take_snapshot
    from gait_engine.scout.sources import listed, refuse_source

    is_wanted = path_test(listed(request.include), listed(request.exclude))
    taken = take_snapshot(listed(request.roots), is_wanted, host=host)
    own_id = taken.snapshot.snapshot_id
    policies = listed(request.policy)
    path = request.out or f"{OUT_DIR}/inventory_snapshot_{own_id}.json"
    for option, out in (("--out", request.out), ("--coverage-out", request.coverage_out)):
        if out and not is_inventory(out, host):
            refuse_source(out, (*taken.sources, *policies), host, option=option)
    write_record(path, taken.snapshot, host)
    answer = SnapshotAnswer(
        ok=True,
        snapshot_path=path,
        coverage_path=request.coverage_out,
        snapshot_id=own_id,
        items=len(taken.snapshot.items),
        skipped=taken.skipped,
    )
    if not policies:
        return answer
    from gait_engine.gate.policy import load
    from gait_engine.scout.coverage import cover

    paths = sorted(set(policies), key=os.fsencode)
    coverage = cover(taken.snapshot, [load(policy, host=host) for policy in paths])
    coverage_path = request.coverage_out or f"{OUT_DIR}/inventory_coverage_{own_id}.json"
    write_record(coverage_path, coverage, host)
    return replace(answer, coverage_path=coverage_path, coverage=coverage)


def diff(left: str, right: str, *, out: str = "", host: Host) -> SnapshotDiffAnswer:
    """Compare two inventories; the answer is not ok when anything changed."""
    from gait_engine.scout.snapdiff import diff_snapshots, is_changed, read_snapshot

    found = diff_snapshots(read_snapshot(left, host=host), read_snapshot(right, host=host))
    if out:
        kept = {"the earlier inventory": host.cwd / left, "the later one": host.cwd / right}
        refuse_overwrite(host.cwd / out, kept, "difference")
        write_record(out, found, host)
    return SnapshotDiffAnswer(
        ok=not is_changed(found), left=left, right=right, output_path=out, diff=found
    )


def write_record(path: str, record: Struct, host: Host) -> None:
    """Write a report on one line, its folders made. Raises IoFailure, InvalidInput."""
    content = compact(record)
    make_dirs((host.cwd / path).parent)
    write_atomic(host.cwd / path, content)


def scanned(request: RunsRequest, host: Host, out: str = "", way_out: str = "") -> "Scan":
    """Observe the runs of a request; `out` must be none of its files."""
    from gait_engine.scout.engine import engine_of
    from gait_engine.scout.signal import Inputs, scan
    from gait_engine.scout.sources import find_runs, find_traces, listed, read_list, refuse_source

    engine = engine_of(request.engine)
    given = [*listed(request.runs), *request.sources]
    if request.runs_from:
        given += read_list(request.runs_from, host=host)
    if not given:
        raise InvalidInput(
            "runs: none given, expected at least one", hint="give runpacks, run ids or a folder"
        )
    inputs = Inputs(
        runs=find_runs(given, host=host),
        traces=find_traces(listed(request.traces), host=host),
        results=listed(request.regress),
        keeps_going=request.keeps_going,
        way_out=way_out,
    )
    if out:
        packs, traces = (file.path for file in inputs.runs), (file.shown for file in inputs.traces)
        refuse_source(out, (*packs, *traces, *inputs.results, request.runs_from), host)
    return scan(inputs, host=host, engine=engine)


def _end(text: str, option: str, host: Host) -> str:
    """Return the one runpack that an end of a bisection names."""
    from gait_engine.store.layout import resolve_runpack

    if not text:
        raise InvalidInput(f"option {option}: not given, expected a run id or a path")
    return resolve_runpack(text, host).shown
