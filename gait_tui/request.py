"""The command line of the terminal UI."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted
from gait_tui.tabs import TABS

USAGE: Final = """\
usage: gait tui [TARGET|-] [--root DIR]... [--screen NAME] [--theme NAME] [--ascii]
                [--no-mouse] [--read-only] [--config FILE] [--plain] [--print-config]

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
  --plain        print what the screen would show as text, and exit
  --print-config print every setting at its default, and exit
"""
_WITH_VALUE: Final = {"--root", "--screen", "--theme", "--config"}
_SWITCHES: Final = {"--ascii", "--no-mouse", "--read-only", "--plain", "--print-config", "--help"}


class Request(NamedTuple):
    """What the command line asks for."""

    target: str = ""
    roots: tuple[str, ...] = ()
    theme: str = ""
    screen: str = ""
    config: str = ""
    switches: frozenset[str] = frozenset()


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
    return Request(
        target=found[""][0] if found[""] else "",
        roots=tuple(found["--root"]),
        theme=found["--theme"][-1] if found["--theme"] else "",
        screen=_screen(found["--screen"][-1]) if found["--screen"] else "",
        config=found["--config"][-1] if found["--config"] else "",
        switches=frozenset(switches),
    )


def _screen(name: str) -> str:
    names = [tab.id for tab in TABS]
    if name not in names:
        raise _wrong(name, f"one of {', '.join(names)}")
    return name


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
