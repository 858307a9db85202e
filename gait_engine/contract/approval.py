"""Approval tokens, the record of how they were counted, and what a token must be about.

Contract: gate.md 6.
"""

from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    Header,
    Int64,
    Record,
    Relationship,
    Signature,
    always,
    instant,
)
from gait_engine.contract.policy import Texts
from gait_engine.wire.timestamps import Timestamp

APPROVAL_SCHEMA: Final = "gait.gate.approval_token"
APPROVAL_AUDIT_SCHEMA: Final = "gait.gate.approval_audit_record"

ANY_SCOPE: Final = "*"
"""The scope entry that covers every tool."""


class ApprovalToken(Header, frozen=True, kw_only=True):
    """A person's signed word that one intent may pass under one policy, until it expires."""

    token_id: str = always("")
    approver_identity: str = always("")
    reason_code: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    delegation_binding_digest: str = ""
    scope: Texts = always(())
    max_targets: Int64 = 0
    max_ops: Int64 = 0
    expires_at: Timestamp = instant()
    signature: Signature | UnsetType = UNSET


class ApprovalEntry(Record, frozen=True, kw_only=True):
    """How one token fared; `error_code` says why it was not counted."""

    token_id: str = ""
    approver_identity: str = ""
    reason_code: str = ""
    scope: Texts = ()
    expires_at: Timestamp = instant()
    valid: bool = always(False)
    error_code: str = ""


class ApprovalAudit(Header, frozen=True, kw_only=True):
    """Who approved a call, and whether that was enough; `entries` is null without any token."""

    trace_id: str = always("")
    tool_name: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    required_approvals: Int64 = always(0)
    valid_approvals: Int64 = always(0)
    approved: bool = always(False)
    approvers: Texts = ()
    relationship: Relationship | UnsetType = UNSET
    entries: tuple[ApprovalEntry, ...] | None = always(None)


class TokenClaim(Record, frozen=True, kw_only=True):
    """Which call used up an approval token, and when."""

    token_id: str = always("")
    trace_id: str = always("")
    claimed_at: Timestamp = instant()
