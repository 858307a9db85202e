"""What stands between a decision and its effect: everything holds back, only approvals let pass."""

import sys
from pathlib import Path
from typing import Any, Final

import pytest

from gait_engine.api import gate as api
from gait_engine.contract.answers.gate import GateAnswer
from gait_engine.contract.policy import VERDICTS
from gait_engine.errors import GaitError, InternalFailure, InvalidInput, StateContention
from gait_engine.host import Host
from gait_engine.store.locks import STANDARD, hold_lock
from tests.support.brokers import BROKERED
from tests.support.faults import in_children
from tests.support.gates import (
    DELETE,
    SIGNED,
    approve,
    evaluated,
    files_in,
    furnish,
    options,
    write_intent,
    write_policy,
)
from tests.support.hosts import FrozenHost
from tests.support.tokens import delegation, write_token

HELD: Final = {"effect": "require_approval"}
KEYED: Final = {"approval_public_key": "gate.pub"}
LIMITED: Final = {"rate_limit": {"requests": 1}}
STATE: Final = {"rate_limit_state": "rl.json"}
DELEGATED: Final = {"match": {"require_delegation": True, "delegation_scopes": ["write"]}}
CHAIN: Final = {"requester_identity": "spec", "scope_class": "write"}
GIVEN: Final = {"approval_token": "token.json"}
TOKEN: Final = {**KEYED, **GIVEN}
REFERENCE: Final = {"approval_token_ref": " ref "}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    furnish(tmp_path)
    return tmp_path


def approved(host: FrozenHost, **fields: Any) -> GateAnswer:
    """Approve the call of the folder and evaluate it once more."""
    approve(host.cwd, evaluated(host, **fields))
    return evaluated(host, **TOKEN, **fields)


# ---------------------------------------------------------------- approvals


def test_without_a_token_a_call_waits_for_its_approval(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    answer = evaluated(frozen_host)
    assert (answer.verdict, answer.required_approvals, answer.valid_approvals) == (
        "require_approval",
        1,
        0,
    )
    assert "approval_token_missing" in answer.reason_codes
    assert answer.violations == ("approval_not_granted",)


def test_a_token_about_this_very_call_lets_it_pass(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    answer = approved(frozen_host, **REFERENCE)
    assert (answer.verdict, answer.valid_approvals, answer.violations) == ("allow", 1, ())
    assert answer.reason_codes == ("approval_granted", "matched_rule_r1")
    assert len(answer.approval_ref) == 24


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"intent_digest": "0" * 64}, "approval_token_intent_mismatch"),
        ({"policy_digest": "0" * 64}, "approval_token_policy_mismatch"),
        ({"scope": ("tool:other",)}, "approval_token_scope_mismatch"),
        ({"approver_identity": "agent-7"}, "self_approval"),
    ],
)
def test_a_token_about_anything_else_does_not(
    frozen_host: FrozenHost, folder: Path, fields: dict[str, Any], code: str
) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host), **fields)
    answer = evaluated(frozen_host, **REFERENCE, **TOKEN)
    assert (answer.verdict, answer.approval_ref) == ("require_approval", "ref")
    assert {code, "approval_chain_insufficient"} <= set(answer.reason_codes)


def test_a_token_for_a_verdict_of_block_is_not_even_read(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {"effect": "block", "min_approvals": 2})
    answer = evaluated(frozen_host, **TOKEN)
    assert (answer.verdict, answer.required_approvals) == ("block", 0)


def test_by_default_tokens_are_checked_with_the_gates_own_key(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    own = evaluated(frozen_host, **GIVEN, **SIGNED)
    assert (own.verdict, len(own.warnings)) == ("allow", 1)
    assert "whoever runs the gate can approve" in own.warnings[0]
    assert evaluated(frozen_host, **TOKEN, **SIGNED).warnings == ()
    foreign = evaluated(frozen_host, **GIVEN)
    assert "approval_token_signature_invalid" in foreign.reason_codes


def test_in_production_they_need_a_key_of_their_own(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    production = {"profile": "oss-prod", **SIGNED, **GIVEN}
    with pytest.raises(InvalidInput, match="approval key: none given"):
        evaluated(frozen_host, **production)
    assert evaluated(frozen_host, **KEYED, **production).verdict == "allow"


@pytest.mark.parametrize("text", [None, b"", b"{", b'{"scope":1}'])
def test_a_token_that_cannot_be_read_ends_the_command(
    frozen_host: FrozenHost, folder: Path, text: bytes | None
) -> None:
    write_policy(folder, HELD)
    if text is not None:
        (folder / "token.json").write_bytes(text)
    before = files_in(folder)
    with pytest.raises(InvalidInput):
        evaluated(frozen_host, **TOKEN)
    assert files_in(folder) == before


def test_two_people_must_be_two(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {**HELD, "min_approvals": 2})
    asked = evaluated(frozen_host)
    for name, who in (("a.json", "alice"), ("b.json", "bob"), ("c.json", "ALICE")):
        approve(folder, asked, name, approver_identity=who)
    chains = {"a.json": 4, "a.json,c.json": 4, "a.json,b.json": 0, "c.json,a.json,b.json": 0}
    for chain, code in chains.items():
        answer = evaluated(frozen_host, approval_token_chain=chain, **KEYED)
        assert answer.success_code == code, chain


# ---------------------------------------------------------------- ledger


def test_with_a_ledger_a_token_passes_one_call(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    ledger = {"token_ledger": "used"}
    assert evaluated(frozen_host, **TOKEN, **ledger).verdict == "allow"
    again = evaluated(frozen_host, **TOKEN, **ledger)
    assert again.verdict == "require_approval"
    assert "approval_token_replayed" in again.reason_codes


def test_a_trial_uses_no_token_up(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    ledger = {"token_ledger": "used"}
    assert evaluated(frozen_host, simulate=True, **TOKEN, **ledger).simulated_verdict == "allow"
    assert evaluated(frozen_host, **TOKEN, **ledger).verdict == "allow"


def test_a_token_comes_back_where_the_call_could_not_be_recorded(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    ledger = {"token_ledger": "used"}
    (folder / "plain").touch()
    with pytest.raises(InvalidInput):
        evaluated(frozen_host, **TOKEN, **ledger, approval_audit_out="plain/audit.json")
    assert evaluated(frozen_host, **TOKEN, **ledger).verdict == "allow"


@pytest.mark.skipif(sys.platform == "win32", reason="forks are POSIX")
def test_of_eight_gates_at_once_exactly_one_gets_the_token(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, HELD)
    approve(folder, evaluated(frozen_host))
    (folder / "out").mkdir()

    def work(number: int) -> None:
        trace = f"out/{number}.json"
        audit = f"out/audit{number}.json"
        asked = {**TOKEN, "token_ledger": "used", "trace_out": trace, "approval_audit_out": audit}
        host = FrozenHost(folder)
        if evaluated(host, **asked).verdict == "allow":
            (folder / f"passed{number}").touch()

    statuses = in_children([lambda n=n: work(n) for n in range(8)])  # type: ignore[misc]
    assert statuses == [0] * 8
    assert len(list(folder.glob("passed*"))) == 1


# ---------------------------------------------------------------- rate limits


def test_a_limit_counts_every_verdict_and_blocks_beyond_it(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, LIMITED)
    first, second = evaluated(frozen_host, **STATE), evaluated(frozen_host, **STATE)
    assert (first.verdict, first.rate_limit_used, first.rate_limit_remaining) == ("allow", 1, 0)
    assert (first.rate_limit_scope, first.rate_limit_key) == ("tool_identity", "db.query|agent-7")
    assert (second.verdict, second.violations) == ("block", ("rate_limit_exceeded",))


def test_a_destructive_budget_counts_destruction(frozen_host: FrozenHost, folder: Path) -> None:
    budget = {"effect": "allow", "destructive_budget": {"requests": 1}}
    write_policy(folder, budget)
    write_intent(folder, targets=[DELETE], context={"phase": "plan"})
    first, second = evaluated(frozen_host, **STATE), evaluated(frozen_host, **STATE)
    assert (first.verdict, first.destructive_budget_used) == ("dry_run", 1)
    assert first.destructive_budget_key == "destructive_budget|db.query|agent-7"
    assert (second.verdict, second.violations) == ("block", ("destructive_budget_exceeded",))


def test_a_token_does_not_help_beyond_a_limit(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {**HELD, **LIMITED})
    answer = approved(frozen_host, **STATE)
    assert (answer.verdict, answer.valid_approvals) == ("block", 0)


@pytest.mark.parametrize("text", [b"", b"{", b'{"counters":[{"key":"k","count":-1}]}'])
def test_a_state_that_cannot_be_read_ends_the_command(
    frozen_host: FrozenHost, folder: Path, text: bytes
) -> None:
    write_policy(folder, LIMITED)
    (folder / "rl.json").write_bytes(text)
    before = files_in(folder)
    with pytest.raises(InvalidInput):
        evaluated(frozen_host, **STATE)
    assert files_in(folder) == before


def test_a_state_without_a_folder_is_no_reason_to_stop_counting(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, LIMITED)
    with pytest.raises(InternalFailure, match="its folder is missing"):
        evaluated(frozen_host)


def test_a_busy_state_is_given_up_without_a_verdict(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, LIMITED)
    with hold_lock(folder / "rl.json", STANDARD, Host()), pytest.raises(StateContention) as busy:
        evaluated(frozen_host, **STATE)
    assert (busy.value.exit_code, busy.value.retryable) == (1, True)


@pytest.mark.skipif(sys.platform == "win32", reason="forks are POSIX")
def test_eight_gates_at_once_grant_exactly_the_limit(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {"rate_limit": {"requests": 20, "window": "hour"}})

    def work(number: int) -> None:
        gate = api.open_gate(
            options(**STATE, trace_out=f"out/{number}.jsonl"), host=FrozenHost(folder)
        )
        intent = (folder / "intent.json").read_bytes()
        verdicts = [api.decide(gate, intent, host=Waiting(folder)).verdict for _ in range(5)]
        (folder / f"passed{number}").write_text(str(verdicts.count("allow")), encoding="utf-8")

    statuses = in_children([lambda n=n: work(n) for n in range(8)])  # type: ignore[misc]
    assert statuses == [0] * 8
    assert sum(int(path.read_text(encoding="utf-8")) for path in folder.glob("passed*")) == 20


class Waiting(FrozenHost):
    """A host whose date stands still and whose waiting is real."""

    def monotonic(self) -> float:
        return Host().monotonic()

    def pause(self, seconds: float) -> None:
        Host().pause(seconds)


# ---------------------------------------------------------------- delegation


def test_a_delegation_that_is_not_proven_blocks_whatever_approvals_say(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {**DELEGATED, **HELD})
    write_intent(folder, delegation=CHAIN)
    answer = approved(frozen_host)
    assert (answer.verdict, answer.delegation_required, answer.valid_delegations) == (
        "block",
        True,
        0,
    )
    assert {"delegation_token_missing", "matched_rule_r1"} <= set(answer.reason_codes)
    assert not {"approval_granted", "approval_token_missing"} & set(answer.reason_codes)
    assert answer.success_code == 3


def test_a_delegation_that_is_proven_leaves_the_verdict(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, DELEGATED)
    write_intent(folder, delegation=CHAIN)
    token = delegation()
    name = write_token(folder, token)
    asked = {"delegation_token": name, "delegation_public_key": "gate.pub"}
    answer = evaluated(frozen_host, **asked)
    assert (answer.verdict, answer.delegation_ref) == ("allow", token.token_id)
    assert (folder / answer.delegation_audit_path).is_file()


def test_in_production_a_delegation_needs_a_key_of_its_own_or_that_of_approvals(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, DELEGATED)
    write_intent(folder, delegation=CHAIN)
    asked = {"profile": "oss-prod", "delegation_token": write_token(folder, delegation()), **SIGNED}
    with pytest.raises(InvalidInput, match="delegation key: none given"):
        evaluated(frozen_host, **asked)
    assert evaluated(frozen_host, **asked, **KEYED).verdict == "allow"


# ---------------------------------------------------------------- broker


def test_without_a_broker_a_call_that_needs_a_credential_is_blocked(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, BROKERED)
    answer = evaluated(frozen_host)
    assert (answer.verdict, answer.violations) == ("block", ("broker_credential_missing",))
    assert "broker_credential_required" in answer.reason_codes


def test_a_credential_that_was_issued_is_told_but_never_shown(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, BROKERED)
    host = FrozenHost(folder, {"GAIT_BROKER_TOKEN_EGRESS": "planted-credential"})
    answer = evaluated(host, credential_broker="env")
    assert (answer.verdict, answer.credential_source) == ("allow", "env")
    assert answer.credential_ref.startswith("env:GAIT_BROKER_TOKEN_EGRESS:")
    assert "planted-credential" not in str(answer)
    written = [(folder / name).read_bytes() for name in files_in(folder)]
    assert not any(b"planted-credential" in text for text in written)


def test_a_broker_that_fails_blocks_and_says_why(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, BROKERED)
    answer = evaluated(frozen_host, credential_broker="env")
    assert (answer.verdict, answer.violations) == ("block", ("broker_credential_missing",))
    assert answer.warnings[-1].startswith("credential broker: ")
    assert answer.credential_evidence_path == ""


def test_a_faulty_receipt_blocks_and_its_evidence_is_kept(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_policy(folder, {**BROKERED, "max_credential_ttl_seconds": 1})
    context = {
        "credential_ref": "ref",
        "credential_source": "env",
        "credential_access_type": "jit",
        "credential_ttl_seconds": 1,
    }
    write_intent(folder, context=context)
    answer = evaluated(frozen_host, credential_broker="stub")
    assert (answer.verdict, "broker_ttl_exceeded" in answer.violations) == ("block", True)
    assert (folder / answer.credential_evidence_path).is_file()


@pytest.mark.parametrize("effect", ["block", "require_approval", "dry_run"])
def test_a_broker_is_only_asked_for_a_call_that_would_pass(
    frozen_host: FrozenHost, folder: Path, effect: str
) -> None:
    write_policy(folder, {**BROKERED, "effect": effect})
    answer = evaluated(frozen_host, credential_broker="stub")
    assert (answer.verdict, answer.credential_ref) == (effect, "")


def test_a_broker_is_asked_once_a_call_is_approved(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, {**BROKERED, **HELD})
    answer = approved(frozen_host, credential_broker="stub")
    assert answer.verdict == "allow"
    assert {"approval_granted", "broker_credential_present"} <= set(answer.reason_codes)


# ---------------------------------------------------------------- simulation


@pytest.mark.parametrize("verdict", VERDICTS)
def test_a_simulation_lets_pass_and_says_what_would_have_been(
    frozen_host: FrozenHost, folder: Path, verdict: str
) -> None:
    write_policy(folder, {"effect": verdict, "violations": ["v"]})
    real, said = evaluated(frozen_host), evaluated(frozen_host, simulate=True)
    would_block = verdict in ("block", "require_approval")
    assert (said.simulate_mode, said.would_have_blocked) == (True, would_block)
    assert (said.simulated_verdict, said.simulated_reason_codes) == (verdict, real.reason_codes)
    assert said.verdict == ("allow" if would_block else verdict)
    added = {f"simulated_{verdict}"} if would_block else set()
    assert set(said.reason_codes) - set(real.reason_codes) == {
        "simulate_mode_non_enforcing",
        *added,
    }
    assert said.violations == (() if would_block else real.violations)
    assert said.success_code == 0


def test_a_simulation_counts_limits(frozen_host: FrozenHost, folder: Path) -> None:
    write_policy(folder, LIMITED)
    asked = {**STATE, "simulate": True}
    assert evaluated(frozen_host, **asked).simulated_verdict == "allow"
    assert evaluated(frozen_host, **asked).simulated_verdict == "block"


def test_a_simulation_is_no_way_around_what_cannot_be_known(
    frozen_host: FrozenHost, folder: Path
) -> None:
    write_intent(folder, context={"risk_class": "high"})
    with pytest.raises(GaitError) as caught:
        evaluated(frozen_host, simulate=True, wrkr_inventory="none.json")
    assert caught.value.exit_code == 3
