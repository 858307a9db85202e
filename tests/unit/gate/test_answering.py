"""What the gate says of a decision, and with `--explain` why the policy decided so."""

from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from gait_engine.api import gate as api
from gait_engine.contract.answers.gate import GateExplainAnswer
from tests.support.brokers import BROKERED
from tests.support.gates import (
    DELETE,
    READ,
    approve,
    evaluated,
    furnish,
    options,
    write_envelope,
    write_intent,
    write_policy,
    write_scripts,
    write_switch,
)
from tests.support.hosts import FrozenHost

ALWAYS: Final = {
    *("ok", "profile", "verdict", "reason_codes", "trace_id", "trace_path", "policy_digest"),
    *("intent_digest", "phase", "warnings"),
}
HELD: Final = {"effect": "require_approval"}
FREEZE: Final = {
    "timezone": "UTC",
    "windows": [{"start": "2026-02-01T00:00:00", "end": "2026-03-01T00:00:00"}],
}
OTHER: Final = {"kind": "bucket", "value": "b", "operation": "put"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


def explained(host: FrozenHost, **fields: Any) -> GateExplainAnswer:
    return api.explain(options(**fields), host=host)


def told(answer: msgspec.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(answer))
    return plain


# ---------------------------------------------------------------- the answer


def test_an_answer_leaves_out_what_there_is_nothing_to_say_of(
    frozen_host: FrozenHost, folder: Path
) -> None:
    assert set(told(evaluated(frozen_host))) == ALWAYS


def test_an_answer_about_a_script_tells_of_each_step(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {"match": {"tool_name": "a"}}, default_verdict="block")
    steps = [{"tool_name": "a", "targets": [READ]}, {"tool_name": "b", "targets": [DELETE]}]
    write_intent(folder, script={"steps": steps})
    answer = told(evaluated(frozen_host))
    assert (answer["script"], answer["step_count"], answer["composite_risk_class"]) == (
        *(True, 2, "high"),
    )
    assert answer["step_verdicts"] == [
        {
            "index": 0,
            "tool_name": "a",
            "verdict": "allow",
            "reason_codes": ["matched_rule_r1"],
            "matched_rule": "r1",
        },
        {"index": 1, "tool_name": "b", "verdict": "block", "reason_codes": ["default_block"]},
    ]


def test_a_script_that_was_never_judged_shows_no_steps(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, fail_closed={"enabled": True, "required_fields": ["targets"]})
    write_intent(folder, script={"steps": [{"tool_name": "a"}]}, context={"risk_class": "high"})
    answer = told(evaluated(frozen_host))
    assert answer["verdict"] == "block"
    assert not {"script", "step_count", "script_hash", "step_verdicts"} & set(answer)


def test_warnings_come_from_the_key_the_gate_the_decision_and_its_enforcement(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {**BROKERED, "max_context_age_seconds": 0}, default_verdict="block")
    write_policy(
        folder,
        BROKERED,
        {"name": "z", "match": {"tool_name": "z"}, "require_context_evidence": True},
    )
    asked = {
        "wrkr_inventory": "none.json",
        "approved_script_registry": write_scripts(folder, "a.read"),
        "credential_broker": "env",
    }
    warnings = evaluated(frozen_host, **asked).warnings
    assert [warning.partition(":")[0] for warning in warnings] == [
        "dev key mode",
        "approved scripts not used",
        "wrkr inventory not used",
        "credential broker",
    ]


def test_an_ambiguous_token_is_noted_as_a_hazard(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    text = (folder / "token.json").read_bytes()
    (folder / "token.json").write_bytes(text.replace(b"{", b'{"note":1,', 1))
    keyed: dict[str, Any] = {
        "approval_public_key": "gate.pub",
        "approval_token": "token.json",
    }
    answer = evaluated(frozen_host, **keyed)
    assert answer.verdict == "require_approval"
    assert [hazard.code for hazard in answer.hazards] == ["json_unsigned_field"]


# ---------------------------------------------------------------- the explanation


def test_an_explanation_says_what_the_policy_alone_decided(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(
        folder,
        {"name": "near", "priority": 1, **HELD, "min_approvals": 2},
        {"name": "far", "priority": 9},
    )
    asked = evaluated(frozen_host)
    approve(folder, asked, "a.json")
    approve(folder, asked, "b.json", approver_identity="bob")
    keyed = {"approval_public_key": "gate.pub", "approval_token_chain": "a.json,b.json"}
    answer = told(explained(frozen_host, trace_out="t.json", approval_audit_out="a2.json", **keyed))
    assert answer == {
        "schema_id": "gait.gate.policy_explain",
        "ok": True,
        "schema_version": "1.0.0",
        "created_at": "1980-01-01T00:00:00Z",
        "producer_version": "0.0.0-dev",
        "verdict": "require_approval",
        "final_verdict": "allow",
        "matched_rule": "near",
        "matched_rules": [{"name": "near", "priority": 1, "effect": "require_approval"}],
        "reason_codes": ["matched_rule_near"],
        "approval_required": True,
        "required_approvals": 2,
        "valid_approvals": 2,
        "credential_posture": {"present": False},
        "context_evidence_status": "not_required",
        "proof_refs": {
            "trace_id": answer["proof_refs"]["trace_id"],
            "trace_path": "t.json",
            "approval_audit_path": "a2.json",
        },
    }


def test_rules_are_found_by_name_a_name_with_a_comma_falls_apart(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(
        folder,
        {"name": "b,a", "priority": 1},
        {"name": "a", "priority": 5, "effect": "block"},
        {"name": "a", "priority": 6, "effect": "dry_run"},
    )
    rules = explained(frozen_host).matched_rules
    assert [(rule.name, rule.priority, rule.effect) for rule in rules] == [
        ("a", 5, "block"),
        ("a", 6, "dry_run"),
    ]


def test_without_a_rule_none_is_named(frozen_host: FrozenHost, folder: Path) -> None:
    answer = told(explained(frozen_host))
    assert not {"matched_rule", "matched_rules"} & set(answer)


@pytest.mark.parametrize(
    ("rule", "fields", "missing"),
    [
        ({"require_jit_credential": True}, {}, ["credential_evidence"]),
        ({"sandbox": {"enabled": True}}, {}, ["sandbox"]),
        (
            {"sandbox": {"enabled": True}},
            {"context": {"sandbox": {"network_mode": "full"}}},
            ["sandbox_evidence"],
        ),
        ({}, {}, []),
    ],
)
def test_what_is_missing_is_named_by_its_field(
    frozen_host: FrozenHost,
    folder: Path,
    rule: dict[str, Any],
    fields: dict[str, Any],
    missing: list[str],
) -> None:
    write_policy(folder, rule)
    write_intent(folder, **fields)
    assert list(explained(frozen_host).missing_fields) == missing


def test_facts_that_fail_closed_are_named_by_code_and_field(
    frozen_host: FrozenHost, folder: Path
) -> None:
    required = {"required_fields": ["targets", "context_evidence"]}
    more = {"required_high_risk_fields": ["agent_id"]}
    write_policy(folder, fail_closed={"enabled": True, **required, **more})
    write_intent(folder, context={"risk_class": "high"})
    answer = explained(frozen_host)
    assert answer.missing_fields == ("agent_id", "targets")
    assert answer.fail_closed_reason_codes == (
        "fail_closed_missing_agent_id",
        "fail_closed_missing_targets",
    )
    write_intent(folder, context={"risk_class": "high"}, targets=[OTHER])
    assert "fail_closed_endpoint_class_unknown" in explained(frozen_host).fail_closed_reason_codes


def test_a_kill_switch_that_cannot_be_read_is_missing(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_intent(folder, context={"risk_class": "high"})
    answer = explained(frozen_host, kill_switch_state="none.json")
    assert (answer.verdict, answer.missing_fields) == ("block", ("kill_switch_state",))


def test_what_rules_ask_for_is_told(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(
        folder,
        {
            **BROKERED,
            "match": {"require_delegation": True, "delegation_scopes": ["write"]},
            "freeze_window": FREEZE,
        },
    )
    write_intent(
        folder, delegation={"requester_identity": "s", "scope_class": "write"}, targets=[READ]
    )
    answer = explained(frozen_host, kill_switch_state=write_switch(folder))
    assert (answer.require_broker_credential, answer.broker_reference, answer.broker_scopes) == (
        *(True, "egress", ("read", "write")),
    )
    assert (answer.require_delegation, answer.required_delegation_scopes) == (True, ("write",))
    assert msgspec.UNSET not in (answer.freeze_window, answer.kill_switch)
    assert (answer.verdict, answer.final_verdict) == ("block", "block")
    assert answer.proof_refs.delegation_audit_path


def test_the_evidence_of_a_credential_is_among_the_proofs(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, BROKERED)
    answer = explained(frozen_host, credential_broker="stub", credential_evidence_out="c.json")
    assert answer.proof_refs.credential_evidence_path == "c.json"


def test_the_posture_is_what_the_intent_says_of_its_credential(
    frozen_host: FrozenHost, folder: Path
) -> None:
    said = {
        "credential_source": "env",
        "credential_access_type": "jit",
        "credential_issuer": "i",
        "credential_ttl_seconds": 60,
    }
    write_intent(folder, context={**said, "credential_ref": "ref"})
    posture = {name.removeprefix("credential_"): value for name, value in said.items()}
    assert told(explained(frozen_host).credential_posture) == {
        "present": True,
        "credential_ref": "ref",
        **posture,
    }
    write_intent(folder, context=said)
    assert not explained(frozen_host).credential_posture.present


@pytest.mark.parametrize(
    ("refs", "mode", "status"),
    [
        (["a"], "required", "verified"),
        ([], "required", "missing"),
        (["a"], "best_effort", "present"),
        ([], "best_effort", "present"),
        (None, "", "not_required"),
    ],
)
def test_the_status_of_context_evidence_is_that_of_the_envelope(
    frozen_host: FrozenHost, folder: Path, refs: list[str] | None, mode: str, status: str
) -> None:
    asked = {}
    if refs is not None:
        asked["context_envelope"] = write_envelope(folder, *refs, evidence_mode=mode)
    write_intent(folder, context={"context_evidence_mode": mode})
    assert explained(frozen_host, **asked).context_evidence_status == status


def test_of_an_intent_that_could_not_be_prepared_nothing_is_believed(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, fail_closed={"enabled": True})
    claims = {"context_set_digest": "9" * 64, "context_evidence_mode": "required"}
    write_intent(folder, context={**claims, "risk_class": "high", "credential_ref": "r"})
    answer = explained(frozen_host, context_envelope=write_envelope(folder, "a"))
    assert answer.reason_codes == ("fail_closed_intent_invalid",)
    assert (answer.credential_posture.present, answer.context_evidence_status) == (
        False,
        "not_required",
    )


@pytest.mark.parametrize(
    ("effect", "code"), [("allow", 0), ("dry_run", 0), ("require_approval", 4), ("block", 3)]
)
def test_an_explanation_has_the_exit_code_of_the_answer(
    frozen_host: FrozenHost, folder: Path, effect: str, code: int
) -> None:
    write_policy(folder, {"effect": effect})
    assert explained(frozen_host).success_code == evaluated(frozen_host).success_code == code
    simulated = explained(frozen_host, simulate=True)
    assert (simulated.verdict, simulated.simulate_mode, simulated.success_code) == (effect, True, 0)


def test_an_explanation_leaves_the_same_proofs(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    said = evaluated(frozen_host)
    written = {path.name: path.read_bytes() for path in folder.glob("*_*.json")}
    refs = explained(frozen_host).proof_refs
    assert (refs.trace_path, refs.approval_audit_path) == (
        said.trace_path,
        said.approval_audit_path,
    )
    assert (folder / refs.approval_audit_path).read_bytes() == written[said.approval_audit_path]
