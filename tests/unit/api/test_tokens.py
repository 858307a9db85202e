import json
import os
from pathlib import Path
from typing import Any

import pytest

from gait_engine.api.tokens import (
    ApproveRequest,
    DelegateRequest,
    VerifyRequest,
    approve,
    mint_delegate,
    verify_delegate,
)
from gait_engine.contract.answers.tokens import DelegationVerifyAnswer
from gait_engine.contract.keys import KeySources
from gait_engine.crypto.keys import key_text
from gait_engine.errors import InvalidInput, VerificationFailed
from gait_engine.gate.tokens.counting import count_approvals
from gait_engine.gate.tokens.tokenfile import read_approval
from gait_engine.wire.jsonwrite import pretty
from tests.support.hosts import NOON_NS, FrozenHost
from tests.support.tokens import (
    ASK,
    EVENING,
    INTENT,
    KEY,
    MORNING,
    OTHER,
    POLICY,
    altered,
    delegation,
    write_token,
)

FILE = "t.json"
PRIVATE = KeySources(private_key="k.key")
PUBLIC = KeySources(public_key="k.pub")
APPROVE = ApproveRequest(
    intent_digest=INTENT,
    policy_digest=POLICY,
    ttl="1h",
    scope=("tool:db.query",),
    approver="alice",
    reason_code="reviewed",
    key_mode="prod",
    keys=PRIVATE,
)
DELEGATE = DelegateRequest(
    delegator="lead",
    delegate="spec",
    ttl="45m",
    scope=("write",),
    key_mode="prod",
    keys=PRIVATE,
)


@pytest.fixture(autouse=True)
def folder(frozen_host: FrozenHost) -> Path:
    (frozen_host.cwd / "k.key").write_bytes(key_text(KEY.private_bytes))
    (frozen_host.cwd / "k.pub").write_bytes(key_text(KEY.public_key))
    return frozen_host.cwd


def names(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()} - {"k.key", "k.pub"}


def test_what_is_approved_is_granted(frozen_host: FrozenHost, folder: Path) -> None:
    answer = approve(APPROVE, host=frozen_host)
    given = read_approval(answer.token_path, host=frozen_host)
    assert count_approvals([given], ASK, KEY.public_key, NOON_NS).is_enough
    assert given.token is not None
    assert answer.token_id == given.token.token_id
    assert answer.token_path == f"approval_{answer.token_id}.json"
    assert (answer.key_id, answer.warnings) == (KEY.key_id, ())
    assert (given.token.created_at, given.token.expires_at) == (
        "2026-02-05T12:00:00Z",
        "2026-02-05T13:00:00Z",
    )
    assert names(folder) == {answer.token_path}


def test_the_answer_says_when_it_expires_in_whole_seconds(frozen_host: FrozenHost) -> None:
    frozen_host.now += 999_999_999
    answer = approve(APPROVE._replace(ttl="1ns"), host=frozen_host)
    given = read_approval(answer.token_path, host=frozen_host)
    assert answer.expires_at == "2026-02-05T12:00:01Z"
    frozen_host.now -= 2
    answer = approve(APPROVE._replace(ttl="1ns", out="t.json"), host=frozen_host)
    given = read_approval("t.json", host=frozen_host)
    assert answer.expires_at == "2026-02-05T12:00:00Z"
    assert given.token is not None
    assert given.token.expires_at == "2026-02-05T12:00:00.999999998Z"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ttl": "1d", "scope": (), "key_mode": "x"}, "duration: '1d'"),
        ({"ttl": "0", "scope": ()}, "option --ttl: '0', expected more than 0s"),
        ({"ttl": "-1h"}, "option --ttl: '-1h', expected more than 0s"),
        ({"scope": (" ", ""), "key_mode": "x"}, "option --scope: empty"),
        ({"key_mode": "test", "intent_digest": "x"}, "key mode: 'test'"),
        ({"key_mode": "dev"}, "key mode: 'dev' with a key source"),
        ({"keys": KeySources()}, "private key: none given"),
        ({"intent_digest": "xyz", "policy_digest": ""}, r"approval token $.intent_digest: 'xyz'"),
        ({"approver": " "}, "approval token $.approver_identity: empty"),
        ({"max_ops": -1}, "approval token $.max_ops: -1"),
        ({"out": "k.key"}, "option --out: '"),
    ],
)
def test_what_is_not_valid_is_refused_in_order_and_nothing_is_written(
    frozen_host: FrozenHost, folder: Path, changes: dict[str, Any], said: str
) -> None:
    key = (folder / "k.key").read_bytes()
    with pytest.raises(InvalidInput) as refused:
        approve(APPROVE._replace(**changes), host=frozen_host)
    assert refused.value.message.startswith(said)
    assert names(folder) == set()
    assert (folder / "k.key").read_bytes() == key


def test_a_token_goes_where_it_is_asked_to_and_replaces_what_is_there(
    frozen_host: FrozenHost, folder: Path
) -> None:
    approve(APPROVE._replace(out=" d/t.json "), host=frozen_host)
    answer = approve(APPROVE._replace(out="d/t.json", approver="bob"), host=frozen_host)
    file = folder / "d" / "t.json"
    assert folder / answer.token_path == file
    assert json.loads(file.read_bytes())["approver_identity"] == "bob"
    if os.name != "nt":
        assert (file.stat().st_mode & 0o777, file.parent.stat().st_mode & 0o777) == (0o600, 0o750)


@pytest.mark.parametrize(
    ("changes", "warned"),
    [
        ({"ttl": "24h"}, ()),
        ({"ttl": "24h0.001s"}, ("ttl 24h0m0.001s: longer than 24h",)),
        ({"ttl": "876000h"}, ("ttl 876000h0m0s: longer than 24h",)),
        ({"key_mode": "dev", "keys": KeySources()}, ("dev key mode: ",)),
        ({"approver": "аlice"}, ("approver 'аlice': a word mixes scripts",)),
    ],
)
def test_what_will_be_regretted_is_warned_of(
    frozen_host: FrozenHost, changes: dict[str, Any], warned: tuple[str, ...]
) -> None:
    warnings = approve(APPROVE._replace(**changes), host=frozen_host).warnings
    assert len(warnings) == len(warned)
    assert all(text.startswith(start) for text, start in zip(warnings, warned, strict=True))


def test_what_is_delegated_verifies(frozen_host: FrozenHost) -> None:
    minted = mint_delegate(
        DELEGATE._replace(scope=("B", "a"), scope_class=" Write", intent_digest=INTENT.upper()),
        host=frozen_host,
    )
    assert minted.token_path == f"delegation_{minted.token_id}.json"
    asked = VerifyRequest(
        token=minted.token_path,
        delegator=" lead",
        delegate="spec",
        scope=("zz", " WRITE"),
        intent_digest=INTENT,
        policy_digest=POLICY,
        keys=PUBLIC,
    )
    verified = verify_delegate(asked, host=frozen_host)
    assert (verified.ok, verified.key_id, verified.token_path) == (
        True,
        KEY.key_id,
        minted.token_path,
    )
    for field in ("token_id", "delegator_identity", "delegate_identity", "scope", "expires_at"):
        assert getattr(verified, field) == getattr(minted, field)
    assert (verified.scope, verified.scope_class) == (("a", "b"), "write")
    assert verified.expires_at == "2026-02-05T12:45:00Z"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ttl": ""}, "duration: ''"),
        ({"scope": ("",)}, "option --scope: empty"),
        ({"delegate": ""}, "delegation token $.delegate_identity: empty"),
        ({"policy_digest": "x"}, "delegation token $.policy_digest: 'x'"),
    ],
)
def test_a_delegation_that_is_not_valid_is_not_minted(
    frozen_host: FrozenHost, folder: Path, changes: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        mint_delegate(DELEGATE._replace(**changes), host=frozen_host)
    assert refused.value.message.startswith(said)
    assert names(folder) == set()


@pytest.mark.parametrize(
    ("token", "asked", "code"),
    [
        (delegation(), {"delegator": "LEAD"}, "delegation_token_delegator_mismatch"),
        (delegation(), {"delegate": "x"}, "delegation_token_delegate_mismatch"),
        (delegation(), {"scope": ("read",)}, "delegation_token_scope_mismatch"),
        (
            delegation(intent_digest=INTENT),
            {"intent_digest": OTHER.upper()},
            "delegation_token_intent_mismatch",
        ),
        (delegation(expires_at=MORNING), {"delegator": "x"}, "delegation_token_expired"),
        (altered(delegation(), scope=("*",)), {}, "delegation_token_signature_invalid"),
        (
            delegation(created_at="2026-02-05T12:05:00.000000001Z"),
            {},
            "token_not_yet_valid",
        ),
    ],
)
def test_a_delegation_that_does_not_verify_is_named_with_its_fault(
    frozen_host: FrozenHost, folder: Path, token: Any, asked: dict[str, Any], code: str
) -> None:
    request = VerifyRequest(token=write_token(folder, token), keys=PUBLIC, **asked)
    with pytest.raises(VerificationFailed) as failed:
        verify_delegate(request, host=frozen_host)
    assert failed.value.code == code
    assert failed.value.answer == DelegationVerifyAnswer(
        ok=False, token_id=token.token_id, token_path=FILE
    )


def test_of_an_ambiguous_delegation_nothing_but_its_path_is_said(
    frozen_host: FrozenHost, folder: Path
) -> None:
    text = pretty(delegation()).replace(b"{", b'{"note": 1,', 1)
    (folder / "t.json").write_bytes(text)
    with pytest.raises(VerificationFailed) as failed:
        verify_delegate(VerifyRequest(token=FILE, keys=PUBLIC), host=frozen_host)
    assert failed.value.code == "json_unsigned_field"
    assert failed.value.hazards == (("json_unsigned_field", "t.json $.note"),)
    assert failed.value.answer == DelegationVerifyAnswer(ok=False, token_path=FILE)


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (VerifyRequest("none.json"), "delegation token: no key given"),
        (VerifyRequest("", keys=PUBLIC), "option --token: not given"),
        (VerifyRequest("none.json", keys=PUBLIC), "delegation token 'none.json': no such"),
        (VerifyRequest("k.pub", keys=PUBLIC), "k.pub: not JSON"),
        (
            VerifyRequest("none.json", intent_digest="x", keys=PUBLIC),
            "options $.intent_digest: 'x'",
        ),
    ],
)
def test_what_cannot_be_checked_is_bad_input(
    frozen_host: FrozenHost, request_: VerifyRequest, said: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        verify_delegate(request_, host=frozen_host)
    assert refused.value.message.startswith(said)


def test_an_expired_token_was_good_before(frozen_host: FrozenHost, folder: Path) -> None:
    request = VerifyRequest(token=write_token(folder, delegation()), keys=PUBLIC)
    answer = verify_delegate(request, host=frozen_host)
    assert answer.expires_at == EVENING
    frozen_host.now += 8 * 3600 * 10**9
    with pytest.raises(VerificationFailed):
        verify_delegate(request, host=frozen_host)
