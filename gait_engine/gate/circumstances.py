"""What a decision depends on beside policy and intent; all of it is given, nothing looked up."""

from collections.abc import Iterable, Mapping
from datetime import UTC, tzinfo
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import KillSwitchDecision
from gait_engine.contract.intent import InventoryItem
from gait_engine.contract.policy import LOCAL_ZONE, Policy
from gait_engine.wire.timestamps import Timestamp

_NO_TOOLS: Final[Mapping[str, InventoryItem]] = MappingProxyType({})


class Circumstances(NamedTuple):
    """The time of evaluation, the zone that `Local` means, the wrkr inventory, the kill switch.

    The kill switch has been judged for the same intent; UNSET where none is configured.
    `approved_pattern` is the id of the approved script that the intent is, empty for none.
    """

    at: Timestamp
    local: tzinfo = UTC
    inventory: Mapping[str, InventoryItem] = _NO_TOOLS
    kill_switch: KillSwitchDecision | UnsetType = UNSET
    approved_pattern: str = ""


def zone_for(policies: Iterable[Policy], env: Mapping[str, str]) -> tzinfo:
    """Return what `Local` means on this machine; looked up only if some policy says it."""
    if not any(rule.freeze_window.timezone == LOCAL_ZONE for p in policies for rule in p.rules):
        return UTC
    from gait_engine.gate.zones import local_zone

    return local_zone(env)
