"""Static contracts cannot see what a command really loads: look at `sys.modules` of a process."""

import json
import shutil
from pathlib import Path

import pytest

from tests.support.process import ENTRY, ROOT, python

HEAVY = {
    *("aiohttp", "gait_tui", "importlib.metadata", "jsonschema", "pydantic", "rich", "textual"),
    "yaml",
}
DUMP_MODULES = f"""
import atexit, json, os, sys
atexit.register(lambda: open(os.environ["MODULES"], "w").write(json.dumps(sorted(sys.modules))))
{ENTRY}
"""


def loaded_by(folder: Path, dump: Path, *argv: str) -> set[str]:
    """Run a command and name everything it imported."""
    done = python(DUMP_MODULES, argv, cwd=folder, env={"MODULES": str(dump)})
    assert done.returncode == 0, done.stdout + done.stderr
    return set(json.loads(dump.read_text()))


@pytest.mark.parametrize(
    "command",
    [
        "version",
        "--version",
        "--help",
        "verify run_demo",
        "verify run_demo --json",
        "run inspect --from run_demo",
        "run inspect --from run_demo --json",
        "run receipt --from run_demo",
        "run replay run_demo --json",
        "run diff run_demo run_demo --json",
        "doctor --json",
    ],
)
def test_a_command_loads_nothing_of_the_ui_and_no_heavy_library(
    command: str, demo_folder: Path, tmp_path: Path
) -> None:
    loaded = loaded_by(demo_folder, tmp_path / "modules.json", *command.split())
    assert loaded & HEAVY == set()


@pytest.mark.parametrize("command", ["version", "--version"])
def test_version_is_answered_before_anything_is_imported(command: str, tmp_path: Path) -> None:
    loaded = loaded_by(tmp_path, tmp_path / "modules.json", command)
    assert loaded & {"typer", "msgspec", "nacl", "gait_engine.api", "gait_engine.wire"} == set()


def test_an_unsigned_runpack_is_verified_without_the_signing_library(
    demo_folder: Path, tmp_path: Path
) -> None:
    loaded = loaded_by(demo_folder, tmp_path / "modules.json", "verify", "run_demo", "--json")
    assert "nacl" not in loaded


def test_a_plain_decision_loads_neither_typer_nor_what_it_does_not_ask_for(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "policy.yaml").write_text("default_verdict: allow\n", encoding="utf-8")
    context = {"identity": "id", "workspace": "/w", "risk_class": "low"}
    intent = json.dumps({"tool_name": "tool.read", "context": context})
    (folder / "intent.json").write_text(intent, encoding="utf-8")
    line = ("gate", "eval", "--policy", "policy.yaml", "--intent", "intent.json", "--json")
    loaded = loaded_by(folder, tmp_path / "modules.json", *line)
    assert loaded & {*HEAVY, "typer"} == {"yaml"}
    unasked = ("gate.holds", "gate.tokens", "gate.broker", "gate.killswitch", "gate.explain")
    assert [
        name for name in loaded if name.startswith(tuple(f"gait_engine.{n}" for n in unasked))
    ] == []


@pytest.mark.parametrize(
    "command",
    [
        "registry install m.json --cache-dir cache --public-key pub.key",
        "registry list --cache-dir cache",
    ],
)
def test_the_network_is_loaded_for_an_address_alone(command: str, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    for name in ("m.json", "pub.key"):
        shutil.copy(ROOT / "tests/golden/registry/install_ok" / name, folder)
    loaded = loaded_by(folder, tmp_path / "modules.json", *command.split())
    assert loaded & {*HEAVY, "http.client", "socket", "ssl", "gait_engine.registry.fetch"} == set()


def test_a_command_loads_its_own_group_only(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    loaded = loaded_by(folder, tmp_path / "modules.json", "demo", "--json")
    groups = {name for name in loaded if name.startswith("gait_engine.cli.groups.")}
    assert len(groups) == 1
