"""A fix is a command: a real shell runs what was printed, and the check passes afterwards."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest

from gait_engine.cli.render.doctor import typeable
from gait_engine.contract.keys import KeySources
from tests.support.checkups import ORDINARY, checks, patient_host, program, write
from tests.support.hosts import FrozenHost
from tests.support.process import ROOT

NOBODY = 65534
HOSTILE = (
    "it's",
    "a b",
    "-rf",
    "$(touch pwned)",
    "x\ny",
    "x\x1b[2Jy",
    "100%",
    "back\\slash",
    "é\u202e",
)


class State(NamedTuple):
    """Something that is wrong: how it comes about, and how the doctor is asked."""

    check: str
    prepare: Callable[[FrozenHost], None]
    request: Mapping[str, Any] = MappingProxyType({})
    keys: KeySources = KeySources()


def without(name: str) -> Callable[[FrozenHost], None]:
    return lambda host: shutil.rmtree(host.cwd / name)


def dangling(host: FrozenHost) -> None:
    (host.cwd / "link").symlink_to("no/where")


def stale_lock(host: FrozenHost) -> None:
    lock = host.cwd / "gait-out" / "gate_rate_limits.json.lock"
    lock.touch()
    os.utime(lock, ns=(0, host.now - 31 * 10**9))


def plain_file(host: FrozenHost) -> None:
    program(host.cwd / "bin" / "gait", mode=0o644)


def open_key(host: FrozenHost) -> None:
    (host.cwd / "p.key").touch()
    (host.cwd / "p.key").chmod(0o666)


STATES = {
    "workdir missing": State("workdir", lambda host: None, {"workdir": "new"}),
    **{
        f"workdir {name!r}": State("workdir", lambda host: None, {"workdir": name})
        for name in HOSTILE
    },
    "workdir a link to nowhere": State("workdir", dangling, {"workdir": "link"}),
    "workdir below such a link": State("workdir", dangling, {"workdir": "link/new"}),
    "output_dir a link to nowhere": State("output_dir", dangling, {"output_dir": "link"}),
    "output_dir missing": State("output_dir", without("gait-out")),
    "temp_dir missing": State("temp_dir", without("tmp")),
    "registry_cache missing": State("registry_cache", without("home/.gait")),
    "lock left behind": State("gate_rate_limit_lock", stale_lock),
    "gait not executable": State("onboarding_binary", plain_file),
    "key open to others": State(
        "key_permissions", open_key, {"key_mode": "prod"}, KeySources(private_key="p.key")
    ),
}


def paste(command: str, host: FrozenHost) -> None:
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=host.cwd,
        env={"HOME": str(host.home), "PATH": os.environ["PATH"]},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("spell", [str, typeable], ids=["from JSON", "from the screen"])
@pytest.mark.parametrize("state", STATES.values(), ids=STATES)
def test_the_printed_fix_makes_the_check_pass(
    state: State, spell: Callable[[str], str], tmp_path: Path
) -> None:
    host = patient_host(tmp_path)
    state.prepare(host)
    found = checks(host, state.keys, **state.request)[state.check]
    assert found.status in ("warn", "fail")
    paste(spell(found.fix_command), host)
    assert checks(host, state.keys, **state.request)[state.check].status == "pass"
    assert not (tmp_path / "pwned").exists()


@pytest.fixture
def shut_folder() -> Iterator[Path]:
    """A folder nobody may write into, examined by somebody who is not root."""
    folder = Path(tempfile.mkdtemp())
    (folder / "shut").mkdir()
    (folder / "shut").chmod(0o500)
    is_root = os.geteuid() == 0
    if is_root:
        for path in (folder, folder / "shut"):
            os.chown(path, NOBODY, -1)
        os.seteuid(NOBODY)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        (folder / "shut").chmod(0o700)
        shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o500, 0o400, 0o600], ids=oct)
@pytest.mark.parametrize(
    ("check", "request_"),
    [
        ("workdir", {"workdir": "shut"}),
        ("output_dir", {"output_dir": "shut"}),
        ("temp_dir", {}),
    ],
)
def test_a_folder_shut_for_new_files_is_opened_by_its_fix(
    check: str, request_: dict[str, Any], mode: int, shut_folder: Path
) -> None:
    (shut_folder / "shut").chmod(mode)
    host = patient_host(shut_folder, {"TMPDIR": str(shut_folder / "shut")})
    found = checks(host, **request_)[check]
    assert (found.status, "permission denied" in found.message) == ("fail", True)
    paste(found.fix_command, host)
    assert checks(host, **request_)[check].status == "pass"


def test_nothing_is_wrong_with_the_place_the_states_begin_from(tmp_path: Path) -> None:
    found = checks(patient_host(tmp_path))
    assert {name: check.status for name, check in found.items()} == dict.fromkeys(ORDINARY, "pass")


def test_the_template_makes_a_project_ready_for_production(tmp_path: Path) -> None:
    """`cp` needs the template and `.gait` beside it, as in a checkout of this repository."""
    host = patient_host(tmp_path)
    shutil.copytree(ROOT / "examples/config", tmp_path / "examples/config")
    write(tmp_path, {".gait/other": ""})
    missing = checks(host, production_readiness=True)["production_readiness_config"]
    assert missing.fix_command == ("cp examples/config/oss_prod_template.yaml '.gait/config.yaml'")
    paste(missing.fix_command, host)
    found = checks(host, production_readiness=True)
    assert {check.status for check in found.values()} == {"pass"}
