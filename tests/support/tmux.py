"""A real terminal for tests: tmux on a socket of its own, driven by keys and read as text."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self

import pytest

from tests.support.process import ROOT

_PATIENCE: Final = 20.0
_GLANCE: Final = 0.02
# tmux 3.3 sometimes never learns how its program ended, so a shell around it takes that down.
_NOTED: Final = """\
sh -c 'echo $$ > "$0/pid"; exec "$@"' "$0" "$@"
echo $? > "$0/exit"
"""
_CONFIG: Final = """\
set -g default-terminal tmux-256color
set -g escape-time 0
set -g status off
set -g remain-on-exit on
set -s exit-empty off
"""


class Tmux:
    """One program in one window, alone on its server; `with Tmux([...]) as terminal:`.

    A window stays after its program ended, so that the last screen can be read.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        width: int = 80,
        height: int = 24,
        cwd: Path = ROOT,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._program = _tmux_program()
        # A socket's path may have 107 bytes: pytest's own folders are longer than that.
        self._folder = Path(tempfile.mkdtemp(prefix="tmux-"))
        self._env = _env(self._folder) | dict(env or {})
        self.config.write_text(_CONFIG, encoding="utf-8")
        size = ("-x", str(width), "-y", str(height))
        exported = [f"-e{name}={value}" for name, value in self._env.items()]
        noted = ("sh", "-c", _NOTED, str(self._folder))
        self.tmux("new-session", "-d", *size, "-c", str(cwd), *exported, *noted, *argv)

    @property
    def config(self) -> Path:
        return self._folder / "tmux.conf"

    def tmux(self, *words: str, stdin: str = "") -> str:
        """Run one command of tmux on this server."""
        done = subprocess.run(
            [self._program, "-S", str(self._folder / "s"), "-f", str(self.config), *words],
            env=self._env,
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=_PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"tmux {' '.join(words)}: {done.stderr}"
        return done.stdout

    def screen(self) -> str:
        """Return what is shown now, one line per row, without blanks at the ends."""
        rows = self.tmux("capture-pane", "-p").splitlines()
        return "\n".join(row.rstrip() for row in rows)

    def keys(self, *names: str) -> None:
        """Press keys by their names in tmux: `j`, `Enter`, `C-c`, `S-Tab`."""
        self.tmux("send-keys", *names)

    def write(self, text: str) -> None:
        """Press the keys of a text one by one."""
        self.tmux("send-keys", "-l", text)

    def paste(self, text: str) -> None:
        """Paste a text, in brackets where the program asked for them."""
        self.tmux("load-buffer", "-b", "pasted", "-", stdin=text)
        self.tmux("paste-buffer", "-p", "-d", "-b", "pasted")

    def resize(self, width: int, height: int) -> None:
        self.tmux("resize-window", "-x", str(width), "-y", str(height))

    def wait_for(self, text: str, *, gone: bool = False) -> str:
        """Look until the text is shown, or `gone`, and return that screen."""
        until = time.monotonic() + _PATIENCE
        is_last = False
        while (text in (shown := self.screen())) is gone:
            if is_last:
                told = "still" if gone else "never"
                pytest.fail(f"{text!r} was {told} shown; the last screen:\n{shown}", pytrace=False)
            time.sleep(_GLANCE)
            is_last = time.monotonic() > until or self._told("exit") != ""
        return shown

    def wait_for_end(self) -> int:
        """Look until the program has ended and return its exit code, or a signal below zero."""
        until = time.monotonic() + _PATIENCE
        while not (status := self._told("exit")):
            if time.monotonic() > until:
                pytest.fail(f"the program never ended; the last screen:\n{self.screen()}")
            time.sleep(_GLANCE)
        return int(status) if int(status) < 128 else 128 - int(status)

    def pid(self) -> int:
        return int(self._told("pid"))

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the program: SIGHUP is what a lost connection does."""
        os.kill(self.pid(), number)

    def inner_env(self) -> dict[str, str]:
        """Return the environment that a program inside has."""
        return self._env | {"TMUX": f"{self._folder / 's'},{self._shown('#{pid}')},0"}

    def _shown(self, form: str) -> str:
        return self.tmux("display-message", "-p", form).strip()

    def _told(self, name: str) -> str:
        path = self._folder / name
        return path.read_text(encoding="utf-8").strip() if path.exists() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.tmux("kill-server")
        shutil.rmtree(self._folder, ignore_errors=True)


def _tmux_program() -> str:
    program = shutil.which("tmux")
    if program is None:
        pytest.fail("tmux is not installed; run pytest -m 'not e2e' to leave it out", pytrace=False)
    return program


def _env(folder: Path) -> dict[str, str]:
    """Keep nothing of the machine but its programs, and a locale that shows every glyph."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "SHELL": "/bin/sh",
    }
