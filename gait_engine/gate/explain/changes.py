"""What would change a verdict: single changes, each proven by evaluating again with it.

A change of the intent is made in the intent as it is written, then normalised and prepared like
any other, so that what is inferred from it follows. Pure. Contract: gate.md 1.7, 3.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import Change, PolicyExplainAnswer
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import CONTEXT_AGE, NormalIntent
from gait_engine.errors import InvalidInput
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.explain.case import (
    Candidate,
    Case,
    Surroundings,
    deciders,
    judged_calls,
    near_rules,
)
from gait_engine.gate.explain.intentchanges import intent_candidates
from gait_engine.gate.explain.policychanges import policy_candidates
from gait_engine.gate.intent import normalise
from gait_engine.gate.prepare import prepared, with_auth

MOST_EVALUATIONS: Final = 50
_LEAST_EVALUATIONS: Final = 5
_MOST_VISITS: Final = 60_000
"""How many rules all evaluations may look at, those of every step counted."""


class Changes(NamedTuple):
    """The changes that were found; `is_cut` when there was more to try or to tell."""

    found: tuple[Change, ...]
    tried: int
    is_cut: bool


def what_would_change(case: Case, answer: PolicyExplainAnswer) -> Changes:
    """Return the changes that lead from the verdict that is explained to another one."""
    told: dict[tuple[str, ...], Change] = {}
    tried, budget = 0, _budget(case)
    calls = judged_calls(case, answer)
    around = Surroundings(answer, deciders(case, answer, calls), near_rules(calls))
    candidates = chain(_distinct(intent_candidates(case, around)), policy_candidates(case, around))
    for candidate in candidates:
        if tried == budget:
            return Changes(tuple(told.values()), tried, is_cut=True)
        decision = decide(candidate.case)
        tried += 1
        if decision is not None and decision.verdict != answer.verdict:
            _tell(told, candidate, decision)
    return Changes(tuple(told.values()), tried, is_cut=around.near.is_cut)


def decide(case: Case) -> Decision | None:
    """Evaluate a case as `policy test` would; None when the changed intent is none."""
    try:
        intent = prepared(normalise(case.request))
    except InvalidInput:
        return None
    if case.has_evidence:
        intent = _with_evidence(intent)
    return evaluate(case.policy, intent, case.around)


def _distinct(candidates: Iterator[Candidate]) -> Iterator[Candidate]:
    """Drop what several rules suggest alike."""
    seen: set[tuple[str, str]] = set()
    for candidate in candidates:
        words = (candidate.change, candidate.value)
        if words not in seen:
            seen.add(words)
            yield candidate


def _budget(case: Case) -> int:
    script = case.request.script
    steps = 1 if script is UNSET else len(script.steps)
    affordable = _MOST_VISITS // max(1, steps * len(case.policy.rules))
    return min(MOST_EVALUATIONS, max(_LEAST_EVALUATIONS, affordable))


def _tell(told: dict[tuple[str, ...], Change], candidate: Candidate, decision: Decision) -> None:
    """Add a change, or its value to the one that leads to the same decision."""
    key = (candidate.kind, candidate.change, decision.verdict, decision.matched_rule)
    values = (*(told[key].values if key in told else ()), *filter(None, (candidate.value,)))
    told[key] = Change(
        kind=candidate.kind,
        change=f"{candidate.change} {' or '.join(values)}".rstrip(),
        where=candidate.where,
        values=values,
        rule=candidate.rule,
        verdict=decision.verdict,
        matched_rule=decision.matched_rule,
    )


def _with_evidence(intent: NormalIntent) -> NormalIntent:
    context = msgspec.structs.replace(
        with_auth(intent.context, {CONTEXT_AGE: 0}),
        context_set_digest="0" * 64,
        context_evidence_mode="required",
        context_refs=("envelope",),
    )
    return msgspec.structs.replace(intent, context=context)
