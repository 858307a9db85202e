"""Copies text by the first way that works here, and says which way it was."""

import shutil
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from typing import Final, NamedTuple

MAX_OSC52: Final = 74_994
"""Encoded bytes that the terminals with the smallest buffer still take in one sequence."""

WAYS: Final = ("auto", "tmux", "pbcopy", "wl-copy", "xclip", "clip.exe", "osc52")
_SECONDS: Final = 2.0
_COMMANDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tmux": ("tmux", "load-buffer", "-w", "-"),
    "pbcopy": ("pbcopy",),
    "wl-copy": ("wl-copy",),
    "xclip": ("xclip", "-selection", "clipboard"),
    "clip.exe": ("clip.exe",),
}
# A tool that is installed but has no display to talk to would only cost its time-out.
_NEEDS: Final = {"wl-copy": "WAYLAND_DISPLAY", "xclip": "DISPLAY"}


class Copied(NamedTuple):
    """How a copy went: the way used, how many characters, and what was wrong if nothing was."""

    way: str
    characters: int
    problem: str = ""

    def __str__(self) -> str:
        """Say it in words for the status row."""
        if self.problem:
            return f"not copied: {self.problem}"
        sent = "sent to the terminal by OSC 52" if self.way == "osc52" else f"by {self.way}"
        return f"copied {self.characters:,} characters {sent}"


def copy(
    text: str, *, env: Mapping[str, str], write: Callable[[str], object], way: str = "auto"
) -> Copied:
    """Put text on the clipboard; `write` sends escapes to the terminal.

    May take 2 s per tool: call it from a worker. OSC 52 is never answered, so "sent" is all that
    is known then. `way` is one of WAYS; only that one is tried.
    """
    tried = _ways(env) if way == "auto" else (way,)
    for name in tried:
        if name == "osc52":
            return _by_terminal(text, write)
        if _by_command(name, text, env):
            return Copied(name, len(text))
    return Copied("", len(text), f"not taken by {', '.join(tried) or 'any tool'}")


def _ways(env: Mapping[str, str]) -> tuple[str, ...]:
    """List the ways worth trying, the surest first.

    tmux and screen swallow a bare OSC 52 as they come, so there it would be a false success.
    """
    in_tmux = bool(env.get("TMUX"))
    first = ("tmux",) if in_tmux else ()
    swallowed = in_tmux or bool(env.get("STY"))
    return (*first, *_local_tools(env), *(() if swallowed else ("osc52",)))


def _local_tools(env: Mapping[str, str]) -> Iterable[str]:
    """Name the tools of this machine; over ssh its clipboard is not the user's."""
    if env.get("SSH_CONNECTION"):
        return ()
    tools = ("pbcopy", "wl-copy", "xclip", "clip.exe")
    return tuple(name for name in tools if name not in _NEEDS or env.get(_NEEDS[name]))


def _by_command(name: str, text: str, env: Mapping[str, str]) -> bool:
    argv = _COMMANDS[name]
    program = shutil.which(argv[0], path=env.get("PATH", ""))
    if program is None:
        return False
    encoding = "utf-16-le" if name == "clip.exe" else "utf-8"
    try:
        done = subprocess.run(  # noqa: S603 - a fixed list, the text goes through stdin
            [program, *argv[1:]],
            input=text.encode(encoding, "backslashreplace"),
            env=dict(env),
            # xclip and wl-copy stay in the background to serve the text: a pipe would never end.
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _by_terminal(text: str, write: Callable[[str], object]) -> Copied:
    encoded = b64encode(text.encode("utf-8", "backslashreplace")).decode("ascii")
    if len(encoded) > MAX_OSC52:
        found = f"{len(encoded):,} encoded bytes"
        return Copied("", len(text), f"{found} by OSC 52, expected at most {MAX_OSC52:,}")
    write(f"\x1b]52;c;{encoded}\x07")
    return Copied("osc52", len(text))
