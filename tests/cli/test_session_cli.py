"""`gait run session ...` as a process: bytes, exit codes, many at once."""

import json
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Answer
from tests.support import process
from tests.support.hosts import FrozenHost
from tests.support.sessions import JOURNAL, begun, event, header, written

Gait = Callable[..., Answer]
SESSION = ("run", "session")
AT = ("--journal", JOURNAL)


def said(answer: Answer) -> dict[str, Any]:
    """Read the one JSON object on stdout."""
    assert answer.stdout.count("\n") == 1
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


def test_a_session_from_start_to_a_verified_chain(gait: Gait) -> None:
    ids = ("--session-id", "s", "--run-id", "r")
    call = ("--tool", "tool.x", "--verdict", "block", "--reason-codes", "b,a,,a")
    assert gait(*SESSION, "start", *AT, *ids, "--json").exit_code == 0
    appended = said(gait(*SESSION, "append", *AT, *call, "--json"))
    assert appended["event"]["reason_codes"] == ["a", "b"]
    sealed = said(gait(*SESSION, "checkpoint", *AT, "--out", "cp.zip", "--json"))
    assert sealed["chain_path"] == "s/j_chain.json"
    assert said(gait(*SESSION, "compact", *AT, "--json"))["compaction"]["events_after"] == 0
    status = said(gait(*SESSION, "status", *AT, "--json"))["status"]
    assert status["checkpoint_count"] == 1
    assert said(gait(*SESSION, "repair", *AT, "--json"))["repair"] == {"bytes_cut": 0}
    assert gait("verify", "cp.zip").exit_code == 0


@pytest.mark.parametrize(
    ("operation", "argv"),
    [
        ("start", ("start", *AT, "--run-id", "r")),
        ("append", ("append", *AT, "--tool", "t", "--verdict", "deny")),
        ("append", ("append", *AT, "--nope")),
        ("status", ("status", "--journal")),  # its value lacks
        ("checkpoint", ("checkpoint", *AT, "--out", " ")),
        ("compact", ("compact", *AT, "extra")),
        ("repair", ("repair",)),
    ],
)
def test_a_usage_error_names_the_operation_and_no_journal(
    gait: Gait, operation: str, argv: tuple[str, ...]
) -> None:
    answer = gait(*SESSION, argv[0], "--json", *argv[1:])
    found = said(answer)
    assert answer.exit_code == 6
    assert (found["ok"], found["operation"], found["error_code"]) == (
        False,
        operation,
        "invalid_input",
    )
    assert "journal" not in found


def test_a_failed_operation_names_its_journal(gait: Gait) -> None:
    answer = gait(*SESSION, "status", *AT, "--json")
    found = said(answer)
    assert answer.exit_code == 6
    assert (found["operation"], found["journal"]) == ("status", JOURNAL)


def test_a_torn_journal_names_the_command_that_repairs_it(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    written(frozen_host, header(), event(1), b'{"rec')
    answer = gait(*SESSION, "status", *AT, "--json")
    found = said(answer)
    assert (answer.exit_code, found["error_code"]) == (6, "journal_torn")
    command = found["hint"].split()
    assert gait(*command[1:], "--json").exit_code == 0
    assert gait(*SESSION, "status", *AT, "--json").exit_code == 0


def test_a_note_is_said_on_stderr_and_changes_no_exit_code(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    journal = begun(frozen_host)
    Path(f"{journal}.lock").write_text('{"created_at":"2020-01-01T00:00:00Z"}')
    answer = gait(*SESSION, "status", *AT, "--json")
    assert answer.exit_code == 0
    assert answer.stderr.startswith("warning: lock_broken at ")
    assert [note["code"] for note in said(answer)["hazards"]] == ["lock_broken"]


def test_forty_processes_at_once_append_forty_events_in_one_sequence(tmp_path: Path) -> None:
    started = process.gait(
        *SESSION, "start", *AT, "--session-id", "s", "--run-id", "r", cwd=tmp_path
    )
    assert started.returncode == 0

    def append(number: int) -> subprocess.CompletedProcess[str]:
        call = ("--tool", f"tool.{number}", "--verdict", "allow", "--json")
        patient = {"GAIT_SESSION_LOCK_TIMEOUT": "10m"}  # of no effect but on a machine at work
        env = process.bare_env(tmp_path) | patient
        return process.gait(*SESSION, "append", *AT, *call, cwd=tmp_path, env=env)

    with ThreadPoolExecutor(40) as pool:
        done = list(pool.map(append, range(40)))
    assert [(d.returncode, d.stderr) for d in done] == [(0, "")] * 40
    answered = {json.loads(d.stdout)["event"]["sequence"] for d in done}
    lines = [json.loads(line) for line in (tmp_path / JOURNAL).read_bytes().splitlines()]
    assert answered == set(range(1, 41))
    assert [line["event"]["sequence"] for line in lines[1:]] == list(range(1, 41))
    assert len({line["event"]["tool_name"] for line in lines[1:]}) == 40
    assert sorted(path.name for path in (tmp_path / "s").iterdir()) == [
        "j.jsonl",
        "j.jsonl.state.json",
    ]


def test_a_session_is_listed_without_its_lock_or_a_write(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    folder = begun(frozen_host, events=3).parent
    assert gait(*SESSION, "checkpoint", *AT, "--out", "cp.zip").exit_code == 0
    assert gait(*SESSION, "append", *AT, "--tool", "t", "--verdict", "block").exit_code == 0
    (folder / "j.jsonl.state.json").unlink(missing_ok=True)
    (folder / "j.jsonl.lock").write_text("held by somebody")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    shown = said(gait(*SESSION, "show", *AT, "--json"))
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert [one["sequence"] for one in shown["events"]] == [1, 2, 3, 4]
    assert (shown["open_events"], shown["session_id"]) == (1, "sess_1")
    assert shown["checkpoints"][0]["runpack_path"] == "cp.zip"
    assert "  event       4  block  t\n" in gait(*SESSION, "show", *AT).stdout


def test_a_session_that_cannot_be_read_whole_is_not_listed(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    written(frozen_host, header(), event(1), b'{"record_type":"eve')
    torn = gait(*SESSION, "show", *AT, "--json")
    assert (torn.exit_code, said(torn)["error_code"]) == (6, "journal_torn")
    written(frozen_host, header(), event(2))
    assert "sequence 2, expected 1" in gait(*SESSION, "show", *AT).stderr
    for argv in ((), ("--journal", ""), ("--journal", "none.jsonl"), (*AT, "extra")):
        assert gait(*SESSION, "show", *argv).exit_code == 6
