"""`gait tui`: reads the options, refuses what is no terminal, and only then imports Textual."""

import sys
from collections.abc import Sequence
from typing import Final

from gait_engine.errors import DependencyMissing, GaitError, quoted
from gait_engine.host import Host
from gait_tui.request import USAGE, Request, parse
from gait_tui.services.stdio import is_terminal, read_pipe, terminal_as_stdin, write_stdout

WEB_MODULES: Final = ("aiohttp", "textual_serve")


def main(argv: Sequence[str], host: Host) -> int:
    """Run the terminal UI; return its exit code."""
    try:
        request = parse(argv)
        return _answer(request, host)
    except GaitError as error:
        sys.stderr.write(f"gait tui: {error.message}\nhint: {error.hint}\n")
        return error.exit_code


def _answer(request: Request, host: Host) -> int:
    if "--help" in request.switches:
        write_stdout(USAGE)
    elif "--print-config" in request.switches:
        from gait_tui.keys import default_lines
        from gait_tui.services.config import DEFAULTS

        write_stdout(DEFAULTS + default_lines())
    elif "--plain" in request.switches:
        return _plain(request, host)
    elif "--web" in request.switches:
        return _web(request, host)
    else:
        return _screen(request, host)
    return 0


def _plain(request: Request, host: Host) -> int:
    from gait_tui.bridge import Bridge
    from gait_tui.plain import RUNS, plain_text

    target = _target(request)
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
    ascii_only = "--ascii" in request.switches or encoding not in {"utf8", "utf16"}
    bridge, tab = Bridge(host, request.roots), request.screen or RUNS
    text, exit_code = plain_text(target, bridge, ascii_only=ascii_only, tab=tab)
    write_stdout(text)
    return exit_code


def _web(request: Request, host: Host) -> int:
    try:
        from gait_tui.web.server import serve
    except ModuleNotFoundError as exc:
        missing = (exc.name or "").partition(".")[0]
        if missing not in WEB_MODULES:
            raise
        raise DependencyMissing(
            f"option --web: module {quoted(missing)} is not installed, expected it",
            hint="pip install 'gait[web]'",
        ) from exc

    return serve(request._replace(target=_target(request)), host)


def _screen(request: Request, host: Host) -> int:
    from gait_tui.services.term import read_terminal, require_terminal

    is_windows = host.os_name == "windows"
    require_terminal(
        host.env,
        stdin=request.target == "-" or is_terminal(sys.stdin),
        stdout=is_terminal(sys.stdout),
        instead="gait tui --plain",
        is_windows=is_windows,
    )
    target = _target(request)
    terminal = read_terminal(host.env, is_windows=is_windows)
    from gait_tui.start import run

    return run(request, target, terminal, host)


def _target(request: Request) -> str:
    """Return the target; `-` is read from stdin, which is then given back to the terminal."""
    if request.target != "-":
        return request.target
    from gait_tui.targets import from_pipe

    text = from_pipe(read_pipe())
    if not {"--plain", "--web"} & request.switches:
        terminal_as_stdin()
    return text


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Host()))
