import pytest
from rich.color import ColorSystem
from rich.console import Console

from gait_engine.errors import InvalidInput
from gait_tui.services.term import (
    Depth,
    choose_ascii,
    choose_theme,
    prepare_textual,
    read_terminal,
    require_terminal,
    size_problem,
)

UTF8 = {"LANG": "en_US.UTF-8"}


def require(env: dict[str, str], *, stdin: bool = True, stdout: bool = True) -> None:
    require_terminal(env, stdin=stdin, stdout=stdout, instead="gait index --json")


@pytest.mark.parametrize("term", ["", "dumb", "unknown", "DUMB"])
def test_a_terminal_that_cannot_place_its_cursor_is_refused(term: str) -> None:
    with pytest.raises(InvalidInput, match=r"^TERM: '.*', expected a terminal") as refused:
        require({"TERM": term})
    assert refused.value.hint == "run 'gait index --json'"
    assert refused.value.exit_code == 6


@pytest.mark.parametrize("name", ["stdin", "stdout"])
def test_a_pipe_is_refused_by_name(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{name}: not a terminal"):
        require({"TERM": "xterm"}, stdin=name != "stdin", stdout=name != "stdout")


def test_an_ordinary_terminal_is_accepted() -> None:
    require({"TERM": "xterm-256color"})


def test_windows_needs_no_term() -> None:
    require_terminal({}, stdin=True, stdout=True, instead="x", is_windows=True)


@pytest.mark.parametrize(
    ("width", "height", "told"),
    [
        (60, 15, ""),
        (59, 15, "terminal 59x15 is too small, needs 60x15"),
        (60, 14, "terminal 60x14 is too small, needs 60x15"),
        (200, 60, ""),
    ],
)
def test_the_smallest_size_is_60_by_15(width: int, height: int, told: str) -> None:
    assert size_problem(width, height) == told


@pytest.mark.parametrize(
    ("env", "depth"),
    [
        ({"TERM": "xterm"}, Depth.XTERM256),
        ({"TERM": "xterm-256color"}, Depth.XTERM256),
        ({"TERM": "tmux-256color"}, Depth.XTERM256),
        ({"TERM": "screen"}, Depth.XTERM256),
        ({"TERM": "screen.xterm-256color"}, Depth.XTERM256),
        ({"TERM": "xterm-kitty"}, Depth.XTERM256),
        ({"TERM": "putty-256color"}, Depth.XTERM256),
        ({"TERM": " XTERM "}, Depth.XTERM256),
        ({"TERM": "linux"}, Depth.STANDARD),
        ({"TERM": "vt220"}, Depth.STANDARD),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, Depth.TRUECOLOR),
        ({"TERM": "xterm", "COLORTERM": "24bit"}, Depth.TRUECOLOR),
        ({"TERM": "xterm", "COLORTERM": "yes"}, Depth.XTERM256),
        ({"TERM": "xterm-direct"}, Depth.TRUECOLOR),
    ],
    ids=str,
)
def test_depth_is_told_by_the_name_of_the_terminal(env: dict[str, str], depth: Depth) -> None:
    assert read_terminal(env).depth is depth


@pytest.mark.parametrize("term", ["linux", "xterm", "xterm-direct"])
def test_textual_sends_the_depth_that_the_theme_was_made_for(term: str) -> None:
    """Told apart, rich would fall to colours that no contrast was computed for."""
    environ = {"TERM": term}
    terminal = read_terminal(environ)
    prepare_textual(environ, terminal)
    named = environ["TEXTUAL_COLOR_SYSTEM"]
    sent = Console(color_system=named, force_terminal=True)._color_system  # type: ignore[arg-type]
    colours = {ColorSystem.STANDARD: 16, ColorSystem.EIGHT_BIT: 256, ColorSystem.TRUECOLOR: 1 << 24}
    assert sent is not None
    assert colours[sent] == terminal.depth


@pytest.mark.parametrize(
    ("env", "theme"),
    [
        ({"TERM": "xterm-256color"}, "gait-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;15"}, "gait-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "0;default;15"}, "gait-light"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;0"}, "gait-dark"),
        ({"TERM": "xterm-256color", "COLORFGBG": "15;8"}, "gait-dark"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "gait-dark"),
        ({"TERM": "linux"}, "mono"),
    ],
    ids=str,
)
def test_the_environment_chooses_a_theme(env: dict[str, str], theme: str) -> None:
    assert choose_theme(read_terminal(env)) == theme


def test_flag_goes_before_configuration_and_that_before_no_color() -> None:
    silent = read_terminal({"TERM": "xterm-256color", "NO_COLOR": "1", "COLORFGBG": "0;15"})
    assert choose_theme(silent, flag="a", configured="b", kept="c") == "a"
    assert choose_theme(silent, configured="b", kept="c") == "b"
    assert choose_theme(silent, configured="auto", kept="c") == "mono"
    assert silent.depth == Depth.XTERM256


def test_the_theme_kept_last_goes_before_what_the_terminal_says_of_its_ground() -> None:
    light = read_terminal({"TERM": "xterm-256color", "COLORFGBG": "0;15"})
    assert choose_theme(light, kept="colorblind-dark") == "colorblind-dark"
    assert choose_theme(light) == "gait-light"


def test_a_kept_theme_of_more_colours_than_the_terminal_has_does_not_count() -> None:
    console = read_terminal({"TERM": "linux"})
    assert choose_theme(console, kept="gait-dark") == "mono"
    assert choose_theme(console, kept="ansi") == "ansi"


@pytest.mark.parametrize(
    ("env", "is_ascii"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "de_DE.utf8"}, False),
        ({"LC_CTYPE": "UTF-8"}, False),
        ({"LANG": "C.UTF-8"}, False),
        ({"LC_ALL": "C.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "de_DE.UTF-8"}, False),
        ({"LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_CTYPE": "C.UTF-8", "LANG": "C"}, True),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
    ],
    ids=str,
)
def test_glyphs_are_ascii_where_the_locale_is_not_utf8(
    env: dict[str, str], *, is_ascii: bool
) -> None:
    """A lone LC_CTYPE=C.UTF-8 is what CPython puts in place of C: the terminal knows nothing."""
    assert read_terminal(env).is_ascii is is_ascii


def test_windows_has_unicode_and_all_colours_without_saying_so() -> None:
    found = read_terminal({}, is_windows=True)
    assert (found.depth, found.is_ascii) == (Depth.TRUECOLOR, False)


@pytest.mark.parametrize(
    ("flag", "configured", "is_ascii"),
    [
        (False, "auto", False),
        (False, "ascii", True),
        (False, "unicode", False),
        (True, "unicode", True),
    ],
)
def test_ascii_by_flag_then_by_configuration(
    *, flag: bool, configured: str, is_ascii: bool
) -> None:
    assert choose_ascii(read_terminal(UTF8), flag=flag, configured=configured) is is_ascii


def test_unicode_by_configuration_where_the_locale_says_ascii() -> None:
    assert choose_ascii(read_terminal({}), configured="unicode") is False
    assert choose_ascii(read_terminal({})) is True


def test_a_theme_chosen_under_no_color_keeps_its_colours() -> None:
    environ = {"NO_COLOR": "1", "TERM": "xterm"}
    prepare_textual(environ, read_terminal(environ))
    assert "NO_COLOR" not in environ


def test_frames_come_as_fast_as_keys_unless_somebody_has_chosen_otherwise() -> None:
    usual: dict[str, str] = {}
    chosen = {"TEXTUAL_FPS": "30"}
    for environ in (usual, chosen):
        prepare_textual(environ, read_terminal(environ))
    assert (usual["TEXTUAL_FPS"], chosen["TEXTUAL_FPS"]) == ("120", "30")


def test_nothing_moves_by_itself_over_ssh() -> None:
    far: dict[str, str] = {"SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"}
    near: dict[str, str] = {}
    for environ in (far, near):
        prepare_textual(environ, read_terminal(environ))
    assert far["TEXTUAL_SMOOTH_SCROLL"] == "0"
    assert far["TEXTUAL_ANIMATIONS"] == near["TEXTUAL_ANIMATIONS"] == "none"
    assert "TEXTUAL_SMOOTH_SCROLL" not in near


def test_tmux_and_ssh_are_told_by_their_variables() -> None:
    there = read_terminal({"TMUX": "socket,1,0", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"})
    assert (there.is_tmux, there.is_remote) == (True, True)
    here = read_terminal({})
    assert (here.is_tmux, here.is_remote) == (False, False)
