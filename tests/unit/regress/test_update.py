"""Re-pinning fixtures."""

import json
from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from tests.support import runs
from tests.support.fixturesets import CALLS, judged, with_candidate
from tests.support.hosts import FrozenHost
from tests.support.runs import intent, result

CHANGED = {
    "run": {"run_id": "run_y"},
    "intents": [intent("i1", tool_name="x.y")],
    "results": [],
}


def fixture_of(host: FrozenHost) -> Any:
    return json.loads((host.cwd / "fixtures/alpha/fixture.json").read_bytes())


def test_without_yes_the_difference_is_shown_and_nothing_is_pinned(
    frozen_host: FrozenHost,
) -> None:
    with_candidate(frozen_host, CHANGED)
    before = runs.tree(frozen_host.cwd / "fixtures")
    (update,) = judged(frozen_host, update=True).updates
    assert (update.fixture, update.repinned) == ("alpha", False)
    assert update.changed_files == ("intents.jsonl", "results.jsonl")
    assert update.manifest_digest_before != update.manifest_digest_after
    assert runs.tree(frozen_host.cwd / "fixtures") == before


def test_with_yes_the_candidate_takes_its_place_and_tolerances_stay(
    frozen_host: FrozenHost,
) -> None:
    with_candidate(
        frozen_host, CHANGED, expected_tool_sequence=["z"], diff_allow_changed_files=["refs.json"]
    )
    entry = {"name": "alpha", "run_id": "run_x", "runpack": "fixtures/alpha/runpack.zip"}
    (frozen_host.cwd / "gait.yaml").write_text(json.dumps({"fixtures": [entry]}))
    answer = judged(frozen_host, update=True, yes=True)
    assert (answer.ok, answer.updates[0].repinned) == (False, True)
    fixture = fixture_of(frozen_host)
    assert (fixture["run_id"], fixture["expected_replay_exit_code"]) == ("run_y", 2)
    assert fixture["expected_tool_sequence"] == ["x.y"]
    assert "expected_verdict_sequence" not in fixture
    assert fixture["diff_allow_changed_files"] == ["refs.json"]
    config = json.loads((frozen_host.cwd / "gait.yaml").read_bytes())
    assert config["fixtures"] == [entry | {"run_id": "run_y"}]
    again = judged(frozen_host, update=True, yes=True)
    assert (again.ok, again.updates) == (True, ())


def test_a_config_that_names_no_run_is_left_as_it_is(frozen_host: FrozenHost) -> None:
    with_candidate(frozen_host, CALLS | {"results": [result("i1"), result("i2")]})
    before = (frozen_host.cwd / "gait.yaml").read_bytes()
    assert judged(frozen_host, update=True, yes=True).updates[0].repinned
    assert (frozen_host.cwd / "gait.yaml").read_bytes() == before


def test_a_candidate_that_cannot_be_read_is_never_pinned(frozen_host: FrozenHost) -> None:
    folder = with_candidate(frozen_host, CHANGED)
    (folder / "candidate.zip").write_bytes(b"no zip")
    before = fixture_of(frozen_host)
    assert judged(frozen_host, update=True, yes=True).updates == ()
    assert fixture_of(frozen_host) == before


def test_yes_alone_confirms_nothing(frozen_host: FrozenHost) -> None:
    with_candidate(frozen_host, CHANGED)
    with pytest.raises(InvalidInput, match="--yes"):
        judged(frozen_host, yes=True)
