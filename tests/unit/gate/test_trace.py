from pathlib import Path
from typing import Any

import msgspec
import pytest

from gait_engine.contract.trace import Trace
from gait_engine.crypto.keys import SigningKey, generate_key, parse_public_key
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.gate.trace import check_trace, read_trace, require_valid, signature_digest
from gait_engine.wire.digest import sha256_hex
from tests.support.hosts import FrozenHost
from tests.support.packs import NOON, PEERS, bare_trace, signed_trace, write_record

FULL: dict[str, Any] = {
    "agent_identity": {"owner": "ops", "lifecycle_states": ["active"], "revoked": True},
    "latency_ms": 0.25,
    "step_verdicts": [{"index": 1, "tool_name": "t", "verdict": "block", "violations": ["v"]}],
    "delegation_ref": {"requester_identity": "dev-1", "delegation_depth": 2},
    "freeze_window": {"status": "active", "evaluated_at": NOON},
    "sandbox": {"status": "valid", "timeout_seconds": 30},
    "kill_switch": {"status": "inactive", "evaluated_at": NOON},
    "mcp_trust": {"server_id": "s", "score": 0.5, "threshold": 0.75, "updated_at": NOON},
    "relationship": {"parent_ref": {"kind": "session", "id": "s-1"}},
    "skill_provenance": {"skill_name": "s", "source": "registry", "publisher": "acme"},
}
COVERED = [field.name for field in msgspec.structs.fields(Trace) if field.name != "signature"]


@pytest.fixture
def key(frozen_host: FrozenHost) -> SigningKey:
    return generate_key(frozen_host)


def altered(value: Any) -> Any:
    """Return another value of the same type."""
    match value:
        case str():
            return f"{value}x"
        case bool():
            return not value
        case int() | float():
            return value + 1
        case ():
            return ("added",)
    return msgspec.UNSET


def test_a_trace_of_the_peer_verifies_with_its_key(frozen_host: FrozenHost) -> None:
    key = parse_public_key((PEERS / "k.pub").read_bytes(), "k.pub")
    check = check_trace(read_trace(str(PEERS / "t.json"), host=frozen_host), key, shown="t.json")
    assert msgspec.to_builtins(check) == {
        "ok": True,
        "path": "t.json",
        "trace_id": "b334cca339153fa6d7d187c0",
        "verdict": "block",
        "signature_status": "verified",
        "key_id": "c1b7b87052d4b8461aa4da647713bf56ea4421156c6850ad4d261cb2d63f117b",
    }


@pytest.mark.parametrize("field", COVERED)
def test_no_field_can_change_under_the_signature(field: str, key: SigningKey) -> None:
    trace = signed_trace(key, **FULL)
    assert check_trace(trace, key.public_key, shown="").ok
    value = getattr(trace, field)
    other = () if field == "step_verdicts" else altered(value)
    if other is msgspec.UNSET and value is msgspec.UNSET:
        pytest.fail(f"{field} is not filled in the trace of this test")
    changed = msgspec.structs.replace(trace, **{field: other})
    check = check_trace(changed, key.public_key, shown="")
    assert (check.ok, check.signature_status) == (False, "failed")
    assert check.error


def test_an_unsigned_trace_fails_and_says_why(key: SigningKey) -> None:
    check = check_trace(bare_trace(), key.public_key, shown="t.json")
    assert (check.ok, check.signature_status, check.key_id) == (False, "failed", "")
    assert check.error.startswith("signature: none")


def test_the_signature_of_another_key_fails(frozen_host: FrozenHost, key: SigningKey) -> None:
    other = generate_key(frozen_host)
    assert not check_trace(signed_trace(other), key.public_key, shown="").ok


def test_a_signature_without_key_id_passes_and_names_no_key(key: SigningKey) -> None:
    trace = signed_trace(key)
    assert trace.signature is not msgspec.UNSET
    nameless = msgspec.structs.replace(trace.signature, key_id="")
    check = check_trace(
        msgspec.structs.replace(trace, signature=nameless), key.public_key, shown=""
    )
    assert (check.ok, check.key_id) == (True, "")


def test_the_signed_bytes_are_canonical_and_spell_fractions_as_ecmascript() -> None:
    trace = bare_trace(latency_ms=5.0, mcp_trust={"score": 1e-7, "updated_at": NOON})
    assert signature_digest(trace) == sha256_hex(
        b'{"args_digest":"%s","created_at":"2026-02-05T12:00:00Z","intent_digest":"%s",'
        b'"latency_ms":5,"mcp_trust":{"score":1e-7,"updated_at":"2026-02-05T12:00:00Z"},'
        b'"observed_at":"2026-02-05T12:00:00Z","policy_digest":"%s",'
        b'"producer_version":"0.0.0-dev","schema_id":"gait.gate.trace","schema_version":"1.0.0",'
        b'"tool_name":"tool.deploy","trace_id":"aaaaaaaaaaaaaaaaaaaaaaaa","verdict":"allow"}'
        % (b"1" * 64, b"2" * 64, b"3" * 64)
    )


@pytest.mark.parametrize(
    "extra",
    [
        {"latency_ms": 0.0},
        {"latency_ms": 0},
        {"run_id": "", "violations": [], "script": False, "step_count": 0},
        {"violations": None, "sandbox": None},
        {"created_at": "2026-02-05T12:00:00.000+00:00"},
    ],
    ids=["zero fraction", "zero", "empty fields", "null fields", "another spelling of the time"],
)
def test_what_counts_as_absent_or_equal_leaves_the_signature_valid(
    extra: dict[str, Any], frozen_host: FrozenHost, tmp_path: Path, key: SigningKey
) -> None:
    path = write_record(tmp_path / "t.json", signed_trace(key), **extra)
    assert check_trace(read_trace("t.json", host=frozen_host), key.public_key, shown="").ok, path


def test_a_zero_score_counts_as_absent() -> None:
    trusted = {"server_id": "s", "updated_at": NOON}
    assert signature_digest(bare_trace(mcp_trust=trusted)) == signature_digest(
        bare_trace(mcp_trust=trusted | {"score": 0.0, "threshold": 0.0})
    )


def test_every_instant_of_a_nested_record_is_signed_even_when_absent() -> None:
    explicit = dict.fromkeys(("issued_at", "approved_at", "expires_at"), "0001-01-01T00:00:00Z")
    assert signature_digest(bare_trace(agent_identity={})) == signature_digest(
        bare_trace(agent_identity=explicit)
    )
    assert signature_digest(bare_trace(agent_identity={})) != signature_digest(bare_trace())


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b'{"verdict":"allow","verdict":"block"}', "json_duplicate_key"),
        (b'{"VERDICT":"allow"}', "json_case_variant_key"),
        (b'{"sandbox":{"\xe2\x84\xaaey":1,"\xc5\xbftatus":"valid"}}', "json_case_variant_key"),
        (b'{"verdict_override":"allow"}', "json_unsigned_field"),
        (b'{"relationship":{"note":"x"}}', "json_unsigned_field"),
        (b'{"step_verdicts":[{"index":0},{"note":"x"}]}', "json_unsigned_field"),
        (b'{"tool_name":"\\ud800"}', "json_lossy_text"),
        (b'{"credential_ttl_seconds":9007199254740993}', "json_lossy_number"),
    ],
)
def test_a_trace_that_readers_could_read_differently_is_refused(
    text: bytes, code: str, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / "t.json").write_bytes(text)
    with pytest.raises(VerificationFailed) as refused:
        read_trace("t.json", host=frozen_host)
    assert refused.value.code == code
    assert [hazard.code for hazard in refused.value.hazards] == [code]
    assert '"verdict":"allow"' not in refused.value.message


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b'{"a":1} {}',
        b'{"step_count":"1"}',
        b'{"step_count":1.0}',
        b'{"credential_ttl_seconds":1000000000000000000000000000000}',
        b'{"latency_ms":"fast"}',
        b'{"agent_identity":"ag"}',
        b'{"created_at":"yesterday"}',
    ],
)
def test_what_is_no_trace_at_all_is_invalid_input(
    text: bytes, frozen_host: FrozenHost, tmp_path: Path
) -> None:
    (tmp_path / "t.json").write_bytes(text)
    with pytest.raises(InvalidInput) as refused:
        read_trace("t.json", host=frozen_host)
    assert refused.value.code == "invalid_input"


def test_null_is_an_empty_trace_that_fails(
    frozen_host: FrozenHost, tmp_path: Path, key: SigningKey
) -> None:
    (tmp_path / "t.json").write_bytes(b"null")
    trace = read_trace("t.json", host=frozen_host)
    assert trace == Trace()
    assert not check_trace(trace, key.public_key, shown="").ok


def test_a_trace_with_all_it_needs_is_valid_signed_or_not(key: SigningKey) -> None:
    require_valid(bare_trace(), "t.json")
    require_valid(signed_trace(key, verdict="dry_run"), "t.json")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("schema_id", "gait.gate.result"),
        ("schema_version", ""),
        ("created_at", "0001-01-01T00:00:00Z"),
        ("created_at", "0001-01-01T01:00:00+01:00"),
        ("producer_version", ""),
        ("trace_id", ""),
        ("tool_name", ""),
        ("args_digest", "1" * 63),
        ("intent_digest", "A" * 64),
        ("policy_digest", f"sha256:{'3' * 64}"),
        ("verdict", "Allow"),
    ],
)
def test_a_trace_that_lacks_something_is_not_valid_and_the_field_is_named(
    field: str, value: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        require_valid(bare_trace(**{field: value}), "t.json")
    assert refused.value.where == f"t.json $.{field}"
