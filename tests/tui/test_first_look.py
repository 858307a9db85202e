"""`make tui` in a checkout that nobody has used yet."""

import subprocess
from pathlib import Path

import pytest

from gait_tui.services.config import Approval, Config, load_config
from tests.support.checkout import fresh_checkout, make
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT
from tests.support.tmux import Tmux

SETTINGS = ROOT / "scenarios" / "incident" / "tui.toml"


def test_the_settings_of_the_demo_name_its_key_and_nothing_else(frozen_host: FrozenHost) -> None:
    loaded = load_config(frozen_host, file=str(SETTINGS))
    key = Approval(key_path="gait-out/demo_keys/demo_private.key")
    assert loaded == (Config(approval=key), (), (SETTINGS,), SETTINGS)


@pytest.mark.e2e
def test_without_a_terminal_the_incident_is_built_and_told_as_text(tmp_path: Path) -> None:
    folder = fresh_checkout(tmp_path / "gait")
    done = subprocess.run(
        make("tui"),
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "LC_ALL": "C.UTF-8"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert "64 of them written now" in done.stderr
    assert "run_etl_1119" in done.stdout


@pytest.mark.e2e
def test_in_a_terminal_the_deletion_can_be_reviewed_with_the_demo_key(tmp_path: Path) -> None:
    folder = fresh_checkout(tmp_path / "gait")
    with Tmux(make("tui"), width=140, height=40, cwd=folder) as terminal:
        terminal.wait_for("run_etl_1119")
        terminal.keys("4")
        terminal.wait_for("0 of 2")
        terminal.keys("a")
        terminal.wait_for("the key is that of gait demo --incident, no secret")
        terminal.wait_for("b1f7e6cc")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0


@pytest.mark.e2e
def test_where_runs_are_nothing_is_built_and_no_key_is_lent(tmp_path: Path) -> None:
    folder = fresh_checkout(tmp_path / "gait")
    (folder / "gait-out").mkdir()
    (folder / "gait-out" / "runpack_run_mine.zip").write_bytes(b"")
    with Tmux(make("tui"), width=140, height=40, cwd=folder) as terminal:
        terminal.wait_for("run_mine")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0
    assert not (folder / "gait-out" / "demo_keys").exists()
    assert not (folder / "gait.yaml").exists()
