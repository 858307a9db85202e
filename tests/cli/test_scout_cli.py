"""`gait scout` and `gait report` at the command line."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gait_engine.cli.render.scout import RENDERERS
from gait_engine.contract.answers.base import Answer as Answered
from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.scouting import scout_run, trace

Gait = Callable[..., Answer]


def parsed(said: Answer) -> Any:
    return json.loads(said.stdout)


@pytest.fixture
def runs(frozen_host: FrozenHost) -> Path:
    """A folder of three runs, the last of another kind, and one that only we refuse."""
    folder = frozen_host.cwd / "d"
    for n in range(3):
        facts: dict[str, Any] = {"status": "denied"} if n == 2 else {}
        scout_run(folder, f"runpack_{n}.zip", created_at=f"2026-02-0{n + 1}T00:00:00Z", **facts)
    damaged = scout_run(folder, "runpack_x.zip")
    damaged.write_bytes(damaged.read_bytes() + b"tail")
    return folder


def test_signal_as_text_names_the_gravest_family(gait: Gait, runs: Path) -> None:
    said = gait("scout", "signal", "d")
    first, output, issue, proven, skipped = said.stdout.splitlines()
    assert first == "scout signal ok: runs=3 families=2 top_issues=2"
    assert output == "output: ./gait-out/scout_signal_report.json"
    assert issue.endswith("severity=low score=47 reason=")
    assert proven.endswith("from=run_runpack_1 to=run_runpack_2 changed=results[crm.read].status")
    assert skipped == "skipped: d/runpack_x.zip (zip_trailing_data)"


def test_signal_as_json_holds_the_written_report(gait: Gait, runs: Path) -> None:
    said = parsed(gait("scout", "signal", "--runs=d", "--out", "x/s.json", "--json"))
    assert said["report"] == json.loads((runs.parent / "x/s.json").read_bytes())
    assert (said["top_issues"], said["skipped"][0]["error_code"]) == (2, "zip_trailing_data")


def test_keep_going_leaves_out_what_cannot_be_used_and_names_it(gait: Gait, runs: Path) -> None:
    (runs / "runpack_torn.zip").write_bytes(b"PK")
    failed = gait("scout", "signal", "d", "--json")
    assert (failed.exit_code, parsed(failed)["ok"]) == (6, False)
    said = parsed(gait("scout", "signal", "d", "--keep-going", "--json"))
    assert said["run_count"] == 3
    assert [skip["path"] for skip in said["skipped"]] == [
        "d/runpack_torn.zip",
        "d/runpack_x.zip",
    ]
    assert "expected a zip archive" in said["skipped"][0]["error"]
    top = parsed(gait("report", "top", "d", "--keep-going", "--json"))
    assert [skip["path"] for skip in top["skipped"]] == ["d/runpack_torn.zip", "d/runpack_x.zip"]


def test_two_engines_write_the_same_bytes(gait: Gait, runs: Path) -> None:
    gait("scout", "signal", "d", "--out", "a.json")
    assert gait("scout", "signal", "d", "--engine", "process:2", "--out", "b.json").exit_code == 0
    assert (runs.parent / "a.json").read_bytes() == (runs.parent / "b.json").read_bytes()


@pytest.mark.parametrize(
    "argv",
    [
        ("scout", "signal"),
        ("scout", "signal", "nope"),
        ("scout", "signal", "d", "--engine", "ray"),
        ("scout", "bisect", "d"),
        ("scout", "snapshot", "extra"),
        ("scout", "snapshot", "--roots", "nope"),
        ("scout", "diff", "one"),
        ("scout", "diff", "one", "two", "three"),
        ("report", "top"),
        ("report", "top", "d", "--limit", "0x3"),
        ("report", "top", "d", "--limit", "-1"),
    ],
)
def test_bad_input_is_one_error_and_nothing_written(
    gait: Gait, runs: Path, argv: tuple[str, ...]
) -> None:
    said = gait(*argv, "--json")
    assert said.exit_code == parsed(said).get("exit", 6) == 6
    assert parsed(said)["error_code"] == "invalid_input"
    assert {path.name for path in runs.parent.iterdir()} == {"d"}
    assert gait(*argv).stdout == ""


def test_bisect_as_text_and_json(gait: Gait, runs: Path) -> None:
    argv = ("scout", "bisect", "--good", "d/runpack_0.zip", "--bad", "d/runpack_2.zip", "d")
    said = parsed(gait(*argv, "--json"))
    assert said["first_changed_run_id"] == "run_runpack_2"
    assert said["is_monotone"] is True
    assert said["skipped"] == [{"error_code": "zip_trailing_data", "path": "d/runpack_x.zip"}]
    lines = gait(*argv).stdout.splitlines()
    assert lines[0] == "first changed: run_runpack_2  d/runpack_2.zip"
    assert "  results[crm.read].status: ok -> denied" in lines


def test_inventories_are_taken_and_compared(gait: Gait, frozen_host: FrozenHost) -> None:
    source = frozen_host.cwd / "t.py"
    source.write_text("@tool\ndef look(): ...\ndef send(): ...")
    assert "items=2" in gait("scout", "snapshot", "--out", "a.json").stdout
    source.write_text("@tool\ndef look(): ...\ndef drop(): ...")
    (frozen_host.cwd / "u.py").write_text("@tool\ndef look(): ...")
    asked = (
        "scout",
        "snapshot",
        "--include=*.py",
        "--out",
        "b.json",
        "--coverage-out",
        "c",
        "--json",
    )
    assert parsed(gait(*asked))["coverage_path"] == "c"
    said = gait("scout", "diff", "--left", "a.json", "b.json")
    assert (said.exit_code, said.stdout.splitlines()) == (
        2,
        [
            "scout diff: added=1 removed=1 changed=0",
            "+ tool:framework:langchain:drop  t.py",
            "- tool:framework:langchain:send  t.py",
        ],
    )
    assert gait("scout", "diff", "a.json", "--right", "a.json", "--json").exit_code == 0


def test_a_moved_tool_is_shown_as_changed(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "t.py").write_text("@tool\ndef look(): ...")
    gait("scout", "snapshot", "--out", "a.json")
    (frozen_host.cwd / "t.py").rename(frozen_host.cwd / "u.py")
    gait("scout", "snapshot", "--out", "b.json")
    said = gait("scout", "diff", "a.json", "b.json").stdout
    assert "~ tool:framework:langchain:look  t.py -> u.py" in said


def test_coverage_is_shown_with_what_is_not_gated(gait: Gait, frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "t.py").write_text("@tool\ndef drop(): ...")
    (frozen_host.cwd / "p.yaml").write_text("default_verdict: block\n")
    said = gait("scout", "snapshot", "--policy", "p.yaml").stdout
    assert "coverage: 0% of 1 tools, 1 of high risk are not gated" in said
    assert "  not gated: tool:framework:langchain:drop" in said


def test_the_top_actions_are_listed(gait: Gait, runs: Path) -> None:
    trace(runs, "trace_1.json", "run_t", tool_name="db.drop")
    said = gait("report", "top", "d", "--traces", "d", "--limit", "1").stdout.splitlines()
    assert said[0] == "report top ok: runs=4 actions=4"
    assert said[2] == " 1.  430 destructive db.drop  run_t  d/trace_1.json"
    assert said[3] == "skipped: d/runpack_x.zip (zip_trailing_data)"
    failed = parsed(gait("report", "top", "d", "--traces", "none", "--json"))
    assert failed["error_code"] == "invalid_input"


@pytest.mark.parametrize("kind", RENDERERS)
def test_an_answer_without_content_says_nothing(kind: type[Answered]) -> None:
    assert list(RENDERERS[kind](kind(ok=False))) == []
