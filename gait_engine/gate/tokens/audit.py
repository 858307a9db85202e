"""The audit records: which tokens were looked at for a call, and how each fared.

Contract: gate.md 6.3, 7. An approval audit says `approved` exactly where the verdict does.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from gait_engine.contract.approval import APPROVAL_AUDIT_SCHEMA, ApprovalAudit, ApprovalEntry
from gait_engine.contract.common import (
    SCHEMA_VERSION,
    ChainLink,
    Edge,
    Entity,
    PolicyRef,
    Relationship,
)
from gait_engine.contract.delegation import (
    DELEGATION_AUDIT_SCHEMA,
    DelegationAudit,
    DelegationEntry,
)
from gait_engine.gate.relations import agent_chain, delegations
from gait_engine.gate.tokens.chain import DelegationCount
from gait_engine.gate.tokens.counting import ApprovalCount
from gait_engine.wire.text import trim, unique_sorted
from gait_engine.wire.timestamps import Timestamp, to_ns

_Links = tuple[tuple[str, str], ...]
"""Who delegated to whom; a side that is not known is empty."""


class AuditFacts(NamedTuple):
    """What an audit record repeats of the evaluation it belongs to."""

    trace_id: str
    tool_name: str
    intent_digest: str
    policy_digest: str
    created_at: Timestamp
    """That of the gate's result."""
    producer_version: str


def approval_audit(facts: AuditFacts, count: ApprovalCount, *, required: int) -> ApprovalAudit:
    """Record how approvals were counted; `required` is how many the decision asked for."""
    return ApprovalAudit(
        **facts._asdict(),
        schema_id=APPROVAL_AUDIT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        required_approvals=required,
        valid_approvals=count.valid,
        approved=count.is_enough,
        approvers=count.approvers,
        relationship=_relationship(facts, count.approvers),
        entries=tuple(sorted(count.entries, key=_approval_order)) or None,
    )


def delegation_audit(facts: AuditFacts, count: DelegationCount) -> DelegationAudit:
    """Record how a required delegation was checked; one valid link counts as delegated."""
    links = _links(count.entries)
    return DelegationAudit(
        **facts._asdict(),
        schema_id=DELEGATION_AUDIT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        delegation_required=True,
        valid_delegations=count.valid,
        delegated=count.valid > 0,
        delegation_ref=count.ref,
        relationship=msgspec.structs.replace(
            _relationship(facts, (end for link in links for end in link), links),
            agent_chain=_agent_chain(links),
        ),
        entries=tuple(sorted(count.entries, key=_delegation_order)),
    )


def _approval_order(entry: ApprovalEntry) -> tuple[object, ...]:
    who = (entry.token_id, entry.approver_identity, entry.reason_code)
    return (*who, to_ns(entry.expires_at), entry.scope)


def _delegation_order(entry: DelegationEntry) -> tuple[str, ...]:
    return (entry.delegator_identity, entry.delegate_identity, entry.token_id)


def _links(entries: Iterable[DelegationEntry]) -> _Links:
    return tuple((trim(each.delegator_identity), trim(each.delegate_identity)) for each in entries)


def _relationship(facts: AuditFacts, agents: Iterable[str], links: _Links = ()) -> Relationship:
    trace = Entity(kind="trace", id=facts.trace_id)
    tool = Entity(kind="tool", id=facts.tool_name)
    policy = Entity(kind="policy", id=facts.policy_digest)
    people = (Entity(kind="agent", id=agent) for agent in unique_sorted(list(agents)))
    known = ((giver, taker) for giver, taker in links if giver and taker)
    refs = sorted((trace, tool, policy, *people), key=_entity_order)
    return Relationship(
        parent_ref=trace,
        entity_refs=tuple(refs),
        policy_ref=PolicyRef(policy_digest=facts.policy_digest),
        edges=(*delegations(known), Edge(kind="governed_by", source=tool, target=policy)),
        parent_record_id=facts.trace_id,
        related_entity_ids=tuple(unique_sorted([ref.id for ref in refs])),
    )


def _entity_order(entity: Entity) -> tuple[str, str]:
    return (entity.kind, entity.id)


def _agent_chain(links: _Links) -> tuple[ChainLink, ...]:
    roles = (
        (("delegator", giver) for giver, _ in links),
        (("delegate", taker) for _, taker in links),
    )
    return agent_chain((role, identity) for pairs in roles for role, identity in pairs if identity)
