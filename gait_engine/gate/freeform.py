"""Free-form objects of an intent (`args`, `auth_context`): trimmed throughout, then canonical.

The walks keep their own stack: how deep an object is nested is its writer's choice, not ours.
Contract: gate.md 1.1.
"""

from typing import Final

import msgspec
from msgspec import Raw

from gait_engine.wire.canonical import canonical_decoded
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import trim

EMPTY: Final = Raw(b"{}")

_decode: Final = msgspec.json.Decoder(dict[str, object]).decode

Place = tuple[str, dict[str, object] | list[object]]
"""A container and the path it stands at."""


def read_object(text: Raw) -> dict[str, object]:
    """Decode an object that the strict reader has let through."""
    return _decode(text)


def write_object(plain: dict[str, object]) -> Raw:
    """Return the canonical text of an object."""
    return Raw(canonical_decoded(plain))


def trim_object(plain: dict[str, object], source: Source) -> None:
    """Trim every key and every text in place.

    Raises InvalidInput for a key that is empty then, or (`json_duplicate_key`) equal to another.
    """
    waiting: list[Place] = [(source.root, plain)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            _trim_keys(node, path, source)
            _trim_values(node, path, waiting)
        else:
            _trim_items(node, path, waiting)


def _trim_keys(members: dict[str, object], path: str, source: Source) -> None:
    trimmed = list(map(trim, members))
    if "" in trimmed:
        raise source.reject("an empty key, expected text", path)
    if trimmed == list(members):
        return
    if len(set(trimmed)) != len(trimmed):
        raise source.refuse(
            "json_duplicate_key", path, "keys that differ only by the white space around them"
        )
    values = list(members.values())
    members.clear()
    members.update(zip(trimmed, values, strict=True))


def _trim_values(members: dict[str, object], path: str, waiting: list[Place]) -> None:
    for key, value in members.items():
        if isinstance(value, str):
            members[key] = trim(value)
        elif isinstance(value, dict | list):
            waiting.append((f"{path}.{key}", value))


def _trim_items(items: list[object], path: str, waiting: list[Place]) -> None:
    for index, item in enumerate(items):
        if isinstance(item, str):
            items[index] = trim(item)
        elif isinstance(item, dict | list):
            waiting.append((f"{path}[{index}]", item))
