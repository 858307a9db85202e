from pathlib import Path

import pytest

from tests.support.process import ENTRY, python

SEALED_OFF = 97
WATCHED = f"""
import os, sys
def watch(event, args):
    if event.startswith(("socket.", "urllib.", "http.client.")):
        os.write(2, f"network: {{event}} {{args!r}}\\n".encode())
        os._exit({SEALED_OFF})
sys.addaudithook(watch)
"""


def test_the_watch_stops_a_process_that_makes_a_socket(tmp_path: Path) -> None:
    done = python(f"{WATCHED}\nimport socket; socket.socket()", cwd=tmp_path)
    assert done.returncode == SEALED_OFF


@pytest.mark.parametrize(
    "command",
    [
        "demo",
        "verify run_demo",
        "run inspect --from run_demo",
        "run receipt --from run_demo",
        "run replay run_demo",
        "run diff run_demo run_demo",
    ],
)
def test_a_command_makes_no_network_connection(command: str, tmp_path: Path) -> None:
    script = f"{WATCHED}{ENTRY}"
    assert python(script, ["demo"], cwd=tmp_path).returncode == 0
    done = python(script, command.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr
