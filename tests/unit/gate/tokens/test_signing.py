from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.approval import ApprovalToken
from gait_engine.contract.delegation import DelegationToken
from gait_engine.gate.tokens.signing import (
    is_expired,
    is_premature,
    scope_terms,
    signature_digest,
    signature_fault,
)
from gait_engine.wire.digest import value_digest
from gait_engine.wire.timestamps import to_ns
from tests.support.tokens import (
    EVENING,
    INTENT,
    KEY,
    MORNING,
    OTHER,
    POLICY,
    altered,
    approval,
    delegation,
)

APPROVAL = approval(max_targets=3, max_ops=2, delegation_binding_digest=OTHER)
DELEGATION = delegation(scope_class="write", intent_digest=INTENT, policy_digest=POLICY)
FIELDS = [
    (token, field.name)
    for token, kind in ((APPROVAL, ApprovalToken), (DELEGATION, DelegationToken))
    for field in msgspec.structs.fields(kind)
    if field.name != "signature"
]


def changed(value: Any) -> Any:
    match value:
        case int():
            return value + 1
        case tuple():
            return (*value, "zz")
    return f"{value}x"


@pytest.mark.parametrize(("token", "field"), FIELDS)
def test_no_field_can_be_changed_under_a_signature(token: Any, field: str) -> None:
    assert signature_fault(token, KEY.public_key, "k") == ""
    forged = altered(token, **{field: changed(getattr(token, field))})
    assert signature_fault(forged, KEY.public_key, "k") == "k_signature_invalid"


def test_a_token_without_a_signature_says_so() -> None:
    bare = altered(APPROVAL, signature=UNSET)
    assert signature_fault(bare, KEY.public_key, "k") == "k_signature_missing"


def test_the_digest_is_that_of_the_token_without_its_signature_and_empty_fields() -> None:
    token = delegation()
    assert signature_digest(token) == value_digest(
        {
            "schema_id": "gait.gate.delegation_token",
            "schema_version": "1.0.0",
            "created_at": MORNING,
            "producer_version": "0.0.0-dev",
            "token_id": token.token_id,
            "delegator_identity": "lead",
            "delegate_identity": "spec",
            "scope": ["write"],
            "expires_at": EVENING,
        }
    )


def test_a_token_is_good_up_to_the_instant_of_its_expiry_and_no_longer() -> None:
    expiry = to_ns(EVENING)
    assert not is_expired(APPROVAL, expiry - 1)
    assert is_expired(APPROVAL, expiry)


def test_a_token_is_good_from_five_minutes_before_it_was_made() -> None:
    start = to_ns(MORNING) - 300 * 10**9
    assert is_premature(APPROVAL, start - 1)
    assert not is_premature(APPROVAL, start)


def test_scope_terms_are_lower_sorted_and_single() -> None:
    assert scope_terms([" B", "a", "", "b ", "\u212a"]) == ("a", "b", "k")
    assert scope_terms([]) == ()
