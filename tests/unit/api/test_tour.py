"""The tour (regress.md 4)."""

import json

import pytest

from gait_engine.api.envelope import exit_code
from gait_engine.api.regress import init
from gait_engine.api.tour import tour
from gait_engine.errors import InvalidInput
from tests.support import runs
from tests.support.hosts import FrozenHost


def test_the_tour_makes_verifies_pins_and_judges_the_demo_run(frozen_host: FrozenHost) -> None:
    answered = tour(host=frozen_host)
    assert (answered.ok, answered.run_id, answered.mode) == (True, "run_demo", "activation")
    assert (answered.verify_status, answered.regress_status) == ("ok", "pass")
    assert answered.verify_path == "gait-out/runpack_run_demo.zip"
    assert len(answered.branch_hints) == 2
    written = {
        path.relative_to(frozen_host.cwd).as_posix()
        for path in frozen_host.cwd.rglob("*")
        if path.is_file()
    }
    assert written == {
        "fixtures/run_demo/fixture.json",
        "fixtures/run_demo/runpack.zip",
        "gait-out/runpack_run_demo.zip",
        "gait-out/tour_junit.xml",
        "gait-out/tour_regress_result.json",
        "gait.yaml",
    }


def test_the_tour_can_be_taken_twice(frozen_host: FrozenHost) -> None:
    assert tour(host=frozen_host) == tour(host=frozen_host)


def test_a_fixture_of_the_folder_that_no_longer_holds_ends_the_tour_with_exit_5(
    frozen_host: FrozenHost,
) -> None:
    runs.runpack(frozen_host.cwd)
    init("./p.zip", name="mine", host=frozen_host)
    path = frozen_host.cwd / "fixtures/mine/fixture.json"
    spoiled = json.loads(path.read_bytes()) | {"expected_replay_exit_code": 3}
    path.write_text(json.dumps(spoiled), encoding="utf-8")
    answered = tour(host=frozen_host)
    assert (answered.ok, answered.regress_status, answered.regress_failed) == (False, "fail", 1)
    assert (answered.error_code, answered.error_category) == ("regress_failed", "internal_failure")
    assert "unexpected_exit_code" in answered.error
    assert exit_code(answered) == 5


def test_a_fixture_of_the_folder_that_is_broken_ends_the_tour(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "fixtures/mine").mkdir(parents=True)
    (frozen_host.cwd / "fixtures/mine/runpack.zip").write_bytes(b"")
    with pytest.raises(InvalidInput):
        tour(host=frozen_host)
