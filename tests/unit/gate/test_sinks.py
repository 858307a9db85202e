"""Files and journals that take the records of the gate, and when they are durable."""

import json
import sys
from pathlib import Path
from typing import Final

import pytest

from gait_engine.contract.trace import StepVerdict
from gait_engine.errors import InvalidInput, IoFailure, StateContention
from gait_engine.gate.sinks import FileSink, JournalSink, Sinks, single_sinks, stream_sinks
from gait_engine.host import Host
from gait_engine.store.locks import STANDARD, hold_lock
from tests.support.faults import DISK_ERRORS, calls_of, fail, fault_at, in_children
from tests.support.gates import files_in
from tests.support.hosts import FrozenHost

KINDS: Final = ("trace", "approval_audit", "delegation_audit", "credential_evidence")
NONE: Final = ("", "", "", "")


def record(index: int = 0) -> StepVerdict:
    return StepVerdict(index=index, tool_name="<t>", verdict="block")


def put_all(sinks: Sinks, number: int = 1) -> list[str]:
    names = [f"{kind}_{number}.json" for kind in KINDS]
    return [sink.put(name, record()) for sink, name in zip(sinks, names, strict=True)]


def test_a_file_sink_writes_each_record_at_once_to_the_path_given(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    sink = FileSink(frozen_host, path="new/./t.json")
    assert sink.put("name.json", record()) == "new/./t.json"
    assert (tmp_path / "new/t.json").read_bytes() == (
        b'{\n  "index": 0,\n  "tool_name": "\\u003ct\\u003e",\n  "verdict": "block"\n}\n'
    )
    sink.flush()
    assert files_in(tmp_path) == ["new/t.json"]


@pytest.mark.parametrize(("folder", "shown"), [("", "n.json"), ("./a/../b", "b/n.json")])
def test_a_file_sink_without_a_path_goes_by_the_name_of_the_record(
    frozen_host: FrozenHost, tmp_path: Path, folder: str, shown: str
) -> None:
    assert FileSink(frozen_host, folder=folder).put("n.json", record()) == shown
    assert files_in(tmp_path) == [shown]


def test_a_journal_takes_all_records_of_a_batch_at_its_flush(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    sink = JournalSink(frozen_host, "new/j.jsonl")
    assert [sink.put(f"{n}.json", record(n)) for n in range(2)] == ["new/j.jsonl"] * 2
    assert files_in(tmp_path) == []
    sink.flush()
    sink.flush()
    sink.put("2.json", record(2))
    sink.flush()
    lines = (tmp_path / "new/j.jsonl").read_bytes().split(b"\n")
    assert [json.loads(line)["index"] for line in lines[:-1]] == [0, 1, 2]
    assert files_in(tmp_path) == ["new/j.jsonl"]


def test_a_journal_that_took_nothing_writes_nothing(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    JournalSink(frozen_host, "new/j.jsonl").flush()
    assert list(tmp_path.iterdir()) == []


def test_a_batch_costs_one_write_and_one_sync_of_the_journal(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    sink = JournalSink(frozen_host, "j.jsonl")
    sink.put("", record())
    sink.flush()
    for number in range(500):
        sink.put("", record(number))
    calls = calls_of(sink.flush)
    assert (calls.count("write"), calls.count("fsync")) == (2, 1)  # one write is that of the lock


def test_a_busy_journal_is_waited_for_and_then_given_up(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    sink = JournalSink(frozen_host, "j.jsonl")
    sink.put("", record())
    with hold_lock(tmp_path / "j.jsonl", STANDARD, frozen_host), pytest.raises(StateContention):
        sink.flush()
    assert not (tmp_path / "j.jsonl").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="links are POSIX")
def test_a_journal_is_never_reached_through_a_link(frozen_host: FrozenHost, tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"untouched")
    (tmp_path / "j.jsonl").symlink_to("victim")
    sink = JournalSink(frozen_host, "j.jsonl")
    sink.put("", record())
    with pytest.raises(InvalidInput, match="a link"):
        sink.flush()
    assert (tmp_path / "victim").read_bytes() == b"untouched"


@pytest.mark.parametrize("number", DISK_ERRORS)
def test_a_full_disk_takes_all_lines_of_a_batch_or_none(
    frozen_host: FrozenHost, tmp_path: Path, number: int
) -> None:
    (tmp_path / "j.jsonl").write_bytes(b"{}\n")
    sink = JournalSink(frozen_host, "j.jsonl")

    def flush() -> None:
        sink.put("", record())
        sink.put("", record())
        sink.flush()

    calls = calls_of(flush)
    for n in (n for n, name in enumerate(calls, start=1) if name in ("write", "fsync")):
        (tmp_path / "j.jsonl").write_bytes(b"{}\n")
        sink = JournalSink(frozen_host, "j.jsonl")
        with fault_at(n, fail(number)), pytest.raises(IoFailure):
            flush()
        assert (tmp_path / "j.jsonl").read_bytes() == b"{}\n"


@pytest.mark.skipif(sys.platform == "win32", reason="forks are POSIX")
def test_several_processes_append_whole_batches_to_one_journal(tmp_path: Path) -> None:
    def work() -> None:
        sink = JournalSink(Host(), str(tmp_path / "j.jsonl"))
        for number in range(5):
            for index in range(10):
                sink.put("", record(number * 10 + index))
            sink.flush()

    assert in_children([work] * 3) == [0, 0, 0]
    found = [json.loads(line)["index"] for line in (tmp_path / "j.jsonl").read_bytes().splitlines()]
    batches = [found[at : at + 10] for at in range(0, len(found), 10)]
    assert sorted(batches) == sorted([list(range(n * 10, n * 10 + 10)) for n in range(5)] * 3)


# ---------------------------------------------------------------- which sink for what


def test_one_decision_goes_to_the_paths_given_or_beside_the_working_directory(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    sinks = single_sinks(("a/t.jsonl", "", "d.json", ""), frozen_host)
    shown = put_all(sinks)
    assert shown == ["a/t.jsonl", "approval_audit_1.json", "d.json", "credential_evidence_1.json"]
    assert files_in(tmp_path) == sorted(shown)


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        (NONE, [f"{kind}_1.json" for kind in KINDS]),
        (("out", "", "", ""), [f"out/{kind}_1.json" for kind in KINDS]),
        (("t.jsonl", "", "", ""), ["t.jsonl", *(f"t.{kind}.jsonl" for kind in KINDS[1:])]),
        (
            ("out", "a.jsonl", "del", "out"),
            [
                *("out/trace_1.json", "a.jsonl"),
                *("del/delegation_audit_1.json", "out/credential_evidence_1.json"),
            ],
        ),
    ],
)
def test_a_stream_goes_to_folders_and_journals_what_has_no_path_beside_the_traces(
    frozen_host: FrozenHost, tmp_path: Path, paths: tuple[str, str, str, str], shown: list[str]
) -> None:
    sinks = stream_sinks(paths, frozen_host)
    assert put_all(sinks) == shown
    sinks.flush()
    assert files_in(tmp_path) == sorted(shown)


def test_traces_are_durable_before_audits(frozen_host: FrozenHost, tmp_path: Path) -> None:
    sinks = stream_sinks(("t.jsonl", "a.jsonl", "", ""), frozen_host)
    put_all(sinks)
    (tmp_path / "a.jsonl").mkdir()
    with pytest.raises(InvalidInput):
        sinks.flush()
    assert "t.jsonl" in files_in(tmp_path)
