"""Laws of enforcement: what no token, broker, limit or simulation may bring about.

The calls are drawn, decided by the gate itself and enforced with real tokens. Contract: gate.md
4.3 to 4.5, 6.2, 7. Every run tries fresh calls; the message of a failure names the one.
"""

import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

import pytest

from gait_engine.contract.decision import Decision
from gait_engine.errors import GaitError, InvalidInput
from gait_engine.gate.broker.issue import resolve
from gait_engine.gate.broker.request import BrokerOptions
from gait_engine.gate.decide import Decided
from gait_engine.gate.enforce import enforce
from gait_engine.gate.enforced import Enforced
from tests.support.gatedraws import Case, draw_case
from tests.support.gatedrawsintent import NOON, Dict
from tests.support.gatedrawsjudged import decided_by, gate_of
from tests.support.gatedrawspolicy import draw_demanding_policy
from tests.support.gatedrawstokens import (
    Asked,
    Drawn,
    are_enough,
    are_proven,
    as_file,
    draw_approval,
    draw_approvals,
    draw_delegations,
    good_approval,
    good_delegation,
    links_of,
)
from tests.support.gatemodelaround import asking
from tests.support.gatemodelrule import STRONGER
from tests.support.hosts import FrozenHost

STRANGERS: Final = ["ann", "ben", "cyd", "dee"]
MINUTE_NS: Final = 60 * 10**9


class Call(NamedTuple):
    """A decided call, what tokens must be about, and more randomness."""

    name: str
    rng: Random
    case: Case
    decided: Decided
    asked: Asked

    @property
    def scopes(self) -> list[str]:
        return list(self.decided.decision.delegation_scopes)


@pytest.fixture
def host(frozen_host: FrozenHost) -> FrozenHost:
    return frozen_host


Wanted = Callable[[Decision], bool]


def asks_for_approval(decision: Decision) -> bool:
    return decision.verdict == "require_approval"


def asks_for_approval_alone(decision: Decision) -> bool:
    return asks_for_approval(decision) and not decision.require_delegation


def calls(
    host: FrozenHost, count: int, wanted: Wanted = bool, kill_switch: list[Dict] | None = None
) -> Iterator[Call]:
    """Yield so many fresh calls whose decision is wanted; their rules ask for much."""
    seed, found, number = secrets.randbits(64), 0, 0
    while found < count:
        number += 1
        rng = Random(f"{seed}/{number}")  # noqa: S311  # reproducible on purpose
        case: Case = {**draw_case(rng), "profile": "standard", "kill_switch": kill_switch}
        case["policy"] = draw_demanding_policy(rng)
        call = call_of(f"{seed}/{number}", case, rng, host)
        if call is not None and wanted(call.decided.decision):
            found += 1
            yield call


def call_of(name: str, case: Case, rng: Random, host: FrozenHost) -> Call | None:
    """Let the gate decide a call; None where it refuses to."""
    try:
        decided = decided_by(gate_of(case, host.cwd), case["intent"], host)
    except GaitError:
        return None
    asked = Asked(case["intent"], decided.digests.intent, decided.digests.policy)
    return Call(name, rng, case, decided, asked)


def enforced(call: Call, host: FrozenHost, *tokens: list[Drawn], **more: Any) -> Enforced:
    """Enforce with approvals and delegations that are handed in as files."""
    approvals, delegations = (*tokens, [], [])[:2]
    options = {
        "approval_token_chain": written(approvals, host.cwd, "a"),
        "delegation_token_chain": written(delegations, host.cwd, "d"),
        "simulate": more.pop("simulate", False),
        "token_ledger": more.pop("token_ledger", ""),
        "rate_limit_state": "limits.json",
    }
    gate = gate_of(call.case, host.cwd, **options)._replace(**more)
    return enforce(gate, call.decided, host=host)


def written(tokens: list[Drawn], folder: Path, prefix: str) -> str:
    names = [f"{prefix}{number}.json" for number in range(len(tokens))]
    for name, drawn in zip(names, tokens, strict=True):
        (folder / name).write_bytes(as_file(drawn.token))
    return ",".join(names)


def flawless(call: Call) -> tuple[list[Drawn], list[Drawn]]:
    """Mint everything a call could ask for."""
    people = [name for name in STRANGERS if name not in asking(call.asked.intent)]
    approvals = [Drawn(good_approval(call.asked, name), is_good=True) for name in people]
    links = links_of(call.asked.intent)
    delegations = [good_delegation(call.asked, call.scopes, *link) for link in links]
    return approvals, [Drawn(token, is_good=True) for token in delegations]


def stub(host: FrozenHost) -> Any:
    return resolve(BrokerOptions(name="stub"), host=host)


def expected(call: Call, approvals: list[Drawn], delegations: list[Drawn]) -> str:
    """Say what must become of a call without a broker, counting tokens naively."""
    decision, intent = call.decided.decision, call.asked.intent
    verdict = decision.verdict
    if decision.require_delegation and not are_proven(delegations, intent):
        return "block"
    distinct = decision.require_distinct_approvers
    if verdict == "require_approval" and are_enough(
        approvals, intent, decision.min_approvals, distinct=distinct
    ):
        verdict = "allow"
    return "block" if decision.require_broker_credential and verdict == "allow" else verdict


# ---------------------------------------------------------------- tokens


def test_a_call_passes_exactly_when_a_naive_count_of_its_tokens_lets_it(host: FrozenHost) -> None:
    outcomes: Counter[tuple[str, str]] = Counter()
    for call in calls(host, 1_000):
        approvals = draw_approvals(call.rng, call.asked)
        delegations = draw_delegations(call.rng, call.asked, call.scopes)
        verdict = enforced(call, host, approvals, delegations).decision.verdict
        assert verdict == expected(call, approvals, delegations), call.name
        outcomes[call.decided.decision.verdict, verdict] += 1
    assert min(outcomes["require_approval", v] for v in ("require_approval", "allow", "block")) > 25
    assert {before for before, after in outcomes if after == "allow"} == {
        "allow",
        "require_approval",
    }


def test_no_tokens_that_are_all_spoilt_let_a_call_pass(host: FrozenHost) -> None:
    for call in calls(host, 200, asks_for_approval):
        drawn = [draw_approval(call.rng, call.asked) for _ in range(8)]
        spoilt = [each for each in drawn if not each.is_good]
        _, delegations = flawless(call)
        state = enforced(call, host, spoilt, delegations, broker=stub(host))
        assert state.decision.verdict in ("require_approval", "block"), call.name


def test_a_block_stays_a_block_whatever_is_handed_in(host: FrozenHost) -> None:
    for call in calls(host, 200, lambda decision: decision.verdict == "block"):
        state = enforced(call, host, *flawless(call), broker=stub(host))
        assert state.decision.verdict == "block", call.name
        assert {*call.decided.decision.violations} <= {*state.decision.violations}, call.name


def test_a_call_that_the_kill_switch_stopped_passes_with_no_token(host: FrozenHost) -> None:
    stop = [{"entry_id": "k", "enabled": True, "created_at": NOON}]
    for call in calls(host, 200, kill_switch=stop):
        state = enforced(call, host, *flawless(call), broker=stub(host))
        assert state.decision.verdict == "block", call.name


def test_without_any_token_enforcing_never_weakens_a_verdict(host: FrozenHost) -> None:
    for call in calls(host, 300):
        before = call.decided.decision
        for broker in (None, stub(host)):
            after = enforced(call, host, broker=broker).decision
            assert STRONGER.index(after.verdict) >= STRONGER.index(before.verdict), call.name
            assert {*before.reason_codes} <= {*after.reason_codes}, call.name
            assert {*before.violations} <= {*after.violations}, call.name


def test_one_more_token_takes_no_approval_away(host: FrozenHost) -> None:
    for call in calls(host, 200, asks_for_approval):
        approvals, delegations = flawless(call)
        before = enforced(call, host, approvals, delegations).decision.verdict
        more = [*approvals, draw_approval(call.rng, call.asked)]
        call.rng.shuffle(more)
        assert enforced(call, host, more, delegations).decision.verdict == before, call.name


def test_one_person_under_many_names_is_one_approver(host: FrozenHost) -> None:
    names = ["ann", "ann", "Ann", "ANN", "ann\u200b", "\uff41nn", "\u0430nn"]
    for call in calls(host, 60, lambda d: asks_for_approval(d) and d.min_approvals > 1):
        own = asking(call.asked.intent)[0]
        tokens = [good_approval(call.asked, name) for name in (*names, own)]
        given = [Drawn(token, is_good=True) for token in call.rng.sample(tokens, len(tokens))]
        _, delegations = flawless(call)
        assert enforced(call, host, given, delegations).decision.verdict != "allow", call.name


@pytest.mark.parametrize("text", [b"", b"{", b"[]", b'{"scope": 1}', b"\xff"])
def test_a_token_that_cannot_be_read_ends_the_call_without_a_verdict(
    host: FrozenHost, text: bytes
) -> None:
    """However good the others are: the operator is told of the file that is broken."""
    (host.cwd / "broken.json").write_bytes(text)
    for call in calls(host, 10, asks_for_approval_alone):
        approvals, _ = flawless(call)
        names = f"{written(approvals, host.cwd, 'a')},broken.json"
        gate = gate_of(call.case, host.cwd, approval_token_chain=names)
        with pytest.raises(InvalidInput):
            enforce(gate, call.decided, host=host)


def test_under_oss_prod_the_gates_own_key_approves_nothing(host: FrozenHost) -> None:
    for call in calls(host, 20, asks_for_approval):
        call.case["profile"] = "oss-prod"
        with pytest.raises(InvalidInput):
            enforced(call, host, *flawless(call))


def test_a_token_in_the_ledger_lets_one_call_pass_and_no_other(host: FrozenHost) -> None:
    granted: Counter[bool] = Counter()
    for call in calls(host, 60, asks_for_approval_alone):
        first, second = (
            enforced(call, host, *flawless(call), token_ledger=call.name.replace("/", "-"))
            for _ in range(2)
        )
        granted["approval_granted" in first.decision.reason_codes] += 1
        assert "approval_granted" not in second.decision.reason_codes, call.name
        assert second.decision.verdict != "allow", call.name
    assert granted[True] > 20


# ---------------------------------------------------------------- broker, limits, simulation


def test_a_call_that_needs_a_credential_passes_only_with_one(host: FrozenHost) -> None:
    passed = 0
    for call in calls(host, 150, lambda decision: decision.require_broker_credential):
        tokens = flawless(call)
        assert enforced(call, host, *tokens).decision.verdict != "allow", call.name
        state = enforced(call, host, *tokens, broker=stub(host))
        if state.decision.verdict == "allow":
            passed += 1
            assert state.issued is not None, call.name
            assert "broker_credential_present" in state.decision.reason_codes, call.name
    assert passed > 10


def test_a_call_that_needs_no_credential_is_not_changed_by_a_broker(host: FrozenHost) -> None:
    for call in calls(host, 100, lambda decision: not decision.require_broker_credential):
        tokens = flawless(call)
        plain, brokered = (enforced(call, host, *tokens, broker=b) for b in (None, stub(host)))
        assert brokered == plain, call.name


def test_a_limit_lets_as_many_calls_pass_as_it_says_and_no_token_more(host: FrozenHost) -> None:
    limit = {"requests": 2, "window": "minute", "scope": "tool_identity"}
    rule = {"name": "all", "effect": "require_approval", "rate_limit": limit}
    for call in calls(host, 30):
        host.now += MINUTE_NS  # a window of its own for each call
        case: Case = {**call.case, "scripts": []}
        case["policy"] = {"default_verdict": "allow", "rules": [rule]}
        limited = call_of(call.name, case, call.rng, host)
        assert limited is not None
        states = [enforced(limited, host, *flawless(limited)) for _ in range(4)]
        verdicts = [state.decision.verdict for state in states]
        assert verdicts == ["allow", "allow", "block", "block"], call.name
        assert all("rate_limit_exceeded" in s.decision.violations for s in states[2:]), call.name


def test_simulating_changes_nothing_of_what_is_simulated(host: FrozenHost) -> None:
    for call in calls(host, 300):
        approvals = draw_approvals(call.rng, call.asked)
        delegations = draw_delegations(call.rng, call.asked, call.scopes)
        broker = call.rng.choice([None, stub(host)])
        real = enforced(call, host, approvals, delegations, broker=broker).decision
        state = enforced(call, host, approvals, delegations, broker=broker, simulate=True)
        assert state.simulation is not None
        assert state.simulation.verdict == real.verdict, call.name
        assert state.simulation.reason_codes == real.reason_codes, call.name
        held = real.verdict in ("block", "require_approval")
        assert state.simulation.would_have_blocked is held, call.name
        assert {*real.reason_codes} < {*state.decision.reason_codes}, call.name
        assert state.decision.verdict == ("allow" if held else real.verdict), call.name
