"""`gait tour`, as it is typed."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Gait = Callable[..., Any]


def test_the_tour_says_each_step_and_what_is_next(gait: Gait) -> None:
    said = gait("tour")
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "made      run_demo: a run of three calls",
        "verified  gait-out/runpack_run_demo.zip",
        "pinned    fixtures/run_demo",
        "judged    every fixture of this folder: pass",
        "next: gait demo --durable",
        "next: gait demo --policy",
        "next: gait doctor --summary",
    ]


def test_json_has_the_fields_of_the_contract(gait: Gait) -> None:
    told = json.loads(gait("tour", "--json").stdout)
    assert told.keys() == {
        *("ok", "correlation_id", "mode", "run_id", "verify_path", "verify_status"),
        *("fixture_name", "fixture_dir", "regress_status", "next_commands", "branch_hints"),
        "metrics_opt_in",
    }


def test_a_fixture_that_no_longer_holds_ends_with_exit_5(gait: Gait, tmp_path: Path) -> None:
    gait("demo")
    gait("regress", "init", "--from", "run_demo", "--name", "mine")
    path = tmp_path / "fixtures/mine/fixture.json"
    spoiled = json.loads(path.read_bytes()) | {"expected_replay_exit_code": 3}
    path.write_text(json.dumps(spoiled), encoding="utf-8")
    said = gait("tour", "--json")
    told = json.loads(said.stdout)
    assert (said.exit_code, told["ok"], told["error_code"]) == (5, False, "regress_failed")
    assert (told["regress_failed"], told["regress_status"]) == (1, "fail")
    said = gait("tour")
    assert said.exit_code == 5
    assert "judged    every fixture of this folder: fail" in said.stdout
    assert "code:  regress_failed" in said.stderr


def test_the_tour_takes_no_arguments(gait: Gait) -> None:
    assert gait("tour", "x").exit_code == 6
    assert gait("tour", "--explain").stdout.startswith("tour makes the demo run")
