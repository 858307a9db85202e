"""The fields of an intent, one after the other, each with its path: what its digest covers.

The walk keeps its own stack: how deep an argument is nested is its writer's choice, not ours.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw

from gait_engine.contract.intent import IntentPreimage, NormalIntent
from gait_engine.gate.freeform import read_object

_FREE: Final = ("args", "auth_context")
"""The members that hold whatever their writer likes."""

_GROUPS: Final = {
    "tool_name": "what",
    "args": "what",
    "script": "what",
    "script_hash": "what",
    "targets": "target",
    "arg_provenance": "source",
}
_ORDER: Final = ("what", "target", "who", "source")

_is_plain_key: Final = re.compile("[A-Za-z_][A-Za-z0-9_-]*").fullmatch
_encode: Final = msgspec.json.Encoder().encode


class Leaf(NamedTuple):
    """One value of an intent, or an empty list or object; `keys` are those on the way to it.

    `shown` is the text of a typed field, the JSON of a free one.
    """

    group: str
    path: str
    keys: tuple[str, ...]
    value: object
    is_free: bool

    @property
    def shown(self) -> str:
        """The value as text."""
        if isinstance(self.value, str) and not self.is_free:
            return self.value
        return _encode(self.value).decode()


def preimage_of(intent: NormalIntent) -> IntentPreimage:
    """Return exactly what the digest of an intent covers."""
    names = IntentPreimage.__struct_fields__
    return IntentPreimage(**{name: getattr(intent, name) for name in names})


def leaves(intent: NormalIntent) -> list[Leaf]:
    """List every field of an intent in the order of a reader: what, on what, who, from where."""
    plain = read_object(Raw(_encode(preimage_of(intent))))
    found = [
        leaf
        for name, value in plain.items()
        for leaf in _leaves(_GROUPS.get(name, "who"), name, value)
    ]
    return sorted(found, key=lambda leaf: _ORDER.index(leaf.group))


def _leaves(group: str, name: str, value: object) -> Iterator[Leaf]:
    waiting = [Leaf(group, name, (name,), value, name in _FREE)]
    while waiting:
        leaf = waiting.pop()
        inner = list(_inner(leaf))
        if inner:
            waiting += reversed(inner)
        else:
            yield leaf


def _inner(leaf: Leaf) -> Iterator[Leaf]:
    group, path, keys, value, is_free = leaf
    if isinstance(value, dict):
        for key, member in value.items():
            free = is_free or key in _FREE
            yield Leaf(group, f"{path}{_step(key)}", (*keys, key), member, free)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield Leaf(group, f"{path}[{index}]", keys, item, is_free)


def _step(key: str) -> str:
    """Spell a key so that no key can pass for a path."""
    return f".{key}" if _is_plain_key(key) else f"[{_encode(key).decode()}]"
