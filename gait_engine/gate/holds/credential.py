"""The credential a rule wants from a broker: asked for last, checked before it counts.

Contract: gate.md 4.4.
"""

from typing import Final

from msgspec.structs import replace

from gait_engine.errors import GaitError
from gait_engine.gate.broker.checks import receipt_faults
from gait_engine.gate.broker.issue import issue
from gait_engine.gate.broker.request import broker_request, request_digest
from gait_engine.gate.decide import Decided
from gait_engine.gate.enforced import Enforced, Issued, changed
from gait_engine.gate.setup import Gate, broker_options
from gait_engine.host import Host

_MISSING: Final = ("broker_credential_missing",)
_REQUIRED: Final = ("broker_credential_required",)
_PRESENT: Final = ("broker_credential_present",)


def with_credential(gate: Gate, decided: Decided, state: Enforced, *, host: Host) -> Enforced:
    """Ask the broker; no broker, no answer or a faulty receipt blocks."""
    decision = state.decision
    if gate.broker is None:
        return replace(state, decision=changed(decision, "block", _REQUIRED, _MISSING))
    request = broker_request(decided.intent, decision, broker_options(gate.options))
    try:
        credential = issue(gate.broker, request, host=host)
    except GaitError as exc:
        return replace(
            state,
            decision=changed(decision, "block", _MISSING, _MISSING),
            warnings=(*state.warnings, f"credential broker: {exc.message}"),
        )
    faults = receipt_faults(
        credential,
        request_digest(request),
        decided.intent,
        gate.policy,
        decision.matched_rule,
        request,
    )
    verdict = "block" if faults else decision.verdict
    return replace(
        state,
        decision=changed(decision, verdict, faults or _PRESENT, faults),
        issued=Issued(credential, request),
    )
