"""What stands between a decision and its effect: limits, delegation, approvals, broker, simulation.

Each of them may hold a call back, none lets one pass that a rule blocks. A hold is loaded only
for a decision that asks for it. Contract: gate.md 4.2 to 4.5, 6.2, 7.
"""

from msgspec import UNSET
from msgspec.structs import replace

from gait_engine.contract.decision import Decision
from gait_engine.gate.decide import Decided
from gait_engine.gate.enforced import Enforced, Simulation, changed
from gait_engine.gate.setup import Gate
from gait_engine.host import Host


def enforce(gate: Gate, decided: Decided, *, host: Host) -> Enforced:
    """Hold a decision against everything that can hold it back, in the order of the contract.

    Counts rate limits, claims tokens in the ledger and asks the broker. Raises InvalidInput for
    tokens, keys and states that cannot be read, StateContention, IoFailure.
    """
    state = Enforced(decision=decided.decision)
    if _is_limited(state.decision):
        from gait_engine.gate.holds.limits import with_limits

        state = with_limits(gate, decided, state, host=host)
    if state.decision.require_delegation:
        from gait_engine.gate.holds.delegation import with_delegation

        state = with_delegation(gate, decided, state, host=host)
    if state.decision.verdict == "require_approval" or state.decision.min_approvals:
        from gait_engine.gate.holds.approvals import with_approvals

        state = with_approvals(gate, decided, state, host=host)
    if state.decision.require_broker_credential and state.decision.verdict == "allow":
        from gait_engine.gate.holds.credential import with_credential

        state = with_credential(gate, decided, state, host=host)
    return _simulated(state) if gate.options.simulate else state


def _is_limited(decision: Decision) -> bool:
    return decision.rate_limit is not UNSET or decision.destructive_budget is not UNSET


def _simulated(state: Enforced) -> Enforced:
    """Let everything pass and say what would have been decided."""
    decision = state.decision
    simulation = Simulation(decision.verdict, decision.reason_codes)
    reasons = ["simulate_mode_non_enforcing"]
    if simulation.would_have_blocked:
        decision = replace(decision, verdict="allow", violations=())
        reasons.append(f"simulated_{simulation.verdict}")
    return replace(
        state, decision=changed(decision, decision.verdict, reasons), simulation=simulation
    )
