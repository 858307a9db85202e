"""An explanation agrees with the decision it explains, on random policies and intents."""

import json
from collections.abc import Iterator
from typing import Any, Final

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import ExplainedRule, PolicyExplainAnswer
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Policy
from gait_engine.errors import InvalidInput
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.explain.case import Case
from gait_engine.gate.explain.changes import what_would_change
from gait_engine.gate.explain.walk import explain
from gait_engine.gate.intent import normalise, parse_intent
from gait_engine.gate.prepare import prepared
from gait_engine.gate.rules import taken_rules
from gait_engine.gate.verdicts import merged, strongest
from gait_engine.wire.timestamps import Timestamp
from tests.support.gatedraws import draw_pair
from tests.support.gatemodel import NOW

AROUND: Final = Circumstances(at=Timestamp(NOW))
PAIRS: Final = 50
SEEDS: Final = st.integers(min_value=0, max_value=2**32)
SHOWN: Final = ("verdict", "reason_codes", "violations", "matched_rule")


def pairs(seed: int) -> Iterator[tuple[Policy, NormalIntent]]:
    for number in range(PAIRS):
        policy, intent = draw_pair(seed * PAIRS + number)
        yield typed(policy, Policy), typed(intent, NormalIntent)


def typed(plain: dict[str, Any], kind: type[msgspec.Struct]) -> Any:
    return msgspec.json.decode(json.dumps(plain), type=kind)


def calls(answer: PolicyExplainAnswer) -> list[tuple[Any, tuple[ExplainedRule, ...]]]:
    """Return each call that was judged, with its rules."""
    if answer.script is UNSET:
        return [(answer, answer.rules)]
    return [(step, step.rules) for step in answer.script.steps]


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_what_is_explained_is_what_was_decided(seed: int) -> None:
    for policy, intent in pairs(seed):
        answer, decision = explain(policy, intent, AROUND), evaluate(policy, intent, AROUND)
        for name in SHOWN:
            assert getattr(answer, name) == getattr(decision, name)
        steps = () if answer.script is UNSET else answer.script.steps
        assert len(steps) == len(decision.step_verdicts)
        for step, verdict in zip(steps, decision.step_verdicts, strict=True):
            assert all(getattr(step, name) == getattr(verdict, name) for name in SHOWN)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_deciding_rules_add_up_to_the_decision(seed: int) -> None:
    for policy, intent in pairs(seed):
        answer = explain(policy, intent, AROUND)
        for call, rules in calls(answer):
            taken = [rule for rule in rules if rule.outcome is not UNSET]
            outcomes = [r.outcome for r in taken if r.state == "decides" and r.outcome is not UNSET]
            assert bool(taken) == (call.decided_by == "rules")
            if outcomes:
                assert {one.verdict for one in outcomes} == {call.verdict}
                assert merged(*(one.reason_codes for one in outcomes)) == call.reason_codes
                assert merged(*(one.violations for one in outcomes)) == call.violations


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_checks_of_a_rule_add_up_to_its_outcome(seed: int) -> None:
    for policy, intent in pairs(seed):
        for _, rules in calls(explain(policy, intent, AROUND)):
            for rule in rules:
                if rule.outcome is UNSET:
                    continue
                raised = [check for check in rule.outcome.checks if check.state == "raised"]
                verdicts = [rule.effect, *(check.verdict for check in raised)]
                assert strongest(verdicts) == rule.outcome.verdict
                own = rule.reason_codes or tuple(
                    code for code in rule.outcome.reason_codes if code.startswith("matched_rule_")
                )
                codes = [check.reason_codes for check in raised]
                assert merged(own, *codes) == rule.outcome.reason_codes
                codes = [check.violations for check in raised]
                assert merged(rule.violations, *codes) == rule.outcome.violations


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_a_check_raises_exactly_when_its_conditions_say_so(seed: int) -> None:
    """All of a freeze or a data flow must fail; one of anything else is enough."""
    for policy, intent in pairs(seed):
        for _, rules in calls(explain(policy, intent, AROUND)):
            for rule in rules:
                for check in () if rule.outcome is UNSET else rule.outcome.checks:
                    met = [one.met for one in check.conditions]
                    if check.name in {"dataflow", "freeze_window"}:
                        fails = not any(met)
                    elif check.name == "destructive":
                        fails = not (met[0] or met[2])
                    else:
                        fails = not all(met)
                    assert (check.state == "raised") == (fails and bool(met)), (rule, check)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_the_walk_goes_over_the_rules_as_the_evaluator_does(seed: int) -> None:
    for policy, intent in pairs(seed):
        answer = explain(policy, intent, AROUND)
        if answer.script is not UNSET or answer.decided_by == "fail_closed":
            continue
        taken = [rule.name for rule in taken_rules(policy, intent)]
        assert [rule.name for rule in answer.rules] == [rule.name for rule in policy.rules]
        assert [r.name for r in answer.rules if r.state in {"decides", "taken"}] == taken
        states = [rule.state for rule in answer.rules]
        assert states.count("ends_walk") <= 1
        if "ends_walk" in states:
            end = states.index("ends_walk")
            assert set(states[end + 1 :]) <= {"not_reached"}
            assert answer.rules[end].matches
        else:
            assert "not_reached" not in states


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_a_change_that_is_told_comes_true(seed: int) -> None:
    """It is made in the plain intent here, with nothing of the search for changes."""
    for number in range(PAIRS):
        plain_policy, plain = draw_pair(seed * PAIRS + number)
        policy = typed(plain_policy, Policy)
        verdict = verdict_of(policy, plain)
        if verdict is None:  # a drawn delegation may be no chain
            continue
        request = parse_intent(json.dumps(plain).encode(), "intent")
        answer = explain(policy, prepared(normalise(request)), AROUND)
        assert answer.verdict == verdict
        for change in what_would_change(Case(policy, request, AROUND), answer).found:
            assert change.verdict != verdict
            for value in change.values if change.where else ():
                assert verdict_of(policy, changed(plain, change.where, value)) == change.verdict


def verdict_of(policy: Policy, plain: dict[str, Any]) -> str | None:
    """Decide a plain intent; None when it is none."""
    try:
        request = parse_intent(json.dumps(plain).encode(), "intent")
        return evaluate(policy, prepared(normalise(request)), AROUND).verdict
    except InvalidInput:
        return None


def changed(plain: dict[str, Any], where: str, value: str) -> dict[str, Any]:
    """Follow a path such as `$.script.steps[1].tool_name` and put a value there."""
    copy: dict[str, Any] = json.loads(json.dumps(plain))
    place: Any = copy
    head, _, key = where.removeprefix("$.").partition("auth_context.")
    path = head.replace("[", ".").replace("]", "").rstrip(".").split(".")
    steps, last = (path, key) if key else (path[:-1], path[-1])
    for step in [*steps, *(["auth_context"] if key else [])]:
        if isinstance(place, dict):
            place = place.setdefault(step, [] if step == "arg_provenance" else {})
        elif step:
            place = place[int(step)]
    if isinstance(place, list):
        place.append({"arg_path": "$", last: value})
    else:
        place[last] = {"true": True, "false": False}.get(value, value)
        if last == "credential_ttl_seconds":
            place[last] = int(value)
    return copy
