"""Random tokens for a decided call, each with what a naive reader of the contract makes of it.

Tokens are real: minted and signed, then most of them spoilt in one way. Contract: gate.md 6, 7;
threats.md 6 for who may approve.
"""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.delegation import DelegationToken
from gait_engine.crypto.keys import SigningKey
from gait_engine.gate.tokens.signing import signed
from gait_engine.wire.timestamps import Timestamp
from tests.support.gatedrawsintent import NOON, ZERO_TIME, Dict, digest_of, likely
from tests.support.gatemodelaround import asking
from tests.support.tokens import OTHER, altered, approval, delegation, signed_as_is

Token = ApprovalToken | DelegationToken

FOREIGN_KEY: Final = SigningKey(
    bytes(range(1, 33))
    + bytes.fromhex("79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664")
)
"""Another pair than the one that the gate trusts."""
SKEW: Final = Timestamp("2026-02-05T12:05:00.000000001Z")
"""One nanosecond further ahead than the clock of a minter may run."""
PEOPLE: Final = ["ann", "ben", "cyd", "Ann", "BEN", "cуd", "alice"]
"""Two spellings of two of them, one name of two scripts, one who also asks."""


class Asked(NamedTuple):
    """What tokens must be about."""

    intent: Dict
    intent_digest: str
    policy_digest: str


class Drawn(NamedTuple):
    """A token, and whether it is good as far as its own words go."""

    token: Token
    is_good: bool


Spoiler = Callable[[Any], Token]

SPOILERS: Final[Mapping[str, Spoiler]] = {
    "signature missing": lambda token: altered(token, signature=UNSET),
    "signature of another key": lambda token: signed(altered(token, signature=UNSET), FOREIGN_KEY),
    "signature of other words": lambda token: altered(token, scope=("*", "more")),
    "another intent": lambda token: signed_as_is(token, intent_digest=OTHER),
    "another policy": lambda token: signed_as_is(token, policy_digest=OTHER),
    "expired now": lambda token: signed_as_is(token, expires_at=Timestamp(NOON)),
    "from the future": lambda token: signed_as_is(token, created_at=SKEW),
    "another scope": lambda token: signed_as_is(token, scope=("other",)),
    "no scope": lambda token: signed_as_is(token, scope=()),
    "no issue date": lambda token: signed_as_is(token, created_at=Timestamp(ZERO_TIME)),
}
"""Ways in which neither an approval nor a delegation counts."""


def draw_approvals(rng: Random, asked: Asked, most: int = 4) -> list[Drawn]:
    return [draw_approval(rng, asked) for _ in range(rng.randrange(most + 1))]


def draw_approval(rng: Random, asked: Asked) -> Drawn:
    token = good_approval(asked, rng.choice(PEOPLE))
    if likely(rng, 40):
        spoilt = rng.choice(list(SPOILERS.values()))(token)
        return Drawn(spoilt, is_good=False)
    bounds = {"max_targets": rng.choice([0, 0, 1, 4]), "max_ops": rng.choice([0, 0, 1, 4])}
    binding = OTHER if likely(rng, 10) else token.delegation_binding_digest
    said = bounds | {"delegation_binding_digest": binding}
    return Drawn(signed_as_is(token, **said), is_good=is_within(asked.intent, said))


def good_approval(asked: Asked, approver: str) -> ApprovalToken:
    """Mint an approval of exactly what is asked."""
    return approval(
        approver_identity=approver,
        intent_digest=asked.intent_digest,
        policy_digest=asked.policy_digest,
        delegation_binding_digest=binding_of(asked.intent),
        scope=tuple(required_scope(asked.intent)),
    )


def binding_of(intent: Dict) -> str:
    return digest_of(intent["delegation"]) if "delegation" in intent else ""


def required_scope(intent: Dict) -> list[str]:
    destroys = any(target.get("destructive") for target in intent.get("targets", []))
    applies = ["phase:apply", "destructive:apply"]
    named = [f"tool:{intent['tool_name']}"]
    return named + (applies if destroys and intent["context"]["phase"] == "apply" else [])


def is_within(intent: Dict, said: dict[str, Any]) -> bool:
    """Tell whether a call keeps the bounds of an approval and has the delegation it is bound to."""
    targets = len(intent.get("targets", []))
    ops = max(targets, 1)
    if "script" in intent:
        steps = intent["script"]["steps"]
        ops = len(steps)
        targets = sum(len(step.get("targets", [])) for step in steps) or targets
    bound = binding_of(intent)
    return (
        bound in ("", said["delegation_binding_digest"])
        and targets <= (said["max_targets"] or targets)
        and ops <= (said["max_ops"] or ops)
    )


def are_enough(given: list[Drawn], intent: Dict, required: int, *, distinct: bool) -> bool:
    """Count approvals as a reader of the contract would."""
    own = {name.casefold() for name in asking(intent)}
    names: list[str] = []
    for token, is_good in given:
        name = getattr(token, "approver_identity", "")
        is_other = name not in names and name.casefold() in {n.casefold() for n in names}
        if is_good and name.isascii() and name.casefold() not in own and not is_other:
            names.append(name)
    needed = max(required, 1)
    return len(names) >= needed and (not distinct or len(set(names)) >= needed)


def draw_delegations(rng: Random, asked: Asked, scopes: list[str]) -> list[Drawn]:
    """Draw a token for most links of a chain, and for some a spoilt one as well."""
    drawn: list[Drawn] = []
    for giver, taker in links_of(asked.intent):
        token = good_delegation(asked, scopes, giver, taker)
        if likely(rng, 85):
            drawn.append(Drawn(token, is_good=True))
        if likely(rng, 30):
            drawn.append(draw_spoilt_delegation(rng, token, is_scoped=bool(scopes)))
    return rng.sample(drawn, len(drawn))


def draw_spoilt_delegation(rng: Random, token: DelegationToken, *, is_scoped: bool) -> Drawn:
    ways = [way for way in SPOILERS if is_scoped or way != "another scope"]
    return Drawn(SPOILERS[rng.choice(ways)](token), is_good=False)


def links_of(intent: Dict) -> list[tuple[str, str]]:
    """Return who must have delegated to whom; anybody to the requester where no chain says more."""
    if "delegation" not in intent:
        return []
    chain = intent["delegation"].get("chain", [])
    links = [(link["delegator_identity"], link["delegate_identity"]) for link in chain]
    return links or [("anybody", intent["delegation"]["requester_identity"])]


def good_delegation(asked: Asked, scopes: list[str], giver: str, taker: str) -> DelegationToken:
    return delegation(
        delegator_identity=giver,
        delegate_identity=taker,
        intent_digest=asked.intent_digest,
        policy_digest=asked.policy_digest,
        scope=(scopes[0],) if scopes else ("any",),
    )


def are_proven(given: list[Drawn], intent: Dict) -> bool:
    """Tell whether every link has a good token of its own."""
    good = [
        (token.delegator_identity, token.delegate_identity)
        for token, is_good in given
        if is_good and isinstance(token, DelegationToken)
    ]
    links = links_of(intent)
    return bool(links) and all(links.count(link) <= good.count(link) for link in links)


def as_file(token: Token) -> bytes:
    return msgspec.json.encode(token)
