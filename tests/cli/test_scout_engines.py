"""Whatever reads the runs, and wherever: the reports are the same bytes."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.cluster import MARKER, Cluster, cluster
from tests.support.process import ENTRY, gait, python
from tests.support.scouting import scout_run

RUNS = 200
"""More than three chunks."""
COMMANDS = {"signal": ("scout", "signal", "d"), "top": ("report", "top", "d", "--limit", "20")}
each_command = pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
ENVIRONMENTS: list[dict[str, str]] = [
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
    {"PYTHONHASHSEED": "77", "TZ": "America/St_Johns", "LC_ALL": "tr_TR.UTF-8", "PYTHONUTF8": "0"},
]


def fill(folder: Path) -> Path:
    """Write the runs in which families, damage and repeated ids occur."""
    for n in range(RUNS):
        scout_run(
            folder / "d",
            f"runpack_{n:03}.zip",
            run_id=f"run_{n % 190:03}",
            tools=(["crm.read"], ["crm.read", "db.drop"])[n % 2],
            status=("ok", "denied", "timeout")[n // 7 % 3],
            created_at=f"2026-02-05T10:{n * 7 % 60:02}:00Z",
        )
    damaged = folder / "d/runpack_100.zip"
    damaged.write_bytes(damaged.read_bytes() + b"tail")
    return folder


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fill(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def workers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def reported(
    desk: Path, *argv: str, out: Path, env: Mapping[str, str] | None = None
) -> tuple[bytes, Any]:
    """Return the file that a command wrote, and what else it said."""
    done = gait(*argv, "--out", str(out), "--json", cwd=desk, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""
    said = json.loads(done.stdout)
    del said["output_path"], said["correlation_id"]  # the latter is of the arguments
    return out.read_bytes(), said


@each_command
def test_every_engine_reports_the_same_bytes(
    command: tuple[str, ...], desk: Path, workers: Cluster, tmp_path: Path
) -> None:
    wanted = reported(desk, *command, out=tmp_path / "local.json")
    assert wanted[1]["skipped"] == [
        {"error_code": "zip_trailing_data", "path": "d/runpack_100.zip"}
    ]
    for engine in ("process:1", "process:2", workers.engine):
        found = reported(desk, *command, "--engine", engine, out=tmp_path / "other.json")
        assert found == wanted, engine


@each_command
def test_a_worker_that_is_killed_changes_nothing(
    command: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    wanted = reported(desk, *command, out=tmp_path / "local.json")
    with cluster(tmp_path, loses_one=True) as running:
        found = reported(desk, *command, "--engine", running.engine, out=tmp_path / "dask.json")
        assert (tmp_path / MARKER).exists()
        assert sum(worker.poll() is not None for worker in running.workers) == 1
    assert found == wanted


@each_command
def test_place_time_zone_locale_and_hash_seed_change_nothing(
    command: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    wanted = reported(desk, *command, out=tmp_path / "a.json")
    elsewhere = fill(tmp_path / "elsewhere")
    for env in ENVIRONMENTS:
        for engine in ("local", "process:2"):
            argv = (*command, "--engine", engine)
            assert reported(elsewhere, *argv, out=tmp_path / "b.json", env=env) == wanted


@each_command
def test_folder_glob_list_and_csv_report_the_same_bytes(
    command: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    names = [f"d/runpack_{n:03}.zip" for n in range(RUNS) if n != 100]
    listed = tmp_path / "list"
    listed.write_text("\n".join(reversed(names)), encoding="utf-8")
    verb, limit = command[:2], command[3:]
    (by_list, said) = reported(
        desk, *verb, *limit, "--runs-from", str(listed), out=tmp_path / "a.json"
    )
    csv = reported(desk, *verb, *limit, "--runs", ",".join(names), out=tmp_path / "b.json")
    assert csv == (by_list, said)
    folder, swept = reported(desk, *command, out=tmp_path / "c.json")
    assert folder == by_list
    assert swept.pop("skipped")
    assert swept == said


def test_a_glob_means_the_files_that_its_list_names(desk: Path, tmp_path: Path) -> None:
    names = ",".join(f"d/runpack_{n:03}.zip" for n in range(90))
    wanted = reported(desk, "scout", "signal", "--runs", names, out=tmp_path / "a.json")
    glob = reported(desk, "scout", "signal", "d/runpack_0[0-8]*.zip", out=tmp_path / "b.json")
    assert glob == wanted


def refused(done: Any, folder: Path, code: str, exit_code: int) -> None:
    """Require one error object and nothing written."""
    said = json.loads(done.stdout)
    assert (done.returncode, said["error_code"], said["ok"]) == (exit_code, code, False)
    assert done.stderr == ""
    assert not (folder / "out.json").exists()


@each_command
def test_a_scheduler_that_does_not_answer_is_an_error(
    command: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    env = {"DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "300ms"}
    argv = (*command, "--engine", "dask:127.0.0.1:1", "--out", str(tmp_path / "out.json"))
    refused(gait(*argv, "--json", cwd=desk, env=env), tmp_path, "io_failure", 1)


@each_command
def test_a_missing_package_is_an_error(
    command: tuple[str, ...], desk: Path, tmp_path: Path
) -> None:
    argv = [*command, "--engine", "dask:127.0.0.1:1", "--out", str(tmp_path / "out.json")]
    without = f"import sys; sys.modules['distributed'] = None\n{ENTRY}"
    done = python(without, [*argv, "--json"], cwd=desk)
    refused(done, tmp_path, "dependency_missing", 7)


@pytest.mark.parametrize("engine", ["local", "process:1"])
def test_dask_is_loaded_for_its_engine_alone(engine: str, desk: Path, tmp_path: Path) -> None:
    guarded = f"import sys; sys.modules['distributed'] = sys.modules['dask'] = None\n{ENTRY}"
    argv = ["scout", "signal", "d", "--engine", engine, "--out", str(tmp_path / "out.json")]
    assert python(guarded, argv, cwd=desk).returncode == 0
