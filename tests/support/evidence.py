"""Evidence files as they lie beside a runpack."""

import json
from pathlib import Path
from typing import Any

from tests.support.packs import bare_trace, write_record
from tests.support.runs import Json

STARTED = "2026-02-05T12:00:00Z"
DIGEST = "a" * 64


def write_trace(path: Path, trace_id: str, **fields: Any) -> Path:
    """Write an unsigned trace made at noon."""
    return write_record(path, bare_trace(**{"trace_id": trace_id, "created_at": STARTED} | fields))


def write_json(path: Path, value: Json) -> Path:
    """Write a JSON object."""
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def audit(trace_id: str, **fields: Any) -> Json:
    """Spell an approval audit made at noon."""
    return {
        "schema_id": "gait.gate.approval_audit_record",
        "schema_version": "1.0.0",
        "created_at": STARTED,
        "producer_version": "0.0.0-dev",
        "trace_id": trace_id,
        "tool_name": "tool.x",
        "intent_digest": DIGEST,
        "policy_digest": DIGEST,
        "required_approvals": 1,
        "valid_approvals": 1,
        "approved": True,
        "approvers": ["ana"],
        "entries": [],
        **fields,
    }


def credential(trace_id: str, **fields: Any) -> Json:
    """Spell a credential record made at noon."""
    return {
        "created_at": STARTED,
        "trace_id": trace_id,
        "tool_name": "tool.x",
        "identity": "svc",
        "broker": "stub",
        "credential_ref": "stub:abc",
        **fields,
    }


def regress(status: str, **fields: Any) -> Json:
    """Spell a regress result made at noon."""
    grader = {"name": "f/diff", "status": status, "reason_codes": [], "details": {"n": 1}}
    return {
        "created_at": STARTED,
        "fixture_set": "default",
        "status": status,
        "graders": [grader],
        **fields,
    }
