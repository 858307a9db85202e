"""A fixture that judges another run: a run that is named, or the newest that did otherwise."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.plans import bootstrap_plan
from gait_engine.api.regress import PinRequest, SetRequest, bootstrap, init
from gait_engine.errors import GaitError
from tests.support.hosts import FrozenHost
from tests.support.scouting import scout_run

GOOD = ["crm.read", "mail.send"]


def night(host: FrozenHost, number: int, tools: list[str] = GOOD, **facts: Any) -> Path:
    """Record the run of a night in gait-out."""
    at = f"2026-02-{number:02}T03:00:00Z"
    name = f"runpack_night_{number}.zip"
    return scout_run(
        host.cwd / "gait-out", name, run_id=f"night_{number}", tools=tools, created_at=at, **facts
    )


def fixture_at(host: FrozenHost, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((host.cwd / f"fixtures/{name}/fixture.json").read_bytes())
    return found


def judged_run(host: FrozenHost, source: str, *against: str) -> str:
    pinning = PinRequest(source, against=against)
    return bootstrap_plan(pinning, SetRequest(), host=host).candidate_run_id


def test_the_newest_later_run_that_began_alike_and_did_otherwise_is_judged(
    frozen_host: FrozenHost,
) -> None:
    night(frozen_host, 1, [*GOOD, "mail.delete"])  # earlier
    for number in (2, 3, 6):
        night(frozen_host, number)
    night(frozen_host, 4, [*GOOD, "mail.send"])
    night(frozen_host, 5, ["crm.read", "crm.delete"])
    night(frozen_host, 7, ["mail.send", "crm.read"])  # began otherwise
    (frozen_host.cwd / "gait-out/runpack_night_8.zip").write_bytes(b"damaged")
    assert judged_run(frozen_host, "night_2", "gait-out") == "night_5"
    assert judged_run(frozen_host, "night_5", "gait-out") == "night_6"
    assert judged_run(frozen_host, "night_7", "gait-out") == ""


def test_such_a_fixture_fails_at_once_and_says_where_they_part(frozen_host: FrozenHost) -> None:
    night(frozen_host, 2)
    worse = night(frozen_host, 3, ["crm.read", "crm.delete"])
    pinning = PinRequest("night_2", against=("gait-out",))
    plan = bootstrap_plan(pinning, SetRequest(), host=frozen_host)
    answer = bootstrap(pinning, SetRequest(), host=frozen_host)
    assert {file.path for file in plan.files} == {
        path.relative_to(frozen_host.cwd).as_posix()
        for path in frozen_host.cwd.rglob("*")
        if path.is_file() and path.parent.name != "gait-out"
    }
    assert plan.candidate == "gait-out/runpack_night_3.zip"
    assert (answer.candidate_run_id, answer.top_failure_reason) == ("night_3", "unexpected_diff")
    assert answer.failed == 2
    assert fixture_at(frozen_host, "night_2")["candidate_runpack"] == "candidate.zip"
    copied = frozen_host.cwd / "fixtures/night_2/candidate.zip"
    assert copied.read_bytes() == worse.read_bytes()


def test_a_named_run_is_judged_whatever_it_did(frozen_host: FrozenHost) -> None:
    night(frozen_host, 2)
    night(frozen_host, 1)
    assert init("night_2", against=("night_1",), host=frozen_host).candidate_run_id == "night_1"
    path = "gait-out/runpack_night_1.zip"
    assert judged_run(frozen_host, "night_2", path) == "night_1"


def test_without_one_the_fixture_is_what_it_always_was(frozen_host: FrozenHost) -> None:
    night(frozen_host, 2)
    alone = init("night_2", host=frozen_host)
    before = fixture_at(frozen_host, "night_2")
    assert init("night_2", against=("gait-out",), host=frozen_host) == alone
    assert fixture_at(frozen_host, "night_2") == before
    assert "candidate_runpack" not in before


@pytest.mark.parametrize("against", ["nope", "gait-out/runpack_night_3.zip"])
def test_a_run_that_cannot_be_judged_is_refused_before_anything_is_written(
    frozen_host: FrozenHost, against: str
) -> None:
    night(frozen_host, 2)
    (frozen_host.cwd / "gait-out/runpack_night_3.zip").write_bytes(b"damaged")
    with pytest.raises(GaitError):
        init("night_2", against=(against,), host=frozen_host)
    assert not (frozen_host.cwd / "fixtures").exists()
