"""Events about commands."""

import json
from pathlib import Path
from typing import Any

import pytest

from gait_engine.scout.events import command_of, logged, wants_events
from tests.support.hosts import FrozenHost

LOGS = {
    "GAIT_ADOPTION_LOG": "log/a.jsonl",
    "GAIT_OPERATIONAL_LOG": "log/o.jsonl",
    "GAIT_TELEMETRY_HEALTH_PATH": "h.json",
    "GAIT_ADOPTION_WORKFLOW": " wf ",
}


def run(folder: Path, argv: list[str], env: dict[str, str], exit_code: int = 0) -> list[str]:
    """Log a command that takes 40 ms; returns the warnings."""
    host = FrozenHost(folder, env)
    warnings: list[str] = []

    def command() -> int:
        host.pause(0.04)
        return exit_code

    code = logged(command, argv, correlation_id="c" * 24, host=host, warn=warnings.append)
    assert code == exit_code
    return warnings


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("argv", "wanted"),
    [
        ([], "version"),
        (["-v"], "version"),
        (["help"], "help"),
        (["--explain"], "explain"),
        (["run", "record", "x"], "run record"),
        (["gate", "--json"], "gate"),
        (["regress"], "regress"),
        (["verify", "chain"], "verify"),
        (["nope", "x"], "nope"),
    ],
)
def test_a_command_is_named_by_its_first_words(argv: list[str], wanted: str) -> None:
    assert command_of(argv) == wanted


def test_a_success_is_logged_with_its_milestone(tmp_path: Path) -> None:
    assert run(tmp_path, ["demo"], LOGS) == []
    (event,) = lines(tmp_path / "log/a.jsonl")
    assert event == {
        "schema_id": "gait.scout.adoption_event",
        "schema_version": "1.0.0",
        "created_at": "2026-02-05T12:00:00.04Z",
        "producer_version": "0.0.0-dev",
        "command": "demo",
        "workflow_id": "wf",
        "success": True,
        "exit_code": 0,
        "elapsed_ms": 40,
        "milestones": ["A1"],
        "environment": {"os": "linux", "arch": "amd64"},
    }
    start, end = lines(tmp_path / "log/o.jsonl")
    assert (start["phase"], start["elapsed_ms"], start["error_category"]) == ("start", 0, "none")
    assert (end["phase"], end["elapsed_ms"], end["correlation_id"]) == ("end", 40, "c" * 24)
    health = json.loads((tmp_path / "h.json").read_bytes())
    assert list(health["streams"]) == ["adoption", "operational_end", "operational_start"]
    assert health["streams"]["adoption"] == {"attempts": 1, "success": 1, "failed": 0}


@pytest.mark.parametrize(
    ("code", "category"),
    [(1, "internal_failure"), (2, "verification_failed"), (6, "invalid_input")],
)
def test_a_failure_has_a_category_and_no_milestone(
    tmp_path: Path, code: int, category: str
) -> None:
    run(tmp_path, ["verify", "x"], LOGS, code)
    assert "milestones" not in lines(tmp_path / "log/a.jsonl")[0]
    assert lines(tmp_path / "log/o.jsonl")[1]["error_category"] == category


def test_each_command_adds_its_line(tmp_path: Path) -> None:
    for _ in range(3):
        run(tmp_path, ["verify"], {"GAIT_ADOPTION_LOG": "a.jsonl"})
    assert len(lines(tmp_path / "a.jsonl")) == 3
    assert [path.name for path in tmp_path.iterdir()] == ["a.jsonl"]


def test_a_log_that_cannot_be_written_is_warned_of_and_no_more(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    env = {"GAIT_ADOPTION_LOG": "../out.jsonl", "GAIT_TELEMETRY_HEALTH_PATH": "folder"}
    first, second = run(tmp_path, ["verify"], env)
    assert first.startswith("warning: adoption event not logged: event log")
    assert second.startswith("warning: telemetry health not written")
    assert run(tmp_path, ["verify"], env | {"GAIT_TELEMETRY_WARN": "OFF"}) == []
    assert not (tmp_path.parent / "out.jsonl").exists()


def test_without_a_log_nothing_is_written(tmp_path: Path) -> None:
    assert not wants_events({"GAIT_ADOPTION_LOG": " "})
    assert wants_events({"GAIT_OPERATIONAL_LOG": "o"})
    assert run(tmp_path, ["demo"], {"GAIT_TELEMETRY_HEALTH_PATH": "h.json"}) == []
    assert list(tmp_path.iterdir()) == []
