"""CPU time of a command against the bare interpreter: a ratio, so that any machine will do."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.process import ENTRY, bare_env

if sys.platform == "win32":
    pytest.skip("CPU time of child processes is a POSIX figure", allow_module_level=True)

from resource import RUSAGE_CHILDREN, getrusage

ROUNDS = 11


def cpu_seconds(code: str, argv: list[str], cwd: Path) -> float:
    """Run code in a fresh interpreter and return its user and system time."""
    before = getrusage(RUSAGE_CHILDREN)
    subprocess.run(
        [sys.executable, "-c", code, *argv],
        cwd=cwd,
        env=bare_env(cwd),
        stdout=subprocess.DEVNULL,
        check=True,
    )
    after = getrusage(RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def ratio_to_bare_interpreter(argv: list[str], cwd: Path) -> float:
    """Measure both in turns, and compare the least of each: other work only ever adds to a run."""
    floor: Callable[[], float] = lambda: cpu_seconds("pass", [], cwd)  # noqa: E731
    command: Callable[[], float] = lambda: cpu_seconds(ENTRY, argv, cwd)  # noqa: E731
    floor(), command()  # the first run may compile
    pairs = [(floor(), command()) for _ in range(ROUNDS)]
    return min(b for _, b in pairs) / min(a for a, _ in pairs)


def test_version_costs_at_most_one_and_a_half_bare_interpreters(tmp_path: Path) -> None:
    assert ratio_to_bare_interpreter(["version"], tmp_path) <= 1.5


def test_gate_eval_costs_at_most_nine_bare_interpreters(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("default_verdict: allow\n", encoding="utf-8")
    context = {"identity": "id", "workspace": "/w", "risk_class": "low"}
    intent = json.dumps({"tool_name": "tool.read", "context": context})
    (tmp_path / "intent.json").write_text(intent, encoding="utf-8")
    argv = ["gate", "eval", "--policy", "policy.yaml", "--intent", "intent.json", "--json"]
    assert ratio_to_bare_interpreter(argv, tmp_path) <= 9


def test_verify_costs_at_most_seven_bare_interpreters(demo_folder: Path) -> None:
    assert ratio_to_bare_interpreter(["verify", "run_demo", "--json"], demo_folder) <= 7
