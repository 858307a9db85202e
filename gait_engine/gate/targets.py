"""Targets in normal form: what is unsaid is inferred, so that rules judge what is meant.

Contract: gate.md 1.2.
"""

from collections.abc import Iterable
from typing import Final

import msgspec

from gait_engine.contract.intent import (
    DISCOVERY_METHODS,
    ENDPOINT_CLASSES,
    TARGET_KINDS,
    Target,
)
from gait_engine.gate.fields import below, one_of, required
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal, trim

_WORDS: Final[dict[str, tuple[tuple[str, frozenset[str]], ...]]] = {
    "path": (
        (
            "fs.read",
            frozenset({"read", "get", "list", "open", "cat", "head", "download", "stat"}),
        ),
        (
            "fs.write",
            frozenset(
                {"write", "append", "put", "create", "update", "save", "copy", "move", "rename"}
            ),
        ),
        (
            "fs.delete",
            frozenset({"delete", "remove", "rm", "unlink", "rmdir", "drop", "truncate"}),
        ),
    ),
    "url": (("net.dns", frozenset({"dns", "resolve", "lookup"})),),
    "host": (("net.dns", frozenset({"dns", "resolve", "lookup"})),),
    "other": (("proc.exec", frozenset({"exec", "spawn", "run", "shell", "command"})),),
}
_CLASS_OF: Final = {
    (kind, word): endpoint_class
    for kind, classes in _WORDS.items()
    for endpoint_class, words in classes
    for word in words
}
"""The endpoint class that a kind and an operation mean."""

_HINTS: Final[dict[str, tuple[tuple[str, tuple[str, ...]], ...]]] = {
    "path": (
        ("fs.read", ("read", "list", "fetch", "search")),
        ("fs.write", ("write", "update", "save", "create")),
        ("fs.delete", ("delete", "remove", "rm", "drop")),
    ),
    "other": (("proc.exec", ("exec", "shell", "command", "spawn", "run")),),
}
"""What a tool's name says where the operation says nothing; the first hint found wins."""

_UNSAID: Final = {"url": "net.http", "host": "net.http"}
_DESTRUCTIVE_CLASSES: Final = frozenset({"fs.delete", "proc.exec"})
_DESTRUCTIVE_OPERATIONS: Final = frozenset(
    {"delete", "remove", "rm", "unlink", "rmdir", "drop", "truncate", "exec", "spawn"}
)
_UNKNOWN_METHOD: Final = "unknown"
_UNDERSCORED: Final = str.maketrans("- ", "__")


def normalise_targets(
    targets: Iterable[Target], tool_name: str, source: Source
) -> tuple[Target, ...]:
    """Normalise, sort, drop repetitions; `tool_name` is that of the call, in normal form.

    Raises InvalidInput for a target without kind or value, or outside its enumerations.
    """
    places = ((target, below(source, f"[{index}]")) for index, target in enumerate(targets))
    return tuple(sorted({_normalised(target, tool_name, place) for target, place in places}))


def targets_digest(targets: tuple[Target, ...]) -> Digest:
    """Digest a list of targets, as credentials are bound to it."""
    return sha256_hex(b"[" + b",".join(map(canonical_record, targets)) + b"]")


def _normalised(target: Target, tool_name: str, source: Source) -> Target:
    kind = one_of(required(normal(target.kind), source, "kind"), TARGET_KINDS, source, "kind")
    value = required(trim(target.value), source, "value")
    operation = normal(target.operation)
    endpoint_class = normal(target.endpoint_class) or _inferred_class(kind, operation, tool_name)
    return msgspec.structs.replace(
        target,
        kind=kind,
        value=value,
        operation=operation,
        sensitivity=target.sensitivity and normal(target.sensitivity),
        endpoint_class=one_of(endpoint_class, ENDPOINT_CLASSES, source, "endpoint_class"),
        endpoint_domain=normal(target.endpoint_domain) or _inferred_domain(kind, value),
        discovery_method=_discovery_method(target.discovery_method, source),
        destructive=(
            target.destructive
            or target.destructive_hint
            or endpoint_class in _DESTRUCTIVE_CLASSES
            or operation in _DESTRUCTIVE_OPERATIONS
        ),
    )


def _discovery_method(text: str, source: Source) -> str:
    if not text:
        return _UNKNOWN_METHOD
    method = normal(text).translate(_UNDERSCORED) or _UNKNOWN_METHOD
    return one_of(method, DISCOVERY_METHODS, source, "discovery_method")


def _inferred_class(kind: str, operation: str, tool_name: str) -> str:
    said = _CLASS_OF.get((kind, operation))
    return said or _hinted_class(kind, tool_name) or _UNSAID.get(kind, "other")


def _hinted_class(kind: str, tool_name: str) -> str:
    base = tool_name.rstrip("/").rpartition("/")[2]
    for endpoint_class, words in _HINTS.get(kind, ()):
        if any(word in base for word in words):
            return endpoint_class
    return ""


def _inferred_domain(kind: str, value: str) -> str:
    if kind == "url":
        from gait_engine.gate.urlhost import url_host

        return url_host(value)
    if kind != "host":
        return ""
    bare = value.removeprefix("http://").removeprefix("https://")
    return normal(bare.partition("/")[0].partition(":")[0])
