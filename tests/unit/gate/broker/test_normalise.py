import pytest

from gait_engine.contract.broker import BrokerAnswer
from gait_engine.errors import DependencyMissing
from gait_engine.gate.broker.normalise import completed, fit_for_evidence
from gait_engine.gate.broker.request import request_digest
from gait_engine.wire.timestamps import ZERO, Timestamp
from tests.support.brokers import answer, asked
from tests.support.hosts import NOON_NS

NOON = Timestamp("2026-02-05T12:00:00Z")
ONE = Timestamp("2026-02-05T13:00:00Z")
HALF_PAST = Timestamp("2026-02-05T12:30:00.5Z")


def lifetime(**fields: object) -> tuple[Timestamp, Timestamp, int]:
    credential = completed(answer(**fields), asked(), "command", now_ns=NOON_NS)
    return credential.issued_at, credential.expires_at, credential.ttl_seconds


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({}, (ZERO, ZERO, 0)),
        ({"ttl_seconds": 60}, (ZERO, ZERO, 60)),
        ({"issued_at": NOON}, (NOON, ZERO, 0)),
        ({"issued_at": NOON, "ttl_seconds": 3600}, (NOON, ONE, 3600)),
        ({"issued_at": NOON, "ttl_seconds": -1}, (NOON, ZERO, -1)),
        ({"issued_at": NOON, "expires_at": ONE}, (NOON, ONE, 3600)),
        ({"issued_at": NOON, "expires_at": HALF_PAST}, (NOON, HALF_PAST, 1800)),
        ({"issued_at": HALF_PAST, "expires_at": NOON}, (HALF_PAST, NOON, -1800)),
        ({"issued_at": NOON, "expires_at": ONE, "ttl_seconds": 7}, (NOON, ONE, 7)),
        ({"expires_at": ONE}, (NOON, ONE, 3600)),
        ({"expires_at": ONE, "ttl_seconds": 7}, (NOON, ONE, 7)),
        ({"issued_at": "2026-02-05T17:30:00+05:30", "ttl_seconds": 3600}, (NOON, ONE, 3600)),
        (
            {"expires_at": "9999-12-31T00:00:00Z"},
            (NOON, "9999-12-31T00:00:00Z", 9_223_372_036),
        ),
    ],
)
def test_of_issue_expiry_and_time_to_live_the_third_is_worked_out(
    said: dict[str, object], expected: tuple[Timestamp, Timestamp, int]
) -> None:
    assert lifetime(**said) == expected


def test_a_lifetime_beyond_the_calendar_issues_nothing() -> None:
    with pytest.raises(DependencyMissing, match="beyond the year 9999") as caught:
        lifetime(issued_at=NOON, ttl_seconds=2**62)
    assert caught.value.code == "broker_credential_missing"


def test_what_is_unsaid_is_what_was_asked_for() -> None:
    request = asked(context={"run_id": "r1", "job_id": "j1"}, scopes="Admin")
    credential = completed(answer(), request, "command", now_ns=NOON_NS)
    assert credential.scope == ("admin", "read", "write")
    assert credential.target_binding == request.target_binding
    assert (credential.run_binding, credential.job_binding) == ("r1", "j1")
    assert credential.request_digest == request_digest(request)
    assert (credential.source, credential.broker) == ("command", "command")


def test_nothing_else_has_a_default_but_the_issuer_that_is_reported() -> None:
    credential = completed(answer(), asked(), "command", now_ns=NOON_NS)
    assert (credential.issuer, credential.names_issuer) == ("command", False)
    assert (credential.access_type, credential.subject, credential.owner) == ("", "", "")


def test_what_is_said_counts_trimmed_and_kinds_and_scopes_in_lower_case() -> None:
    said = answer(
        credential_ref=" ref:abc ",
        source=" AWS_STS ",
        access_type="JIT",
        issuer=" Acme ",
        subject=" s ",
        owner=" o ",
        scope=("Write ", "read", "write"),
        target_binding=" T ",
        run_binding=" r ",
        job_binding=" j ",
        request_digest=" d ",
    )
    credential = completed(said, asked(), "command", now_ns=NOON_NS)
    assert credential.credential_ref == "ref:abc"
    assert (credential.source, credential.access_type) == ("aws_sts", "jit")
    assert (credential.issuer, credential.names_issuer) == ("Acme", True)
    assert (credential.subject, credential.owner) == ("s", "o")
    assert credential.scope == ("read", "write")
    assert (credential.target_binding, credential.request_digest) == ("T", "d")
    assert (credential.run_binding, credential.job_binding) == ("r", "j")


@pytest.mark.parametrize(
    "said",
    [
        {"credential_ref": "gho_x"},
        {"credential_ref": " AKIA0"},
        {"subject": "ghp_x"},
        {"scope": ("read", "github_pat_x")},
    ],
)
def test_an_answer_that_is_a_credential_itself_is_refused_without_a_word_of_it(
    said: dict[str, object],
) -> None:
    with pytest.raises(DependencyMissing, match="a credential itself") as caught:
        fit_for_evidence(answer(**said), "answer")
    assert "gh" not in caught.value.message
    assert "AKIA" not in caught.value.message


def test_text_that_no_record_can_hold_is_refused() -> None:
    with pytest.raises(DependencyMissing, match="not valid UTF-8"):
        fit_for_evidence(answer(owner="\udcff"), "answer")


def test_an_answer_of_references_passes_as_it_is() -> None:
    said: BrokerAnswer = answer(owner="sky", scope=("read",))
    assert fit_for_evidence(said, "answer") is said
