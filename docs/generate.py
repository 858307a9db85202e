"""Writes the pages of this folder that are read from the code: `python docs/generate.py`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import fill
from typing import Final

from gait_engine.cli.commands import COMMANDS
from gait_tui import keys
from gait_tui.commands import SPELLINGS, Spelling
from gait_tui.keys import Key
from gait_tui.themes import DEFAULT, ROLES, SHIPPED, TEXTUAL_COLOURS, load_theme, theme_rows

FOLDER: Final = Path(__file__).parent
WIDTH: Final = 130
PICTURES: Final = "../snapshots/tui"
_MADE: Final = "Made by `make docs`; what stands here stands in the code."

_PLACES: Final = {
    "everywhere": keys.PANES,
    "what is read": keys.READING,
    "tabs": keys.BROWSE,
    "lists": keys.LISTS,
}
"""Sets of places that have a name, the widest first."""
_NAMES: Final = {
    keys.LIST: "runs list",
    keys.DETAIL: "run",
    keys.CALLS: "calls of a run",
    keys.SHEET: "details",
    keys.BY_HAND: "text to mark",
    keys.LOG: "engine calls",
}


def pages() -> dict[str, str]:
    """Return every page by its file name."""
    return {"keys.md": keys_page(), "commands.md": commands_page(), "themes.md": themes_page()}


def write(folder: Path = FOLDER) -> None:
    """Write every page."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


# ---------------------------------------------------------------- keys.md


def keys_page() -> str:
    """List every key, what it does and where."""
    return _page(
        "Keys",
        f"The keys of `gait tui`. {_MADE} `?` shows those that work where you are.",
        "Keys that write are capital letters, and each asks first, naming the files; `e` asks for "
        "its path. The last column is the name under which `tui.toml` gives an action other keys: "
        '`keys.down = "j,down"`.',
        *_titled((title, _key_table(group)) for title, group in _GROUPS.items()),
        *_titled(
            (f"After `{keys.BY_ID[name].shown}`", _prefix_table(following))
            for name, following in keys.PREFIXES.items()
        ),
        "## Places",
        "*everywhere* but in dialogs; *what is read*: every screen but help, a command, a text to "
        "mark and the themes; *tabs*: lists and details of the eight main tabs; *lists*: their "
        "lists alone.",
        "## Filter",
        f"What `/` takes: `{keys.FILTER_HELP}`. All of it must hold; case is of no effect.",
    )


_GROUPS: Final = {
    "What it is about": keys.HERE,
    "Moving": keys.MOVE,
    "Everywhere": keys.EVERYWHERE,
}


def _titled(parts: Iterable[tuple[str, str]]) -> Iterator[str]:
    for title, text in parts:
        yield from (f"## {title}", text)


def _key_table(group: str) -> str:
    rows = (
        (_codes(key.shown), key.label + _writes(key), _places(key.places), f"`{key.id}`")
        for key in keys.TABLE
        if key.group == group
    )
    return _table(("key", "does", "where", "name"), rows)


def _prefix_table(found: Iterable[Key]) -> str:
    return _table(("key", "does"), ((_codes(key.shown), key.label) for key in found))


def _codes(shown: str) -> str:
    return " ".join("`\\|`" if word == "|" else f"`{word}`" for word in shown.split())


def _writes(key: Key) -> str:
    return " (writes)" if key.writes else ""


def _places(found: Sequence[str]) -> str:
    """Name the places, whole sets by their own name."""
    left, names = set(found), []
    for name, places in _PLACES.items():
        if left >= set(places):
            left -= set(places)
            names.append(name)
    return ", ".join((*names, *(_NAMES.get(place, place) for place in found if place in left)))


# ---------------------------------------------------------------- commands.md


def commands_page() -> str:
    """List every command, and which of them the screens ask."""
    return _page(
        "Commands",
        f"The commands of `gait`. {_MADE} `gait COMMAND --help` lists the options, `--explain` "
        "says what it is for, `--json` prints one object. What the exit codes mean stands in the "
        "[README](../README.md#commands).",
        _table(("command", "does"), ((f"`gait {one.path}`", one.summary) for one in COMMANDS)),
        "## What the screens ask",
        "Every screen of `gait tui` is a command: `x` shows it with its arguments, `e` "
        "writes what it answers. The screen itself writes nothing, also where the command does.",
        _table(
            ("command", "does", "exits", "writes"),
            (_spelled(spelling) for spelling in SPELLINGS.values()),
        ),
    )


def _spelled(spelling: Spelling) -> tuple[str, ...]:
    command = " ".join(("gait", *spelling.words, *spelling.after, "--json"))
    exits = ", ".join(map(str, spelling.exits))
    return f"`{command}`", spelling.what, exits, " ".join(f"`{path}`" for path in spelling.writes)


# ---------------------------------------------------------------- themes.md


def themes_page() -> str:
    """List the themes, show each, and name what a theme of one's own must hold."""
    rows = (
        (f"`{row.name}`", "dark" if row.is_dark else "light", row.colours) for row in theme_rows()
    )
    return _page(
        "Themes",
        f"The colours of `gait tui`. {_MADE} `T` tries them on, `enter` keeps one; `--theme "
        "NAME` and `theme` in `tui.toml` set it. Colour never says anything alone: each "
        "verdict has a mark and a word. `NO_COLOR` means `mono`.",
        _table(("theme", "ground", "colours"), rows),
        "## A theme of your own",
        "A file `NAME.toml` in `$XDG_CONFIG_HOME/gait/themes` with `name`, `dark`, `ansi` and a "
        "colour, `#RRGGBB` or `ansi_<colour>`, for each of these roles; a table `[xterm256]` "
        "overrides some of them where a terminal has 256 colours. A file that lacks one is refused "
        f"with a warning, and `{DEFAULT}` stands in.",
        _table(("role", *_SAMPLES), _roles({name: _colours(name) for name in _SAMPLES})),
        "## How they look",
        "`ansi` takes the sixteen colours of the terminal: here those of xterm.",
        *(f"### {name}\n\n![{name}]({PICTURES}/theme-{name}.svg)" for name in SHIPPED),
    )


_SAMPLES: Final = (DEFAULT, "gait-light")


def _colours(name: str) -> Mapping[str, str]:
    return load_theme(name, truecolor=True).roles


def _roles(themes: Mapping[str, Mapping[str, str]]) -> Iterator[tuple[str, ...]]:
    for role in (*TEXTUAL_COLOURS, *ROLES):
        yield f"`{role}`", *(f"`{colours[role]}`" for colours in themes.values())


# ---------------------------------------------------------------- markdown


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *map(_wrapped, parts))) + "\n"


def _wrapped(part: str) -> str:
    """Break running text; headings, tables and pictures stay as they are."""
    if part.startswith(("#", "|", "!")):
        return part
    return fill(part, WIDTH, break_long_words=False, break_on_hyphens=False)


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (f"| {' | '.join(cells)} |".replace("|  |", "| |") for cells in (heads, *rows))
    head, *others = lines
    return "\n".join((head, "|---" * len(heads) + "|", *others))


if __name__ == "__main__":
    write()
