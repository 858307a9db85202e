"""What the terminal can show, told by its environment before Textual is imported."""

from collections.abc import Mapping, MutableMapping
from enum import IntEnum
from typing import Final, NamedTuple

from gait_engine.errors import InvalidInput, quoted

MIN_WIDTH: Final = 60
MIN_HEIGHT: Final = 15

_UNUSABLE: Final = ("", "dumb", "unknown")
_LIGHT_GROUNDS: Final = frozenset({"7", *map(str, range(9, 16))})
# Their plain names promise 8 colours, for terminals of the last century; what is called so today
# takes 256.
_TAKES_256: Final = frozenset(
    (
        *("xterm", "tmux", "screen", "rxvt", "vte", "konsole"),
        *("alacritty", "foot", "ghostty", "kitty", "st", "wezterm"),
    )
)
_SYSTEMS: Final = {16: "standard", 256: "256", 1 << 24: "truecolor"}
_LOCALE_IN_FORCE: Final = ("LC_ALL", "LC_CTYPE", "LANG")
# CPython puts this in place of a C locale before any of our code runs (PEP 538).
_COERCED_LOCALE: Final = "C.UTF-8"


class Depth(IntEnum):
    """How many colours the terminal takes."""

    STANDARD = 16
    XTERM256 = 256
    TRUECOLOR = 1 << 24


class Terminal(NamedTuple):
    """What the environment says of the terminal; NO_COLOR is a wish and changes no `depth`."""

    depth: Depth
    wants_no_colour: bool
    is_light: bool
    is_ascii: bool
    is_remote: bool
    is_tmux: bool


def require_terminal(
    env: Mapping[str, str], *, stdin: bool, stdout: bool, instead: str, is_windows: bool = False
) -> None:
    """Refuse what cannot hold a full screen; `instead` is the headless command for the same.

    `stdin` and `stdout` tell whether each is a terminal: Textual would write its escapes anyway.
    Raises InvalidInput.
    """
    hint = f"run '{instead}'"
    for name, is_terminal in (("stdin", stdin), ("stdout", stdout)):
        if not is_terminal:
            raise InvalidInput(
                f"{name}: not a terminal, expected one for the terminal UI", hint=hint
            )
    term = env.get("TERM", "")
    if term.lower() in _UNUSABLE and not is_windows:
        wanted = "a terminal that can place its cursor"
        raise InvalidInput(f"TERM: {quoted(term)}, expected {wanted}", hint=hint)


def size_problem(width: int, height: int) -> str:
    """Say that the screen is too small, in one line; empty when it is not."""
    if width >= MIN_WIDTH and height >= MIN_HEIGHT:
        return ""
    return f"terminal {width}x{height} is too small, needs {MIN_WIDTH}x{MIN_HEIGHT}"


def read_terminal(env: Mapping[str, str], *, is_windows: bool = False) -> Terminal:
    """Read the capabilities; nothing is asked of the terminal itself."""
    return Terminal(
        depth=_depth(env, is_windows=is_windows),
        wants_no_colour=bool(env.get("NO_COLOR")),
        is_light=env.get("COLORFGBG", "").rpartition(";")[2] in _LIGHT_GROUNDS,
        is_ascii=_is_ascii(env, is_windows=is_windows),
        is_remote=bool(env.get("SSH_CONNECTION")),
        is_tmux=bool(env.get("TMUX")),
    )


def choose_theme(
    terminal: Terminal, *, flag: str = "", configured: str = "auto", kept: str = ""
) -> str:
    """Name the theme: flag, configuration, NO_COLOR, the one kept last, what the terminal says.

    Sixteen colours are whatever the user's terminal calls red: no contrast can be promised there,
    and a kept theme counts only when it asks for no others.
    """
    if flag or configured not in ("", "auto"):
        return flag or configured
    is_poor = terminal.depth < Depth.XTERM256
    if terminal.wants_no_colour or (is_poor and kept != "ansi"):
        return "mono"
    if kept:
        return kept
    return "gait-light" if terminal.is_light else "gait-dark"


def choose_ascii(terminal: Terminal, *, flag: bool = False, configured: str = "auto") -> bool:
    """Tell whether glyphs must be ASCII: flag, then configuration, then the locale."""
    if flag or configured != "auto":
        return flag or configured == "ascii"
    return terminal.is_ascii


def prepare_textual(environ: MutableMapping[str, str], terminal: Terminal) -> None:
    """Set what Textual reads when it is imported: call this first.

    NO_COLOR has had its say in the choice of the theme; left there, Textual would also take the
    colours of a theme that goes before it. A key that comes right behind a frame waits for the
    next one: at 120 frames a second half as long as usual.
    """
    environ.pop("NO_COLOR", None)
    environ.setdefault("TEXTUAL_FPS", "120")
    environ["TEXTUAL_ANIMATIONS"] = "none"
    environ["TEXTUAL_COLOR_SYSTEM"] = _SYSTEMS[terminal.depth]
    if terminal.is_remote:
        environ["TEXTUAL_SMOOTH_SCROLL"] = "0"


def _depth(env: Mapping[str, str], *, is_windows: bool) -> Depth:
    family, _, suffix = env.get("TERM", "").strip().lower().partition("-")
    told = env.get("COLORTERM", "").strip().lower()
    if is_windows or told in ("truecolor", "24bit") or suffix == "direct":
        return Depth.TRUECOLOR
    takes_256 = family in _TAKES_256 or suffix.endswith("256color")
    return Depth.XTERM256 if takes_256 else Depth.STANDARD


def _is_ascii(env: Mapping[str, str], *, is_windows: bool) -> bool:
    if env.get("TERM") == "linux":
        return True
    locale = next((env[name] for name in _LOCALE_IN_FORCE if env.get(name)), "")
    speaks_utf8 = "UTF8" in locale.upper().replace("-", "") and not _is_coerced(env)
    return not (speaks_utf8 or is_windows)


def _is_coerced(env: Mapping[str, str]) -> bool:
    nothing_asked = not env.get("LC_ALL") and env.get("LANG", "") in ("", "C", "POSIX")
    return nothing_asked and env.get("LC_CTYPE") == _COERCED_LOCALE
