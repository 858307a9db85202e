"""The first document of a YAML text as plain values, for files that nobody here owns.

Laxer than `yamltree`: keys of any kind, later documents and tags are let through, since only
names are looked for. A key twice, or an alias inside what it stands for, is unreadable.
"""

from collections.abc import Iterator
from typing import Any, Final

from gait_engine.errors import InvalidInput
from gait_engine.wire.yamlread import yaml_events
from gait_engine.wire.yamlscalar import BOOLEAN, INTEGER, NULL, NUMBER, classify

MAX_DEPTH: Final = 256


def first_document(data: bytes, name: str) -> Any:
    """Return the first document: dicts with text keys, lists and texts; None when there is none.

    Aliased values are shared, not copied. Raises InvalidInput for what is no YAML.
    """
    anchors: dict[str, Any] = {}
    for event in (events := yaml_events(data, name)):
        if type(event).__name__ == "DocumentStartEvent":
            return _value(next(events), events, anchors, 0)
    return None


def _value(event: Any, events: Iterator[Any], anchors: dict[str, Any], depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise InvalidInput(f"yaml: nested too deep, expected at most {MAX_DEPTH} levels")
    kind = type(event).__name__
    if kind == "AliasEvent":
        if event.anchor not in anchors:
            raise InvalidInput("yaml: alias of nothing before it, expected an anchor")
        return anchors[event.anchor]
    anchors.pop(event.anchor, None)
    if kind == "MappingStartEvent":
        value: Any = _members(events, anchors, depth + 1)
    elif kind == "SequenceStartEvent":
        value = list(_items(events, anchors, depth + 1))
    else:
        value = event.value if event.style else _spelled(event.value)
    if event.anchor:
        anchors[event.anchor] = value
    return value


def _items(events: Iterator[Any], anchors: dict[str, Any], depth: int) -> Iterator[Any]:
    for event in events:
        if type(event).__name__ == "SequenceEndEvent":
            return
        yield _value(event, events, anchors, depth)


def _members(events: Iterator[Any], anchors: dict[str, Any], depth: int) -> dict[str, Any]:
    members: dict[str, Any] = {}
    merged: list[Any] = []
    while type(event := next(events)).__name__ != "MappingEndEvent":
        key = _value(event, events, anchors, depth)
        value = _value(next(events), events, anchors, depth)
        if key == "<<":
            merged.append(value)
        elif not isinstance(key, str) or key in members:
            raise InvalidInput("yaml: a key twice, or no scalar, expected each key once")
        else:
            members[key] = value
    for value in merged:
        for part in value if isinstance(value, list) else [value]:
            if not isinstance(part, dict):
                raise InvalidInput("yaml: << of something else, expected a map")
            members = {**part, **members}
    return members


def _spelled(text: str) -> str:
    """Spell a plain scalar by its value: `0x10` is `16`, `1.50` is `1.5`, `~` is `null`."""
    kind, value = classify(text)
    if kind in (INTEGER, BOOLEAN):
        return str(value).lower()
    if kind == NULL:
        return "null"
    if kind == NUMBER and isinstance(value, float):
        return repr(value).removesuffix(".0")
    return text
