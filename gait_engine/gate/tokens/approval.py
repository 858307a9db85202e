"""Approval tokens: their normal form and how one is minted (gate.md 6.1, 6.2)."""

from typing import TYPE_CHECKING, Final

import msgspec

from gait_engine.contract.approval import APPROVAL_SCHEMA, ApprovalToken
from gait_engine.gate.fields import digest_or_empty, not_negative, required
from gait_engine.gate.tokens.signing import (
    id_of,
    identity,
    normal_header,
    normal_scope,
    signed,
)
from gait_engine.wire.canonical import number_text
from gait_engine.wire.jsonread import Source
from gait_engine.wire.timestamps import to_utc

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

APPROVAL_KIND: Final = "approval_token"

_TOKEN: Final = Source("approval token")


def normalise_approval(token: ApprovalToken, source: Source = _TOKEN) -> ApprovalToken:
    """Bring a token into the form that is signed and compared.

    Raises InvalidInput for one that lacks something or says it in no valid way.
    """
    terms = _normal_terms(token, source)
    return msgspec.structs.replace(terms, token_id=identity(token.token_id, source, "token_id"))


def mint_approval(draft: ApprovalToken, key: "SigningKey") -> ApprovalToken:
    """Give a token its id and its signature; `draft` says all the rest.

    Raises InvalidInput for the first thing in it that is not valid.
    """
    token = _normal_terms(draft, _TOKEN)
    for field in ("max_targets", "max_ops"):
        _require_exact(getattr(token, field), field)
    return signed(msgspec.structs.replace(token, token_id=approval_id(token)), key)


def approval_id(token: ApprovalToken) -> str:
    """Derive the id that a token in normal form is minted with; nobody checks it later."""
    return id_of(
        token.intent_digest,
        token.policy_digest,
        token.approver_identity,
        token.reason_code,
        ",".join(token.scope),
        token.max_targets,
        token.max_ops,
        to_utc(token.expires_at),
    )


def _normal_terms(token: ApprovalToken, source: Source) -> ApprovalToken:
    headed = normal_header(token, APPROVAL_SCHEMA, source)
    return msgspec.structs.replace(
        headed,
        intent_digest=_digest(token.intent_digest, source, "intent_digest"),
        policy_digest=_digest(token.policy_digest, source, "policy_digest"),
        delegation_binding_digest=digest_or_empty(
            token.delegation_binding_digest, source, "delegation_binding_digest"
        ),
        approver_identity=identity(token.approver_identity, source, "approver_identity"),
        reason_code=identity(token.reason_code, source, "reason_code"),
        scope=normal_scope(token.scope, source),
        max_targets=not_negative(token.max_targets, source, "max_targets"),
        max_ops=not_negative(token.max_ops, source, "max_ops"),
    )


def _digest(text: str, source: Source, field: str) -> str:
    return required(digest_or_empty(text, source, field), source, field)


def _require_exact(bound: int, field: str) -> None:
    """Refuse a bound that its neighbours would share once it is digested."""
    if number_text(bound) != str(bound):
        raise _TOKEN.refuse(
            "json_lossy_number", f"$.{field}", f"integer {bound} that a double cannot hold"
        )
