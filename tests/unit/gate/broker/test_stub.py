import hashlib

from gait_engine.gate.broker.stub import ask_stub
from gait_engine.wire.timestamps import from_ns
from tests.support.brokers import asked
from tests.support.hosts import FrozenHost


def test_the_reference_is_a_digest_of_who_asks_for_what(frozen_host: FrozenHost) -> None:
    request = asked(context={"session_id": "s1", "request_id": "q1"})
    text = "db.query|agent-7|/srv/app|s1|q1|egress|read,write"
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert ask_stub(request, frozen_host).credential_ref == f"stub:{digest[:24]}"


def test_the_reference_is_the_one_that_the_peer_issues(frozen_host: FrozenHost) -> None:
    request = asked(reference="other", scopes="admin, write")
    assert ask_stub(request, frozen_host).credential_ref == "stub:88c9752c4e9385482dc4e85d"


def test_the_stub_issues_to_the_identity_just_in_time(frozen_host: FrozenHost) -> None:
    answer = ask_stub(asked(), frozen_host)
    assert (answer.access_type, answer.issuer, answer.ttl_seconds) == ("jit", "stub", 300)
    assert (answer.subject, answer.owner) == ("agent-7", "agent-7")
    assert answer.issued_at == from_ns(frozen_host.now)
