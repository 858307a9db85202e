"""A dry run names exactly the files that the command then writes, and writes none itself."""

from collections.abc import Callable
from pathlib import Path

import pytest

from gait_engine.api import guard, incident
from gait_engine.api.plans import bootstrap_plan, guard_plan, incident_plan, run_plan
from gait_engine.api.regress import PinRequest, RunRequest, SetRequest, bootstrap, init, run
from gait_engine.contract.answers.plan import WritePlan
from gait_engine.errors import GaitError, InvalidInput
from tests.support import runs
from tests.support.fixturesets import CALLS, write_config, write_fixture
from tests.support.hosts import FrozenHost

RUN = "gait-out/runpack_run_x.zip"
SET = SetRequest(junit="gait-out/junit.xml")


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    (frozen_host.cwd / "gait-out").mkdir()
    runs.runpack(frozen_host.cwd / "gait-out", "runpack_run_x.zip", **CALLS)
    return frozen_host


def stamps(folder: Path) -> dict[str, tuple[int, bytes]]:
    """Describe every file below a folder by inode and content: a replaced one has another."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file()
    }


def named(plan: WritePlan) -> set[str]:
    return {file.path for file in plan.files}


def changed(before: dict[str, tuple[int, bytes]], host: FrozenHost) -> set[str]:
    after = stamps(host.cwd)
    assert before.keys() <= after.keys()
    return {path for path in after if after[path] != before.get(path)}


def test_a_bootstrap_writes_the_files_of_its_plan(host: FrozenHost) -> None:
    before = stamps(host.cwd)
    plan = bootstrap_plan(PinRequest(RUN), SET, host=host)
    assert stamps(host.cwd) == before
    bootstrap(PinRequest(RUN, no_overwrite=True), SET, host=host)
    assert changed(before, host) == named(plan)
    assert not any(file.replaces for file in plan.files)
    assert (plan.run_id, plan.runpack, plan.files_checked) == ("run_x", RUN, 4)
    assert (plan.fixture_name, plan.is_taken, plan.fixtures) == ("run_x", False, 1)


def test_a_run_writes_the_files_of_its_plan(host: FrozenHost) -> None:
    init(RUN, host=host)
    request = RunRequest(junit="gait-out/junit.xml")
    before = stamps(host.cwd)
    plan = run_plan(request, host=host)
    assert stamps(host.cwd) == before
    run(request, host=host)
    assert changed(before, host) == named(plan)
    assert [file.replaces for file in run_plan(request, host=host).files] == [True, True]


def test_a_guard_pack_is_written_where_its_plan_says(host: FrozenHost) -> None:
    before = stamps(host.cwd)
    plan = guard_plan(guard.PackRequest(RUN), host=host)
    assert stamps(host.cwd) == before
    made = guard.pack(guard.PackRequest(RUN), host=host)
    assert changed(before, host) == named(plan) == {made.pack_path}
    assert plan.pack_id == made.pack_id
    assert "runpack_summary.json" in plan.members
    assert plan.warnings == made.warnings != ()


def test_an_incident_pack_is_written_where_its_plan_says(host: FrozenHost) -> None:
    before = stamps(host.cwd)
    plan = incident_plan(incident.IncidentRequest(RUN), host=host)
    assert stamps(host.cwd) == before
    made = incident.pack(incident.IncidentRequest(RUN), host=host)
    assert changed(before, host) == named(plan) == {made.pack_path}
    assert plan.pack_id == made.pack_id


def test_a_taken_name_is_told_with_a_free_one_and_never_overwritten(host: FrozenHost) -> None:
    init(RUN, host=host)
    init(RUN, host=host, name="run_x-2")
    plan = bootstrap_plan(PinRequest(RUN), SET, host=host)
    assert (plan.is_taken, plan.free_name, plan.fixtures) == (True, "run_x-3", 2)
    before = stamps(host.cwd)
    with pytest.raises(InvalidInput, match="is there already"):
        bootstrap(PinRequest(RUN, no_overwrite=True), SET, host=host)
    assert stamps(host.cwd) == before


def test_only_a_config_of_a_set_is_replaced_where_nothing_is_to_be_overwritten(
    host: FrozenHost,
) -> None:
    config = host.cwd / "gait.yaml"
    new, anyway = PinRequest(RUN, no_overwrite=True), PinRequest(RUN)
    for text in (b"\tkey: [", b"[1]", b'{"schema_id": "gait.other"}', b"", b"\xff"):
        config.write_bytes(text)
        before = stamps(host.cwd)
        for refused in (bootstrap, bootstrap_plan):
            with pytest.raises(InvalidInput, match=r"replaced: .*gait\.yaml.*expected") as raised:
                refused(new, SET, host=host)
            assert (raised.value.code, raised.value.exit_code) == ("config_unread", 6)
            assert "move it away" in raised.value.hint
        assert stamps(host.cwd) == before
    bootstrap(anyway, SET, host=host)
    assert bootstrap_plan(new, SET, host=host).is_taken


def test_a_pack_that_is_there_is_not_overwritten(host: FrozenHost) -> None:
    made = guard.pack(guard.PackRequest(RUN), host=host)
    plan = guard_plan(guard.PackRequest(RUN), host=host)
    assert (plan.is_taken, plan.free_name) == (True, made.pack_path[:-4] + "-2.zip")
    before = stamps(host.cwd)
    with pytest.raises(GaitError):
        guard.pack(guard.PackRequest(RUN, no_overwrite=True), host=host)
    with pytest.raises(GaitError):
        incident.pack(
            incident.IncidentRequest(RUN, out=made.pack_path, no_overwrite=True), host=host
        )
    assert stamps(host.cwd) == before


def test_fixtures_that_the_new_config_would_not_list_are_named(host: FrozenHost) -> None:
    write_fixture(host, "alpha")
    runs.runpack(host.cwd, "elsewhere.zip", **CALLS)
    write_config(host, "alpha", fixtures=[{"name": "by_hand", "runpack": "elsewhere.zip"}])
    assert bootstrap_plan(PinRequest(RUN), SET, host=host).left_out == ("by_hand",)


def test_what_the_command_refuses_its_plan_refuses(host: FrozenHost) -> None:
    refused: tuple[Callable[[], WritePlan], ...] = (
        lambda: bootstrap_plan(PinRequest(""), SET, host=host),
        lambda: bootstrap_plan(PinRequest(RUN, "No Name"), SET, host=host),
        lambda: bootstrap_plan(PinRequest(RUN), SetRequest(junit="../j.xml"), host=host),
        lambda: run_plan(RunRequest(), host=host),
        lambda: run_plan(RunRequest(update=True, yes=True), host=host),
        lambda: guard_plan(guard.PackRequest("run_none"), host=host),
    )
    for plan in refused:
        with pytest.raises(InvalidInput):
            plan()
    (host.cwd / "fixtures" / "torn").mkdir(parents=True)
    (host.cwd / "fixtures" / "torn" / "runpack.zip").write_bytes(b"x")
    with pytest.raises(InvalidInput, match="torn"):
        bootstrap_plan(PinRequest(RUN), SET, host=host)
