"""Reading a journal: what is accepted, what is refused, and with which exit code."""

import json
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.contract.session import MAX_JOURNAL_LINE
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from tests.support.hosts import FrozenHost
from tests.support.sessions import CALL, JOURNAL, begun, checkpoint, event, header, written

FIRST = checkpoint(1, 1, 2)
FIRST_DIGEST = FIRST["checkpoint"]["checkpoint_digest"]
SECOND = checkpoint(2, 3, 3, prev_checkpoint_digest=FIRST_DIGEST)
PRE = [header(), event(1), event(2)]


def status(host: FrozenHost) -> tuple[int, int, int]:
    """Return events, last sequence and checkpoints."""
    found = session.status(JOURNAL, host=host).status
    assert found
    return found.event_count, found.last_sequence, found.checkpoint_count


def refusal(host: FrozenHost) -> GaitError:
    with pytest.raises(GaitError) as caught:
        session.status(JOURNAL, host=host)
    return caught.value


@pytest.mark.parametrize(
    ("records", "expected"),
    [
        pytest.param([header()], (0, 0, 0), id="nothing but a header"),
        pytest.param([header(events=None)], (0, 0, 0), id="a header as compaction leaves it"),
        pytest.param(PRE, (2, 2, 0), id="events"),
        pytest.param([*PRE, FIRST, event(3), SECOND], (3, 3, 2), id="linked checkpoints"),
        pytest.param([header(), FIRST, event(3)], (1, 3, 1), id="compacted"),
        pytest.param([header(), FIRST], (0, 0, 1), id="fully compacted"),
        pytest.param([*PRE, checkpoint(1, 1, 1), event(3)], (3, 3, 1), id="sealed in part"),
        pytest.param([header(), b"\n  \n\xc2\xa0\n", event(1)], (1, 1, 0), id="blank lines"),
        pytest.param([header(), b"\xc2\xa0", event(1)], (1, 1, 0), id="a line that wants trimming"),
        pytest.param([header(), event(1, unknown=1)], (1, 1, 0), id="an unknown field"),
        pytest.param([header(), event(1, tool_name=None)], (1, 1, 0), id="a null field"),
        pytest.param(
            [header(), json.dumps(event(1)).encode()], (1, 1, 0), id="only the last line feed lacks"
        ),
    ],
)
def test_an_honest_journal_is_read(
    frozen_host: FrozenHost, records: list[Any], expected: tuple[int, int, int]
) -> None:
    written(frozen_host, *records)
    assert status(frozen_host) == expected


@pytest.mark.parametrize(
    ("records", "place", "fault"),
    [
        pytest.param([], "", "no header", id="empty file"),
        pytest.param([event(1)], "line 1", "before the header", id="no header"),
        pytest.param([FIRST], "line 1", "before the header", id="a checkpoint without a header"),
        pytest.param([header(), header()], "line 2", "second header", id="two headers"),
        pytest.param([header(session_id="")], "line 1", "session_id", id="no session id"),
        pytest.param([header(run_id="")], "line 1", "run_id", id="no run id"),
        pytest.param(
            [header(events=[event(1)["event"]])], "line 1", "inside the header", id="events inside"
        ),
        pytest.param([{"record_type": "header"}], "line 1", "no header", id="header absent"),
        pytest.param([header(), {"record_type": "event"}], "line 2", "no event", id="event absent"),
        pytest.param(
            [header(), {"record_type": "checkpoint"}], "line 2", "no checkpoint", id="cp absent"
        ),
        pytest.param([header(), {"record_type": "x"}], "line 2", "record_type", id="unknown type"),
        pytest.param([header(), event(2)], "line 2", "sequence 2", id="a gap"),
        pytest.param([*PRE, event(2)], "line 4", "sequence 2", id="a sequence twice"),
        pytest.param([*PRE, FIRST, event(1)], "line 5", "sequence 1", id="sealed already"),
        pytest.param([header(), event(1, run_id="r")], "line 2", "run_id", id="another run"),
        pytest.param([header(), event(1, session_id="s")], "line 2", "session_id", id="another"),
        pytest.param([*PRE, checkpoint(2, 1, 2)], "line 4", "index 2", id="index skipped"),
        pytest.param([*PRE, checkpoint(1, 0, 2)], "line 4", "0 to 2", id="range from 0"),
        pytest.param([*PRE, checkpoint(1, 2, 1)], "line 4", "2 to 1", id="range backwards"),
        pytest.param(
            [*PRE, FIRST, checkpoint(2, 2, 3, prev_checkpoint_digest=FIRST_DIGEST)],
            "line 5",
            "2 to 3",
            id="ranges overlap",
        ),
        pytest.param(
            [*PRE, FIRST, checkpoint(2, 3, 3)],
            "line 5",
            "previous checkpoint digest",
            id="unlinked",
        ),
        pytest.param(
            [*PRE, checkpoint(1, 1, 2, checkpoint_digest="0" * 64)],
            "line 4",
            "checkpoint digest",
            id="digest forged",
        ),
        pytest.param(
            [*PRE, checkpoint(1, 1, 2, checkpoint_digest=FIRST_DIGEST.upper())],
            "line 4",
            "checkpoint digest",
            id="digest in upper case",
        ),
        pytest.param([header(), event(1.0)], "line 2", "int", id="a float sequence"),
        pytest.param([header(), event(1, created_at="x")], "line 2", "time", id="no time"),
        pytest.param([header(), b"{nope\n"], "line 2", "not JSON", id="not JSON"),
        pytest.param(
            [header(), json.dumps(event(1)).encode(), event(2)], "line 2", "not JSON", id="glued"
        ),
    ],
)
def test_a_wrong_line_is_named(
    frozen_host: FrozenHost, records: list[Any], place: str, fault: str
) -> None:
    written(frozen_host, *records)
    error = refusal(frozen_host)
    assert (type(error), error.code) == (InvalidInput, "invalid_input")
    assert f"{JOURNAL} {place}".strip() in error.message
    assert fault in error.message


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(b'{"record_type":"event","record_type":"event"}\n', "json_duplicate_key"),
        pytest.param(b'{"Record_Type":"event"}\n', "json_case_variant_key"),
        pytest.param(b'{"record_type":"event","event":{"tool_name":"\xff"}}\n', "json_lossy_text"),
        pytest.param(b'{"record_type":"\\ud800"}\n', "json_lossy_text"),
    ],
)
def test_text_that_two_readers_could_read_differently_fails_verification(
    frozen_host: FrozenHost, line: bytes, code: str
) -> None:
    written(frozen_host, header(), line)
    error = refusal(frozen_host)
    assert (type(error), error.code) == (VerificationFailed, code)
    assert "line 2" in error.where


def test_a_line_may_be_8_mib_less_one_byte_long(frozen_host: FrozenHost) -> None:
    empty = len(json.dumps(event(1, tool_name="")))
    longest = event(1, tool_name="x" * (MAX_JOURNAL_LINE - 1 - empty))
    written(frozen_host, header(), longest)
    assert status(frozen_host) == (1, 1, 0)
    written(frozen_host, header(), event(1, tool_name=longest["event"]["tool_name"] + "x"))
    assert "line 2" in refusal(frozen_host).message


def test_a_record_too_long_to_be_read_back_is_not_written(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host)
    before = journal.read_bytes()
    too_long = session.EventInput(tool_name="x" * MAX_JOURNAL_LINE, verdict="allow")
    with pytest.raises(InvalidInput, match="less than 8 MiB"):
        session.append(JOURNAL, too_long, host=frozen_host)
    assert journal.read_bytes() == before


def test_text_that_is_no_utf8_is_not_written(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host)
    before = journal.read_bytes()
    lossy = session.EventInput(tool_name="tool\udcff", verdict="allow")
    with pytest.raises(InvalidInput) as caught:
        session.append(JOURNAL, lossy, host=frozen_host)
    assert caught.value.code == "json_lossy_text"
    assert journal.read_bytes() == before


def test_a_journal_that_does_not_exist_is_not_made(frozen_host: FrozenHost) -> None:
    with pytest.raises(InvalidInput):
        session.append(JOURNAL, CALL, host=frozen_host)
    (frozen_host.cwd / "s").mkdir()
    with pytest.raises(InvalidInput):
        session.append(JOURNAL, CALL, host=frozen_host)
    assert list((frozen_host.cwd / "s").iterdir()) == []
