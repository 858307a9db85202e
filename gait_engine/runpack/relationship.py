"""Relationship envelopes in the one form the contract writes (runpack.md 4.2, 7.5)."""

from collections.abc import Iterable

from msgspec import UNSET, UnsetType

from gait_engine.contract.common import Edge, Entity, PolicyRef, Relationship
from gait_engine.wire.text import trim, unique_sorted


def entity(kind: str, identity: str) -> Entity:
    """Refer to a thing; a blank identity refers to nothing and is dropped later."""
    return Entity(kind=kind, id=trim(identity))


def edge(kind: str, source: Entity, target: Entity) -> Edge:
    """Relate two things; dropped later unless both are there."""
    return Edge(kind=kind, source=source, target=target)


def envelope(
    parent: Entity,
    entities: Iterable[Entity],
    *,
    edges: Iterable[Edge] = (),
    policy: PolicyRef | UnsetType = UNSET,
) -> Relationship:
    """Tie a record to its parent and to the things it speaks of, sorted and without repetition."""
    refs = {(ref.kind, ref.id): ref for ref in entities if ref.id}
    links = {_edge_key(link): link for link in edges if link.source.id and link.target.id}
    return Relationship(
        parent_ref=parent,
        entity_refs=tuple(refs[key] for key in sorted(refs)),
        policy_ref=policy,
        edges=tuple(links[key] for key in sorted(links)),
        parent_record_id=parent.id,
        related_entity_ids=tuple(unique_sorted([ref.id for ref in refs.values()])),
    )


def _edge_key(link: Edge) -> tuple[str, ...]:
    source, target = link.source, link.target
    return (link.kind, source.kind, source.id, target.kind, target.id)
