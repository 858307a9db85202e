"""Themes from TOML files: every colour has a role, every role a colour, or the file is refused."""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from textual.color import Color, ColorParseError
from textual.theme import Theme

from gait_engine.errors import DependencyMissing, GaitError, InvalidInput, quoted
from gait_engine.resources import themes_dir
from gait_tui.services.files import read_utf8
from gait_tui.views.themelist import ThemeRow

DEFAULT: Final = "gait-dark"
SHIPPED: Final = (
    *("gait-dark", "gait-light", "high-contrast-dark", "high-contrast-light"),
    *("colorblind-dark", "colorblind-light", "mono", "ansi"),
)
"""The shipped themes in the order they are listed in."""
NO_COLOUR: Final = "ansi_default"

TEXTUAL_COLOURS: Final = (
    *("primary", "secondary", "accent", "foreground", "background", "surface", "panel"),
    *("success", "warning", "error"),
)
ROLES: Final = (
    *("muted", "border", "selection", "selection_blur", "data"),
    *("verdict_allow", "verdict_block", "verdict_require_approval", "verdict_dry_run"),
    *("verdict_error", "sev_critical", "sev_high", "sev_medium", "sev_low"),
    *("ok", "failed", "unchecked"),
    *("diff_add", "diff_del", "diff_change", "diff_add_bg", "diff_del_bg"),
    *("match", "mark", "hidden_char", "key_hint"),
)
GROUNDS: Final = ("background", "surface", "panel", "selection", "selection_blur", "data")
"""Everything that any text may stand on; `diff_add_bg` and `diff_del_bg` carry their own alone."""

# Textual's stock widgets ask for these; left alone it would mix them from the primary colour.
_STOCK: Final = {
    "text": "foreground",
    "text-muted": "muted",
    "text-disabled": "muted",
    "foreground-muted": "muted",
    "foreground-disabled": "muted",
    "text-primary": "primary",
    "text-secondary": "secondary",
    "text-success": "success",
    "text-warning": "warning",
    "text-error": "error",
    "text-accent": "accent",
    "border-blurred": "border",
    "surface-active": "selection",
    "block-cursor-foreground": "foreground",
    "block-cursor-background": "selection",
    "block-cursor-blurred-foreground": "foreground",
    "block-cursor-blurred-background": "selection_blur",
    "block-hover-background": "selection_blur",
    "input-cursor-foreground": "background",
    "input-cursor-background": "foreground",
    "input-selection-foreground": "foreground",
    "input-selection-background": "selection",
    "screen-selection-foreground": "foreground",
    "screen-selection-background": "selection",
    "link-color": "accent",
    "link-color-hover": "accent",
    "link-background-hover": "selection",
    "scrollbar": "border",
    "scrollbar-hover": "muted",
    "scrollbar-active": "accent",
    "scrollbar-background": "background",
    "scrollbar-background-hover": "background",
    "scrollbar-background-active": "background",
    "scrollbar-corner-color": "background",
    "ansi-foreground": "foreground",
    "ansi-background": "background",
    "footer-foreground": "foreground",
    "footer-background": "panel",
    "footer-key-foreground": "key_hint",
}
_MONO_STYLES: Final = {
    "cursor-text-style": "bold reverse",
    "block-cursor-text-style": "bold reverse",
    "input-cursor-text-style": "reverse",
}
_COLOURS: Final = (*TEXTUAL_COLOURS, *ROLES)
_COLOUR: Final = re.compile(r"#[0-9A-Fa-f]{6}|ansi_[a-z_]+")
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


class LoadedTheme(NamedTuple):
    """A theme ready for an App.

    `roles` holds every colour of the file under its name there, Textual's ten included; style
    sheets see the same names as `$verdict_allow`. Where `is_mono` is true no colour may reach the
    terminal: the cursor row is reversed instead. `warnings` tells what was refused on the way.
    """

    textual: Theme
    roles: Mapping[str, str]
    warnings: tuple[str, ...] = ()

    @property
    def is_mono(self) -> bool:
        """Tell a theme without any colour."""
        return _is_colourless(self.roles)


def load_theme(name: str, *, truecolor: bool, user_themes: Path | None = None) -> LoadedTheme:
    """Read a theme; one that cannot be used is a warning, and the default stands in for it.

    A file in `user_themes` goes before a shipped one of the same name. Where `truecolor` is false
    the file's `[xterm256]` table lies over its colours.
    Raises DependencyMissing when the default itself is broken.
    """
    try:
        return _read(_find(name, user_themes), truecolor=truecolor)
    except GaitError as error:
        return _default(truecolor=truecolor)._replace(warnings=(error.message,))


def theme_names(user_themes: Path | None = None) -> tuple[str, ...]:
    """List the themes that could be loaded: the shipped ones, then the user's own by name."""
    return (*SHIPPED, *sorted(_own(user_themes) - {*SHIPPED}))


def theme_rows(user_themes: Path | None = None) -> list[ThemeRow]:
    """Describe every theme; one that cannot be used says why."""
    own = _own(user_themes)
    return [_theme_row(name, name in own, user_themes) for name in theme_names(user_themes)]


def _own(user_themes: Path | None) -> set[str]:
    return {path.stem for path in user_themes.glob("*.toml")} if user_themes else set()


def _theme_row(name: str, is_own: bool, user_themes: Path | None) -> ThemeRow:  # noqa: FBT001
    loaded = load_theme(name, truecolor=True, user_themes=user_themes)
    if loaded.warnings:
        return ThemeRow(name, True, "", is_own, loaded.warnings[0])
    colours = "none" if loaded.is_mono else "16" if loaded.textual.ansi else "256 or more"
    return ThemeRow(name, loaded.textual.dark, colours, is_own)


def _default(*, truecolor: bool) -> LoadedTheme:
    try:
        return _read(themes_dir() / f"{DEFAULT}.toml", truecolor=truecolor)
    except GaitError as error:
        raise DependencyMissing(error.message, hint="install gait again") from error


def _find(name: str, user_themes: Path | None) -> Path:
    shipped = themes_dir() / f"{name}.toml"
    own = user_themes / f"{name}.toml" if user_themes else shipped
    if _NAME.fullmatch(name):
        for path in (own, shipped):
            if path.is_file():
                return path
    known = ", ".join(theme_names(user_themes))
    raise InvalidInput(f"theme: {quoted(name)}, expected {known}")


def _read(path: Path, *, truecolor: bool) -> LoadedTheme:
    table = _parsed(path)
    over = table.pop("xterm256", {})
    named = table.pop("name", None)
    if named != path.stem:
        raise InvalidInput(f"name at {path}: {quoted(str(named))}, expected '{path.stem}'")
    if not isinstance(over, dict):
        raise InvalidInput(f"xterm256 at {path}: {quoted(str(over))}, expected a table")
    is_dark, is_ansi = (_switch(table, key, path) for key in ("dark", "ansi"))
    colours = _colours(table, path)
    _check_complete(colours, path)
    fallen = _colours(over, path)
    shown = colours if truecolor else colours | fallen
    return LoadedTheme(_textual(path.stem, shown, is_dark=is_dark, is_ansi=is_ansi), shown)


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(read_utf8(path))
    except OSError as exc:
        raise InvalidInput(f"theme at {path}: {exc.strerror}, expected a readable file") from exc
    except ValueError as exc:
        raise InvalidInput(f"theme at {path}: {exc}, expected TOML in UTF-8") from exc


def _switch(table: dict[str, object], key: str, path: Path) -> bool:
    value = table.pop(key, None)
    if not isinstance(value, bool):
        raise InvalidInput(f"{key} at {path}: {quoted(str(value))}, expected true or false")
    return value


def _colours(table: Mapping[str, object], path: Path) -> dict[str, str]:
    return {role: _colour(role, value, path) for role, value in table.items()}


def _colour(role: str, value: object, path: Path) -> str:
    if role not in _COLOURS:
        raise InvalidInput(f"key at {path}: {quoted(role)}, expected a role of a theme")
    if not isinstance(value, str) or not _is_colour(value):
        wanted = "#RRGGBB or ansi_<colour>"
        raise InvalidInput(f"{role} at {path}: {quoted(str(value))}, expected {wanted}")
    return value


def _check_complete(colours: Mapping[str, str], path: Path) -> None:
    missing = ", ".join(role for role in _COLOURS if role not in colours)
    if missing:
        raise InvalidInput(f"colours at {path}: no {missing}, expected every role of a theme")


def _is_colour(text: str) -> bool:
    try:
        Color.parse(text)
    except ColorParseError:
        return False
    return _COLOUR.fullmatch(text) is not None


def _textual(name: str, colours: Mapping[str, str], *, is_dark: bool, is_ansi: bool) -> Theme:
    theme = Theme(
        name=name,
        dark=is_dark,
        ansi=is_ansi,
        primary=colours["primary"],
        secondary=colours["secondary"],
        accent=colours["accent"],
        foreground=colours["foreground"],
        background=colours["background"],
        surface=colours["surface"],
        panel=colours["panel"],
        success=colours["success"],
        warning=colours["warning"],
        error=colours["error"],
    )
    theme.variables = _variables(theme, colours)
    return theme


def _variables(theme: Theme, colours: Mapping[str, str]) -> dict[str, str]:
    """Name every role for style sheets and set what Textual would mix by itself."""
    stock = {name: colours[role] for name, role in _STOCK.items()}
    own = {**colours, "cursor-text-style": "bold"}
    if not _is_colourless(colours):
        return stock | own
    mixed = theme.to_color_system().generate()
    plain = {name: NO_COLOUR for name, value in mixed.items() if value.startswith("ansi_")}
    return plain | stock | own | _MONO_STYLES


def _is_colourless(colours: Mapping[str, str]) -> bool:
    return set(colours.values()) == {NO_COLOUR}
