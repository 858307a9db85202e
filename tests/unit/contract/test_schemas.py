"""The published schemas and the engine's records say the same."""

import json
import types
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from gait_engine.contract import (
    approval,
    approvedscript,
    broker,
    delegation,
    doctor,
    guard,
    killswitch,
    pack,
    ratelimit,
    regress,
    review,
    runpack,
    scout,
    session,
)
from gait_engine.contract.capture import CaptureReceipt
from gait_engine.contract.common import EVIDENCE_MODES, Relationship
from gait_engine.contract.registry import (
    REGISTRY_PACK_SCHEMA,
    VERIFICATION_REPORT_SCHEMA,
    RegistryPack,
    VerificationReport,
)
from gait_engine.contract.trace import TRACE_SCHEMA, Trace
from gait_engine.resources import schemas_dir
from gait_engine.store.zipread import open_archive
from gait_engine.wire.timestamps import Timestamp
from tests.support.process import ROOT

RECORDS: Final[dict[str, type[msgspec.Struct]]] = {
    "capture/receipt": CaptureReceipt,
    "common/relationship_envelope": Relationship,
    "context/envelope": runpack.Envelope,
    "context/reference_record": runpack.Receipt,
    "doctor/adoption_report": doctor.AdoptionReport,
    "gate/approval_audit_record": approval.ApprovalAudit,
    "gate/approval_token": approval.ApprovalToken,
    "gate/approved_script_entry": approvedscript.ApprovedScript,
    "gate/broker_credential_record": broker.CredentialRecord,
    "gate/delegation_audit_record": delegation.DelegationAudit,
    "gate/delegation_token": delegation.DelegationToken,
    "gate/kill_switch_journal": killswitch.KillSwitchHit,
    "gate/kill_switch_state": killswitch.KillSwitchState,
    "gate/rate_limit_state": ratelimit.RateLimitState,
    "gate/review_event": review.ReviewEvent,
    "gate/trace_record": Trace,
    "guard/encrypted_artifact": guard.EncryptedArtifact,
    "guard/pack_manifest": pack.GuardManifest,
    "guard/retention_report": guard.RetentionReport,
    "registry/registry_pack": RegistryPack,
    "registry/verification_report": VerificationReport,
    "regress/config": regress.RegressConfig,
    "regress/fixture": regress.Fixture,
    "regress/result": regress.RegressResult,
    "report/top_actions": scout.TopReport,
    "runpack/intent": runpack.Intent,
    "runpack/manifest": runpack.Manifest,
    "runpack/reduce_report": runpack.ReduceReport,
    "runpack/refs": runpack.Refs,
    "runpack/result": runpack.Result,
    "runpack/run": runpack.Run,
    "runpack/session_chain": session.Chain,
    "runpack/session_checkpoint": session.Checkpoint,
    "runpack/session_event": session.Event,
    "runpack/session_journal": session.JournalHeader,
    "runpack/session_state": session.State,
    "scout/adoption_event": scout.AdoptionEvent,
    "scout/inventory_snapshot": scout.Snapshot,
    "scout/operational_event": scout.OperationalEvent,
    "scout/run_fingerprint": scout.Fingerprint,
    "scout/signal_report": scout.SignalReport,
    "scout/telemetry_health": scout.TelemetryHealth,
}
WITHOUT_RECORD: Final = {
    "context/budget_report",
    "doctor/result",
    "gate/intent_request",
    "gate/policy",
}
"""No command reads or writes a budget report; the others have tests of their own."""

SCHEMA_IDS: Final[dict[type[msgspec.Struct], str]] = {
    CaptureReceipt: runpack.CAPTURE_SCHEMA,
    RegistryPack: REGISTRY_PACK_SCHEMA,
    Trace: TRACE_SCHEMA,
    VerificationReport: VERIFICATION_REPORT_SCHEMA,
    approval.ApprovalAudit: approval.APPROVAL_AUDIT_SCHEMA,
    approval.ApprovalToken: approval.APPROVAL_SCHEMA,
    approvedscript.ApprovedScript: approvedscript.APPROVED_SCRIPT_SCHEMA,
    broker.CredentialRecord: broker.CREDENTIAL_RECORD_SCHEMA,
    delegation.DelegationAudit: delegation.DELEGATION_AUDIT_SCHEMA,
    delegation.DelegationToken: delegation.DELEGATION_SCHEMA,
    doctor.AdoptionReport: doctor.ADOPTION_REPORT_SCHEMA,
    guard.EncryptedArtifact: guard.ENCRYPTED_SCHEMA,
    guard.RetentionReport: guard.RETENTION_SCHEMA,
    killswitch.KillSwitchHit: killswitch.KILL_SWITCH_JOURNAL_SCHEMA,
    killswitch.KillSwitchState: killswitch.KILL_SWITCH_SCHEMA,
    pack.GuardManifest: pack.GUARD_SCHEMA,
    ratelimit.RateLimitState: ratelimit.RATE_LIMIT_SCHEMA,
    regress.Fixture: regress.FIXTURE_SCHEMA,
    regress.RegressConfig: regress.CONFIG_SCHEMA,
    regress.RegressResult: regress.RESULT_SCHEMA,
    review.ReviewEvent: review.REVIEW_EVENT_SCHEMA,
    runpack.Envelope: runpack.ENVELOPE_SCHEMA,
    runpack.Intent: runpack.INTENT_SCHEMA,
    runpack.Manifest: runpack.MANIFEST_SCHEMA,
    runpack.ReduceReport: runpack.REDUCE_REPORT_SCHEMA,
    runpack.Refs: runpack.REFS_SCHEMA,
    runpack.Result: runpack.RESULT_SCHEMA,
    runpack.Run: runpack.RUN_SCHEMA,
    scout.AdoptionEvent: scout.ADOPTION_SCHEMA,
    scout.Fingerprint: scout.FINGERPRINT_SCHEMA,
    scout.OperationalEvent: scout.OPERATIONAL_SCHEMA,
    scout.SignalReport: scout.SIGNAL_SCHEMA,
    scout.Snapshot: scout.SNAPSHOT_SCHEMA,
    scout.TelemetryHealth: scout.HEALTH_SCHEMA,
    scout.TopReport: scout.TOP_ACTIONS_SCHEMA,
    session.Chain: session.CHAIN_SCHEMA,
    session.Checkpoint: session.CHECKPOINT_SCHEMA,
    session.Event: session.EVENT_SCHEMA,
    session.JournalHeader: session.JOURNAL_SCHEMA,
    session.State: session.STATE_SCHEMA,
}

OPEN: Final = {runpack.Env, runpack.TimelineEvent}
"""Records whose schema lets further members through."""

WRITTEN_AS_NULL: Final = {
    (approval.ApprovalAudit, "entries"),
    (RegistryPack, "artifacts"),
    (runpack.Run, "timeline"),
    (session.JournalHeader, "events"),
}
"""Lists that honest writers spell `null`; elsewhere null is only read, never written."""

GOLDEN: Final = ROOT / "tests" / "golden"
DIGEST: Final = "0123456789abcdef" * 4

each_record = pytest.mark.parametrize("name", sorted(RECORDS))


@cache
def schemas() -> dict[str, dict[str, Any]]:
    root = schemas_dir() / "v1"
    files = sorted(root.rglob("*.schema.json"))
    return {
        file.relative_to(root).as_posix().removesuffix(".schema.json"): json.loads(
            file.read_text(encoding="utf-8")
        )
        for file in files
    }


@cache
def registry() -> Registry[Any]:
    resources = (Resource.from_contents(schema) for schema in schemas().values())
    return Registry().with_resources([(resource.id() or "", resource) for resource in resources])


@cache
def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator(schemas()[name], registry=registry())


class Node:
    """A place in a schema, references followed."""

    def __init__(self, schema: dict[str, Any], resolver: Any) -> None:
        while "$ref" in schema:
            resolved = resolver.lookup(schema["$ref"])
            schema, resolver = resolved.contents, resolved.resolver
        self.schema = schema
        self.resolver = resolver

    def below(self, schema: dict[str, Any]) -> "Node":
        return Node(schema, self.resolver)


def root_node(name: str) -> Node:
    schema = schemas()[name]
    return Node(schema, registry().resolver(schema["$id"]))


def parts(annotation: Any) -> tuple[Any, ...]:
    """Take a union apart, UNSET left out."""
    is_union = isinstance(annotation, types.UnionType)
    kinds = get_args(annotation) if is_union else (annotation,)
    return tuple(kind for kind in kinds if kind is not msgspec.UnsetType)


def plain_type(annotation: Any) -> Any:
    """Reduce `X | None | UnsetType`, an annotated or a named type to the type that is written."""
    kind = next(part for part in parts(annotation) if part is not type(None))
    while hasattr(kind, "__supertype__") or hasattr(kind, "__metadata__"):
        kind = getattr(kind, "__supertype__", None) or kind.__origin__
    return kind


def disagreements(kind: type[msgspec.Struct], node: Node, path: str) -> Iterator[str]:
    """Compare a record with a schema, all the way down."""
    fields = {field.encode_name: field for field in msgspec.structs.fields(kind)}
    if list(fields) != list(node.schema["properties"]):
        yield f"{path}: fields {list(fields)}, schema {list(node.schema['properties'])}"
        return
    always = {
        name for name, field in fields.items() if field.default_factory is not msgspec.NODEFAULT
    }
    if always != set(node.schema["required"]):
        yield f"{path}: always written, or not: {always ^ set(node.schema['required'])}"
    if node.schema.get("additionalProperties", True) is not (kind in OPEN):
        yield f"{path}: open to further members, or not"
    for name, field in fields.items():
        member = node.below(node.schema["properties"][name])
        nullable = (kind, field.name) in WRITTEN_AS_NULL
        yield from type_disagreements(field.type, member, f"{path}.{name}", nullable=nullable)


def type_disagreements(
    annotation: Any, node: Node, path: str, *, nullable: bool = False
) -> Iterator[str]:
    kind = plain_type(annotation)
    is_instant = Timestamp in parts(annotation)
    names = {str: "string", bool: "boolean", int: "integer", float: "number", msgspec.Raw: "object"}
    wanted = "array" if get_origin(kind) is tuple else names.get(kind, "object")
    expected = [wanted, "null"] if nullable else wanted
    if node.schema.get("type") != expected:
        yield f"{path}: {expected}, schema {node.schema.get('type')}"
    if is_instant is not (node.schema.get("format") == "date-time"):
        yield f"{path}: an instant, or not"
    if wanted == "array":
        yield from type_disagreements(
            get_args(kind)[0], node.below(node.schema["items"]), f"{path}[]"
        )
    elif isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield from disagreements(kind, node, path)


# Honest records: what a field may hold is told by its name where it has rules, else by its type.

IDS = st.text("abcXYZ019 .:_-é漢", min_size=1, max_size=12)
RUN_IDS = st.from_regex(r"run_[A-Za-z0-9_-]{1,12}", fullmatch=True)
INSTANTS = st.sampled_from(
    ["2026-02-05T00:00:00Z", "0001-01-01T00:00:00Z", "2026-02-05T01:02:03.000000004+05:30"]
)
OBJECTS = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.text(max_size=5), max_size=3
)
HONEST: Final[dict[str, st.SearchStrategy[Any]]] = {
    "schema_version": st.just("1.0.0"),
    "success_rate": st.floats(0, 1),
    "capture_mode": st.sampled_from(runpack.CAPTURE_MODES),
    "context_evidence_mode": st.sampled_from(EVIDENCE_MODES),
    "evidence_mode": st.sampled_from(EVIDENCE_MODES),
    "immutability": st.sampled_from(runpack.IMMUTABILITIES),
    "predicate": st.sampled_from(["missing_result", "non_ok_status"]),
    "artifact_type": st.sampled_from(["runpack", "trace"]),
    "verdict": st.sampled_from(session.VERDICTS),
    "composite_risk_class": st.sampled_from(["low", "medium", "high"]),
    "role": st.sampled_from(["requester", "delegator", "delegate"]),
    "alg": st.just("ed25519"),
    "sig": st.just("A" * 86 + "=="),
    "key_id": st.just(DIGEST),
    "sha256": st.just(DIGEST),
    "plain_sha256": st.just(DIGEST),
    "reduced_run_id": RUN_IDS,
    "ok": st.just(True),
    "prev": st.just(DIGEST),
    "event": st.sampled_from(review.EVENTS),
    "broker_request_digest": st.just(DIGEST),
    "script_hash": st.just(DIGEST),
    "safety_invariant_hash": st.just(DIGEST),
    "context_conformance": st.just("none"),
    "expected_verdict_sequence": st.just(("allow", "error")),
    "details": st.just({"fixture": "a", "missing_files": None, "intent_records": 2}),
}
KINDS: Final = {
    "InventoryItem": st.sampled_from(["mcp_server", "tool"]),
    "Suggestion": st.sampled_from(["configuration", "policy_fixture", "regress_fixture"]),
    "RetentionEvent": st.sampled_from(["trace", "pack"]),
    "Entity": st.sampled_from(["agent", "policy", "run", "trace", "evidence"]),
    "Edge": st.sampled_from(["calls", "governed_by", "derived_from"]),
}
GRADES: Final = st.sampled_from(["pass", "fail"])
STATUSES: Final[dict[type[msgspec.Struct], Any]] = {
    regress.RegressResult: GRADES,
    regress.GraderResult: GRADES,
    VerificationReport: GRADES,
    runpack.Result: st.sampled_from(["ok", "error"]),
}
IDENTIFIED = (runpack.Run, runpack.Intent, runpack.Result, runpack.Refs, runpack.Manifest)


def honest_values(kind: type[msgspec.Struct], field: msgspec.structs.FieldInfo) -> Any:
    own = values_of_own(kind, field.name)
    if own is not None:
        return own
    if field.name in HONEST:
        return HONEST[field.name]
    if field.name.endswith("digest"):
        return st.sampled_from([DIGEST, "a" * 64])
    return values_of(field.type, written=field.default_factory is not msgspec.NODEFAULT)


def values_of_own(kind: type[msgspec.Struct], name: str) -> Any:
    """Return what a field holds in one kind of record only; None where it is as everywhere."""
    if name == "schema_id":
        return st.just(SCHEMA_IDS[kind])
    if name == "run_id" and issubclass(kind, (*IDENTIFIED, runpack.ReduceReport)):
        return RUN_IDS
    if name == "kind":
        return KINDS[kind.__name__]
    return STATUSES.get(kind) if name == "status" else None


def values_of(annotation: Any, *, written: bool) -> Any:
    kind = plain_type(annotation)
    if Timestamp in parts(annotation):
        return INSTANTS
    if kind is msgspec.Raw:
        return OBJECTS.map(lambda plain: msgspec.Raw(msgspec.json.encode(plain)))
    if get_origin(kind) is tuple:
        items = values_of(get_args(kind)[0], written=True)
        return st.lists(items, min_size=1, max_size=2).map(tuple)
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        return records(kind)
    plain = {
        str: IDS if written else st.just("") | IDS,
        int: st.integers(1, 2**40),
        bool: st.booleans(),
        float: st.floats(0, 1e6),
    }
    return plain[kind]


@cache
def records(kind: type[msgspec.Struct]) -> Any:
    """Make honest records of a kind; fields that may be absent sometimes are."""
    must: dict[str, Any] = {}
    may: dict[str, Any] = {}
    for field in msgspec.structs.fields(kind):
        is_written = field.default_factory is not msgspec.NODEFAULT
        (must if is_written else may)[field.name] = honest_values(kind, field)
    return st.fixed_dictionaries(must, optional=may).map(lambda fields: kind(**fields))


def plain_of(record: msgspec.Struct) -> Any:
    """Return a record as it stands in a file."""
    return json.loads(msgspec.json.encode(record))


def ill_typed(schema: dict[str, Any], resolver: Any) -> Any:
    wanted = Node(schema, resolver).schema["type"]
    return 7 if wanted not in ("integer", "number") else "7"


def test_every_schema_has_its_record_and_every_record_its_schema() -> None:
    assert RECORDS.keys() <= schemas().keys() <= RECORDS.keys() | WITHOUT_RECORD


@pytest.mark.parametrize("name", sorted(schemas()))
def test_a_schema_is_itself_valid_and_named_after_its_file(name: str) -> None:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == Draft202012Validator.META_SCHEMA["$id"]
    assert schema["$id"] == f"urn:gait:schema:v1:{name.replace('/', ':')}"
    assert schema["title"]
    assert schema["description"]


@each_record
def test_schema_and_record_have_the_same_fields_with_the_same_types(name: str) -> None:
    assert list(disagreements(RECORDS[name], root_node(name), name)) == []


@each_record
@given(data=st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_honest_records_are_valid(name: str, data: st.DataObject) -> None:
    record = data.draw(records(RECORDS[name]))
    validator(name).validate(plain_of(record))


@each_record
@given(data=st.data())
@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_record_with_a_further_or_an_ill_typed_or_without_a_written_field_is_not_valid(
    name: str, data: st.DataObject
) -> None:
    honest = plain_of(data.draw(records(RECORDS[name])))
    schema, valid = schemas()[name], validator(name).is_valid
    resolver = registry().resolver(schema["$id"])
    assert valid(honest)
    assert not valid({**honest, "a_further_field": "x"})
    for field, member in schema["properties"].items():
        assert not valid({**honest, field: ill_typed(member, resolver)}), field
        assert valid({**honest, field: None}) is (
            "null" in Node(member, resolver).schema["type"]
        ), field
    for field in schema["required"]:
        assert not valid({key: value for key, value in honest.items() if key != field}), field


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("runpack/manifest", "run_id", "demo"),
        ("runpack/manifest", "run_id", "run_a b"),
        ("runpack/manifest", "capture_mode", "full"),
        ("runpack/manifest", "manifest_digest", f"sha256:{DIGEST}"),
        ("runpack/manifest", "schema_id", "gait.runpack.run"),
        ("runpack/manifest", "schema_version", "1.0.1"),
        ("runpack/intent", "args_digest", DIGEST[1:]),
        ("runpack/result", "status", "OK"),
        ("runpack/refs", "context_evidence_mode", "optional"),
        ("runpack/refs", "context_ref_count", -1),
        ("runpack/session_chain", "checkpoints", []),
        ("context/reference_record", "immutability", ""),
        ("gate/trace_record", "verdict", "maybe"),
        ("gate/trace_record", "policy_digest", DIGEST.upper()),
        ("common/relationship_envelope", "parent_ref", {"kind": "tool", "id": "t"}),
        ("common/relationship_envelope", "entity_refs", [{"kind": "session", "id": "s"}]),
        ("common/relationship_envelope", "policy_ref", {"policy_digest": f"md5:{DIGEST}"}),
    ],
)
@given(data=st.data())
@settings(max_examples=1, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_value_outside_its_pattern_or_enumeration_is_not_valid(
    name: str, field: str, value: Any, data: st.DataObject
) -> None:
    honest = plain_of(data.draw(records(RECORDS[name])))
    assert not validator(name).is_valid({**honest, field: value})


def test_a_digest_may_be_in_upper_case_and_that_of_a_policy_may_have_a_prefix() -> None:
    policy = {"policy_ref": {"policy_digest": f"sha256:{DIGEST.upper()}"}}
    assert validator("common/relationship_envelope").is_valid(policy)


def test_a_budget_report_counts_what_was_dropped_and_why() -> None:
    report = {
        "schema_id": "gait.context.budget_report",
        "schema_version": "1.0.0",
        "created_at": "2026-02-05T00:00:00Z",
        "producer_version": "0.0.0-dev",
        "context_set_digest": DIGEST,
        "items_considered": 3,
        "items_included": 1,
        "items_dropped": 2,
        "drop_reasons": {"too_old": 2},
    }
    assert validator("context/budget_report").is_valid(report)
    assert not validator("context/budget_report").is_valid({**report, "items_dropped": "2"})
    assert not validator("context/budget_report").is_valid({**report, "note": "x"})


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("manifest.json", "runpack/manifest"),
        ("run.json", "runpack/run"),
        ("refs.json", "runpack/refs"),
        ("intents.jsonl", "runpack/intent"),
        ("results.jsonl", "runpack/result"),
    ],
)
def test_a_runpack_of_the_peer_is_valid(member: str, name: str) -> None:
    with open_archive(ROOT / "tests" / "data" / "peer_run_demo.zip") as archive:
        for line in archive.read(member).splitlines():
            validator(name).validate(json.loads(line))


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("session/verify-ok/chain.json", "runpack/session_chain"),
        ("session/capture-chain-latest/expected/capture.json", "capture/receipt"),
        ("runpack/capture-default-out/expected/capture.json", "capture/receipt"),
        ("verify/chain-all/t.json", "gate/trace_record"),
        ("registry/install_ok/m.json", "registry/registry_pack"),
        ("registry/verify_ok_report/expect/rep/v.json", "registry/verification_report"),
        ("registry/verify_wrong_key/expect/v.json", "registry/verification_report"),
    ],
)
def test_a_file_of_the_peer_is_valid(file: str, name: str) -> None:
    validator(name).validate(json.loads(Path(GOLDEN / file).read_text(encoding="utf-8")))
