"""The trace of a call: by run, tool and time, else by its place among calls of the tool."""

from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.answers.run import InspectEntry
from gait_engine.index.calls import trace_of_call
from gait_engine.wire.timestamps import Timestamp


def at(second: int) -> Timestamp:
    return Timestamp(f"2026-02-05T03:00:{second:02}Z")


def call(number: int, tool: str) -> InspectEntry:
    return InspectEntry(index=number, intent_id=f"i{number}", tool_name=tool, created_at=at(number))


def trace(name: str, tool: str, second: int, *, run_id: str = "run_x", seen: int = 0) -> IndexRow:
    return IndexRow(
        kind="trace", path=name, run_id=run_id, tool_name=tool, created_at=at(second), at_ns=seen
    )


CALLS = [call(1, "a.read"), call(2, "a.send"), call(3, "a.send"), call(4, "a.drop")]


def found(position: int, *rows: IndexRow, run_id: str = "run_x") -> str:
    row = trace_of_call(run_id, CALLS, position, rows)
    return row.path if row else ""


def test_a_call_has_the_newest_trace_of_its_run_tool_and_time() -> None:
    rows = [
        trace("other run", "a.send", 2, run_id="run_y", seen=9),
        trace("other tool", "a.read", 2, seen=9),
        trace("before", "a.send", 2, seen=1),
        trace("again", "a.send", 2, seen=2),
        trace("second", "a.send", 3),
    ]
    assert found(1, *rows) == "again"
    assert found(2, *rows) == "second"
    assert found(3, *rows) == ""
    assert found(1, *rows, run_id="") == ""


def test_with_other_times_the_calls_of_a_tool_go_by_their_order_if_each_has_a_trace() -> None:
    rows = [trace("second", "a.send", 31), trace("first", "a.send", 30)]
    assert (found(1, *rows), found(2, *rows)) == ("first", "second")
    assert found(1, rows[0]) == ""
    assert found(1, *rows, trace("third", "a.send", 40)) == ""
