"""Raw credentials have no place in an intent: it is digested, written to traces and passed on.

Contract: gate.md 1.4.
"""

import re
from collections.abc import Iterator
from typing import Final

from gait_engine.errors import InvalidInput
from gait_engine.gate.freeform import Place
from gait_engine.wire.digest import is_hex64
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import lower, normal, trim

_MIN_BYTES: Final = 16
_speaks_of_credentials: Final = re.compile(
    "token|secret|api[_-]?key|access[_-]?key|password|credential"
).search
_ABOUT_A_CREDENTIAL: Final = (
    *("_ref", "_refs", "_digest", "_digests", "_hash", "_issuer", "_source", "_type"),
    *("_ttl", "_ttl_seconds", "_id", "_ids", "_name", "_names", "_scope", "_scopes"),
)
_REFERENCES: Final = ("env:", "stub:", "cmd:", "ref:", "sha256:")
_PROVIDER_PREFIXES: Final = ("ghp_", "gho_", "github_pat_", "sk-", "AKIA", "ASIA")
_has_blank: Final = re.compile("[ \t\r\n]").search
_has_letter: Final = re.compile("[A-Za-z]").search
_has_digit: Final = re.compile("[0-9]").search


def refuse_raw_credentials(plain: dict[str, object], source: Source) -> None:
    """Raise InvalidInput for the first raw credential; its value is in no message."""
    for path in _raw_credentials(plain, source.root):
        where = f"{source.name} {path}"
        raise InvalidInput(
            f"{where}: a raw credential, expected a reference to one",
            where=where,
            hint="send a reference such as env:NAME or ref:ID in place of the credential",
        )


def names_a_credential(key: str) -> bool:
    """Tell a key whose value is a credential from one whose value only speaks of one."""
    folded = normal(key)
    return bool(_speaks_of_credentials(folded)) and not folded.endswith(_ABOUT_A_CREDENTIAL)


def is_provider_token(value: str) -> bool:
    """Tell a token of a well-known provider by how it begins."""
    return trim(value).startswith(_PROVIDER_PREFIXES)


def looks_raw(value: str) -> bool:
    """Tell a value that may be a credential itself from a reference, a digest or plain words."""
    value = trim(value)
    folded = lower(value)
    if folded.startswith(_REFERENCES) or is_hex64(folded):
        return False
    if is_provider_token(value):
        return True
    is_long = len(value.encode()) >= _MIN_BYTES and not _has_blank(value)
    return is_long and bool(_has_letter(value) and _has_digit(value))


def _raw_credentials(plain: dict[str, object], root: str) -> Iterator[str]:
    """Yield the places of raw credentials: members only, a text inside a list has no key."""
    waiting: list[Place] = [(root, plain)]
    while waiting:
        path, node = waiting.pop()
        if isinstance(node, list):
            waiting += [
                (f"{path}[{index}]", item)
                for index, item in enumerate(node)
                if isinstance(item, dict | list)
            ]
            continue
        for key, value in node.items():
            if isinstance(value, str):
                if names_a_credential(key) and looks_raw(value):
                    yield f"{path}.{key}"
            elif isinstance(value, dict | list):
                waiting.append((f"{path}.{key}", value))
