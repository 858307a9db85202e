"""Delegation tokens: normal form, minting, and the check of one against what is wanted.

Contract: gate.md 7.
"""

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from gait_engine.contract.approval import ANY_SCOPE
from gait_engine.contract.delegation import DELEGATION_SCHEMA, DelegationToken
from gait_engine.contract.policy import Texts
from gait_engine.errors import InvalidInput
from gait_engine.gate.fields import digest_or_empty
from gait_engine.gate.tokens.signing import (
    NOT_YET_VALID,
    id_of,
    identity,
    is_expired,
    is_premature,
    normal_header,
    normal_scope,
    signature_fault,
    signed,
)
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal
from gait_engine.wire.timestamps import to_utc

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

DELEGATION_KIND: Final = "delegation_token"

_TOKEN: Final = Source("delegation token")


class Wanted(NamedTuple):
    """What a delegation token must say; an empty member wants nothing.

    Of `scopes` one suffices.
    """

    delegator: str = ""
    delegate: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    scopes: Texts = ()


def normalise_delegation_token(token: DelegationToken, source: Source = _TOKEN) -> DelegationToken:
    """Bring a token into the form that is signed and compared.

    Raises InvalidInput for one that lacks something or says it in no valid way.
    """
    terms = _normal_terms(token, source)
    return msgspec.structs.replace(terms, token_id=identity(token.token_id, source, "token_id"))


def mint_delegation(draft: DelegationToken, key: "SigningKey") -> DelegationToken:
    """Give a token its id and its signature; `draft` says all the rest.

    Raises InvalidInput for the first thing in it that is not valid.
    """
    token = _normal_terms(draft, _TOKEN)
    return signed(msgspec.structs.replace(token, token_id=delegation_id(token)), key)


def delegation_id(token: DelegationToken) -> str:
    """Derive the id that a token in normal form is minted with; nobody checks it later."""
    return id_of(
        token.delegator_identity,
        token.delegate_identity,
        ",".join(token.scope),
        token.scope_class,
        token.intent_digest,
        token.policy_digest,
        to_utc(token.expires_at),
    )


def delegation_fault(token: DelegationToken, wanted: Wanted, key: bytes, now_ns: int) -> str:
    """Return the code of the first thing wrong with a token; empty for one that counts."""
    try:
        held = normalise_delegation_token(token)
    except InvalidInput:
        return f"{DELEGATION_KIND}_invalid"
    fault = signature_fault(held, key, DELEGATION_KIND)
    if not fault and is_expired(held, now_ns):
        fault = f"{DELEGATION_KIND}_expired"
    fault = fault or _mismatch(held, wanted)
    return fault or (NOT_YET_VALID if is_premature(held, now_ns) else "")


def _mismatch(token: DelegationToken, wanted: Wanted) -> str:
    facts = (
        ("delegator", token.delegator_identity, wanted.delegator),
        ("delegate", token.delegate_identity, wanted.delegate),
        # a token that names no intent or policy is good for any
        ("intent", token.intent_digest, token.intent_digest and wanted.intent_digest),
        ("policy", token.policy_digest, token.policy_digest and wanted.policy_digest),
    )
    for name, found, expected in facts:
        if expected and found != expected:
            return f"{DELEGATION_KIND}_{name}_mismatch"
    is_covered = not wanted.scopes or {ANY_SCOPE, *wanted.scopes} & {
        *token.scope,
        token.scope_class,
    }
    return "" if is_covered else f"{DELEGATION_KIND}_scope_mismatch"


def _normal_terms(token: DelegationToken, source: Source) -> DelegationToken:
    headed = normal_header(token, DELEGATION_SCHEMA, source)
    return msgspec.structs.replace(
        headed,
        delegator_identity=identity(token.delegator_identity, source, "delegator_identity"),
        delegate_identity=identity(token.delegate_identity, source, "delegate_identity"),
        scope=normal_scope(token.scope, source),
        scope_class=normal(token.scope_class),
        intent_digest=digest_or_empty(token.intent_digest, source, "intent_digest"),
        policy_digest=digest_or_empty(token.policy_digest, source, "policy_digest"),
    )
