"""A change that may matter, and the rules it has to deal with: those that decide a call."""

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import (
    Condition,
    ExplainedRule,
    Outcome,
    PolicyExplainAnswer,
)
from gait_engine.contract.intent import IntentRequest, NormalIntent
from gait_engine.contract.policy import Policy, Rule
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.intent import normalise
from gait_engine.gate.inventory import with_inventory
from gait_engine.gate.prepare import prepared
from gait_engine.gate.rules import taken_rules
from gait_engine.gate.script import step_intents

PLAIN: Final = -1
"""The step of a call that is no script."""
MOST_NEAR_RULES: Final = 8
MOST_VALUES: Final = 3
"""How many of the values that would meet a condition are tried."""


class Case(NamedTuple):
    """Everything a decision depends on; `has_evidence` stands for a fresh context envelope."""

    policy: Policy
    request: IntentRequest
    around: Circumstances
    has_evidence: bool = False


class Candidate(NamedTuple):
    """A change, in words that continue `if ...`, and the case it leads to.

    Candidates with the same words that lead to the same decision are told together, by `value`.
    """

    kind: str
    change: str
    case: Case
    where: str = ""
    value: str = ""
    rule: str = ""


class Call(NamedTuple):
    """A call that was judged: all its rules as explained, `step` counted from 0."""

    step: int
    verdict: str
    rules: tuple[ExplainedRule, ...]
    intent: NormalIntent


class Decider(NamedTuple):
    """A rule whose verdict is the one explained."""

    rule: Rule
    outcome: Outcome


class NearRules(NamedTuple):
    """Rules that lack one condition, with that and the step they were asked about.

    `is_cut` when there are more of them, or more values that would do, than are tried.
    """

    rows: tuple[tuple[int, str, Condition], ...]
    is_cut: bool


class Surroundings(NamedTuple):
    """What candidates are made from: the answer, the rules that decide, those that nearly do."""

    answer: PolicyExplainAnswer
    deciders: tuple[Decider, ...]
    near: NearRules


def judged_calls(case: Case, answer: PolicyExplainAnswer) -> tuple[Call, ...]:
    """Return the calls that rules were asked about."""
    if answer.decided_by == "fail_closed":
        return ()
    intent = prepared(normalise(case.request))
    if answer.script is UNSET:
        return (Call(PLAIN, answer.verdict, answer.rules, _known(intent, case)),)
    intents = step_intents(intent)
    return tuple(
        Call(step.index, step.verdict, step.rules, _known(intents[step.index], case))
        for step in answer.script.steps
    )


def deciders(case: Case, answer: PolicyExplainAnswer, calls: Sequence[Call]) -> tuple[Decider, ...]:
    """Return the rules that decide, each once, also where they decide several steps."""
    deciding = [call for call in calls if call.verdict == answer.verdict]
    found = {
        id(rule): Decider(rule, one.outcome)
        for call in deciding
        for rule, one in zip(taken_rules(case.policy, call.intent), _taken(call), strict=True)
        if one.state == "decides" and one.outcome is not UNSET
    }
    return tuple(found.values())


def _taken(call: Call) -> Iterator[ExplainedRule]:
    return (rule for rule in call.rules if rule.outcome is not UNSET)


def near_rules(calls: Sequence[Call]) -> NearRules:
    """Find the rules that lack one condition, those first that have the most others met."""
    near = [
        (-len(rule.conditions), call.step, index, rule)
        for call in calls
        for index, rule in enumerate(_within_reach(call))
        if sum(not one.met for one in rule.conditions) == 1
    ]
    near.sort(key=lambda row: row[:3])
    rows = tuple(
        (step, rule.name, next(one for one in rule.conditions if not one.met))
        for _, step, _, rule in near[:MOST_NEAR_RULES]
    )
    has_more_values = any(len(lacking.wanted) > MOST_VALUES for _, _, lacking in rows)
    return NearRules(rows, is_cut=has_more_values or len(near) > len(rows))


def _within_reach(call: Call) -> Iterator[ExplainedRule]:
    """Yield the rules that would take part if they matched: none beyond the priority that decides.

    A rule of a higher number can only end a walk that is over.
    """
    taken = [rule.priority for rule in call.rules if rule.outcome is not UNSET]
    return (rule for rule in call.rules if not taken or rule.priority <= taken[0])


def _known(intent: NormalIntent, case: Case) -> NormalIntent:
    return with_inventory(intent, case.around.inventory)


def raised(decider: Decider) -> Iterator[str]:
    """Name the checks that hold the call back."""
    return (check.name for check in decider.outcome.checks if check.state == "raised")
