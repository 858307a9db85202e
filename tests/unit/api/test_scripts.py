"""Approving scripts and listing them: what is answered, what is written, what is refused."""

import json
from typing import Any

import pytest

from gait_engine.api import scripts as api
from gait_engine.api.envelope import encode, exit_code, failure
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import generate_key, key_text
from gait_engine.errors import GaitError
from gait_engine.gate.approvedscripts import find_match, read_registry, verify_all
from gait_engine.gate.intent import read_intent
from tests.support.hosts import FrozenHost
from tests.support.intents import intent_text

STEPS = [{"tool_name": "a.read"}, {"tool_name": "b.read"}]


@pytest.fixture(autouse=True)
def files(frozen_host: FrozenHost) -> None:
    (frozen_host.cwd / "p.yaml").write_text("default_verdict: block\n")
    (frozen_host.cwd / "i.json").write_bytes(intent_text(script={"steps": STEPS}))
    (frozen_host.cwd / "call.json").write_bytes(intent_text())
    (frozen_host.cwd / "k.key").write_bytes(key_text(generate_key(frozen_host).private_bytes))


def request(**fields: Any) -> api.ScriptApproval:
    usual = {"policy": "p.yaml", "intent": "i.json", "registry": "reg.json", "approver": "alice"}
    prod = {"key_mode": "prod", "keys": KeySources(private_key="k.key")}
    return api.ScriptApproval(**{**usual, **prod, **fields})


def test_an_approval_is_answered_and_entered(frozen_host: FrozenHost) -> None:
    answer = api.approve(request(scope=(" Risk:low", "")), host=frozen_host)
    (entry,) = read_registry("reg.json", host=frozen_host)
    assert json.loads(encode(answer)) == {
        "ok": True,
        "pattern_id": f"pattern_{entry.script_hash[:12]}",
        "policy_digest": entry.policy_digest,
        "script_hash": entry.script_hash,
        "tool_sequence": ["a.read", "b.read"],
        "registry_path": "reg.json",
        "expires_at": "2026-02-12T12:00:00Z",
    }
    assert (entry.approver_identity, entry.scope) == ("alice", ("risk:low",))
    assert (entry.producer_version, entry.created_at) == ("0.0.0-dev", "2026-02-05T12:00:00Z")


def test_what_was_approved_verifies_and_matches(frozen_host: FrozenHost) -> None:
    answer = api.approve(request(ttl="1ns"), host=frozen_host)
    entries = read_registry("reg.json", host=frozen_host)
    intent, now_ns = read_intent("i.json", host=frozen_host), frozen_host.now_ns()
    signer = generate_key(FrozenHost(frozen_host.cwd))
    assert verify_all(entries, signer.public_key, now_ns) == ""
    assert find_match(entries, intent, answer.policy_digest, now_ns) == entries[0]
    assert find_match(entries, intent, answer.policy_digest, now_ns + 1) is None


def test_a_pattern_is_replaced_by_its_id(frozen_host: FrozenHost) -> None:
    for approver in ("alice", "zoe"):
        api.approve(request(approver=f" {approver} ", pattern_id=" pat "), host=frozen_host)
    (entry,) = read_registry("reg.json", host=frozen_host)
    assert (entry.pattern_id, entry.approver_identity) == ("pat", "zoe")


def test_a_key_that_is_forgotten_at_once_is_warned_of(frozen_host: FrozenHost) -> None:
    answer = api.approve(request(key_mode="dev", keys=KeySources()), host=frozen_host)
    assert len(answer.warnings) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": ""},
        {"intent": " "},
        {"registry": ""},
        {"approver": " "},
        {"policy": "none.yaml"},
        {"intent": "none.json"},
        {"intent": "call.json"},
        {"ttl": "0s"},
        {"ttl": "-1h"},
        {"ttl": "1d"},
        {"ttl": ""},
        {"key_mode": "dev"},
        {"key_mode": "other"},
        {"keys": KeySources()},
        {"keys": KeySources(private_key="p.yaml")},
        {"keys": KeySources(private_key="k.key", private_key_env="K")},
    ],
)
def test_what_cannot_be_approved_is_exit_6_and_nothing_is_written(
    frozen_host: FrozenHost, fields: dict[str, Any]
) -> None:
    before = sorted(frozen_host.cwd.iterdir())
    with pytest.raises(GaitError) as failed:
        api.approve(request(**fields), host=frozen_host)
    assert exit_code(failure(failed.value)) == 6
    assert sorted(frozen_host.cwd.iterdir()) == before


def test_the_list_says_what_is_expired_and_checks_no_signature(frozen_host: FrozenHost) -> None:
    api.approve(request(pattern_id="z", ttl="1s", scope=("risk:low",)), host=frozen_host)
    api.approve(request(pattern_id="a", ttl="2s"), host=frozen_host)
    path = frozen_host.cwd / "reg.json"
    path.write_text(path.read_text().replace('"alice"', '"mallory"'))
    frozen_host.now += 10**9
    answer = json.loads(encode(api.list_scripts("reg.json", host=frozen_host)))
    rows = answer.pop("entries")
    assert answer == {"ok": True, "registry": "reg.json", "count": 2}
    shared = {key: rows[0][key] for key in ("policy_digest", "script_hash")}
    shared |= {"approver_identity": "mallory", "tool_sequence": ["a.read", "b.read"]}
    assert rows == [
        {"pattern_id": "a", "expired": False, "expires_at": "2026-02-05T12:00:02Z", **shared},
        {
            "pattern_id": "z",
            "expired": True,
            "expires_at": "2026-02-05T12:00:01Z",
            "scope": ["risk:low"],
            **shared,
        },
    ]


def test_a_registry_that_is_missing_lists_nothing(frozen_host: FrozenHost) -> None:
    answer = api.list_scripts("none.json", host=frozen_host)
    assert json.loads(encode(answer)) == {"ok": True, "registry": "none.json"}


@pytest.mark.parametrize("registry", ["", " ", ".", "p.yaml"])
def test_a_registry_that_cannot_be_read_is_exit_6(frozen_host: FrozenHost, registry: str) -> None:
    with pytest.raises(GaitError) as failed:
        api.list_scripts(registry, host=frozen_host)
    assert exit_code(failure(failed.value)) == 6
