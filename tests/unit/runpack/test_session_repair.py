"""Repair cuts what an interrupted append left, and nothing else."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.contract.answers.session import Repair, SessionAnswer
from gait_engine.errors import GaitError, InvalidInput
from tests.support.faults import KILLED, calls_of, killed_at
from tests.support.hosts import FrozenHost
from tests.support.sessions import CALL, JOURNAL, HostIn, begun, event, header, written

TORN = json.dumps(event(2)).encode()[:-9]


def repaired(host: FrozenHost) -> Repair:
    found = session.repair(JOURNAL, host=host).repair
    assert isinstance(found, Repair)
    return found


@pytest.mark.parametrize("torn", [TORN, b"{", b"\0" * 4096, TORN[:9] + b"\0" * 40, b'{"a":"\xc3'])
def test_an_unfinished_last_record_stops_every_command_but_repair(
    frozen_host: FrozenHost, torn: bytes
) -> None:
    host = frozen_host
    journal = written(host, header(), event(1), torn)
    before = journal.read_bytes()
    commands: list[Callable[[], SessionAnswer]] = [
        lambda: session.start(JOURNAL, session_id="sess_1", run_id="run_1", host=host),
        lambda: session.append(JOURNAL, CALL, host=host),
        lambda: session.status(JOURNAL, host=host),
        lambda: session.checkpoint(JOURNAL, out="cp.zip", host=host),
        lambda: session.compact(JOURNAL, host=host),
    ]
    for work in commands:
        with pytest.raises(InvalidInput) as caught:
            work()
        error = caught.value
        assert (error.code, error.exit_code) == ("journal_torn", 6)
        assert error.hint == f"gait run session repair --journal {JOURNAL}"
    assert journal.read_bytes() == before
    assert repaired(host).bytes_cut == len(torn)
    appended = session.append(JOURNAL, CALL, host=host).event
    assert appended
    assert appended.sequence == 2


def test_the_journal_as_it_was_is_kept_under_a_name_of_its_own(frozen_host: FrozenHost) -> None:
    journal = written(frozen_host, header(), event(1), TORN)
    damaged = journal.read_bytes()
    occupied = Path(f"{journal}.torn-1")
    occupied.symlink_to("nowhere")
    found = repaired(frozen_host)
    assert found.backup_path == f"{JOURNAL}.torn-2"
    assert (frozen_host.cwd / found.backup_path).read_bytes() == damaged
    assert journal.read_bytes() == damaged[: -len(TORN)]
    assert occupied.is_symlink()


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([header(), event(1)], id="nothing is wrong"),
        pytest.param([header(), json.dumps(event(1)).encode()], id="only a line feed lacks"),
        pytest.param([header(), event(1), b"  \t"], id="white space at the end"),
    ],
)
def test_a_journal_that_can_be_read_is_left_as_it_is(
    frozen_host: FrozenHost, records: list[Any]
) -> None:
    journal = written(frozen_host, *records)
    before = journal.read_bytes()
    assert repaired(frozen_host) == Repair(bytes_cut=0)
    assert journal.read_bytes() == before
    assert [path.name for path in journal.parent.iterdir()] == ["j.jsonl"]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param([header(), b"{nope\n", TORN], id="a complete line is no JSON"),
        pytest.param([header(), event(1), b"{nope\n"], id="the last line is ended"),
        pytest.param([header(), event(2), TORN], id="a gap"),
        pytest.param([header(), json.dumps(event(1)).encode(), TORN], id="glued to a record"),
        pytest.param([header(), b"[" * 100_000], id="nested too deep"),
        pytest.param([json.dumps(header()).encode()[:-3]], id="the header itself is torn"),
        pytest.param([], id="empty"),
    ],
)
def test_a_complete_line_is_never_dropped(frozen_host: FrozenHost, records: list[Any]) -> None:
    journal = written(frozen_host, *records)
    before = journal.read_bytes()
    with pytest.raises(GaitError):
        session.repair(JOURNAL, host=frozen_host)
    assert journal.read_bytes() == before
    assert [path.name for path in journal.parent.iterdir()] == ["j.jsonl"]


@pytest.mark.skipif(sys.platform == "win32", reason="kills are POSIX")
def test_a_kill_during_repair_leaves_the_journal_torn_or_repaired(tmp_path: Path) -> None:
    host = HostIn(tmp_path)
    journal = begun(host, events=1)
    whole = journal.read_bytes()
    torn = whole + TORN

    def tear() -> None:
        journal.write_bytes(torn)

    tear()
    calls = calls_of(lambda: session.repair(JOURNAL, host=host))
    assert journal.read_bytes() == whole
    for n in range(1, len(calls) + 1):
        tear()
        assert killed_at(n, lambda: session.repair(JOURNAL, host=host)) == KILLED
        assert journal.read_bytes() in (torn, whole), f"call {n}, {calls[n - 1]}"
        session.repair(JOURNAL, host=host)
        assert journal.read_bytes() == whole
