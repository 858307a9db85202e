"""What a rule demands of the agent behind a call (gate.md 3.4 (4))."""

from collections.abc import Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.contract.intent import AgentIdentity, Context, NormalIntent
from gait_engine.contract.policy import AGENT_OPTIONS, Rule
from gait_engine.gate.verdicts import NOTHING, Finding, held
from gait_engine.wire.text import lower
from gait_engine.wire.timestamps import Timestamp, is_zero, to_ns

_UNKNOWN_AGENT: Final = AgentIdentity()


def judge_agent(rule: Rule, intent: NormalIntent, at: Timestamp) -> Finding:
    """Find what the agent lacks; `at` is the time of evaluation."""
    if not any(getattr(rule, option) for option in AGENT_OPTIONS):
        return NOTHING
    context = intent.context
    agent = _UNKNOWN_AGENT if context.agent_identity is UNSET else context.agent_identity
    faults = [*_id_faults(rule, context, agent)]
    faults += [(code, code) for code in _identity_faults(rule, agent, at)]
    return held("block", faults)


def _id_faults(rule: Rule, context: Context, agent: AgentIdentity) -> Iterator[tuple[str, str]]:
    is_declared = context.agent_id and context.agent_identity is not UNSET
    if rule.require_declared_agent and not is_declared:
        yield "agent_unknown", "agent_identity_missing"
    if agent.revoked or context.agent_id in rule.denied_agent_ids:
        yield "agent_revoked", "agent_revoked"
    if rule.allowed_agent_ids and context.agent_id not in rule.allowed_agent_ids:
        yield "agent_unknown", "agent_not_declared"


def _identity_faults(rule: Rule, agent: AgentIdentity, at: Timestamp) -> Iterator[str]:
    if rule.require_agent_owner and not agent.owner:
        yield "agent_owner_missing"
    # the states of a policy are lower-cased, those of an agent are not: `Active` never satisfies
    if not set(rule.required_agent_lifecycle_states) <= set(agent.lifecycle_states):
        yield "agent_lifecycle_state_invalid"
    if rule.require_unexpired_agent and not _is_unexpired(agent.expires_at, at):
        yield "agent_expired"
    if not _is_from_manifest(rule, agent):
        yield "agent_manifest_mismatch"


def _is_unexpired(expires_at: Timestamp, at: Timestamp) -> bool:
    return not is_zero(expires_at) and to_ns(expires_at) > to_ns(at)


def _is_from_manifest(rule: Rule, agent: AgentIdentity) -> bool:
    digest = rule.required_agent_manifest_digest
    publishers = rule.allowed_agent_manifest_publishers
    sources = rule.allowed_agent_manifest_sources
    return (
        (not digest or agent.manifest_digest == digest)
        and (not publishers or lower(agent.publisher) in publishers)
        and (not sources or agent.source in sources)
    )
