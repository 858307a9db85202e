"""Fixtures for every kind of test."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.support import process
from tests.support.hosts import FrozenHost

pytest_plugins = ["tests.support.snap"]


def pytest_configure() -> None:
    """Heed interrupts, and let children: a shell tells what it runs in the background not to."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


class Answer(NamedTuple):
    """What a command said."""

    exit_code: int
    stdout: str
    stderr: str


@pytest.fixture
def frozen_host(tmp_path: Path) -> FrozenHost:
    """A host at noon of 2026-02-05 whose working directory is the test's own folder."""
    return FrozenHost(tmp_path)


@pytest.fixture
def gait(
    frozen_host: FrozenHost, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Answer]:
    """The command line in this process: `gait("verify", "run_demo", "--json")` -> Answer."""
    from gait_engine.cli.main import main

    monkeypatch.chdir(frozen_host.cwd)

    def call(*argv: str) -> Answer:
        capfd.readouterr()
        exit_code = main(list(argv), frozen_host)
        said = capfd.readouterr()
        return Answer(exit_code, said.out, said.err)

    return call


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which `gait demo` has run; read only, by agreement."""
    folder = tmp_path_factory.mktemp("demo")
    done = process.gait("demo", cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.fixture(scope="session")
def demo_runpack(demo_folder: Path) -> Path:
    """The runpack of the demo run; read only, by agreement."""
    return demo_folder / "gait-out" / "runpack_run_demo.zip"
