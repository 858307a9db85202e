"""From an intent as given to the one that is judged: no claim of context evidence counts.

Only a context envelope proves what an agent was given; what an intent says of it is removed.
Contract: gate.md 1.7, 3.6.
"""

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.intent import CONTEXT_AGE, Context, NormalIntent
from gait_engine.errors import InvalidInput, quoted
from gait_engine.gate.freeform import EMPTY, read_object, write_object
from gait_engine.wire.text import normal, unique_sorted
from gait_engine.wire.timestamps import to_ns

if TYPE_CHECKING:
    from gait_engine.contract.runpack import Envelope

_SECOND: Final = 1_000_000_000
_MAX_AGE_NS: Final = 2**63 - 1
"""The longest duration the peer can hold, 292 years; longer ones stay at it."""


def prepared(intent: NormalIntent) -> NormalIntent:
    """Remove every claim of context evidence."""
    context = intent.context
    without_age = _without_age(context)
    if without_age is context and not _claims_evidence(context):
        return intent
    bare = msgspec.structs.replace(
        without_age, context_set_digest="", context_evidence_mode="", context_refs=()
    )
    return msgspec.structs.replace(intent, context=bare)


def with_envelope(intent: NormalIntent, envelope: "Envelope", *, at_ns: int) -> NormalIntent:
    """Put the evidence of an envelope, read and normalised, in the place of the claims.

    `at_ns` is the time of evaluation, nanoseconds since 1970.
    Raises InvalidInput for a claim that differs from the evidence: such an intent is not judged.
    """
    digest = envelope.context_set_digest
    mode = normal(envelope.evidence_mode) or "best_effort"
    _require_equal("context_set_digest", intent.context.context_set_digest, digest)
    _require_equal("context_evidence_mode", intent.context.context_evidence_mode, mode)
    refs = unique_sorted([record.ref_id for record in envelope.records])
    context = msgspec.structs.replace(
        with_auth(intent.context, {CONTEXT_AGE: _age_seconds(envelope, at_ns)}),
        context_set_digest=digest,
        context_evidence_mode=mode,
        context_refs=tuple(refs),
    )
    return msgspec.structs.replace(intent, context=context)


def with_auth(context: Context, members: dict[str, str | int]) -> Context:
    """Set members of `auth_context`, in the place of those of the same name."""
    text = EMPTY if context.auth_context is UNSET else context.auth_context
    return msgspec.structs.replace(
        context, auth_context=write_object({**read_object(text), **members})
    )


def _claims_evidence(context: Context) -> bool:
    return bool(context.context_set_digest or context.context_evidence_mode or context.context_refs)


def _without_age(context: Context) -> Context:
    text = context.auth_context
    if text is UNSET or CONTEXT_AGE.encode() not in bytes(text):
        return context
    plain = read_object(text)
    if CONTEXT_AGE not in plain:
        return context
    del plain[CONTEXT_AGE]
    return msgspec.structs.replace(context, auth_context=write_object(plain) if plain else UNSET)


def _require_equal(field: str, claimed: str, proven: str) -> None:
    if claimed not in ("", proven):
        where = f"intent $.context.{field}"
        raise InvalidInput(
            f"{where}: {quoted(claimed)}, expected {proven} as in the context envelope",
            where=where,
            hint=f"leave {field} out of the intent: the envelope sets it",
        )


def _age_seconds(envelope: "Envelope", at_ns: int) -> int:
    """Count whole seconds since the oldest record was retrieved; 0 for one from the future."""
    times = [record.retrieved_at for record in envelope.records] or [envelope.created_at]
    oldest = min(map(to_ns, times))
    return min(max(at_ns - oldest, 0), _MAX_AGE_NS) // _SECOND
