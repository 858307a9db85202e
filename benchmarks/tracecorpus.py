"""A hundred thousand gate traces, one file each, as a busy gate leaves them."""

import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from gait_engine.contract.common import (
    ChainLink,
    Edge,
    Entity,
    PolicyRef,
    Relationship,
    Signature,
)
from gait_engine.contract.trace import TRACE_SCHEMA, Trace
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import from_ns

_BEGUN_NS: Final = 1_770_292_800 * 10**9
_TOOLS: Final = ("tool.search", "tool.fetch", "tool.db.query", "tool.file.write", "tool.http.post")
_AGENTS: Final = ("svc-etl", "svc-web", "bob")
_POLICY: Final = sha256(b"policy").hexdigest()
_SETTLED_NS: Final = 10**9


def write_corpus(folder: Path, count: int) -> None:
    """Write traces; of a hundred one is a block, of ten thousand one asks for approval."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        trace = _trace(number)
        path = folder / f"trace_{trace.trace_id}.json"
        path.write_bytes(pretty(trace))
        stamp = _BEGUN_NS + number * _SETTLED_NS
        os.utime(path, ns=(stamp, stamp))


def _trace(number: int) -> Trace:
    intent = sha256(str(number).encode()).hexdigest()
    verdict = "require_approval" if number % 10_000 == 9 else "block" if not number % 100 else ""
    tool, agent = _TOOLS[number % len(_TOOLS)], _AGENTS[number % len(_AGENTS)]
    trace = Trace(
        schema_id=TRACE_SCHEMA,
        schema_version="1.0.0",
        created_at=from_ns(_BEGUN_NS + number * _SETTLED_NS),
        observed_at=from_ns(_BEGUN_NS + number * _SETTLED_NS + 123_456),
        producer_version="1.4.0",
        trace_id=intent[:24],
        event_id=intent[24:48],
        correlation_id=intent[40:],
        tool_name=tool,
        args_digest=intent[::-1],
        intent_digest=intent,
        policy_digest=_POLICY,
        run_id=f"run_{number // 100}",
        policy_id="gait.gate.policy",
        policy_version="1.0.0",
        verdict=verdict or "allow",
        violations=("endpoint_domain_denied",) if verdict == "block" else (),
        latency_ms=0.125,
        signature=Signature(
            alg="ed25519", key_id=_POLICY, sig=f"{intent}{intent[:22]}==", signed_digest=intent
        ),
    )
    return msgspec.structs.replace(trace, relationship=_relationship(trace, agent))


def _relationship(trace: Trace, agent: str) -> Relationship:
    ids = {
        "agent": agent,
        "policy": trace.policy_digest,
        "tool": trace.tool_name,
        "trace": trace.trace_id,
    }
    entities = {kind: Entity(kind=kind, id=value) for kind, value in ids.items()}
    return Relationship(
        parent_ref=Entity(kind="session", id="s_91"),
        entity_refs=tuple(entities.values()),
        policy_ref=PolicyRef(
            policy_id=trace.policy_id,
            policy_version=trace.policy_version,
            policy_digest=trace.policy_digest,
        ),
        agent_chain=(ChainLink(identity=agent, role="requester"),),
        edges=(
            Edge(kind="calls", source=entities["agent"], target=entities["tool"]),
            Edge(kind="governed_by", source=entities["tool"], target=entities["policy"]),
        ),
        related_entity_ids=tuple(sorted(ids.values())),
    )


if __name__ == "__main__":
    write_corpus(Path(sys.argv[1]), int(sys.argv[2]))
