"""Approval and delegation tokens for tests, signed by one fixed key."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.delegation import DelegationToken
from gait_engine.crypto.keys import SigningKey
from gait_engine.gate.tokens.approval import mint_approval
from gait_engine.gate.tokens.counting import ApprovalAsk, ApprovalCount, count_approvals
from gait_engine.gate.tokens.delegation import mint_delegation
from gait_engine.gate.tokens.signing import signed
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import Timestamp
from tests.support.hosts import NOON_NS

_PUBLIC: Final = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"
KEY: Final = SigningKey(bytes(range(32)) + bytes.fromhex(_PUBLIC))
INTENT: Final = "ab" * 32
POLICY: Final = "cd" * 32
OTHER: Final = "ef" * 32
MORNING: Final = Timestamp("2026-02-05T08:00:00Z")
EVENING: Final = Timestamp("2026-02-05T20:00:00Z")

ASK: Final = ApprovalAsk(
    intent_digest=INTENT,
    policy_digest=POLICY,
    delegation_digest="",
    scope=("tool:db.query",),
    targets=1,
    ops=1,
    required=1,
    is_distinct=False,
    own_identities=("agent-7",),
)
TWO: Final = ASK._replace(required=2, is_distinct=True)


def approval(**fields: Any) -> ApprovalToken:
    """Mint an approval that is good from eight to eight and answers `ASK`."""
    said = {
        "created_at": MORNING,
        "producer_version": "0.0.0-dev",
        "approver_identity": "alice",
        "reason_code": "reviewed",
        "intent_digest": INTENT,
        "policy_digest": POLICY,
        "scope": ("tool:db.query",),
        "expires_at": EVENING,
    }
    return mint_approval(ApprovalToken(**{**said, **fields}), KEY)


def delegation(**fields: Any) -> DelegationToken:
    """Mint a delegation from lead to spec that is good from eight to eight."""
    said = {
        "created_at": MORNING,
        "producer_version": "0.0.0-dev",
        "delegator_identity": "lead",
        "delegate_identity": "spec",
        "scope": ("write",),
        "expires_at": EVENING,
    }
    return mint_delegation(DelegationToken(**{**said, **fields}), KEY)


def altered(token: Any, **fields: Any) -> Any:
    """Change a token after it was signed."""
    return msgspec.structs.replace(token, **fields)


def signed_as_is(token: Any, **fields: Any) -> Any:
    """Change a token and sign it as it stands, valid or not."""
    return signed(altered(token, **fields), KEY)


def given(*tokens: Any) -> list[Given[Any]]:
    """Hand tokens in as files t0.json, t1.json, ..."""
    return [Given(f"t{place}.json", token) for place, token in enumerate(tokens)]


def count(tokens: Sequence[ApprovalToken], ask: ApprovalAsk = ASK) -> ApprovalCount:
    """Count approvals at noon."""
    return count_approvals(given(*tokens), ask, KEY.public_key, NOON_NS)


def codes(tokens: Sequence[ApprovalToken], ask: ApprovalAsk = ASK) -> list[str]:
    """Return why each token was not counted, in the order given; empty for one that was."""
    return [entry.error_code for entry in count(tokens, ask).entries]


def write_token(folder: Path, token: ApprovalToken | DelegationToken, name: str = "t.json") -> str:
    """Write a token file; return its name."""
    (folder / name).write_bytes(pretty(token))
    return name
