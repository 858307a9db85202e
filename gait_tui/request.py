"""The command line of the terminal UI."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_tui.tabs import TABS

USAGE: Final = """\
usage: gait tui [TARGET|-] [--root DIR]... [--screen NAME] [--theme NAME] [--ascii]
                [--no-mouse] [--read-only] [--config FILE] [--plain] [--print-config]
       gait tui --web [--port N] [...]

See what needs a person, check a ticket, browse runs, traces and packs, approve.
Reading never writes.

  TARGET         a ticket line (GAIT run_id=...), a run id or a path; - reads it from stdin
  --root DIR     look for runpacks here; may be repeated (default: gait-out, ~/.gait/runpacks)
  --screen NAME  begin with inbox, runs, traces, approvals, scout, regress, evidence or health
  --theme NAME   gait-dark, gait-light, high-contrast-dark, high-contrast-light,
                 colorblind-dark, colorblind-light, mono, ansi or a theme of your own
  --ascii        draw with ASCII characters only
  --no-mouse     leave the mouse to the terminal
  --read-only    no key writes a file, as with GAIT_TUI_READ_ONLY=1
  --config FILE  read these settings instead of tui.toml
  --plain        print as text the runs, the tab of --screen, or what TARGET is; exit
  --web          show it in a browser of this machine, read only, until ctrl+c
  --port N       at http://127.0.0.1:N/ (default: 8000; 0: any free port)
  --print-config print every setting at its default, and exit
"""
DEFAULT_PORT: Final = 8000
MAX_PORT: Final = 65_535
_WITH_VALUE: Final = {"--root", "--screen", "--theme", "--config", "--port"}
_SWITCHES: Final = {
    *("--ascii", "--no-mouse", "--read-only", "--plain", "--web", "--print-config", "--help"),
}


class Request(NamedTuple):
    """What the command line asks for."""

    target: str = ""
    roots: tuple[str, ...] = ()
    theme: str = ""
    screen: str = ""
    config: str = ""
    port: int = DEFAULT_PORT
    switches: frozenset[str] = frozenset()

    def as_arguments(self) -> list[str]:
        """Spell the request again: `parse` reads the same from it."""
        return [
            *sorted(self.switches),
            *(f"--root={root}" for root in self.roots),
            *([f"--screen={self.screen}"] if self.screen else []),
            *([f"--theme={self.theme}"] if self.theme else []),
            *([f"--config={self.config}"] if self.config else []),
            *([f"--port={self.port}"] if self.port != DEFAULT_PORT else []),
            *(["--", self.target] if self.target else []),
        ]


def parse(argv: Sequence[str]) -> Request:
    """Read the arguments. Raises InvalidInput."""
    found: dict[str, list[str]] = {name: [] for name in (*_WITH_VALUE, "")}
    switches = set()
    for name, value in _options(argv):
        if name in _SWITCHES:
            switches.add(name)
        else:
            found[name].append(value)
    if len(found[""]) > 1:
        raise _wrong(found[""][1], "one ticket, run id or path")
    if found["--port"] and "--web" not in switches:
        raise _wrong("--port", "--web beside it")
    if switches >= {"--web", "--plain"}:
        raise _wrong("--plain", "none beside --web")
    return Request(
        target=found[""][0] if found[""] else "",
        roots=tuple(found["--root"]),
        theme=found["--theme"][-1] if found["--theme"] else "",
        screen=_screen(found["--screen"][-1]) if found["--screen"] else "",
        config=found["--config"][-1] if found["--config"] else "",
        port=_port(found["--port"][-1]) if found["--port"] else DEFAULT_PORT,
        switches=frozenset(switches),
    )


def _screen(name: str) -> str:
    names = [tab.id for tab in TABS]
    if name not in names:
        raise _wrong(name, f"one of {', '.join(names)}")
    return name


def _port(text: str) -> int:
    if not re.fullmatch("[0-9]{1,5}", text) or int(text) > MAX_PORT:
        raise _wrong(f"--port {text}", f"a number from 0 to {MAX_PORT}")
    return int(text)


def _options(argv: Sequence[str]) -> Iterator[tuple[str, str]]:
    words = iter(argv)
    for word in words:
        name, equals, value = word.partition("=")
        if word == "--":
            yield from (("", rest) for rest in words)
        elif word == "-" or not word.startswith("-"):
            yield "", word
        elif word in _SWITCHES:
            yield word, ""
        elif name in _WITH_VALUE:
            if not equals:
                value = next(words, "")
            if not value:
                raise _wrong(word, "a value after it")
            yield name, value
        else:
            raise _wrong(word, "an option of gait tui")


def _wrong(found: str, wanted: str) -> InvalidInput:
    return InvalidInput(f"argument: {quoted(found)}, expected {wanted}", hint="gait tui --help")
