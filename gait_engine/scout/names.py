"""Identifiers, tool classes and risk by the words in a name (scout.md 1.1, 1.3, 3)."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.text import lower, normal

CLASS_SCORES: Final = {"destructive": 4, "write": 3, "execute": 2, "read": 1}

_OTHER: Final = "execute"
_CLASSES: Final = (
    ("destructive", ("delete", "drop", "destroy", "remove", "purge")),
    ("write", ("write", "update", "save", "send", "export", "create")),
    ("read", ("read", "list", "get", "search", "fetch")),
)
_SENSITIVE: Final = (
    (3, ("prod", "payment", "finance", "customer", "pii", "db")),
    (2, ("internal", "staging", "queue")),
)
_LOCATOR_CHARACTERS: Final = 48
_not_plain: Final = re.compile("[^a-z0-9]")


@lru_cache(maxsize=4096)
def identifier(text: str) -> str:
    """Return N(text): lower case, `_` for all else; a hash where nothing would be left."""
    plain = _not_plain.sub("_", normal(text)).strip("_")
    return plain or sha256_hex(text.encode())[:16]


@lru_cache(maxsize=4096)
def tool_class(name: str) -> str:
    """Classify a tool by the first class of which its name contains a word."""
    lowered = lower(name)
    for kind, words in _CLASSES:
        if any(word in lowered for word in words):
            return kind
    return _OTHER


@lru_cache(maxsize=4096)
def target_system(source_type: str, source_locator: str) -> str:
    """Name the system that a receipt's context came from."""
    locator = identifier(normal(source_locator))[:_LOCATOR_CHARACTERS]
    return f"{identifier(normal(source_type))}:{locator}"


def sensitivity(targets: Iterable[str]) -> int:
    """Return 1 to 3: how much harm can be done at the most sensitive target."""
    return max((rated(target, _SENSITIVE) for target in targets), default=1)


def rated(text: str, scale: tuple[tuple[int, tuple[str, ...]], ...]) -> int:
    """Return the first rating of which the text contains a word, else 1."""
    for rating, words in scale:
        if any(word in text for word in words):
            return rating
    return 1


def status_reason(status: str) -> str:
    """Return the reason code of a result's status; empty when it went well."""
    name = identifier(normal(status))
    return "" if name in ("ok", "success") else f"result_status_{name}"
