"""Checkpoints: the runpack, the record that links it, the chain file."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import session
from gait_engine.api.session import EventInput
from gait_engine.contract.answers.session import SessionAnswer
from gait_engine.contract.session import Checkpoint
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.runpack.chain import read_chain, verify_chain_file
from gait_engine.runpack.read import open_runpack
from gait_engine.runpack.verify import verify_runpack
from gait_engine.wire.digest import value_digest
from tests.support.hosts import FrozenHost
from tests.support.sessions import CALL, JOURNAL, begun, checkpoint, event, header, written

CHAIN = "s/j_chain.json"
NOW = "2026-02-05T12:00:00Z"


def emitted(host: FrozenHost, out: str = "out/cp.zip", chain_out: str = "") -> Checkpoint:
    found = session.checkpoint(JOURNAL, out=out, chain_out=chain_out, host=host).checkpoint
    assert isinstance(found, Checkpoint)
    return found


def members(path: Path) -> dict[str, Any]:
    """Read the records of a runpack."""
    with open_runpack(str(path)) as pack:
        return {
            "run": json.loads(pack.archive.read("run.json")),
            "refs": json.loads(pack.archive.read("refs.json")),
            "intents": list(pack.intents()),
            "results": list(pack.results()),
        }


def test_a_checkpoint_seals_every_open_event_and_links_to_the_last_one(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host, events=2)
    first = emitted(frozen_host, "out/1.zip")
    session.append(JOURNAL, CALL, host=frozen_host)
    second = emitted(frozen_host, "out/2.zip")
    assert (first.checkpoint_index, first.sequence_start, first.sequence_end) == (1, 1, 2)
    assert (second.checkpoint_index, second.sequence_start, second.sequence_end) == (2, 3, 3)
    assert (first.prev_checkpoint_digest, second.prev_checkpoint_digest) == (
        "",
        first.checkpoint_digest,
    )
    link = f"{second.manifest_digest}:{first.checkpoint_digest}:2:3:3"
    assert second.checkpoint_digest == sha256(link.encode()).hexdigest()
    assert read_chain(CHAIN, host=frozen_host).checkpoints == (first, second)
    assert verify_chain_file(CHAIN, host=frozen_host).ok


def test_the_runpack_verifies_and_names_the_checkpoint(frozen_host: FrozenHost) -> None:
    begun(frozen_host, events=1)
    found = emitted(frozen_host)
    pack = frozen_host.cwd / "out" / "cp.zip"
    verified = verify_runpack(str(pack))
    assert verified.ok
    assert (verified.run_id, verified.signature_status) == ("run_1_cp_0001", "missing")
    assert verified.manifest_digest == found.manifest_digest
    assert found.runpack_path == "out/cp.zip"
    assert pack.parent.stat().st_mode & 0o777 == 0o750


def test_each_event_becomes_a_call_its_outcome_and_a_place_on_the_timeline(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host)
    full = EventInput(
        tool_name="tool.x",
        verdict="block",
        intent_id="mine",
        trace_id="t1",
        trace_path="t/1.json",
        intent_digest="AB" * 32,
        policy_digest="cd" * 32,
        reason_codes=("r",),
    )
    session.append(JOURNAL, CALL, host=frozen_host)
    session.append(JOURNAL, full, host=frozen_host)
    emitted(frozen_host)
    found = members(frozen_host.cwd / "out" / "cp.zip")
    assert [(i.intent_id, i.tool_name) for i in found["intents"]] == [
        ("intent_1", "tool.x"),
        ("mine", "tool.x"),
    ]
    identity = {"session_id": "sess_1", "sequence": 1, "trace_id": "", "trace_path": ""}
    assert [i.args_digest for i in found["intents"]] == [value_digest(identity), "ab" * 32]
    assert [r.status for r in found["results"]] == ["ok", "error"]
    outcome = {"verdict": "block", "reason_codes": ["r"], "violations": None}
    outcome |= {"trace_id": "t1", "trace_path": "t/1.json"}
    assert found["results"][1].result_digest == value_digest(outcome)
    moments = [(e["event"], e.get("ref", "")) for e in found["run"]["timeline"]]
    assert moments == [
        ("session_event", ""),
        ("session_event", "t1"),
        ("session_checkpoint_emitted", "checkpoint:1"),
    ]
    assert found["run"]["env"] == {"os": "linux", "arch": "amd64", "runtime": "go"}
    assert "context_evidence_mode" not in found["refs"]


@pytest.mark.parametrize(
    ("verdict", "status"),
    [("allow", "ok"), ("dry_run", "ok"), ("block", "error"), ("require_approval", "error")],
)
def test_what_was_stopped_has_status_error(
    frozen_host: FrozenHost, verdict: str, status: str
) -> None:
    begun(frozen_host)
    session.append(JOURNAL, EventInput(tool_name="t", verdict=verdict), host=frozen_host)
    emitted(frozen_host)
    [result] = members(frozen_host.cwd / "out" / "cp.zip")["results"]
    assert result.status == status


def test_times_are_told_in_utc_and_an_absent_one_is_that_of_the_checkpoint(
    frozen_host: FrozenHost,
) -> None:
    no_time = event(2)
    del no_time["event"]["created_at"]
    written(frozen_host, header(), event(1, created_at="2026-02-05T12:00:00+02:00"), no_time)
    emitted(frozen_host)
    found = members(frozen_host.cwd / "out" / "cp.zip")
    assert [i.created_at for i in found["intents"]] == ["2026-02-05T10:00:00Z", NOW]
    assert [r.created_at for r in found["results"]] == ["2026-02-05T10:00:00Z", NOW]


def test_the_safety_invariant_is_that_of_the_newest_event_that_names_both_parts(
    frozen_host: FrozenHost,
) -> None:
    def named(sequence: int, version: str, digest: str) -> dict[str, Any]:
        return event(sequence, safety_invariant_version=version, safety_invariant_hash=digest)

    written(frozen_host, header(), named(1, "1", "AA"), named(2, " 2 ", " BB "), named(3, "3", " "))
    found = emitted(frozen_host)
    assert (found.safety_invariant_version, found.safety_invariant_hash) == ("2", "bb")


def test_a_sequence_that_a_double_would_change_is_not_digested(frozen_host: FrozenHost) -> None:
    huge = 2**53
    written(frozen_host, header(), checkpoint(1, 1, huge), event(huge + 1))
    with pytest.raises(VerificationFailed) as caught:
        emitted(frozen_host)
    assert caught.value.code == "json_lossy_number"
    written(frozen_host, header(), checkpoint(1, 1, huge), event(huge + 1, intent_digest="a" * 64))
    assert emitted(frozen_host).sequence_end == huge + 1


@pytest.mark.parametrize(
    "records", [[header()], [header(), event(1), event(2), checkpoint(1, 1, 2)]]
)
def test_without_an_open_event_nothing_is_written(
    frozen_host: FrozenHost, records: list[Any]
) -> None:
    journal = written(frozen_host, *records)
    before = journal.read_bytes()
    with pytest.raises(InvalidInput, match="no event since the last checkpoint"):
        emitted(frozen_host)
    assert journal.read_bytes() == before
    assert list(frozen_host.cwd.iterdir()) == [journal.parent]


def test_a_second_chain_file_is_the_same_as_the_first(frozen_host: FrozenHost) -> None:
    begun(frozen_host, events=1)
    answer = session.checkpoint(
        JOURNAL, out=" ./out//cp.zip ", chain_out=" chain.json ", host=frozen_host
    )
    assert answer.chain_path == "chain.json"
    assert isinstance(answer.checkpoint, Checkpoint)
    assert answer.checkpoint.runpack_path == "out/cp.zip"
    first, second = frozen_host.cwd / CHAIN, frozen_host.cwd / "chain.json"
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().endswith(b"}\n")
    assert first.stat().st_mode & 0o777 == 0o600


def test_a_chain_file_that_cannot_be_written_fails_after_the_checkpoint_is_committed(
    frozen_host: FrozenHost,
) -> None:
    begun(frozen_host, events=1)
    with pytest.raises(InvalidInput) as caught:
        emitted(frozen_host, chain_out="missing/chain.json")
    assert caught.value.answer == SessionAnswer(ok=False, operation="checkpoint", journal=JOURNAL)
    status = session.status(JOURNAL, host=frozen_host).status
    assert status
    assert status.checkpoint_count == 1
    assert verify_chain_file(CHAIN, host=frozen_host).ok


@pytest.mark.parametrize(
    ("out", "chain_out"), [("../cp.zip", ""), ("a/../../cp.zip", ""), ("cp.zip", "../c.json")]
)
def test_an_output_outside_the_working_directory_is_refused_before_anything_is_written(
    tmp_path: Path, out: str, chain_out: str
) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    host = FrozenHost(inside)
    journal = begun(host, events=1)
    before = journal.read_bytes()
    with pytest.raises(GaitError):
        emitted(host, out, chain_out)
    assert journal.read_bytes() == before
    assert [path.name for path in (*tmp_path.iterdir(), *inside.iterdir())] == ["inside", "s"]


@pytest.mark.parametrize(
    ("journal", "chain"),
    [("j.jsonl", "j_chain.json"), ("a.b.jsonl", "a.b_chain.json"), ("plain", "plain_chain.json")],
)
def test_the_chain_is_named_after_the_journal(
    frozen_host: FrozenHost, journal: str, chain: str
) -> None:
    session.start(journal, session_id="s", run_id="r", host=frozen_host)
    session.append(journal, CALL, host=frozen_host)
    answer = session.checkpoint(journal, out="cp.zip", host=frozen_host)
    assert answer.chain_path == chain
    assert (frozen_host.cwd / chain).exists()
