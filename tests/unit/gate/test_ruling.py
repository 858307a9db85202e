"""The records that prove a ruling: which there are, and that they speak of the same call."""

import json
import re
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import gate as api
from gait_engine.gate.decide import decide
from gait_engine.gate.enforce import enforce
from gait_engine.gate.intent import parse_intent
from gait_engine.gate.ruling import Ruling, approval_ref, rule
from gait_engine.wire.jsonread import Source
from tests.support.brokers import BROKERED
from tests.support.gates import (
    approve,
    evaluated,
    files_in,
    furnish,
    options,
    write_intent,
    write_policy,
    write_switch,
)
from tests.support.hosts import FrozenHost
from tests.support.tokens import delegation, write_token

HELD: Final = {"effect": "require_approval"}
DELEGATED: Final = {"match": {"require_delegation": True, "delegation_scopes": ["write"]}}
CHAIN: Final = {"requester_identity": "spec", "scope_class": "write"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


def ruled(host: FrozenHost, **fields: Any) -> Ruling:
    """Rule on the intent of the folder; nothing is written."""
    gate = api.open_gate(options(**fields), host=host)
    request = parse_intent((host.cwd / "intent.json").read_bytes(), "intent.json")
    decided = decide(gate, request, Source("intent.json"), host=host)
    return rule(gate, decided, enforce(gate, decided, host=host), correlation_id="c", host=host)


def test_a_plain_call_has_a_trace_and_nothing_else(frozen_host: FrozenHost, folder: Path) -> None:
    before = files_in(folder)
    ruling = ruled(frozen_host)
    assert (ruling.approval_audit, ruling.delegation_audit, ruling.credential, ruling.kill_hit) == (
        None,
        None,
        None,
        None,
    )
    assert ruling.trace.correlation_id == "c"
    assert files_in(folder) == before


def test_the_trace_has_the_verdict_after_everything_was_enforced(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, BROKERED)
    ruling = ruled(frozen_host)
    assert (ruling.decided.decision.verdict, ruling.trace.verdict) == ("allow", "block")
    assert ruling.trace.violations == ("broker_credential_missing",)


def test_an_approval_audit_speaks_of_the_trace_and_agrees_with_the_verdict(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    ruling = ruled(frozen_host)
    audit = ruling.approval_audit
    assert audit is not None
    assert (audit.trace_id, audit.intent_digest, audit.policy_digest, audit.created_at) == (
        ruling.trace.trace_id,
        ruling.trace.intent_digest,
        ruling.trace.policy_digest,
        ruling.trace.created_at,
    )
    assert (audit.required_approvals, audit.approved, audit.entries) == (1, False, None)


def test_two_tokens_of_one_approver_are_not_approved_in_the_audit_either(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {**HELD, "min_approvals": 2})
    asked = evaluated(frozen_host)
    for name, reason in (("a.json", "first"), ("b.json", "second")):
        approve(folder, asked, name, reason_code=reason)
    keyed = {"approval_token_chain": "a.json,b.json", "approval_public_key": "gate.pub"}
    ruling = ruled(frozen_host, **keyed)
    assert ruling.approval_audit is not None
    assert (ruling.trace.verdict, ruling.approval_audit.valid_approvals) == ("require_approval", 2)
    assert not ruling.approval_audit.approved


def test_of_a_call_that_a_limit_blocks_the_audit_says_that_nobody_was_asked(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {**HELD, "rate_limit": {"requests": 1}})
    evaluated(frozen_host, rate_limit_state="rl.json")
    ruling = ruled(frozen_host, rate_limit_state="rl.json", approval_token="none.json")  # noqa: S106
    assert ruling.approval_audit is not None
    assert (ruling.trace.verdict, ruling.approval_audit.required_approvals) == ("block", 1)
    assert ruling.approval_audit.entries is None


def test_a_delegation_audit_is_there_wherever_one_was_required(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, DELEGATED)
    write_intent(folder, delegation=CHAIN)
    token = delegation()
    asked = {"delegation_public_key": "gate.pub"}
    unproven = ruled(frozen_host, **asked)
    asked["delegation_token"] = write_token(folder, token)
    proven = ruled(frozen_host, **asked)
    for ruling, ref in ((unproven, ""), (proven, token.token_id)):
        assert ruling.delegation_audit is not None
        assert (ruling.delegation_audit.delegated, ruling.delegation_audit.delegation_ref) == (
            bool(ref),
            ref,
        )


def test_the_evidence_of_a_credential_and_the_trace_name_the_same_one(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, BROKERED)
    ruling = ruled(frozen_host, credential_broker="stub")
    assert ruling.credential is not None
    trace = ruling.trace
    assert (
        ruling.credential.trace_id,
        ruling.credential.credential_ref,
        ruling.credential.request_digest,
        ruling.credential.target_binding,
    ) == (
        trace.trace_id,
        trace.broker_credential_ref,
        trace.broker_request_digest,
        trace.broker_target_binding,
    )


@pytest.mark.parametrize(
    ("entries", "status"),
    [([{"entry_id": "e", "tool_name": "db.query"}], "active"), ([], "inactive"), (None, "")],
)
def test_only_a_call_that_the_kill_switch_stopped_is_noted_in_its_journal(
    frozen_host: FrozenHost, folder: Path, entries: list[dict[str, Any]] | None, status: str
) -> None:
    asked = {} if entries is None else {"kill_switch_state": write_switch(folder, *entries)}
    hit = ruled(frozen_host, **asked).kill_hit
    assert (hit is not None) == (status == "active")
    if hit is not None:
        assert (hit.source, hit.matched_entry_ids) == ("gate_eval", ("e",))
        assert hit.reason_codes == ("kill_switch_active", "kill_switch_tool_name_active")


def test_a_call_whose_switch_cannot_be_read_is_not_noted(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_intent(folder, context={"risk_class": "high"})
    ruling = ruled(frozen_host, kill_switch_state="none.json")
    assert (ruling.trace.verdict, ruling.kill_hit) == ("block", None)


def test_the_reference_to_an_approval_is_given_until_tokens_prove_one(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    asked: dict[str, Any] = {"approval_token_ref": " ref "}
    gate = api.open_gate(options(**asked), host=frozen_host)
    held = ruled(frozen_host, **asked)
    assert (approval_ref(gate, held.enforced), held.trace.approval_token_ref) == ("ref", "ref")
    approve(folder, evaluated(frozen_host))
    asked |= {"approval_token": "token.json", "approval_public_key": "gate.pub"}
    granted = ruled(frozen_host, **asked)
    assert re.fullmatch("[0-9a-f]{24}", granted.trace.approval_token_ref)
    assert granted.trace.approval_token_ref == approval_ref(gate, granted.enforced)


def test_no_record_holds_the_arguments_of_a_call(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    write_intent(folder, args={"note": "planted-argument"})
    evaluated(frozen_host)
    written = [path for path in folder.glob("*_*.json") if path.name != "intent.json"]
    assert len(written) == 2
    assert all("planted-argument" not in json.dumps(path.read_text("utf-8")) for path in written)
