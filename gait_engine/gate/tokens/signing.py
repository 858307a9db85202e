"""What approval and delegation tokens have in common: header, times and signature.

A signature covers the normal form of a token, not its bytes: a scope in another order or case is
the same scope. Contract: gate.md 0.6, 6.2.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, TypeVar

import msgspec
from msgspec import UNSET

from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.delegation import DelegationToken
from gait_engine.contract.policy import Texts
from gait_engine.errors import quoted
from gait_engine.gate.fields import required
from gait_engine.wire.digest import Digest, sha256_hex, value_digest
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import lower, trim, unique_sorted
from gait_engine.wire.timestamps import is_zero, to_ns

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

TokenT = TypeVar("TokenT", ApprovalToken, DelegationToken)

SKEW_NS: Final = 300 * 10**9
"""How far the clock of who minted a token may run ahead of ours."""

NOT_YET_VALID: Final = "token_not_yet_valid"

_ID_LENGTH: Final = 24


def normal_header(token: TokenT, schema_id: str, source: Source) -> TokenT:
    """Fill in the schema where it is absent; raise InvalidInput for another one or a lacking time.

    Times keep the offset they came with.
    """
    schema = _is_or_absent(token.schema_id, schema_id, source, "schema_id")
    version = _is_or_absent(token.schema_version, SCHEMA_VERSION, source, "schema_version")
    for field in ("created_at", "expires_at"):
        if is_zero(getattr(token, field)):
            raise source.reject("absent, expected a time", f"$.{field}")
    return msgspec.structs.replace(token, schema_id=schema, schema_version=version)


def identity(text: str, source: Source, field: str) -> str:
    """Trim a name or id, which must be there."""
    return required(trim(text), source, field)


def normal_scope(scope: Iterable[str], source: Source) -> Texts:
    """Lower, sort and free a scope of repetitions; raise InvalidInput for an empty one."""
    terms = scope_terms(scope)
    if not terms:
        raise source.reject("empty, expected at least one term", "$.scope")
    return terms


def scope_terms(scope: Iterable[str]) -> Texts:
    """Bring the terms of a scope into the form in which they are compared."""
    return tuple(unique_sorted([lower(term) for term in scope]))


def id_of(*parts: str | int) -> str:
    """Derive the id of a token from what it says: 24 hex characters."""
    return sha256_hex(":".join(map(str, parts)).encode())[:_ID_LENGTH]


def signature_digest(token: ApprovalToken | DelegationToken) -> Digest:
    """Digest what the signature of a token in normal form covers: all but the signature."""
    return value_digest(msgspec.to_builtins(msgspec.structs.replace(token, signature=UNSET)))


def signed(token: TokenT, key: "SigningKey") -> TokenT:
    """Sign a token in normal form."""
    from gait_engine.crypto.sign import sign_digest

    return msgspec.structs.replace(token, signature=sign_digest(signature_digest(token), key))


def signature_fault(token: ApprovalToken | DelegationToken, key: bytes, kind: str) -> str:
    """Return the code that says why the signature of a token in normal form does not count.

    `kind` begins the code: `approval_token`, `delegation_token`.
    """
    if token.signature is UNSET:
        return f"{kind}_signature_missing"
    from gait_engine.crypto.sign import check_signature

    fault = check_signature(signature_digest(token), token.signature, key)
    return f"{kind}_signature_invalid" if fault else ""


def is_expired(token: ApprovalToken | DelegationToken, now_ns: int) -> bool:
    """Tell a token whose time is over; at the very instant of expiry it is."""
    return now_ns >= to_ns(token.expires_at)


def is_premature(token: ApprovalToken | DelegationToken, now_ns: int) -> bool:
    """Tell a token from the future, or one that was never valid at any time."""
    created = to_ns(token.created_at)
    return created > now_ns + SKEW_NS or created >= to_ns(token.expires_at)


def _is_or_absent(found: str, wanted: str, source: Source, field: str) -> str:
    if found not in ("", wanted):
        raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    return wanted
