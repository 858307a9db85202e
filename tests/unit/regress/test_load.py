"""Paths of fixtures and candidates."""

from pathlib import Path
from typing import Any

import pytest

from gait_engine.contract.regress import ConfigEntry
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.regress.load import conventional_path
from tests.support import runs
from tests.support.fixturesets import CALLS, grades, judged, write_config, write_fixture
from tests.support.hosts import FrozenHost
from tests.support.runs import result

CHANGED = CALLS | {"results": [result("i1"), result("i2", status="denied")]}


def unjudged(host: FrozenHost, **options: Any) -> tuple[GaitError, list[tuple[str, str]]]:
    before = runs.tree(host.cwd)
    with pytest.raises(GaitError) as caught:
        judged(host, **options)
    assert runs.tree(host.cwd) == before
    rows = caught.value.answer.unjudged
    return caught.value, [(row.fixture, row.error_code) for row in rows]


@pytest.mark.parametrize("runpack", ["../x.zip", "/etc/hostname", "fixtures/../../x.zip"])
def test_a_runpack_outside_the_working_directory_is_never_opened(
    frozen_host: FrozenHost, runpack: str
) -> None:
    write_config(frozen_host, fixtures=[{"name": "x", "runpack": runpack}])
    error, rows = unjudged(frozen_host)
    assert (error.exit_code, error.code, rows) == (6, "invalid_input", [("x", "path_unsafe")])


def test_a_link_that_leads_outside_is_refused(frozen_host: FrozenHost, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    inside = tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    host = FrozenHost(inside)
    write_fixture(FrozenHost(outside))
    (inside / "fixtures").symlink_to(outside / "fixtures")
    write_config(host, "alpha")
    assert unjudged(host)[1] == [("alpha", "path_unsafe")]


@pytest.mark.parametrize("name", ["runpack.zip", "fixture.json"])
def test_a_single_file_that_is_a_link_to_the_outside_is_refused(tmp_path: Path, name: str) -> None:
    host = FrozenHost(tmp_path / "inside")
    host.cwd.mkdir()
    folder = write_fixture(host)
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    write_config(host, "alpha")
    assert unjudged(host)[1] == [("alpha", "path_unsafe")]


@pytest.mark.parametrize("candidate", ["/etc/hostname", "../../../x.zip"])
def test_a_candidate_that_a_fixture_names_outside_breaks_it(
    frozen_host: FrozenHost, candidate: str
) -> None:
    write_fixture(frozen_host, "alpha", CALLS, candidate_runpack=candidate)
    write_config(frozen_host, "alpha")
    assert unjudged(frozen_host)[1] == [("alpha", "path_unsafe")]


def test_a_candidate_may_lie_elsewhere_inside(frozen_host: FrozenHost) -> None:
    runs.runpack(frozen_host.cwd, "c.zip", **CHANGED)
    absolute = str(frozen_host.cwd / "c.zip")
    for candidate in ("../../c.zip", absolute):
        write_fixture(frozen_host, "alpha", CALLS, candidate_runpack=candidate)
        write_config(frozen_host, "alpha")
        details = grades(frozen_host)["alpha/diff"]["details"]
        assert details["candidate_runpack"] == (absolute if candidate == absolute else "c.zip")
        assert details["changed_files"] == ["results.jsonl"]


@pytest.mark.parametrize(
    ("fields", "entry"),
    [
        ({"name": "beta"}, {}),
        ({"run_id": "run_y"}, {}),
        ({}, {"run_id": "run_y"}),
    ],
)
def test_config_fixture_and_runpack_must_speak_of_one_run(
    frozen_host: FrozenHost, fields: dict[str, Any], entry: dict[str, Any]
) -> None:
    write_fixture(frozen_host, "alpha", CALLS, **fields)
    listed = {"name": "alpha", "runpack": "fixtures/alpha/runpack.zip"} | entry
    write_config(frozen_host, fixtures=[listed])
    assert unjudged(frozen_host)[1] == [("alpha", "invalid_input")]


def test_the_only_fixture_takes_the_runpack_that_the_operator_names(
    frozen_host: FrozenHost,
) -> None:
    write_fixture(frozen_host)
    write_config(frozen_host, "alpha")
    runs.runpack(frozen_host.cwd, "new.zip", **CHANGED)
    found = grades(frozen_host, candidate="./new.zip")["alpha/diff"]
    assert found["reason_codes"] == ["unexpected_diff"]
    again = judged(frozen_host, candidate="./new.zip").next_command
    assert again == "gait regress run --candidate ./new.zip --json"
    write_fixture(frozen_host, "beta")
    write_config(frozen_host, "alpha", "beta")
    with pytest.raises(InvalidInput, match="one runpack for 2"):
        judged(frozen_host, candidate="./new.zip")


def test_a_folder_of_candidates_must_hold_one_for_each_fixture(frozen_host: FrozenHost) -> None:
    for name in ("alpha", "beta", "gamma"):
        write_fixture(frozen_host, name)
    write_config(frozen_host, "alpha", "beta", "gamma")
    new = frozen_host.cwd / "new"
    (new / "beta").mkdir(parents=True)
    runs.runpack(new, "alpha.zip", **CALLS)
    runs.runpack(new / "beta", "runpack.zip", **CHANGED)
    found = grades(frozen_host, candidate="new")
    assert [found[f"{name}/diff"]["reason_codes"] for name in ("alpha", "beta", "gamma")] == [
        [],
        ["unexpected_diff"],
        ["candidate_path_invalid"],
    ]


def test_a_candidate_may_be_named_after_its_run(frozen_host: FrozenHost) -> None:
    entry = ConfigEntry(name="a", run_id="run_x", runpack="p.zip")
    assert conventional_path("new", entry, frozen_host) == "new/a.zip"
    (frozen_host.cwd / "new").mkdir()
    (frozen_host.cwd / "new/runpack_run_x.zip").touch()
    assert conventional_path("new", entry, frozen_host) == "new/runpack_run_x.zip"
    with pytest.raises(InvalidInput) as caught:
        conventional_path("new", ConfigEntry(name="../a", runpack="p.zip"), frozen_host)
    assert caught.value.code == "path_unsafe"
