import os
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from gait_engine import __version__
from gait_engine.host import Host

HOST = Host()


def test_the_host_is_this_process(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GAIT_TEST_OF_HOST", "1")
    assert HOST.cwd == Path(os.getcwd())  # noqa: PTH109  # what the system says, not what pathlib says
    assert HOST.cwd.is_absolute()
    assert HOST.env["GAIT_TEST_OF_HOST"] == "1"
    assert HOST.pid == os.getpid()
    assert HOST.producer_version == __version__


def test_the_clocks_go_forward() -> None:
    before, started = HOST.now_ns(), HOST.monotonic()
    HOST.pause(0)
    assert HOST.now_ns() >= before > 1_700_000_000 * 10**9
    assert HOST.monotonic() >= started


def test_entropy_has_the_length_asked_for_and_never_repeats() -> None:
    assert [len(HOST.entropy(count)) for count in (0, 1, 32)] == [0, 1, 32]
    assert HOST.entropy(32) != HOST.entropy(32)


def test_without_a_known_home_the_working_directory_stands_in(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/of/somebody")
    monkeypatch.setenv("USERPROFILE", "/home/of/somebody")
    assert HOST.home == Path("/home/of/somebody")
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert HOST.home == HOST.cwd


@pytest.mark.parametrize(
    ("platform", "name"),
    [("linux", "linux"), ("darwin", "darwin"), ("win32", "windows"), ("cygwin", "windows")],
)
def test_the_system_is_named_as_the_peer_names_it(
    monkeypatch: pytest.MonkeyPatch, platform: str, name: str
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert HOST.os_name == name


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        *(("x86_64", "amd64"), ("AMD64", "amd64"), ("aarch64", "arm64"), ("arm64", "arm64")),
        *(("i686", "386"), ("ARM64", "arm64"), ("riscv64", "riscv64"), ("", "")),
    ],
)
@pytest.mark.parametrize("has_uname", [True, False], ids=["uname", "environment"])
def test_the_processor_is_named_as_the_peer_names_it(
    *, monkeypatch: pytest.MonkeyPatch, has_uname: bool, machine: str, name: str
) -> None:
    if has_uname:
        monkeypatch.setattr(os, "uname", lambda: SimpleNamespace(machine=machine), raising=False)
    else:
        monkeypatch.delattr(os, "uname", raising=False)
        monkeypatch.setenv("PROCESSOR_ARCHITECTURE", machine)
    assert HOST.arch == name
