"""Change freezes: whether a call falls into a window in which a rule holds it back.

Contract: gate.md 3.4 (6).
"""

from datetime import tzinfo
from typing import Final, NamedTuple

import msgspec

from gait_engine.contract.decision import FreezeDecision
from gait_engine.contract.intent import Context
from gait_engine.contract.policy import FreezeWindow, Window
from gait_engine.errors import InvalidInput
from gait_engine.wire.text import lower
from gait_engine.wire.timestamps import Timestamp, from_ns, to_ns

_STATUS_RANK: Final = {"invalid": 0, "active": 1, "inactive": 2}
_EFFECT_RANK: Final = {"block": 0, "require_approval": 1}


class _Span(NamedTuple):
    """A window as instants, nanoseconds since 1970, its end excluded."""

    window: Window
    start_ns: int
    end_ns: int


def freeze_decision(
    freeze: FreezeWindow, context: Context, at: Timestamp, local: tzinfo
) -> FreezeDecision:
    """Judge one freeze at one instant; windows or a zone that mean nothing make it `invalid`."""
    base = FreezeDecision(
        status="inactive", effect=freeze.effect, timezone=freeze.timezone, evaluated_at=at
    )
    if not _concerns(freeze, context):
        return base
    from gait_engine.gate.zones import find_zone

    try:
        zone = find_zone(freeze.timezone, local)
    except InvalidInput as exc:
        return _invalid(base, "freeze_window_invalid_timezone", exc.message)
    return _in_zone(freeze, base, zone)


def held_verdict(decision: FreezeDecision) -> str:
    """Return the verdict a freeze decision raises to, empty for none."""
    return {"invalid": "block", "active": decision.effect}.get(decision.status, "")


def pick_freeze(decisions: list[FreezeDecision]) -> FreezeDecision:
    """Return the decision that is shown for several: the gravest."""
    return min(
        decisions,
        key=lambda shown: (
            _STATUS_RANK[shown.status],
            _EFFECT_RANK.get(shown.effect, len(_EFFECT_RANK)),
            shown.window_name,
        ),
    )


def _concerns(freeze: FreezeWindow, context: Context) -> bool:
    environment = lower(context.environment)
    return (not freeze.environments or environment in freeze.environments) and (
        not freeze.risk_classes or context.risk_class in freeze.risk_classes
    )


def _in_zone(freeze: FreezeWindow, base: FreezeDecision, zone: tzinfo) -> FreezeDecision:
    now_ns = to_ns(base.evaluated_at)
    for window in freeze.windows:
        try:
            span = _span(window, zone)
        except InvalidInput as exc:
            named = msgspec.structs.replace(base, window_name=window.name)
            return _invalid(named, "freeze_window_invalid_window", exc.message)
        if span.start_ns <= now_ns < span.end_ns:
            return _active(freeze, base, span)
    return base


def _span(window: Window, zone: tzinfo) -> _Span:
    from gait_engine.gate.zones import wall_clock_ns

    span = _Span(window, wall_clock_ns(window.start, zone), wall_clock_ns(window.end, zone))
    if span.end_ns <= span.start_ns:
        raise InvalidInput(f"window end: {window.end}, expected a time after {window.start}")
    return span


def _active(freeze: FreezeWindow, base: FreezeDecision, span: _Span) -> FreezeDecision:
    return msgspec.structs.replace(
        base,
        status="active",
        window_name=span.window.name,
        window_start=from_ns(span.start_ns),
        window_end=from_ns(span.end_ns),
        reason=freeze.reason or span.window.name,
        reason_code=f"freeze_window_active_{freeze.effect}",
    )


def _invalid(base: FreezeDecision, code: str, reason: str) -> FreezeDecision:
    return msgspec.structs.replace(base, status="invalid", reason_code=code, reason=reason)
