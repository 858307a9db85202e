"""The policy digest: a policy in normal form, under the names the contract gives its parts.

Contract: gate.md 2.4.
"""

from typing import Any, Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.policy import Policy
from gait_engine.gate.policyfields import POLICY, Block
from gait_engine.wire.canonical import canonical_text
from gait_engine.wire.digest import Digest, sha256_hex

_NULL_WHEN_EMPTY: Final = frozenset({"AllowedWritablePathPrefixes", "RequiredReadOnlyRoots"})
_encode: Final = msgspec.json.Encoder().encode


def policy_digest(policy: Policy) -> Digest:
    """Digest a policy: equal digests decide every intent alike."""
    return sha256_hex(canonical_text(_encode(preimage(policy))))


def preimage(policy: Policy) -> dict[str, Any]:
    """Return what is digested."""
    return _object(policy, POLICY)


def _object(record: object, block: Block) -> dict[str, Any]:
    members: dict[str, Any] = {}
    for name, _, digest, is_always, _, nested in block.fields:
        value = getattr(record, name)
        if not digest or not (value or is_always) or value is UNSET:
            continue
        if nested is None:
            members[digest] = value if value or digest not in _NULL_WHEN_EMPTY else None
        elif isinstance(value, tuple):
            members[digest] = [_object(item, nested) for item in value]
        elif is_always or nested.is_set(value):
            members[digest] = _object(value, nested)
    return members
