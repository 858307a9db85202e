"""Checkpoints: the events since the last one sealed in a runpack and linked into the chain.

Contract: runpack.md 7.5.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple, TypedDict

import msgspec

from gait_engine.contract.common import SCHEMA_VERSION, Relationship
from gait_engine.contract.runpack import (
    INTENT_SCHEMA,
    REFS_SCHEMA,
    RESULT_SCHEMA,
    RUN_SCHEMA,
    Env,
    Intent,
    Refs,
    Result,
    Run,
    TimelineEvent,
)
from gait_engine.contract.session import CHECKPOINT_SCHEMA, Checkpoint, Event, JournalLine
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.host import Host
from gait_engine.runpack.chain import chain_of, write_chain
from gait_engine.runpack.journal import checkpoint_digest
from gait_engine.runpack.journalstate import LockedJournal
from gait_engine.runpack.pack import Runpack, build_runpack, jsonl, write_runpack
from gait_engine.runpack.relationship import edge, entity, envelope
from gait_engine.store.atomic import make_dirs
from gait_engine.store.layout import journal_chain_path
from gait_engine.wire.canonical import number_text
from gait_engine.wire.digest import Digest, value_digest
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import Timestamp, from_ns, is_zero, to_utc

_STOPPED: Final = ("block", "require_approval")


class Sealing(NamedTuple):
    """A checkpoint in the making: the events it covers, its number, its time and its maker."""

    events: tuple[Event, ...]
    checkpoint_index: int
    now: Timestamp
    host: Host

    @property
    def run_id(self) -> str:
        """The run id of the runpack."""
        return f"{self.events[0].run_id}_cp_{self.checkpoint_index:04d}"

    @property
    def ref(self) -> str:
        """How the runpack's timeline names the checkpoint."""
        return f"checkpoint:{self.checkpoint_index}"


def emit_checkpoint(journal: LockedJournal, out: str, chain_out: str, host: Host) -> Checkpoint:
    """Seal the open events in the runpack `out`, link it into the journal, write the chain.

    The journal line is the commit: an error about a chain file comes after it. Raises
    InvalidInput when no event is open.
    """
    found = journal.read()
    if not found.open_events:
        raise InvalidInput(
            f"journal {journal.path}: no event since the last checkpoint, expected one or more",
            where=journal.path,
            hint="append an event first: gait run session append",
        )
    last = found.last_checkpoint
    sealing = Sealing(found.open_events, last.checkpoint_index + 1, from_ns(host.now_ns()), host)
    pack = checkpoint_runpack(sealing)
    checkpoint = _checkpoint(sealing, last, out, pack.manifest.manifest_digest)
    make_dirs((host.cwd / out).parent)
    write_runpack(host.cwd / out, pack)
    sealed = found._replace(checkpoints=(*found.checkpoints, checkpoint))
    line = JournalLine(record_type="checkpoint", checkpoint=checkpoint)
    journal.append(line, journal.summed_up(sealed))
    chain = chain_of(sealed)
    for path in filter(None, (journal_chain_path(journal.path), chain_out)):
        write_chain(host.cwd / path, chain)
    return checkpoint


def checkpoint_runpack(sealing: Sealing) -> Runpack:
    """Build the runpack of a checkpoint: by reference, unsigned."""
    head = _head(sealing, sealing.now)
    calls = [_call(sealing, number, event) for number, event in enumerate(sealing.events, 1)]
    return build_runpack(
        Run(
            schema_id=RUN_SCHEMA,
            **head,
            env=Env(os=sealing.host.os_name, arch=sealing.host.arch, runtime="go"),
            timeline=tuple(_timeline(sealing)),
        ),
        Refs(schema_id=REFS_SCHEMA, **head),
        intents=jsonl(intent for intent, _ in calls),
        results=jsonl(result for _, result in calls),
        capture_mode="reference",
    )


class _Head(TypedDict):
    schema_version: str
    created_at: Timestamp
    producer_version: str
    run_id: str


def _head(sealing: Sealing, created_at: Timestamp) -> _Head:
    return {
        "schema_version": SCHEMA_VERSION,
        "created_at": created_at,
        "producer_version": sealing.host.producer_version,
        "run_id": sealing.run_id,
    }


def _call(sealing: Sealing, number: int, event: Event) -> tuple[Intent, Result]:
    """Tell an event as the call it was and what came of it; `number` counts in this runpack."""
    created_at = sealing.now if is_zero(event.created_at) else to_utc(event.created_at)
    head, intent_id = _head(sealing, created_at), trim(event.intent_id) or f"intent_{number}"
    intent = Intent(
        schema_id=INTENT_SCHEMA,
        **head,
        intent_id=intent_id,
        tool_name=event.tool_name,
        args_digest=event.intent_digest or _stand_in_digest(event),
    )
    result = Result(
        schema_id=RESULT_SCHEMA,
        **head,
        intent_id=intent_id,
        status="error" if event.verdict in _STOPPED else "ok",
        result_digest=_outcome_digest(event),
    )
    return intent, result


def _stand_in_digest(event: Event) -> Digest:
    """Digest what identifies a call whose arguments were never digested."""
    if number_text(event.sequence) != str(event.sequence):
        raise VerificationFailed(
            f"event sequence: {event.sequence}, expected a number that a double can hold",
            code="json_lossy_number",
        )
    return value_digest(
        {
            "session_id": event.session_id,
            "sequence": event.sequence,
            "trace_id": event.trace_id,
            "trace_path": event.trace_path,
        }
    )


def _outcome_digest(event: Event) -> Digest:
    return value_digest(
        {
            "verdict": event.verdict,
            "reason_codes": event.reason_codes or None,
            "violations": event.violations or None,
            "trace_id": event.trace_id,
            "trace_path": event.trace_path,
        }
    )


def _timeline(sealing: Sealing) -> Iterator[TimelineEvent]:
    for event in sealing.events:
        yield TimelineEvent(
            event="session_event",
            ts=to_utc(event.created_at),
            ref=event.trace_id,
            relationship=_event_relationship(sealing, event),
        )
    run, evidence = entity("run", sealing.run_id), entity("evidence", sealing.ref)
    yield TimelineEvent(
        event="session_checkpoint_emitted",
        ts=sealing.now,
        ref=sealing.ref,
        relationship=envelope(run, (evidence,), edges=(edge("emits_evidence", run, evidence),)),
    )


def _event_relationship(sealing: Sealing, event: Event) -> Relationship:
    run, trace = entity("run", sealing.run_id), entity("trace", event.trace_id)
    tool, policy = entity("tool", event.tool_name), entity("policy", event.policy_digest)
    return envelope(
        run,
        (entity("evidence", event.session_id), tool, trace, policy),
        edges=(edge("derived_from", trace, run), edge("governed_by", tool, policy)),
    )


def _checkpoint(sealing: Sealing, last: Checkpoint, out: str, manifest_digest: str) -> Checkpoint:
    version, invariant_hash = _safety_invariant(sealing.events)
    events = sealing.events
    linked = Checkpoint(
        schema_id=CHECKPOINT_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=sealing.now,
        producer_version=sealing.host.producer_version,
        session_id=events[0].session_id,
        run_id=events[0].run_id,
        checkpoint_index=sealing.checkpoint_index,
        sequence_start=events[0].sequence,
        sequence_end=events[-1].sequence,
        runpack_path=out,
        manifest_digest=manifest_digest,
        prev_checkpoint_digest=last.checkpoint_digest,
        safety_invariant_version=version,
        safety_invariant_hash=invariant_hash,
    )
    digest = checkpoint_digest(linked)
    return msgspec.structs.replace(
        linked, checkpoint_digest=digest, relationship=_relationship(sealing, linked, digest)
    )


def _relationship(sealing: Sealing, linked: Checkpoint, digest: Digest) -> Relationship:
    pack, evidence = entity("run", sealing.run_id), entity("evidence", digest)
    manifest = entity("evidence", linked.manifest_digest)
    return envelope(
        entity("session", linked.session_id),
        (entity("run", linked.run_id), pack, evidence, manifest),
        edges=(edge("derived_from", evidence, pack),),
    )


def _safety_invariant(events: tuple[Event, ...]) -> tuple[str, str]:
    """Return version and hash of the newest event that names both."""
    for event in reversed(events):
        version = trim(event.safety_invariant_version)
        invariant_hash = normal(event.safety_invariant_hash)
        if version and invariant_hash:
            return version, invariant_hash
    return "", ""
