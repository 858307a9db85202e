"""What the records of every family share: field kinds, limits, signature, relationship.

Two kinds of field: `always(...)` is written even when empty, a plain default is left out then.
Contract: runpack.md 1.2, 2.3, 4.2.
"""

from typing import Annotated, Final, Literal, NewType, TypeVar

import msgspec
from msgspec import UNSET, Meta, Raw, Struct, UnsetType

from gait_engine.wire.timestamps import ZERO, Timestamp

T = TypeVar("T")

RunId = NewType("RunId", str)
Int64 = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Object = Raw | UnsetType
"""A free-form JSON object, kept as text; UNSET when absent or null."""

SCHEMA_VERSION: Final = "1.0.0"
EVIDENCE_MODES: Final = ("best_effort", "required")
"""How binding the context evidence of a run or a call is."""

UNSTAMPED: Final = "0.0.0-dev"
"""The producer version a record gets when its writer names none."""


def always(value: T) -> T:
    """Declare a field that is written even when it holds its default `value`."""
    if isinstance(value, str | int) and value == type(value)():
        return msgspec.field(default_factory=type(value))  # one call less for each record
    return msgspec.field(default_factory=lambda: value)


def instant() -> Timestamp:
    """Declare a time field: always written, year 1 when absent."""
    return always(ZERO)


class Record(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Base of every typed record: fields in file order, immutable."""


class Header(Record, frozen=True, kw_only=True):
    """The four fields with which every schema of the contract begins."""

    schema_id: str = always("")
    schema_version: str = always("")
    created_at: Timestamp = instant()
    producer_version: str = always("")


class Signature(Record, frozen=True, kw_only=True):
    """An Ed25519 signature over the 32 raw bytes of `signed_digest` (runpack.md 2.3)."""

    alg: str = always("")
    key_id: str = always("")
    sig: str = always("")
    signed_digest: str = ""


class Entity(Record, frozen=True, kw_only=True):
    """A thing a record refers to: kind and id."""

    kind: str = always("")
    id: str = always("")


class PolicyRef(Record, frozen=True, kw_only=True):
    """The policy a record was judged by."""

    policy_id: str = ""
    policy_version: str = ""
    policy_digest: str = ""
    matched_rule_ids: tuple[str, ...] = ()


class ChainLink(Record, frozen=True, kw_only=True):
    """One identity in a chain of agents."""

    identity: str = always("")
    role: str = always("")


class Edge(Record, frozen=True, kw_only=True):
    """How one entity relates to another."""

    kind: str = always("")
    source: Entity = msgspec.field(name="from", default_factory=Entity)
    target: Entity = msgspec.field(name="to", default_factory=Entity)


class Lineage(Record, frozen=True, kw_only=True):
    """One agent and who delegated to it."""

    agent_id: str = always("")
    delegated_by: str = ""
    delegation_record_id: str = ""


class Relationship(Record, frozen=True, kw_only=True):
    """The envelope that ties a record to its run, session, tool, policy and evidence."""

    parent_ref: Entity | UnsetType = UNSET
    entity_refs: tuple[Entity, ...] = ()
    policy_ref: PolicyRef | UnsetType = UNSET
    agent_chain: tuple[ChainLink, ...] = ()
    edges: tuple[Edge, ...] = ()
    parent_record_id: str = ""
    related_record_ids: tuple[str, ...] = ()
    related_entity_ids: tuple[str, ...] = ()
    agent_lineage: tuple[Lineage, ...] = ()


SignatureStatus = Literal["", "missing", "skipped", "verified", "failed"]
