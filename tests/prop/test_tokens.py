"""A minted token counts for exactly what it says, and no other bytes ever say more."""

import tempfile
from pathlib import Path
from typing import Any, Final

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gait_engine.contract.approval import ApprovalToken
from gait_engine.errors import InvalidInput
from gait_engine.gate.tokens.approval import normalise_approval
from gait_engine.gate.tokens.counting import ApprovalAsk, ApprovalCount, count_approvals
from gait_engine.gate.tokens.delegation import Wanted, delegation_fault, normalise_delegation_token
from gait_engine.gate.tokens.lookalike import is_deceptive, same_person_form
from gait_engine.gate.tokens.tokenfile import Given, read_approval, read_delegation
from gait_engine.wire.jsonwrite import pretty
from gait_engine.wire.text import lower, trim
from gait_engine.wire.timestamps import from_ns
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.tokens import ASK, INTENT, KEY, OTHER, approval, delegation

HOUR: Final = 3600 * 10**9
APPROVAL: Final = approval(max_targets=3, max_ops=2, delegation_binding_digest=OTHER)
DELEGATION: Final = delegation(intent_digest=INTENT, scope_class="write")
EDITS: Final = st.tuples(
    st.sampled_from(["flip", "cut", "insert"]), st.integers(0, 10_000), st.integers(1, 255)
)

identities = st.text(min_size=1, max_size=8).filter(trim)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
scopes = st.lists(st.text(max_size=5).filter(trim), min_size=1, max_size=3)
approvals = st.builds(
    approval,
    approver_identity=identities,
    reason_code=identities,
    intent_digest=digests,
    policy_digest=digests,
    scope=scopes.map(tuple),
    max_targets=st.integers(0, 2**53),
    max_ops=st.integers(0, 9),
    created_at=st.integers(NOON_NS - HOUR, NOON_NS).map(from_ns),
    expires_at=st.integers(NOON_NS + 1, NOON_NS + HOUR).map(from_ns),
)


def counted(token: ApprovalToken, ask: ApprovalAsk, now_ns: int = NOON_NS) -> ApprovalCount:
    return count_approvals([Given("t.json", token)], ask, KEY.public_key, now_ns)


def ask_of(token: ApprovalToken) -> ApprovalAsk:
    """Ask for the very thing a token says."""
    return ASK._replace(
        intent_digest=token.intent_digest,
        policy_digest=token.policy_digest,
        scope=token.scope,
        targets=token.max_targets,
        ops=token.max_ops,
    )


def edited(token: Any, edit: tuple[str, int, int]) -> bytes:
    """Change, cut or add one byte of a token's file."""
    text = pretty(token)
    kind, place, byte = edit
    place %= len(text)
    middle = {
        "flip": bytes([text[place] ^ byte]),
        "cut": b"",
        "insert": bytes([byte, text[place]]),
    }
    return text[:place] + middle[kind] + text[place + 1 :]


def read_back(text: bytes, read: Any) -> Any:
    """Read a token file; None where it cannot be read or is ambiguous."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "t.json").write_bytes(text)
        try:
            return read("t.json", host=FrozenHost(Path(folder))).token
        except InvalidInput:
            return None


def says(token: Any) -> Any:
    return msgspec.structs.replace(token, signature=UNSET)


@given(approvals)
def test_a_minted_approval_grants_what_it_says(token: ApprovalToken) -> None:
    back = read_back(pretty(token), read_approval)
    assert back == token
    expected = () if is_deceptive(token.approver_identity) else (token.token_id,)
    assert counted(back, ask_of(token)).token_ids == expected


@given(EDITS)
@settings(max_examples=500)
def test_a_byte_changed_in_an_approval_never_makes_it_say_anything_else(
    edit: tuple[str, int, int],
) -> None:
    """White space, a letter's case in a digest and unused bits of the signature say nothing."""
    back = read_back(edited(APPROVAL, edit), read_approval)
    ask = ask_of(APPROVAL)._replace(delegation_digest=OTHER)
    if back is not None and counted(back, ask).is_enough:
        assert says(normalise_approval(back)) == says(APPROVAL)


@given(EDITS)
@settings(max_examples=500)
def test_a_byte_changed_in_a_delegation_never_makes_it_say_anything_else(
    edit: tuple[str, int, int],
) -> None:
    back = read_back(edited(DELEGATION, edit), read_delegation)
    if back is not None and not delegation_fault(back, Wanted(), KEY.public_key, NOON_NS):
        assert says(normalise_delegation_token(back)) == says(DELEGATION)


def test_every_byte_of_the_signed_words_counts() -> None:
    """Changed in its lowest bit, which leaves a letter a letter and a number a number."""
    text = pretty(APPROVAL)
    ask = ask_of(APPROVAL)._replace(delegation_digest=OTHER)
    start, end = text.index(b'"alice"') + 1, text.index(b'"signature"')
    words = [place for place in range(start, end) if chr(text[place]).isalnum()]
    for place in words:
        back = read_back(edited(APPROVAL, ("flip", place, 1)), read_approval)
        assert back is None or not counted(back, ask).is_enough, text[place - 9 : place + 1]


@given(approvals, digests, st.integers(1, 9), st.data())
def test_nothing_but_the_exact_binding_is_granted(
    token: ApprovalToken, digest: str, more: int, data: st.DataObject
) -> None:
    asked = ask_of(token)
    assume(digest not in (token.intent_digest, token.policy_digest))
    other = data.draw(st.text(max_size=5).map(trim).filter(lambda s: s not in token.scope))
    wrong = [
        asked._replace(intent_digest=digest),
        asked._replace(policy_digest=digest),
        asked._replace(delegation_digest=digest),
        asked._replace(own_identities=(token.approver_identity,)),
        asked._replace(required=2),
    ]
    if "*" not in token.scope:
        wrong.append(asked._replace(scope=(*token.scope, other)))
    if token.max_targets:
        wrong.append(asked._replace(targets=token.max_targets + more))
    if token.max_ops:
        wrong.append(asked._replace(ops=token.max_ops + more))
    assert [ask for ask in wrong if counted(token, ask).is_enough] == []
    assert not counted(token, asked, NOON_NS + HOUR).is_enough
    assert not counted(token, asked, NOON_NS - 2 * HOUR).is_enough


@given(st.text(max_size=12))
def test_the_form_of_a_person_is_its_own_form(name: str) -> None:
    assert same_person_form(same_person_form(name)) == same_person_form(name)
    assert same_person_form(lower(name)) == same_person_form(name) or not name.isascii()
