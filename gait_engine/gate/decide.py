"""Deciding one intent: what is asked, in the form that is judged, and what the policy says of it.

Contract: gate.md 1.7, 3.1, 8.
"""

from typing import NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import Record
from gait_engine.contract.decision import Decision, KillSwitchDecision
from gait_engine.contract.intent import IntentRequest, NormalIntent
from gait_engine.errors import GaitError, InvalidInput, PolicyBlocked, quoted
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.emit import Digests, latency_of
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.failclosed import fails_closed, not_evaluable
from gait_engine.gate.intent import args_digest, intent_digest, normalise
from gait_engine.gate.inventory import is_listed, with_inventory
from gait_engine.gate.prepare import prepared, with_envelope
from gait_engine.gate.setup import Gate, is_severe
from gait_engine.host import Host
from gait_engine.store.safepath import clean
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal
from gait_engine.wire.timestamps import EPOCH_1980, Timestamp, from_ns, is_zero, to_ns, to_utc

_ENVELOPE_SOURCE = "context_envelope"
_NO_ARGS = b"{}"


class Decided(Record, frozen=True, kw_only=True):
    """A decision before limits, delegation, approvals and broker, and all that it rests on.

    `intent` is the one that was judged and is digested. `phase` is what an answer shows of it.
    """

    intent: NormalIntent
    decision: Decision
    digests: Digests
    created_at: Timestamp
    observed_at: Timestamp
    phase: str
    context_source: str
    registry_reason: str
    warnings: tuple[str, ...]
    latency_ms: float
    is_evaluable: bool = True


class _Approved(NamedTuple):
    """What the registry of approved scripts says of an intent."""

    pattern_id: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()


def decide(gate: Gate, request: IntentRequest, source: Source, *, host: Host) -> Decided:
    """Decide one intent; `source` names it in errors.

    Raises InvalidInput for an intent that cannot be judged, PolicyBlocked where what must be
    known of a severe call cannot be read.
    """
    given = normalise(request, source)
    now_ns = host.now_ns()
    now = from_ns(now_ns)
    at = gate.at or now
    kill = _kill_switch(gate, given, at, host)
    try:
        intent = _prepared(gate, given, at)
    except InvalidInput:
        if not fails_closed(gate.policy, given.context.risk_class):
            raise
        return _not_evaluable(gate, given, now, normal(request.context.phase))
    warnings = (*_inventory_warnings(gate, given), *_script_warnings(given))
    approved = _approved(gate, intent, now_ns)
    started = host.monotonic()
    decision = evaluate(
        gate.policy,
        intent,
        Circumstances(at, gate.local, gate.inventory, kill, approved.pattern_id),
    )
    latency_ms = latency_of(host.monotonic() - started)
    if decision.is_judged:
        intent = with_inventory(intent, gate.inventory)
    return Decided(
        intent=intent,
        decision=decision,
        digests=_digests(gate, intent),
        created_at=now if decision.pattern_id else _created_at(given),
        observed_at=now,
        phase=intent.context.phase,
        context_source=_context_source(gate, intent) if decision.is_judged else "",
        registry_reason=approved.reason,
        warnings=(*warnings, *approved.warnings),
        latency_ms=latency_ms,
    )


def _not_evaluable(gate: Gate, given: NormalIntent, now: Timestamp, phase: str) -> Decided:
    return Decided(
        intent=given,
        decision=not_evaluable(),
        digests=_digests(gate, given),
        created_at=_created_at(given),
        observed_at=now,
        phase=phase,
        context_source="",
        registry_reason="",
        warnings=(),
        latency_ms=0.0,
        is_evaluable=False,
    )


def _digests(gate: Gate, intent: NormalIntent) -> Digests:
    return Digests(gate.policy_digest, intent_digest(intent), args_digest(intent))


def _created_at(intent: NormalIntent) -> Timestamp:
    created_at = intent.created_at
    return EPOCH_1980 if is_zero(created_at) else to_utc(created_at)


def _prepared(gate: Gate, given: NormalIntent, at: Timestamp) -> NormalIntent:
    if gate.envelope is None:
        return prepared(given)
    return with_envelope(given, gate.envelope, at_ns=to_ns(at))


def _blocks_what_is_unknown(gate: Gate, intent: NormalIntent) -> bool:
    return gate.is_oss_prod or is_severe(intent.context.risk_class)


def _kill_switch(
    gate: Gate, intent: NormalIntent, at: Timestamp, host: Host
) -> KillSwitchDecision | UnsetType:
    """Judge the state as it is now: a switch that is thrown stops the very next call."""
    path = gate.options.kill_switch_state
    if not path:
        return UNSET
    from gait_engine.gate.killswitch import judge, read_state, unavailable

    try:
        state = read_state(path, host=host)
    except GaitError:
        if not _blocks_what_is_unknown(gate, intent):
            raise
        return unavailable(at)
    return judge(state, intent, at)


def _script_warnings(intent: NormalIntent) -> tuple[str, ...]:
    """Warn of what stands beside the steps of a script: it is digested, but no rule sees it."""
    if intent.script is UNSET:
        return ()
    judged = {target for step in intent.script.steps for target in step.targets}
    if bytes(intent.args) == _NO_ARGS and judged.issuperset(intent.targets):
        return ()
    return ("script: only its steps were judged, run nothing else of this intent",)


def _inventory_warnings(gate: Gate, intent: NormalIntent) -> tuple[str, ...]:
    return _tolerated(gate, intent, "wrkr inventory", gate.inventory_fault)


def _tolerated(gate: Gate, intent: NormalIntent, what: str, fault: str) -> tuple[str, ...]:
    """Warn of what cannot be used; a severe call is blocked by it."""
    if fault and _blocks_what_is_unknown(gate, intent):
        raise PolicyBlocked(f"{what} needed for this call: {fault}", where=what)
    return (f"{what} not used: {fault}",) if fault else ()


def _context_source(gate: Gate, intent: NormalIntent) -> str:
    sources = [_ENVELOPE_SOURCE] if gate.envelope is not None else []
    if is_listed(intent, gate.inventory):
        sources.append(clean(gate.options.wrkr_inventory))
    return ",".join(sorted(sources))


def _approved(gate: Gate, intent: NormalIntent, now_ns: int) -> _Approved:
    """Look an intent up among the approved scripts; one bad or expired entry spoils them all."""
    fault = gate.scripts_fault or _expiry_fault(gate, now_ns)
    if fault:
        return _Approved(warnings=_tolerated(gate, intent, "approved scripts", fault))
    if not gate.scripts:
        return _Approved()
    if intent.script is UNSET:
        return _Approved(reason="not_script")
    from gait_engine.gate.approvedscripts import find_match

    found = find_match(gate.scripts, intent, gate.policy_digest, now_ns)
    if found is None:
        return _Approved(reason="approved_script_not_found")
    return _Approved(found.pattern_id, "approved_script_match")


def _expiry_fault(gate: Gate, now_ns: int) -> str:
    expired = (entry for entry in gate.scripts if to_ns(entry.expires_at) <= now_ns)
    first = next(expired, None)
    return "" if first is None else f"{quoted(first.pattern_id)} expired at {first.expires_at}"
