"""`gait regress` as people and scripts see it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import runs
from tests.support.fixturesets import CALLS, with_candidate, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result
from tests.support.scouting import scout_run

Gait = Callable[..., Any]
CHANGED = CALLS | {"results": [result("i1"), result("i2", status="denied")]}


def test_a_failed_set_is_a_result_with_exit_code_five(frozen_host: FrozenHost, gait: Gait) -> None:
    with_candidate(frozen_host, CHANGED)
    answer = gait("regress", "run", "--json")
    said = json.loads(answer.stdout)
    said.pop("correlation_id")
    assert answer.exit_code == 5
    assert said == {
        "artifact_paths": ["regress_result.json"],
        "failed": 1,
        "fixture_set": "default",
        "graders": 4,
        "next_command": "gait regress run --json",
        "ok": False,
        "output": "regress_result.json",
        "status": "fail",
        "top_failure_reason": "unexpected_diff",
    }


def test_with_details_the_json_names_the_records(frozen_host: FrozenHost, gait: Gait) -> None:
    with_candidate(frozen_host, CHANGED)
    said = json.loads(gait("regress", "run", "--json", "--details").stdout)
    (fixture,) = said["changed_records"]
    assert [change["id"] for change in fixture["changes"]] == ["i2"]


def test_people_are_told_the_records_and_how_many_more(frozen_host: FrozenHost, gait: Gait) -> None:
    many = [intent(f"n{number:02}") for number in range(22)]
    with_candidate(frozen_host, CALLS | {"intents": [*CALLS["intents"], *many]})
    text = gait("regress", "run").stdout
    assert "alpha: 22 differ in fixtures/alpha/candidate.zip" in text
    assert "  intents n00 (tool.x): right_only" in text
    assert "  and 2 more" in text


def test_people_are_led_to_every_grade_programs_to_the_same_judgement(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    with_candidate(frozen_host, CHANGED)
    (frozen_host.cwd / "gait.yaml").rename(frozen_host.cwd / "other.json")
    asked = ("regress", "run", "--config", "other.json")
    assert gait(*asked).stdout.endswith("next: gait regress show --config other.json\n")
    again = json.loads(gait(*asked, "--json").stdout)["next_command"]
    assert again == "gait regress run --config other.json --json"
    other = gait(*asked, "--candidate", "fixtures/alpha/candidate.zip").stdout
    assert "next: gait regress run --config other.json --candidate" in other
    assert "--json" not in other


def test_an_update_that_changes_no_record_says_so(frozen_host: FrozenHost, gait: Gait) -> None:
    with_candidate(frozen_host, CALLS | {"run": {"run_id": "run_y"}})
    text = gait("regress", "run", "--update").stdout
    assert "changes who recorded it and when" in text


def test_a_broken_fixture_is_an_error_with_the_rest_beside_it(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    write_fixture(frozen_host, "alpha")
    write_config(frozen_host, "alpha", "beta")
    answer = gait("regress", "run", "--json")
    said = json.loads(answer.stdout)
    assert (answer.exit_code, said["error_code"]) == (6, "invalid_input")
    assert [row["fixture"] for row in said["unjudged"]] == ["beta"]
    assert len(said["judged"]) == 4
    assert not (frozen_host.cwd / "regress_result.json").exists()


def test_people_are_told_that_a_part_stands_for_nothing(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    write_fixture(frozen_host, "alpha")
    write_config(frozen_host, "alpha", "beta", "gamma")
    answer = gait("regress", "run")
    assert (answer.exit_code, answer.stdout) == (6, "")
    assert "error: fixture 'beta': " in answer.stderr
    assert "(fixtures not judged: 2; nothing was written)" in answer.stderr


def test_a_config_that_is_not_there_is_one_error(gait: Gait) -> None:
    answer = gait("regress", "run")
    assert (answer.exit_code, answer.stdout) == (6, "")
    assert "regress config" in answer.stderr


def test_init_add_and_bootstrap_say_what_they_pinned(frozen_host: FrozenHost, gait: Gait) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    for verb in ("init", "add", "bootstrap"):
        answer = gait("regress", verb, "--from", "./p.zip", "--name", verb)
        assert answer.exit_code == 0
        assert f"fixture {verb}: run run_x pinned in fixtures/{verb}" in answer.stdout


@pytest.mark.parametrize("verb", ["init", "add", "run", "bootstrap"])
def test_a_positional_argument_is_refused(gait: Gait, verb: str) -> None:
    answer = gait("regress", verb, "p.zip", "--json")
    assert (answer.exit_code, json.loads(answer.stdout)["ok"]) == (6, False)


@pytest.mark.parametrize("verb", ["init", "add", "bootstrap"])
def test_a_source_that_is_not_there_is_refused(gait: Gait, verb: str) -> None:
    answer = gait("regress", verb, "--from", "./none.zip")
    assert (answer.exit_code, answer.stdout) == (6, "")
    assert "none.zip" in answer.stderr


def test_hidden_characters_of_a_fixture_never_reach_the_terminal(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    parts = CALLS | {"run": {"run_id": "r\x1b]0;x\x07"}}
    data = runs.members(**parts)
    (frozen_host.cwd / "p.zip").write_bytes(runs.sealed(data, run_id="r\x1b]0;x\x07"))
    answer = gait("regress", "init", "--from", "./p.zip")
    assert answer.exit_code == 0
    assert "\x1b" not in answer.stdout


def test_people_are_shown_every_failing_grade_and_whether_the_result_still_holds(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    with_candidate(frozen_host, CHANGED, expected_verdict_sequence=["allow", "error"])
    answer = gait("regress", "show")
    assert answer.exit_code == 5
    assert "fail     alpha: 2 of 4 passed" in answer.stdout
    assert "  trajectory: unexpected_verdict_sequence" in answer.stdout
    assert "    call 1: expected error, found mail.send block" in answer.stdout
    assert "regress_result.json: not written yet" in answer.stdout


def test_a_set_with_a_broken_fixture_is_shown_as_far_as_it_can_be_judged(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha", "beta")
    answer = gait("regress", "show", "--json")
    said = json.loads(answer.stdout)
    assert answer.exit_code == 6
    assert [fixture["status"] for fixture in said["fixtures"]] == ["pass", "unjudged"]
    assert "nothing was written" in said["error"]


def test_a_dry_run_lists_the_files_first_and_writes_none(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    answer = gait("regress", "bootstrap", "--from", "./p.zip", "--dry-run", "--junit", "j.xml")
    assert answer.exit_code == 0
    assert answer.stdout.splitlines()[:3] == [
        "would write, nothing is written now:",
        "  fixtures/run_x/runpack.zip",
        "  fixtures/run_x/fixture.json",
    ]
    assert [path.name for path in frozen_host.cwd.iterdir()] == ["p.zip"]
    for words in (("guard", "pack"), ("incident", "pack")):
        said = json.loads(gait(*words, "./p.zip", "--dry-run", "--json").stdout)
        assert said["dry_run"] is True
    assert [path.name for path in frozen_host.cwd.iterdir()] == ["p.zip"]


def test_a_fixture_that_is_there_is_refused_when_asked_to(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    words = ("regress", "bootstrap", "--from", "./p.zip", "--no-overwrite", "--json")
    assert gait(*words).exit_code == 0
    said = json.loads(gait(*words).stdout)
    assert said["error_code"] == "fixture_exists"
    assert gait("regress", "run", "--dry-run").exit_code == 0


def test_a_candidate_that_is_nowhere_is_told_with_every_place(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    for names in (["alpha"], ["alpha", "beta"]):
        for name in names:
            write_fixture(frozen_host, name)
        write_config(frozen_host, *names)
        for given, place in (("nope", "gait-out/runpack_nope.zip"), ("./no.zip", "./no.zip")):
            said = gait("regress", "run", "--candidate", given)
            assert said.exit_code == 6
            assert f"option --candidate: '{given}', nothing at '{place}'" in said.stderr
            assert "expected a runpack, a run id, or a folder with NAME.zip" in said.stderr


def test_a_name_that_no_folder_can_have_is_told_by_its_length(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    runs.runpack(frozen_host.cwd, "p.zip", **CALLS)
    said = gait("regress", "init", "--from", "./p.zip", "--name", "n" * 300)
    assert said.exit_code == 6
    assert "300 characters, expected 255 or fewer" in said.stderr
    assert not (frozen_host.cwd / "fixtures").exists()


def test_a_fixture_is_made_against_another_run_and_says_so(
    frozen_host: FrozenHost, gait: Gait
) -> None:
    folder = frozen_host.cwd / "gait-out"
    for night, tools in enumerate((["crm.read"], ["crm.read", "crm.drop"]), 1):
        at = f"2026-02-0{night}T03:00:00Z"
        name = f"runpack_night_{night}.zip"
        scout_run(folder, name, run_id=f"night_{night}", tools=tools, created_at=at)
    made = ("--from", "night_1", "--against", "gait-out")
    planned = gait("regress", "bootstrap", *made, "--dry-run").stdout
    assert "would judge gait-out/runpack_night_2.zip: run night_2" in planned
    for verb, code in (("init", 0), ("bootstrap", 5)):
        said = gait("regress", verb, *made)
        assert said.exit_code == code
        assert "it judges run night_2: fixtures/night_1/candidate.zip" in said.stdout
    answer = json.loads(gait("regress", "bootstrap", *made, "--json").stdout)
    assert (answer["candidate_run_id"], answer["top_failure_reason"]) == (
        "night_2",
        "unexpected_diff",
    )
