"""Each kind of artifact is told by what it says, and its row holds what a list needs."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.index import index
from gait_engine.contract.answers.index import IndexRow
from gait_engine.contract.index import KINDS, LIMITS, Limits
from gait_engine.index import scan as engine
from tests.support import artifacts, packs, runs
from tests.support.hosts import FrozenHost

OUT = "gait-out"
A, B = "a" * 64, "b" * 64

WANTED: dict[str, dict[str, Any]] = {
    "runpack": {"run_id": "run_x", "capture_mode": "reference", "created_at": runs.STARTED},
    "session_chain": {"session_id": "sess_1", "run_id": "run_1", "checkpoints": 1},
    "session": {"session_id": "sess_1", "run_id": "run_1", "count": 1, "open_events": 1},
    "trace": {
        "trace_id": "a" * 24,
        "observed_at": artifacts.OBSERVED,
        "verdict": "allow",
        "tool_name": "tool.deploy",
        "intent_digest": "2" * 64,
        "policy_digest": "3" * 64,
        "signatures": 0,
        "at_ns": 1_770_292_801_500_000_000,
    },
    "intent": {
        "tool_name": "tool.delete",
        "identity": "svc-etl",
        "target": "/srv/db.conf",
        "environment": "production",
        "count": 1,
    },
    "policy": {"verdict": "block", "count": 1},
    "approval_token": {
        "identity": "alice",
        "expires_at": "2026-02-05T20:00:00Z",
        "scope": ("tool:db.query",),
        "signatures": 1,
        "intent_digest": "ab" * 32,
    },
    "approval_audit": {
        "trace_id": "t1",
        "required_approvals": 1,
        "valid_approvals": 1,
        "is_approved": True,
        "approvers": ("ana",),
    },
    "evidence_pack": {"pack_id": "pack_0123456789abcdef", "run_id": "run_demo", "count": 1},
    "incident_pack": {"pack_id": "pack_0123456789abcdef", "run_id": "run_demo", "count": 1},
    "regress_result": {
        "fixture_set": "default",
        "status": "fail",
        "count": 2,
        "failed_count": 1,
        "failed_grader": "nightly/trajectory",
        "top_failure_reason": "unexpected_tool",
    },
    "scout_report": {"count": 1, "severity_level": "high", "top_failure_reason": "why"},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / OUT
    path.mkdir()
    return path


def only(host: FrozenHost) -> IndexRow:
    (row,) = index([OUT], host=host).rows
    return row


@pytest.mark.parametrize("kind", artifacts.EACH)
def test_each_kind_has_one_row_that_says_what_the_artifact_says(
    frozen_host: FrozenHost, folder: Path, kind: str
) -> None:
    name, write = artifacts.EACH[kind]
    status = write(folder / name).stat()
    row = only(frozen_host)
    assert (row.kind, row.path, row.error) == (kind, f"{OUT}/{name}", "")
    assert {field: getattr(row, field) for field in WANTED[kind]} == WANTED[kind]
    facts = (row.size, row.mtime_ns, row.inode)
    assert facts == (status.st_size, status.st_mtime_ns, status.st_ino)
    assert row.kind in KINDS


@pytest.mark.parametrize("kind", set(artifacts.EACH) - {"session_chain"})
def test_a_name_is_no_proof_and_none_is_needed(
    frozen_host: FrozenHost, folder: Path, kind: str
) -> None:
    name, write = artifacts.EACH[kind]
    write(folder / f"other{Path(name).suffix}")
    assert only(frozen_host).kind == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("trace_91.json", "trace"),
        ("approval_1.json", "approval_token"),
        ("approval_audit_1.json", "approval_audit"),
        ("regress_result.json", "regress_result"),
        ("scout_signal_report.json", "scout_report"),
        ("s_chain.json", "session_chain"),
        ("evidence_pack_1.zip", "evidence_pack"),
        ("incident_pack_1.zip", "incident_pack"),
        ("x.zip", "runpack"),
    ],
)
@pytest.mark.parametrize(
    "data", [b"", b"\x1b[2K verdict: allow", b"[1]", b'{"a":1,"a":2}', b"\xff"]
)
def test_what_looks_like_ours_and_cannot_be_read_keeps_its_row(
    frozen_host: FrozenHost, folder: Path, name: str, kind: str, data: bytes
) -> None:
    (folder / name).write_bytes(data)
    row = only(frozen_host)
    assert (row.kind, row.run_id, row.verdict, row.size) == (kind, "", "", len(data))
    assert row.error_code
    assert row.error
    assert row.where
    assert row.at_ns == row.mtime_ns


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("notes.json", b'{"a":1}'),
        ("torn.json", b'{"a":'),
        ("list.json", b"[]"),
        ("trace_of_others.json", b'{"schema_id":"acme.trace"}'),
        ("log.jsonl", b'{"a":1}\n{"b":2}\n'),
        ("empty.jsonl", b""),
        ("compose.yaml", b"services: {}\n"),
        ("state.json", b'{"schema_id":"gait.gate.rate_limit_state"}'),
        ("README.md", b"# trace"),
        ("wheels.zip", runs.archive({"a.txt": b"x"})),
    ],
)
def test_what_is_none_of_ours_has_no_row(
    frozen_host: FrozenHost, folder: Path, name: str, data: bytes
) -> None:
    (folder / name).write_bytes(data)
    assert index([OUT], host=frozen_host).rows == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda text: text.replace(b'"verdict": "allow"', b'"verdict": "yes"'), "invalid_input"),
        (lambda text: text.replace(b'"3', b'"Z', 1), "invalid_input"),
        (lambda text: text.replace(b"{", b'{"verdict":"block",', 1), "json_duplicate_key"),
        (lambda text: text.replace(b"{", b'{"Verdict":"block",', 1), "json_case_variant_key"),
        (lambda text: text.replace(b"{", b'{"note":"x",', 1), "json_unsigned_field"),
        (lambda text: text.replace(b"T12:00:00Z", b"T12:00:00"), "invalid_input"),
    ],
)
def test_a_trace_that_two_readers_could_read_differently_shows_no_verdict(
    frozen_host: FrozenHost, folder: Path, change: Any, code: str
) -> None:
    path = artifacts.trace(folder / "trace_1.json")
    path.write_bytes(change(path.read_bytes()))
    row = only(frozen_host)
    assert (row.kind, row.error_code, row.verdict, row.tool_name) == ("trace", code, "", "")


def test_a_trace_names_agent_identity_session_and_signature(
    frozen_host: FrozenHost, folder: Path
) -> None:
    relationship = {
        "parent_ref": {"kind": "session", "id": "s_91"},
        "agent_chain": [{"identity": "svc-etl", "role": "requester"}],
    }
    artifacts.trace(
        folder / "t.json",
        agent_id="agent-7",
        run_id="run_9",
        environment="production",
        violations=["v1", "v2"],
        relationship=relationship,
        signature={"alg": "ed25519", "key_id": "k", "sig": "s"},
    )
    row = only(frozen_host)
    assert (row.agent_id, row.identity, row.session_id) == ("agent-7", "svc-etl", "s_91")
    assert (row.run_id, row.environment, row.violations) == ("run_9", "production", ("v1", "v2"))
    assert row.signatures == 1


def test_a_trace_that_does_not_say_when_it_was_observed_goes_by_its_file(
    frozen_host: FrozenHost, folder: Path
) -> None:
    artifacts.trace(folder / "t.json", observed_at="0001-01-01T00:00:00Z")
    row = only(frozen_host)
    assert (row.observed_at, row.at_ns) == ("", row.mtime_ns)


def test_traces_are_sorted_by_what_they_observed(frozen_host: FrozenHost, folder: Path) -> None:
    for number, hour in enumerate((9, 11, 10)):
        path = folder / f"trace_{number}.json"
        artifacts.trace(path, observed_at=f"2026-02-05T{hour:02}:00:00Z")
    rows = index([OUT], host=frozen_host).rows
    assert [row.path[-6] for row in rows] == ["1", "2", "0"]


class TestJournalsOfTraces:
    def test_the_journal_and_each_line_have_a_row(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        path = artifacts.trace_journal(folder / "t.jsonl", {"verdict": "block"}, {})
        path.write_bytes(path.read_bytes() + b'{"schema_id":"gait.gate.trace"}\n{"schema')
        rows = {row.line: row for row in index([OUT], host=frozen_host).rows}
        assert (rows[0].kind, rows[0].count, rows[0].failed_count) == ("trace_journal", 4, 2)
        assert [rows[n].kind for n in (1, 2, 3, 4)] == ["trace"] * 4
        assert [rows[n].path for n in (1, 4)] == [f"{OUT}/t.jsonl:1", f"{OUT}/t.jsonl:4"]
        assert [rows[n].verdict for n in (1, 2, 3, 4)] == ["block", "allow", "", ""]
        assert [rows[n].error_code for n in (2, 3, 4)] == ["", "invalid_input", "journal_torn"]

    def test_a_journal_whose_first_line_is_no_trace_is_none(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        line = json.dumps({"event": "x"}).encode()
        path = artifacts.trace_journal(folder / "t.jsonl", {})
        path.write_bytes(line + b"\n" + path.read_bytes())
        assert index([OUT], host=frozen_host).rows == ()

    def test_known_lines_are_yielded_unread(self, frozen_host: FrozenHost, folder: Path) -> None:
        artifacts.trace_journal(folder / "t.jsonl", {}, {})
        artifacts.trace(folder / "u.json")
        known = {row.path: row for row in index([OUT], host=frozen_host).rows}
        place = engine.Place(OUT, 8)
        again = list(engine.scan([place], host=frozen_host, known=known))
        assert {id(row) for row in again} == {id(row) for row in known.values()}
        assert len(again) == 4


class TestLimits:
    def test_a_text_of_more_than_64_mib_is_not_read(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        for name in ("trace_1.json", "large.json", "j.jsonl", "p.yaml"):
            with (folder / name).open("wb") as file:
                file.truncate(LIMITS.file_bytes + 1)
        rows = {row.path: row for row in index([OUT], host=frozen_host).rows}
        kinds = {path.rpartition("/")[2]: row.kind for path, row in rows.items()}
        assert kinds == {
            "trace_1.json": "trace",
            "large.json": "file",
            "j.jsonl": "file",
            "p.yaml": "file",
        }
        assert all("expected at most 67108864" in row.error for row in rows.values())

    def test_another_limit_counts_also_where_the_rows_are_kept(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        path = artifacts.trace(folder / "trace_1.json")
        os.utime(path, ns=(1, 1))
        (read,) = index([OUT], host=frozen_host).rows
        small = Limits(file_bytes=path.stat().st_size - 1)
        (refused,) = index([OUT], limits=small, host=frozen_host).rows
        assert (read.error, refused.error_code) == ("", "invalid_input")
        assert f"expected at most {small.file_bytes}" in refused.error
        assert index([OUT], host=frozen_host).rows == (read,)

    def test_folders_too_far_down_are_named_and_not_searched(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        deep = folder.joinpath(*"12345678")
        (deep / "9").mkdir(parents=True)
        artifacts.runpack(deep / "x.zip")
        artifacts.runpack(deep / "9" / "y.zip")
        rows = {row.path: row for row in index([OUT], host=frozen_host).rows}
        assert rows.keys() == {f"{OUT}/1/2/3/4/5/6/7/8/x.zip", f"{OUT}/1/2/3/4/5/6/7/8/9"}
        named = rows[f"{OUT}/1/2/3/4/5/6/7/8/9"]
        assert named.kind == "folder"
        assert "more than 8 levels down" in named.error

    def test_more_files_than_the_limit_are_not_listed_and_that_is_said(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        for name in "abc":
            artifacts.runpack(folder / f"{name}.zip")
        place = engine.Place(OUT, 8)
        *listed, last = engine.scan([place], host=frozen_host, known={}, limits=Limits(files=2))
        assert [row.path[-5:] for row in listed] == ["a.zip", "b.zip"]
        assert (last.kind, last.path) == ("folder", OUT)
        assert "the rest is not listed" in last.error

    @pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
    def test_what_may_not_be_read_says_so(self, frozen_host: FrozenHost, folder: Path) -> None:
        (folder / "closed").mkdir()
        artifacts.trace(folder / "trace_1.json").chmod(0)
        (folder / "closed").chmod(0)
        rows = {row.kind: row for row in index([OUT], host=frozen_host).rows}
        (folder / "closed").chmod(0o700)
        assert rows.keys() == {"trace", "folder"}
        assert all(row.error for row in rows.values())


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX")
class TestLinks:
    def test_a_link_out_of_its_root_is_named_and_not_followed(
        self, frozen_host: FrozenHost, folder: Path, tmp_path: Path
    ) -> None:
        target = artifacts.trace(tmp_path / "trace_1.json", tool_name="elsewhere")
        (folder / "trace_2.json").symlink_to(target)
        row = only(frozen_host)
        assert (row.kind, row.error_code, row.tool_name) == ("trace", "path_unsafe", "")

    def test_a_link_inside_its_root_adds_nothing(
        self, frozen_host: FrozenHost, folder: Path
    ) -> None:
        artifacts.runpack(folder / "x.zip")
        (folder / "latest.zip").symlink_to("x.zip")
        assert only(frozen_host).path == f"{OUT}/x.zip"

    def test_a_link_of_a_name_that_tells_nothing_is_passed_by(
        self, frozen_host: FrozenHost, folder: Path, tmp_path: Path
    ) -> None:
        (folder / "other.json").symlink_to(artifacts.trace(tmp_path / "t.json"))
        assert index([OUT], host=frozen_host).rows == ()


def test_by_default_the_working_directory_itself_is_looked_into(
    frozen_host: FrozenHost, folder: Path, tmp_path: Path
) -> None:
    artifacts.trace(tmp_path / "trace_1.json")
    (tmp_path / "deeper").mkdir()
    artifacts.trace(tmp_path / "deeper" / "trace_2.json")
    artifacts.runpack(folder / "x.zip")
    answer = index(host=frozen_host)
    assert {row.path for row in answer.rows} == {"./trace_1.json", "gait-out/x.zip"}
    home = str(frozen_host.home / ".gait" / "runpacks")
    assert [(root.path, root.state, root.artifacts) for root in answer.roots] == [
        ("gait-out", "ok", 1),
        (home, "missing", 0),
        (".", "ok", 1),
    ]


def test_packs_made_for_others_are_evidence_packs(frozen_host: FrozenHost, folder: Path) -> None:
    members = {packs.SUMMARY: b"{}"}
    packs.write_pack(folder / "p.zip", packs.packspec_manifest(members), members)
    assert only(frozen_host).kind == "evidence_pack"
