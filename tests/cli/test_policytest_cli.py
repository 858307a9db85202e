"""`gait policy test` and `policy simulate` at the command line."""

import json
from collections.abc import Callable

import pytest

from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.intents import intent_text

Gait = Callable[..., Answer]


@pytest.fixture(autouse=True)
def files(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "p.yaml").write_text("default_verdict: block\n", encoding="utf-8")
    (frozen_host.cwd / "q.yaml").write_text("default_verdict: allow\n", encoding="utf-8")
    (frozen_host.cwd / "i.json").write_bytes(intent_text())


def test_the_verdict_is_the_exit_code_and_one_line(gait: Gait) -> None:
    summary = "policy test verdict=block reasons=default_block violations=none\n"
    assert gait("policy", "test", "p.yaml", "i.json") == (3, summary, "")


def test_in_json_a_block_is_an_answer_that_is_ok(gait: Gait) -> None:
    said = gait("policy", "test", "--json", "p.yaml", "i.json")
    answer = json.loads(said.stdout)
    assert (said.exit_code, answer["ok"], answer["verdict"]) == (3, True, "block")
    assert "error" not in answer


@pytest.mark.parametrize("given", [(), ("p.yaml",), ("p.yaml", "i.json", "i.json")])
def test_a_policy_and_an_intent_are_wanted(gait: Gait, given: tuple[str, ...]) -> None:
    said = gait("policy", "test", *given, "--json")
    assert said.exit_code == 6
    assert json.loads(said.stdout)["error_code"] == "invalid_input"


def test_simulate_lists_what_changes(gait: Gait) -> None:
    said = gait(
        *("policy", "simulate", "--policy", "q.yaml", "--baseline", "p.yaml"),
        *("--fixtures", "i.json"),
    )
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "policy simulate fixtures=1 changed=1 recommendation=observe",
        f"  {'block -> allow':36} i.json",
    ]
