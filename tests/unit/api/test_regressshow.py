"""What `gait regress show` says of a set, and that it leaves no trace."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gait_engine.api.envelope import exit_code
from gait_engine.api.regress import RunRequest, run
from gait_engine.api.regressshow import ShowRequest, show
from gait_engine.contract.answers.regress import RegressShowAnswer
from gait_engine.errors import InvalidInput
from gait_engine.regress.steps import steps
from tests.support import runs
from tests.support.fixturesets import CALLS, with_candidate, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result

CHANGED = CALLS | {"results": [result("i1"), result("i2", status="denied")]}


def shown(host: FrozenHost, junit: str = "") -> RegressShowAnswer:
    return show(ShowRequest(junit=junit), host=host)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_every_grade_is_shown_as_the_run_would_write_it(frozen_host: FrozenHost) -> None:
    with_candidate(frozen_host, CHANGED)
    answer = shown(frozen_host)
    run(RunRequest(), host=frozen_host)
    written = json.loads((frozen_host.cwd / "regress_result.json").read_bytes())
    (fixture,) = answer.fixtures
    assert [f"{fixture.fixture}/{grade.grader}" for grade in fixture.grades] == [
        grade["name"] for grade in written["graders"]
    ]
    assert [grade.status for grade in fixture.grades] == [
        grade["status"] for grade in written["graders"]
    ]
    assert (answer.status, answer.failed, exit_code(answer)) == ("fail", 1, 5)
    assert answer.next_command == "gait regress run --json"


def test_nothing_is_written(frozen_host: FrozenHost) -> None:
    with_candidate(frozen_host, CHANGED)
    before = files(frozen_host.cwd)
    shown(frozen_host, junit="out/j.xml")
    assert files(frozen_host.cwd) == before
    assert not (frozen_host.cwd / "out").exists()


def test_what_was_written_says_the_same_until_a_fixture_changes(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    states = [[file.state for file in shown(frozen_host, "j.xml").written]]
    run(RunRequest(junit="j.xml"), host=frozen_host)
    states.append([file.state for file in shown(frozen_host, "j.xml").written])
    write_fixture(frozen_host, expected_tool_sequence=["crm.find"])
    states.append([file.state for file in shown(frozen_host, "j.xml").written])
    (frozen_host.cwd / "regress_result.json").write_text("{")
    states.append([file.state for file in shown(frozen_host).written])
    assert states == [["missing"] * 2, ["as_now"] * 2, ["outdated"] * 2, ["unreadable"]]


def test_the_runs_behind_a_fixture_are_found_where_they_are_recorded(
    frozen_host: FrozenHost,
) -> None:
    with_candidate(frozen_host, CALLS | {"run": {"run_id": "run_y"}})
    (frozen_host.cwd / "gait-out").mkdir()
    runs.runpack(frozen_host.cwd / "gait-out", "runpack_run_y.zip", **CALLS)
    (fixture,) = shown(frozen_host).fixtures
    assert (fixture.run_id, fixture.run_path) == ("run_x", "")
    assert fixture.candidate_run_id == "run_y"
    assert fixture.candidate_run_path == "gait-out/runpack_run_y.zip"
    assert fixture.candidate_runpack == "fixtures/alpha/candidate.zip"


def test_a_broken_fixture_is_an_error_and_every_fixture_is_shown(frozen_host: FrozenHost) -> None:
    write_fixture(frozen_host)
    write_fixture(frozen_host, "beta", run_id="run_other")
    write_config(frozen_host, "alpha", "beta")
    with pytest.raises(InvalidInput) as caught:
        shown(frozen_host)
    answer = caught.value.answer
    assert isinstance(answer, RegressShowAnswer)
    assert [fixture.status for fixture in answer.fixtures] == ["pass", "unjudged"]
    assert "run_other" in answer.fixtures[1].error
    assert (answer.ok, answer.status) == (False, "unjudged")


def test_the_calls_of_both_runs_stand_side_by_side(frozen_host: FrozenHost) -> None:
    longer = CALLS | {
        "intents": [*CALLS["intents"], intent("i3", tool_name="disk.wipe")],
        "results": [*CALLS["results"], result("i3")],
    }
    expected = ["crm.find", "mail.send"]
    with_candidate(frozen_host, longer, expected_tool_sequence=expected)
    (fixture,) = shown(frozen_host).fixtures
    assert [(step.state, step.expected_tool, step.actual_tool) for step in fixture.steps] == [
        ("same", "crm.find", "crm.find"),
        ("same", "mail.send", "mail.send"),
        ("extra", "", "disk.wipe"),
    ]


names = st.lists(st.sampled_from(["a", "b"]), max_size=4).map(tuple)


@given(names, names, names, names)
def test_a_step_differs_where_the_grader_finds_the_first_difference(
    expected: tuple[str, ...],
    actual: tuple[str, ...],
    verdicts: tuple[str, ...],
    found: tuple[str, ...],
) -> None:
    paired = steps(
        {
            "expected_tool_sequence": expected,
            "actual_tool_sequence": actual,
            "expected_verdict_sequence": verdicts,
            "actual_verdict_sequence": found,
        }
    )
    is_equal = (not expected or expected == actual) and (not verdicts or verdicts == found)
    assert is_equal == all(step.state == "same" for step in paired)
    assert [step.index for step in paired] == list(range(len(paired)))
