"""Settings of the terminal UI: defaults, the user's tui.toml, then what a project may set."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta, Struct, ValidationError, convert

from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_tui.services.configlists import COLUMNS, SORTS, is_sortable, unknown_column

Tab = Literal["inbox", "runs", "traces", "approvals", "scout", "regress", "evidence", "health"]
Duration = Annotated[str, Meta(pattern=r"^([0-9]+(\.[0-9]+)?(h|m|s))+$")]
Count = Annotated[int, Meta(ge=1)]


class Columns(Struct, frozen=True, forbid_unknown_fields=True):
    """The columns of each list in their order; empty means the list's own."""

    inbox: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    traces: tuple[str, ...] = ()
    approvals: tuple[str, ...] = ()
    scout: tuple[str, ...] = ()
    regress: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    health: tuple[str, ...] = ()


class Sort(Struct, frozen=True, forbid_unknown_fields=True):
    """The column each list is sorted by; a minus in front reverses it, empty is the list's own."""

    inbox: str = ""
    runs: str = ""
    traces: str = ""
    approvals: str = ""
    scout: str = ""
    regress: str = ""
    evidence: str = ""
    health: str = ""


class Approval(Struct, frozen=True, forbid_unknown_fields=True):
    """What the form of an approval begins with; no `approver` or `key_path` is asked for."""

    default_ttl: Duration = "15m"
    max_ttl: Duration = "24h"
    approver: str = ""
    key_path: str = ""
    trace_public_key: str = ""
    kill_switch_state: str = ""
    wrkr_inventory: str = ""


class Index(Struct, frozen=True, forbid_unknown_fields=True):
    """How much is looked at: what goes beyond is told, never half shown."""

    max_files: Count = 1_000_000
    max_file_mb: Count = 64


class Config(Struct, frozen=True, forbid_unknown_fields=True):
    """Every setting with its default; no `roots` means the engine's own, `keys` go by binding."""

    roots: tuple[str, ...] = ()
    theme: str = "auto"
    glyphs: Literal["auto", "unicode", "ascii"] = "auto"
    mouse: bool = True
    screen: Tab = "inbox"
    poll_seconds: Annotated[float, Meta(ge=0.1, le=3600)] = 1.0
    bell: bool = False
    read_only: bool = False
    pager: str = ""
    clipboard: Literal["auto", "tmux", "pbcopy", "wl-copy", "xclip", "clip.exe", "osc52"] = "auto"
    wrap: bool = False
    columns: Columns = Columns()
    sort: Sort = Sort()
    approval: Approval = Approval()
    index: Index = Index()
    keys: Mapping[str, str] = {}


class Loaded(NamedTuple):
    """Settings in force, what was wrong with the files, and the files that were read."""

    config: Config
    warnings: tuple[str, ...]
    sources: tuple[Path, ...]
    own: Path
    """Where the user's file is, or would be."""


class _File(NamedTuple):
    path: Path
    may_set: tuple[str, ...]
    roots_in: Path | None


_TABS: Final = Columns.__struct_fields__

DEFAULTS: Final = f"""\
# Every setting of the terminal UI at its default. Keep what you change in
# $XDG_CONFIG_HOME/gait/tui.toml; a project sets roots, columns and sort in .gait/tui.toml.

roots = []          # folders to look in; none: where gait writes
theme = "auto"      # auto, a shipped theme, or one in $XDG_CONFIG_HOME/gait/themes
glyphs = "auto"     # auto, unicode, ascii
mouse = true        # false leaves the mouse to the terminal
screen = "inbox"    # the tab to begin with
poll_seconds = 1.0  # how often the folders are looked at, 0.1 to 3600
bell = false        # ring when a new approval waits
read_only = false   # no key writes a file
pager = ""          # shows raw files; empty: $PAGER
clipboard = "auto"  # auto, tmux, pbcopy, wl-copy, xclip, clip.exe, osc52
wrap = false        # long lines in details

[columns]           # columns in their order; none: all that fit
{chr(10).join(f"{tab} = []  # {' '.join(COLUMNS[tab])}" for tab in _TABS)}

[sort]              # a column; a minus in front reverses it
{chr(10).join(f'{tab} = ""  # {" ".join(SORTS[tab]) or "its order is fixed"}' for tab in _TABS)}

[approval]
default_ttl = "15m" # how long a token counts unless it is changed
max_ttl = "24h"     # the longest that can be chosen
approver = ""       # your name in tokens and in the review log
key_path = ""       # the private key that signs them; none: nothing is approved or denied
trace_public_key = ""  # the key that traces must verify with; none: not checked
kill_switch_state = "" # the state file of the kill switch
wrkr_inventory = ""    # what is known of tools

[index]
max_files = 1000000 # files looked at below all roots
max_file_mb = 64    # larger files are listed and not opened unasked

[keys]              # by binding: down = "j,down"
"""

_SWITCH: Final = "true or false"
_GROUP: Final = "a table of settings"
_DURATION: Final = "a duration such as 15m or 1h30m"
_WANTED: Final = {
    "roots": "a list of folders",
    "theme": "auto or the name of a theme",
    "glyphs": "auto, unicode or ascii",
    "mouse": _SWITCH,
    "screen": f"one of {', '.join(_TABS)}",
    "poll_seconds": "a number from 0.1 to 3600",
    "bell": _SWITCH,
    "read_only": _SWITCH,
    "pager": "a command",
    "clipboard": "auto, tmux, pbcopy, wl-copy, xclip, clip.exe or osc52",
    "wrap": _SWITCH,
    "columns": _GROUP,
    **{f"columns.{tab}": "a list of columns" for tab in _TABS},
    "sort": _GROUP,
    **{f"sort.{tab}": "the name of a column" for tab in _TABS},
    "approval": _GROUP,
    "approval.default_ttl": _DURATION,
    "approval.max_ttl": _DURATION,
    "approval.approver": "a name",
    "approval.key_path": "the path of a private key",
    "approval.trace_public_key": "the path of a public key",
    "approval.kill_switch_state": "the path of a file",
    "approval.wrkr_inventory": "the path of a file",
    "index": _GROUP,
    "index.max_files": "a number from 1",
    "index.max_file_mb": "a number from 1",
    "keys": _GROUP,
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
    return Loaded(convert(table, Config), tuple(warnings), sources, own)


def asked_to_read_only(config: Config, env: Mapping[str, str], *, flag: bool) -> str:
    """Say who asked that no key writes: the option, the environment or the settings, in order."""
    if flag:
        return "--read-only"
    if env.get("GAIT_TUI_READ_ONLY", "") not in ("", "0"):
        return "GAIT_TUI_READ_ONLY"
    return "read_only in tui.toml" if config.read_only else ""


def why_read_only(config: Config, env: Mapping[str, str], *, flag: bool) -> str:
    """Say why nothing may be approved or denied in a session; empty where it may."""
    asked = asked_to_read_only(config, env, flag=flag)
    if asked:
        return f"asked for by {asked}"
    return "" if config.approval.key_path else "no approval.key_path in tui.toml"


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
        config = convert(alone, Config)
    except ValidationError:
        return f"{name} is {quoted(str(value))}, expected {wanted}"
    if group in ("columns", "sort"):
        return _unlisted(name, config)
    outside = [root for root in config.roots if not _is_inside(root, source.roots_in)]
    return f"roots has {quoted(outside[0])}, expected folders of the project" if outside else ""


def _unlisted(name: str, config: Config) -> str:
    """Say which name is no column of a list, or none that it can be sorted by."""
    group, _, tab = name.partition(".")
    if group == "columns" and (unknown := unknown_column(tab, getattr(config.columns, tab))):
        return f"{name} has {quoted(unknown)}, expected {', '.join(COLUMNS[tab])}"
    sort = getattr(config.sort, tab) if group == "sort" else ""
    if is_sortable(tab, sort):
        return ""
    wanted = ", ".join(SORTS[tab]) or "none: its order is fixed"
    return f"{name} is {quoted(sort)}, expected {wanted}"


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
