"""Which trace speaks of which call of a run: neither names the other."""

from collections.abc import Iterable, Sequence

from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.answers.run import InspectEntry
from gait_engine.contract.index import TRACE
from gait_engine.wire.timestamps import to_ns


def trace_of_call(
    run_id: str, calls: Sequence[InspectEntry], position: int, rows: Iterable[IndexRow]
) -> IndexRow | None:
    """Return the newest trace of the call at `position`: of its run, its tool and its time.

    Where the gate was told other times than the recorder, the calls of a tool and its traces are
    taken in order, if there are as many. None where it cannot be told.
    """
    call = calls[position]
    traces = [
        row
        for row in rows
        if row.kind == TRACE and run_id and row.run_id == run_id and row.tool_name == call.tool_name
    ]
    timed = [row for row in traces if row.created_at == call.created_at]
    if timed:
        return max(timed, key=lambda row: row.at_ns)
    alike = [at for at, each in enumerate(calls) if each.tool_name == call.tool_name]
    if len(alike) != len(traces):
        return None
    traces.sort(key=lambda row: to_ns(row.created_at))
    return traces[alike.index(position)]
