"""Settings of the terminal UI: defaults, the user's tui.toml, then what a project may set."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct, ValidationError, convert

from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """The columns of each list in their order; empty means the list's own."""

    runs: tuple[str, ...] = ()


class Sort(Struct, frozen=True, forbid_unknown_fields=True):
    """The column each list is sorted by; a minus in front reverses it."""

    runs: str = ""


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default; no `roots` means the engine's own, `keys` go by binding."""

    roots: tuple[str, ...] = ()
    theme: str = "auto"
    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    mouse: bool = True
    poll_seconds: Annotated[float, Meta(ge=0.1, le=3600)] = 1.0
    clipboard: Literal["auto", "tmux", "pbcopy", "wl-copy", "xclip", "clip.exe", "osc52"] = "auto"
    wrap: bool = False
    columns: Columns = Columns()
    sort: Sort = Sort()
    keys: Mapping[str, str] = {}


class Loaded(NamedTuple):
    """Settings in force, what was wrong with the files, and the files that were read."""

    config: Config
    warnings: tuple[str, ...]
    sources: tuple[Path, ...]


class _File(NamedTuple):
    path: Path
    may_set: tuple[str, ...]
    roots_in: Path | None


DEFAULTS: Final = """\
# Every setting of the terminal UI at its default. Keep what you change in
# $XDG_CONFIG_HOME/gait/tui.toml; a project sets roots, columns and sort in .gait/tui.toml.

roots = []          # folders to look in; none: where gait writes
theme = "auto"      # auto, a shipped theme, or one in $XDG_CONFIG_HOME/gait/themes
glyphs = "auto"     # auto, unicode, ascii
mouse = true        # false leaves the mouse to the terminal
poll_seconds = 1.0  # how often the folders are looked at, 0.1 to 3600
clipboard = "auto"  # auto, tmux, pbcopy, wl-copy, xclip, clip.exe, osc52
wrap = false        # long lines in details

[columns]
runs = []           # columns in their order; none: all that fit

[sort]
runs = ""           # a column; a minus in front reverses it

[keys]              # by binding: down = "j,down"
"""

_WANTED: Final = {
    "roots": "a list of folders",
    "theme": "auto or the name of a theme",
    "glyphs": "auto, unicode or ascii",
    "mouse": "true or false",
    "poll_seconds": "a number from 0.1 to 3600",
    "clipboard": "auto, tmux, pbcopy, wl-copy, xclip, clip.exe or osc52",
    "wrap": "true or false",
    "columns": "a table of settings",
    "columns.runs": "a list of columns",
    "sort": "a table of settings",
    "sort.runs": "the name of a column",
    "keys": "a table of settings",
    "keys.<id>": "keys parted by commas",
}
# A project is somebody else's text: it may say where its artifacts are and how to list them.
_PROJECT_MAY_SET: Final = ("roots", "columns", "sort")
_HEADER: Final = re.compile(r"\s*\[\s*([\w.-]+)\s*\]")
_ASSIGNMENT: Final = re.compile(r"\s*[\"']?([\w.-]+)[\"']?\s*=")
_HINT: Final = "run 'gait tui --print-config' to see every setting"


def load_config(host: Host, *, file: str = "") -> Loaded:
    """Read the user's file, or `file` or $GAIT_TUI_CONFIG in its place, then the project's.

    What cannot be used is a warning and keeps its default.
    Raises InvalidInput when a file that was asked for by name is not there.
    """
    asked = file or host.env.get("GAIT_TUI_CONFIG", "")
    own = host.cwd / asked if asked else config_folder(host) / "tui.toml"
    project = host.cwd / ".gait" / "tui.toml"
    if asked and not own.is_file():
        raise InvalidInput(f"configuration: {quoted(asked)}, expected a file", hint=_HINT)
    files = (
        _File(own, Config.__struct_fields__, None),
        _File(project, _PROJECT_MAY_SET, host.cwd),
    )
    warnings: list[str] = []
    table: dict[str, object] = {}
    for source in files:
        for name, value in _usable(source, warnings):
            _put(table, name, value)
    sources = tuple(source.path for source in files if source.path.is_file())
    return Loaded(convert(table, Config), tuple(warnings), sources)


def config_folder(host: Host) -> Path:
    """Return $XDG_CONFIG_HOME/gait; a relative value counts as unset, as that standard says."""
    return _xdg(host, "XDG_CONFIG_HOME", ".config")


def state_folder(host: Host) -> Path:
    """Return $XDG_STATE_HOME/gait."""
    return _xdg(host, "XDG_STATE_HOME", ".local/state")


def themes_folder(host: Host) -> Path:
    """Return the folder of the user's own themes."""
    return config_folder(host) / "themes"


def _xdg(host: Host, name: str, otherwise: str) -> Path:
    given = Path(host.env.get(name, ""))
    return (given if given.is_absolute() else host.home / otherwise) / "gait"


def _usable(source: _File, warnings: list[str]) -> Iterator[tuple[str, object]]:
    """Yield the settings of a file under dotted names; what is wrong goes into `warnings`."""
    text = _text(source.path, warnings)
    for name, value in _flat(_parsed(source.path, text, warnings)):
        problem = _problem(name, value, source)
        if problem:
            warnings.append(f"setting at {source.path}:{_line(text, name)}: {problem}")
        else:
            yield name, value


def _text(path: Path, warnings: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as exc:
        warnings.append(f"configuration at {path}: {exc}, expected a readable file in UTF-8")
        return ""


def _parsed(path: Path, text: str, warnings: list[str]) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        warnings.append(f"configuration at {path}: {exc}, expected TOML")
        return {}


def _flat(table: Mapping[str, object]) -> Iterator[tuple[str, object]]:
    for name, value in table.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", deep) for inner, deep in value.items())
        else:
            yield name, value


def _put(table: dict[str, object], name: str, value: object) -> None:
    group, _, key = name.partition(".")
    if not key:
        table[name] = value
    elif isinstance(inner := table.setdefault(group, {}), dict):
        inner[key] = value


def _problem(name: str, value: object, source: _File) -> str:
    """Say what is wrong with one setting; empty when nothing is."""
    group = name.partition(".")[0]
    wanted = _WANTED.get("keys.<id>" if group == "keys" and group != name else name)
    if wanted is None:
        return f"{quoted(name)}, expected {', '.join(_WANTED)}"
    if group not in source.may_set:
        return f"{name}, expected {', '.join(source.may_set)}: a project sets nothing else"
    alone: dict[str, object] = {}
    _put(alone, name, value)
    try:
        roots = convert(alone, Config).roots
    except ValidationError:
        return f"{name} is {quoted(str(value))}, expected {wanted}"
    outside = [root for root in roots if not _is_inside(root, source.roots_in)]
    return f"roots has {quoted(outside[0])}, expected folders of the project" if outside else ""


def _is_inside(root: str, folder: Path | None) -> bool:
    return folder is None or (folder / root).resolve().is_relative_to(folder.resolve())


def _line(text: str, name: str) -> int:
    """Find the line of a setting: the parser keeps none. Line 1 where it cannot be told."""
    group, header = name.partition(".")[0], ""
    for number, line in enumerate(text.splitlines(), 1):
        if opened := _HEADER.match(line):
            header = f"{opened[1]}."
        assigned = _ASSIGNMENT.match(line)
        if assigned and f"{header}{assigned[1]}" in (name, group):
            return number
    return 1
