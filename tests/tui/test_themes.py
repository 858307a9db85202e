from itertools import product
from pathlib import Path
from typing import Final

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from textual.app import ComposeResult
from textual.widgets import Input, OptionList, Static

from gait_engine.resources import themes_dir
from gait_tui import themes
from gait_tui.themes import GROUNDS, ROLES, SHIPPED, TEXTUAL_COLOURS, load_theme
from gait_tui.widgets.base import PaintedApp
from gait_tui.widgets.paint import Palette

COLOURED: Final = (
    *("gait-dark", "gait-light", "high-contrast-dark", "high-contrast-light"),
    *("colorblind-dark", "colorblind-light"),
)
NOT_TEXT: Final = {*GROUNDS, "border", "diff_add_bg", "diff_del_bg"}
TEXT_ROLES: Final = [role for role in (*TEXTUAL_COLOURS, *ROLES) if role not in NOT_TEXT]
PAIRS: Final = [("verdict_allow", "verdict_block"), ("diff_add", "diff_del"), ("ok", "failed")]

Rgb = tuple[float, float, float]

# Machado, Oliveira, Fernandes 2009, severity 1.0, for linear sRGB.
VISION: Final = {
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "tritanopia": (
        (1.255528, -0.076749, -0.178779),
        (-0.078411, 0.930809, 0.147602),
        (0.004733, 0.691367, 0.303900),
    ),
}


def linear(colour: str) -> Rgb:
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return _unfolded(red), _unfolded(green), _unfolded(blue)


def _unfolded(channel: float) -> float:
    if channel <= 0.04045:
        return channel / 12.92
    return float(((channel + 0.055) / 1.055) ** 2.4)


def luminance(rgb: Rgb) -> float:
    red, green, blue = rgb
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """WCAG 2 ratio."""
    dark, light = sorted((luminance(linear(one)), luminance(linear(other))))
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: Rgb) -> Rgb:
    """CIE 1976 L*a*b* under D65."""
    red, green, blue = rgb
    x = _cube((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047)
    y = _cube(luminance(rgb))
    z = _cube((0.0193339 * red + 0.1191920 * green + 0.9503041 * blue) / 1.08883)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def _cube(ratio: float) -> float:
    return float(ratio ** (1 / 3)) if ratio > 0.008856 else 7.787 * ratio + 16 / 116


def seen(rgb: Rgb, vision: str) -> Rgb:
    red, green, blue = (
        min(1.0, max(0.0, sum(weight * part for weight, part in zip(row, rgb, strict=True))))
        for row in VISION[vision]
    )
    return red, green, blue


def distance(one: Rgb, other: Rgb) -> float:
    squares = ((a - b) ** 2 for a, b in zip(lab(one), lab(other), strict=True))
    return float(sum(squares) ** 0.5)


def fallen(colour: str) -> str:
    """The colour a terminal with 256 of them shows, chosen by rich."""
    reduced = RichColor.parse(colour).downgrade(ColorSystem.EIGHT_BIT)
    return str(reduced.get_truecolor().hex)


# What terminals show for the sixteen colours unless their user chose others; black, the three
# kinds of white and grey, then the bright ones: red, green, yellow, cyan.
SIXTEEN: Final = {
    "linux": "000000 AAAAAA 555555 FFFFFF FF5555 55FF55 FFFF55 55FFFF",
    "xterm": "000000 E5E5E5 7F7F7F FFFFFF FF0000 00FF00 FFFF00 00FFFF",
    "windows": "0C0C0C CCCCCC 767676 F2F2F2 E74856 16C60C F9F1A5 61D6D6",
    "vscode": "000000 E5E5E5 666666 E5E5E5 F14C4C 23D18B F5F543 29B8DB",
}
SIXTEEN_NAMES: Final = (
    *("black", "white", "bright_black", "bright_white"),
    *("bright_red", "bright_green", "bright_yellow", "bright_cyan"),
)


def in_terminal(terminal: str) -> dict[str, str]:
    """The colours of the theme `ansi` as a terminal shows them."""
    shown = dict(zip(SIXTEEN_NAMES, SIXTEEN[terminal].split(), strict=True))
    roles = load_theme("ansi", truecolor=False).roles
    return {role: f"#{shown[colour.removeprefix('ansi_')]}" for role, colour in roles.items()}


def wanted_contrast(name: str) -> float:
    return 7.0 if name.startswith("high-contrast") else 4.5


def palette(name: str, *, truecolor: bool) -> dict[str, str]:
    roles = load_theme(name, truecolor=truecolor).roles
    return {role: shown if truecolor else fallen(shown) for role, shown in roles.items()}


def write_theme(folder: Path, change: tuple[str, str], name: str = "mine") -> Path:
    text = (themes_dir() / "gait-dark.toml").read_text(encoding="utf-8")
    old, new = change
    assert old in text
    text = text.replace('"gait-dark"', f'"{name}"').replace(old, new)
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("truecolor", [True, False], ids=["truecolor", "256"])
@pytest.mark.parametrize("name", COLOURED)
def test_every_text_role_is_readable_on_every_ground(name: str, *, truecolor: bool) -> None:
    shown = palette(name, truecolor=truecolor)
    on_grounds = {
        f"{role} on {ground}": contrast(shown[role], shown[ground])
        for role, ground in product(TEXT_ROLES, GROUNDS)
    }
    wanted = wanted_contrast(name)
    assert {pair: ratio for pair, ratio in on_grounds.items() if ratio < wanted} == {}


@pytest.mark.parametrize("terminal", SIXTEEN)
def test_the_sixteen_colours_are_readable_on_black(terminal: str) -> None:
    """A reversed selection has the contrast of what it reverses."""
    shown = in_terminal(terminal)
    on_grounds = [contrast(shown[role], shown["background"]) for role in TEXT_ROLES]
    assert min(on_grounds) >= 4.5
    assert len({shown[ground] for ground in (*GROUNDS, "diff_add_bg", "diff_del_bg")}) == 1
    for pair in PAIRS:
        one, other = (lab(linear(shown[role]))[0] for role in pair)
        assert abs(one - other) >= 10


@pytest.mark.parametrize("truecolor", [True, False], ids=["truecolor", "256"])
@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("role", ["diff_add", "diff_del", "foreground"])
def test_changed_lines_are_readable_on_their_own_ground(
    name: str, *, truecolor: bool, role: str
) -> None:
    shown = palette(name, truecolor=truecolor)
    grounds = ["diff_add_bg", "diff_del_bg"] if role == "foreground" else [f"{role}_bg"]
    ratio = min(contrast(shown[role], shown[ground]) for ground in grounds)
    assert ratio >= wanted_contrast(name)


@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_opposites_differ_in_lightness_alone(name: str, pair: tuple[str, str]) -> None:
    shown = palette(name, truecolor=True)
    one, other = (lab(linear(shown[role]))[0] for role in pair)
    assert abs(one - other) >= 15


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize("name", COLOURED)
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_opposites_stay_apart_for_every_colour_vision(
    name: str, pair: tuple[str, str], vision: str
) -> None:
    """A CIE 1976 distance of 12 is about five just noticeable differences."""
    shown = palette(name, truecolor=True)
    one, other = (seen(linear(shown[role]), vision) for role in pair)
    assert distance(one, other) >= 12


def test_the_colour_arithmetic_reproduces_published_figures() -> None:
    red, blue = linear("#FF0000"), linear("#0000FF")
    assert contrast("#FFFFFF", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
    assert lab(red) == pytest.approx((53.24, 80.09, 67.20), abs=0.05)
    assert distance(red, blue) == pytest.approx(176.31, abs=0.1)


@pytest.mark.parametrize("vision", VISION)
def test_grey_looks_the_same_to_every_colour_vision(vision: str) -> None:
    assert seen((0.5, 0.5, 0.5), vision) == pytest.approx((0.5, 0.5, 0.5), abs=1e-4)


def test_every_shipped_theme_loads_without_a_warning() -> None:
    loaded = {name: load_theme(name, truecolor=True) for name in themes.theme_names()}
    assert sorted(loaded) == sorted(path.stem for path in themes_dir().glob("*.toml"))
    assert {name: (theme.textual.name, theme.warnings) for name, theme in loaded.items()} == {
        name: (name, ()) for name in loaded
    }


def test_mono_alone_is_without_colour() -> None:
    names = themes.theme_names()
    assert [name for name in names if load_theme(name, truecolor=True).is_mono] == ["mono"]


def test_a_table_for_256_colours_must_be_a_table(tmp_path: Path) -> None:
    path = write_theme(tmp_path, ("dark = true", "dark = true\nxterm256 = 3"))
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.index("# Used where")], encoding="utf-8")
    loaded = load_theme("mine", truecolor=True, user_themes=tmp_path)
    assert loaded.warnings == (f"xterm256 at {path}: '3', expected a table",)


def test_a_theme_that_cannot_be_read_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'name = "\xff"')
    loaded = load_theme("mine", truecolor=True, user_themes=tmp_path)
    assert "expected TOML in UTF-8" in loaded.warnings[0]


def test_256_colours_take_the_table_made_for_them() -> None:
    whole = load_theme("gait-dark", truecolor=True)
    reduced = load_theme("gait-dark", truecolor=False)
    assert (whole.roles["selection"], reduced.roles["selection"]) == ("#23364A", "#3A3A3A")
    assert whole.roles["match"] == reduced.roles["match"]
    assert reduced.textual.background == "#121212"


def test_every_role_is_a_variable_of_style_sheets() -> None:
    loaded = load_theme("gait-dark", truecolor=True)
    in_force = loaded.textual.to_color_system().generate() | loaded.textual.variables
    assert {role: in_force[role].upper() for role in loaded.roles} == dict(loaded.roles)


def test_a_users_theme_goes_before_a_shipped_one(tmp_path: Path) -> None:
    write_theme(tmp_path, ('match = "#FFE08A"', 'match = "#FFFFFF"'), "gait-dark")
    loaded = load_theme("gait-dark", truecolor=True, user_themes=tmp_path)
    assert (loaded.roles["match"], loaded.warnings) == ("#FFFFFF", ())


BROKEN: Final = [
    pytest.param(('match = "#FFE08A"', 'match = "#FFE08"'), "'#FFE08'", id="short-colour"),
    pytest.param(('match = "#FFE08A"', 'match = "pink"'), "'pink'", id="css-name"),
    pytest.param(('match = "#FFE08A"', 'match = "ansi_puce"'), "'ansi_puce'", id="no-such-ansi"),
    pytest.param(('match = "#FFE08A"', "match = 7"), "'7'", id="number"),
    pytest.param(('match = "#FFE08A"', ""), "no match", id="missing-role"),
    pytest.param(('match = "#FFE08A"', 'mach = "#FFE08A"'), "'mach'", id="unknown-role"),
    pytest.param(("dark = true", 'dark = "yes"'), "'yes'", id="dark-not-a-switch"),
    pytest.param(("[xterm256]", "xterm256 = 3"), "TOML", id="broken-toml"),
    pytest.param(("[xterm256]", "[xterm88]"), "'xterm88'", id="unknown-table"),
    pytest.param(('border = "#585858"', 'border = "58"'), "'58'", id="bad-in-xterm256"),
    pytest.param(('"mine"', '"yours"'), "'yours', expected 'mine'", id="other-name"),
]


@pytest.mark.parametrize(("change", "told"), BROKEN)
def test_a_broken_theme_is_a_warning_and_the_default(
    tmp_path: Path, change: tuple[str, str], told: str
) -> None:
    path = write_theme(tmp_path, ("# meaning", "# mine"))
    text = path.read_text(encoding="utf-8")
    assert change[0] in text
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    loaded = load_theme("mine", truecolor=True, user_themes=tmp_path)
    assert loaded.textual.name == "gait-dark"
    assert told in loaded.warnings[0]
    assert str(path) in loaded.warnings[0]


@pytest.mark.parametrize("name", ["", "nope", "../gait-dark", "/etc/passwd", "Gait-Dark", "a\x1b"])
def test_an_unknown_theme_is_a_warning_that_lists_the_known(name: str) -> None:
    loaded = load_theme(name, truecolor=True)
    assert loaded.textual.name == "gait-dark"
    assert f"expected {', '.join(SHIPPED)}" in loaded.warnings[0]
    assert "\x1b" not in loaded.warnings[0]


class Samples(PaintedApp):
    """Stock widgets and one role as text."""

    CSS = "#allow { color: $verdict_allow; background: $data; } OptionList { height: 6; }"

    def compose(self) -> ComposeResult:
        yield Static("allow", id="allow")
        yield Input("typed")
        yield OptionList(*map(str, range(90)))

    def wear(self, name: str) -> None:
        loaded = load_theme(name, truecolor=True)
        self.palette = Palette(loaded.roles, is_mono=loaded.is_mono, ascii_only=False)
        self.register_theme(loaded.textual)
        self.theme = name


async def colours_on_screen(*names: str) -> set[str]:
    """Wear themes one after the other; return the colours that are shown under the last."""
    app = Samples()
    app.wear(names[0])
    async with app.run_test(size=(40, 20)) as pilot:
        for name in names:
            app.wear(name)
            await pilot.pause()
        strips = app.screen._compositor.render_strips()
        shown = [segment.style for strip in strips for segment in strip if segment.style]
        colours = [colour for style in shown for colour in (style.color, style.bgcolor)]
        return {colour.name for colour in colours if colour is not None}


@pytest.mark.parametrize("before", [(), ("gait-dark",), ("ansi",)], ids=str)
async def test_mono_shows_stock_widgets_without_any_colour(before: tuple[str, ...]) -> None:
    assert await colours_on_screen(*before, "mono") == set()


async def test_ansi_sends_the_terminals_own_colours_and_no_others() -> None:
    shown = await colours_on_screen("gait-dark", "ansi")
    black, green, white = (f"color({number})" for number in (0, 10, 15))
    assert {black, green, white} <= shown
    assert {name for name in shown if name.startswith("#")} == set()


async def test_a_coloured_theme_reaches_the_screen_through_style_sheets() -> None:
    shown = await colours_on_screen("mono", "gait-dark")
    assert {"#95e9b0", "#0a0d10"} <= shown
