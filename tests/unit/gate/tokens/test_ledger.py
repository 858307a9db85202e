import hashlib
import json
import os
from pathlib import Path

import pytest

from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.tokens.counting import ApprovalAsk, ApprovalCount
from gait_engine.gate.tokens.ledger import claim, count_with_ledger
from tests.support.hosts import FrozenHost
from tests.support.tokens import ASK, TWO, altered, approval, count, signed_as_is

BOB = approval(approver_identity="bob")


@pytest.fixture
def ledger(frozen_host: FrozenHost) -> Path:
    return frozen_host.cwd / "used" / "tokens"


def once(counted: ApprovalCount, ask: ApprovalAsk, host: FrozenHost) -> ApprovalCount:
    return count_with_ledger(counted, ask, "used/tokens", trace_id="t1", host=host)


def names(ledger: Path) -> set[str]:
    return {file.name for file in ledger.iterdir()}


def test_a_token_passes_once(frozen_host: FrozenHost, ledger: Path) -> None:
    counted = count([approval()])
    assert once(counted, ASK, frozen_host) == counted
    again = once(counted, ASK, frozen_host)
    assert (again.valid, again.is_enough, again.token_ids) == (0, False, ())
    assert again.reasons == ("approval_chain_insufficient", "approval_token_replayed")
    assert again.violations == ("approval_not_granted",)
    assert names(ledger) == {f"{approval().token_id}.json"}


def test_the_ledger_says_which_call_used_a_token_and_when(
    frozen_host: FrozenHost, ledger: Path
) -> None:
    once(count([approval()]), ASK, frozen_host)
    (file,) = ledger.iterdir()
    assert json.loads(file.read_bytes()) == {
        "token_id": approval().token_id,
        "trace_id": "t1",
        "claimed_at": "2026-02-05T12:00:00Z",
    }
    if os.name != "nt":
        assert (file.stat().st_mode & 0o777, ledger.stat().st_mode & 0o777) == (0o600, 0o750)


def test_a_count_that_is_not_enough_uses_nothing_up(frozen_host: FrozenHost, ledger: Path) -> None:
    counted = count([approval()], TWO)
    assert once(counted, TWO, frozen_host) == counted
    assert not ledger.exists()


def test_where_the_rest_is_not_enough_it_is_given_back(
    frozen_host: FrozenHost, ledger: Path
) -> None:
    once(count([BOB]), ASK, frozen_host)
    refused = once(count([approval(), BOB], TWO), TWO, frozen_host)
    assert [entry.error_code for entry in refused.entries] == ["", "approval_token_replayed"]
    assert not refused.is_enough
    assert names(ledger) == {f"{BOB.token_id}.json"}
    assert once(count([approval()]), ASK, frozen_host).is_enough


def test_a_forgery_of_a_used_token_keeps_its_own_fault(frozen_host: FrozenHost) -> None:
    once(count([BOB]), ASK, frozen_host)
    forged = altered(BOB, scope=("*",))
    refused = once(count([forged, BOB]), ASK, frozen_host)
    assert [entry.error_code for entry in refused.entries] == [
        "approval_token_signature_invalid",
        "approval_token_replayed",
    ]


def test_where_the_rest_is_enough_it_passes(frozen_host: FrozenHost, ledger: Path) -> None:
    once(count([BOB]), ASK, frozen_host)
    carol = approval(approver_identity="carol")
    passed = once(count([BOB, approval(), carol], TWO), TWO, frozen_host)
    assert passed.is_enough
    assert passed.reasons == ("approval_granted", "approval_token_replayed")
    assert len(names(ledger)) == 3


def test_the_same_token_in_two_files_is_used_once(frozen_host: FrozenHost, ledger: Path) -> None:
    counted = count([approval(), approval()])
    assert once(counted, ASK, frozen_host).valid == 2
    assert once(counted, ASK, frozen_host).valid == 0
    assert len(names(ledger)) == 1


@pytest.mark.parametrize(
    "token_id", ["../../x", "a/b", ".", "x" * 300, "A" * 24, "ж", "a" * 24 + "\n", "CON"]
)
def test_an_id_is_never_a_path(frozen_host: FrozenHost, ledger: Path, token_id: str) -> None:
    assert claim("used/tokens", [token_id], trace_id="t1", host=frozen_host) == ()
    assert claim("used/tokens", [token_id], trace_id="t2", host=frozen_host) == (token_id,)
    assert names(ledger) == {f"{hashlib.sha256(token_id.encode()).hexdigest()}.json"}


def test_white_space_around_an_id_makes_no_other_token(frozen_host: FrozenHost) -> None:
    chosen = "chosen by its signer"
    token = signed_as_is(approval(), token_id=chosen)
    assert once(count([token]), ASK, frozen_host).is_enough
    padded = altered(token, token_id=f" {chosen} ")
    assert count([padded]).is_enough
    assert not once(count([padded]), ASK, frozen_host).is_enough


@pytest.mark.skipif(os.name == "nt", reason="links are POSIX")
def test_a_link_in_the_place_of_a_claim_counts_as_one(
    frozen_host: FrozenHost, ledger: Path
) -> None:
    ledger.mkdir(parents=True)
    (ledger / f"{approval().token_id}.json").symlink_to(frozen_host.cwd / "nowhere")
    assert not once(count([approval()]), ASK, frozen_host).is_enough
    assert not (frozen_host.cwd / "nowhere").exists()


def test_a_failure_gives_back_what_was_claimed_before_it(
    frozen_host: FrozenHost, ledger: Path
) -> None:
    counted = count([approval(), BOB], TWO)
    blocked = ledger / f"{counted.token_ids[1]}.json"
    blocked.mkdir(parents=True)
    with pytest.raises(InvalidInput, match="a folder, expected a file name"):
        once(counted, TWO, frozen_host)
    assert names(ledger) == {blocked.name}


def test_a_ledger_that_is_a_file_ends_the_command(frozen_host: FrozenHost, ledger: Path) -> None:
    ledger.parent.mkdir()
    ledger.write_text("")
    with pytest.raises(GaitError):
        once(count([approval()]), ASK, frozen_host)
