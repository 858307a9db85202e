"""What must be right before the gate sees an intent, in the order in which it is looked at."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import gate as api
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.setup import Gate, is_severe
from tests.support.brokers import BROKERED
from tests.support.gates import (
    EARLIER,
    SIGNED,
    files_in,
    furnish,
    options,
    write_policy,
    write_scripts,
)
from tests.support.hosts import FrozenHost
from tests.support.tokens import MORNING

OSS: Final = {"profile": "oss-prod", **SIGNED}
SEVERE: Final = {"match": {"risk_classes": ["critical"]}}
NOT_THERE: Final = "no such file or directory"
FAULTS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    ({"config": "none.yaml"}, f"config 'none.yaml': {NOT_THERE}"),
    ({"policy": ""}, "option --policy: not given"),
    ({"approval_token_ref": "\udcff"}, "option --approval-token-ref: "),
    ({"profile": "lax"}, "option --profile: 'lax'"),
    ({"trace_out": "../t.json"}, "trace: '../t.json' leaves"),
    ({"evaluation_time": "noon"}, "time: 'noon'"),
    ({"profile": "oss-prod", "simulate": True}, "option --simulate: given"),
    ({"key_mode": "dev"}, "signing key: dev"),
    ({"policy": "none.yaml"}, f"policy 'none.yaml': {NOT_THERE}"),
    ({"policy": "allow.yaml"}, "default_verdict (allow.yaml): 'allow'"),
    ({"context_envelope": "none.json"}, f"context envelope 'none.json': {NOT_THERE}"),
    ({"credential_broker": "other"}, "option --credential-broker: 'other'"),
    ({"policy": "open.yaml"}, "rule 'r1' for high or critical risk: no broker credential"),
    ({"approved_script_public_key": "none.pub"}, f"public key 'none.pub': {NOT_THERE}"),
    ({"private_key": "none.key"}, f"private key 'none.key': {NOT_THERE}"),
    ({"trace_out": "folder"}, "a folder, expected a file name"),
    ({"intent": ""}, "option --intent: not given"),
    ({"intent": "none.json"}, f"intent 'none.json': {NOT_THERE}"),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder whose policy oss-prod accepts, beside policies that it refuses."""
    furnish(tmp_path)
    for name, fields in (("allow.yaml", {}), ("open.yaml", {"default_verdict": "block"})):
        rules = [SEVERE] if name == "open.yaml" else []
        write_policy(tmp_path, *rules, **{"default_verdict": "allow"} | fields)
        (tmp_path / "policy.yaml").rename(tmp_path / name)
    write_policy(tmp_path, default_verdict="block")
    (tmp_path / "folder").mkdir()
    write_scripts(tmp_path, "a.read")
    return tmp_path


def refused(host: FrozenHost, **fields: Any) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        api.open_gate(options(**fields), host=host)
    return caught.value


def opened(host: FrozenHost, **fields: Any) -> Gate:
    return api.open_gate(options(**fields), host=host)


@pytest.mark.parametrize("first", range(len(FAULTS)), ids=[text for _, text in FAULTS])
def test_of_several_faults_the_first_in_order_is_named_and_nothing_written(
    frozen_host: FrozenHost, folder: Path, first: int
) -> None:
    fields: dict[str, Any] = {**OSS, "approved_script_registry": "scripts.json"}
    for fault, _ in reversed(FAULTS[first:]):
        fields |= fault
    before = files_in(folder)
    with pytest.raises(GaitError) as caught:
        api.evaluate(options(**fields), host=frozen_host)
    assert caught.value.exit_code == 6
    assert FAULTS[first][1] in caught.value.message
    assert files_in(folder) == before


def test_what_is_not_given_has_its_default(frozen_host: FrozenHost, folder: Path) -> None:
    gate = opened(frozen_host)
    assert (gate.options.profile, gate.options.key_mode) == ("standard", "dev")
    assert gate.options.rate_limit_state == ".gait-out/gate_rate_limits.json"
    assert (gate.at, gate.broker, gate.envelope, gate.scripts, gate.warnings) == (
        *(None, None, None),
        *((), ()),
    )


def test_profile_and_trace_path_are_trimmed(frozen_host: FrozenHost, folder: Path) -> None:
    gate = opened(frozen_host, profile=" OSS-Prod ", trace_out=" t.json ", **SIGNED)
    assert (gate.options.profile, gate.options.trace_out) == ("oss-prod", "t.json")
    assert gate.is_oss_prod


def test_the_time_of_evaluation_stands_where_it_is_given(
    frozen_host: FrozenHost, folder: Path
) -> None:
    given = "2026-01-01T01:00:00+01:00"
    assert opened(frozen_host, evaluation_time=given).at == given


@pytest.mark.parametrize("risk", ["high", "critical"])
def test_high_and_critical_risk_are_severe(risk: str) -> None:
    assert is_severe(risk)


@pytest.mark.parametrize("risk", ["low", "medium", "", "High", "severe"])
def test_no_other_risk_is_severe(risk: str) -> None:
    assert not is_severe(risk)


# ---------------------------------------------------------------- oss-prod


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"simulate": True}, "--simulate"),
        ({"key_mode": "dev", "private_key": ""}, "signing key"),
        ({"key_mode": "", "private_key": ""}, "signing key"),
        ({"key_mode": "prod", "private_key": ""}, "signing key"),
    ],
)
def test_production_needs_a_key_of_its_own_and_no_simulation(
    frozen_host: FrozenHost, folder: Path, fields: dict[str, Any], found: str
) -> None:
    assert found in refused(frozen_host, **OSS | fields).message


@pytest.mark.parametrize("verdict", ["block", "dry_run", "require_approval"])
def test_production_takes_any_default_but_allow(
    frozen_host: FrozenHost, folder: Path, verdict: str
) -> None:
    write_policy(folder, default_verdict=verdict)
    assert opened(frozen_host, **OSS).policy.default_verdict == verdict
    write_policy(folder, default_verdict="allow")
    assert "default_verdict" in refused(frozen_host, **OSS).message


@pytest.mark.parametrize("effect", ["allow", "dry_run", "require_approval"])
@pytest.mark.parametrize("risk", ["high", "critical"])
@pytest.mark.parametrize(
    ("rule", "broker"), [({}, "stub"), (BROKERED, ""), (BROKERED, "off")], ids=str
)
def test_production_lets_no_severe_call_pass_without_a_broker(
    frozen_host: FrozenHost,
    folder: Path,
    effect: str,
    risk: str,
    rule: dict[str, Any],
    broker: str,
) -> None:
    write_policy(folder, {**rule, "effect": effect, "match": {"risk_classes": ["low", risk]}})
    error = refused(frozen_host, **OSS, credential_broker=broker)
    assert "expected require_broker_credential and a broker" in error.message


@pytest.mark.parametrize(
    "rule",
    [
        {"effect": "block", **SEVERE},
        {"effect": "allow", "match": {"risk_classes": ["low"]}},
        {"effect": "allow", **SEVERE, **BROKERED},
    ],
    ids=["blocks", "low risk", "brokered"],
)
def test_production_takes_rules_that_block_are_not_severe_or_have_a_broker(
    frozen_host: FrozenHost, folder: Path, rule: dict[str, Any]
) -> None:
    write_policy(folder, rule)
    assert opened(frozen_host, **OSS, credential_broker="stub").broker is not None


def test_the_standard_profile_asks_for_none_of_this(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, SEVERE, default_verdict="allow")
    assert not opened(frozen_host, simulate=True).is_oss_prod


# ---------------------------------------------------------------- keys, brokers, registries


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({"key_mode": "dev", "private_key": "gate.key"}, "'dev' with a key source"),
        ({"key_mode": "prod"}, "private key: none given"),
        ({"key_mode": "test"}, "key mode: 'test'"),
        ({**SIGNED, "private_key_env": "K"}, "both a file and an environment variable"),
        ({"key_mode": "prod", "private_key_env": "UNSET"}, "unset or blank"),
        ({"key_mode": "prod", "private_key": "gate.pub"}, "32 bytes, expected 64"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused(
    frozen_host: FrozenHost, folder: Path, fields: dict[str, Any], found: str
) -> None:
    assert found in refused(frozen_host, **fields).message


def test_a_key_in_a_variable_signs(frozen_host: FrozenHost, folder: Path) -> None:
    host = FrozenHost(folder, {"K": (folder / "gate.key").read_text(encoding="utf-8")})
    assert opened(host, key_mode="prod", private_key_env="K").signer.warnings == ()


def test_no_key_text_is_in_any_error(frozen_host: FrozenHost, folder: Path) -> None:
    secret = (folder / "gate.key").read_text(encoding="utf-8").strip()
    (folder / "cut.key").write_text(secret[:-8], encoding="utf-8")
    host = FrozenHost(folder, {"CUT": secret[:-8]})
    for fields in (
        {"private_key": secret},
        {"private_key": "cut.key"},
        {"private_key_env": "CUT"},
        {"private_key_env": secret},
    ):
        error = refused(host, key_mode="prod", **fields)
        assert secret[:16] not in f"{error.message} {error.hint} {error.where}", fields


@pytest.mark.parametrize("name", ["", "off", "none", " OFF "])
def test_a_broker_may_be_off(frozen_host: FrozenHost, folder: Path, name: str) -> None:
    assert opened(frozen_host, credential_broker=name).broker is None


def test_the_options_of_a_broker_reach_it(frozen_host: FrozenHost, folder: Path) -> None:
    named = {"credential_broker": "command", "credential_command": "a b"}
    assert "without white space" in refused(frozen_host, **named).message
    gate = opened(frozen_host, credential_broker="env", credential_env_prefix="P_")
    assert gate.broker is not None
    assert gate.broker.name == "env"


@pytest.mark.parametrize("option", ["approval_token_ref", "wrkr_inventory"])
def test_text_that_no_trace_could_hold_is_refused_at_once(
    frozen_host: FrozenHost, folder: Path, option: str
) -> None:
    assert refused(frozen_host, **{option: "x\udcff"}).code == "json_lossy_text"
    assert opened(frozen_host, **{option: "é"}).options.policy == "policy.yaml"


@pytest.mark.parametrize(
    ("text", "found"),
    [(b"[", "not JSON"), (b'{"items":[{"tool_name":1}]}', "tool_name"), (None, NOT_THERE)],
)
def test_an_inventory_that_cannot_be_used_is_kept_as_the_reason_why(
    frozen_host: FrozenHost, folder: Path, text: bytes | None, found: str
) -> None:
    if text is not None:
        (folder / "inv.json").write_bytes(text)
    gate = opened(frozen_host, wrkr_inventory="inv.json")
    assert found in gate.inventory_fault
    assert not gate.inventory


def test_an_inventory_that_can_be_used_has_no_fault(frozen_host: FrozenHost, folder: Path) -> None:
    (folder / "inv.json").write_text(json.dumps([{"tool_name": "T"}]), encoding="utf-8")
    gate = opened(frozen_host, wrkr_inventory="inv.json")
    assert (list(gate.inventory), gate.inventory_fault) == (["t"], "")


def test_scripts_are_read_with_the_key_of_approvals_unless_they_have_their_own(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "broken.pub").write_bytes(b"x")
    registry = {"approved_script_registry": "scripts.json"}
    by_approvals = opened(frozen_host, **registry, approval_public_key="gate.pub")
    by_their_own = opened(
        frozen_host,
        **registry,
        approved_script_public_key="gate.pub",
        approval_public_key="broken.pub",
    )
    for gate in (by_approvals, by_their_own):
        assert ([script.pattern_id for script in gate.scripts], gate.scripts_fault) == (["pat"], "")


def spoilt(folder: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """Yield registries that cannot be used, and why."""
    keyed = {"approved_script_public_key": "gate.pub"}
    yield {}, "no key to check approved scripts with"
    (folder / "bad.json").write_bytes(b'{"entries":1}')
    yield {**keyed, "approved_script_registry": "bad.json"}, "entries"
    text = (folder / "scripts.json").read_bytes()
    (folder / "forged.json").write_bytes(text.replace(b'"alice"', b'"mallory"'))
    yield {**keyed, "approved_script_registry": "forged.json"}, "signed_digest"
    name = write_scripts(folder, "a.read", name="old.json", created_at=EARLIER, expires_at=MORNING)
    yield {**keyed, "approved_script_registry": name}, f"expired at {MORNING}"


def test_a_registry_that_cannot_be_used_is_kept_as_the_reason_why(
    frozen_host: FrozenHost, folder: Path
) -> None:
    for fields, found in spoilt(folder):
        gate = opened(frozen_host, **{"approved_script_registry": "scripts.json", **fields})
        assert found in gate.scripts_fault, fields


def test_a_registry_that_is_not_there_or_empty_needs_no_key(
    frozen_host: FrozenHost, folder: Path
) -> None:
    (folder / "empty.json").write_bytes(b"")
    for name in ("none.json", "empty.json"):
        gate = opened(frozen_host, approved_script_registry=name)
        assert (gate.scripts, gate.scripts_fault) == ((), "")


@pytest.mark.parametrize(
    "fields",
    [
        {"fail_closed": {"enabled": True, "required_fields": ["context_evidence"]}},
        {"rules": [{"name": "r", "effect": "allow", "require_context_evidence": True}]},
    ],
)
def test_a_policy_that_asks_for_context_evidence_takes_no_script_as_approved(
    frozen_host: FrozenHost, folder: Path, fields: dict[str, Any]
) -> None:
    write_policy(folder, **fields)
    gate = opened(frozen_host, approved_script_registry="scripts.json")
    assert gate.scripts == ()
    assert gate.warnings == ("approved scripts not used: the policy asks for context evidence",)
