"""Minting approvals and delegations, and checking a delegation (gate.md 6.1, 7)."""

from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.api.keys import verification_key
from gait_engine.contract.answers.tokens import (
    ApproveAnswer,
    DelegationMintAnswer,
    DelegationVerifyAnswer,
)
from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.delegation import DelegationToken
from gait_engine.contract.keys import NO_KEYS, KeySources
from gait_engine.crypto.keys import SigningKey, load_signer
from gait_engine.errors import Hazard, InvalidInput, VerificationFailed, quoted
from gait_engine.gate.fields import digest_or_empty
from gait_engine.gate.tokens.approval import mint_approval
from gait_engine.gate.tokens.delegation import (
    Wanted,
    delegation_fault,
    mint_delegation,
    normalise_delegation_token,
)
from gait_engine.gate.tokens.lookalike import is_deceptive
from gait_engine.gate.tokens.signing import scope_terms
from gait_engine.gate.tokens.tokenfile import read_delegation
from gait_engine.host import Host
from gait_engine.store.atomic import make_dirs, write_atomic
from gait_engine.store.inputs import read_input
from gait_engine.store.safepath import refuse_overwrite
from gait_engine.wire.durations import duration_text
from gait_engine.wire.jsonread import Source
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import trim
from gait_engine.wire.timestamps import Timestamp, from_ns, parse_duration, to_ns

DEV: Final = "dev"
"""The key mode in which a token can be tried out, but is good for nothing."""

_SECOND_NS: Final = 10**9
_LONG_TTL_NS: Final = 24 * 3600 * _SECOND_NS
_OPTIONS: Final = Source("options")


class ApproveRequest(NamedTuple):
    """What `gait approve` was told."""

    intent_digest: str
    policy_digest: str
    ttl: str
    scope: tuple[str, ...]
    approver: str
    reason_code: str
    delegation_binding_digest: str = ""
    max_targets: int = 0
    max_ops: int = 0
    out: str = ""
    key_mode: str = DEV
    keys: KeySources = NO_KEYS


class DelegateRequest(NamedTuple):
    """What `gait delegate mint` was told."""

    delegator: str
    delegate: str
    ttl: str
    scope: tuple[str, ...]
    scope_class: str = ""
    intent_digest: str = ""
    policy_digest: str = ""
    out: str = ""
    key_mode: str = DEV
    keys: KeySources = NO_KEYS


class VerifyRequest(NamedTuple):
    """What `gait delegate verify` was told; an empty member wants nothing of the token."""

    token: str
    delegator: str = ""
    delegate: str = ""
    scope: tuple[str, ...] = ()
    intent_digest: str = ""
    policy_digest: str = ""
    keys: KeySources = NO_KEYS


class _Minting(NamedTuple):
    """What both kinds of token are minted with."""

    key: SigningKey
    created_at: Timestamp
    expires_at: Timestamp
    warnings: tuple[str, ...]


def approve(request: ApproveRequest, *, host: Host) -> ApproveAnswer:
    """Mint an approval token and write it to a file.

    Raises InvalidInput for the first thing that is not valid, and then nothing is written;
    IoFailure.
    """
    minting = _prepare(request, host)
    draft = ApprovalToken(
        created_at=minting.created_at,
        producer_version=host.producer_version,
        approver_identity=request.approver,
        reason_code=request.reason_code,
        intent_digest=request.intent_digest,
        policy_digest=request.policy_digest,
        delegation_binding_digest=request.delegation_binding_digest,
        scope=request.scope,
        max_targets=request.max_targets,
        max_ops=request.max_ops,
        expires_at=minting.expires_at,
    )
    token = mint_approval(draft, minting.key)
    path = trim(request.out) or f"approval_{token.token_id}.json"
    _write(path, pretty(token), request.keys, host)
    expires_at = _whole_seconds(token.expires_at)
    return ApproveAnswer(
        ok=True,
        token_id=token.token_id,
        token_path=path,
        expires_at=expires_at,
        reason_code=token.reason_code,
        scope=token.scope,
        max_targets=token.max_targets,
        max_ops=token.max_ops,
        key_id=minting.key.key_id,
        warnings=(*minting.warnings, *_approver_warnings(token.approver_identity)),
        description=f"{token.approver_identity} approves one intent until {expires_at}",
    )


def mint_delegate(request: DelegateRequest, *, host: Host) -> DelegationMintAnswer:
    """Mint a delegation token and write it to a file.

    Raises InvalidInput for the first thing that is not valid, and then nothing is written;
    IoFailure.
    """
    minting = _prepare(request, host)
    draft = DelegationToken(
        created_at=minting.created_at,
        producer_version=host.producer_version,
        delegator_identity=request.delegator,
        delegate_identity=request.delegate,
        scope=request.scope,
        scope_class=request.scope_class,
        intent_digest=request.intent_digest,
        policy_digest=request.policy_digest,
        expires_at=minting.expires_at,
    )
    token = mint_delegation(draft, minting.key)
    path = trim(request.out) or f"delegation_{token.token_id}.json"
    _write(path, pretty(token), request.keys, host)
    return DelegationMintAnswer(
        ok=True,
        token_path=path,
        key_id=minting.key.key_id,
        warnings=minting.warnings,
        **_said(token)._asdict(),
    )


def verify_delegate(request: VerifyRequest, *, host: Host) -> DelegationVerifyAnswer:
    """Check a delegation token, and that it says what is wanted.

    Raises VerificationFailed with the code of the first thing wrong, the error's `answer` naming
    the token; InvalidInput for what cannot be read.
    """
    key = _verify_key(request.keys, host)
    wanted = _wanted(request)
    path = trim(request.token)
    if not path:
        raise InvalidInput("option --token: not given, expected a token file")
    given = read_delegation(path, host=host)
    if given.token is None:
        raise _not_verified(
            given.fault, path, hazards=() if given.hazard is None else (given.hazard,)
        )
    fault = delegation_fault(given.token, wanted, key, host.now_ns())
    if fault:
        raise _not_verified(fault, path, token_id=given.token.token_id)
    token = normalise_delegation_token(given.token)
    return DelegationVerifyAnswer(
        ok=True,
        token_path=path,
        key_id="" if token.signature is UNSET else token.signature.key_id,
        **_said(token)._asdict(),
    )


def _prepare(request: ApproveRequest | DelegateRequest, host: Host) -> _Minting:
    """Check in the contract's order what comes before the terms: ttl, scope, key."""
    ttl = _ttl(request.ttl)
    if not scope_terms(request.scope):
        raise InvalidInput("option --scope: empty, expected at least one term")
    signer = load_signer(request.key_mode, request.keys, host, read_input)
    now = host.now_ns()
    return _Minting(
        key=signer.key,
        created_at=from_ns(now),
        expires_at=from_ns(now + ttl),
        warnings=(*signer.warnings, *_ttl_warnings(ttl)),
    )


def _ttl(text: str) -> int:
    ttl = parse_duration(text)
    if ttl <= 0:
        raise InvalidInput(f"option --ttl: {quoted(text)}, expected more than 0s such as 1h")
    return ttl


def _ttl_warnings(ttl: int) -> tuple[str, ...]:
    if ttl <= _LONG_TTL_NS:
        return ()
    return (
        f"ttl {duration_text(ttl)}: longer than 24h, whoever holds the token can use it so long",
    )


def _approver_warnings(approver: str) -> tuple[str, ...]:
    if not is_deceptive(approver):
        return ()
    return (f"approver {quoted(approver)}: a word mixes scripts, gate eval will not count it",)


def _write(path: str, content: bytes, keys: KeySources, host: Host) -> None:
    target = host.cwd / path
    if keys.private_key:
        refuse_overwrite(target, {"the private key": host.cwd / keys.private_key}, "option --out")
    make_dirs(target.parent)
    write_atomic(target, content)


def _whole_seconds(instant: Timestamp) -> Timestamp:
    return from_ns(to_ns(instant) // _SECOND_NS * _SECOND_NS)


class _Said(NamedTuple):
    """What the answers about a delegation token repeat of it."""

    token_id: str
    delegator_identity: str
    delegate_identity: str
    scope: tuple[str, ...]
    scope_class: str
    expires_at: str
    description: str


def _said(token: DelegationToken) -> _Said:
    giver, taker = token.delegator_identity, token.delegate_identity
    expires_at = _whole_seconds(token.expires_at)
    return _Said(
        token_id=token.token_id,
        delegator_identity=giver,
        delegate_identity=taker,
        scope=token.scope,
        scope_class=token.scope_class,
        expires_at=expires_at,
        description=f"{giver} lets {taker} act until {expires_at}",
    )


def _verify_key(keys: KeySources, host: Host) -> bytes:
    key = verification_key(keys, host)
    if key is None:
        raise InvalidInput(
            "delegation token: no key given, expected one",
            hint="add --public-key FILE or --public-key-env NAME",
        )
    return key


def _wanted(request: VerifyRequest) -> Wanted:
    return Wanted(
        delegator=trim(request.delegator),
        delegate=trim(request.delegate),
        intent_digest=digest_or_empty(request.intent_digest, _OPTIONS, "intent_digest"),
        policy_digest=digest_or_empty(request.policy_digest, _OPTIONS, "policy_digest"),
        scopes=scope_terms(request.scope),
    )


def _not_verified(
    code: str, path: str, *, token_id: str = "", hazards: tuple[Hazard, ...] = ()
) -> VerificationFailed:
    error = VerificationFailed(
        f"delegation token {quoted(path, 200)}: {code}, expected one that verifies",
        code=code,
        where=path,
        hint="do not act on this token; ask its delegator for a new one",
        hazards=hazards,
    )
    error.answer = DelegationVerifyAnswer(ok=False, token_id=token_id, token_path=path)
    return error
