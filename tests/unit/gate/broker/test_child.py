import os
import select
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gait_engine.errors import DependencyMissing
from gait_engine.gate.broker.child import MAX_OUTPUT, answer_of, find_program
from tests.support.brokers import machine, program
from tests.support.hosts import FrozenHost

PATIENCE = 60.0
"""Longer than any program here takes that is not meant to run out of time."""
SHORT = 0.3
ENOUGH = 1.5
"""For a program to start, and what it starts; that it then has to be ended is the point."""

STUCK = "import os; r, w = os.pipe(); os.read(r, 1)"
"""Waits for ever: nobody writes to a pipe of one's own."""

on_posix = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs FIFOs and process groups")


def said(code: str, host: FrozenHost, request: bytes = b"{}", seconds: float = PATIENCE) -> bytes:
    return answer_of(program(code), request, seconds=seconds, host=host)


def refusal(code: str, host: FrozenHost, seconds: float = PATIENCE) -> str:
    with pytest.raises(DependencyMissing) as caught:
        said(code, host, seconds=seconds)
    assert caught.value.code == "broker_credential_missing"
    return caught.value.message


@pytest.fixture
def host(tmp_path: Path) -> FrozenHost:
    return machine(tmp_path)


@pytest.fixture
def lifeline(tmp_path: Path) -> Iterator[Callable[[], bytes]]:
    """A FIFO `alive` in the working directory; returns what came once no writer is left."""
    os.mkfifo(tmp_path / "alive")
    reader = os.open(tmp_path / "alive", os.O_RDONLY | os.O_NONBLOCK)

    def until_all_are_gone() -> bytes:
        heard = b""
        while select.select([reader], [], [], PATIENCE)[0]:
            piece = os.read(reader, 100)
            if not piece:
                return heard
            heard += piece
        pytest.fail("a process is still alive")

    yield until_all_are_gone
    os.close(reader)


def test_a_program_reads_the_request_on_stdin_and_answers_on_stdout(host: FrozenHost) -> None:
    echo = "import sys; sys.stdout.write(sys.stdin.read().upper())"
    assert said(echo, host, b'{"a":"b"}') == b'{"A":"B"}'


def test_a_request_larger_than_a_pipe_arrives_whole(host: FrozenHost) -> None:
    count = "import sys; print(len(sys.stdin.buffer.read()))"
    assert said(count, host, b"x" * 1_000_000).split() == [b"1000000"]


def test_a_program_need_not_read_its_request(host: FrozenHost) -> None:
    assert said("print('done')", host, b"x" * 1_000_000).split() == [b"done"]


def test_arguments_reach_the_program_as_they_are(host: FrozenHost) -> None:
    argv = (*program("import sys; print(sys.argv[1:])"), "$(touch x)", "; *", "")
    answer = answer_of(argv, b"", seconds=PATIENCE, host=host)
    assert answer.split(b"\n")[0].strip() == b"['$(touch x)', '; *', '']"
    assert list(host.cwd.iterdir()) == []


def test_a_program_gets_environment_and_working_directory_of_the_host(tmp_path: Path) -> None:
    look = "import os; print(os.environ['GREETING'], os.path.samefile(os.getcwd(), '{}'))"
    host = machine(tmp_path, GREETING="hello")
    assert said(look.format(tmp_path.as_posix()), host).split() == [b"hello", b"True"]


@on_posix
def test_a_program_inherits_no_descriptor(host: FrozenHost) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    look = f"""
import os
try:
    os.fstat({writer})
except OSError:
    print("closed")
"""
    try:
        assert said(look, host).strip() == b"closed"
    finally:
        os.close(reader)
        os.close(writer)


@pytest.mark.parametrize(
    ("out", "err", "is_too_much"),
    [
        (MAX_OUTPUT, 0, False),
        (MAX_OUTPUT + 1, 0, True),
        (MAX_OUTPUT - 9, 9, False),
        (MAX_OUTPUT - 9, 10, True),
        (0, MAX_OUTPUT + 1, True),
    ],
)
def test_both_streams_together_may_say_16_kib(
    out: int, err: int, host: FrozenHost, *, is_too_much: bool
) -> None:
    code = f"import sys; sys.stdout.write(' ' * {out}); sys.stderr.write(' ' * {err})"
    if is_too_much:
        assert "more than 16384 bytes of output" in refusal(code, host)
    else:
        assert said(code, host) == b" " * out


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_that_never_stops_talking_is_ended(stream: str, host: FrozenHost) -> None:
    code = f"import sys\nwhile True: sys.{stream}.write('x' * 1000)"
    assert "more than 16384 bytes of output" in refusal(code, host)


def test_a_word_on_stderr_spoils_the_answer_white_space_does_not(host: FrozenHost) -> None:
    assert "text on stderr" in refusal("import sys; print('ok'); print('!', file=sys.stderr)", host)
    assert said("import sys; print('ok'); print(file=sys.stderr)", host).strip() == b"ok"


def test_a_failure_is_told_by_its_status(host: FrozenHost) -> None:
    assert refusal("print('{}'); raise SystemExit(7)", host) == (
        "credential command: exit status 7, expected success"
    )


@on_posix
def test_a_death_is_told_by_its_signal(host: FrozenHost) -> None:
    message = refusal("import os; os.kill(os.getpid(), 9)", host)
    assert message == "credential command: signal 9, expected success"


@pytest.mark.parametrize(
    "code", [STUCK, f"import os; os.close(1); os.close(2); {STUCK}", f"print('x'); {STUCK}"]
)
def test_a_program_that_does_not_come_to_an_end_is_ended(code: str, host: FrozenHost) -> None:
    assert "still at work after 0.3 s" in refusal(code, host, SHORT)


def test_a_program_that_does_not_take_its_request_is_ended(host: FrozenHost) -> None:
    with pytest.raises(DependencyMissing, match="still at work"):
        said(STUCK, host, b"x" * 1_000_000, SHORT)


def test_a_program_is_ended_where_there_are_no_process_groups(
    host: FrozenHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "killpg", raising=False)
    assert "still at work" in refusal(STUCK, host, SHORT)


@on_posix
def test_no_process_is_left_of_a_program_that_was_ended(
    host: FrozenHost, lifeline: Callable[[], bytes]
) -> None:
    code = f"import os; f = open('alive', 'w'); print(os.getpid(), file=f, flush=True); {STUCK}"
    assert "still at work" in refusal(code, host, ENOUGH)
    pid = int(lifeline())
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)


GRANDCHILD = """
import subprocess, sys
code = "f = open('alive', 'w'); f.write('x'); f.flush(); import os; r, w = os.pipe(); os.read(r, 1)"
subprocess.Popen([sys.executable, "-I", "-S", "-c", code]{})
open('alive').read(1)
"""
"""Starts a program that never ends and holds the streams; goes on once that is there."""


@on_posix
@pytest.mark.parametrize("then", ["", "r, w = __import__('os').pipe(); open(r).read()"])
def test_what_a_program_has_started_ends_with_it(
    then: str, host: FrozenHost, lifeline: Callable[[], bytes]
) -> None:
    assert "still at work" in refusal(GRANDCHILD.format("") + then, host, ENOUGH)
    assert lifeline() == b""


@on_posix
def test_a_descendant_that_left_the_session_makes_nobody_wait(
    host: FrozenHost, tmp_path: Path
) -> None:
    os.mkfifo(tmp_path / "leave")
    held = os.open(tmp_path / "leave", os.O_RDWR)  # closed, it lets the stray one go
    code = """
import subprocess, sys
code = "import signal; signal.alarm(60); open('leave').read()"
subprocess.Popen([sys.executable, "-I", "-S", "-c", code], start_new_session=True)
"""
    try:
        assert "still at work" in refusal(code, host, ENOUGH)
    finally:
        os.close(held)


def test_a_program_that_is_not_there_is_told_by_its_name(host: FrozenHost) -> None:
    with pytest.raises(DependencyMissing, match=r"credential command '\./nothing': "):
        answer_of(("./nothing",), b"", seconds=PATIENCE, host=host)


def test_an_argument_that_no_program_can_get_is_not_shown(host: FrozenHost) -> None:
    with pytest.raises(DependencyMissing, match="no text that can be passed on") as caught:
        answer_of((sys.executable, "planted\0"), b"", seconds=PATIENCE, host=host)
    assert "planted" not in caught.value.message


def test_a_path_is_taken_from_the_working_directory_and_shortened(tmp_path: Path) -> None:
    host = FrozenHost(tmp_path)
    assert find_program("./a/../b", host) == str(tmp_path / "b")
    assert find_program(str(tmp_path / "a" / ".." / "b"), host) == str(tmp_path / "b")


@on_posix
def test_a_bare_name_is_looked_up_in_the_absolute_folders_of_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for folder in ("bin", "relative"):
        (tmp_path / folder).mkdir()
    for path in ("tool", "relative/tool", "bin/tool"):
        (tmp_path / path).touch(mode=0o755)
    host = FrozenHost(tmp_path, {"PATH": f":relative:.:{tmp_path / 'bin'}"})
    assert find_program("tool", host) == str(tmp_path / "bin" / "tool")


@pytest.mark.parametrize("env", [{}, {"PATH": ""}, {"PATH": "."}])
def test_a_bare_name_that_is_not_in_path_is_not_found(
    env: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "tool").touch(mode=0o755)
    with pytest.raises(DependencyMissing, match="'tool': not in PATH"):
        find_program("tool", FrozenHost(tmp_path, env))
