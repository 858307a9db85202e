"""The `snap` fixture: a screen as SVG for the eye and as text for the diff.

Rewrite the pictures with `pytest --snap-update`, then look at them before you commit.
"""

import difflib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from rich.console import Console
from rich.terminal_theme import TerminalTheme
from textual._context import visible_screen_stack
from textual.app import App

from tests.support.process import ROOT

FOLDER: Final = ROOT / "snapshots" / "tui"

Snap = Callable[[App[Any] | str, str], None]

# rich names its classes after a checksum of the picture; two pictures then differ in every line.
_CLASS: Final = re.compile(r"terminal-[0-9]+")

# The sixteen colours as xterm shows them; rich draws them in pastels of its own otherwise.
_XTERM: Final = TerminalTheme(
    *((0, 0, 0), (229, 229, 229)),
    [
        *((0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0)),
        *((0, 0, 238), (205, 0, 205), (0, 205, 205), (229, 229, 229)),
    ],
    [
        *((127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0)),
        *((92, 92, 255), (255, 0, 255), (0, 255, 255), (255, 255, 255)),
    ],
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--snap-update", action="store_true", help="rewrite the pictures of screens")


@pytest.fixture
def snap(request: pytest.FixtureRequest) -> Snap:
    """Compare a running App, or a text, with snapshots/tui/<name>: `snap(app, "runs-80x24")`."""
    update = bool(request.config.getoption("--snap-update"))

    def compare(shown: App[Any] | str, name: str) -> None:
        found = {".txt": shown} if isinstance(shown, str) else pictures(shown)
        for suffix, picture in found.items():
            compare_file(picture, FOLDER / f"{name}{suffix}", update=update)

    return compare


def pictures(app: App[Any]) -> dict[str, str]:
    """Take both pictures of the screen, by file suffix; the text first, as it tells more."""
    drawn = _in_sixteen_colours(app) if app.theme == "ansi" else app.export_screenshot()
    svg = _CLASS.sub("terminal", drawn)
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # or viewers drop leading blanks
    return {".txt": screen_text(app), ".svg": svg + "\n"}


def _in_sixteen_colours(app: App[Any]) -> str:
    """Draw the screen as Textual would, in the colours of a terminal."""
    width, height = app.size
    console = Console(
        width=width,
        height=height,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        record=True,
        legacy_windows=False,
        safe_box=False,
    )
    rows = app.screen._compositor.render_update(full=True, screen_stack=app._background_screens)
    console.print(rows)
    return console.export_svg(title=app.title, theme=_XTERM)


def screen_text(app: App[Any]) -> str:
    """Return what the screen shows, dialogs and what is behind them, one line per row."""
    visible_screen_stack.set(app._background_screens)
    rows = app.screen._compositor.render_strips()
    return "".join(f"{row.text.rstrip()}\n" for row in rows)


def compare_file(found: str, path: Path, *, update: bool) -> None:
    """Fail with a diff when a picture is not the kept one; `update` keeps the new one instead."""
    if update:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(found, encoding="utf-8", newline="\n")
    kept = path.read_text(encoding="utf-8") if path.is_file() else ""
    if found != kept:
        pytest.fail(_difference(kept, found, path), pytrace=False)


def _difference(kept: str, found: str, path: Path) -> str:
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    fix = "look at it, then run pytest --snap-update"
    if not kept:
        return f"{shown}: no such picture yet; {fix}"
    if path.suffix == ".svg":
        return f"{shown}: the same text in other colours or weights; {fix}"
    lines = difflib.unified_diff(
        kept.splitlines(), found.splitlines(), "kept", "now", lineterm="", n=1
    )
    return "\n".join([f"{shown}: another text; {fix}", *lines])
