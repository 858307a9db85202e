"""A disk that fails and a process that dies, at the n-th call that changes a file or its name.

The calls are those of the operating system, as the code under test finds them in `os`; pathlib
goes through them too.
"""

import errno
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

CALLS: Final = (
    *("open", "write", "fsync", "ftruncate", "fchmod", "chmod"),
    *("replace", "rename", "link", "unlink", "mkdir"),
)
DISK_ERRORS: Final = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.EINTR)
KILLED: Final = 137

RealCall = Callable[..., Any]
Fault = Callable[[str, RealCall, tuple[Any, ...], dict[str, Any]], Any]


def fail(number: int) -> Fault:
    """Let the call raise this errno without doing anything."""

    def act(_name: str, _real: RealCall, _args: tuple[Any, ...], _kw: dict[str, Any]) -> Any:
        raise OSError(number, os.strerror(number))

    return act


def die(name: str, real: RealCall, args: tuple[Any, ...], _kw: dict[str, Any]) -> Any:
    """End the process at once, as kill -9 does; a write gets half of its bytes out first."""
    if name == "write":
        real(args[0], bytes(args[1])[: len(args[1]) // 2])
    os._exit(KILLED)


def stop_short(name: str, real: RealCall, args: tuple[Any, ...], kw: dict[str, Any]) -> Any:
    """Let a write take half of its bytes and say so; other calls are left alone."""
    if name == "write":
        return real(args[0], bytes(args[1])[: len(args[1]) // 2])
    return real(*args, **kw)


@contextmanager
def fault_at(n: int, fault: Fault) -> Iterator[list[str]]:
    """Let the n-th of the calls made inside meet `fault`; yields the names of the calls so far."""
    made: list[str] = []
    real_calls = {name: getattr(os, name) for name in CALLS if hasattr(os, name)}

    def watched(name: str, real: RealCall) -> RealCall:
        def call(*args: Any, **kw: Any) -> Any:
            made.append(name)
            return fault(name, real, args, kw) if len(made) == n else real(*args, **kw)

        return call

    for name, real in real_calls.items():
        setattr(os, name, watched(name, real))
    try:
        yield made
    finally:
        for name, real in real_calls.items():
            setattr(os, name, real)


def calls_of(work: Callable[[], object]) -> list[str]:
    """Run the work undisturbed and name the calls it makes, in order."""
    with fault_at(0, die) as made:
        work()
    return made


def in_child(work: Callable[[], object]) -> int:
    """Run the work in a forked process; its exit status is 0, 1 for an exception, or KILLED."""
    return in_children([work])[0]


def in_children(works: Iterable[Callable[[], object]]) -> list[int]:
    """Run every piece of work at the same time, each in a forked process; return their statuses."""
    pids = [_fork(work) for work in works]
    return [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]


def _fork(work: Callable[[], object]) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return pid


def killed_at(n: int, work: Callable[[], object]) -> int:
    """Run the work in a forked process that dies at its n-th call."""

    def doomed() -> None:
        with fault_at(n, die):
            work()

    return in_child(doomed)
