"""Normalising the context of a run and the receipts in it (runpack.md 4.5 steps 4 and 5, 4.7)."""

from collections.abc import Iterable

import msgspec
from msgspec import UNSET

from gait_engine.contract.common import EVIDENCE_MODES
from gait_engine.contract.runpack import Receipt, Refs
from gait_engine.errors import InvalidInput, quoted
from gait_engine.wire.canonical import canonical_text
from gait_engine.wire.digest import is_hex64
from gait_engine.wire.text import normal
from gait_engine.wire.timestamps import EPOCH_1980, Timestamp, is_zero, to_utc


def evidence_mode(text: str) -> str:
    """Normalise a context evidence mode; blank means best_effort. Raises InvalidInput."""
    mode = normal(text) or "best_effort"
    if mode not in EVIDENCE_MODES:
        raise InvalidInput(
            f"context evidence mode: {quoted(text)}, expected best_effort or required"
        )
    return mode


def normalise_refs(refs: Refs, *, required: bool = False) -> Refs:
    """Bring refs into the form the contract writes, receipts sorted by ref_id.

    With `required`, mode `required` without a context_set_digest is refused. Raises InvalidInput.
    """
    mode = evidence_mode(refs.context_evidence_mode) if refs.context_evidence_mode else ""
    set_digest = normal(refs.context_set_digest)
    if set_digest and not is_hex64(set_digest):
        raise InvalidInput(f"refs context_set_digest: {quoted(set_digest)}, expected 64 hex digits")
    if refs.context_ref_count < 0:
        raise InvalidInput(f"refs context_ref_count: {refs.context_ref_count}, expected 0 or more")
    if required and mode == "required" and not set_digest:
        raise InvalidInput(
            "refs context_set_digest: absent, expected one in evidence mode required"
        )
    receipts = sort_receipts(normalise_receipt(receipt) for receipt in refs.receipts)
    return msgspec.structs.replace(
        refs,
        context_evidence_mode=mode,
        context_set_digest=set_digest,
        context_ref_count=refs.context_ref_count or len(receipts),
        receipts=receipts,
    )


def sort_receipts(receipts: Iterable[Receipt]) -> tuple[Receipt, ...]:
    """Sort receipts by ref_id in byte order; equal ids keep their order."""
    return tuple(sorted(receipts, key=lambda receipt: receipt.ref_id.encode()))


def normalise_receipt(receipt: Receipt) -> Receipt:
    """Bring one receipt into the form the contract writes."""
    params = receipt.retrieval_params
    return msgspec.structs.replace(
        receipt,
        query_digest=normal(receipt.query_digest),
        content_digest=normal(receipt.content_digest),
        immutability=normal(receipt.immutability) or "unknown",
        retrieved_at=retrieved_at(receipt.retrieved_at),
        retrieval_params=UNSET if params is UNSET else free_form(params),
    )


def retrieved_at(instant: Timestamp) -> Timestamp:
    """Return an instant in UTC; an absent one is 1980-01-01."""
    return EPOCH_1980 if is_zero(instant) else to_utc(instant)


def free_form(text: msgspec.Raw) -> "msgspec.Raw | msgspec.UnsetType":
    """Bring an optional free-form object into canonical form; an empty one is absent."""
    canonical = canonical_text(text)
    return UNSET if canonical == b"{}" else msgspec.Raw(canonical)
