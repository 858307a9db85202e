"""Reducing a run (runpack.md 6.5)."""

import posixpath

from gait_engine.contract.answers.run import ReduceAnswer
from gait_engine.host import Host
from gait_engine.runpack.pack import write_runpack
from gait_engine.runpack.read import open_runpack
from gait_engine.runpack.reduce import (
    build_reduced,
    predicate_of,
    reduced_run_id,
    report_of,
    select,
)
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.layout import resolve_runpack
from gait_engine.store.safepath import join, refuse_escape, refuse_overwrite, safe_name
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import trim


def reduce(
    target: str, *, predicate: str = "", out: str = "", report_out: str = "", host: Host
) -> ReduceAnswer:
    """Write the smallest run that still shows a failure, and a report of what was kept.

    Raises InvalidInput when no call of the run shows it.
    """
    chosen = predicate_of(predicate)
    located = resolve_runpack(target, host)
    with open_runpack(located.path, shown=located.shown) as pack:
        selection = select(pack, chosen)
        run_id = reduced_run_id(pack.run.run_id, chosen)
        output = trim(out) or _beside(located.shown, pack.run.run_id, chosen)
        output = refuse_escape(output, "reduced runpack")
        report_path = trim(report_out) or f"{output}.reduce_report.json"
        refuse_overwrite(host.cwd / output, {located.shown: located.path}, "reduced runpack")
        kept = {located.shown: located.path, output: host.cwd / output}
        refuse_overwrite(host.cwd / report_path, kept, "reduction report")
        make_dirs((host.cwd / output).parent)
        write_runpack(host.cwd / output, build_reduced(pack, selection, run_id))
        with open_runpack(host.cwd / output, shown=output) as reduced:
            report = report_of(pack, reduced, selection, chosen)
    make_dirs((host.cwd / report_path).parent)
    write_atomic(host.cwd / report_path, compact(report))
    return ReduceAnswer(
        ok=True,
        input=located.shown,
        output=output,
        report_path=report_path,
        run_id=report.run_id,
        reduced_run_id=report.reduced_run_id,
        predicate=chosen,
        report=report,
    )


def _beside(original: str, run_id: str, predicate: str) -> str:
    """Name the reduced runpack after its run, in the folder of the original."""
    name = safe_name(run_id, prefix="runpack_", suffix=f"_reduced_{predicate}.zip")
    return join(posixpath.dirname(original), name)
