import hashlib
from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.errors import InvalidInput
from gait_engine.gate.tokens.delegation import (
    Wanted,
    delegation_fault,
    normalise_delegation_token,
)
from gait_engine.wire.timestamps import ZERO
from tests.support.hosts import NOON_NS
from tests.support.tokens import (
    EVENING,
    INTENT,
    KEY,
    MORNING,
    OTHER,
    POLICY,
    altered,
    delegation,
)

NOTHING = Wanted()


def fault(token: Any, wanted: Wanted = NOTHING) -> str:
    return delegation_fault(token, wanted, KEY.public_key, NOON_NS).removeprefix(
        "delegation_token_"
    )


def test_the_id_is_made_of_what_the_token_says() -> None:
    said = f"lead:spec:a,b:write:{INTENT}::{EVENING}"
    token = delegation(scope=("B", "a"), scope_class=" Write", intent_digest=INTENT.upper())
    assert token.token_id == hashlib.sha256(said.encode()).hexdigest()[:24]
    assert (token.scope, token.scope_class, token.intent_digest) == (("a", "b"), "write", INTENT)
    assert token == normalise_delegation_token(token)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"delegator_identity": "", "delegate_identity": ""}, "delegator_identity"),
        ({"delegate_identity": " ", "scope": ()}, "delegate_identity"),
        ({"scope": (), "intent_digest": "x"}, "scope"),
        ({"intent_digest": "x", "policy_digest": "x"}, "intent_digest"),
        ({"policy_digest": POLICY[1:]}, "policy_digest"),
        ({"created_at": ZERO}, "created_at"),
        ({"expires_at": ZERO}, "expires_at"),
        ({"schema_id": "gait.gate.approval_token"}, "schema_id"),
    ],
)
def test_the_first_thing_that_is_not_valid_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^delegation token \$\.{field}: "):
        delegation(**fields)


@pytest.mark.parametrize(
    ("token", "wanted", "expected"),
    [
        (altered(delegation(), token_id=""), NOTHING, "invalid"),
        (altered(delegation(), schema_version="2.0.0"), NOTHING, "invalid"),
        (altered(delegation(), signature=UNSET), NOTHING, "signature_missing"),
        (altered(delegation(), scope=("*",)), NOTHING, "signature_invalid"),
        (delegation(expires_at=MORNING), NOTHING, "expired"),
        (delegation(), Wanted(delegator="Lead", delegate="x"), "delegator_mismatch"),
        (delegation(), Wanted(delegate="x", scopes=("x",)), "delegate_mismatch"),
        (
            delegation(intent_digest=OTHER, policy_digest=OTHER),
            Wanted(intent_digest=INTENT, policy_digest=POLICY),
            "intent_mismatch",
        ),
        (
            delegation(policy_digest=OTHER),
            Wanted(intent_digest=INTENT, policy_digest=POLICY, scopes=("x",)),
            "policy_mismatch",
        ),
        (delegation(), Wanted(scopes=("read", "writ")), "scope_mismatch"),
        (
            delegation(created_at="2026-02-05T12:06:00Z"),
            Wanted(scopes=("x",)),
            "scope_mismatch",
        ),
        (delegation(created_at="2026-02-05T12:06:00Z"), NOTHING, "token_not_yet_valid"),
    ],
)
def test_the_first_thing_wrong_is_said(token: Any, wanted: Wanted, expected: str) -> None:
    assert fault(token, wanted) == expected


@pytest.mark.parametrize(
    ("token", "wanted"),
    [
        (delegation(), NOTHING),
        (delegation(), Wanted("lead", "spec", INTENT, POLICY, ("write", "zz"))),
        (delegation(intent_digest=INTENT, policy_digest=POLICY), NOTHING),
        (
            delegation(intent_digest=INTENT, policy_digest=POLICY),
            Wanted(intent_digest=INTENT, policy_digest=POLICY),
        ),
        (delegation(scope=("*",)), Wanted(scopes=("write",))),
        (delegation(scope=("zz",), scope_class="Write"), Wanted(scopes=("write",))),
        (altered(delegation(), scope=(" WRITE",), schema_id=""), Wanted(scopes=("write",))),
    ],
)
def test_one_wanted_scope_and_no_contradiction_suffice(token: Any, wanted: Wanted) -> None:
    assert fault(token, wanted) == ""
