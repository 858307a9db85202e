"""A defect of ours is one error and exit 1, never a traceback; an interrupt is 130."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from gait_engine.cli.main import main
from tests.support.hosts import FrozenHost


class BrokenHost(FrozenHost):
    """A machine on which looking for the working directory fails in some way."""

    def __init__(self, cwd: Path, trouble: BaseException) -> None:
        super().__init__(cwd)
        self._trouble = trouble

    @property
    def cwd(self) -> Path:
        raise self._trouble

    @property
    def env(self) -> Mapping[str, str]:
        raise self._trouble


@pytest.mark.parametrize(
    ("trouble", "exits", "code"),
    [
        (RuntimeError("\x1b[2J boom"), 1, "internal_failure"),
        (KeyError("x"), 1, "internal_failure"),
        (OSError(28, "No space left on device"), 1, "internal_failure"),
        (MemoryError(), 6, "invalid_input"),
        (RecursionError("too deep"), 6, "invalid_input"),
    ],
    ids=repr,
)
def test_a_defect_is_one_error_without_a_traceback(
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    trouble: Exception,
    exits: int,
    code: str,
) -> None:
    host = BrokenHost(tmp_path, trouble)
    assert main(["verify", "./p.zip", "--json"], host) == exits
    said = capfd.readouterr()
    found = json.loads(said.out)
    assert (found["ok"], found["error_code"], said.err) == (False, code, "")
    assert type(trouble).__name__ in found["error"]
    assert main(["verify", "./p.zip"], host) == exits
    said = capfd.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err
    assert "\x1b" not in said.err


def test_an_interrupt_is_130_and_says_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    host = BrokenHost(tmp_path, KeyboardInterrupt())
    assert main(["verify", "./p.zip", "--json"], host) == 130
    assert capfd.readouterr() == ("", "")


def test_a_workbench_that_is_not_installed_is_said_to_be_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "gait_tui.__main__", None)
    assert main(["tui", "--json"], FrozenHost(tmp_path)) == 7
    assert json.loads(capfd.readouterr().out)["error_code"] == "dependency_missing"
