"""From YAML events to a tree of plain values, each with its line and column.

Aliases become shared nodes, merges are done, keys are unique. What the peer reads otherwise than
YAML 1.2 is refused, or read as the peer reads it where that is safe. Contract: gate.md 2.1,
compat.md (YAML rows).
"""

import re
from typing import Any, Final, NamedTuple

from msgspec import Struct

from gait_engine.errors import GaitError, Hazard, InvalidInput, quoted
from gait_engine.wire.yamlscalar import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NULL,
    NUMBER,
    TEXT,
    Kind,
    Scalar,
    classify,
    is_canonical_integer,
)

MAX_DEPTH: Final = 64
MAX_ALIASES: Final = 100
MAX_NODES: Final = 200_000
"""With every alias counted as what it stands for."""

LINE_BREAK: Final = "yaml_line_break"
NON_STRING_KEY: Final = "yaml_non_string_key"
SECOND_DOCUMENT: Final = "yaml_second_document"
UNKNOWN_TAG: Final = "yaml_unknown_tag"
WRONG_TYPE: Final = "yaml_wrong_type"

_CORE: Final = "tag:yaml.org,2002:"
_LIST_TAGS: Final = (None, f"{_CORE}seq")
_MAP_TAGS: Final = (None, f"{_CORE}map")
_SCALAR_KINDS: Final[dict[str, tuple[Kind, ...]]] = {
    "null": (NULL,),
    "bool": (BOOLEAN,),
    "float": (NUMBER, INTEGER),
}
_MERGE: Final = "<<"
_BLOCK_STYLES: Final = ("|", ">")
_QUOTE: Final = "put it in double quotes"
_lines: Final = re.compile(r"\r\n|\r|\n").split
_lonely_colon: Final = re.compile(r":[^/]").search


class Node(Struct, frozen=True, gc=False):
    """A value and its place, both counted from 1; an aliased node stands where its anchor does.

    `value` is str, int, float, bool, None, a list of nodes, or a dict of (key node, node) pairs;
    an odd number has its text. `bad_key` is the first key of a map that is no text.
    """

    kind: Kind
    value: Any
    text: str
    line: int
    column: int
    bad_key: "Node | None" = None


class Place(NamedTuple):
    """A spot in a named input, counted from 1."""

    name: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Spell it as compilers do: `policy.yaml:14:13`."""
        return f"{self.name}:{self.line}:{self.column}"

    def refuse(self, found: str, wanted: str, *, code: str = "", hint: str = "") -> GaitError:
        """Build the refusal of what stands here."""
        where = str(self)
        return InvalidInput(
            f"yaml at {where}: {found}, expected {wanted}",
            code=code,
            where=where,
            hint=hint,
            hazards=(Hazard(code, where),) if code else (),
        )


class StandIns(NamedTuple):
    """Private characters in a text: for line ends to some readers only, for a byte order mark."""

    breaks: str = ""
    byte_order_mark: str = ""


NO_STAND_INS: Final = StandIns()


class _Open:
    """A list or map whose end has not come yet."""

    __slots__ = (
        *("anchor", "column", "has_merged", "is_flow", "is_map", "items", "line", "merge_key"),
        "nodes_before",
    )

    def __init__(self, event: Any, *, is_map: bool, nodes_before: int) -> None:
        self.is_map = is_map
        self.is_flow = bool(event.flow_style)
        self.anchor: str | None = event.anchor
        self.line: int = event.start_mark.line + 1
        self.column: int = event.start_mark.column + 1
        self.nodes_before = nodes_before
        self.items: list[Node] = []
        self.merge_key: Node | None = None
        self.has_merged = False

    @property
    def wants_key(self) -> bool:
        return self.is_map and self.merge_key is None and not len(self.items) % 2


class Tree:
    """Takes the events of one text in order; `root` is its map once they are through.

    `text` is what the events were cut from. `stand_ins` are the characters in it that stand for
    others, which the scanner would have taken amiss.
    """

    def __init__(self, name: str, text: str, stand_ins: "StandIns") -> None:
        self.root: Node | None = None
        self._name = name
        self._text = text
        self._stand_ins = stand_ins
        self._needs_a_look = stand_ins != NO_STAND_INS or "\t" in text or "\r\n" in text
        self._stack: list[_Open] = []
        self._anchors: dict[str, tuple[Node, int]] = {}
        self._documents = self._aliases = self._nodes = 0

    def document(self, event: Any) -> None:
        """Begin a document; there may be one."""
        self._documents += 1
        if self._documents > 1:
            raise self._place(event).refuse(
                "a second document", "one", code=SECOND_DOCUMENT, hint="one file for each policy"
            )

    def scalar(self, event: Any) -> None:
        """Add a scalar."""
        if not self._stack:
            self._root_scalar(event)
            return
        frame, text, mark = self._stack[-1], event.value, event.start_mark
        if self._needs_a_look or (frame.is_flow and _may_differ_in_flow(event)):
            text = self._looked_at(event, frame)
        if event.tag is not None:
            kind, value = self._tagged(event, text)
        else:
            kind, value = (TEXT, text) if event.style else classify(text)
        node = Node(kind, value, text, mark.line + 1, mark.column + 1)
        self._count(1, event)
        if event.anchor or text == _MERGE:
            self._add_special(event, node, frame)
        elif frame.merge_key is None:
            frame.items.append(node)
        else:
            self._add(node)

    def open_list(self, event: Any) -> None:
        """Begin a list."""
        if not self._stack:
            raise self._place(event).refuse("a list", "a map")
        self._open(event, _LIST_TAGS, is_map=False)

    def open_map(self, event: Any) -> None:
        """Begin a map."""
        self._open(event, _MAP_TAGS, is_map=True)

    def close(self, _: Any) -> None:
        """End the innermost list or map."""
        frame = self._stack.pop()
        node = self._map_node(frame) if frame.is_map else _list_node(frame)
        if frame.anchor:
            self._anchors[frame.anchor] = node, self._nodes - frame.nodes_before
        self._add(node)

    def alias(self, event: Any) -> None:
        """Add what an anchor stands for once more."""
        self._aliases += 1
        known = self._anchors.get(event.anchor)
        if known is None or not self._stack:
            raise self._place(event).refuse(
                f"alias {quoted('*' + event.anchor)}", "one of an anchor before it"
            )
        if self._aliases > MAX_ALIASES:
            raise self._place(event).refuse(f"alias {self._aliases}", f"at most {MAX_ALIASES}")
        if self._stack[-1].wants_key:
            raise self._place(event).refuse("an alias as key", "text")
        node, nodes = known
        self._count(nodes, event)
        self._add(node, is_alias=True)

    def _place(self, event: Any) -> Place:
        mark = event.start_mark
        return Place(self._name, mark.line + 1, mark.column + 1)

    def _place_of(self, node: Node) -> Place:
        return Place(self._name, node.line, node.column)

    def _count(self, nodes: int, event: Any) -> None:
        self._nodes += nodes
        if self._nodes > MAX_NODES:
            raise self._place(event).refuse(
                f"more than {MAX_NODES} values, aliases expanded", "at most that"
            )

    def _root_scalar(self, event: Any) -> None:
        """Let an empty document pass: it has one scalar that is not there."""
        if event.value or event.style or event.tag or event.anchor:
            raise self._place(event).refuse(quoted(event.value), "a map")

    def _open(self, event: Any, tags: tuple[str | None, ...], *, is_map: bool) -> None:
        if event.tag not in tags:
            raise self._unknown_tag(event)
        if len(self._stack) >= MAX_DEPTH:
            raise self._place(event).refuse(f"depth {MAX_DEPTH + 1}", f"at most {MAX_DEPTH}")
        if self._stack and self._stack[-1].wants_key:
            raise self._place(event).refuse("a list or map as key", "text")
        if event.anchor:  # until its end no alias may mean it, nor an older one
            self._anchors.pop(event.anchor, None)
        self._stack.append(_Open(event, is_map=is_map, nodes_before=self._nodes))
        self._count(1, event)

    def _add(self, node: Node, *, is_alias: bool = False) -> None:
        if not self._stack:
            self.root = node
            return
        frame = self._stack[-1]
        if frame.merge_key is None:
            frame.items.append(node)
            return
        if not is_alias or node.kind != MAP:
            raise self._place_of(frame.merge_key).refuse("<< of something else", "<<: *alias")
        for key, value in node.value.values():
            frame.items += (key, value)
        if node.bad_key is not None:
            frame.items += (node.bad_key, node.bad_key)
        frame.merge_key = None

    def _add_special(self, event: Any, node: Node, frame: _Open) -> None:
        """Add a scalar that may be the key that merges another map into this, or has an anchor."""
        if event.anchor and frame.wants_key:
            raise self._place(event).refuse("an anchor on a key", "it on a value")
        if event.anchor:
            self._anchors[event.anchor] = node, 1
        if not frame.wants_key or event.style or event.tag:
            self._add(node)
        elif frame.has_merged:
            raise self._place(event).refuse("key '<<' again", "each key once")
        else:
            frame.merge_key, frame.has_merged = node, True

    def _map_node(self, frame: _Open) -> Node:
        members: dict[str, tuple[Node, Node]] = {}
        bad_key = None
        items = iter(frame.items)
        for key in items:
            value = next(items)
            if key.kind != TEXT:
                bad_key = bad_key or key
            elif key.text in members:
                raise self._place_of(key).refuse(f"key {quoted(key.text)} again", "each key once")
            else:
                members[key.text] = key, value
        return Node(MAP, members, "", frame.line, frame.column, bad_key)

    def _tagged(self, event: Any, text: str) -> tuple[Kind, Scalar]:
        name = event.tag.removeprefix(_CORE)
        kind, value = (TEXT, text) if event.style else classify(text)
        if event.tag == name or name not in ("str", "int", "map", "seq", *_SCALAR_KINDS):
            raise self._unknown_tag(event)
        if name == "str":
            if kind == TEXT or is_canonical_integer(text) or text in ("true", "false"):
                return TEXT, text
            raise self._place(event).refuse(
                f"!!str {quoted(text)}", "text every reader spells so", code=WRONG_TYPE, hint=_QUOTE
            )
        if kind not in _SCALAR_KINDS.get(name, ()):
            raise self._place(event).refuse(f"!!{name} {quoted(text)}", "a value of that type")
        return (NUMBER, float(text)) if kind == INTEGER else (kind, value)

    def _unknown_tag(self, event: Any) -> GaitError:
        return self._place(event).refuse(
            f"tag {quoted(event.tag)}", "none", code=UNKNOWN_TAG, hint="leave the tag out"
        )

    def _looked_at(self, event: Any, frame: _Open) -> str:
        """Check what depends on how a scalar is written; return its text as the peer reads it."""
        text: str = event.value
        if self._stand_ins != NO_STAND_INS:
            text = self._without_stand_ins(event)
        if event.start_mark.line != event.end_mark.line and event.style not in _BLOCK_STYLES:
            self._check_lines(event, frame)
        if not event.style:
            if frame.is_flow:
                self._check_plain_in_flow(event, frame)
            if "\t" in text:
                text = self._without_tabs(event, frame)
        return text

    def _without_stand_ins(self, event: Any) -> str:
        text: str = event.value
        if any(char in text for char in self._stand_ins.breaks):
            raise self._place(event).refuse(
                "a raw U+0085, U+2028 or U+2029 in a scalar",
                "none: some readers end the line there",
                code=LINE_BREAK,
                hint="spell it as \\N, \\L or \\P inside double quotes",
            )
        mark = self._stand_ins.byte_order_mark
        return text.replace(mark, "\ufeff") if mark else text

    def _check_lines(self, event: Any, frame: _Open) -> None:
        """Refuse line breaks in a plain or quoted scalar that not every reader folds alike."""
        written = self._text[event.start_mark.index : event.end_mark.index]
        if event.style and "\r\n" in written:
            raise self._place(event).refuse(
                "CR LF in a quoted scalar", "it on one line", code=LINE_BREAK
            )
        if "\t" in written:
            raise self._place(event).refuse("a tab in a scalar of several lines", "spaces")
        rest = _lines(written)[1:]
        if frame.is_flow and not event.style and any(line[:1].strip() for line in rest):
            raise self._place(event).refuse("a scalar that goes on in column 1", "it indented")

    def _check_plain_in_flow(self, event: Any, frame: _Open) -> None:
        if not event.value:
            if event.anchor:
                raise self._place(event).refuse("an anchor without a value", "one")
            return
        if frame.is_map or not _lonely_colon(event.value):
            return
        if any(outer.is_flow and outer.is_map for outer in self._stack):
            raise self._place(event).refuse(
                f"{quoted(event.value)} in [ ] inside {{ }}", "no plain colon", hint=_QUOTE
            )

    def _without_tabs(self, event: Any, frame: _Open) -> str:
        """Drop the tabs inside a plain scalar, as the peer does, where only text can come out."""
        text: str = event.value.replace("\t", "")
        if frame.wants_key or classify(text)[0] != TEXT:
            raise self._place(event).refuse(quoted(event.value), "no tab", hint=_QUOTE)
        return text


def _may_differ_in_flow(event: Any) -> bool:
    text = event.value
    return not text or ":" in text or event.end_mark.line != event.start_mark.line


def _list_node(frame: _Open) -> Node:
    return Node(LIST, frame.items, "", frame.line, frame.column)
