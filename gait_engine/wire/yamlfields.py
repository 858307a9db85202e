"""From YAML nodes to typed fields: strict readers for each kind of field.

A reader takes a node and returns a value or raises Misfit; the names on the way up are added by
whoever asked. Contract: gate.md 2.1, compat.md (YAML rows: wrong type).
"""

import math
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from gait_engine.errors import GaitError, Hazard, InvalidInput, quoted
from gait_engine.wire.digest import is_hex64
from gait_engine.wire.text import lower, normal, trim, unique_sorted
from gait_engine.wire.yamlscalar import (
    BOOLEAN,
    INTEGER,
    LIST,
    MAP,
    NULL,
    NUMBER,
    ODD,
    TEXT,
    is_canonical_integer,
)
from gait_engine.wire.yamltree import NON_STRING_KEY, WRONG_TYPE, Node, Place

Reader = Callable[[Node], Any]
Texts = tuple[str, ...]

_MAX_INT64: Final = 2**63 - 1
_is_decimal: Final = re.compile(r"[-+]?[0-9_]*\.?[0-9_]*(?:[eE][-+]?[0-9]+)?", re.ASCII).fullmatch
_UNQUOTED: Final = "write it as a plain decimal number without quotes"
_QUOTED: Final = "put it in double quotes if it is meant as text"


class Misfit(Exception):
    """A node that does not fit its field; `trail` names the way to it, innermost first."""

    def __init__(
        self, node: Node, wanted: str, *, found: str = "", code: str = "", hint: str = ""
    ) -> None:
        super().__init__(wanted)
        self.node = node
        self.wanted = wanted
        self.found = found or shown(node)
        self.code = code
        self.hint = hint
        self.trail: list[str] = []

    def as_error(self, name: str) -> GaitError:
        """Build the error `<field> at <path> (<file>:<line>:<column>): ...`."""
        place = str(Place(name, self.node.line, self.node.column))
        what, *outer = self.trail or ["yaml"]
        while what.startswith("[") and outer:
            what = outer.pop(0) + what
        path = ".".join(reversed(outer)).replace(".[", "[")
        spot = f"{what} at {path} ({place})" if path else f"{what} ({place})"
        return InvalidInput(
            f"{spot}: {self.found}, expected {self.wanted}",
            code=self.code,
            where=place,
            hint=self.hint,
            hazards=(Hazard(self.code, place),) if self.code else (),
        )


@contextmanager
def misfits_as_errors(name: str) -> Iterator[None]:
    """Turn a misfit into an error that names file, line and column."""
    try:
        yield
    except Misfit as misfit:
        raise misfit.as_error(name) from misfit


def shown(node: Node) -> str:
    """Show a node in a message."""
    return f"a {node.kind}" if node.kind in (LIST, MAP) else quoted(node.text)


def members(node: Node, readers: Mapping[str, Reader], *, required: bool = False) -> dict[str, Any]:
    """Read the members of a map; null members are absent, unknown ones an error.

    The peer takes a map with a key that is no text for an empty one: where something in it is
    `required`, that is an error for it too.
    """
    if node.kind != MAP:
        raise Misfit(node, "a map")
    if node.bad_key is not None:
        code = "" if required else NON_STRING_KEY
        raise _named(Misfit(node.bad_key, "text", code=code, hint=_QUOTED), "key")
    values: dict[str, Any] = {}
    for key, (key_node, value) in node.value.items():
        if key not in readers:
            raise _named(Misfit(key_node, "a known field", hint=_known(readers)), "field")
        if value.kind == NULL:
            continue
        try:
            values[key] = readers[key](value)
        except Misfit as misfit:
            misfit.trail.append(key)
            raise
    return values


def items(node: Node, read: Reader) -> tuple[Any, ...]:
    """Read the items of a list."""
    if node.kind != LIST:
        raise Misfit(node, "a list")
    values = []
    for index, item in enumerate(node.value):
        try:
            values.append(read(item))
        except Misfit as misfit:
            misfit.trail.append(f"[{index}]")
            raise
    return tuple(values)


def misfit_of(node: Node, name: str, wanted: str) -> Misfit:
    """Build the misfit of one member of a map, given or missing."""
    _, member = node.value.get(name, (None, None))
    is_given = member is not None and member.kind != NULL
    found = "" if is_given else "missing"
    return _named(Misfit(member if is_given else node, wanted, found=found), name)


def _named(misfit: Misfit, name: str) -> Misfit:
    misfit.trail.append(name)
    return misfit


def _known(names: Collection[str]) -> str:
    return f"known here: {', '.join(names)}"


def as_written(node: Node) -> str:
    """Read text as it stands."""
    if node.kind == TEXT or (node.kind == INTEGER and is_canonical_integer(node.text)):
        return node.text
    if node.kind in (LIST, MAP):
        raise Misfit(node, "text")
    raise Misfit(node, "text", code=WRONG_TYPE, hint=_QUOTED)


def text(node: Node) -> str:
    """Read text, trimmed."""
    return trim(as_written(node))


def word(node: Node) -> str:
    """Read text, trimmed and in lower case."""
    return normal(as_written(node))


def texts_as_written(node: Node) -> Texts:
    """Read a list of text as it stands."""
    return items(node, as_written)


def texts(node: Node) -> Texts:
    """Read a set of text: trimmed, without blanks and repetitions, sorted by code point."""
    return tuple(unique_sorted(list(items(node, as_written))))


def words(node: Node) -> Texts:
    """Read a set of text in lower case."""
    return words_from(items(node, as_written))


def words_from(given: Collection[str]) -> Texts:
    """Bring texts into the form `words` gives them."""
    return tuple(unique_sorted([lower(item) for item in given]))


def one_of(allowed: Collection[str]) -> Reader:
    """Return a reader for one word of a closed set, or blank."""

    def read(node: Node) -> str:
        return _chosen(node, allowed)

    return read


def some_of(allowed: Collection[str]) -> Reader:
    """Return a reader for a set of words, each of a closed set."""

    def read(node: Node) -> Texts:
        return tuple(sorted(set(items(node, lambda item: _chosen(item, allowed))) - {""}))

    return read


def some_of_as_written(allowed: Collection[str]) -> Reader:
    """Return a reader for words of a closed set that leaves them as they stand."""

    def read(node: Node) -> Texts:
        some_of(allowed)(node)
        return texts_as_written(node)

    return read


def _chosen(node: Node, allowed: Collection[str]) -> str:
    found = word(node) if node.kind in (TEXT, NULL) else None
    if found is None or (found and found not in allowed):
        raise Misfit(node, f"one of {', '.join(word for word in allowed if word)}")
    return found


def exactly(wanted: str) -> Reader:
    """Return a reader for text that can only be this, or empty."""

    def read(node: Node) -> str:
        if node.kind == TEXT and node.text in ("", wanted):
            return wanted
        raise Misfit(node, wanted)

    return read


def hex_digest(node: Node) -> str:
    """Read a SHA-256 digest, or blank."""
    found = word(node)
    if found and not is_hex64(found):
        raise Misfit(node, "64 hex digits")
    return found


def integer(node: Node) -> int:
    """Read a whole number of 64 bits."""
    if node.kind != INTEGER:
        code = WRONG_TYPE if _peer_takes_it_for_a_number(node) else ""
        raise Misfit(node, "an integer", code=code, hint=_UNQUOTED if code else "")
    value: int = node.value
    if not -_MAX_INT64 - 1 <= value <= _MAX_INT64:
        raise Misfit(node, "an integer of 64 bits")
    return value


def count(node: Node) -> int:
    """Read a whole number that is not negative."""
    value = integer(node)
    if value < 0:
        raise Misfit(node, "0 or more")
    return value


def fraction(node: Node) -> float:
    """Read a finite number."""
    value = float(integer(node)) if node.kind == INTEGER else node.value
    if node.kind not in (INTEGER, NUMBER) or not math.isfinite(value):
        code = WRONG_TYPE if _peer_takes_it_for_a_number(node) else ""
        raise Misfit(node, "a number", code=code, hint=_UNQUOTED if code else "")
    return float(value)


def flag(node: Node) -> bool:
    """Read true or false."""
    if node.kind != BOOLEAN:
        raise Misfit(node, "true or false")
    value: bool = node.value
    return value


def _peer_takes_it_for_a_number(node: Node) -> bool:
    if node.kind == ODD:
        return True
    digits = node.text.replace("_", "")
    if node.kind not in (TEXT, NUMBER) or not _is_decimal(digits):
        return False
    try:
        return abs(float(digits)) < float(_MAX_INT64)
    except ValueError:  # a lone sign or point
        return False
