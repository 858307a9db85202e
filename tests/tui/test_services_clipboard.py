import base64
import os
import sys
from pathlib import Path

import pytest

from gait_tui.services.clipboard import MAX_OSC52, Copied, copy
from tests.support.tmux import Tmux

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the stand-in programs are shell scripts")

GAIT = str(Path(sys.executable).with_name("gait"))
SCRIPT = """#!/bin/sh
echo "$0" "$@" > "{log}"
cat > "{taken}"
exit {code}
"""


class Tools:
    """Programs of known names in a folder of their own, and what they were given."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(self, name: str, code: int = 0) -> None:
        text = SCRIPT.format(log=self.folder / "log", taken=self.folder / f"{name}.in", code=code)
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)

    def taken(self, name: str) -> bytes:
        return (self.folder / f"{name}.in").read_bytes()

    def env(self, **more: str) -> dict[str, str]:
        return {"PATH": f"{self.folder}:/usr/bin:/bin"} | more


@pytest.fixture
def tools(tmp_path: Path) -> Tools:
    return Tools(tmp_path)


def copied(text: str, env: dict[str, str], way: str = "auto") -> tuple[Copied, str]:
    written: list[str] = []
    done = copy(text, env=env, write=written.append, way=way)
    return done, "".join(written)


def osc52(text: str) -> str:
    return f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\x07"


def test_without_any_tool_the_terminal_is_asked(tools: Tools) -> None:
    done, written = copied("a1✓", {"PATH": str(tools.folder)})
    assert (done, written) == (Copied("osc52", 3), osc52("a1✓"))
    assert str(done) == "copied 3 characters sent to the terminal by OSC 52"


def test_a_local_tool_goes_before_the_terminal(tools: Tools) -> None:
    tools.add("xclip")
    done, written = copied("digest", tools.env(DISPLAY=":0"))
    assert (done, written) == (Copied("xclip", 6), "")
    assert tools.taken("xclip") == b"digest"
    assert str(done) == "copied 6 characters by xclip"


def test_a_tool_without_its_display_is_not_tried(tools: Tools) -> None:
    tools.add("xclip")
    tools.add("wl-copy")
    done, _ = copied("digest", tools.env())
    assert done.way == "osc52"


def test_over_ssh_the_clipboard_of_the_far_machine_is_left_alone(tools: Tools) -> None:
    tools.add("pbcopy")
    done, _ = copied("digest", tools.env(SSH_CONNECTION="192.0.2.1 5 192.0.2.2 22"))
    assert done.way == "osc52"


def test_a_failing_tool_hands_over_to_the_next(tools: Tools) -> None:
    tools.add("wl-copy", code=1)
    tools.add("xclip")
    done, _ = copied("digest", tools.env(WAYLAND_DISPLAY="w", DISPLAY=":0"))
    assert done.way == "xclip"


def test_tmux_goes_before_everything_and_takes_dash_w(tools: Tools) -> None:
    tools.add("tmux")
    tools.add("pbcopy")
    done, _ = copied("digest", tools.env(TMUX="socket,1,0"))
    assert done.way == "tmux"
    assert (tools.folder / "log").read_text().split()[1:] == ["load-buffer", "-w", "-"]


@pytest.mark.parametrize("variable", ["TMUX", "STY"])
def test_a_multiplexer_that_swallows_osc52_is_no_success(tools: Tools, variable: str) -> None:
    tools.add("tmux", code=1)
    env = tools.env(**{variable: "x", "SSH_CONNECTION": "192.0.2.1 5 192.0.2.2 22"})
    done, written = copied("digest", env)
    assert (done.way, written) == ("", "")
    assert str(done).startswith("not copied: ")


def test_clip_exe_is_given_utf16(tools: Tools) -> None:
    tools.add("clip.exe")
    copied("ä✓", tools.env())
    assert tools.taken("clip.exe") == "ä✓".encode("utf-16-le")


@pytest.mark.parametrize(("extra", "fits"), [(0, True), (1, False)])
def test_osc52_ends_at_its_limit(tools: Tools, extra: int, *, fits: bool) -> None:
    text = "x" * (MAX_OSC52 // 4 * 3 + extra)
    done, written = copied(text, {"PATH": str(tools.folder)})
    assert (done.problem == "") is fits
    assert (written != "") is fits


def test_a_way_can_be_forced(tools: Tools) -> None:
    tools.add("pbcopy")
    forced, written = copied("digest", tools.env(), way="osc52")
    assert (forced.way, written) == ("osc52", osc52("digest"))
    missing, _ = copied("digest", {"PATH": str(tools.folder)}, way="xclip")
    assert missing.problem == "not taken by xclip"


def test_a_lone_surrogate_is_copied_as_its_escape(tools: Tools) -> None:
    _, written = copied("a\udc80", {"PATH": str(tools.folder)})
    assert written == osc52("a\\udc80")


@pytest.mark.e2e
def test_text_copied_inside_tmux_is_in_its_buffer() -> None:
    with Tmux(["cat"], width=80, height=24) as terminal:
        done, _ = copied("digest ✓", terminal.inner_env())
        assert done == Copied("tmux", 8)
        assert terminal.tmux("show-buffer") == "digest ✓"


@pytest.mark.e2e
def test_a_copy_by_key_in_tmux_is_in_its_buffer(tmp_path: Path) -> None:
    with Tmux([GAIT, "tui"], cwd=tmp_path) as terminal:
        terminal.wait_for("No artifacts found.")
        terminal.keys("x")
        terminal.wait_for("gait index --inbox")
        terminal.keys("y", "c")
        terminal.wait_for("characters by tmux.")
        assert terminal.tmux("show-buffer") == "gait index --inbox --json"
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0


@pytest.mark.e2e
def test_a_copy_that_fails_lets_the_mouse_go_until_it_is_closed(tmp_path: Path) -> None:
    (tmp_path / "tui.toml").write_text('clipboard = "xclip"', encoding="utf-8")
    with Tmux([GAIT, "tui", "--config", "tui.toml"], cwd=tmp_path) as terminal:
        terminal.wait_for("No artifacts found.")
        assert has_mouse(terminal)
        terminal.keys("x")
        terminal.wait_for("gait index --inbox")
        terminal.keys("y", "c")
        terminal.wait_for("not copied: not taken by xclip.")
        terminal.wait_for("\ngait index --inbox --json")
        assert not has_mouse(terminal)
        terminal.keys("Escape")
        terminal.wait_for("Copy by hand", gone=True)
        assert has_mouse(terminal)


def has_mouse(terminal: Tmux) -> bool:
    return terminal.tmux("display-message", "-p", "#{mouse_any_flag}").strip() == "1"
