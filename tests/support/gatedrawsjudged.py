"""Drawn cases as the gate sees them, and its decisions spelled as the model spells them."""

import json
from datetime import UTC
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.approvedscript import ApprovedScript
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.decision import (
    Decision,
    FreezeDecision,
    KillSwitchDecision,
    SandboxDecision,
)
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.intent import InventoryItem
from gait_engine.contract.killswitch import KILL_SWITCH_SCHEMA
from gait_engine.contract.policy import Policy, RateLimit
from gait_engine.contract.runpack import Envelope, Receipt
from gait_engine.crypto.keys import Signer
from gait_engine.errors import GaitError
from gait_engine.gate.approvedscripts import is_switched_off_by
from gait_engine.gate.decide import Decided, decide
from gait_engine.gate.intent import parse_intent
from gait_engine.gate.setup import Gate
from gait_engine.wire.digest import Digest
from gait_engine.wire.jsonread import Source
from gait_engine.wire.timestamps import Timestamp, from_ns, to_ns
from tests.support.gatedraws import POLICY_DIGEST, Case
from tests.support.gatedrawsintent import NOON, Dict
from tests.support.gatemodel import BLANK
from tests.support.hosts import FrozenHost
from tests.support.tokens import KEY

STATE: Final = "state.json"
_SECOND: Final = 10**9
_STATE: Final = {
    "schema_id": KILL_SWITCH_SCHEMA,
    "schema_version": SCHEMA_VERSION,
    "created_at": NOON,
    "updated_at": NOON,
}
_ENTRY: Final = {"enabled": True, "created_at": NOON}
_UNREADABLE: Final = {
    "no JSON": "{",
    "other schema": "{}",
    "entry without selector": json.dumps(_STATE | {"entries": [_ENTRY]}),
    "prefix of nothing": json.dumps(_STATE | {"entries": [_ENTRY | {"path_prefixes": ["."]}]}),
}


def typed(plain: Dict, kind: type[msgspec.Struct]) -> Any:
    return msgspec.json.decode(json.dumps(plain), type=kind)


def judged(case: Case, host: FrozenHost) -> Dict:
    """Let the gate decide a case; an error is its code."""
    gate = gate_of(case, host.cwd)
    try:
        decided = decided_by(gate, case["intent"], host)
    except GaitError as exc:
        return BLANK | {"error": exc.code}
    return shown(decided.decision) | {
        "intent_digest": decided.digests.intent,
        "context_source": decided.context_source,
        "registry_reason": decided.registry_reason,
        "warnings": len(decided.warnings),
    }


def decided_by(gate: Gate, intent: Dict, host: FrozenHost) -> Decided:
    text = json.dumps(intent).encode()
    return decide(gate, parse_intent(text, "intent"), Source("intent"), host=host)


def gate_of(case: Case, folder: Path, **options: Any) -> Gate:
    """Set a gate up for a case, as its command line would; its files are in `folder`."""
    policy: Policy = typed(case["policy"], Policy)
    is_off = is_switched_off_by(policy)
    has_state = case["kill_switch"] is not None
    if has_state:
        write_state(case["kill_switch"], folder / STATE)
    return Gate(
        options=GateOptions(
            profile=case["profile"],
            kill_switch_state=STATE if has_state else "",
            wrkr_inventory="inventory.json",
            **options,
        ),
        policy=policy,
        policy_digest=Digest(POLICY_DIGEST),
        signer=Signer(KEY),
        local=UTC if case["local"] == "UTC" else ZoneInfo(case["local"]),
        at=Timestamp(case["at"]),
        broker=None,
        envelope=envelope_of(case["envelope"], Timestamp(case["at"])),
        inventory=inventory_of(case),
        inventory_fault="unreadable" if case["inventory_fault"] else "",
        scripts=() if is_off or case["scripts_fault"] else tuple(map(script_of, case["scripts"])),
        scripts_fault="unreadable" if case["scripts_fault"] and not is_off else "",
        warnings=(),
    )


def write_state(state: list[Dict] | str | None, path: Path) -> None:
    path.unlink(missing_ok=True)
    if isinstance(state, list):
        path.write_text(json.dumps(_STATE | {"entries": state}))
    elif state in _UNREADABLE:
        path.write_text(_UNREADABLE[str(state)])


def inventory_of(case: Case) -> dict[str, InventoryItem]:
    if case["inventory_fault"]:
        return {}
    return {tool: InventoryItem(**item) for tool, item in case["inventory"].items()}


def envelope_of(plain: Dict | None, at: Timestamp) -> Envelope | None:
    if plain is None:
        return None

    def ago(seconds: int) -> Timestamp:
        return from_ns(to_ns(at) - seconds * _SECOND)

    records = [
        Receipt(ref_id=f"ref{number}", retrieved_at=ago(age))
        for number, age in enumerate(plain["ages_seconds"])
    ]
    return Envelope(
        created_at=ago(plain["created_seconds_ago"]),
        context_set_digest=plain["digest"],
        evidence_mode=plain["mode"],
        records=tuple(records),
    )


def script_of(plain: Dict) -> ApprovedScript:
    script: ApprovedScript = typed(plain, ApprovedScript)
    return script


def shown(decision: Decision) -> Dict:
    """Spell a decision as the model does."""
    return BLANK | {
        "verdict": decision.verdict,
        "reasons": list(decision.reason_codes),
        "violations": list(decision.violations),
        "min_approvals": decision.min_approvals,
        "require_distinct_approvers": decision.require_distinct_approvers,
        "require_delegation": decision.require_delegation,
        "delegation_scopes": list(decision.delegation_scopes),
        "require_broker_credential": decision.require_broker_credential,
        "broker_reference": decision.broker_reference,
        "broker_scopes": list(decision.broker_scopes),
        "rate_limit": shown_limit(decision.rate_limit),
        "destructive_budget": shown_limit(decision.destructive_budget),
        "matched_rule": decision.matched_rule,
        "freeze": shown_freeze(decision.freeze_window),
        "sandbox": shown_sandbox(decision.sandbox),
        "kill_switch": shown_kill_switch(decision.kill_switch),
        "script": decision.script,
        "step_count": decision.step_count,
        "script_hash": decision.script_hash,
        "risk": decision.composite_risk_class,
        "steps": [
            (
                *(step.index, step.tool_name, step.verdict),
                *(list(step.reason_codes), list(step.violations), step.matched_rule),
            )
            for step in decision.step_verdicts
        ],
        "pattern_id": decision.pattern_id,
        "is_judged": decision.is_judged,
    }


def shown_limit(limit: RateLimit | UnsetType) -> tuple[int, int, str] | None:
    if limit is UNSET:
        return None
    return limit.requests, ["minute", "hour"].index(limit.window), limit.scope


def shown_freeze(freeze: FreezeDecision | UnsetType) -> Dict | None:
    """Leave out the prose that says why one is invalid."""
    if freeze is UNSET:
        return None
    prose = {"reason": ""} if freeze.status == "invalid" else {}
    return msgspec.structs.asdict(freeze) | prose


def shown_sandbox(sandbox: SandboxDecision | UnsetType) -> Dict | None:
    if sandbox is UNSET:
        return None
    claim = msgspec.structs.asdict(sandbox)
    status, codes = claim.pop("status"), list(claim.pop("reason_codes"))
    said = {name: value for name, value in claim.items() if value}
    return {"status": status, "reason_codes": codes, "claim": said}


def shown_kill_switch(kill: KillSwitchDecision | UnsetType) -> Dict | None:
    if kill is UNSET:
        return None
    return {
        "status": kill.status,
        "reason_code": kill.reason_code,
        "reason_codes": list(kill.reason_codes),
        "matched_entry_ids": list(kill.matched_entry_ids),
    }
