"""The trace of a decision: what it tells, and that its signature covers every byte that counts."""

import json
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from referencing import Registry, Resource

from gait_engine.contract.trace import Trace
from gait_engine.errors import GaitError
from gait_engine.gate.emit import (
    Digests,
    Emitted,
    Occasion,
    latency_of,
    short_id,
    signed_trace,
    trace_id,
)
from gait_engine.gate.intent import args_digest, intent_digest
from gait_engine.gate.policydigest import policy_digest
from gait_engine.gate.trace import check_trace, parse_trace, require_valid, signature_digest
from gait_engine.resources import schemas_dir
from gait_engine.wire.digest import sha256_hex
from gait_engine.wire.jsonwrite import compact, pretty
from gait_engine.wire.timestamps import Timestamp
from tests.support.gates import (
    DELETE,
    READ,
    SIGNED,
    evaluated,
    furnish,
    trace_of,
    write_intent,
    write_policy,
    write_switch,
)
from tests.support.hosts import FrozenHost
from tests.support.judging import NOON, decide, intent_of, policy_of
from tests.support.tokens import KEY

UNUSED_BITS: Final = b'=="'
"""The last character before the padding of a signature carries four bits that mean nothing."""

OUT: Final = {"trace_out": "t.json", **SIGNED}
LINK: Final = {"delegator_identity": "lead", "delegate_identity": "spec"}
CONTEXT: Final[dict[str, Any]] = {
    "agent_id": "a",
    "run_id": "r",
    "workflow_id": "w",
    "repo": "re",
    "environment": "prod",
    "session_id": "s-1",
    "job_id": "j",
    "credential_ref": "c",
    "credential_source": "env",
    "credential_access_type": "jit",
    "credential_issuer": "i",
    "credential_subject": "cs",
    "credential_owner": "co",
    "credential_target_binding": "t",
    "credential_run_binding": "r",
    "credential_job_binding": "j",
    "credential_ttl_seconds": 72057594037927940,
    "approval_ref": "ap",
    "wrkr_inventory_ref": "wi",
    "agent_action_bom_ref": "bom",
    "agent_identity": {"owner": "o", "lifecycle_states": ["Active"], "revoked": True},
    "sandbox": {"network_mode": "full"},
}
FULL: Final[dict[str, Any]] = {
    "targets": [DELETE, READ],
    "delegation": {"requester_identity": "spec", "token_refs": ["z"], "chain": [LINK]},
    "skill_provenance": {"skill_name": "s", "source": "registry", "publisher": "p"},
    "created_at": "2026-01-02T03:04:05.123456789+01:00",
    "context": CONTEXT,
}
RULE: Final[dict[str, Any]] = {
    "effect": "block",
    "violations": ["v <&> é\u2028"],
    "freeze_window": {
        "timezone": "UTC",
        "windows": [{"start": "2026-02-01T00:00:00", "end": "2026-03-01T00:00:00"}],
    },
    "sandbox": {"enabled": True},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder in which nearly every field of a trace is filled."""
    furnish(tmp_path, RULE)
    write_intent(tmp_path, **FULL)
    write_switch(tmp_path, {"entry_id": "e"})
    return tmp_path


def told(latency_ms: float = 0.0, **fields: Any) -> Emitted:
    intent, policy = intent_of(**fields), policy_of({"match": {"tool_name": "db.query"}})
    return Emitted(
        policy=policy,
        intent=intent,
        decision=decide(policy, intent),
        digests=Digests(policy_digest(policy), intent_digest(intent), args_digest(intent)),
        occasion=Occasion(
            created_at=NOON, observed_at=NOON, producer_version="1", latency_ms=latency_ms
        ),
    )


def verifies(text: bytes) -> bool:
    return check_trace(parse_trace(text, "t.json"), KEY.public_key, shown="t.json").ok


# ---------------------------------------------------------------- what it tells


def test_a_written_trace_verifies_and_is_valid_in_full(
    frozen_host: FrozenHost, folder: Path
) -> None:
    answer = evaluated(frozen_host, kill_switch_state="ks.json", **OUT)
    trace = trace_of(folder / "t.json")
    require_valid(trace, "t.json")
    assert (trace.trace_id, trace.verdict) == (answer.trace_id, answer.verdict)
    assert (trace.policy_digest, trace.intent_digest) == (
        answer.policy_digest,
        answer.intent_digest,
    )
    assert trace.latency_ms == 0  # time stands still
    for name, value in CONTEXT.items():
        copied = name not in ("session_id", "job_id", "sandbox", "agent_identity")
        assert not copied or getattr(trace, name) == value, name
    assert trace.agent_identity is not msgspec.UNSET
    assert (trace.agent_identity.owner, trace.agent_identity.revoked) == ("o", True)
    assert msgspec.UNSET not in (trace.freeze_window, trace.sandbox, trace.kill_switch)
    assert trace.skill_provenance is not msgspec.UNSET


def test_a_written_trace_is_valid_by_the_published_schema(
    frozen_host: FrozenHost, folder: Path
) -> None:
    evaluated(frozen_host, kill_switch_state="ks.json", **OUT)
    root = schemas_dir() / "v1"
    schemas = [json.loads(path.read_bytes()) for path in root.rglob("*.schema.json")]
    registry = Registry().with_resources(
        (schema["$id"], Resource.from_contents(schema)) for schema in schemas
    )
    schema = json.loads((root / "gate" / "trace_record.schema.json").read_bytes())
    validator = Draft202012Validator(
        schema, registry=registry, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    errors = list(validator.iter_errors(json.loads((folder / "t.json").read_bytes())))
    assert [error.message for error in errors] == []


def test_what_is_empty_is_left_out(frozen_host: FrozenHost, tmp_path: Path) -> None:
    furnish(tmp_path)
    evaluated(frozen_host, **OUT)
    assert list(json.loads((tmp_path / "t.json").read_bytes())) == [
        *("schema_id", "schema_version", "created_at", "observed_at", "producer_version"),
        *("trace_id", "event_id", "tool_name", "args_digest", "intent_digest", "policy_digest"),
        *("policy_id", "policy_version", "verdict", "relationship", "signature"),
    ]


def test_ids_are_digests_of_what_was_decided_and_when() -> None:
    digests = Digests(sha256_hex(b"p"), sha256_hex(b"i"), sha256_hex(b"a"))
    own_id = trace_id(digests, "allow")
    assert own_id == sha256_hex(f"{digests.policy}:{digests.intent}:allow".encode())[:24]
    assert own_id != trace_id(digests, "block")
    trace = signed_trace(told(), KEY)
    assert trace.event_id == short_id(f"{trace.trace_id}:{NOON}")


def test_relations_lead_from_the_agent_to_the_tool_to_the_policy() -> None:
    trace = signed_trace(told(context={"session_id": "s-1"}), KEY)
    related = json.loads(msgspec.json.encode(trace.relationship))
    digest = trace.policy_digest
    agent, tool = {"kind": "agent", "id": "agent-7"}, {"kind": "tool", "id": "db.query"}
    policy = {"kind": "policy", "id": digest}
    assert related == {
        "parent_ref": {"kind": "session", "id": "s-1"},
        "entity_refs": [agent, policy, tool, {"kind": "trace", "id": trace.trace_id}],
        "policy_ref": {
            "policy_id": "gait.gate.policy",
            "policy_version": "1.0.0",
            "policy_digest": digest,
        },
        "agent_chain": [{"identity": "agent-7", "role": "requester"}],
        "edges": [
            {"kind": "calls", "from": agent, "to": tool},
            {"kind": "governed_by", "from": tool, "to": policy},
        ],
        "related_entity_ids": sorted([trace.trace_id, digest, "agent-7", "db.query"]),
    }


def test_a_delegation_is_told_with_each_link_once() -> None:
    links = [
        LINK,
        {"delegator_identity": "spec", "delegate_identity": "lead"},
        LINK,
    ]
    chain = {"requester_identity": "spec", "chain": links, "token_refs": ["b", "a"]}
    trace = signed_trace(told(delegation=chain), KEY)
    assert trace.relationship is not msgspec.UNSET
    assert trace.delegation_ref is not msgspec.UNSET
    pairs = [
        (edge.source.id, edge.target.id)
        for edge in trace.relationship.edges
        if edge.kind == "delegates_to"
    ]
    assert pairs == [("lead", "spec"), ("spec", "lead")]
    roles = [(link.role, link.identity) for link in trace.relationship.agent_chain]
    assert roles == [
        *(("delegate", "lead"), ("delegate", "spec")),
        *(("delegator", "lead"), ("delegator", "spec"), ("requester", "spec")),
    ]
    assert (trace.delegation_ref.delegation_token_ref, trace.delegation_ref.delegation_depth) == (
        "a",
        3,
    )


def test_a_proven_delegation_stands_in_the_place_of_the_claimed_one() -> None:
    base = told(delegation={"requester_identity": "spec", "token_refs": ["claimed"]})
    proven = {"delegation_token_ref": "proven"}
    trace = signed_trace(msgspec.structs.replace(base, **proven), KEY)
    assert trace.delegation_ref is not msgspec.UNSET
    told_ref = trace.delegation_ref.delegation_token_ref
    assert told_ref == proven["delegation_token_ref"]


def test_the_rules_of_a_script_are_named_by_its_steps_and_fall_apart_at_commas(
    frozen_host: FrozenHost, tmp_path: Path
) -> None:
    furnish(
        tmp_path,
        {"name": "b,a", "match": {"tool_name": "x"}},
        {"name": "c", "match": {"tool_name": "y"}},
    )
    steps = [{"tool_name": name} for name in ("x", "y", "x")]
    write_intent(tmp_path, script={"steps": steps})
    evaluated(frozen_host, **OUT)
    trace = trace_of(tmp_path / "t.json")
    assert trace.matched_rule_ids == ("a", "b", "c")
    assert (trace.script, trace.step_count, len(trace.step_verdicts)) == (True, 3, 3)
    assert trace.script_hash


# ---------------------------------------------------------------- latency


@pytest.mark.parametrize(
    ("seconds", "spelled"),
    [(0.0, "0"), (0.0000004, "0"), (0.0000006, "0.001"), (0.001, "1"), (1.2345678, "1234.568")],
)
def test_a_latency_is_told_to_the_microsecond(seconds: float, spelled: str) -> None:
    assert compact(latency_of(seconds)) == spelled.encode()


@settings(max_examples=150, deadline=None)
@given(seconds=st.floats(0, 1e12))
def test_a_digest_recomputes_whatever_the_latency(seconds: float) -> None:
    trace = signed_trace(told(latency_of(seconds)), KEY)
    for text in (pretty(trace), compact(trace)):
        read = parse_trace(text, "t.json")
        assert read.signature is not msgspec.UNSET
        assert signature_digest(read) == read.signature.signed_digest
        assert check_trace(read, KEY.public_key, shown="").ok


@settings(max_examples=100, deadline=None)
@given(
    text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20),
    ttl=st.sampled_from([1, 2**53, 9007199254740994, 72057594037927940, 4611686018427388000]),
)
def test_a_digest_recomputes_whatever_an_intent_says(text: str, ttl: int) -> None:
    context = {"identity": f"i{text}x", "session_id": text, "credential_ttl_seconds": ttl}
    trace = signed_trace(told(tool_name=f"t{text}x", context=context), KEY)
    assert verifies(pretty(trace))


# ---------------------------------------------------------------- tampering


def changed(data: bytes, change: tuple[float, int]) -> tuple[bytes, int]:
    at, mask = int(change[0] * len(data)), change[1]
    return data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :], at


def taken_for_another(text: bytes, original: Trace) -> bool:
    """Tell whether a text verifies as a trace that says anything else than the original."""
    try:
        trace = parse_trace(text, "t.json")
    except GaitError:
        return False
    return check_trace(trace, KEY.public_key, shown="").ok and trace != original


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(change=st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)))
def test_one_changed_byte_never_verifies_as_anything_else(
    frozen_host: FrozenHost, folder: Path, change: tuple[float, int]
) -> None:
    path = folder / "t.json"
    if not path.exists():
        evaluated(frozen_host, kill_switch_state="ks.json", **OUT)
    data = path.read_bytes()
    text, at = changed(data, change)
    assert not taken_for_another(text, trace_of(path)) or data[at + 1 : at + 4] == UNUSED_BITS


def test_no_byte_can_be_flipped_by_one_bit(frozen_host: FrozenHost, folder: Path) -> None:
    evaluated(frozen_host, **OUT)
    data, original = (folder / "t.json").read_bytes(), trace_of(folder / "t.json")
    for at in range(len(data)):
        text = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        assert not taken_for_another(text, original) or data[at + 1 : at + 4] == UNUSED_BITS, at


def test_a_trace_of_another_key_does_not_verify(frozen_host: FrozenHost, folder: Path) -> None:
    evaluated(frozen_host, trace_out="dev.json")
    assert not verifies((folder / "dev.json").read_bytes())


def test_the_signature_is_over_the_record_without_it() -> None:
    trace = signed_trace(told(), KEY)
    assert trace.signature is not msgspec.UNSET
    bare = msgspec.structs.replace(trace, signature=msgspec.UNSET)
    assert trace.signature.signed_digest == signature_digest(bare)
    later = msgspec.structs.replace(trace, observed_at=Timestamp("2026-02-05T12:00:01Z"))
    assert not check_trace(later, KEY.public_key, shown="").ok


def test_a_verdict_has_a_trace_under_its_own_id(frozen_host: FrozenHost, tmp_path: Path) -> None:
    furnish(tmp_path)
    ids = set()
    for verdict in ("allow", "dry_run", "require_approval", "block"):
        write_policy(tmp_path, default_verdict=verdict)
        ids.add(evaluated(frozen_host, trace_out="t.json").trace_id)
    assert len(ids) == 4
