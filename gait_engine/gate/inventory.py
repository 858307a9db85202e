"""A wrkr inventory: what is known of tools beside what an intent says of them (gate.md 3.7)."""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract import intent as contract
from gait_engine.contract.intent import Inventory, InventoryItem, NormalIntent
from gait_engine.gate.prepare import with_auth
from gait_engine.wire.jsonread import Source, read_items, read_record, split_items
from gait_engine.wire.text import normal

_BLANK: Final = b" \t\r\n"


def read_inventory(text: bytes, name: str) -> dict[str, InventoryItem]:
    """Read an inventory, a list or `{items: [...]}`, by tool name; the last of a name wins.

    Raises InvalidInput.
    """
    source = Source(name)
    if text.lstrip(_BLANK).startswith(b"["):
        listed = enumerate(split_items(text, source, "$"))
        items = tuple(read_items(listed, InventoryItem, source, "$[{}]"))
    else:
        items = read_record(text, Inventory, source).items
    normalised = map(_normalised, items)
    return {item.tool_name: item for item in normalised if item.tool_name}


def with_inventory(intent: NormalIntent, inventory: Mapping[str, InventoryItem]) -> NormalIntent:
    """Add what the inventory knows of the tool; of a script it knows only the steps."""
    item = inventory.get(intent.tool_name)
    if item is None or intent.script is not UNSET:
        return intent
    known: dict[str, str | int] = {
        contract.WRKR_TOOL_NAME: item.tool_name,
        contract.WRKR_DATA_CLASS: item.data_class,
        contract.WRKR_ENDPOINT_CLASS: item.endpoint_class,
        contract.WRKR_AUTONOMY_LEVEL: item.autonomy_level,
    }
    return msgspec.structs.replace(intent, context=with_auth(intent.context, known))


def is_listed(intent: NormalIntent, inventory: Mapping[str, InventoryItem]) -> bool:
    """Tell whether the inventory knows the tool, or that of any step of a script."""
    if intent.script is UNSET:
        return intent.tool_name in inventory
    return any(step.tool_name in inventory for step in intent.script.steps)


def _normalised(item: InventoryItem) -> InventoryItem:
    return InventoryItem(
        tool_name=normal(item.tool_name),
        data_class=normal(item.data_class),
        endpoint_class=normal(item.endpoint_class),
        autonomy_level=normal(item.autonomy_level),
    )
