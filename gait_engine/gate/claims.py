"""What an intent claims about where it comes from, in normal form (gate.md 1.1, 1.5)."""

from collections.abc import Iterable
from itertools import pairwise
from typing import Final

import msgspec

from gait_engine.contract.intent import (
    PROVENANCE_SOURCES,
    ArgProvenance,
    Delegation,
    DelegationLink,
)
from gait_engine.contract.trace import SkillProvenance
from gait_engine.errors import quoted
from gait_engine.gate.fields import below, digest_or_empty, one_of, require_order, required
from gait_engine.wire.canonical import canonical_record
from gait_engine.wire.digest import Digest, sha256_hex
from gait_engine.wire.jsonread import Source
from gait_engine.wire.text import normal, trim, unique_sorted
from gait_engine.wire.timestamps import to_utc

_LINK_ENDS: Final = ("delegator_identity", "delegate_identity")


def normalise_provenance(
    entries: Iterable[ArgProvenance], source: Source
) -> tuple[ArgProvenance, ...]:
    """Normalise, sort, drop repetitions.

    Raises InvalidInput for an entry without path or source, an unknown source, a bad digest.
    """
    places = ((entry, below(source, f"[{index}]")) for index, entry in enumerate(entries))
    return tuple(sorted({_provenance(entry, place) for entry, place in places}))


def normalise_skill(skill: SkillProvenance, source: Source) -> SkillProvenance:
    """Normalise where a skill comes from; name, source and publisher must be there."""
    return SkillProvenance(
        skill_name=required(trim(skill.skill_name), source, "skill_name"),
        skill_version=trim(skill.skill_version),
        source=required(normal(skill.source), source, "source"),
        publisher=required(trim(skill.publisher), source, "publisher"),
        digest=digest_or_empty(skill.digest, source, "digest"),
        signature_key_id=trim(skill.signature_key_id),
    )


def normalise_delegation(delegation: Delegation, source: Source) -> Delegation:
    """Normalise a delegation; its chain must be unbroken and end at the requester."""
    requester = required(trim(delegation.requester_identity), source, "requester_identity")
    require_order(delegation.issued_at, delegation.expires_at, source, "expires_at")
    chain = tuple(
        _link(link, below(source, f".chain[{index}]"))
        for index, link in enumerate(delegation.chain)
    )
    _require_unbroken(chain, requester, below(source, ".chain"))
    return Delegation(
        requester_identity=requester,
        scope_class=normal(delegation.scope_class),
        token_refs=tuple(unique_sorted(list(delegation.token_refs))),
        chain=chain,
        issued_at=to_utc(delegation.issued_at),
        expires_at=to_utc(delegation.expires_at),
    )


def delegation_digest(delegation: Delegation) -> Digest:
    """Digest a normalised delegation, as approvals are bound to it."""
    return sha256_hex(canonical_record(delegation))


def _provenance(entry: ArgProvenance, source: Source) -> ArgProvenance:
    origin = required(normal(entry.source), source, "source")
    return ArgProvenance(
        arg_path=required(trim(entry.arg_path), source, "arg_path"),
        source=one_of(origin, PROVENANCE_SOURCES, source, "source"),
        source_ref=entry.source_ref and trim(entry.source_ref),
        integrity_digest=entry.integrity_digest
        and digest_or_empty(entry.integrity_digest, source, "integrity_digest"),
    )


def _link(link: DelegationLink, source: Source) -> DelegationLink:
    require_order(link.issued_at, link.expires_at, source, "expires_at")
    ends = {end: required(trim(getattr(link, end)), source, end) for end in _LINK_ENDS}
    return msgspec.structs.replace(
        link,
        **ends,
        scope_class=normal(link.scope_class),
        token_ref=trim(link.token_ref),
        issued_at=to_utc(link.issued_at),
        expires_at=to_utc(link.expires_at),
    )


def _require_unbroken(chain: tuple[DelegationLink, ...], requester: str, source: Source) -> None:
    for index, (giver, taker) in enumerate(pairwise(chain), start=1):
        if taker.delegator_identity != giver.delegate_identity:
            found, wanted = quoted(taker.delegator_identity), quoted(giver.delegate_identity)
            raise source.reject(
                f"{found}, expected {wanted}", f"{source.root}[{index}].delegator_identity"
            )
    if chain and chain[-1].delegate_identity != requester:
        found = quoted(chain[-1].delegate_identity)
        raise source.reject(
            f"ends at {found}, expected the requester {quoted(requester)}", source.root
        )
