"""start, append, status and compact: what they write and what they answer."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.api.session import EventInput
from gait_engine.contract.answers.session import SessionAnswer
from gait_engine.contract.session import Event
from gait_engine.errors import GaitError, InvalidInput, StateContention
from tests.support.faults import calls_of, in_children
from tests.support.hosts import FrozenHost
from tests.support.sessions import (
    CALL,
    JOURNAL,
    HostIn,
    begun,
    checkpoint,
    event,
    header,
    written,
)

FIRST = checkpoint(1, 1, 2)


def appended(host: FrozenHost, **changes: Any) -> Event:
    given = EventInput(**({"tool_name": "tool.x", "verdict": "allow"} | changes))
    found = session.append(JOURNAL, given, host=host).event
    assert found
    return found


def lines(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text(encoding="utf-8").splitlines()]


def known_after(error: GaitError) -> SessionAnswer:
    assert isinstance(error.answer, SessionAnswer)
    return error.answer


def test_start_writes_a_header_and_a_state(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host)
    assert journal.read_bytes() == (
        b'{"record_type":"header","header":{"schema_id":"gait.runpack.session_journal",'
        b'"schema_version":"1.0.0","created_at":"2026-02-05T12:00:00Z",'
        b'"producer_version":"0.0.0-dev","session_id":"sess_1","run_id":"run_1",'
        b'"started_at":"2026-02-05T12:00:00Z","events":[]}}\n'
    )
    state = json.loads((frozen_host.cwd / f"{JOURNAL}.state.json").read_bytes())
    assert state["journal_size_bytes"] == journal.stat().st_size
    assert sorted(path.name for path in journal.parent.iterdir()) == [
        "j.jsonl",
        "j.jsonl.state.json",
    ]


@pytest.mark.parametrize("ids", [("other", "run_1"), ("sess_1", "other")])
def test_a_journal_is_not_taken_over_by_another_session_or_run(
    frozen_host: FrozenHost, ids: tuple[str, str]
) -> None:
    journal = begun(frozen_host, events=1)
    before = journal.read_bytes()
    with pytest.raises(InvalidInput, match="belongs to"):
        session.start(JOURNAL, session_id=ids[0], run_id=ids[1], host=frozen_host)
    assert journal.read_bytes() == before


def test_ids_that_would_be_bad_file_names_are_ordinary_text_in_a_journal(
    frozen_host: FrozenHost,
) -> None:
    hostile = "../../../evil\x1b"
    answer = session.start(JOURNAL, session_id=hostile, run_id=hostile, host=frozen_host)
    assert answer.status
    assert answer.status.run_id == hostile


def test_an_event_is_trimmed_lowered_and_tied_to_its_run_tool_trace_and_policy(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host)
    found = appended(
        frozen_host,
        tool_name=" tool.x ",
        verdict=" BLOCK\u00a0",
        intent_id=" i1 ",
        trace_id=" t1 ",
        trace_path=" a/b.json ",
        intent_digest=" ABC ",
        policy_digest=" Not Hex ",
        reason_codes=("z", " a", "", "a"),
        violations=(" ", "v"),
    )
    assert (found.tool_name, found.verdict, found.intent_id) == ("tool.x", "block", "i1")
    assert (found.intent_digest, found.policy_digest) == ("abc", "not hex")
    assert (found.reason_codes, found.violations) == (("a", "z"), ("v",))
    relationship = json.loads(journal_line(frozen_host, 1))["event"]["relationship"]
    assert relationship == {
        "parent_ref": {"kind": "session", "id": "sess_1"},
        "entity_refs": [
            {"kind": "policy", "id": "not hex"},
            {"kind": "run", "id": "run_1"},
            {"kind": "tool", "id": "tool.x"},
            {"kind": "trace", "id": "t1"},
        ],
        "policy_ref": {"policy_digest": "not hex"},
        "edges": [
            {
                "kind": "governed_by",
                "from": {"kind": "tool", "id": "tool.x"},
                "to": {"kind": "policy", "id": "not hex"},
            }
        ],
        "parent_record_id": "sess_1",
        "related_entity_ids": ["not hex", "run_1", "t1", "tool.x"],
    }


def journal_line(host: FrozenHost, index: int) -> str:
    return (host.cwd / JOURNAL).read_text(encoding="utf-8").splitlines()[index]


def test_a_journal_line_spells_html_characters_and_keeps_other_text(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host)
    appended(frozen_host, tool_name="<é>&\u2028!")
    assert '"tool_name":"\\u003cé\\u003e\\u0026\\u2028!"' in journal_line(frozen_host, 1)


def test_sequences_count_up_from_one(frozen_host: FrozenHost) -> None:
    begun(frozen_host)
    assert [appended(frozen_host).sequence for _ in range(3)] == [1, 2, 3]


def test_an_event_goes_on_its_own_line_where_the_last_line_feed_lacks(
    frozen_host: FrozenHost,
) -> None:
    journal = written(frozen_host, header(), json.dumps(event(1)).encode())
    assert appended(frozen_host).sequence == 2
    assert [line["record_type"] for line in lines(journal)] == ["header", "event", "event"]


@pytest.mark.parametrize("verdict", ["", "deny", "allow,block", "\x1callow"])
def test_an_unknown_verdict_is_refused_and_no_journal_named(
    frozen_host: FrozenHost, verdict: str
) -> None:
    journal = begun(frozen_host)
    before = journal.read_bytes()
    with pytest.raises(InvalidInput) as caught:
        session.append(JOURNAL, EventInput(tool_name="t", verdict=verdict), host=frozen_host)
    assert known_after(caught.value) == SessionAnswer(ok=False, operation="append")
    assert journal.read_bytes() == before


@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_a_blank_required_option_is_refused_before_anything_is_made(
    frozen_host: FrozenHost, blank: str
) -> None:
    host = frozen_host
    commands: list[tuple[str, Callable[[], SessionAnswer]]] = [
        ("start", lambda: session.start(blank, session_id="s", run_id="r", host=host)),
        ("start", lambda: session.start(JOURNAL, session_id=blank, run_id="r", host=host)),
        ("start", lambda: session.start(JOURNAL, session_id="s", run_id=blank, host=host)),
        ("append", lambda: session.append(blank, CALL, host=host)),
        (
            "append",
            lambda: session.append(
                JOURNAL, EventInput(tool_name=blank, verdict="allow"), host=host
            ),
        ),
        ("status", lambda: session.status(blank, host=host)),
        ("checkpoint", lambda: session.checkpoint(JOURNAL, out=blank, host=host)),
        ("compact", lambda: session.compact(blank, host=host)),
        ("repair", lambda: session.repair(blank, host=host)),
    ]
    for operation, work in commands:
        with pytest.raises(InvalidInput) as caught:
            work()
        assert known_after(caught.value) == SessionAnswer(ok=False, operation=operation)
    assert list(host.cwd.iterdir()) == []


def test_a_journal_outside_the_working_directory_is_refused_before_anything_is_made(
    tmp_path: Path,
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    host = FrozenHost(inside)
    with pytest.raises(InvalidInput) as caught:
        session.start(" ../x/j.jsonl", session_id="s", run_id="r", host=host)
    assert known_after(caught.value).journal == "../x/j.jsonl"
    assert list(tmp_path.iterdir()) == [inside]


def test_an_absolute_journal_is_taken_as_it_is(frozen_host: FrozenHost, tmp_path: Path) -> None:
    journal = str(tmp_path / "elsewhere" / "j.jsonl")
    session.start(journal, session_id="s", run_id="r", host=frozen_host)
    assert session.append(journal, CALL, host=frozen_host).journal == journal


def test_a_busy_lock_is_contention_that_may_be_tried_again(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host)
    lock = Path(f"{journal}.lock")
    lock.write_text('{"created_at":"2026-02-05T11:59:00Z","pid":1}')
    with pytest.raises(StateContention) as caught:
        session.append(JOURNAL, CALL, host=frozen_host)
    assert known_after(caught.value).journal == JOURNAL
    assert caught.value.retryable
    assert lock.exists()


def test_a_broken_lock_is_noted_in_the_answer(frozen_host: FrozenHost) -> None:
    journal = begun(frozen_host)
    Path(f"{journal}.lock").write_text('{"created_at":"2026-02-05T11:00:00Z","pid":1}')
    answer = session.append(JOURNAL, CALL, host=frozen_host)
    assert [note.code for note in answer.hazards] == ["lock_broken"]


@pytest.mark.parametrize(
    ("profile", "syncs"), [("standard", 1), (" SWARM", 0), ("", 1), ("unknown", 1)]
)
def test_only_the_swarm_profile_appends_without_waiting_for_the_disk(
    tmp_path: Path, profile: str, syncs: int
) -> None:
    host = FrozenHost(tmp_path, {"GAIT_SESSION_LOCK_PROFILE": profile})
    begun(host)
    calls = calls_of(lambda: session.append(JOURNAL, CALL, host=host))
    assert calls.count("fsync") == syncs


def test_many_processes_at_once_append_in_one_sequence(tmp_path: Path) -> None:
    host = HostIn(tmp_path)
    journal = begun(host)
    statuses = in_children([lambda: session.append(JOURNAL, CALL, host=host)] * 12)
    assert statuses == [0] * 12
    assert [line["event"]["sequence"] for line in lines(journal)[1:]] == list(range(1, 13))
    assert sorted(path.name for path in journal.parent.iterdir()) == [
        "j.jsonl",
        "j.jsonl.state.json",
    ]


# ---------------------------------------------------------------- compact


def test_compaction_keeps_header_checkpoints_and_open_events(frozen_host: FrozenHost) -> None:
    journal = written(frozen_host, header(), event(1), event(2), FIRST, event(3))
    before = journal.stat().st_size
    done = session.compact(JOURNAL, host=frozen_host).compaction
    assert done
    assert [line["record_type"] for line in lines(journal)] == ["header", "checkpoint", "event"]
    assert lines(journal)[0]["header"]["events"] is None
    assert (done.events_before, done.events_after, done.checkpoints) == (3, 1, 1)
    assert (done.bytes_before, done.bytes_after) == (before, journal.stat().st_size)
    assert (done.compacted, done.dry_run, done.last_checkpoint_sequence) == (True, False, 2)


def test_a_dry_run_writes_nothing(frozen_host: FrozenHost) -> None:
    journal = written(frozen_host, header(), event(1), event(2), FIRST)
    before = journal.read_bytes()
    done = session.compact(JOURNAL, dry_run=True, host=frozen_host).compaction
    assert done
    assert (done.compacted, done.dry_run, done.events_after) == (True, True, 0)
    assert [path.name for path in journal.parent.iterdir()] == ["j.jsonl"]
    assert journal.read_bytes() == before


def test_what_is_compact_already_stays_as_it_is(frozen_host: FrozenHost) -> None:
    journal = written(frozen_host, header(), event(1), event(2), FIRST, event(3))
    session.compact(JOURNAL, host=frozen_host)
    before = journal.read_bytes()
    done = session.compact(JOURNAL, host=frozen_host).compaction
    assert done
    assert not done.compacted
    assert journal.read_bytes() == before


def test_compaction_into_another_file_leaves_the_journal_alone(frozen_host: FrozenHost) -> None:
    journal = written(frozen_host, header(), event(1), event(2), FIRST)
    before = journal.read_bytes()
    done = session.compact(JOURNAL, out=" ./s/../small.jsonl ", host=frozen_host).compaction
    assert done
    assert (done.journal_path, done.output_path, done.compacted) == (JOURNAL, "small.jsonl", True)
    assert journal.read_bytes() == before
    assert session.status("small.jsonl", host=frozen_host).ok


def test_the_journal_itself_by_another_spelling_is_compacted_in_place(
    frozen_host: FrozenHost,
) -> None:
    written(frozen_host, header(), event(1), event(2), FIRST)
    done = session.compact(JOURNAL, out=f"./x/../{JOURNAL}", host=frozen_host).compaction
    assert done
    assert done.output_path == JOURNAL
    assert session.status(JOURNAL, host=frozen_host).status == (
        session.start(JOURNAL, session_id="sess_1", run_id="run_1", host=frozen_host).status
    )


def test_after_full_compaction_the_sequence_goes_on_after_the_last_checkpoint(
    frozen_host: FrozenHost,
) -> None:
    written(frozen_host, header(), event(1), event(2), FIRST)
    session.compact(JOURNAL, host=frozen_host)
    assert appended(frozen_host).sequence == 3
    (frozen_host.cwd / f"{JOURNAL}.state.json").unlink()
    assert appended(frozen_host).sequence == 4


@pytest.mark.parametrize("suffix", [".state.json", ".lock"])
def test_an_output_never_overwrites_the_journals_own_files(
    frozen_host: FrozenHost, suffix: str
) -> None:
    written(frozen_host, header(), event(1))
    own = JOURNAL + suffix
    commands: list[Callable[[], SessionAnswer]] = [
        lambda: session.compact(JOURNAL, out=own, host=frozen_host),
        lambda: session.checkpoint(JOURNAL, out=f"./{own}", host=frozen_host),
        lambda: session.checkpoint(JOURNAL, out="cp.zip", chain_out=own, host=frozen_host),
        lambda: session.checkpoint(JOURNAL, out=JOURNAL, host=frozen_host),
    ]
    for work in commands:
        with pytest.raises(InvalidInput) as caught:
            work()
        assert caught.value.code == "path_unsafe"
    assert [path.name for path in (frozen_host.cwd / "s").iterdir()] == ["j.jsonl"]


@pytest.mark.parametrize("out", ["missing/j2.jsonl", "../j2.jsonl"])
def test_a_compaction_that_cannot_be_written_changes_nothing(
    frozen_host: FrozenHost, out: str
) -> None:
    journal = written(frozen_host, header(), event(1), event(2), FIRST)
    before = journal.read_bytes()
    with pytest.raises(InvalidInput) as caught:
        session.compact(JOURNAL, out=out, host=frozen_host)
    assert known_after(caught.value).journal == JOURNAL
    assert journal.read_bytes() == before
