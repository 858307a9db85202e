"""The MCP servers that a configuration file names (scout.md 3)."""

from collections.abc import Iterator
from typing import Final

from gait_engine.wire.jsonread import Source, read_plain
from gait_engine.wire.text import normal, trim

_KEYS: Final = frozenset({"mcpservers", "servers"})


def server_names(data: bytes, path: str) -> list[str]:
    """Return the sorted names of all servers in a JSON or YAML text, told by its path.

    Raises InvalidInput for a text that cannot be parsed, with a code of its own where only we
    refuse it.
    """
    value = _parsed(data, path)
    return sorted({name for key in _names(value) if (name := trim(key))})


def _parsed(data: bytes, path: str) -> object:
    if path.lower().endswith(".json"):
        value: object = read_plain(data, Source(path, digested=False))
        return value
    from gait_engine.wire.yamlfirst import first_document

    document: object = first_document(data, path)
    return document


def _names(root: object) -> Iterator[str]:
    """Yield the keys of every object under a key of `_KEYS`; what is shared is looked at once."""
    waiting, seen = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict | list) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, list):
            waiting += node
            continue
        for key, value in node.items():
            if normal(key) in _KEYS and isinstance(value, dict):
                yield from value
            waiting.append(value)
