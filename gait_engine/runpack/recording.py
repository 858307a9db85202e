"""What `run record` makes of its input: records completed, payloads digested, receipts resolved.

Contract: runpack.md 4.4 and 4.5.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import UNSET, Raw, UnsetType

from gait_engine.contract import runpack as contract
from gait_engine.contract.common import SCHEMA_VERSION, UNSTAMPED
from gait_engine.contract.runpack import Intent, Receipt, RecordInput, Refs, Result, Run
from gait_engine.errors import InvalidInput, quoted
from gait_engine.host import Host
from gait_engine.wire.canonical import canonical_lines, canonical_text
from gait_engine.wire.digest import same_digest, sha256_hex, value_digest
from gait_engine.wire.jsonread import Source, read_items, read_record, split_items, split_members
from gait_engine.wire.text import normal, trim
from gait_engine.wire.timestamps import from_ns, is_zero

_NOTHING: Final = (b"", b"{}")
_TRACE_PREFIX: Final = "trace_"

Payload = Raw | UnsetType


class Recording(msgspec.Struct, frozen=True):
    """What `run record` was given: the head, and the records still as text."""

    head: RecordInput
    intents: Raw | UnsetType
    results: Raw | UnsetType
    source: Source


class Kind(NamedTuple):
    """What intents and results differ in."""

    name: str
    struct: type[Intent] | type[Result]
    schema_id: str
    payload_field: str
    digest_field: str
    normalization_field: str


INTENTS: Final = Kind(
    "intents", Intent, contract.INTENT_SCHEMA, "args", "args_digest", "intent_args"
)
RESULTS: Final = Kind(
    "results", Result, contract.RESULT_SCHEMA, "result", "result_digest", "result_payloads"
)


class Defaults(NamedTuple):
    """What a record takes over from its run where it says nothing itself."""

    run: Run
    forced_run_id: str

    def run_id(self, own: str) -> str:
        """Return the run id of a record."""
        return self.forced_run_id or own or self.run.run_id


class Member(NamedTuple):
    """A JSONL member, its traced records by intent id, whether payloads were handed in."""

    text: bytes
    traced: Mapping[str, Any]
    had_payloads: bool


def read_recording(text: bytes, name: str) -> Recording:
    """Read the input of `run record`. Raises InvalidInput for anything ambiguous."""
    source = Source(name)
    members = split_members(text, source)
    bulk = {name: members.pop(name, UNSET) for name in (INTENTS.name, RESULTS.name)}
    return Recording(
        head=read_record(msgspec.json.encode(members), RecordInput, source),
        **bulk,
        source=source,
    )


def complete_run(run: Run, run_id: str, host: Host) -> Run:
    """Fill in what a run leaves out: schema, time, producer, environment."""
    return msgspec.structs.replace(
        run,
        schema_id=run.schema_id or contract.RUN_SCHEMA,
        schema_version=run.schema_version or SCHEMA_VERSION,
        created_at=from_ns(host.now_ns()) if is_zero(run.created_at) else run.created_at,
        producer_version=run.producer_version or UNSTAMPED,
        run_id=run_id or run.run_id,
        env=msgspec.structs.replace(
            run.env,
            os=run.env.os or host.os_name,
            arch=run.env.arch or host.arch,
            runtime=run.env.runtime or "go",
        ),
    )


def record_member(
    recording: Recording, kind: Kind, defaults: Defaults, *, raw: bool, traced_ids: frozenset[str]
) -> Member:
    """Complete, digest and encode all intents or all results, in the order given.

    Without `raw` the payloads are dropped once they are digested. Of the records of an id among
    `traced_ids` the last one is kept for the receipts.
    """
    payloads = _payloads(getattr(recording.head.normalization, kind.normalization_field), recording)
    traced: dict[str, Any] = {}
    had_payloads = bool(payloads)

    def completed() -> Iterator[Any]:
        nonlocal had_payloads
        for record in _records(recording, kind):
            payload, digest = _digested(kind, record, payloads.get(record.intent_id, UNSET))
            had_payloads = had_payloads or getattr(record, kind.payload_field) is not UNSET
            fields = header_of(record, kind.schema_id, defaults)
            fields[kind.payload_field] = payload if raw else UNSET
            fields[kind.digest_field] = digest
            complete = msgspec.structs.replace(record, **fields)
            if record.intent_id in traced_ids:
                traced[record.intent_id] = complete
            yield complete

    text = canonical_lines(completed())
    return Member(text, traced, had_payloads)


def header_of(record: Intent | Result | Refs, schema_id: str, defaults: Defaults) -> dict[str, Any]:
    """Return the fields a record takes over where it leaves them empty."""
    run = defaults.run
    return {
        "schema_id": record.schema_id or schema_id,
        "schema_version": record.schema_version or SCHEMA_VERSION,
        "created_at": run.created_at if is_zero(record.created_at) else record.created_at,
        "producer_version": record.producer_version or run.producer_version,
        "run_id": defaults.run_id(record.run_id),
    }


def traced_ids(receipts: Iterable[Receipt]) -> frozenset[str]:
    """Return the intent ids whose calls the receipts refer to."""
    return frozenset(key for receipt in receipts if (key := _traced_id(receipt)) is not None)


def resolve_receipts(
    receipts: Iterable[Receipt], intents: Member, results: Member
) -> tuple[Receipt, ...]:
    """Fill in or check the digests of every receipt (runpack.md 4.5 step 4)."""
    return tuple(_resolved(receipt, intents, results) for receipt in receipts)


def _records(recording: Recording, kind: Kind) -> Iterator[Any]:
    text = recording.intents if kind is INTENTS else recording.results
    if text is UNSET:
        return iter(())
    items = split_items(text, recording.source, f"$.{kind.name}")
    source = recording.source._replace(canonicalise=True)
    return read_items(enumerate(items), kind.struct, source, f"$.{kind.name}[{{}}]")


def _payloads(text: Payload, recording: Recording) -> dict[str, Raw]:
    return {} if text is UNSET else split_members(bytes(text), recording.source)


def _digested(kind: Kind, record: Any, normalised: Payload) -> tuple[Payload, str]:
    """Return the canonical payload and its digest.

    A normalisation entry is digested in its place; a digest handed in without one is believed.
    """
    given: Payload = getattr(record, kind.payload_field)
    recorded: str = getattr(record, kind.digest_field)
    payload = b"" if given is UNSET else bytes(given)
    if normalised is not UNSET:
        digest = _normalised_digest(kind, record, normalised)
    elif recorded:
        digest = recorded
    elif payload:
        digest = sha256_hex(payload)
    else:
        raise InvalidInput(f"{_what(kind, record)}: absent, expected an object or a digest of it")
    return UNSET if payload in _NOTHING else Raw(payload), digest


def _normalised_digest(kind: Kind, record: Any, text: Raw) -> str:
    what = f"normalization of {_what(kind, record)}"
    if bytes(text) != b"null" and not bytes(text).startswith(b"{"):
        raise InvalidInput(f"{what}: {quoted(bytes(text))}, expected an object")
    computed = sha256_hex(canonical_text(text))
    recorded: str = getattr(record, kind.digest_field)
    if recorded and not same_digest(recorded, computed):
        raise InvalidInput(f"{what}: digest {computed}, expected the recorded {quoted(recorded)}")
    return recorded or computed


def _what(kind: Kind, record: Any) -> str:
    return f"{kind.payload_field} of {kind.name.removesuffix('s')} {quoted(record.intent_id)}"


def _resolved(receipt: Receipt, intents: Member, results: Member) -> Receipt:
    derived = _trace_digests(receipt, intents, results)
    what = f"receipt {quoted(receipt.ref_id)}"
    if derived is None:
        if not receipt.query_digest or not receipt.content_digest:
            raise InvalidInput(f"{what}: query_digest or content_digest empty, expected both")
        return receipt
    for field, computed in derived.items():
        recorded = getattr(receipt, field)
        if recorded and not same_digest(recorded, computed):
            raise InvalidInput(f"{what} {field}: {quoted(recorded)}, expected {computed}")
    return msgspec.structs.replace(
        receipt, **{field: getattr(receipt, field) or value for field, value in derived.items()}
    )


def _trace_digests(receipt: Receipt, intents: Member, results: Member) -> dict[str, str] | None:
    """Return the digests a receipt of a traced call must have; None for every other receipt."""
    intent_id = _traced_id(receipt)
    if intent_id is None:
        return None
    if intent_id not in intents.traced or intent_id not in results.traced:
        raise InvalidInput(
            f"receipt {quoted(receipt.ref_id)}: no call {quoted(intent_id)}, "
            "expected its intent and result"
        )
    intent: Intent = intents.traced[intent_id]
    result: Result = results.traced[intent_id]
    called = {"args_digest": intent.args_digest, "tool_name": intent.tool_name}
    return {"query_digest": value_digest(called), "content_digest": result.result_digest}


def _traced_id(receipt: Receipt) -> str | None:
    """Return the intent id a receipt of a gate trace stands for."""
    ref_id = trim(receipt.ref_id)
    if normal(receipt.source_type) != "gait.trace" or not ref_id.startswith(_TRACE_PREFIX):
        return None
    return ref_id.removeprefix(_TRACE_PREFIX)
