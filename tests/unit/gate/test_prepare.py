import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.runpack import Envelope, Receipt
from gait_engine.errors import InvalidInput
from gait_engine.gate.freeform import read_object
from gait_engine.gate.intent import intent_digest
from gait_engine.gate.prepare import prepared, with_envelope
from gait_engine.wire.timestamps import Timestamp, to_ns
from tests.support.intents import DIGEST, intent_in, intent_of

SIX = to_ns("2026-03-04T06:00:00Z")
OTHER = "f" * 64


def receipt(ref_id: str, retrieved_at: str) -> Receipt:
    return Receipt(ref_id=ref_id, retrieved_at=Timestamp(retrieved_at))


ENVELOPE = Envelope(
    created_at=Timestamp("2026-03-01T00:00:00Z"),
    context_set_digest=DIGEST,
    evidence_mode="required",
    records=(
        receipt("c1", "2026-03-04T05:00:00Z"),
        receipt("c0", "2026-03-04T04:59:58.5+01:00"),
        receipt("c1", "2026-03-04T05:30:00Z"),
    ),
)


def auth_of(intent: NormalIntent) -> dict[str, object]:
    text = intent.context.auth_context
    assert text is not UNSET
    return read_object(text)


def test_claims_of_context_evidence_are_removed() -> None:
    claiming = intent_in(
        context_set_digest=DIGEST,
        context_evidence_mode="required",
        context_refs=["a"],
        auth_context={"context_age_seconds": 5, "user": "u"},
    )
    bare = prepared(claiming)
    assert bare == intent_in(auth_context={"user": "u"})
    assert intent_digest(bare) != intent_digest(claiming)


@pytest.mark.parametrize("age", [5, None, "", {"context_age_seconds": 1}])
def test_a_claimed_age_counts_for_nothing_whatever_it_is(age: object) -> None:
    assert prepared(intent_in(auth_context={" context_age_seconds": age})) == intent_of()


def test_what_only_looks_like_a_claimed_age_stays() -> None:
    intent = intent_in(auth_context={"a": {"context_age_seconds": 5}, "Context_Age_Seconds": 1})
    assert prepared(intent) == intent


def test_an_intent_without_claims_is_prepared_already() -> None:
    intent = intent_in(auth_context={"user": "u"})
    assert prepared(intent) is intent


def test_an_envelope_sets_digest_mode_references_and_age() -> None:
    bound = with_envelope(intent_in(auth_context={"user": "u"}), ENVELOPE, at_ns=SIX)
    assert bound.context.context_set_digest == DIGEST
    assert bound.context.context_evidence_mode == "required"
    assert bound.context.context_refs == ("c0", "c1")
    assert auth_of(bound) == {"user": "u", "context_age_seconds": 2 * 3600 + 1}


def test_an_envelope_overrides_claimed_references_and_age() -> None:
    claiming = intent_in(context_refs=["zz"], auth_context={"context_age_seconds": 0})
    bound = with_envelope(claiming, ENVELOPE, at_ns=SIX)
    assert bound == with_envelope(intent_of(), ENVELOPE, at_ns=SIX)


def test_evidence_is_best_effort_where_the_envelope_does_not_say() -> None:
    silent = msgspec.structs.replace(ENVELOPE, evidence_mode=" ")
    bound = with_envelope(intent_of(), silent, at_ns=SIX)
    assert bound.context.context_evidence_mode == "best_effort"


def test_an_envelope_without_records_is_as_old_as_itself() -> None:
    bare = msgspec.structs.replace(ENVELOPE, records=())
    bound = with_envelope(intent_of(), bare, at_ns=SIX)
    assert auth_of(bound) == {"context_age_seconds": (3 * 24 + 6) * 3600}
    assert bound.context.context_refs == ()


def test_evidence_from_the_future_has_no_age_and_that_of_year_one_the_longest_there_is() -> None:
    past = with_envelope(intent_of(), ENVELOPE, at_ns=0)
    assert auth_of(past) == {"context_age_seconds": 0}
    timeless = with_envelope(intent_of(), Envelope(context_set_digest=DIGEST), at_ns=SIX)
    assert auth_of(timeless) == {"context_age_seconds": 9_223_372_036}


def test_claims_that_agree_with_the_envelope_are_fine() -> None:
    claiming = intent_in(context_set_digest=DIGEST.upper(), context_evidence_mode="Required")
    bound = with_envelope(claiming, ENVELOPE, at_ns=SIX)
    assert bound == with_envelope(intent_of(), ENVELOPE, at_ns=SIX)


@pytest.mark.parametrize(
    ("field", "claim"),
    [("context_set_digest", OTHER), ("context_evidence_mode", "best_effort")],
)
def test_a_claim_that_differs_from_the_envelope_ends_the_evaluation(field: str, claim: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        with_envelope(intent_in(**{field: claim}), ENVELOPE, at_ns=SIX)
    assert caught.value.where == f"intent $.context.{field}"
    assert caught.value.code == "invalid_input"
