"""`gait gate eval --intents`: an answer for each line, in order, and none without its proof."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.api import gate as api
from gait_engine.cli.output import emit_stream
from gait_engine.contract.answers.base import Answer as Printed
from tests.conftest import Answer
from tests.support.faults import calls_of, fail, fault_at
from tests.support.gates import (
    READ,
    argv,
    files_in,
    furnish,
    intent_text,
    stream_argv,
    traces_of,
    write_lines,
    write_policy,
)
from tests.support.hosts import FrozenHost
from tests.support.process import ENTRY, bare_env

Gait = Callable[..., Answer]
SIGNED: Final = {"key_mode": "prod", "private_key": "gate.key"}
KEY: Final = ("--public-key", "gate.pub")
FULL: Final = Path("/dev/full")

posix = pytest.mark.skipif(sys.platform == "win32", reason="pipes and descriptors are POSIX")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")


@pytest.fixture
def folder(frozen_host: FrozenHost) -> Path:
    furnish(
        frozen_host.cwd,
        {"match": {"tool_name": "write"}, "effect": "require_approval"},
        {"match": {"tool_name": "drop"}, "effect": "block"},
    )
    return frozen_host.cwd


def intent(tool: str, number: int = 0) -> bytes:
    return intent_text(tool_name=tool, args={"number": number}, targets=[READ])


def told(said: Answer) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.stdout.splitlines()]


def process_of(
    folder: Path, *words: str, stdin: Any, stdout: Any = subprocess.PIPE
) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", ENTRY, *words],
        cwd=folder,
        env=bare_env(folder),
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
    )


# ---------------------------------------------------------------- lines and answers


def test_each_line_has_its_answer_in_order(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"), intent("write"), intent("drop"), intent("read", 1))
    said = gait(*stream_argv(trace_out="t.jsonl", **SIGNED))
    answers = told(said)
    assert [(one["line"], one["exit_code"], one["verdict"]) for one in answers] == [
        *((1, 0, "allow"), (2, 4, "require_approval"), (3, 3, "block"), (4, 0, "allow")),
    ]
    assert said.stderr == ""
    assert len({one["correlation_id"] for one in answers}) == 1
    traces = traces_of(folder / "t.jsonl")
    assert [trace.trace_id for trace in traces] == [one["trace_id"] for one in answers]


def test_blank_lines_are_counted_and_have_no_answer(gait: Gait, folder: Path) -> None:
    (folder / "intents.jsonl").write_bytes(b"\n\n" + intent("read") + b"\n\n" + intent("drop"))
    assert [one["line"] for one in told(gait(*stream_argv()))] == [3, 5]


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"])
def test_the_last_line_needs_no_line_feed(gait: Gait, folder: Path, end: bytes) -> None:
    (folder / "intents.jsonl").write_bytes(intent("drop") + b"\n" + intent("read") + end)
    assert [one["verdict"] for one in told(gait(*stream_argv()))] == ["block", "allow"]


def test_a_line_that_cannot_be_read_has_an_error_and_the_rest_goes_on(
    gait: Gait, folder: Path
) -> None:
    deep = b'{"args":' + b"[" * 100_000
    write_lines(folder, b"{", intent("read"), b'{"a":1,"a":2}', b"null", deep, intent("read"))
    said = gait(*stream_argv())
    assert [(one["line"], one["ok"], one["exit_code"]) for one in told(said)] == [
        *((1, False, 6), (2, True, 0), (3, False, 6), (4, False, 6), (5, False, 6), (6, True, 0)),
    ]
    assert told(said)[2]["error_code"] == "json_duplicate_key"
    assert all("verdict" not in one for one in told(said) if not one["ok"])
    assert said.exit_code == 6


def test_a_line_that_is_too_long_ends_the_stream_after_what_came_before(
    gait: Gait, folder: Path
) -> None:
    long = b" " * api.MAX_INTENT_BYTES
    write_lines(folder, intent("read"), long, intent("read"))
    said = gait(*stream_argv("--json", trace_out="t.jsonl"))
    (first, error) = told(said)
    assert (first["verdict"], error["ok"], said.exit_code) == ("allow", False, 6)
    assert "intents line 2" in error["error"]
    assert len((folder / "t.jsonl").read_bytes().splitlines()) == 1


def test_an_answer_is_json_whether_or_not_it_was_asked_for(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"))
    plain, asked = gait(*stream_argv()), gait(*stream_argv("--json"))
    (one,), (other,) = told(plain), told(asked)
    one.pop("correlation_id")
    other.pop("correlation_id")
    assert one == other


@pytest.mark.parametrize("text", [b"", b"\n", b"\n\n\n"])
def test_a_stream_of_nothing_is_fine(gait: Gait, folder: Path, text: bytes) -> None:
    (folder / "intents.jsonl").write_bytes(text)
    before = files_in(folder)
    assert gait(*stream_argv(trace_out="t.jsonl")) == Answer(0, "", "")
    assert files_in(folder) == before


def test_a_policy_that_cannot_be_read_ends_the_stream_at_once(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"))
    (folder / "policy.yaml").write_bytes(b"rules: [")
    said = gait(*stream_argv("--json"))
    assert (said.exit_code, [one["ok"] for one in told(said)]) == (6, [False])


@pytest.mark.parametrize(
    ("more", "fields", "found"),
    [
        ((), {"intent": "intent.json"}, "--intents and --intent"),
        (("--explain", "--json"), {}, "--intents and --explain"),
    ],
)
def test_a_stream_is_neither_mixed_with_one_intent_nor_explained(
    gait: Gait, folder: Path, more: tuple[str, ...], fields: dict[str, str], found: str
) -> None:
    write_lines(folder, intent("read"))
    before = files_in(folder)
    given = {"intent": "", "intents": "intents.jsonl", **fields}
    said = gait(*argv(*more, **given))
    assert said.exit_code == 6
    assert found in said.stdout + said.stderr
    assert files_in(folder) == before


# ---------------------------------------------------------------- exit codes


def printed(code: int) -> Printed:
    """Return an answer with an exit code."""
    category = {1: "io_failure", 6: "invalid_input", 2: "verification_failed"}
    category |= {3: "policy_blocked", 4: "approval_required"}
    if code == 0:
        return Printed(ok=True)
    return Printed(ok=False, error="e", error_category=category[code])


@pytest.mark.parametrize(
    ("batches", "code"),
    [
        ([], 0),
        ([[0, 0]], 0),
        ([[4], [0]], 4),
        ([[4, 3, 4]], 3),
        ([[3], [2], [4]], 2),
        ([[2, 6], [3]], 6),
        ([[6], [1, 0], [6]], 1),
    ],
)
def test_the_exit_code_of_a_stream_is_its_gravest(
    batches: list[list[int]], code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    answers = [tuple(map(printed, batch)) for batch in batches]
    assert emit_stream(answers) == code
    assert capfd.readouterr().out.count("\n") == sum(map(len, batches))


def test_a_simulated_stream_ends_well(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("drop"), intent("write"))
    said = gait(*stream_argv("--simulate"))
    assert (said.exit_code, [one["exit_code"] for one in told(said)]) == (0, [0, 0])


# ---------------------------------------------------------------- where the proofs go


def test_traces_and_audits_go_to_one_folder(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"), intent("write"))
    first, second = told(gait(*stream_argv(trace_out="out", **SIGNED)))
    assert first["trace_path"] == f"out/trace_{first['trace_id']}.json"
    assert second["approval_audit_path"] == f"out/approval_audit_{second['trace_id']}.json"
    for one in (first, second):
        assert traces_of(folder / one["trace_path"])[0].verdict == one["verdict"]
    assert (folder / second["approval_audit_path"]).is_file()


def test_or_to_a_journal_each_with_the_audits_beside_it(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"), intent("write"))
    answers = told(gait(*stream_argv(trace_out="out/t.jsonl", **SIGNED)))
    assert {one["trace_path"] for one in answers} == {"out/t.jsonl"}
    (audit,) = (folder / "out/t.approval_audit.jsonl").read_bytes().splitlines()
    assert json.loads(audit)["trace_id"] == answers[1]["trace_id"]
    assert gait("trace", "verify", "out/t.jsonl", *KEY).exit_code == 0


def test_a_full_disk_leaves_no_answer_of_the_batch(gait: Gait, folder: Path) -> None:
    write_lines(folder, intent("read"), intent("drop"))
    words = stream_argv("--json", trace_out="t.jsonl", **SIGNED)
    gait(*words)
    calls = calls_of(lambda: gait(*words))
    before = traces_of(folder / "t.jsonl")
    for n in (n for n, name in enumerate(calls, start=1) if name in ("write", "fsync")):
        with fault_at(n, fail(28)):
            said = gait(*words)
        (error,) = told(said)
        assert (said.exit_code, error["error_code"], error["retryable"]) == (1, "io_failure", True)
        assert "verdict" not in said.stdout
        assert traces_of(folder / "t.jsonl") == before


# ---------------------------------------------------------------- pipes


@posix
def test_an_agent_gets_each_answer_before_it_says_more(folder: Path) -> None:
    """By pipes, as a program asks: a gate that waited for more would hang here."""
    words = stream_argv(intents="-", trace_out="t.jsonl", **SIGNED)
    with process_of(folder, *words, stdin=subprocess.PIPE) as gate:
        assert gate.stdin is not None
        assert gate.stdout is not None
        for number, tool in enumerate(("read", "write", "drop", "read"), start=1):
            gate.stdin.write(intent(tool, number) + b"\n")
            gate.stdin.flush()
            answer = json.loads(gate.stdout.readline())
            assert (answer["line"], answer["ok"]) == (number, True)
            assert traces_of(folder / "t.jsonl")[-1].trace_id == answer["trace_id"]
        gate.stdin.close()
        assert (gate.stdout.read(), gate.wait(30)) == (b"", 3)


@posix
def test_a_reader_that_goes_away_ends_the_stream(folder: Path) -> None:
    words = stream_argv(intents="-", trace_out="t.jsonl")
    with process_of(folder, *words, stdin=subprocess.PIPE) as gate:
        assert gate.stdin is not None
        assert gate.stdout is not None
        assert gate.stderr is not None
        gate.stdin.write(intent("read") + b"\n")
        gate.stdin.flush()
        gate.stdout.readline()
        gate.stdout.close()
        gate.stdin.write(intent("read", 1) + b"\n")
        gate.stdin.flush()
        assert (gate.wait(30), gate.stderr.read()) == (1, b"")


@posix
@pytest.mark.parametrize("name", ["-", "/dev/stdin"])
def test_standard_input_has_two_names(folder: Path, name: str) -> None:
    write_lines(folder, intent("read"), intent("drop"))
    with (folder / "intents.jsonl").open("rb") as file:
        gate = process_of(folder, *stream_argv(intents=name), stdin=file)
        out, err = gate.communicate(timeout=30)
    assert (gate.returncode, err) == (3, b"")
    assert [json.loads(line)["line"] for line in out.splitlines()] == [1, 2]


@posix
def test_an_empty_standard_input_is_a_stream_of_nothing(gait: Gait, folder: Path) -> None:
    own, nothing = os.dup(0), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    try:
        assert gait(*stream_argv(intents="-")) == Answer(0, "", "")
    finally:
        os.dup2(own, 0)
        os.close(own)
        os.close(nothing)


@posix
def test_without_a_standard_input_there_is_an_error_and_no_answer(folder: Path) -> None:
    """A shell closes it with `<&-`."""
    words = [sys.executable, "-c", ENTRY, *stream_argv(intents="-")]
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" <&-', "sh", *words],
        cwd=folder,
        env=bare_env(folder),
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.startswith(b"error: intents '-': bad file descriptor")


@needs_full
def test_an_answer_that_cannot_be_printed_is_no_success(folder: Path) -> None:
    write_lines(folder, intent("read"))
    with FULL.open("wb") as full:
        gate = process_of(folder, *stream_argv(), stdin=subprocess.DEVNULL, stdout=full)
        _, err = gate.communicate(timeout=30)
    assert gate.returncode == 1
    assert b"code:  io_failure" in err


def test_a_batch_is_printed_before_the_next_one_is_asked_for(
    capfd: pytest.CaptureFixture[str],
) -> None:
    def batches() -> Iterator[tuple[Printed, ...]]:
        for number in range(3):
            yield (Printed(ok=True, where=str(number)),)
            assert msgspec.json.decode(capfd.readouterr().out)["where"] == str(number)

    assert emit_stream(batches()) == 0


def test_a_stream_changes_nothing_of_what_one_call_is_answered(gait: Gait, folder: Path) -> None:
    (folder / "intent.json").write_bytes(intent("write"))
    write_lines(folder, intent("write"))
    write_policy(folder, {"effect": "require_approval", "min_approvals": 2})
    single = json.loads(gait(*argv("--json")).stdout)
    (line,) = told(gait(*stream_argv()))
    for name in ("correlation_id", "line", "exit_code"):
        line.pop(name)
    single.pop("correlation_id")
    assert line == single
