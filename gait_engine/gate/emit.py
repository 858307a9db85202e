"""Emitting traces: what was asked, what was decided and by which policy, signed (gate.md 5)."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.common import (
    SCHEMA_VERSION,
    ChainLink,
    Edge,
    Entity,
    PolicyRef,
    Record,
    Relationship,
)
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import AgentIdentity, Delegation, NormalIntent
from gait_engine.contract.policy import Policy, Texts
from gait_engine.contract.trace import TRACE_SCHEMA, DelegationRef, Trace
from gait_engine.contract.trace import AgentIdentity as TracedAgent
from gait_engine.gate.claims import delegation_digest
from gait_engine.gate.relations import agent_chain, delegations
from gait_engine.gate.verdicts import merged
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.timestamps import Timestamp

if TYPE_CHECKING:
    from gait_engine.contract.broker import BrokerCredential
    from gait_engine.crypto.keys import SigningKey

ID_DIGITS: Final = 24

_COPIED: Final = (
    *("agent_id", "run_id", "workflow_id", "repo", "environment"),
    *("credential_ref", "credential_source", "credential_access_type", "credential_issuer"),
    *("credential_subject", "credential_owner", "credential_target_binding"),
    *("credential_run_binding", "credential_job_binding", "credential_ttl_seconds"),
    *("approval_ref", "wrkr_inventory_ref", "agent_action_bom_ref"),
    *("context_set_digest", "context_evidence_mode"),
)
"""What a trace takes over from the context of an intent as it stands."""


class Digests(NamedTuple):
    """The digests that tie a decision to what was decided and by what."""

    policy: Digest
    intent: Digest
    args: Digest


class Occasion(Record, frozen=True, kw_only=True):
    """When and by whom a decision was made; `latency_ms` comes from `latency_of`."""

    created_at: Timestamp
    observed_at: Timestamp
    producer_version: str
    correlation_id: str = ""
    latency_ms: float = 0.0


class Emitted(Record, frozen=True, kw_only=True):
    """Everything that a trace tells of one decision."""

    policy: Policy
    intent: NormalIntent
    decision: Decision
    digests: Digests
    occasion: Occasion
    context_source: str = ""
    registry_reason: str = ""
    approval_token_ref: str = ""
    delegation_token_ref: str = ""
    credential: "BrokerCredential | None" = None


def latency_of(seconds: float) -> float:
    """Return a latency in milliseconds, to the microsecond; a whole number is an integer.

    So JSON and canonical form spell it alike, and 0 is left out of a trace.
    """
    latency_ms = round(seconds * 1000, 3)
    return int(latency_ms) if latency_ms.is_integer() else latency_ms


def trace_id(digests: Digests, verdict: str) -> str:
    """Name a trace after what was decided: the same question and answer have the same id."""
    return short_id(f"{digests.policy}:{digests.intent}:{verdict}")


def short_id(text: str) -> str:
    """Return the first 24 hex digits of the SHA-256 of a text."""
    return sha256_hex(text.encode())[:ID_DIGITS]


def signed_trace(told: Emitted, key: "SigningKey") -> Trace:
    """Build a trace and sign it."""
    from gait_engine.crypto.sign import sign_digest

    trace = _with_credential(_bare_trace(told), told.credential)
    if told.occasion.latency_ms:  # else it is left out
        trace = msgspec.structs.replace(trace, latency_ms=told.occasion.latency_ms)
    # exact as it stands: `latency_ms` is its only fraction, and spelled as canonical form has it
    signature = sign_digest(sha256_hex(canonical_record(trace)), key)
    return msgspec.structs.replace(trace, signature=signature)


def _bare_trace(told: Emitted) -> Trace:
    intent, decision, digests, occasion = told.intent, told.decision, told.digests, told.occasion
    context = intent.context
    own_id = trace_id(digests, decision.verdict)
    rules = _step_rules(decision)
    return Trace(
        schema_id=TRACE_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=occasion.created_at,
        observed_at=occasion.observed_at,
        producer_version=occasion.producer_version,
        trace_id=own_id,
        event_id=short_id(f"{own_id}:{occasion.observed_at}"),
        correlation_id=occasion.correlation_id,
        tool_name=intent.tool_name,
        args_digest=digests.args,
        intent_digest=digests.intent,
        policy_digest=digests.policy,
        agent_identity=_traced_agent(context.agent_identity),
        policy_id=told.policy.schema_id,
        policy_version=told.policy.schema_version,
        matched_rule_ids=rules,
        verdict=decision.verdict,
        context_ref_count=len(context.context_refs),
        context_source=told.context_source,
        script=intent.script is not UNSET,
        step_count=0 if intent.script is UNSET else len(intent.script.steps),
        script_hash=intent.script_hash,
        composite_risk_class=decision.composite_risk_class,
        step_verdicts=decision.step_verdicts,
        pre_approved=bool(decision.pattern_id),
        pattern_id=decision.pattern_id,
        registry_reason=told.registry_reason,
        violations=decision.violations,
        approval_token_ref=told.approval_token_ref,
        delegation_ref=_delegation_ref(told),
        freeze_window=decision.freeze_window,
        sandbox=decision.sandbox,
        kill_switch=decision.kill_switch,
        relationship=_relationship(told, own_id, rules),
        skill_provenance=intent.skill_provenance,
        **{name: value for name in _COPIED if (value := getattr(context, name))},
    )


def _step_rules(decision: Decision) -> Texts:
    """Name the rules that the steps of a script matched; a name with a comma falls apart."""
    names = (name for step in decision.step_verdicts for name in step.matched_rule.split(","))
    return merged(name for name in names if name)


def _traced_agent(agent: AgentIdentity | UnsetType) -> TracedAgent | UnsetType:
    return UNSET if agent is UNSET else TracedAgent(**msgspec.structs.asdict(agent))


def _with_credential(trace: Trace, credential: "BrokerCredential | None") -> Trace:
    if credential is None:
        return trace
    return msgspec.structs.replace(
        trace,
        broker_credential_ref=credential.credential_ref,
        broker_credential_source=credential.source,
        broker_credential_access_type=credential.access_type,
        broker_credential_issuer=credential.issuer,
        broker_request_digest=credential.request_digest,
        broker_target_binding=credential.target_binding,
        broker_run_binding=credential.run_binding,
        broker_job_binding=credential.job_binding,
    )


def _delegation_ref(told: Emitted) -> DelegationRef | UnsetType:
    delegation = told.intent.delegation
    if delegation is UNSET:
        return UNSET
    first_claimed = next(iter(delegation.token_refs), "")
    return DelegationRef(
        delegation_token_ref=told.delegation_token_ref or first_claimed,
        requester_identity=delegation.requester_identity,
        delegation_depth=len(delegation.chain),
        scope_class=delegation.scope_class,
        chain_digest=delegation_digest(delegation),
        reason_codes=tuple(c for c in told.decision.reason_codes if c.startswith("delegation_")),
    )


def _relationship(told: Emitted, own_id: str, rules: Texts) -> Relationship:
    intent, policy = told.intent, told.policy
    context = intent.context
    agent = Entity(kind="agent", id=context.identity)
    tool = Entity(kind="tool", id=intent.tool_name)
    governed_by = Entity(kind="policy", id=told.digests.policy)
    entities = (agent, governed_by, tool, Entity(kind="trace", id=own_id))  # sorted by kind
    edges = [
        Edge(kind="calls", source=agent, target=tool),
        *_delegations(intent.delegation),
        Edge(kind="governed_by", source=tool, target=governed_by),
    ]
    return Relationship(
        parent_ref=Entity(kind="session", id=context.session_id) if context.session_id else UNSET,
        entity_refs=entities,
        policy_ref=PolicyRef(
            policy_id=policy.schema_id,
            policy_version=policy.schema_version,
            policy_digest=told.digests.policy,
            matched_rule_ids=rules,
        ),
        agent_chain=_agent_chain(intent.delegation, context.identity),
        edges=tuple(edges),
        related_entity_ids=merged(entity.id for entity in entities),
    )


def _delegations(delegation: Delegation | UnsetType) -> Iterator[Edge]:
    if delegation is UNSET:
        return iter(())
    links = delegation.chain
    return delegations((link.delegator_identity, link.delegate_identity) for link in links)


def _agent_chain(delegation: Delegation | UnsetType, identity: str) -> tuple[ChainLink, ...]:
    if delegation is UNSET:
        return (ChainLink(identity=identity, role="requester"),)
    links = [("requester", delegation.requester_identity)]
    for link in delegation.chain:
        links += [("delegator", link.delegator_identity), ("delegate", link.delegate_identity)]
    return agent_chain(links)
