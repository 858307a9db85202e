"""The line that says a command is at work: on a terminal only, and gone when it is done."""

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import runs
from tests.support.process import ENTRY, bare_env

if sys.platform == "win32":
    pytest.skip("terminals of this kind are POSIX", allow_module_level=True)

import pty

SLOW = [sys.executable, "-c", ENTRY, "run", "record", "--input", "/dev/stdin", "--json"]
INPUT = runs.canonical(runs.run_input(runs.call(1)))


def read_until(descriptor: int, wanted: bytes) -> bytes:
    """Read what a command says until it has said this."""
    said = b""
    while wanted not in said:
        assert select.select([descriptor], [], [], 30)[0], f"waited for {wanted!r} in {said!r}"
        said += os.read(descriptor, 4096)
    return said


def rest_of(descriptor: int) -> bytes:
    """Read the rest; a terminal whose other end is gone is an error on Linux."""
    said = b""
    try:
        while chunk := os.read(descriptor, 4096):
            said += chunk
    except OSError:
        pass
    return said


def test_a_slow_command_says_so_on_a_terminal_and_clears_the_line(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        SLOW,
        cwd=tmp_path,
        env=bare_env(tmp_path),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        assert process.stdin
        assert process.stdout
        said = read_until(terminal, b"for 1 s")
        assert said.startswith(b"\r\x1b[Kgait run record: working for 1 s")
        process.stdin.write(INPUT)
        process.stdin.close()
        answer = process.stdout.read()
        said += rest_of(terminal)
        assert process.wait(60) == 0
    os.close(terminal)
    assert said.endswith(b"\r\x1b[K")
    assert answer.startswith(b'{"bundle":')
    assert b"working" not in answer


def test_a_quick_command_says_nothing_on_a_terminal(tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-c", ENTRY, "version", "--json"],
        cwd=tmp_path,
        env=bare_env(tmp_path),
        stdout=subprocess.PIPE,
        stderr=theirs,
        timeout=60,
        check=True,
    )
    os.close(theirs)
    assert done.stdout.startswith(b'{"correlation_id":')
    assert rest_of(terminal) == b""
    os.close(terminal)


def test_a_slow_command_says_nothing_where_stderr_is_no_terminal(tmp_path: Path) -> None:
    """It is slow for as long as one on a terminal beside it needs to say so."""
    terminal, theirs = pty.openpty()
    with (
        subprocess.Popen(
            SLOW, cwd=tmp_path, env=bare_env(tmp_path), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as piped,
        subprocess.Popen(
            SLOW, cwd=tmp_path, env=bare_env(tmp_path), stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=theirs,
        ) as shown,
    ):  # fmt: skip
        os.close(theirs)
        read_until(terminal, b"for 2 s")
        for process in (piped, shown):
            assert process.stdin
            process.stdin.write(INPUT)
            process.stdin.close()
        assert piped.stderr
        assert piped.stderr.read() == b""
        rest_of(terminal)
        assert (piped.wait(60), shown.wait(60)) == (0, 0)
    os.close(terminal)
