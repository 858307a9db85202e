from collections.abc import Sequence
from typing import Any

import msgspec
import pytest
from msgspec import UNSET

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.errors import Hazard
from gait_engine.gate.tokens.chain import DelegationCount, check_delegation
from gait_engine.gate.tokens.tokenfile import Given
from gait_engine.wire.timestamps import ZERO
from tests.support import judging
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
    given,
)

LEAD = delegation(delegate_identity="mid")
MID = delegation(delegator_identity="mid")
TWO_LINKS = judging.intent_of(
    delegation={
        "requester_identity": "spec",
        "chain": [
            {"delegator_identity": "lead", "delegate_identity": "mid"},
            {"delegator_identity": "mid", "delegate_identity": "spec"},
        ],
    }
)
NO_CHAIN = judging.intent_of(delegation={"requester_identity": "spec"})
WRITE = Decision(verdict="allow", require_delegation=True, delegation_scopes=("write",))


def check(files: Sequence[Given[Any]], intent: NormalIntent = TWO_LINKS) -> DelegationCount:
    return check_delegation(
        files,
        intent,
        WRITE,
        intent_digest=INTENT,
        policy_digest=POLICY,
        key=KEY.public_key,
        now_ns=NOON_NS,
    )


def fared(count: DelegationCount) -> list[tuple[str, str, str]]:
    """Return who delegated to whom and why it does not count, for each entry."""
    return [(e.delegator_identity, e.delegate_identity, e.error_code) for e in count.entries]


@pytest.mark.parametrize("tokens", [(LEAD, MID), (MID, LEAD)])
def test_a_token_for_each_link_grants_in_whatever_files(tokens: tuple[Any, ...]) -> None:
    count = check(given(*tokens))
    assert count.is_granted
    assert (count.valid, count.reasons, count.violations) == (2, ("delegation_granted",), ())
    assert count.ref == ",".join(sorted([LEAD.token_id, MID.token_id]))
    assert fared(count) == [("lead", "mid", ""), ("mid", "spec", "")]


def test_no_token_is_said_without_entries() -> None:
    count = check([])
    assert not count.is_granted
    assert (count.entries, count.valid, count.ref) == ((), 0, "")
    assert count.reasons == ("delegation_token_missing",)
    assert count.violations == ("delegation_not_granted",)


def test_a_link_without_a_token_is_an_entry_of_its_own() -> None:
    count = check(given(LEAD))
    assert (count.valid, count.ref, count.is_granted) == (1, "", False)
    assert count.reasons == ("delegation_chain_insufficient", "delegation_token_missing")
    assert msgspec.to_builtins(count.entries[1]) == {
        "delegator_identity": "mid",
        "delegate_identity": "spec",
        "expires_at": ZERO,
        "valid": False,
        "error_code": "delegation_token_missing",
    }


def test_a_token_is_used_up_by_the_link_it_proves() -> None:
    count = check(given(LEAD, LEAD))
    assert fared(count) == [
        ("lead", "mid", ""),
        ("mid", "spec", "delegation_token_missing"),
        ("lead", "mid", "delegation_token_delegator_mismatch"),
    ]
    assert count.reasons == (
        "delegation_chain_insufficient",
        "delegation_token_delegator_mismatch",
        "delegation_token_missing",
    )


def test_the_first_file_by_path_is_taken() -> None:
    later = delegation(delegate_identity="mid", scope=("write", "zz"))
    files = [Given("b.json", LEAD), Given("c.json", MID), Given("a.json", later)]
    count = check(files)
    assert [entry.token_id for entry in count.entries] == [
        later.token_id,
        MID.token_id,
        LEAD.token_id,
    ]


def test_tokens_beyond_what_is_needed_do_no_harm_and_say_nothing() -> None:
    late = delegation(expires_at=MORNING)
    count = check(given(LEAD, MID, late, delegation(delegator_identity="x")))
    assert count.is_granted
    assert count.reasons == ("delegation_granted",)
    assert fared(count)[2:] == [
        ("lead", "spec", "delegation_token_chain_mismatch"),
        ("x", "spec", "delegation_token_chain_mismatch"),
    ]


@pytest.mark.parametrize(
    ("token", "code"),
    [
        (altered(LEAD, signature=UNSET), "delegation_token_signature_missing"),
        (altered(LEAD, scope=("*",)), "delegation_token_signature_invalid"),
        (delegation(delegate_identity="mid", scope=("read",)), "delegation_token_scope_mismatch"),
        (
            delegation(delegate_identity="mid", intent_digest=OTHER),
            "delegation_token_intent_mismatch",
        ),
        (
            delegation(delegate_identity="mid", policy_digest=OTHER),
            "delegation_token_policy_mismatch",
        ),
        (delegation(delegate_identity="mid", created_at=EVENING), "token_not_yet_valid"),
    ],
)
def test_a_token_that_proves_nothing_is_held_against_the_first_open_link(
    token: Any, code: str
) -> None:
    count = check(given(token, MID))
    assert not count.is_granted
    assert fared(count) == [
        ("lead", "mid", "delegation_token_missing"),
        ("mid", "spec", ""),
        ("lead", "mid", code),
    ]
    assert code in count.reasons


def test_without_a_chain_anybody_may_have_delegated_to_the_requester() -> None:
    assert check(given(delegation(delegator_identity="whoever")), NO_CHAIN).is_granted
    assert fared(check(given(LEAD), NO_CHAIN)) == [
        ("", "spec", "delegation_token_missing"),
        ("lead", "mid", "delegation_token_delegate_mismatch"),
    ]


def test_an_intent_without_delegation_proves_none() -> None:
    count = check(given(LEAD), judging.intent_of())
    assert not count.is_granted
    assert fared(count) == [("lead", "mid", "delegation_token_chain_mismatch")]
    assert count.reasons == ("delegation_chain_insufficient", "delegation_token_chain_mismatch")


@pytest.mark.parametrize(("tokens", "is_granted"), [((LEAD, MID), True), ((MID,), False)])
def test_an_ambiguous_file_is_named_and_proves_nothing(
    tokens: tuple[Any, ...], *, is_granted: bool
) -> None:
    hazard = Hazard("json_unsigned_field", "a.json $.note")
    count = check([Given("a.json", None, hazard.code, hazard), *given(*tokens)])
    assert count.is_granted is is_granted
    assert fared(count)[-1] == ("", "", "json_unsigned_field")
    assert count.hazards == (hazard,)
    assert ("json_unsigned_field" in count.reasons) is not is_granted


def test_an_entry_shows_the_words_of_the_token_itself() -> None:
    token = delegation(
        delegator_identity="whoever",
        scope=("write", "a"),
        expires_at="2026-02-05T22:00:00+02:00",
    )
    (entry,) = check(given(altered(token, scope=("write", " a", "a"))), NO_CHAIN).entries
    assert (entry.scope, entry.expires_at) == (("a", "write"), EVENING)
