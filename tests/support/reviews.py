"""Calls that await approval, for tests: a policy, an intent, and the trace of the gate's answer."""

import json
from pathlib import Path
from typing import Any, Final

from gait_engine.api import gate
from gait_engine.api.pending import DEFAULT_ROOTS
from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.gateoptions import GateOptions
from gait_engine.contract.keys import KeySources
from gait_engine.contract.review import (
    MUST_READ,
    MintRequest,
    ReviewSetting,
    ReviewTarget,
)
from gait_engine.crypto.keys import key_text
from gait_engine.gate.review.subject import Subject, subject_of_target
from gait_engine.gate.review.surroundings import Surroundings
from gait_engine.gate.tokens.approval import mint_approval
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import Timestamp
from tests.support.hosts import FrozenHost
from tests.support.tokens import EVENING, KEY, MORNING

LOG: Final = "gait-out/review_log.jsonl"
TRACE: Final = "trace.json"
INTENT: Final[dict[str, Any]] = {
    "tool_name": "tool.delete",
    "args": {"path": "/srv/db.conf", "force": True},
    "targets": [{"kind": "path", "value": "/srv/db.conf", "operation": "delete"}],
    "arg_provenance": [{"arg_path": "$.path", "source": "tool_output", "source_ref": "wiki"}],
    "context": {
        "identity": "svc-etl",
        "workspace": "/srv",
        "risk_class": "high",
        "environment": "production",
    },
}
RULE: Final[dict[str, Any]] = {
    "name": "approve-delete",
    "priority": 10,
    "effect": "require_approval",
    "min_approvals": 2,
    "match": {
        "tool_names": ["tool.delete"],
        "workspace_prefixes": ["/srv"],
        "risk_classes": ["critical", "high"],
        "endpoint_classes": ["fs.delete"],
    },
}
SCOPE: Final = ("destructive:apply", "phase:apply", "tool:tool.delete")
KEYS: Final = KeySources(private_key="k.key")
SETTING: Final = ReviewSetting(roots=DEFAULT_ROOTS, key_mode="prod", signing_keys=KEYS)
TARGET: Final = ReviewTarget(trace=TRACE)


def write_policy(folder: Path, *rules: dict[str, Any], name: str = "policy.yaml") -> str:
    """Write a policy that blocks by default."""
    plain = {"default_verdict": "block", "rules": list(rules) or [RULE]}
    (folder / name).write_text(json.dumps(plain))
    return name


def write_intent(folder: Path, name: str = "intent.json", **members: Any) -> str:
    """Write an intent; members replace those of `INTENT`."""
    (folder / name).write_text(json.dumps({**INTENT, **members}))
    return name


def ask(host: FrozenHost, *, trace: str = TRACE, **options: str) -> None:
    """Let the gate answer, its trace written to `trace`."""
    named = {"policy": "policy.yaml", "intent": "intent.json"} | options
    gate.evaluate(GateOptions(trace_out=trace, no_config=True, **named), host=host)  # type: ignore[arg-type]  # texts only


def waiting_call(host: FrozenHost, **members: Any) -> None:
    """Write policy, intent and keys to the working directory, and the trace that asks."""
    write_policy(host.cwd)
    write_intent(host.cwd, **members)
    (host.cwd / "k.key").write_bytes(key_text(KEY.private_bytes))
    (host.cwd / "k.pub").write_bytes(key_text(KEY.public_key))
    ask(host)


def around(host: FrozenHost, setting: ReviewSetting = SETTING) -> Surroundings:
    """Look around as a review begins."""
    return Surroundings(setting, host)


def subject(host: FrozenHost, target: ReviewTarget = TARGET) -> Subject:
    """Compute the call under review anew."""
    return subject_of_target(target, around(host))


def request(host: FrozenHost, **changes: Any) -> MintRequest:
    """Return a request that keeps every rule; `changes` break some."""
    call = subject(host)
    whole = MintRequest(
        target=TARGET,
        intent_digest=call.intent_digest,
        policy_digest=call.policy_digest,
        approver="alice",
        reason_code="ticket_4211",
        ttl="15m",
        scope=SCOPE,
        phrase=f"approve {call.intent_digest[-6:]}",
        seen=MUST_READ,
        max_targets=1,
        max_ops=1,
    )
    return whole._replace(**changes)


def approve(host: FrozenHost, name: str = "approval.json", **fields: Any) -> str:
    """Write a token for the waiting call, good from eight to eight; return its path."""
    call = subject(host)
    said: dict[str, Any] = {
        "created_at": MORNING,
        "producer_version": host.producer_version,
        "approver_identity": "bob",
        "reason_code": "reviewed",
        "intent_digest": call.intent_digest,
        "policy_digest": call.policy_digest,
        "scope": SCOPE,
        "expires_at": Timestamp(EVENING),
    }
    token = mint_approval(ApprovalToken(**{**said, **fields}), KEY)
    (host.cwd / name).write_bytes(pretty(token))
    return name


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file below a folder with its content."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in files}
