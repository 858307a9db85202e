"""SHA-256 as the contract spells it: 64 lower-case hex characters (runpack.md 1.4)."""

import re
from hashlib import sha256
from typing import Any, Final, NewType

from gait_engine.wire.canonical import canonical

Digest = NewType("Digest", str)
"""64 lower-case hex characters, no prefix."""

_HEX64: Final = re.compile(r"[0-9a-f]{64}")


def sha256_hex(data: bytes) -> Digest:
    """Digest bytes."""
    return Digest(sha256(data).hexdigest())


def value_digest(value: Any) -> Digest:
    """Digest a JSON value through its canonical form."""
    return sha256_hex(canonical(value))


def is_hex64(text: str) -> bool:
    """Tell a well-formed lower-case digest."""
    return _HEX64.fullmatch(text) is not None


def same_digest(left: str, right: str) -> bool:
    """Compare two digests ignoring ASCII case, as runpack code does."""
    return left == right or (left.isascii() and right.isascii() and left.lower() == right.lower())
