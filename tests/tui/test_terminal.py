"""The program in a real terminal."""

import signal
import sys
from pathlib import Path

import pytest

from gait_engine.api.run import receipt
from tests.support.tmux import Tmux
from tests.tui.driving import StoryHost
from tests.tui.test_laws import tree

pytestmark = pytest.mark.e2e
GAIT = str(Path(sys.executable).with_name("gait"))


@pytest.mark.usefixtures("story")
def test_a_pasted_ticket_is_answered_and_the_terminal_is_given_back(host: StoryHost) -> None:
    line = receipt("gait-out/runpack_run_etl_1120.zip", host=host).ticket_footer
    with Tmux([GAIT, "tui", "--screen", "runs"], cwd=host.cwd) as terminal:
        terminal.wait_for("5 runs")
        terminal.wait_for("VERIFIED")
        terminal.paste(line)
        terminal.wait_for("It is the ticket's artifact and it is intact.")
        terminal.resize(140, 40)
        terminal.wait_for('verify="gait verify run_etl_1120"')
        terminal.resize(58, 12)
        terminal.wait_for("terminal 58x12 is too small, needs 60x15")
        terminal.resize(80, 24)
        terminal.wait_for("first not ok")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0


def test_a_lost_terminal_in_an_open_regression_leaves_nothing_written(
    host: StoryHost, incident: Path
) -> None:
    before = tree(incident)
    with Tmux([GAIT, "tui", "--screen", "scout"], cwd=host.cwd) as terminal:
        terminal.wait_for("fam_")
        terminal.keys("R")
        terminal.wait_for("free")
        terminal.write("x")
        terminal.wait_for("name       ▸ run_etl_1117x▏")
        terminal.signal(signal.SIGHUP)
        assert terminal.wait_for_end() != 0
    assert tree(incident) == before


@pytest.mark.usefixtures("story")
def test_who_ends_the_program_gets_the_terminal_back(host: StoryHost) -> None:
    with Tmux([GAIT, "tui", "--screen", "runs"], cwd=host.cwd) as terminal:
        terminal.wait_for("VERIFIED")
        terminal.keys("e")
        terminal.wait_for("Export JSON")
        terminal.signal(signal.SIGTERM)
        assert terminal.wait_for_end() == -signal.SIGTERM
        terminal.wait_for("Export JSON", gone=True)


@pytest.mark.usefixtures("incident")
def test_a_family_becomes_a_failing_fixture_in_three_keys(host: StoryHost) -> None:
    with Tmux([GAIT, "tui"], cwd=host.cwd) as terminal:
        terminal.wait_for("need a person")
        terminal.keys("5")
        terminal.wait_for("fam_")
        terminal.keys("R")
        terminal.wait_for("fixtures/run_etl_1117/fixture.json")
        terminal.wait_for("free")
        assert not (host.cwd / "fixtures/run_etl_1117").exists()
        terminal.keys("Enter")
        terminal.wait_for("pinned run_etl_1117, judged: fail, 3 grades failed.")
        terminal.wait_for("The run ended early: 3 calls missing from index 4 on.")
        terminal.keys("Q")
        assert terminal.wait_for_end() == 0
    assert (host.cwd / "fixtures/run_etl_1117/fixture.json").is_file()
