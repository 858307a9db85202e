"""The front of the CLI: finds the command, parses its line, prints its answer, sets the exit code.

The only place that catches GaitError, and the only one that catches everything. A command loads
its own module and no other; `version` loads nothing. Contract: runpack.md 8.
"""

import gc
import sys

from gait_engine import __version__
from gait_engine.environ import ENVIRONMENT

TYPE_CHECKING = False  # the module `typing` alone would double the cost of `gait version`
if TYPE_CHECKING:
    from collections.abc import Callable

    from gait_engine.cli.commands import Command
    from gait_engine.cli.line import Line, Stream
    from gait_engine.contract.answers.base import Answer
    from gait_engine.errors import GaitError
    from gait_engine.host import Host

_VERSION_WORDS = ("version", "--version", "-v")
_HELP_WORDS = ("--help", "-h", "help")
_EVENT_LOGS = ("GAIT_ADOPTION_LOG", "GAIT_OPERATIONAL_LOG")
_RECURSION_LIMIT = 8_000
_BAD_INPUT = 6
_INTERRUPTED = 130


def run() -> None:
    """Run the command line of this process: the `gait` entry point."""
    try:
        code = main(sys.argv[1:])
    except KeyboardInterrupt:  # while modules were still loading
        code = _INTERRUPTED
    gc.freeze()  # what is still alive ends with the process: no last search for cycles in it
    sys.exit(code)


def main(argv: list[str], host: "Host | None" = None) -> int:
    """Answer one command line and return the exit code; log it where the environment asks."""
    gc.disable()  # a command ends before garbage in cycles could matter
    if any(name in ENVIRONMENT for name in _EVENT_LOGS):
        return _logged(argv, host)
    return _answered(argv, host)


def _logged(argv: list[str], host: "Host | None") -> int:
    from gait_engine.api.envelope import correlation_id
    from gait_engine.cli.stdout import complain
    from gait_engine.host import Host
    from gait_engine.scout.events import logged

    return logged(
        lambda: _answered(argv, host),
        argv,
        correlation_id=correlation_id(argv),
        host=host or Host(),
        warn=complain,
    )


def _answered(argv: list[str], host: "Host | None") -> int:
    if not argv or (len(argv) == 1 and argv[0] in _VERSION_WORDS):
        return _print(f"gait {host.producer_version if host else __version__}\n")
    if argv[0] == "tui":
        return _open_tui(argv[1:], host)
    return _dispatch(argv, host)


def _dispatch(argv: list[str], host: "Host | None") -> int:
    from gait_engine.cli.commands import GROUPS, explanation, find_command, usage

    if _wants_explanation(argv):
        return _print(f"{explanation(argv)}\n")
    if argv[0] in _HELP_WORDS:
        return _print(f"{usage()}\n")
    command, length = find_command(argv)
    if argv[0] in _VERSION_WORDS:
        command, length = find_command(["version"])
    if command is None and argv[0] in GROUPS:
        return _group_usage(argv, usage)
    if command is None:
        return _fail(_unknown(argv[0]), argv)
    return _run_command(command, argv, length, host)


def _wants_explanation(argv: list[str]) -> bool:
    """Tell whether a line asks what its command is for; `gate eval --json` explains itself."""
    if not any(word.strip() == "--explain" for word in argv):
        return False
    from gait_engine.cli.output import wants_json

    return argv[:2] != ["gate", "eval"] or not wants_json(argv)


def _group_usage(argv: list[str], usage: "Callable[[str], str]") -> int:
    """Print what a group offers; only `keys --help` is no mistake, as in the contract."""
    from gait_engine.cli.output import wants_json
    from gait_engine.errors import InvalidInput, quoted

    group = "run session" if argv[:2] == ["run", "session"] else argv[0]
    is_asked_for = argv[:2] == ["keys", "--help"]
    if wants_json(argv) and not is_asked_for:
        error = InvalidInput(
            f"command: {quoted(' '.join(argv))}, expected one that gait {group} lists",
            hint=f"gait {group}",
        )
        return _fail(error, argv)
    failed = _print(f"{usage(group)}\n")
    return failed if is_asked_for else _BAD_INPUT


def _run_command(command: "Command", argv: list[str], length: int, host: "Host | None") -> int:
    from gait_engine.cli import output
    from gait_engine.cli.line import Line, Stream
    from gait_engine.errors import GaitError
    from gait_engine.host import Host

    sys.setrecursionlimit(max(_RECURSION_LIMIT, sys.getrecursionlimit()))
    try:
        answer = _answer(command, argv[length:], Line(argv, host or Host()))
        if isinstance(answer, str):
            return _print(answer)
        if isinstance(answer, Stream):
            return output.emit_stream(answer.batches)
        return output.emit(answer, argv, command.render)
    except GaitError as exc:
        return _fail(exc, argv, _base_of(command))
    except KeyboardInterrupt:
        return _INTERRUPTED
    except Exception as exc:  # noqa: BLE001  # the last line: a defect is reported, never a traceback
        return _fail(_defect(exc), argv, _base_of(command))


def _answer(command: "Command", args: list[str], line: "Line") -> "Answer | Stream | str":
    """Answer a command, by the quick road where there is one; it loads its own group only."""
    from importlib import import_module

    from gait_engine.cli.quick import quick_answer

    answer = quick_answer(command.path, args, line)
    if answer is not None:
        return answer
    from gait_engine.cli.parse import call

    module = import_module(f"gait_engine.cli.groups.{command.module}")
    return call(getattr(module, command.function), command.path, args, line)


def _base_of(command: "Command") -> "Answer | None":
    """Return what a failed command says beside its error, if its group has something to say."""
    group = sys.modules.get(f"gait_engine.cli.groups.{command.module}")
    base: Answer | None = getattr(group, "FAILED", {}).get(command.path)
    return base


def _unknown(name: str) -> "GaitError":
    from gait_engine.errors import InvalidInput, quoted

    error = InvalidInput(
        f"command: {quoted(name)}, expected one that gait --help lists", hint="gait --help"
    )
    if name == "mcp-verify":
        from gait_engine.contract.answers.base import Answer, Migration

        error.hint = "use: gait mcp verify"
        error.answer = Answer(
            ok=False,
            migration=Migration(
                kind="command",
                deprecated_command="gait mcp-verify",
                replacement_command="gait mcp verify",
            ),
        )
    return error


def _defect(exc: Exception) -> "GaitError":
    from gait_engine.errors import InternalFailure, InvalidInput, quoted

    if isinstance(exc, MemoryError | RecursionError):
        return InvalidInput(f"input: too large or nested too deep ({type(exc).__name__})")
    return InternalFailure(f"internal error: {type(exc).__name__}: {quoted(str(exc))}")


def _fail(error: "GaitError", argv: list[str], base: "Answer | None" = None) -> int:
    from gait_engine.api.envelope import failure
    from gait_engine.cli import output

    return output.emit(failure(error, base), argv) or error.exit_code


def _open_tui(argv: list[str], host: "Host | None") -> int:
    if any(word.strip() == "--explain" for word in argv):
        return _dispatch(["tui", "--explain"], host)
    from importlib import import_module

    from gait_engine.errors import DependencyMissing, InvalidInput, quoted
    from gait_engine.host import Host

    gc.enable()  # the workbench stays open for hours
    try:
        tui = import_module("gait_tui.__main__")
    except ModuleNotFoundError as exc:
        missing = DependencyMissing(
            f"terminal UI: module {quoted(exc.name or '')} is not installed, expected it",
            hint="install gait with its terminal UI, or use gait index --json",
        )
        return _fail(missing, ["tui", *argv])
    if any(word == "--json" for word in argv):
        pictures_only = InvalidInput(
            "gait tui: option --json, expected none: a screen has no JSON form",
            hint="use gait index --json, or press x on a screen for its command",
        )
        return _fail(pictures_only, ["tui", *argv])
    code: int = tui.main(argv, host or Host())
    return code


def _print(text: str) -> int:
    from gait_engine.cli.stdout import write

    return write(text.encode())
