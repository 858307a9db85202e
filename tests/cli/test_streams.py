"""Streams that fail: a lost answer is never taken for success, a closed pipe is no noise."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest

from tests.support import runs
from tests.support.process import ENTRY, bare_env, gait

if sys.platform == "win32":
    pytest.skip("descriptors and shells are POSIX", allow_module_level=True)

Stream = int | IO[Any] | None
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="needs a device that is always full")
LOST = (
    "error: stdout: {}, expected room for the answer\n"
    "code:  io_failure\n"
    "fix:   give the command an open stdout with room, then run it again\n"
)
SAYING = [
    ("version",), ("--help",), ("keys", "--help"), ("verify", "--help"), ("verify", "--explain"),
    ("verify", "p.zip"), ("verify", "p.zip", "--json"), ("nope", "--json"), ("completion", "bash"),
]  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("desk")
    runs.runpack(folder, intents=[runs.intent(f"call_{n}") for n in range(2_000)])
    return folder


def run(
    desk: Path, argv: tuple[str, ...], before: Callable[[], object] | None = None, **streams: Stream
) -> subprocess.CompletedProcess[str]:
    """Run a command with these streams; `before` acts on its descriptors."""
    given: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE}
    return subprocess.run(
        [sys.executable, "-c", ENTRY, *argv],
        cwd=desk,
        env=bare_env(desk),
        preexec_fn=before,
        encoding="utf-8",
        timeout=60,
        check=False,
        **{**given, "stderr": subprocess.PIPE, **streams},
    )


def closing(descriptor: int) -> Callable[[], object]:
    return lambda: os.close(descriptor)


@needs_full
@pytest.mark.parametrize("argv", SAYING, ids=" ".join)
def test_a_full_stdout_is_a_failure_that_says_why(desk: Path, argv: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        done = run(desk, argv, stdout=full)
    assert done.returncode == 1
    assert done.stderr == LOST.format("no space left on device")


@pytest.mark.parametrize("argv", SAYING[::2], ids=" ".join)
def test_a_closed_stdout_is_a_failure_that_says_why(desk: Path, argv: tuple[str, ...]) -> None:
    done = run(desk, argv, closing(1))
    assert (done.returncode, done.stderr) == (1, LOST.format("closed"))


@pytest.mark.parametrize(
    "argv",
    [("run", "inspect", "p.zip"), ("run", "inspect", "p.zip", "--json"), ("--help",)],
    ids=" ".join,
)
def test_a_reader_who_left_is_a_quiet_failure(desk: Path, argv: tuple[str, ...]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = run(desk, argv, stdout=writer)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


def test_a_reader_who_leaves_in_the_middle_is_a_quiet_failure_too(desk: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, "run", "inspect", "p.zip", "--full", "--json"],
        cwd=desk,
        env=bare_env(desk),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout
        assert process.stderr
        assert process.stdout.read(1) == b"{"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(60) == 1


@needs_full
@pytest.mark.parametrize(("argv", "exits"), [(("nope",), 6), (("run", "receipt", "no.zip"), 6)])
def test_a_full_stderr_changes_no_exit_code(desk: Path, argv: tuple[str, ...], exits: int) -> None:
    with FULL.open("w") as full:
        done = run(desk, argv, stderr=full)
    assert (done.returncode, done.stdout) == (exits, "")


@pytest.mark.parametrize(("argv", "exits"), [(("nope",), 6), (("verify", "p.zip"), 0)])
def test_a_closed_stderr_changes_no_exit_code(
    desk: Path, argv: tuple[str, ...], exits: int
) -> None:
    assert run(desk, argv, closing(2)).returncode == exits


@needs_full
def test_a_note_that_cannot_be_told_undoes_nothing(desk: Path) -> None:
    journal = ("--journal", "s/j.jsonl")
    gait("run", "session", "start", *journal, "--session-id", "s", "--run-id", "r", cwd=desk)
    (desk / "s" / "j.jsonl.lock").write_text('{"created_at":"2020-01-01T00:00:00Z"}')
    append = ("run", "session", "append", *journal, "--tool", "t", "--verdict", "allow", "--json")
    with FULL.open("w") as full:
        done = run(desk, append, stderr=full)
    assert done.returncode == 0
    assert json.loads(done.stdout)["event"]["sequence"] == 1


@pytest.mark.parametrize(
    "argv", [("verify", "p.zip"), ("run", "record", "/dev/stdin")], ids=" ".join
)
def test_a_closed_stdin_is_no_reason_to_hang_or_crash(desk: Path, argv: tuple[str, ...]) -> None:
    done = run(desk, argv, closing(0))
    assert "Traceback" not in done.stderr
    assert done.returncode == (0 if argv[0] == "verify" else 6)


@pytest.mark.parametrize(
    "argv", [("verify", "p.zip", "--json"), ("verify", "p.zip"), ("version",)], ids=" ".join
)
def test_a_good_answer_leaves_stderr_empty(desk: Path, argv: tuple[str, ...]) -> None:
    done = gait(*argv, cwd=desk)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_text_comes_out_as_utf8_whatever_the_locale(tmp_path: Path, locale: str) -> None:
    runs.runpack(tmp_path, intents=[runs.intent("é", tool_name="дело")])
    env = {"LC_ALL": locale, "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = gait("run", "inspect", "p.zip", cwd=tmp_path, env=env)
    assert (done.returncode, done.stderr) == (0, "")
    assert "дело  é" in done.stdout


def test_an_interrupt_ends_with_130_and_no_traceback(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENTRY, "run", "record", "--input", "/dev/stdin"],
        cwd=tmp_path,
        env=bare_env(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin
        assert process.stderr
        process.stdin.write(b"{" + b" " * (1 << 20))  # more than a pipe holds: it is being read
        process.stdin.flush()
        process.send_signal(2)
        assert process.wait(60) == 130
        assert process.stderr.read() == b""
    assert list(tmp_path.iterdir()) == []
