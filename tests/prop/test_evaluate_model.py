"""Laws of evaluation, and its agreement with a naive model on random policies and intents.

An example of hypothesis is a seed; each seed is a hundred policies with an intent each.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gait_engine.contract.decision import Decision, FreezeDecision, SandboxDecision
from gait_engine.contract.intent import NormalIntent, Target
from gait_engine.contract.policy import (
    Endpoint,
    FreezeWindow,
    Match,
    Policy,
    RateLimit,
    Rule,
    SandboxRule,
    Window,
)
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.wire.timestamps import Timestamp
from tests.support.gatedraws import draw_pair
from tests.support.gatemodel import NOW, model

AROUND: Final = Circumstances(at=Timestamp(NOW))
PAIRS: Final = 100
SEEDS: Final = st.integers(min_value=0, max_value=2**32)
PASSWD: Final = Target(kind="path", value="/etc/passwd", endpoint_class="fs.read")
FREEZE: Final = FreezeWindow(enabled=True, timezone="UTC", effect="block")
ALLOW: Final = Rule(name="any", effect="allow")
BROKEN: Final[dict[str, dict[str, Any]]] = {
    "a zone that is none": {"freeze_window": msgspec.structs.replace(FREEZE, timezone="x")},
    "a window that is none": {
        "freeze_window": msgspec.structs.replace(FREEZE, windows=(Window(start="x", end="y"),))
    },
    "a limit in a window that nobody knows": {"rate_limit": RateLimit(requests=1, window="year")},
    "a sandbox that nobody proves": {
        "sandbox": SandboxRule(enabled=True, allowed_network_modes=("none",))
    },
    "an effect that nobody knows": {"effect": "perhaps"},
    "no effect at all": {"effect": ""},
    "a constraint without an action": {
        "endpoint": Endpoint(enabled=True, path_denylist=("/**",), domain_denylist=("*",))
    },
}


def pairs(seed: int) -> Iterator[tuple[dict[str, Any], dict[str, Any], Policy, NormalIntent]]:
    """Yield policies and intents, plain and typed."""
    for number in range(PAIRS):
        policy, intent = draw_pair(seed * PAIRS + number)
        yield policy, intent, typed(policy, Policy), typed(intent, NormalIntent)


def typed(plain: dict[str, Any], kind: type[msgspec.Struct]) -> Any:
    return msgspec.json.decode(json.dumps(plain), type=kind)


def shown(decision: Decision) -> dict[str, Any]:
    """Spell a decision as the model does."""
    limit, freeze, sandbox = decision.rate_limit, decision.freeze_window, decision.sandbox
    return {
        "verdict": decision.verdict,
        "reasons": list(decision.reason_codes),
        "violations": list(decision.violations),
        "min_approvals": decision.min_approvals,
        "require_distinct_approvers": decision.require_distinct_approvers,
        "require_delegation": decision.require_delegation,
        "delegation_scopes": list(decision.delegation_scopes),
        "require_broker_credential": decision.require_broker_credential,
        "broker_reference": decision.broker_reference,
        "broker_scopes": list(decision.broker_scopes),
        "rate_limit": (limit.requests, limit.window != "minute", limit.scope)
        if isinstance(limit, RateLimit)
        else None,
        "matched_rule": decision.matched_rule,
        "freeze": freeze.status if isinstance(freeze, FreezeDecision) else None,
        "sandbox": sandbox.status if isinstance(sandbox, SandboxDecision) else None,
        "steps": [
            (step.verdict, list(step.reason_codes), list(step.violations), step.matched_rule)
            for step in decision.step_verdicts
        ],
        "risk": decision.composite_risk_class,
    }


def with_rule(policy: Policy, rule: Rule) -> Policy:
    rules = sorted([*policy.rules, rule], key=lambda one: (one.priority, one.name))
    return msgspec.structs.replace(policy, rules=tuple(rules))


@given(SEEDS)
@settings(max_examples=100, deadline=None)
def test_the_evaluator_agrees_with_the_model(seed: int) -> None:
    for policy, intent, typed_policy, typed_intent in pairs(seed):
        decision = evaluate(typed_policy, typed_intent, AROUND)
        assert shown(decision) == model(policy, intent), (policy, intent)


@given(SEEDS, st.sampled_from([0, 1, 2, 3]))
@settings(max_examples=10, deadline=None)
def test_a_rule_that_does_not_match_changes_nothing(seed: int, priority: int) -> None:
    stranger = Rule(
        name="b stranger",
        priority=priority,
        effect="block",
        match=Match(tool_names=("no.such.tool",)),
        min_approvals=9,
    )
    for _, _, policy, intent in pairs(seed):
        before = evaluate(policy, intent, AROUND)
        assert evaluate(with_rule(policy, stranger), intent, AROUND) == before


@given(SEEDS, st.sampled_from([0, 1, 2, 3]))
@settings(max_examples=20, deadline=None)
def test_one_more_rule_that_blocks_leaves_the_verdict_or_blocks(seed: int, priority: int) -> None:
    for plain, _, policy, intent in pairs(seed):
        match = plain["rules"][0]["match"] if plain["rules"] else {}
        guard = Rule(name="guard", priority=priority, effect="block", match=typed(match, Match))
        before = evaluate(policy, intent, AROUND).verdict
        assert evaluate(with_rule(policy, guard), intent, AROUND).verdict in {before, "block"}


@pytest.mark.parametrize("what", BROKEN)
@given(SEEDS)
@settings(max_examples=2, deadline=None)
def test_what_cannot_be_judged_is_never_allowed(what: str, seed: int) -> None:
    """A rule that allows everything is broken in one way; a crash is no verdict at all."""
    rule = msgspec.structs.replace(ALLOW, **BROKEN[what])
    for _, _, policy, drawn in pairs(seed):
        intent = msgspec.structs.replace(drawn, targets=(PASSWD,), script=UNSET)
        lone = msgspec.structs.replace(policy, rules=(rule,))
        try:
            assert evaluate(lone, intent, AROUND).verdict == "block"
        except (KeyError, ValueError):
            continue
