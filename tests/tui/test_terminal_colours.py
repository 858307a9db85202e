"""Which colours and glyphs reach a terminal, told by the bytes it is sent."""

import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

pytestmark = pytest.mark.e2e
GAIT: Final = str(Path(sys.executable).with_name("gait"))
SGR: Final = re.compile(rb"\x1b\[([0-9;:]*)m")
ESCAPE: Final = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\^_=>])"
)
WEIGHTS: Final = {"", "0", "1", "4", "7", "9", "22", "24", "27", "29"}


def sent(folder: Path, *argv: str, env: dict[str, str], keys: tuple[str, ...] = ()) -> bytes:
    """Start the program on an empty folder, press keys, return everything it sent."""
    return sent_until(folder, *argv, env=env, steps=[(key, "") for key in keys])


def sent_until(
    folder: Path, *argv: str, env: dict[str, str], steps: Sequence[tuple[str, str]]
) -> bytes:
    """Press each key of the steps and wait for its text before the next."""
    from tests.support.ptybench import Pty  # needs a POSIX system

    with Pty([GAIT, "tui", "--screen", "runs", *argv], cwd=folder, env=env) as terminal:
        terminal.wait_for("No runpacks found.")
        for key, text in steps:
            terminal.settle()
            terminal.press(key)
            terminal.wait_for(text)
        terminal.settle()
        return bytes(terminal.received)


def styles(stream: bytes) -> set[str]:
    return {found.decode() for found in SGR.findall(stream)}


def codes(stream: bytes) -> set[str]:
    return {code for style in styles(stream) for code in style.split(";")}


def write_config(folder: Path, text: str) -> None:
    path = folder / ".config" / "gait" / "tui.toml"
    path.parent.mkdir(parents=True)
    path.write_text(text, encoding="utf-8")


KEYS: Final = ("?", "\x1b", "T", "\x1b", "e", "\x1b", "x")


@pytest.mark.parametrize(
    ("argv", "env"),
    [((), {"NO_COLOR": "1"}), (("--theme", "mono"), {}), ((), {"TERM": "linux", "COLORTERM": ""})],
    ids=["NO_COLOR", "flag", "linux"],
)
def test_mono_sends_no_colour_byte(
    tmp_path: Path, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    stream = sent(tmp_path, *argv, env=env, keys=KEYS)
    assert codes(stream) <= WEIGHTS
    assert {"1", "7"} <= codes(stream)


def test_a_theme_by_flag_goes_before_no_color(tmp_path: Path) -> None:
    found = styles(sent(tmp_path, "--theme", "gait-dark", env={"NO_COLOR": "1"}))
    assert any(style.endswith("48;2;16;20;24") for style in found)


def test_a_theme_by_configuration_goes_before_no_color_and_after_the_flag(tmp_path: Path) -> None:
    write_config(tmp_path, 'theme = "gait-light"')
    configured = styles(sent(tmp_path, env={"NO_COLOR": "1"}))
    assert any(style.endswith("48;2;252;252;250") for style in configured)
    assert codes(sent(tmp_path, "--theme", "mono", env={})) <= WEIGHTS


def test_a_light_ground_gets_the_light_theme(tmp_path: Path) -> None:
    found = styles(sent(tmp_path, env={"COLORFGBG": "0;15"}))
    assert any(style.endswith("48;2;252;252;250") for style in found)


def test_256_colours_are_sent_where_no_more_are_promised(tmp_path: Path) -> None:
    found = styles(sent(tmp_path, env={"COLORTERM": ""}))
    assert any(style.endswith("48;5;233") for style in found)
    assert not any("8;2;" in style for style in found)


def test_ansi_sends_the_sixteen_colours_by_number(tmp_path: Path) -> None:
    sixteen = {str(base + number) for base in (30, 40, 90, 100) for number in range(8)}
    found = codes(sent(tmp_path, "--theme", "ansi", env={}))
    assert found <= WEIGHTS | sixteen
    assert {"40", "96", "97"} <= found


def test_the_theme_kept_last_is_worn_at_the_next_start(tmp_path: Path) -> None:
    steps = [("T", "8 themes"), ("j", "Sample  gait-light"), ("\r", "also for the next start.")]
    sent_until(tmp_path, env={}, steps=steps)
    found = styles(sent(tmp_path, env={}))
    assert any(style.endswith("48;2;252;252;250") for style in found)


@pytest.mark.parametrize(
    ("argv", "env"),
    [
        (("--ascii",), {}),
        ((), {"LC_ALL": "C"}),
        ((), {"LC_ALL": "de_DE.ISO-8859-1"}),
        ((), {"TERM": "linux"}),
    ],
    ids=["flag", "C", "latin1", "linux"],
)
def test_glyphs_are_ascii_where_nothing_else_can_be_shown(
    tmp_path: Path, argv: tuple[str, ...], env: dict[str, str]
) -> None:
    shown = ESCAPE.sub(b"", sent(tmp_path, *argv, env=env, keys=KEYS))
    assert shown.isascii()
    assert b"=> Runs" in shown
