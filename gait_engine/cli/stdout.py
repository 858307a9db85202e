"""Writing to stdout so that a lost answer is never taken for success, and to stderr as it goes."""

import os
import sys

BROKEN = 1


def write(data: bytes) -> int:
    """Write to stdout and flush; return 0, or 1 when the reader is gone or the disk is full."""
    if sys.stdout is None:
        return _lost("closed")
    try:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _silence(1)
        return BROKEN
    except OSError as exc:
        _silence(1)
        return _lost((exc.strerror or str(exc)).lower())
    return 0


def complain(*lines: str) -> None:
    """Write lines that are safe to print to stderr; no exit code depends on whether that works."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write("".join(f"{line}\n" for line in lines))
        sys.stderr.flush()
    except (OSError, ValueError):
        _silence(2)


def _lost(found: str) -> int:
    complain(
        f"error: stdout: {found}, expected room for the answer",
        "code:  io_failure",
        "fix:   give the command an open stdout with room, then run it again",
    )
    return BROKEN


def _silence(descriptor: int) -> None:
    """Keep the interpreter's own last flush from failing a second time."""
    try:
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, descriptor)
        os.close(null)
    except OSError:
        return
