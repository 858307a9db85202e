"""The context envelope: evidence of what an agent was given, handed in beside its run.

Contract: runpack.md 4.7.
"""

from typing import Any

import msgspec
from msgspec import Raw

from gait_engine.contract import runpack as contract
from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.runpack import Envelope, Receipt, Refs
from gait_engine.errors import quoted
from gait_engine.runpack.refs import evidence_mode, normalise_receipt
from gait_engine.wire.canonical import canonical
from gait_engine.wire.digest import is_hex64, sha256_hex
from gait_engine.wire.jsonread import Source, read_record
from gait_engine.wire.text import normal, trim

_REQUIRED = ("ref_id", "source_type", "source_locator", "redaction_mode")


def read_envelope(text: bytes, name: str) -> Envelope:
    """Read and normalise an envelope; text after the first value is ignored, as the contract says.

    Raises InvalidInput for an unknown field, a wrong digest, anything out of its enum.
    """
    source = Source(name, closed=True)
    envelope = read_record(first_value(text, source), Envelope, source)
    for field, found, wanted in (
        ("schema_id", envelope.schema_id, contract.ENVELOPE_SCHEMA),
        ("schema_version", envelope.schema_version, SCHEMA_VERSION),
    ):
        if found not in ("", wanted):
            raise source.reject(f"{quoted(found)}, expected {wanted}", f"$.{field}")
    if not trim(envelope.context_set_id):
        raise source.reject("empty, expected an id", "$.context_set_id")
    evidence_mode(envelope.evidence_mode)
    records = sorted((_checked(record, source) for record in envelope.records), key=_order)
    digest = _set_digest(records)
    given = normal(envelope.context_set_digest)
    if given not in ("", digest):
        raise source.reject(f"{quoted(given)}, expected {digest}", "$.context_set_digest")
    return msgspec.structs.replace(envelope, records=tuple(records), context_set_digest=digest)


def with_envelope(refs: Refs, envelope: Envelope) -> Refs:
    """Put the evidence of an envelope in the place of a run's own receipts."""
    return msgspec.structs.replace(
        refs,
        receipts=envelope.records,
        context_set_digest=envelope.context_set_digest,
        context_ref_count=len(envelope.records),
    )


def first_value(text: bytes, source: Source) -> bytes:
    """Cut off what follows the first JSON value."""
    import json

    try:
        decoded = text.decode()
        start = len(decoded) - len(decoded.lstrip(" \t\r\n"))
        _, end = json.JSONDecoder().raw_decode(decoded, start)
    except UnicodeDecodeError as exc:
        raise source.refuse("json_lossy_text", "$", "text that is not valid UTF-8") from exc
    except (ValueError, RecursionError):
        return text  # the strict reader says what is wrong with it
    return decoded[:end].encode("utf-8", "surrogatepass")


def _checked(record: Receipt, source: Source) -> Receipt:
    record = msgspec.structs.replace(
        normalise_receipt(record), **{name: trim(getattr(record, name)) for name in _REQUIRED}
    )
    what = f"record {quoted(record.ref_id)}"
    for name in _REQUIRED:
        if not getattr(record, name):
            raise source.reject(f"{what} {name} empty, expected a value")
    for name in ("query_digest", "content_digest"):
        if not is_hex64(getattr(record, name)):
            raise source.reject(
                f"{what} {name} {quoted(getattr(record, name))}, expected 64 hex digits"
            )
    if record.immutability not in contract.IMMUTABILITIES:
        wanted = ", ".join(contract.IMMUTABILITIES)
        raise source.reject(f"{what} immutability {quoted(record.immutability)}, expected {wanted}")
    if record.freshness_sla_seconds < 0:
        raise source.reject(f"{what} freshness_sla_seconds negative, expected 0 or more")
    return record


def _order(record: Receipt) -> tuple[bytes, ...]:
    keys = (record.ref_id, record.source_type, record.source_locator, record.content_digest)
    return tuple(key.encode() for key in keys)


def _set_digest(records: list[Receipt]) -> str:
    plain: list[Any] = [Raw(msgspec.json.encode(record)) for record in records]
    return sha256_hex(canonical(msgspec.json.decode(msgspec.json.encode(plain))))
