"""Delegation tokens and the record of how a chain of them was checked (gate.md 7)."""

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

DELEGATION_SCHEMA: Final = "gait.gate.delegation_token"
DELEGATION_AUDIT_SCHEMA: Final = "gait.gate.delegation_audit_record"


class DelegationToken(Header, frozen=True, kw_only=True):
    """One identity's signed word that another may act for it, until it expires."""

    token_id: str = always("")
    delegator_identity: str = always("")
    delegate_identity: str = always("")
    scope: Texts = always(())
    scope_class: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    expires_at: Timestamp = instant()
    signature: Signature | UnsetType = UNSET


class DelegationEntry(Record, frozen=True, kw_only=True):
    """How one link of a chain, or one surplus token, fared."""

    token_id: str = ""
    delegator_identity: str = ""
    delegate_identity: str = ""
    scope: Texts = ()
    expires_at: Timestamp = instant()
    valid: bool = always(False)
    error_code: str = ""


class DelegationAudit(Header, frozen=True, kw_only=True):
    """Whether the delegation that a rule required was proven."""

    trace_id: str = always("")
    tool_name: str = always("")
    intent_digest: str = always("")
    policy_digest: str = always("")
    delegation_required: bool = always(False)
    valid_delegations: Int64 = always(0)
    delegated: bool = always(False)
    delegation_ref: str = ""
    relationship: Relationship | UnsetType = UNSET
    entries: tuple[DelegationEntry, ...] = always(())
