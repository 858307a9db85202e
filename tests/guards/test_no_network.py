import shutil
from pathlib import Path

import pytest

from tests.support.process import ENTRY, ROOT, python

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
        "tour",
        "registry list",
        "doctor",
    ],
)
def test_a_command_makes_no_network_connection(command: str, tmp_path: Path) -> None:
    script = f"{WATCHED}{ENTRY}"
    assert python(script, ["demo"], cwd=tmp_path).returncode == 0
    done = python(script, command.split(), cwd=tmp_path)
    assert done.returncode == 0, done.stderr


INSTALL = "registry install m.json --cache-dir cache --public-key pub.key"


@pytest.fixture
def manifest_folder(tmp_path: Path) -> Path:
    """A folder with a signed manifest and the key it is signed with."""
    for name in ("m.json", "pub.key"):
        shutil.copy(ROOT / "tests/golden/registry/install_ok" / name, tmp_path)
    return tmp_path


def test_a_manifest_in_a_file_is_installed_and_verified_offline(manifest_folder: Path) -> None:
    script = f"{WATCHED}{ENTRY}"
    assert python(script, INSTALL.split(), cwd=manifest_folder).returncode == 0
    (installed,) = manifest_folder.glob("cache/finance-baseline/*/*/registry_pack.json")
    line = ["registry", "verify", str(installed), "--public-key", "pub.key"]
    assert python(script, line, cwd=manifest_folder).returncode == 0


@pytest.mark.parametrize(
    "source", ["http://127.0.0.1:1/p", "https://evil.example/p", "https://u:p@127.0.0.1/p"]
)
def test_an_address_that_is_not_allowed_is_not_asked(source: str, manifest_folder: Path) -> None:
    script = f"{WATCHED}{ENTRY}"
    line = [*INSTALL.replace("m.json", source).split(), "--allow-host", "127.0.0.1"]
    assert python(script, line, cwd=manifest_folder).returncode == 2


def test_an_address_that_is_allowed_is_asked(manifest_folder: Path) -> None:
    """The watch sees what this command does: it is able to fail."""
    script = f"{WATCHED}{ENTRY}"
    line = [
        *INSTALL.replace("m.json", "https://127.0.0.1:1/p").split(),
        "--allow-host",
        "127.0.0.1",
    ]
    assert python(script, line, cwd=manifest_folder).returncode == SEALED_OFF
