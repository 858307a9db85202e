"""Running a program once for its answer, bounded in time, in words and in what it can reach.

No shell takes part. The program gets three pipes, the environment and the working directory of
the host, and a session of its own, so that all it starts can be ended with it; no other
descriptor. What it says is returned or forgotten: it stands in no error.
"""

import os
import signal
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple, TypeVar

from gait_engine.errors import quoted
from gait_engine.gate.broker.faults import no_credential
from gait_engine.host import Host

if TYPE_CHECKING:
    from subprocess import Popen
    from threading import Semaphore

TextT = TypeVar("TextT", bytes, bytearray)

MAX_SECONDS: Final = 5.0
"""For the whole of it: starting, being told, answering, ending."""
MAX_OUTPUT: Final = 16 * 1024
"""In bytes, stdout and stderr together."""

_PIECE: Final = 4 * 1024


class _Heard(NamedTuple):
    """What a program has said so far."""

    stdout: bytearray
    stderr: bytearray

    @property
    def is_too_much(self) -> bool:
        return len(self.stdout) + len(self.stderr) > MAX_OUTPUT


def answer_of(argv: Sequence[str], request: bytes, *, seconds: float, host: Host) -> bytes:
    """Start a program, hand it a request on stdin, return what it says on stdout.

    Raises DependencyMissing when it cannot be started, fails, takes longer than `seconds`, says
    more than 16 KiB, or anything on stderr: that the peer takes for a part of the answer.
    """
    with _started(argv, host) as child:
        try:
            return _conversation(child, request, seconds, host)
        finally:
            _end(child)


def find_program(command: str, host: Host) -> str:
    """Return the absolute path of a program, a bare name looked up in the folders of PATH.

    A folder of PATH that is relative, such as the working directory, is passed over. Raises
    DependencyMissing.
    """
    from shutil import which

    if Path(command).name != command:
        return str(host.cwd / os.path.normpath(command))
    folders = host.env.get("PATH", "").split(os.pathsep)
    found = which(command, path=os.pathsep.join(f for f in folders if Path(f).is_absolute()))
    if found is None or not Path(found).is_absolute():
        raise no_credential(
            f"credential command {quoted(command)}: not in PATH, expected a program",
            hint="give its full path with --credential-command",
        )
    return found


def _started(argv: Sequence[str], host: Host) -> "Popen[bytes]":
    import subprocess  # asking a program is what this broker is for

    try:
        return subprocess.Popen(  # noqa: S603  # named by the operator, and no shell reads it
            argv,
            executable=find_program(argv[0], host),
            cwd=host.cwd,
            env=host.env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,
        )
    except (OSError, ValueError) as exc:
        found = (isinstance(exc, OSError) and exc.strerror) or "no text that can be passed on"
        raise no_credential(
            f"credential command {quoted(argv[0])}: {found}, expected a program that can be run"
        ) from exc


def _conversation(child: "Popen[bytes]", request: bytes, seconds: float, host: Host) -> bytes:
    from subprocess import TimeoutExpired

    deadline = host.monotonic() + seconds

    def left() -> float:
        return max(0.0, deadline - host.monotonic())

    heard, is_over = _hear_out(child, request, left)
    if heard.is_too_much:
        raise no_credential(
            f"credential command: more than {MAX_OUTPUT} bytes of output, expected at most that"
        )
    with suppress(TimeoutExpired):
        if is_over:
            _require_success(child.wait(left()), heard)
            return bytes(heard.stdout)
    raise no_credential(f"credential command: still at work after {seconds} s, expected an answer")


def _hear_out(
    child: "Popen[bytes]", request: bytes, left: Callable[[], float]
) -> tuple[_Heard, bool]:
    """Hand over the request and listen to both streams at once; no one of them can block it.

    Return what was heard, and whether all of it came before the time was up. The threads end
    with the program; one that a stray descendant keeps waiting keeps nothing else.
    """
    from threading import Semaphore, Thread

    heard, ended = _Heard(bytearray(), bytearray()), Semaphore(0)
    tasks = (
        (_tell, child.stdin, request),
        (_listen, child.stdout, heard.stdout),
        (_listen, child.stderr, heard.stderr),
    )
    for task in tasks:
        Thread(target=_counted, args=(ended, *task), daemon=True).start()
    for _ in tasks:
        if not ended.acquire(timeout=left()):
            return heard, False
        if heard.is_too_much:
            break
    return heard, True


def _counted(
    ended: "Semaphore", task: Callable[[IO[bytes], TextT], None], pipe: IO[bytes], text: TextT
) -> None:
    try:
        with suppress(OSError, ValueError):  # the other end is closed, or meanwhile ours
            task(pipe, text)
    finally:
        ended.release()


def _tell(pipe: IO[bytes], request: bytes) -> None:
    with pipe:
        rest = memoryview(request)
        while rest:
            rest = rest[pipe.write(rest) :]


def _listen(pipe: IO[bytes], kept: bytearray) -> None:
    while len(kept) <= MAX_OUTPUT and (piece := pipe.read(_PIECE)):
        kept += piece


def _require_success(status: int, heard: _Heard) -> None:
    if status:
        found = f"exit status {status}" if status > 0 else f"signal {-status}"
        raise no_credential(f"credential command: {found}, expected success")
    if heard.stderr.strip():
        raise no_credential(
            "credential command: text on stderr, expected an answer on stdout and nothing else",
            hint="let the command write its messages to a file",
        )


def _end(child: "Popen[bytes]") -> None:
    """End a program that is still there with all it has started, unless that left its session.

    Only before it has been waited for: its number may be another process's afterwards.
    """
    if child.returncode is not None:
        return
    if hasattr(os, "killpg"):
        with suppress(OSError):
            os.killpg(child.pid, signal.SIGKILL)
    child.kill()
