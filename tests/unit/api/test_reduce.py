"""`run reduce`: the one call that still fails, alone in a runpack of its own."""

import json
import os
import stat
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.api.reduce import reduce
from gait_engine.api.run import replay
from gait_engine.api.verify import verify
from gait_engine.contract.answers.run import ReduceAnswer
from gait_engine.errors import InvalidInput
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.runs import document, intent, lines, members_of, result, runpack


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A run in which call c has no result, call b failed, call a is fine."""
    return runpack(
        tmp_path,
        intents=[intent("c"), intent("b"), intent("a")],
        results=[result("a"), result("b", status=" OK "), result("b", status="error")],
        run={
            "timeline": [
                {"event": "start", "ts": runs.STARTED},
                {"event": "call", "ts": runs.STARTED, "ref": "c"},
                {"event": "call", "ts": runs.STARTED, "ref": "b"},
            ]
        },
        refs={"receipts": [runs.receipt("ref_1")], "context_ref_count": 5},
    )


def test_the_first_failing_call_by_id_is_kept_alone(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    answer = reduce("p.zip", host=frozen_host)
    path = tmp_path / answer.output
    assert (answer.run_id, answer.reduced_run_id) == ("run_x", "run_x_reduced_missingresult")
    assert [line["intent_id"] for line in lines(path, "intents.jsonl")] == ["c"]
    assert lines(path, "results.jsonl") == []
    assert [event.get("ref") for event in document(path, "run.json")["timeline"]] == [None, "c"]
    assert verify(answer.output, host=frozen_host).ok


def test_a_failed_status_is_found_by_its_own_predicate(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    answer = reduce("p.zip", predicate=" NON_OK_STATUS ", host=frozen_host)
    path = tmp_path / answer.output
    assert answer.predicate == "non_ok_status"
    assert [line["intent_id"] for line in lines(path, "intents.jsonl")] == ["b"]
    assert [line["status"] for line in lines(path, "results.jsonl")] == ["error"]


def test_every_record_gets_the_new_run_id_and_keeps_its_time(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    answer = reduce("p.zip", predicate="non_ok_status", host=frozen_host)
    path = tmp_path / answer.output
    records = [document(path, name) for name in ("manifest.json", "run.json", "refs.json")]
    records += lines(path, "intents.jsonl") + lines(path, "results.jsonl")
    assert {record["run_id"] for record in records} == {"run_x_reduced_nonokstatus"}
    assert {record["created_at"] for record in records} == {runs.STARTED}


def test_a_run_id_without_its_prefix_gets_one(frozen_host: FrozenHost, tmp_path: Path) -> None:
    runpack(tmp_path, intents=[intent("a")], run={"run_id": "x"})
    assert reduce("p.zip", host=frozen_host).reduced_run_id == "run_x_reduced_missingresult"


def test_the_report_says_what_was_kept(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    answer = reduce("p.zip", host=frozen_host)
    assert answer.report_path == "runpack_run_x_reduced_missing_result.zip.reduce_report.json"
    text = (tmp_path / answer.report_path).read_bytes()
    assert text == msgspec.json.encode(answer.report)
    report = json.loads(text)
    assert list(report)[:4] == ["schema_id", "schema_version", "created_at", "producer_version"]
    assert {name: report[name] for name in report if name.endswith("_count")} == {
        "original_intent_count": 3,
        "reduced_intent_count": 1,
        "original_result_count": 3,
        "reduced_result_count": 0,
        "original_ref_count": 1,
        "reduced_ref_count": 0,
    }
    assert (report["selected_intent_id"], report["still_failing"]) == ("c", True)


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such modes")
def test_both_files_are_their_owners_alone(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    answer = reduce("p.zip", out="n/r.zip", report_out="m/r.json", host=frozen_host)
    for name in (answer.output, answer.report_path):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("target", "out", "written"),
    [
        ("p.zip", "", "runpack_run_x_reduced_missing_result.zip"),
        ("./p.zip", "", "runpack_run_x_reduced_missing_result.zip"),
        ("d/p.zip", "", "d/runpack_run_x_reduced_missing_result.zip"),
        ("p.zip", " n/r.zip ", "n/r.zip"),
        ("p.zip", "n/../r.zip", "r.zip"),
    ],
)
def test_the_reduced_run_stands_beside_its_original_or_where_asked(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path, target: str, out: str, written: str
) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "p.zip").write_bytes(failing.read_bytes())
    answer = reduce(target, out=out, host=frozen_host)
    assert (answer.input, answer.output) == (target, written)
    assert (tmp_path / written).is_file()


@pytest.mark.parametrize("out", ["../r.zip", "a/../../r.zip", ".."])
def test_an_output_that_climbs_out_is_refused(failing: Path, tmp_path: Path, out: str) -> None:
    (tmp_path / "desk").mkdir()
    before = runs.tree(tmp_path)
    with pytest.raises(InvalidInput, match="leaves the working directory"):
        reduce(str(failing), out=out, host=FrozenHost(tmp_path / "desk"))
    assert runs.tree(tmp_path) == before


@pytest.mark.parametrize("run_id", ["../../x", "a/b", 'a"b', "a\nb", "x" * 240])
def test_a_run_id_out_of_the_artifact_names_no_file_outside(tmp_path: Path, run_id: str) -> None:
    desk = tmp_path / "a" / "desk"
    desk.mkdir(parents=True)
    host = FrozenHost(desk)
    runpack(desk, intents=[intent("a")], run={"run_id": run_id})
    before = runs.tree(tmp_path)
    with pytest.raises(InvalidInput) as caught:
        reduce("p.zip", host=host)
    assert caught.value.code == "run_id_unsafe"
    assert runs.tree(tmp_path) == before
    assert reduce("p.zip", out="r.zip", host=host).output == "r.zip"


class TestReceipts:
    """Of the context, only what the kept call refers to."""

    def kept(self, host: FrozenHost, args: Any, outcome: Any = runs.NOTHING) -> list[str]:
        data = runs.members(
            [intent("a", args=args)],
            [result("a", status="error", result=dict(outcome))],
            refs={"receipts": [runs.receipt(key) for key in ("ref_1", "other", "third")]},
        )
        (host.cwd / "p.zip").write_bytes(runs.sealed(data, capture_mode="raw"))
        answer = reduce("p.zip", predicate="non_ok_status", host=host)
        refs = document(host.cwd / answer.output, "refs.json")
        return [receipt["ref_id"] for receipt in refs["receipts"]]

    @pytest.mark.parametrize(
        ("args", "kept"),
        [
            ({"input": " ref_1 "}, ["ref_1"]),
            ({"x": [{"y": ["ref_1"]}]}, ["ref_1"]),
            ({"context_REF": "other"}, ["other"]),
            ({"prefer": "third"}, ["third"]),
            ({"input": "other"}, []),
            ({"refs": ["other"]}, []),
            ({"ref": {"id": "other"}}, []),
            ({"ref": 1}, []),
            ({}, []),
        ],
        ids=str,
    )
    def test_a_receipt_stays_when_the_payload_refers_to_it(
        self, frozen_host: FrozenHost, args: Any, kept: list[str]
    ) -> None:
        assert self.kept(frozen_host, args) == kept

    def test_results_refer_too(self, frozen_host: FrozenHost) -> None:
        assert self.kept(frozen_host, {}, {"ref_id": "third", "x": "ref_1"}) == ["ref_1", "third"]

    def test_counts_and_digests_of_the_context_stay(
        self, frozen_host: FrozenHost, failing: Path, tmp_path: Path
    ) -> None:
        answer = reduce("p.zip", host=frozen_host)
        refs = document(tmp_path / answer.output, "refs.json")
        assert (refs["context_ref_count"], refs["receipts"]) == (5, [])


def test_the_capture_mode_stays_and_signatures_do_not(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    data = runs.members([intent("a", args={"x": 1})])
    sealed = runs.sealed(data, capture_mode="raw", signatures=[{"alg": "ed25519"}])
    (tmp_path / "p.zip").write_bytes(sealed)
    manifest = document(tmp_path / reduce("p.zip", host=frozen_host).output, "manifest.json")
    assert manifest["capture_mode"] == "raw"
    assert "signatures" not in manifest


@pytest.mark.parametrize(
    ("predicate", "match"),
    [
        ("missing_result", "no call with missing_result"),
        ("non_ok_status", "no call with non_ok_status"),
        ("slow", "expected missing_result or non_ok_status"),
    ],
)
def test_a_run_without_such_a_failure_is_left_alone(
    frozen_host: FrozenHost, tmp_path: Path, predicate: str, match: str
) -> None:
    results = [result("a"), result("b", status="Success")]
    runpack(tmp_path, intents=[intent("a"), intent("b"), intent("")], results=results)
    with pytest.raises(InvalidInput, match=match):
        reduce("p.zip", predicate=predicate, host=frozen_host)
    assert [path.name for path in tmp_path.iterdir()] == ["p.zip"]


def test_the_reduced_run_reduces_to_itself(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    first = reduce("p.zip", out="1.zip", host=frozen_host)
    second = reduce("1.zip", out="2.zip", host=frozen_host)
    assert second.reduced_run_id == f"{first.reduced_run_id}_reduced_missingresult"
    assert lines(tmp_path / "2.zip", "intents.jsonl")[0]["intent_id"] == "c"
    assert not replay("2.zip", host=frozen_host).ok


def test_the_same_run_reduces_to_the_same_bytes(
    frozen_host: FrozenHost, failing: Path, tmp_path: Path
) -> None:
    found = []
    for out in ("1.zip", "2.zip"):
        frozen_host.now += 10**12
        answer: ReduceAnswer = reduce("p.zip", out=out, host=frozen_host)
        found.append((members_of(tmp_path / out), answer.report))
    assert found[0] == found[1]
