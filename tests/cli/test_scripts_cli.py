"""`gait approve-script` and `gait list-scripts` at the command line."""

import json
from collections.abc import Callable

import pytest

from gait_engine.crypto.keys import generate_key, key_text
from tests.conftest import Answer
from tests.support.hosts import FrozenHost
from tests.support.intents import intent_text

Gait = Callable[..., Answer]
SCRIPT = ("--policy", "p.yaml", "--intent", "i.json", "--registry", "reg.json")
SIGNED = ("--key-mode", "prod", "--private-key", "k.key")


@pytest.fixture(autouse=True)
def files(frozen_host: FrozenHost) -> None:
    steps = [{"tool_name": "b.read"}, {"tool_name": "a.read"}]
    (frozen_host.cwd / "p.yaml").write_text("default_verdict: block\n")
    (frozen_host.cwd / "i.json").write_bytes(intent_text(script={"steps": steps}))
    (frozen_host.cwd / "k.key").write_bytes(key_text(generate_key(frozen_host).private_bytes))


def test_an_approval_is_shown_with_what_it_covers(gait: Gait, frozen_host: FrozenHost) -> None:
    said = gait("approve-script", *SCRIPT, *SIGNED, "--approver", "alice", "--pattern-id", "pat")
    (entry,) = json.loads((frozen_host.cwd / "reg.json").read_bytes())["entries"]
    assert (said.exit_code, said.stderr) == (0, "")
    assert said.stdout.splitlines() == [
        "approve-script ok: pat",
        f"  script    {entry['script_hash']}",
        f"  policy    {entry['policy_digest']}",
        "  tools     a.read b.read",
        "  expires   2026-02-12T12:00:00Z",
        "  registry  reg.json",
    ]


def test_a_dev_key_is_warned_of(gait: Gait) -> None:
    said = gait("approve-script", *SCRIPT, "--approver", "alice")
    assert said.exit_code == 0
    assert said.stdout.splitlines()[-1].startswith("warning: dev key mode")


def test_the_list_is_sorted_as_the_registry_and_says_what_it_did_not_check(
    gait: Gait, frozen_host: FrozenHost
) -> None:
    scope = ("--scope", "tool:script, Risk:low")
    for pattern, ttl, extra in (("z", "1h", ()), ("a", "1s", scope)):
        gait(
            *("approve-script", *SCRIPT, *SIGNED, "--approver", "al"),
            *("--pattern-id", pattern, "--ttl", ttl, *extra),
        )
    frozen_host.now += 10**9
    lines = gait("list-scripts", "--registry", "reg.json").stdout.splitlines()
    hashed = [line for line in lines if "script=" in line]
    assert len(hashed) == 2
    assert [line for line in lines if line not in hashed] == [
        "list-scripts: reg.json entries=2, signatures not checked",
        "  expired  a  until=2026-02-05T12:00:01Z by=al",
        "           scope=risk:low,tool:script",
        "  current  z  until=2026-02-05T13:00:00Z by=al",
    ]


@pytest.mark.parametrize(
    "argv",
    [
        ("approve-script", *SCRIPT, *SIGNED),
        ("approve-script", *SCRIPT, *SIGNED, "--approver", "al", "extra"),
        ("approve-script", *SCRIPT, *SIGNED, "--approver", "al", "--ttl", "1d"),
        ("approve-script", *SCRIPT, "--approver", "al", "--private-key", "k.key"),
        ("list-scripts",),
        ("list-scripts", "--registry", "p.yaml"),
        ("list-scripts", "--registry", "none.json", "extra"),
    ],
)
def test_every_error_is_exit_6_and_writes_nothing(
    gait: Gait, frozen_host: FrozenHost, argv: tuple[str, ...]
) -> None:
    said = gait(*argv, "--json")
    assert (said.exit_code, json.loads(said.stdout)["error_code"]) == (6, "invalid_input")
    assert not (frozen_host.cwd / "reg.json").exists()
