"""`run inspect`: what a run called and what came back, whole and in order."""

from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.api import session
from gait_engine.api.run import inspect
from gait_engine.contract.answers.run import InspectAnswer, InspectEntry
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from tests.support import runs, sessions
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result, runpack


def entries(answer: InspectAnswer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [msgspec.to_builtins(entry) for entry in answer.entries]
    return found


def test_each_call_has_its_row_in_recorded_order(frozen_host: FrozenHost, tmp_path: Path) -> None:
    runpack(
        tmp_path,
        intents=[intent("b", created_at="2026-02-05T12:00:00.25+02:00"), intent("a")],
        results=[result("a", status="error"), result("b")],
    )
    answer = inspect("p.zip", host=frozen_host)
    assert entries(answer) == [
        {
            "index": 1,
            "intent_id": "b",
            "tool_name": "tool.x",
            "created_at": "2026-02-05T10:00:00.25Z",
            "args_digest": "a" * 64,
            "status": "ok",
            "result_digest": "b" * 64,
        },
        {
            "index": 2,
            "intent_id": "a",
            "tool_name": "tool.x",
            "created_at": runs.STARTED,
            "args_digest": "a" * 64,
            "status": "error",
            "result_digest": "b" * 64,
        },
    ]
    assert (answer.artifact_type, answer.run_id, answer.path) == ("runpack", "run_x", "p.zip")
    assert (answer.capture_mode, answer.intents_total, answer.results_total) == ("reference", 2, 2)


def test_a_call_without_a_result_has_neither_status_nor_digest(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    runpack(tmp_path, intents=[intent("a")])
    (entry,) = inspect("p.zip", host=frozen_host).entries
    assert (entry.status, entry.result_digest, entry.verdict) == ("", "", "")


def test_of_several_results_the_first_is_shown_and_a_warning_says_so(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    results = [result("a"), result("a", status="error"), result("a"), result("b")]
    runpack(tmp_path, intents=[intent("a"), intent("b")], results=results)
    answer = inspect("p.zip", host=frozen_host)
    assert [entry.status for entry in answer.entries] == ["ok", "ok"]
    assert answer.warnings == ("intent a: 3 results, the first is shown",)
    assert (answer.results_total, answer.unmatched_results) == (4, ())


def test_results_without_an_intent_are_listed_apart_and_sorted(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    results = [result("z"), result("b", status="error"), result("a")]
    runpack(tmp_path, intents=[intent("a")], results=results)
    answer = inspect("p.zip", host=frozen_host)
    assert [(row.intent_id, row.status) for row in answer.unmatched_results] == [
        ("b", "error"),
        ("z", "ok"),
    ]


@pytest.mark.parametrize(
    ("stored", "verdict", "codes"),
    [
        ({"verdict": " block ", "reason_codes": [" b", "a", "a", "", 1]}, "block", ("a", "b")),
        ({"verdict": "allow", "reason_codes": "one"}, "allow", ("one",)),
        ({"verdict": 1, "reason_codes": {"a": 1}}, "", ()),
        ({"verdict": None, "reason_codes": None}, "", ()),
        ({"verdict": "", "reason_codes": " "}, "", ()),
        ({}, "", ()),
    ],
    ids=str,
)
def test_a_verdict_is_shown_where_the_stored_result_tells_it(
    frozen_host: FrozenHost,
    tmp_path: Path,
    stored: dict[str, Any],
    verdict: str,
    codes: tuple[str, ...],
) -> None:
    extra = stored | {"violations": stored.get("reason_codes")}
    runpack(
        tmp_path,
        intents=[intent("a")],
        results=[result("a", result=extra), result("u", result=extra)],
    )
    answer = inspect("p.zip", host=frozen_host)
    ((entry,), (row,)) = answer.entries, answer.unmatched_results
    assert (entry.verdict, entry.reason_codes, entry.violations) == (verdict, codes, codes)
    assert (row.verdict, row.reason_codes, row.violations) == (verdict, codes, codes)


class TestFull:
    def both(self, host: FrozenHost) -> tuple[InspectAnswer, InspectAnswer]:
        runpack(
            host.cwd,
            intents=[intent("a", args={"b": "<&>", "a": 1})],
            results=[result("a", result={"x": [1, None]})],
            refs={"receipts": [runs.receipt("ref_1")]},
        )
        return inspect("p.zip", host=host), inspect("p.zip", host=host, full=True)

    def test_payloads_come_with_full_only(self, frozen_host: FrozenHost) -> None:
        plain, full = self.both(frozen_host)
        assert (plain.entries[0].args, plain.entries[0].result) == (UNSET, UNSET)
        found: InspectEntry = full.entries[0]
        assert msgspec.json.decode(msgspec.json.encode(found.args)) == {"a": 1, "b": "<&>"}
        assert msgspec.json.decode(msgspec.json.encode(found.result)) == {"x": [1, None]}

    def test_the_run_and_its_receipts_come_with_full_only(self, frozen_host: FrozenHost) -> None:
        plain, full = self.both(frozen_host)
        assert (plain.run, plain.receipts) == (UNSET, ())
        assert full.run is not UNSET
        assert full.run.env.os == "linux"
        assert [receipt.ref_id for receipt in full.receipts] == ["ref_1"]

    def test_the_rest_is_the_same(self, frozen_host: FrozenHost) -> None:
        plain, full = self.both(frozen_host)
        bare = msgspec.structs.replace(
            full,
            run=UNSET,
            receipts=(),
            entries=tuple(
                msgspec.structs.replace(entry, args=UNSET, result=UNSET) for entry in full.entries
            ),
        )
        assert bare == plain


class TestNotes:
    """Honest runs may hold these: named, without effect."""

    def test_a_repeated_intent_id(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        runpack(tmp_path, intents=[intent("a"), intent("b"), intent("b")])
        answer = inspect("p.zip", host=frozen_host)
        assert answer.ok
        assert [(note.code, note.where) for note in answer.hazards] == [
            ("record_id_repeated", "p.zip!intents.jsonl b")
        ]

    def test_two_run_ids(self, frozen_host: FrozenHost, tmp_path: Path) -> None:
        runpack(tmp_path, run={"run_id": "run_y"})
        answer = inspect("p.zip", host=frozen_host)
        assert (answer.ok, answer.run_id) == (True, "run_y")
        assert [note.code for note in answer.hazards] == ["run_id_mismatch"]


class TestChains:
    def test_a_chain_is_listed_checkpoint_by_checkpoint(self, frozen_host: FrozenHost) -> None:
        sessions.begun(frozen_host, events=2)
        session.checkpoint(sessions.JOURNAL, out="cp.zip", host=frozen_host)
        answer = inspect("s/j_chain.json", host=frozen_host)
        assert (answer.artifact_type, answer.session_id) == ("session_chain", "sess_1")
        assert (answer.path, answer.checkpoint_count) == ("s/j_chain.json", 1)
        (first,) = answer.checkpoints
        assert (first.sequence_start, first.sequence_end, first.runpack_path) == (1, 2, "cp.zip")

    def test_a_file_that_is_neither_gets_the_error_of_a_runpack(
        self, frozen_host: FrozenHost
    ) -> None:
        (frozen_host.cwd / "x.json").write_text("{}")
        with pytest.raises(GaitError) as caught:
            inspect("./x.json", host=frozen_host)
        assert caught.value.exit_code == 6
        assert "chain" not in caught.value.message


class TestRefusals:
    """Nothing is decoded whose digest was not checked, nothing ambiguous is shown."""

    @pytest.mark.parametrize("name", runs.DATA)
    def test_a_changed_member_is_refused(self, frozen_host: FrozenHost, name: str) -> None:
        path = runpack(frozen_host.cwd, intents=[intent("a")])
        members = runs.members_of(path)
        path.write_bytes(runs.archive({**members, name: members[name] + b"\n"}))
        with pytest.raises(InvalidInput, match=r"expected '[0-9a-f]{64}'") as caught:
            inspect("p.zip", host=frozen_host)
        assert caught.value.where == f"p.zip!{name}"
        assert "gait verify" in caught.value.hint

    @pytest.mark.parametrize("name", [*runs.DATA, "manifest.json"])
    def test_a_missing_member_is_refused(self, frozen_host: FrozenHost, name: str) -> None:
        path = runpack(frozen_host.cwd)
        members = runs.members_of(path)
        del members[name]
        path.write_bytes(runs.archive(members))
        with pytest.raises(InvalidInput, match=name.replace(".", r"\.")):
            inspect("p.zip", host=frozen_host)

    @pytest.mark.parametrize(
        ("line", "code", "kind"),
        [
            (b'{"intent_id":"a","intent_id":"b"}\n', "json_duplicate_key", VerificationFailed),
            (b'{"Intent_id":"a"}\n', "json_case_variant_key", VerificationFailed),
            (b'{"args":{"x":9007199254740993}}\n', "json_lossy_number", VerificationFailed),
            (b'{"args":{"x":"\xff"}}\n', "json_lossy_text", VerificationFailed),
            (b'{"args":{"x":1,"x":2}}\n', "json_duplicate_key", VerificationFailed),
            (b"{}\n[1]\n", "invalid_input", InvalidInput),
            (b"{}\nnot json\n", "invalid_input", InvalidInput),
            (b'{"intent_id":1}\n', "invalid_input", InvalidInput),
            (b'{"created_at":"x"}\n', "invalid_input", InvalidInput),
            (b"{}{}\n", "invalid_input", InvalidInput),
        ],
        ids=str,
    )
    def test_an_ambiguous_record_is_refused_with_its_place(
        self, frozen_host: FrozenHost, line: bytes, code: str, kind: type[GaitError]
    ) -> None:
        data = runs.members() | {"intents.jsonl": line}
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data))
        with pytest.raises(kind) as caught:
            inspect("p.zip", host=frozen_host)
        assert caught.value.code == code
        assert caught.value.where.startswith("p.zip!intents.jsonl record ")

    @pytest.mark.parametrize(
        "refs",
        [
            {"context_evidence_mode": "required"},
            {"context_evidence_mode": "maybe"},
            {"context_set_digest": "short"},
            {"context_ref_count": -1},
        ],
        ids=str,
    )
    def test_impossible_refs_are_refused(
        self, frozen_host: FrozenHost, refs: dict[str, Any]
    ) -> None:
        runpack(frozen_host.cwd, refs=refs)
        with pytest.raises(InvalidInput):
            inspect("p.zip", host=frozen_host)

    def test_a_hazard_of_the_archive_is_refused(self, frozen_host: FrozenHost) -> None:
        path = runpack(frozen_host.cwd)
        path.write_bytes(runs.archive({**runs.members_of(path), "extra": b""}))
        with pytest.raises(VerificationFailed) as caught:
            inspect("p.zip", host=frozen_host)
        assert caught.value.code == "zip_unlisted_entry"


class TestLines:
    """JSONL is split at line feeds and nothing else."""

    @pytest.mark.parametrize(
        ("text", "count"),
        [
            (b"", 0),
            (b"\n\n \n\t\n", 0),
            (b'{"intent_id":"a"}', 1),
            (b'{"intent_id":"a"}\r\n{"intent_id":"b"}\r\n', 2),
            (b'\n  {"intent_id":"a"}  \n\n{"intent_id":"b"}', 2),
            ('{"intent_id":"a\u2028b"}\n{"intent_id":"\x85"}\n'.encode(), 2),
            (b'\xc2\xa0{"intent_id":"a"}\xe3\x80\x80\n', 1),
            (b"null\n", 1),
        ],
        ids=str,
    )
    def test_records_are_found_whatever_stands_around_them(
        self, frozen_host: FrozenHost, text: bytes, count: int
    ) -> None:
        (frozen_host.cwd / "p.zip").write_bytes(
            runs.sealed(runs.members() | {"intents.jsonl": text})
        )
        assert inspect("p.zip", host=frozen_host).intents_total == count

    @pytest.mark.parametrize("size", [10 * 2**20 - 1, 10 * 2**20])
    def test_a_line_of_ten_mebibytes_is_one_byte_too_long(
        self, frozen_host: FrozenHost, size: int
    ) -> None:
        frame = b'{"intent_id":""}'
        line = frame[:-2] + b"x" * (size - len(frame)) + frame[-2:]
        data = runs.members() | {"intents.jsonl": b"{}\n" + line + b"\n"}
        (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data))
        if size < 10 * 2**20:
            assert inspect("p.zip", host=frozen_host).intents_total == 2
            return
        with pytest.raises(InvalidInput, match="10485760 bytes"):
            inspect("p.zip", host=frozen_host)
