"""How many of the discovered tools the rules of some policies name (scout.md 3)."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from gait_engine.contract.policy import Policy
from gait_engine.contract.scout import Coverage, Snapshot
from gait_engine.gate.policydigest import policy_digest
from gait_engine.wire.text import lower, normal

_HIGH: Final = ("critical", "high")


def cover(snapshot: Snapshot, policies: Sequence[Policy]) -> Coverage:
    """Compare a snapshot with the tools that rules of any effect name."""
    discovered = {lower(item.name) for item in snapshot.items}
    named = _named(policies)
    ungated = sorted(
        item.id
        for item in snapshot.items
        if item.risk_level in _HIGH and lower(item.name) not in named
    )
    gated = len(discovered & named)
    return Coverage(
        snapshot_id=snapshot.snapshot_id,
        discovered_tools=len(discovered),
        gated_tools=gated,
        high_risk_ungated_tools=len(ungated),
        coverage_percent=_percent(gated, len(discovered)),
        policy_digests=tuple(sorted({policy_digest(policy) for policy in policies})),
        discovered_tool_names=tuple(sorted(discovered)),
        gated_tool_names=tuple(sorted(named)),
        high_risk_ungated_tool_ids=tuple(ungated),
    )


def _named(policies: Iterable[Policy]) -> set[str]:
    names = {
        normal(name)
        for policy in policies
        for rule in policy.rules
        for name in rule.match.tool_names
    }
    return names - {""}


def _percent(part: int, whole: int) -> int | float:
    """Return a percentage, halves rounded up at the second decimal; 100 of nothing."""
    if not whole:
        return 100
    exact = (Decimal(part * 100) / Decimal(whole)).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return int(exact) if exact == exact.to_integral_value() else float(exact)
