from typing import Any

import pytest
from msgspec import UNSET

from gait_engine.contract.intent import Delegation
from gait_engine.errors import InvalidInput
from gait_engine.gate.claims import delegation_digest
from gait_engine.wire.digest import value_digest
from tests.support.intents import DIGEST, intent_of

ZERO = "0001-01-01T00:00:00Z"
FIRST, SECOND = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"


def link(giver: str, taker: str, **members: str) -> dict[str, str]:
    return {"delegator_identity": giver, "delegate_identity": taker, **members}


def by_token(giver: str, taker: str, token: str) -> dict[str, str]:
    return {**link(giver, taker), "token_ref": token}


def refusal(**members: Any) -> str:
    with pytest.raises(InvalidInput) as caught:
        intent_of(**members)
    return caught.value.where.removeprefix("intent $.")


def delegation_of(**members: Any) -> Delegation:
    delegation = intent_of(delegation={"requester_identity": "r", **members}).delegation
    assert delegation is not UNSET
    return delegation


def test_provenance_is_normalised_sorted_and_listed_once() -> None:
    intent = intent_of(
        arg_provenance=[
            {"arg_path": "$.b", "source": "USER"},
            {"arg_path": " $.a", "source": "external", "source_ref": " r "},
            {"arg_path": "$.a", "source": "external", "integrity_digest": DIGEST.upper()},
            {"arg_path": "$.b", "source": "user "},
            {"arg_path": "$.a", "source": "system"},
            {"arg_path": "$.a", "source": "tool_output"},
        ]
    )
    entries = [
        (p.arg_path, p.source, p.source_ref, p.integrity_digest) for p in intent.arg_provenance
    ]
    assert entries == [
        ("$.a", "external", "", DIGEST),
        ("$.a", "external", "r", ""),
        ("$.a", "system", "", ""),
        ("$.a", "tool_output", "", ""),
        ("$.b", "user", "", ""),
    ]


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"arg_path": "", "source": "user"}, "arg_path"),
        ({"arg_path": "$"}, "source"),
        ({"arg_path": "$", "source": "web"}, "source"),
        ({"arg_path": "$", "source": "user", "integrity_digest": "abc"}, "integrity_digest"),
    ],
)
def test_bad_provenance_is_refused_by_its_place(entry: dict[str, str], field: str) -> None:
    good = {"arg_path": "$", "source": "user"}
    assert refusal(arg_provenance=[good, entry]) == f"arg_provenance[1].{field}"


def test_a_skill_keeps_the_case_of_its_names() -> None:
    skill = intent_of(
        skill_provenance={
            "skill_name": " S ",
            "skill_version": " 1 ",
            "source": " GIT",
            "publisher": "P ",
            "digest": DIGEST.upper(),
            "signature_key_id": " K ",
        }
    ).skill_provenance
    assert skill is not UNSET
    assert (skill.skill_name, skill.skill_version, skill.source) == ("S", "1", "git")
    assert (skill.publisher, skill.digest, skill.signature_key_id) == ("P", DIGEST, "K")


@pytest.mark.parametrize("field", ["skill_name", "source", "publisher", "digest"])
def test_a_skill_without_name_source_or_publisher_is_refused(field: str) -> None:
    skill = {"skill_name": "s", "source": "git", "publisher": "p", "digest": DIGEST}
    assert refusal(skill_provenance={**skill, field: " x" if field == "digest" else " "}) == (
        f"skill_provenance.{field}"
    )


def test_a_delegation_is_normalised_with_its_times_in_utc() -> None:
    delegation = delegation_of(
        requester_identity=" Me ",
        scope_class=" Write ",
        token_refs=["t2", " t1", "t2", " "],
        chain=[
            link(" root", "mid ", scope_class="Admin", issued_at="2026-01-01T02:00:00+02:00"),
            by_token("mid", "Me", " tk "),
        ],
        expires_at=SECOND,
    )
    assert delegation_digest(delegation) == value_digest(
        {
            "requester_identity": "Me",
            "scope_class": "write",
            "token_refs": ["t1", "t2"],
            "chain": [
                {
                    **link("root", "mid", scope_class="admin"),
                    "issued_at": FIRST,
                    "expires_at": ZERO,
                },
                {
                    **by_token("mid", "Me", "tk"),
                    "issued_at": ZERO,
                    "expires_at": ZERO,
                },
            ],
            "issued_at": ZERO,
            "expires_at": SECOND,
        }
    )


def test_empty_lists_of_a_delegation_are_not_digested() -> None:
    bare = delegation_of(token_refs=[" "], chain=[])
    assert delegation_digest(bare) == value_digest(
        {"requester_identity": "r", "issued_at": ZERO, "expires_at": ZERO}
    )


@pytest.mark.parametrize(
    ("members", "where"),
    [
        ({"requester_identity": " "}, "delegation.requester_identity"),
        ({"chain": [link("", "r")]}, "delegation.chain[0].delegator_identity"),
        ({"chain": [link("a", " ")]}, "delegation.chain[0].delegate_identity"),
        ({"chain": [link("a", "b"), link("c", "r")]}, "delegation.chain[1].delegator_identity"),
        ({"chain": [link("a", "b")]}, "delegation.chain"),
        ({"issued_at": SECOND, "expires_at": FIRST}, "delegation"),
        ({"issued_at": FIRST, "expires_at": FIRST}, "delegation"),
        (
            {"chain": [link("a", "r", issued_at=FIRST, expires_at="2026-01-01T01:00:00+01:00")]},
            "delegation.chain[0]",
        ),
    ],
)
def test_a_delegation_that_does_not_hold_together_is_refused(
    members: dict[str, Any], where: str
) -> None:
    assert refusal(delegation={"requester_identity": "r", **members}) == where
