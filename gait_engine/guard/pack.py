"""Building an evidence pack: summaries of the run and its evidence, an index, a manifest.

The same run, evidence and key give the same bytes. Contract: guard-doctor-registry.md A.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
from msgspec import UNSET, UnsetType

from gait_engine.contract.common import SCHEMA_VERSION
from gait_engine.contract.guard import (
    PolicyDigests,
    ReceiptRef,
    ReferencedRunpacks,
    RegressRow,
    RegressSummary,
    RunSummary,
    TraceRow,
    TraceSummary,
)
from gait_engine.contract.pack import (
    GUARD_SCHEMA,
    PACK_MANIFEST,
    EvidencePointer,
    GuardManifest,
    IncidentWindow,
    PackEntry,
    RenderedArtifact,
)
from gait_engine.contract.scout import RegressEvidence
from gait_engine.contract.trace import Trace
from gait_engine.errors import InvalidInput, quoted
from gait_engine.guard.evidence import Evidence
from gait_engine.guard.pdf import pdf_page
from gait_engine.guard.templates import control_index
from gait_engine.guard.verify import signature_digest
from gait_engine.runpack.read import OpenRunpack
from gait_engine.store.zipwrite import build_zip
from gait_engine.wire.canonical import canonical
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.timestamps import Timestamp, from_ns, to_ns, to_utc

if TYPE_CHECKING:
    from gait_engine.crypto.keys import SigningKey

_TYPES: Final = {
    "runpack_summary.json": "runpack",
    "trace_summary.json": "trace",
    "regress_summary.json": "report",
    "policy_digests.json": "report",
    "summary.pdf": "report",
    "control_index.json": "report",
    "evidence_pointers.json": "report",
}
_PDF: Final = "summary.pdf"
_PDF_MEMBERS: Final = 8
_SECOND_NS: Final = 10**9

Members = Mapping[str, bytes]


class RunFacts(NamedTuple):
    """What a pack says of its run."""

    summary: RunSummary
    referenced: ReferencedRunpacks
    created_at: Timestamp
    """In UTC."""


class Wanted(NamedTuple):
    """How a pack is to be made; `template` is one of `guard.templates`."""

    template: str
    producer_version: str
    case_id: str = ""
    render_pdf: bool = False
    policies: PolicyDigests | None = None
    window: IncidentWindow | UnsetType = UNSET


class BuiltPack(NamedTuple):
    """A pack before it is signed: its members, and the manifest about them."""

    members: Members
    manifest: GuardManifest


def run_facts(pack: OpenRunpack, created_at: Timestamp) -> RunFacts:
    """Summarise a run; every record of it is read. Raises as reading them does."""
    receipts = tuple(
        ReceiptRef(
            ref_id=receipt.ref_id,
            source_type=receipt.source_type,
            source_locator=receipt.source_locator,
            content_digest=receipt.content_digest,
            retrieved_at=to_utc(receipt.retrieved_at),
        )
        for receipt in pack.refs.receipts
    )
    summary = RunSummary(
        run_id=pack.run.run_id,
        manifest_digest=pack.manifest.manifest_digest,
        capture_mode=pack.manifest.capture_mode,
        intent_count=sum(1 for _ in pack.intents()),
        result_count=sum(1 for _ in pack.results()),
        receipt_count=len(receipts),
    )
    referenced = ReferencedRunpacks(
        run_id=summary.run_id, receipts=receipts, references=len(receipts)
    )
    return RunFacts(summary, referenced, created_at)


def build_pack(facts: RunFacts, evidence: Evidence, wanted: Wanted) -> BuiltPack:
    """Make the members of a pack and the unsigned manifest about them.

    Raises InvalidInput for text that cannot be written.
    """
    _require_text(wanted.case_id)
    members = _summaries(facts, evidence, wanted)
    rendered: tuple[RenderedArtifact, ...] = ()
    if wanted.render_pdf:
        members[_PDF] = pdf_page(_pdf_lines(facts, wanted, members))
        digest = sha256_hex(members[_PDF])
        rendered = (RenderedArtifact(format="pdf", path=_PDF, sha256=digest),)
    entries = _entries(members)
    controls, pointers = control_index(wanted.template, entries), _pointers(entries)
    members["control_index.json"] = _plain(controls)
    members["evidence_pointers.json"] = _plain(pointers)
    contents = _entries(members)
    run_id = facts.summary.run_id
    manifest = GuardManifest(
        schema_id=GUARD_SCHEMA,
        schema_version=SCHEMA_VERSION,
        created_at=facts.created_at,
        producer_version=wanted.producer_version,
        generated_at=facts.created_at,
        pack_id=_pack_id(contents, run_id),
        run_id=run_id,
        case_id=wanted.case_id,
        template_id=wanted.template,
        control_index=controls,
        evidence_pointers=pointers,
        incident_window=wanted.window,
        rendered_artifacts=rendered,
        contents=contents,
    )
    return BuiltPack(members, manifest)


def signed_by(pack: BuiltPack, key: "SigningKey") -> BuiltPack:
    """Return the pack with one signature over its manifest."""
    from gait_engine.crypto.sign import sign_digest

    signature = sign_digest(signature_digest(pack.manifest), key)
    return pack._replace(manifest=msgspec.structs.replace(pack.manifest, signatures=(signature,)))


def pack_bytes(pack: BuiltPack) -> list[bytes]:
    """Return the archive as pieces to be written one after the other."""
    return build_zip({**pack.members, PACK_MANIFEST: _plain(pack.manifest)})


def _require_text(case_id: str) -> None:
    try:
        case_id.encode()
    except UnicodeEncodeError as exc:
        raise InvalidInput(
            f"option --case-id: {quoted(case_id)}, expected valid UTF-8", code="json_lossy_text"
        ) from exc


def _plain(value: object) -> bytes:
    return canonical(msgspec.to_builtins(value))


def _summaries(facts: RunFacts, evidence: Evidence, wanted: Wanted) -> dict[str, bytes]:
    members = {
        "runpack_summary.json": _plain(facts.summary),
        "referenced_runpacks.json": _plain(facts.referenced),
        **_numbered("inventory_snapshot", evidence.inventories),
        **_numbered("approval_audit", evidence.audits),
        **_numbered("credential_evidence", evidence.credentials),
    }
    if evidence.traces:
        members["trace_summary.json"] = _plain(_trace_summary(evidence.traces))
    if evidence.regress:
        members["regress_summary.json"] = _plain(_regress_summary(evidence.regress))
    if wanted.policies is not None:
        members["policy_digests.json"] = _plain(wanted.policies)
    return members


def _numbered(name: str, records: Iterable[msgspec.Struct]) -> dict[str, bytes]:
    return {f"{name}_{number:02}.json": _plain(each) for number, each in enumerate(records, 1)}


def _trace_summary(traces: tuple[Trace, ...]) -> TraceSummary:
    rows = sorted(
        (
            TraceRow(trace_id=each.trace_id, tool_name=each.tool_name, verdict=each.verdict)
            for each in traces
        ),
        key=lambda row: row.trace_id,
    )
    counts = Counter(row.verdict for row in rows)
    return TraceSummary(traces=tuple(rows), verdict_counts=dict(counts), total=len(rows))


def _regress_summary(results: tuple[RegressEvidence, ...]) -> RegressSummary:
    rows = sorted(
        (
            RegressRow(fixture_set=each.fixture_set, status=each.status, graders=len(each.graders))
            for each in results
        ),
        key=lambda row: (row.fixture_set, row.status),
    )
    counts = Counter(row.status for row in rows)
    return RegressSummary(results=tuple(rows), status_counts=dict(counts), total=len(rows))


def _pdf_lines(facts: RunFacts, wanted: Wanted, members: Members) -> list[str]:
    whole = from_ns(to_ns(facts.created_at) // _SECOND_NS * _SECOND_NS)
    return [
        "Gait Evidence Pack Summary",
        f"Run ID: {facts.summary.run_id}",
        f"Case ID: {wanted.case_id}",
        f"Template: {wanted.template}",
        f"Generated: {whole}",
        f"Evidence Files: {len(members)}",
        *(f"- {name}" for name in sorted(members)[:_PDF_MEMBERS]),
    ]


def _entries(members: Members) -> tuple[PackEntry, ...]:
    return tuple(
        PackEntry(path=path, sha256=sha256_hex(body), type=_TYPES.get(path, "evidence"))
        for path, body in sorted(members.items())
    )


def _pointers(entries: tuple[PackEntry, ...]) -> tuple[EvidencePointer, ...]:
    return tuple(
        EvidencePointer(
            pointer_id=f"ev_{number:03}", path=entry.path, type=entry.type, sha256=entry.sha256
        )
        for number, entry in enumerate(entries, 1)
    )


def _pack_id(contents: tuple[PackEntry, ...], run_id: str) -> str:
    bound = {"contents": msgspec.to_builtins(contents), "run_id": run_id}
    return f"pack_{sha256_hex(canonical(bound))[:16]}"
