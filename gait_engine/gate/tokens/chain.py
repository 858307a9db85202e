"""Whether the delegation that a rule requires is proven, link by link (gate.md 7)."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.decision import Decision
from gait_engine.contract.delegation import DelegationEntry, DelegationToken
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Texts
from gait_engine.errors import Hazard
from gait_engine.gate.tokens.delegation import DELEGATION_KIND, Wanted, delegation_fault
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.gate.verdicts import merged
from gait_engine.wire.text import unique_sorted
from gait_engine.wire.timestamps import to_utc

DELEGATION_GRANTED: Final = "delegation_granted"
DELEGATION_NOT_GRANTED: Final = "delegation_not_granted"

_MISSING: Final = f"{DELEGATION_KIND}_missing"
_SURPLUS: Final = f"{DELEGATION_KIND}_chain_mismatch"

_File = Given[DelegationToken]


class DelegationCount(NamedTuple):
    """How the links of a delegation and the tokens for them fared."""

    entries: tuple[DelegationEntry, ...]
    """One for each link in the order of the chain, then one for each token that proves none."""
    valid: int
    ref: str
    """The ids of the tokens, sorted and joined by commas; empty unless granted."""
    reasons: Texts
    violations: Texts
    is_granted: bool
    hazards: tuple[Hazard, ...]
    """What in the files was ambiguous, and where."""


class _Proven(NamedTuple):
    link: Wanted
    by: _File | None


def check_delegation(  # noqa: PLR0913  # the facts of one gate evaluation, none of them optional
    given: Sequence[_File],
    intent: NormalIntent,
    decision: Decision,
    *,
    intent_digest: str,
    policy_digest: str,
    key: bytes,
    now_ns: int,
) -> DelegationCount:
    """Prove each link of an intent's delegation by a token of its own.

    For each link the first file by path that proves it is used up. `key` is the public key of
    delegations, `now_ns` the wall clock. Without any token the count has no entries.
    """
    every = Wanted("", "", intent_digest, policy_digest, decision.delegation_scopes)
    unused = sorted(given, key=lambda file: file.path)
    proven = [_Proven(link, _taken(unused, link, key, now_ns)) for link in _links(intent, every)]
    open_link = next((each.link for each in proven if each.by is None), None)
    surplus = [_surplus_entry(file, open_link, key, now_ns) for file in unused]
    entries = (*map(_link_entry, proven), *surplus) if given else ()
    is_granted = bool(given) and bool(proven) and open_link is None
    return _count(entries, [file.hazard for file in given if file.hazard], is_granted=is_granted)


def _links(intent: NormalIntent, every: Wanted) -> Iterator[Wanted]:
    """Yield what must be proven; without a chain, that anybody delegated to the requester."""
    delegation = intent.delegation
    if delegation is UNSET:
        return
    for link in delegation.chain:
        yield every._replace(delegator=link.delegator_identity, delegate=link.delegate_identity)
    if not delegation.chain:
        yield every._replace(delegate=delegation.requester_identity)


def _taken(unused: list[_File], link: Wanted, key: bytes, now_ns: int) -> _File | None:
    """Take the first token that proves a link out of those unused."""
    for place, file in enumerate(unused):
        if not _fault(file, link, key, now_ns):
            return unused.pop(place)
    return None


def _fault(file: _File, link: Wanted, key: bytes, now_ns: int) -> str:
    return file.fault if file.token is None else delegation_fault(file.token, link, key, now_ns)


def _surplus_entry(
    file: _File, open_link: Wanted | None, key: bytes, now_ns: int
) -> DelegationEntry:
    """Say why a token proves nothing: held against the first open link, or none was left for it."""
    if file.token is None or open_link is None:
        return _token_entry(file, file.fault or _SURPLUS)
    return _token_entry(file, _fault(file, open_link, key, now_ns))


def _link_entry(proven: _Proven) -> DelegationEntry:
    if proven.by is not None:
        return _token_entry(proven.by, "")
    return DelegationEntry(
        delegator_identity=proven.link.delegator,
        delegate_identity=proven.link.delegate,
        error_code=_MISSING,
    )


def _token_entry(file: _File, fault: str) -> DelegationEntry:
    """Show a token's own words; of a file that is ambiguous none, for nobody signed them."""
    if file.token is None:
        return DelegationEntry(error_code=fault)
    return DelegationEntry(
        token_id=file.token.token_id,
        delegator_identity=file.token.delegator_identity,
        delegate_identity=file.token.delegate_identity,
        scope=tuple(unique_sorted(list(file.token.scope))),
        expires_at=to_utc(file.token.expires_at),
        valid=not fault,
        error_code=fault,
    )


def _count(
    entries: Sequence[DelegationEntry], hazards: Iterable[Hazard], *, is_granted: bool
) -> DelegationCount:
    valid = [entry for entry in entries if entry.valid]
    return DelegationCount(
        entries=tuple(entries),
        valid=len(valid),
        ref=",".join(unique_sorted([entry.token_id for entry in valid])) if is_granted else "",
        reasons=(DELEGATION_GRANTED,) if is_granted else _reasons(entries),
        violations=() if is_granted else (DELEGATION_NOT_GRANTED,),
        is_granted=is_granted,
        hazards=tuple(sorted(hazards)),
    )


def _reasons(entries: Sequence[DelegationEntry]) -> Texts:
    if not entries:
        return (_MISSING,)
    codes = [entry.error_code for entry in entries if entry.error_code]
    return merged(codes, ("delegation_chain_insufficient",))
