"""Edges and chains of the relationship envelopes of traces and audits (gate.md 5, 6.3, 7)."""

from collections.abc import Iterable, Iterator

from gait_engine.contract.common import ChainLink, Edge, Entity


def delegations(pairs: Iterable[tuple[str, str]]) -> Iterator[Edge]:
    """Yield an edge for each pair of giver and taker, sorted, each once."""
    for giver, taker in sorted(set(pairs)):
        source, target = Entity(kind="agent", id=giver), Entity(kind="agent", id=taker)
        yield Edge(kind="delegates_to", source=source, target=target)


def agent_chain(links: Iterable[tuple[str, str]]) -> tuple[ChainLink, ...]:
    """Bring pairs of role and identity into the order of an agent chain, each once."""
    return tuple(ChainLink(identity=identity, role=role) for role, identity in sorted(set(links)))
