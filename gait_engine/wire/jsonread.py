"""The strict JSON reader: agrees with honest writers, refuses what two readers could differ on.

A JSON text that equals the re-encoding of its own value holds no duplicate key, no lone
surrogate and no odd escape: that equality is the whole check for nearly all texts. Only where
it fails does a slower look decide and name the place. Contract: compat.md, threats.md section 3.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeVar, get_args

import msgspec

from gait_engine.errors import GaitError, Hazard, InvalidInput, quoted
from gait_engine.wire.canonical import SAFE_INTEGER, canonical_decoded, number_text
from gait_engine.wire.text import fold
from gait_engine.wire.timestamps import Timestamp, is_usual, normalise

MAX_DEPTH: Final = 2_000

RecordT = TypeVar("RecordT", bound=msgspec.Struct)

_decode_plain: Final = msgspec.json.Decoder().decode
_decode_object: Final = msgspec.json.Decoder(dict[str, Any]).decode
_decode_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_items: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode: Final = msgspec.json.Encoder().encode
_encode_sorted: Final = msgspec.json.Encoder(order="sorted").encode
_DIGITS: Final = bytes(0x30 if 0x30 <= byte <= 0x39 else 0x20 for byte in range(256))
_LONG_INTEGER: Final = b"0" * len(str(SAFE_INTEGER))
_structure: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{]|[\]}]', re.DOTALL)
_byte: Final = re.compile(r"\(byte ([0-9]+)\)")
_lone_surrogate: Final = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F]"
)


class Source(NamedTuple):
    """What is being read: its name for messages, and how a refusal is to be raised.

    `hazard` is the class for text that is ambiguous: InvalidInput for what a caller hands in,
    VerificationFailed for artifacts. `digested` says whether its numbers must survive canonical
    form. Unknown fields are ignored, but refused in a `sealed` kind, one that can be signed, and
    plainly wrong in a `closed` one.
    """

    name: str
    hazard: type[GaitError] = InvalidInput
    digested: bool = True
    sealed: bool = False
    closed: bool = False
    canonical: bool = False
    """Whether its records are usually canonical, as those of a runpack are."""
    canonicalise: bool = False
    """Whether the free-form objects of its records are wanted in canonical form."""
    root: str = "$"
    """Where in the named text the value stands."""

    def refuse(self, code: str, path: str, message: str) -> GaitError:
        """Build the refusal of an ambiguous text."""
        where = f"{self.name} {path}"
        return self.hazard(
            f"{message} at {where}", code=code, where=where, hazards=(Hazard(code, where),)
        )

    def reject(self, message: str, path: str = "") -> InvalidInput:
        """Build the error for a text that is not what was expected at all."""
        where = f"{self.name} {path or self.root}".removesuffix(" $")
        return InvalidInput(f"{where}: {message}", where=where)


def read_plain(text: bytes, source: Source) -> Any:
    """Read one JSON value after every strictness check."""
    return _read_checked(text, source)[0]


def read_record(text: bytes, kind: type[RecordT], source: Source) -> RecordT:
    """Read one typed record: null fields count as absent, instants come out normalised."""
    return record_reader(kind, source)(text)


def read_items(
    items: Iterable[tuple[int, bytes]], kind: type[RecordT], source: Source, place: str
) -> Iterator[RecordT]:
    """Read numbered records; `place` names each in errors, as `$.intents[{}]` or `line {}`."""
    read = record_reader(kind, source)
    for number, item in items:
        try:
            yield read(item)
        except GaitError:  # read again for a refusal that names the place
            yield record_reader(kind, source._replace(root=place.format(number)))(item)


def record_reader(kind: type[RecordT], source: Source) -> Callable[[bytes], RecordT]:
    """Return a function that reads many records of one kind."""
    plan = _plan(kind)
    decode_typed: Callable[[bytes], RecordT] = _typed_decoder(kind)
    may_be_canonical = source.canonical and plan.is_flat

    def read(text: bytes) -> RecordT:
        if may_be_canonical and (record := _read_canonical(text, decode_typed, plan)) is not None:
            return record
        plain, text = _read_checked(text, source)
        if plain is None:
            plain, text = {}, b"{}"
        try:
            is_changed = _conform(plain, plan, source, source.root)
            if source.canonicalise:
                text = canonical_decoded(plain)
            elif is_changed:
                text = _encode(plain)
            return decode_typed(text)
        except (msgspec.ValidationError, RecursionError) as exc:
            raise _explained(text, source, exc) from exc

    return read


def _read_canonical(
    text: bytes, decode_typed: Callable[[bytes], RecordT], plan: "_Plan"
) -> RecordT | None:
    """Read a text that is the canonical form of its own record; None for every other text.

    Such a text has no unknown, repeated or null member; what is left to look at are its instants
    and its free-form objects. Everything else takes the road that explains itself.
    """
    try:
        record = decode_typed(text)
        if _encode_sorted(record) != text:
            return None
        for name in plan.instants:
            if not is_usual(getattr(record, name)):
                return None
        for name in plan.objects:
            if not _is_plain_object(getattr(record, name)):
                return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    return record


def _is_plain_object(member: msgspec.Raw | msgspec.UnsetType) -> bool:
    if member is msgspec.UNSET:
        return True
    text = bytes(member)
    return (
        len(text) <= MAX_DEPTH  # so it cannot be nested deeper either
        and _encode(_decode_object(text)) == text
        and not holds_long_integer(text)
    )


def holds_long_integer(text: bytes) -> bool:
    """Tell whether any number could be an integer that a double cannot hold."""
    return text.translate(_DIGITS).find(_LONG_INTEGER) >= 0  # `in` costs twice as much


def split_members(text: bytes, source: Source) -> dict[str, msgspec.Raw]:
    """Split an object into its members, left as text; the keys of the object itself are checked."""
    try:
        members = _decode_members(text)
        if _encode(members) != text:
            compact = msgspec.json.format(text, indent=-1)
            members = _decode_members(compact)
            if _encode(members) != compact:
                _refuse_duplicates(compact, source)
        return members
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _explained(text, source, exc) from exc


def split_items(text: bytes | msgspec.Raw, source: Source, path: str) -> Iterator[bytes]:
    """Split an array into the texts of its items without reading them; null counts as empty."""
    if text in (b"null", msgspec.Raw(b"null")):
        return iter(())
    try:
        return map(bytes, _decode_items(text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise _explained(text, source._replace(root=path), exc) from exc


def _read_checked(text: bytes, source: Source) -> tuple[Any, bytes]:
    """Return the value and its compact text, every strictness check passed."""
    if len(text) > MAX_DEPTH:
        _check_depth(text, source)
    try:
        plain = _decode_plain(text)
        if _encode(plain) != text:
            text = msgspec.json.format(text, indent=-1)
            if _encode(plain) != text:
                _refuse_duplicates(text, source)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError) as exc:
        raise _explained(text, source, exc) from exc
    if source.digested and holds_long_integer(text):
        _refuse_lossy_numbers(plain, source)
    return plain, text


def _check_depth(text: bytes, source: Source) -> None:
    if text.count(b"[") + text.count(b"{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _structure.finditer(text):
        depth += {b"[": 1, b"{": 1, b"]": -1, b"}": -1}.get(token.group(), 0)
        if depth > MAX_DEPTH:
            raise source.reject(f"nested too deep, expected at most {MAX_DEPTH} levels")


def _explained(text: bytes, source: Source, exc: Exception) -> GaitError:
    if isinstance(exc, UnicodeDecodeError):
        return source.refuse("json_lossy_text", source.root, "text that is not valid UTF-8")
    if isinstance(exc, msgspec.ValidationError):
        return _mistyped(source, exc)
    if isinstance(exc, RecursionError):
        return source.reject(f"nested too deep, expected at most {MAX_DEPTH} levels")
    if text.startswith(b"\xef\xbb\xbf"):
        return source.reject("byte order mark, expected JSON text without one")
    if _lone_surrogate.search(text.replace(rb"\\", b"--")):  # so that each \u left is an escape
        return source.refuse("json_lossy_text", source.root, "half of a surrogate pair")
    at = _byte.search(str(exc))
    found = f"not JSON at byte {at[1]}" if at else f"not JSON: it breaks off at byte {len(text)}"
    return source.reject(f"{found}, expected one JSON value")


def _mistyped(source: Source, exc: msgspec.ValidationError) -> GaitError:
    message, _, place = str(exc).partition(" - at ")
    return source.reject(
        message.lower().replace("`", ""), place.strip("`").replace("$", source.root, 1)
    )


class _Repeated(Exception):  # a signal out of the scanner, never seen by a caller
    """A key stands twice in one object."""


def _refuse_duplicates(text: bytes, source: Source) -> None:
    import json

    try:
        json.loads(text, object_pairs_hook=_unique, parse_int=str, parse_float=str)
    except _Repeated as exc:
        tree = json.loads(text, object_pairs_hook=_Pairs, parse_int=str)
        path, *_ = _repeated(tree, source.root)
        raise source.refuse("json_duplicate_key", path, "a key that stands twice") from exc


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise _Repeated


class _Pairs(list[tuple[str, Any]]):
    """The members of an object in order, repeated ones included."""


def _repeated(tree: Any, root: str) -> Iterator[str]:
    """Yield the path of each key that stands twice in its object, those nearest the root first."""
    waiting = [(root, tree)]
    for path, node in waiting:  # which grows meanwhile
        if isinstance(node, _Pairs):
            seen: set[str] = set()
            for key, value in node:
                if key in seen:
                    yield f"{path}.{key}"
                seen.add(key)
                waiting.append((f"{path}.{key}", value))
        elif isinstance(node, list):
            waiting += [(f"{path}[{index}]", item) for index, item in enumerate(node)]


def _refuse_lossy_numbers(plain: Any, source: Source) -> None:
    waiting = [(source.root, plain)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, dict):
            waiting += [(f"{path}.{key}", value) for key, value in node.items()]
        elif isinstance(node, list):
            waiting += [(f"{path}[{index}]", item) for index, item in enumerate(node)]
        elif type(node) is int and abs(node) > SAFE_INTEGER and _is_lossy(node):
            raise source.refuse(
                "json_lossy_number",
                path,
                f"integer {quoted(str(node))} that a double cannot hold, expected a string",
            )


def _is_lossy(number: int) -> bool:
    try:
        return number_text(number) != str(number)
    except (OverflowError, ValueError):
        return True


# What a typed record asks of plain JSON before msgspec's typed decoder sees it.

_TEXT: Final = (str, False)
_INSTANT: Final = (Timestamp, False)
_OBJECT: Final = (msgspec.Raw, False)
_NO_MEMBERS: Final[dict[str, Any]] = {}


class _Nested(NamedTuple):
    name: str
    plan: "_Plan"
    is_list: bool


class _Plan(NamedTuple):
    names: frozenset[str]
    folded: frozenset[str]
    instants: tuple[str, ...]
    objects: tuple[str, ...]
    """The fields that hold free-form objects."""
    nested: tuple[_Nested, ...]
    """The fields that hold typed records."""
    is_flat: bool
    """Whether all other fields are texts."""
    is_leaf: bool
    """Whether it has neither instants nor objects nor records."""


@lru_cache(maxsize=256)
def _typed_decoder(kind: type[msgspec.Struct]) -> Callable[[bytes], Any]:
    return msgspec.json.Decoder(kind).decode


@lru_cache(maxsize=256)
def _plan(kind: type[msgspec.Struct]) -> _Plan:
    natures = {field.encode_name: _nature(field.type) for field in msgspec.structs.fields(kind)}
    return _Plan(
        names=frozenset(natures),
        folded=frozenset(map(fold, natures)),
        instants=tuple(name for name, nature in natures.items() if nature == _INSTANT),
        objects=tuple(name for name, nature in natures.items() if nature == _OBJECT),
        nested=tuple(
            _Nested(name, holds, is_list)
            for name, (holds, is_list) in natures.items()
            if isinstance(holds, _Plan)
        ),
        is_flat=all(nature in (_TEXT, _INSTANT, _OBJECT) for nature in natures.values()),
        is_leaf=not any(
            holds in (Timestamp, msgspec.Raw) or isinstance(holds, _Plan)
            for holds, _ in natures.values()
        ),
    )


def _nature(annotation: Any) -> tuple[Any, bool]:
    """Return what a field holds, for typed records their plan, and whether it is a list of it."""
    for part in (annotation, *get_args(annotation)):
        if part is Timestamp or part is msgspec.Raw:
            return part, False
        if isinstance(part, type) and issubclass(part, msgspec.Struct):
            return _plan(part), getattr(annotation, "__origin__", None) is tuple
        if getattr(part, "__origin__", None) is tuple:
            return _nature(get_args(part)[0])[0], True
    return annotation, False


def _conform(value: Any, plan: _Plan, source: Source, path: str) -> bool:
    """Check keys, drop nulls, normalise instants in place; tell whether anything changed."""
    if not isinstance(value, dict):
        return False
    if plan.is_leaf and None not in value.values() and plan.names.issuperset(value):
        return False
    if not plan.names.issuperset(value):
        _refuse_unknown(value, plan, source, path)
    is_changed = None in value.values() and _drop_nulls(value, plan.names)
    for name in plan.instants:
        member = value.get(name)
        if isinstance(member, str) and not is_usual(member):
            value[name] = _normalised(member, source, f"{path}.{name}")
            is_changed |= value[name] is not member
    for name in plan.objects:
        member = value.get(name, _NO_MEMBERS)
        if not isinstance(member, dict):
            raise source.reject(f"{quoted(member)}, expected an object", f"{path}.{name}")
    for field in plan.nested:
        if field.name in value:
            is_changed |= _conform_nested(value, field, source, f"{path}.{field.name}")
    return is_changed


def _conform_nested(value: dict[str, Any], field: _Nested, source: Source, path: str) -> bool:
    member = value[field.name]
    if not field.is_list or not isinstance(member, list):
        return _conform(member, field.plan, source, path)
    items = [{} if item is None else item for item in member]
    value[field.name] = items
    changed = [
        _conform(item, field.plan, source, f"{path}[{index}]") for index, item in enumerate(items)
    ]
    return any(changed) or None in member


def _normalised(text: str, source: Source, path: str) -> Timestamp:
    try:
        return normalise(text)
    except InvalidInput as exc:
        raise source.reject(exc.message, path) from exc


def _drop_nulls(value: dict[str, Any], names: frozenset[str]) -> bool:
    nulls = [key for key, member in value.items() if member is None and key in names]
    for key in nulls:
        del value[key]
    return bool(nulls)


def _refuse_unknown(value: dict[str, Any], plan: _Plan, source: Source, path: str) -> None:
    unknown = sorted(value.keys() - plan.names)
    for key in unknown:
        if fold(key) in plan.folded:
            raise source.refuse(
                "json_case_variant_key", f"{path}.{key}", "a key that differs from a field by case"
            )
    if source.closed:
        raise source.reject("an unknown field, expected none", f"{path}.{unknown[0]}")
    if source.sealed:
        raise source.refuse(
            "json_unsigned_field", f"{path}.{unknown[0]}", "a field that no signature covers"
        )
