"""`run record`: the context of a run, by receipts and by envelope."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.runs import STARTED, call, digest_of, document, recorded, refused, run_input


@pytest.fixture
def written(frozen_host: FrozenHost) -> Path:
    """Where a run of id run_x is recorded."""
    return frozen_host.cwd / "gait-out" / "runpack_run_x.zip"


class TestReceipts:
    def test_receipts_are_normalised_counted_and_sorted(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        given = [
            runs.receipt("b", query_digest=f" {'A' * 64} ", immutability=" Mutable "),
            runs.receipt("a", retrieved_at="2026-02-05T12:00:00+02:00", retrieval_params={}),
            runs.receipt("c", retrieved_at=None, retrieval_params={"z": 1, "a": 2.0}),
        ]
        recorded(frozen_host, run_input(refs={"receipts": given}))
        refs = document(written, "refs.json")
        assert refs["context_ref_count"] == 3
        first, second, third = refs["receipts"]
        assert (first["ref_id"], first["retrieved_at"]) == ("a", STARTED)
        assert first["immutability"] == "unknown"
        assert "retrieval_params" not in first
        assert (second["query_digest"], second["immutability"]) == ("a" * 64, "mutable")
        assert third["retrieved_at"] == "1980-01-01T00:00:00Z"
        assert third["retrieval_params"] == {"a": 2, "z": 1}

    @pytest.mark.parametrize("field", ["query_digest", "content_digest"])
    def test_a_receipt_without_a_digest_is_refused(
        self, frozen_host: FrozenHost, field: str
    ) -> None:
        refs = {"receipts": [runs.receipt("r", **{field: ""})]}
        assert refused(frozen_host, run_input(refs=refs)).exit_code == 6

    @pytest.mark.parametrize("mode", ["raw", "RAW", " Raw "])
    def test_raw_context_needs_its_switch(
        self, frozen_host: FrozenHost, written: Path, mode: str
    ) -> None:
        text = run_input(refs={"receipts": [runs.receipt("r", redaction_mode=mode)]})
        assert "--unsafe-context-raw" in refused(frozen_host, text).hint
        recorded(frozen_host, text, unsafe_context_raw=True)
        assert document(written, "refs.json")["receipts"][0]["redaction_mode"] == mode

    @pytest.mark.parametrize(
        "refs",
        [
            {"context_set_digest": "abc"},
            {"context_ref_count": -1},
            {"context_ref_count": 1.0},
            {"context_evidence_mode": "maybe"},
            {"receipts": {}},
        ],
        ids=str,
    )
    def test_refs_that_say_the_impossible_are_refused(
        self, frozen_host: FrozenHost, refs: dict[str, Any]
    ) -> None:
        assert refused(frozen_host, run_input(refs=refs)).exit_code == 6

    @pytest.mark.parametrize(
        ("option", "own", "mode"),
        [
            ("", "", "best_effort"),
            (" REQUIRED ", "", "required"),
            ("best_effort", "required", "best_effort"),
        ],
    )
    def test_the_evidence_mode_is_that_of_the_option_else_of_the_input(
        self, frozen_host: FrozenHost, written: Path, option: str, own: str, mode: str
    ) -> None:
        refs = {"context_set_digest": "C" * 64, "context_evidence_mode": own, "receipts": []}
        recorded(frozen_host, run_input(refs=refs), context_evidence_mode=option)
        found = document(written, "refs.json")
        assert (found["context_evidence_mode"], found["context_set_digest"]) == (mode, "c" * 64)

    def test_required_evidence_needs_a_set_digest(self, frozen_host: FrozenHost) -> None:
        error = refused(frozen_host, run_input(), context_evidence_mode="required")
        assert "context_set_digest: absent" in error.message


class TestTraceReceipts:
    """A receipt of a gate trace stands for one call of the run."""

    def text(self, **changes: Any) -> runs.Json:
        empty = {"query_digest": "", "content_digest": ""}
        given = runs.receipt("trace_intent_1", source_type=" Gait.Trace ") | empty | changes
        return run_input(call(1), refs={"receipts": [given]})

    def derived(self) -> tuple[str, str]:
        called = {"args_digest": digest_of({"n": 1}), "tool_name": "tool.x"}
        return digest_of(called), digest_of({"n": 1})

    def test_its_digests_are_filled_in_from_the_call(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        recorded(frozen_host, self.text())
        (found,) = document(written, "refs.json")["receipts"]
        assert (found["query_digest"], found["content_digest"]) == self.derived()

    def test_digests_that_agree_are_taken(self, frozen_host: FrozenHost, written: Path) -> None:
        query, content = self.derived()
        recorded(frozen_host, self.text(query_digest=query.upper(), content_digest=content))
        assert document(written, "refs.json")["receipts"][0]["query_digest"] == query

    @pytest.mark.parametrize("field", ["query_digest", "content_digest"])
    def test_a_digest_that_disagrees_is_refused(self, frozen_host: FrozenHost, field: str) -> None:
        error = refused(frozen_host, self.text(**{field: "0" * 64}))
        assert f"receipt 'trace_intent_1' {field}" in error.message

    @pytest.mark.parametrize("missing", ["intents", "results"])
    def test_a_call_that_is_not_in_the_run_is_refused(
        self, frozen_host: FrozenHost, missing: str
    ) -> None:
        error = refused(frozen_host, self.text() | {missing: []})
        assert "no call 'intent_1'" in error.message

    def test_of_a_repeated_call_the_last_one_counts(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        text = self.text()
        text["results"].append({"intent_id": "intent_1", "result": {"n": 2}})
        recorded(frozen_host, text)
        (found,) = document(written, "refs.json")["receipts"]
        assert found["content_digest"] == digest_of({"n": 2})

    @pytest.mark.parametrize(
        "changes", [{"source_type": "gait.traces"}, {"ref_id": "other_intent_1"}], ids=str
    )
    def test_any_other_receipt_needs_its_own_digests(
        self, frozen_host: FrozenHost, changes: dict[str, str]
    ) -> None:
        assert (
            "query_digest or content_digest empty"
            in refused(frozen_host, self.text(**changes)).message
        )


class TestEnvelope:
    def envelope(self, *records: runs.Json, **changes: Any) -> runs.Json:
        return {"context_set_id": "set_1", "records": list(records), **changes}

    def put(self, host: FrozenHost, envelope: runs.Json | bytes) -> None:
        text = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        (host.cwd / "envelope.json").write_bytes(text)

    def test_its_records_replace_the_receipts_of_the_run(
        self, frozen_host: FrozenHost, written: Path
    ) -> None:
        self.put(frozen_host, self.envelope(runs.receipt("new"), evidence_mode="best_effort"))
        text = run_input(refs={"receipts": [runs.receipt("old")], "context_ref_count": 7})
        answer = recorded(
            frozen_host, text, context_envelope="envelope.json", context_evidence_mode="required"
        )
        refs = document(written, "refs.json")
        assert [receipt["ref_id"] for receipt in refs["receipts"]] == ["new"]
        assert (refs["context_ref_count"], refs["context_evidence_mode"]) == (1, "required")
        assert refs["context_set_digest"] == digest_of(refs["receipts"])
        assert answer.warnings == ()

    @pytest.mark.parametrize(
        "broken", [b"", b"{}", b"[1]", b'{"context_set_id":"s","extra":1}'], ids=str
    )
    def test_a_broken_one_is_a_warning_unless_evidence_is_required(
        self, frozen_host: FrozenHost, written: Path, broken: bytes
    ) -> None:
        self.put(frozen_host, broken)
        asked = {"context_envelope": "envelope.json"}
        refused(frozen_host, run_input(), **asked, context_evidence_mode="required")
        (warning,) = recorded(frozen_host, run_input(), **asked).warnings
        assert warning.startswith("context envelope ignored: ")
        assert document(written, "refs.json")["receipts"] == []

    def test_a_missing_one_is_a_warning_too(self, frozen_host: FrozenHost) -> None:
        (warning,) = recorded(frozen_host, run_input(), context_envelope="no.json").warnings
        assert "no.json" in warning

    @pytest.mark.parametrize("mode", ["best_effort", "required"])
    def test_a_path_out_of_the_working_directory_is_refused_in_every_mode(
        self, frozen_host: FrozenHost, mode: str
    ) -> None:
        error = refused(
            frozen_host, run_input(), context_envelope="../e.json", context_evidence_mode=mode
        )
        assert "leaves the working directory" in error.message

    def test_raw_records_need_their_switch(self, frozen_host: FrozenHost) -> None:
        self.put(frozen_host, self.envelope(runs.receipt("r", redaction_mode="raw")))
        refused(frozen_host, run_input(), context_envelope="envelope.json")

    @pytest.mark.parametrize("size", [1_048_576, 1_048_577])
    def test_a_mebibyte_is_the_most_that_is_read(self, frozen_host: FrozenHost, size: int) -> None:
        text = json.dumps(self.envelope()).encode()
        self.put(frozen_host, text + b" " * (size - len(text)))
        answer = recorded(frozen_host, run_input(), context_envelope="envelope.json")
        assert len(answer.warnings) == size - 1_048_576
