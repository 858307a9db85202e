"""The strict YAML reader: bytes to a tree of plain values with line and column.

PyYAML only cuts the text into events; `yamltree` decides what they mean. libyaml does the cutting
where PyYAML was built with it, else PyYAML's own scanner, which refuses a few more tabs.
Contract: gate.md 2.1 where YAML 1.2 and the peer agree, compat.md for what is refused.
"""

import re
from collections.abc import Callable, Iterator
from itertools import chain, islice
from typing import Any, Final

import yaml

from gait_engine.errors import GaitError, quoted
from gait_engine.wire.yamltree import NO_STAND_INS, Node, Place, StandIns, Tree

MAX_BYTES: Final = 4 * 1024 * 1024

LOSSY_TEXT: Final = "yaml_lossy_text"

_BYTE_ORDER_MARK: Final = "\ufeff"
_BREAKS: Final = "\x85\u2028\u2029"
_forbidden: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]").search
_escapes: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})").finditer
_needs_stand_ins: Final = re.compile(f"[{_BREAKS}{_BYTE_ORDER_MARK}]").search


def read_yaml(data: bytes, name: str) -> Node | None:
    """Read the one document of a text, a map; None when it is empty. `name` is for messages.

    Raises InvalidInput with line and column.
    """
    text, stand_ins = _without_what_scanners_mistake(_decoded(data, name), name)
    tree = Tree(name, text, stand_ins)
    steps: dict[type[yaml.Event], Callable[[Any], None]] = {
        yaml.ScalarEvent: tree.scalar,
        yaml.MappingStartEvent: tree.open_map,
        yaml.SequenceStartEvent: tree.open_list,
        yaml.MappingEndEvent: tree.close,
        yaml.SequenceEndEvent: tree.close,
        yaml.AliasEvent: tree.alias,
        yaml.DocumentStartEvent: tree.document,
    }
    try:
        for event in _events(text):
            step = steps.get(type(event))
            if step is not None:
                step(event)
    except yaml.YAMLError as exc:
        raise _as_ours(exc, name) from exc
    return tree.root


def yaml_events(data: bytes, name: str) -> Iterator[Any]:
    """Yield what a text is made of, uninterpreted. Raises InvalidInput where it is no YAML."""
    try:
        yield from _events(_decoded(data, name))
    except yaml.YAMLError as exc:
        raise _as_ours(exc, name) from exc


def _events(text: str) -> Iterator[Any]:
    loader = yaml.CBaseLoader if yaml.__with_libyaml__ else yaml.BaseLoader
    return iter(loader(text).get_event, None)


def _as_ours(exc: yaml.YAMLError, name: str) -> GaitError:
    mark = getattr(exc, "problem_mark", None)
    place = Place(name, mark.line + 1, mark.column + 1) if mark else Place(name)
    return place.refuse(str(getattr(exc, "problem", None) or exc), "valid YAML")


def _decoded(data: bytes, name: str) -> str:
    if len(data) > MAX_BYTES:
        raise Place(name).refuse(f"{len(data)} bytes", f"at most {MAX_BYTES}")
    try:
        text = data.decode()
    except UnicodeDecodeError as exc:
        place = _place_after(data[: exc.start].decode(), name)
        bad = data[exc.start : exc.end]
        raise place.refuse(f"bytes {bad.hex(' ')}", "UTF-8", code=LOSSY_TEXT) from exc
    if text.startswith(_BYTE_ORDER_MARK):
        raise Place(name).refuse("a byte order mark", "plain UTF-8")
    if found := _forbidden(text):
        raise _place_after(text[: found.start()], name).refuse(
            f"control character {quoted(found.group())}",
            "none",
            code=LOSSY_TEXT,
            hint="spell it as an escape inside double quotes",
        )
    return text


def _place_after(text: str, name: str) -> Place:
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Place(name, len(lines), len(lines[-1]) + 1)


def _without_what_scanners_mistake(text: str, name: str) -> tuple[str, StandIns]:
    """Replace by private characters what YAML 1.1 scanners take for line ends or refuse."""
    if not _needs_stand_ins(text):
        return text, NO_STAND_INS
    stand_ins = _unused(text, name)
    for char, stand_in in zip((*_BREAKS, _BYTE_ORDER_MARK), stand_ins, strict=True):
        text = text.replace(char, stand_in)
    *breaks, byte_order_mark = stand_ins
    return text, StandIns("".join(breaks), byte_order_mark)


def _unused(text: str, name: str) -> list[str]:
    """Find four private characters that the text holds neither as they are nor as an escape."""
    held = set(text)
    spelled = {int(escape[1] or escape[2], 16) for escape in _escapes(text)}
    points = chain(range(0xE000, 0xF900), range(0xF0000, 0xFFFFE))
    free = (chr(p) for p in points if p not in spelled and chr(p) not in held)
    found = list(islice(free, 4))
    if len(found) < 4:
        raise Place(name).refuse("every private character in use", "some left")
    return found
