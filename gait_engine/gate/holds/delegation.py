"""Delegation: a rule that asks for one lets a call pass only if each link is proven (gate.md 7)."""

from msgspec.structs import replace

from gait_engine.gate.decide import Decided
from gait_engine.gate.enforced import Enforced, changed
from gait_engine.gate.holds.tokenkey import token_key
from gait_engine.gate.setup import Gate
from gait_engine.gate.tokens.chain import check_delegation
from gait_engine.gate.tokens.tokenfile import read_delegation, token_paths
from gait_engine.host import Host


def with_delegation(gate: Gate, decided: Decided, state: Enforced, *, host: Host) -> Enforced:
    """Check the tokens for the links of an intent's delegation; one that is not proven blocks."""
    decision, options = state.decision, gate.options
    key = token_key(gate, (options.delegation_keys, options.approval_keys), "delegation", host=host)
    paths = token_paths(options.delegation_token, options.delegation_token_chain.split(","))
    count = check_delegation(
        [read_delegation(path, host=host) for path in paths],
        decided.intent,
        decision,
        intent_digest=decided.digests.intent,
        policy_digest=decided.digests.policy,
        key=key,
        now_ns=host.now_ns(),
    )
    verdict = decision.verdict if count.is_granted else "block"
    return replace(
        state,
        decision=changed(decision, verdict, count.reasons, count.violations),
        delegation=count,
        hazards=state.hazards + count.hazards,
    )
