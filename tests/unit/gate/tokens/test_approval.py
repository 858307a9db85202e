import hashlib
from typing import Any

import pytest

from gait_engine.errors import InvalidInput
from gait_engine.gate.tokens.approval import approval_id, normalise_approval
from gait_engine.wire.timestamps import ZERO
from tests.support.tokens import EVENING, INTENT, POLICY, altered, approval


def test_the_id_is_made_of_what_the_token_says() -> None:
    said = f"{INTENT}:{POLICY}:alice:reviewed:tool:a,tool:db.query:3:0:{EVENING}"
    token = approval(scope=("tool:db.query", "tool:a"), max_targets=3)
    assert token.token_id == hashlib.sha256(said.encode()).hexdigest()[:24]


def test_the_id_holds_the_expiry_at_offset_zero_while_the_token_keeps_its_own() -> None:
    token = approval(expires_at="2026-02-05T22:00:00+02:00")
    assert token.token_id == approval().token_id == approval_id(token)
    assert token.expires_at == "2026-02-05T22:00:00+02:00"


def test_a_token_is_minted_in_normal_form() -> None:
    token = approval(
        approver_identity=" Alice ",
        reason_code=" rc\t",
        intent_digest=f" {INTENT.upper()}",
        scope=(" Tool:X", "a", "", "A"),
    )
    assert token == normalise_approval(token)
    assert (token.approver_identity, token.reason_code) == ("Alice", "rc")
    assert (token.intent_digest, token.scope) == (INTENT, ("a", "tool:x"))
    assert (token.schema_id, token.schema_version) == ("gait.gate.approval_token", "1.0.0")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"intent_digest": "xyz", "policy_digest": "xyz", "scope": ()}, "intent_digest"),
        ({"intent_digest": INTENT[1:]}, "intent_digest"),
        ({"policy_digest": "", "delegation_binding_digest": "x"}, "policy_digest"),
        ({"delegation_binding_digest": "x", "approver_identity": ""}, "delegation_binding_digest"),
        ({"approver_identity": " ", "reason_code": ""}, "approver_identity"),
        ({"reason_code": "", "scope": ()}, "reason_code"),
        ({"scope": (" ", ""), "max_targets": -1}, "scope"),
        ({"max_targets": -1, "max_ops": -1}, "max_targets"),
        ({"max_ops": -1}, "max_ops"),
        ({"created_at": ZERO}, "created_at"),
        ({"expires_at": ZERO}, "expires_at"),
    ],
)
def test_the_first_thing_that_is_not_valid_is_named(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput, match=rf"^approval token \$\.{field}: "):
        approval(**fields)


@pytest.mark.parametrize("field", ["max_targets", "max_ops"])
def test_a_bound_whose_neighbour_has_the_same_digest_is_not_signed(field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        approval(**{field: 2**53 + 1})
    assert refused.value.code == "json_lossy_number"
    assert getattr(approval(**{field: 2**53 + 2}), field) == 2**53 + 2


@pytest.mark.parametrize(
    "fields",
    [
        {"token_id": " "},
        {"schema_id": "gait.gate.delegation_token"},
        {"schema_version": "1.0.1"},
        {"created_at": "0000-12-31T23:00:00-01:00"},
        {"intent_digest": ""},
        {"policy_digest": f"sha256:{POLICY}"},
    ],
)
def test_what_lacks_something_has_no_normal_form(fields: dict[str, Any]) -> None:
    with pytest.raises(InvalidInput):
        normalise_approval(altered(approval(), **fields))


def test_an_absent_schema_is_that_of_the_kind_of_token() -> None:
    token = approval()
    assert normalise_approval(altered(token, schema_id="", schema_version="")) == token
