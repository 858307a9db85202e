"""Writing down what the gate ruled, before anybody is told of it (gate.md 4.2, last steps)."""

from gait_engine.gate.answering import Written
from gait_engine.gate.ruling import Ruling
from gait_engine.gate.setup import Gate
from gait_engine.gate.sinks import Sinks
from gait_engine.host import Host


def record(gate: Gate, ruling: Ruling, sinks: Sinks, *, host: Host) -> Written:
    """Hand every record of a ruling to its sink; a call that the kill switch stopped is noted.

    Where that fails the call has not been let through: the tokens it used up are given back.
    """
    try:
        return _recorded(gate, ruling, sinks, host)
    except BaseException:
        _give_back(gate, ruling, host)
        raise


def _give_back(gate: Gate, ruling: Ruling, host: Host) -> None:
    approval, options = ruling.enforced.approval, gate.options
    used_up = options.token_ledger and not options.simulate  # a trial has used up nothing
    if approval is None or not used_up or not approval.is_enough:
        return
    from gait_engine.gate.tokens.ledger import give_back

    give_back(options.token_ledger, approval.token_ids, host=host)


def _recorded(gate: Gate, ruling: Ruling, sinks: Sinks, host: Host) -> Written:
    """Write the trace last: no signed allow is left beside a token that is given back."""
    own_id = ruling.trace.trace_id
    if ruling.kill_hit is not None:
        from gait_engine.gate.killswitch import append_hit

        append_hit(gate.options.kill_switch_state, ruling.kill_hit, host=host)
    return Written(
        approval_audit=(
            sinks.approval_audit.put(f"approval_audit_{own_id}.json", ruling.approval_audit)
            if ruling.approval_audit
            else ""
        ),
        delegation_audit=(
            sinks.delegation_audit.put(f"delegation_audit_{own_id}.json", ruling.delegation_audit)
            if ruling.delegation_audit
            else ""
        ),
        credential=(
            sinks.credential.put(f"credential_evidence_{own_id}.json", ruling.credential)
            if ruling.credential
            else ""
        ),
        trace=sinks.trace.put(f"trace_{own_id}.json", ruling.trace),
    )
