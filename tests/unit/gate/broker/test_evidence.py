import json

from gait_engine.gate.broker.evidence import credential_record
from gait_engine.gate.broker.normalise import completed
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.timestamps import ZERO, Timestamp
from tests.support.brokers import answer, asked
from tests.support.hosts import NOON_NS


def test_evidence_says_what_was_asked_for_and_what_came() -> None:
    request = asked(context={"run_id": "r9"}, scopes="Admin")
    credential = completed(answer(scope=("write",)), request, "command", now_ns=NOON_NS)
    record = credential_record(
        credential,
        request,
        trace_id="0123456789abcdef01234567",
        created_at=Timestamp("2026-03-04T05:06:07Z"),
        producer_version="0.0.0-dev",
    )
    assert list(json.loads(pretty(record)).items()) == [
        ("schema_id", "gait.gate.broker_credential_record"),
        ("schema_version", "1.0.0"),
        ("created_at", "2026-03-04T05:06:07Z"),
        ("producer_version", "0.0.0-dev"),
        ("trace_id", "0123456789abcdef01234567"),
        ("tool_name", "db.query"),
        ("identity", "agent-7"),
        ("broker", "command"),
        ("reference", "egress"),
        ("credential_source", "command"),
        ("credential_issuer", "command"),
        ("scope", ["Admin", "read", "write"]),
        ("credential_ref", "ref:abc"),
        ("target_binding", credential.target_binding),
        ("run_binding", "r9"),
        ("request_digest", credential.request_digest),
        ("issued_at", ZERO),
        ("expires_at", ZERO),
    ]


def test_evidence_keeps_what_a_broker_says_of_itself() -> None:
    said = answer(
        access_type="jit", issuer="iss", subject="s", owner="o", job_binding="j", ttl_seconds=60
    )
    record = credential_record(
        completed(said, asked(), "command", now_ns=NOON_NS),
        asked(),
        trace_id="t",
        created_at=ZERO,
        producer_version="v",
    )
    assert (record.credential_access_type, record.credential_issuer) == ("jit", "iss")
    assert (record.credential_subject, record.credential_owner) == ("s", "o")
    assert (record.job_binding, record.ttl_seconds) == ("j", 60)
