"""State and log of durable jobs, as crashes and other hands leave them."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.checkups import checks, patient_host, write

Files = dict[str, str]


def state(revision: int = 0, **fields: Any) -> str:
    return json.dumps({"job_id": "j", "revision": revision, **fields})


def events(*revisions: int) -> str:
    return "".join(f'{{"job_id":"j","revision":{revision}}}\n' for revision in revisions)


def found(folder: Path, files: Files, job: str = "j") -> tuple[str, str]:
    write(folder, {f"gait-out/jobs/{job}/{name}": text for name, text in files.items()})
    check = checks(patient_host(folder))["job_runtime_durability"]
    assert check.fix_command == ""
    return check.status, check.message


@pytest.mark.parametrize(
    ("files", "issues"),
    [
        ({"state.json": state(2), "events.jsonl": events(1, 2)}, ""),
        ({"state.json": state(0)}, ""),
        ({"events.jsonl": ""}, ""),
        ({"other": ""}, ""),
        ({"state.json": state(2), "events.jsonl": f" \n\u00a0\n\t{events(2)}\n"}, ""),
        ({"state.json": state(2), "events.jsonl": events(1)}, "j:state_ahead_of_event_log"),
        ({"state.json": state(1)}, "j:state_ahead_of_event_log"),
        ({"state.json": state(1), "events.jsonl": events(1, 2)}, "j:event_log_ahead_of_state"),
        ({"events.jsonl": events(1)}, "j:missing_state_with_events"),
        (
            {"pending_mutation.json": "not read", "events.jsonl": events(1)},
            "j:missing_state_with_events,j:pending_mutation",
        ),
    ],
)
def test_state_and_log_must_end_at_one_revision(files: Files, issues: str, tmp_path: Path) -> None:
    assert found(tmp_path, files) == (
        ("fail", issues) if issues else ("pass", "jobs, each whole: 1")
    )


@pytest.mark.parametrize(
    "files",
    [
        {"state.json": "{"},
        {"state.json": ""},
        {"state.json": state(job_id=" ")},
        {"state.json": '{"revision":0}'},
        {"state.json": state(revision=1.5)},  # type: ignore[arg-type]  # what is wrong with it
        {"state.json": state(checkpoints={})},
        {"state.json": state(approvals=[{"created_at": "soon"}])},
        {"state.json": state(), "events.jsonl": "{}\n{"},
        {"state.json": state(), "events.jsonl": '{"revision":"1"}\n'},
        {"state.json": state(), "events.jsonl": '{"payload":[]}\n'},
        {"state.json": '{"job_id":"j","job_id":"k"}'},
        {"state.json/x": "a folder"},
        {"state.json": state(), "events.jsonl/x": "a folder"},
    ],
)
def test_a_file_that_cannot_be_read_ends_the_search(files: Files, tmp_path: Path) -> None:
    write(tmp_path, {"gait-out/jobs/a/events.jsonl": events(1)})
    status, message = found(tmp_path, files)
    assert status == "fail"
    assert message.startswith("jobs cannot be read: ")
    assert "a:missing" not in message


def test_issues_of_many_jobs_are_listed_sorted(tmp_path: Path) -> None:
    for job in ("b", "a-1", "a.0"):
        found(tmp_path, {"events.jsonl": events(1)}, job)
    assert found(tmp_path, {"state.json": state()}, "c") == (
        "fail",
        ",".join(f"{job}:missing_state_with_events" for job in ("a-1", "a.0", "b")),
    )


@pytest.mark.parametrize("job", [".hidden", "-x", "a b", "x" * 129, "a\nb"])
def test_a_folder_that_cannot_be_a_job_is_passed_over(job: str, tmp_path: Path) -> None:
    assert found(tmp_path, {"events.jsonl": events(1)}, job) == ("pass", "jobs, each whole: 0")


def test_linked_folders_and_files_are_no_jobs(tmp_path: Path) -> None:
    write(tmp_path, {"elsewhere/events.jsonl": events(1), "gait-out/jobs/file": ""})
    (tmp_path / "gait-out/jobs/j").symlink_to(tmp_path / "elsewhere")
    assert found(tmp_path, {}) == ("pass", "jobs, each whole: 0")


def test_a_pipe_in_the_place_of_a_state_does_not_hang(tmp_path: Path) -> None:
    (tmp_path / "gait-out/jobs/j").mkdir(parents=True)
    os.mkfifo(tmp_path / "gait-out/jobs/j/state.json")
    assert found(tmp_path, {})[0] == "fail"


def test_a_file_in_the_place_of_the_jobs_is_reported(tmp_path: Path) -> None:
    write(tmp_path, {"gait-out/jobs": ""})
    assert found(tmp_path, {}) == ("fail", "jobs cannot be read: 'gait-out/jobs', not a directory")


def test_ten_thousand_jobs_are_looked_at_one_by_one(tmp_path: Path) -> None:
    for number in range(10_000):
        folder = tmp_path / "gait-out/jobs" / f"j{number:05}"
        folder.mkdir(parents=True)
    write(tmp_path, {"gait-out/jobs/j09999/pending_mutation.json": ""})
    assert found(tmp_path, {}) == ("fail", "j09999:pending_mutation")
