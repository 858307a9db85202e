"""Standard input and output where they are not what a screen wants: pipes, closed ends."""

import os
import sys

from gait_engine.errors import InvalidInput

MAX_PIPED = 64 * 1024


def is_terminal(stream: object) -> bool:
    """Tell a terminal; a closed or missing stream is none."""
    try:
        return bool(getattr(stream, "isatty", lambda: False)())
    except ValueError:
        return False


def read_pipe() -> bytes:
    """Read what was piped in. Raises InvalidInput when stdin is closed."""
    try:
        return sys.stdin.buffer.read(MAX_PIPED)
    except (AttributeError, ValueError, OSError) as error:
        raise InvalidInput("stdin: closed, expected a ticket line, a run id or a path") from error


def terminal_as_stdin() -> None:
    """Take keys from the terminal once the pipe is read. Raises InvalidInput without one."""
    try:
        terminal = os.open("/dev/tty", os.O_RDWR)
    except OSError as error:
        raise InvalidInput(
            "stdin: a pipe and no terminal behind it, expected one for the keys",
            hint="run 'gait tui --plain -'",
        ) from error
    os.dup2(terminal, 0)
    os.close(terminal)


def write_stdout(text: str) -> None:
    """Print all of a text. Raises InvalidInput when stdout is closed; a reader may leave early."""
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    except (AttributeError, ValueError, OSError) as error:
        raise InvalidInput("stdout: closed, expected an open one") from error
