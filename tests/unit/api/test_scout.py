"""Scout and report at the api."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api import report, scout
from gait_engine.contract.answers.scout import BisectAnswer, SignalAnswer
from gait_engine.errors import GaitError, InvalidInput, VerificationFailed
from gait_engine.scout.facets import RESULTS
from tests.support import runs
from tests.support.hosts import FrozenHost
from tests.support.scouting import regress, scout_run, trace

RECEIPT = runs.receipt("r1", source_type="api", source_locator="api://core")


def signal(host: FrozenHost, *sources: str, **asked: Any) -> SignalAnswer:
    return scout.signal(scout.RunsRequest(sources, **asked), host=host)


def timed(folder: Path, name: str, minute: int, /, **facts: Any) -> Path:
    return scout_run(folder, name, created_at=f"2026-02-05T10:{minute:02}:00Z", **facts)


def sources_of(answer: SignalAnswer) -> list[str]:
    return [row.source_runpack for row in report_of(answer).fingerprints]


def report_of(answer: Any) -> Any:
    return answer.report


def test_runs_that_behave_alike_are_one_family(frozen_host: FrozenHost) -> None:
    for name in ("a", "b"):
        scout_run(frozen_host.cwd, f"{name}.zip", receipts=[RECEIPT])
    scout_run(frozen_host.cwd, "c.zip", status="denied", receipts=[RECEIPT])
    answer = signal(frozen_host, "./c.zip", "./b.zip", "./a.zip")
    good, bad = report_of(answer).families
    assert (bad.run_ids, bad.severity_score, bad.drivers) == (("run_c",), 47, (RESULTS,))
    assert (good.run_ids, good.count, good.canonical_run_id) == (("run_a", "run_b"), 2, "run_a")
    written = (frozen_host.cwd / answer.output_path).read_bytes()
    assert json.loads(written)["run_count"] == answer.run_count == 3
    assert not written.endswith(b"\n")


def test_evidence_joins_by_run_id(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "a.zip")
    trace(cwd, "t.json", "x run_a", verdict="block", violations=("pii",))
    trace(cwd, "other.json", "no run", verdict="block")
    regress(
        cwd,
        "r.json",
        {"name": "run_a/diff", "status": "fail"},
        {"status": "FAIL", "reason_codes": ["Refs-Diff"], "details": {"run_id": " run_a "}},
        {"name": "run_a", "status": "fail", "reason_codes": ["q"], "details": {"run_id": 5}},
        {"name": "run_a", "status": " PASS ", "reason_codes": ["never"]},
        {"name": " /x", "status": "fail"},
    )  # fmt: skip
    answer = signal(frozen_host, "./a.zip", traces="t.json, other.json", regress="r.json")
    (run,) = report_of(answer).fingerprints
    assert run.reason_code_vector == (
        "q", "refs_diff", "regress_failure", "trace_verdict_block", "violation_pii",
    )  # fmt: skip
    assert (run.trace_count, run.regress_evidence_seen) == (1, True)


def test_sources_are_paths_ids_folders_globs_and_lists(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "gait-out/runpack_run_z.zip", run_id="run_z")
    scout_run(cwd, "d/sub/RUNPACK_1.ZIP")
    scout_run(cwd, "d/other.zip")
    (cwd / "list.txt").write_text("run_z\n\n ./d/other.zip \n")
    assert sources_of(signal(frozen_host, "run_z", "d")) == [
        "d/sub/RUNPACK_1.ZIP",
        "gait-out/runpack_run_z.zip",
    ]
    assert sources_of(signal(frozen_host, runs="d/*.zip,./d/")) == [
        "d/sub/RUNPACK_1.ZIP",
        "d/other.zip",
    ]
    assert sources_of(signal(frozen_host, runs_from="list.txt")) == [
        "./d/other.zip",
        "gait-out/runpack_run_z.zip",
    ]
    assert sources_of(signal(frozen_host, "**/o*")) == ["d/other.zip"]


@pytest.mark.parametrize(
    "source", ["", "nope", "./nope.zip", "./empty", "empty", "*.none", "x/*.zip"]
)
def test_a_source_that_means_no_runpack_is_an_error(frozen_host: FrozenHost, source: str) -> None:
    (frozen_host.cwd / "empty").mkdir()
    with pytest.raises(InvalidInput):
        signal(frozen_host, source)
    assert not (frozen_host.cwd / "gait-out").exists()


def test_what_only_we_refuse_in_a_folder_is_skipped_but_named_it_fails(
    frozen_host: FrozenHost,
) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "d/runpack_a.zip")
    damaged = scout_run(cwd, "d/runpack_b.zip")
    damaged.write_bytes(damaged.read_bytes() + b"tail")
    trace(cwd, "d/trace_1.json", "run_a", extra=1).write_bytes(b'{"verdict": "block", "extra": 1}')
    answer = signal(frozen_host, "d", traces="d")
    assert [(row.path, row.error_code) for row in answer.skipped] == [
        ("d/trace_1.json", "json_unsigned_field"),
        ("d/runpack_b.zip", "zip_trailing_data"),
    ]
    assert answer.run_count == 1
    with pytest.raises(VerificationFailed):
        signal(frozen_host, "d", "d/runpack_b.zip")


def test_the_first_broken_file_by_path_is_the_error(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    for name in ("c.zip", "b.zip"):
        (cwd / name).write_bytes(b"no zip")
    scout_run(cwd, "a.zip", run_id=" x ")
    with pytest.raises(InvalidInput, match=r"b\.zip"):
        signal(frozen_host, "./c.zip", "./a.zip", "./b.zip")


def test_a_blank_run_id_is_an_error(frozen_host: FrozenHost) -> None:
    data = runs.members(run={"run_id": "  "})
    (frozen_host.cwd / "a.zip").write_bytes(runs.sealed(data))
    with pytest.raises(InvalidInput, match="blank run id"):
        signal(frozen_host, "./a.zip")


CHANGES: list[tuple[dict[str, Any], str, str]] = [
    ({"runtime": "go"}, "configuration_change", "run.env.runtime"),
    ({"payload": {"n": "1"}}, "tool_result_shape_change", "payloads[crm.read].n"),
    ({"receipts": [RECEIPT]}, "reference_set_change", "refs.receipts[r1]"),
    ({"status": "denied"}, "tool_result_shape_change", "results[crm.read].status"),
]


@pytest.mark.parametrize(("facts", "driver", "path"), CHANGES)
def test_a_driver_is_proven_by_the_run_before(
    frozen_host: FrozenHost, facts: dict[str, Any], driver: str, path: str
) -> None:
    timed(frozen_host.cwd, "a.zip", 1, payload={"n": 1})
    changed = {"payload": {"n": 1}, "status": "failed"} | facts
    timed(frozen_host.cwd, "b.zip", 2, **changed)
    proofs = signal(frozen_host, "./b.zip", "./a.zip").proven_drivers
    (proof,) = [proof for proof in proofs if path in proof.changed]
    assert (proof.driver, proof.from_run_id, proof.to_run_id) == (driver, "run_a", "run_b")
    assert (proof.from_source, proof.to_source) == ("./a.zip", "./b.zip")


def test_a_policy_driver_needs_traces_of_both_runs(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    timed(cwd, "a.zip", 1)
    timed(cwd, "b.zip", 2)
    trace(cwd, "2.json", "run_b", verdict="block")
    assert signal(frozen_host, "./a.zip", "./b.zip", traces="2.json").proven_drivers == ()
    trace(cwd, "1.json", "run_a")
    (proof,) = signal(frozen_host, "./a.zip", "./b.zip", traces="1.json,2.json").proven_drivers
    assert (proof.driver, proof.changed) == ("policy_change", ("traces[tool.deploy].verdict",))


def test_runs_of_other_workflows_prove_nothing(frozen_host: FrozenHost) -> None:
    timed(frozen_host.cwd, "a.zip", 1, tools=["x"])
    timed(frozen_host.cwd, "b.zip", 2, tools=["y"], runtime="go")
    assert signal(frozen_host, "./a.zip", "./b.zip").proven_drivers == ()


def bisected(host: FrozenHost, good: str, bad: str) -> BisectAnswer:
    request = scout.RunsRequest(runs="r/*.zip")
    return scout.bisect(request, good=good, bad=bad, host=host)


def test_bisect_names_the_first_run_that_behaves_otherwise(frozen_host: FrozenHost) -> None:
    for minute in range(8):
        status = "ok" if minute < 5 else "denied"
        timed(frozen_host.cwd, f"r/{minute}.zip", minute, status=status)
    answer = bisected(frozen_host, "r/1.zip", "r/7.zip")
    assert (answer.last_same_run_id, answer.first_changed_run_id) == ("run_4", "run_5")
    assert (answer.run_count, answer.is_monotone) == (7, True)
    assert answer.drivers == ("tool_result_shape_change",)
    (change,) = answer.changed
    assert (change.path, change.before, change.after) == (
        "results[crm.read].status",
        "ok",
        "denied",
    )


def test_bisect_tells_a_change_that_went_away_and_another_sequence_of_tools(
    frozen_host: FrozenHost,
) -> None:
    for minute, tools in enumerate((["a"], ["a", "b"], ["a"], ["b"])):
        timed(frozen_host.cwd, f"r/{minute}.zip", minute, tools=tools)
    answer = bisected(frozen_host, "r/0.zip", "r/3.zip")
    assert answer.first_changed_run_id == "run_1"
    assert not answer.is_monotone
    changed = {
        change.path: (change.driver, change.before, change.after) for change in answer.changed
    }
    assert changed["intents.tool_sequence"] == ("", "a", "a, b")


@pytest.mark.parametrize(
    ("good", "bad", "wanted"),
    [
        ("", "r/1.zip", "option --good"),
        ("r/0.zip", "", "option --bad"),
        ("r/1.zip", "r/0.zip", "not later"),
        ("r/0.zip", "r/0.zip", "not later"),
        ("r/0.zip", "r/1.zip", "expected a change"),
        ("run_none", "r/1.zip", "not found"),
    ],
)
def test_bisect_needs_a_good_run_and_a_later_bad_one(
    frozen_host: FrozenHost, good: str, bad: str, wanted: str
) -> None:
    for minute in range(2):
        timed(frozen_host.cwd, f"r/{minute}.zip", minute)
    with pytest.raises(InvalidInput, match=wanted):
        bisected(frozen_host, good, bad)


def top(host: FrozenHost, **asked: Any) -> Any:
    return report.top(report.TopRequest(**asked), host=host)


def test_the_riskiest_calls_come_first_and_all_are_counted(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "d/runpack_a.zip", tools=["db.drop", " ", "crm.read"], status="blocked")
    trace(cwd, "t/trace_1.json", "run_t", tool_name="db.delete", verdict="block", violations=("x",))
    trace(cwd, "t/trace_2.json", "none", tool_name=" ")
    answer = top(frozen_host, sources=("d",), traces="t", limit=2)
    first, second = answer.report.top_actions
    assert (first.rank, first.score, first.run_id, first.verdict) == (
        1,
        400 + 30 + 15 + 1 + 2,
        "run_t",
        "block",
    )
    assert (second.score, second.reason_codes) == (400 + 10 + 2, ("result_status_blocked",))
    assert (answer.action_count, answer.run_count, answer.trace_count) == (3, 3, 2)
    assert answer.top_actions == 2


def test_top_takes_run_ids_files_and_lists(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "gait-out/runpack_run_z.zip", run_id="run_z")
    scout_run(cwd, "x.zip")
    trace(cwd, "t.JSON", "run_x")
    (cwd / "list").write_text("./x.zip")
    answer = top(frozen_host, runs="run_z", runs_from="list", traces="./t.JSON", limit=99)
    assert sorted(action.source_artifact for action in answer.report.top_actions) == [
        "gait-out/runpack_run_z.zip", "t.JSON", "x.zip",
    ]  # fmt: skip


def test_top_skips_what_only_we_refuse_in_a_folder(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    scout_run(cwd, "d/runpack_a.zip")
    damaged = scout_run(cwd, "d/runpack_b.zip")
    damaged.write_bytes(damaged.read_bytes() + b"tail")
    (cwd / "d/trace_x.json").write_text('{"verdict": "a", "verdict": "b"}')
    answer = top(frozen_host, sources=("d",), traces="d")
    assert [row.path for row in answer.skipped] == ["d/runpack_b.zip", "d/trace_x.json"]


@pytest.mark.parametrize(
    "asked",
    [
        {"limit": 0, "runs": "a.zip"},
        {},
        {"runs": "."},
        {"runs": "/"},
        {"runs": "../x"},
        {"runs": "empty"},
        {"runs": "none.zip"},
        {"runs": "idle.zip"},
        {"traces": "none.json"},
        {"traces": "a.zip"},
    ],
)
def test_top_without_anything_to_rank_is_an_error(
    frozen_host: FrozenHost, asked: dict[str, Any]
) -> None:
    (frozen_host.cwd / "empty").mkdir()
    scout_run(frozen_host.cwd, "a.zip")
    scout_run(frozen_host.cwd, "idle.zip", tools=[])
    with pytest.raises(GaitError) as caught:
        top(frozen_host, **asked)
    assert caught.value.exit_code == 6
    assert not (frozen_host.cwd / "gait-out").exists()


def test_a_bad_policy_leaves_the_snapshot_written(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    (cwd / "t.py").write_text("@tool\ndef send_it(): ...")
    (cwd / "bad.yaml").write_text("rules: 5")
    request = scout.SnapshotRequest(policy="bad.yaml", out="s.json")
    with pytest.raises(InvalidInput):
        scout.snapshot(request, host=frozen_host)
    assert (cwd / "s.json").exists()


def test_coverage_counts_the_tools_that_rules_name(frozen_host: FrozenHost) -> None:
    cwd = frozen_host.cwd
    (cwd / "t.py").write_text("@tool\ndef send_it(): ...\ndef drop_it(): ...\ndef look(): ...")
    rule = "- name: r\n  effect: allow\n  match:\n    tool_name: Send_It\n"
    (cwd / "p.yaml").write_text(f"default_verdict: block\nrules:\n{rule}")
    asked = scout.SnapshotRequest(include="*.py", policy="p.yaml,p.yaml")
    answer = scout.snapshot(asked, host=frozen_host)
    coverage: Any = answer.coverage
    assert (coverage.coverage_percent, coverage.gated_tools) == (33.33, 1)
    assert coverage.high_risk_ungated_tool_ids == ("tool:framework:langchain:drop_it",)
    assert len(coverage.policy_digests) == 1
    assert Path(answer.coverage_path).name == f"inventory_coverage_{answer.snapshot_id}.json"
    same = scout.diff(answer.snapshot_path, answer.snapshot_path, out="d.json", host=frozen_host)
    assert same.ok
    assert (cwd / "d.json").exists()


def test_a_regress_result_that_is_not_there_is_told_where_it_is_written(
    frozen_host: FrozenHost,
) -> None:
    scout_run(frozen_host.cwd, "a.zip")
    with pytest.raises(InvalidInput) as caught:
        signal(frozen_host, "./a.zip", regress="gait-out/r.json")
    assert caught.value.hint == "write it there: gait regress run --output gait-out/r.json"


@pytest.mark.parametrize(
    "spelling", ["runs/runpack_a.zip", "./link/runpack_a.zip", "runs/../t.json"]
)
def test_a_report_is_never_written_over_what_it_is_read_from(
    frozen_host: FrozenHost, spelling: str
) -> None:
    scout_run(frozen_host.cwd, "runs/runpack_a.zip")
    trace(frozen_host.cwd, "t.json", "run_a")
    (frozen_host.cwd / "link").symlink_to("runs")
    before = runs.tree(frozen_host.cwd)
    for command in (
        lambda: scout.signal(
            scout.RunsRequest(("runs",), traces="t.json"), out=spelling, host=frozen_host
        ),
        lambda: top(frozen_host, runs="runs", traces="t.json", out=spelling),
    ):
        with pytest.raises(InvalidInput, match="expected another file"):
            command()
    assert runs.tree(frozen_host.cwd) == before


def test_an_inventory_takes_the_place_of_no_file_that_it_was_made_from(
    frozen_host: FrozenHost,
) -> None:
    cwd = frozen_host.cwd
    (cwd / "w").mkdir()
    (cwd / "w/tools.py").write_text("@tool\ndef find(): ...\n", encoding="utf-8")
    (cwd / "w/app.json").write_text("{}", encoding="utf-8")
    (cwd / "link.json").symlink_to("w/app.json")
    (cwd / "policy.yaml").write_text("default_verdict: block\n", encoding="utf-8")
    before = runs.tree(cwd)
    for option in ("out", "coverage_out"):
        for path in ("w/tools.py", "./w/app.json", "link.json", "policy.yaml"):
            request = scout.SnapshotRequest(roots="w", policy="policy.yaml", **{option: path})
            with pytest.raises(InvalidInput) as caught:
                scout.snapshot(request, host=frozen_host)
            assert caught.value.code == "path_unsafe"
            assert f"option --{option.replace('_', '-')}" in caught.value.message
    assert runs.tree(cwd) == before
    again = scout.SnapshotRequest("w", "", "", "policy.yaml", "w/inventory.json", "w/cover.json")
    for _ in range(2):
        assert scout.snapshot(again, host=frozen_host).items == 1


def test_a_difference_takes_the_place_of_neither_inventory(frozen_host: FrozenHost) -> None:
    for name in ("l.json", "r.json"):
        (frozen_host.cwd / name).write_text('{"snapshot_id":"snap_1"}', encoding="utf-8")
    before = runs.tree(frozen_host.cwd)
    for name in ("l.json", "./r.json"):
        with pytest.raises(InvalidInput, match="expected another file"):
            scout.diff("l.json", "r.json", out=name, host=frozen_host)
    assert runs.tree(frozen_host.cwd) == before


@pytest.mark.parametrize("limit", [0, -5])
def test_a_limit_of_none_says_what_was_found_and_expected(
    frozen_host: FrozenHost, limit: int
) -> None:
    with pytest.raises(InvalidInput, match=f"'{limit}', expected a whole number from 1 to 20"):
        report.rank(report.TopRequest(("d",), limit=limit), host=frozen_host)


def test_where_a_run_cannot_be_read_it_may_be_left_out(frozen_host: FrozenHost) -> None:
    folder = frozen_host.cwd / "d"
    scout_run(folder, "runpack_good.zip")
    (folder / "runpack_bad.zip").write_bytes(b"bad")
    for call in (
        lambda: signal(frozen_host, "d"),
        lambda: report.rank(report.TopRequest(("d",)), host=frozen_host),
    ):
        with pytest.raises(GaitError) as caught:
            call()
        assert caught.value.hint.endswith("leave out what cannot be used: --keep-going")
    good = "d/runpack_good.zip"
    with pytest.raises(GaitError) as caught:
        scout.bisect(scout.RunsRequest(("d",)), good=good, bad=good, host=frozen_host)
    assert "--keep-going" not in caught.value.hint  # it has no such option
