"""The few real tools a replay may run, each only when named by the operator (runpack.md 6.1)."""

import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.runpack import Intent
from gait_engine.errors import GaitError
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import normal, trim

if TYPE_CHECKING:
    from subprocess import Popen

_SHELL_SECONDS: Final = 5
_MAX_OUTPUT: Final = 65_536

_Args = Mapping[str, Any]


class Outcome(NamedTuple):
    """What a call came to: a status and the digest of its result."""

    status: str
    digest: str


class _ToolError(Exception):
    """A tool that failed; its text is what the outcome digests."""


def run_tool(intent: Intent, folder: Path) -> Outcome:
    """Run one recorded call for real in a folder; a failure is an outcome, not an exception."""
    args: dict[str, Any] = {} if intent.args is UNSET else msgspec.json.decode(intent.args)
    tool = _TOOLS.get(normal(intent.tool_name))
    if tool is None:
        return _failed(f"unsupported real tool: {intent.tool_name}")
    try:
        return Outcome("ok", sha256_hex(tool(args, folder)))
    except _ToolError as exc:
        return _failed(str(exc))


def _failed(reason: str) -> Outcome:
    return Outcome("error", sha256_hex(reason.encode()))


def _text(args: _Args, name: str) -> str:
    value = args.get(name)
    return trim(value) if isinstance(value, str) else ""


def _echo(args: _Args, _folder: Path) -> bytes:
    return (_text(args, "message") or "echo").encode()


def _write_file(args: _Args, folder: Path) -> bytes:
    path, content = _text(args, "path"), _text(args, "content").encode()
    if not path:
        raise _ToolError("file.write requires args.path")
    try:
        make_dirs((folder / path).parent)
        write_atomic(folder / path, content)
    except GaitError as exc:
        raise _ToolError(exc.message) from exc
    return content


def _run_shell(args: _Args, folder: Path) -> bytes:
    import subprocess  # running a recorded command is what real replay is for

    command = _text(args, "command")
    if not command:
        raise _ToolError("shell.exec requires args.command")
    try:
        with subprocess.Popen(  # noqa: S603  # named by the operator, behind every switch
            ["sh", "-lc", command],  # noqa: S607  # the operator's own shell
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            bufsize=0,
            start_new_session=True,
        ) as shell:
            output, status = _waited_for(shell)
    except (OSError, ValueError) as exc:
        raise _ToolError(str(exc)) from exc
    if status:
        raise _ToolError(f"exit status {status}" if status > 0 else f"signal {-status}")
    return output


def _waited_for(shell: "Popen[bytes]") -> tuple[bytes, int]:
    """Return what a command says, cut, and its exit status; end it and its children in time."""
    from subprocess import TimeoutExpired
    from threading import Thread

    kept = bytearray()
    reader = Thread(target=_read_to_end, args=(shell.stdout, kept), daemon=True)
    reader.start()
    reader.join(_SHELL_SECONDS)
    with suppress(TimeoutExpired):
        if not reader.is_alive():
            return bytes(kept), shell.wait(_SHELL_SECONDS)
    _end(shell)
    reader.join(_SHELL_SECONDS)
    raise _ToolError(f"shell.exec still at work after {_SHELL_SECONDS} s")


def _read_to_end(pipe: IO[bytes], kept: bytearray) -> None:
    with suppress(OSError, ValueError):  # closed meanwhile, when a child of the child holds it
        while chunk := pipe.read(_MAX_OUTPUT):
            kept += chunk[: _MAX_OUTPUT - len(kept)]


def _end(shell: "Popen[bytes]") -> None:
    if hasattr(os, "killpg"):
        os.killpg(shell.pid, signal.SIGKILL)
    else:
        shell.kill()


_TOOLS: Final[dict[str, Callable[[_Args, Path], bytes]]] = {
    **dict.fromkeys(("echo", "tool.echo"), _echo),
    **dict.fromkeys(("file.write", "fs.write", "write_file"), _write_file),
    **dict.fromkeys(("shell.exec", "exec", "command.run"), _run_shell),
}
