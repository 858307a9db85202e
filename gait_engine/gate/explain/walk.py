"""Why a policy decides as it does: the walk over the rules, written down step by step.

Nothing here decides: verdicts come from `evaluate`, conditions from the table of predicates,
checks from the functions that judge them. Pure. Contract: gate.md 2.5, 3.1 to 3.5.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.answers.policyexplain import (
    Condition,
    ExplainedRule,
    ExplainedScript,
    ExplainedStep,
    Outcome,
    PolicyExplainAnswer,
)
from gait_engine.contract.decision import Decision, StepVerdict
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Match, Policy, Rule, Texts
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.explain.around import explain_fail_closed, not_considered, requirements
from gait_engine.gate.explain.checks import explain_checks, explain_script_limits
from gait_engine.gate.explain.rows import condition
from gait_engine.gate.inventory import with_inventory
from gait_engine.gate.match import PREDICATES
from gait_engine.gate.rules import taken_rules
from gait_engine.gate.script import step_intents
from gait_engine.gate.scriptrules import step_risk

_RELATIONS: Final = {"workspace_prefixes": "starts_with", "max_delegation_depth": "at_most"}
_MOST_RULES: Final = 5_000
"""How many rules the steps of a script list together: 64 long lists would bury the answer."""


class _Walk(NamedTuple):
    """One call and what was decided about it; `lines` are those of the rules, maybe unknown."""

    policy: Policy
    intent: NormalIntent
    around: Circumstances
    decision: Decision | StepVerdict
    lines: Sequence[int]


def explain(
    policy: Policy, intent: NormalIntent, around: Circumstances, lines: Sequence[int] = ()
) -> PolicyExplainAnswer:
    """Explain the decision about a prepared intent; no kill switch is in the circumstances.

    `lines` are those of the rules in the policy file, in the order of the walk. Digests and what
    would change the verdict are left to the caller.
    """
    decision = evaluate(policy, intent, around)
    walk = _Walk(policy, with_inventory(intent, around.inventory), around, decision, lines)
    is_script = intent.script is not UNSET
    return PolicyExplainAnswer(
        ok=True,
        tool_name=intent.tool_name,
        evaluated_at=around.at,
        verdict=decision.verdict,
        reason_codes=decision.reason_codes,
        violations=decision.violations,
        matched_rule=decision.matched_rule,
        decided_by=_decided_by(decision),
        default_verdict=policy.default_verdict,
        fail_closed=explain_fail_closed(policy, intent),
        rules=() if is_script else tuple(_rules(walk, is_walked=decision.is_judged)),
        script=_script(walk, decision) if is_script else UNSET,
        requirements=requirements(decision, intent),
        not_considered=not_considered(policy, intent, around, decision),
    )


def explain_conditions(match: Match, found: Callable[[str], Texts]) -> tuple[Condition, ...]:
    """Compare every condition that is set; `found` answers what the intent has for each."""
    return tuple(
        condition(
            name,
            wanted,
            found(name),
            met=predicate.agree(wanted, found(name)),
            relation=_RELATIONS.get(name, "any_of"),
        )
        for name, predicate in PREDICATES.items()
        if (wanted := predicate.wanted(match))
    )


def finder(intent: NormalIntent) -> Callable[[str], Texts]:
    """Return what answers, by the name of a condition, what the intent has for it."""

    @cache  # thousands of rules ask for the same few
    def found(name: str) -> Texts:
        return PREDICATES[name].found(intent)

    return found


def _decided_by(decision: Decision) -> str:
    if not decision.is_judged:
        return "fail_closed"
    return "script" if decision.script else _decider(decision.matched_rule)


def _decider(matched_rule: str) -> str:
    return "rules" if matched_rule else "default_verdict"


def _rules(walk: _Walk, *, is_walked: bool) -> Iterator[ExplainedRule]:
    """Explain every rule in the order of the walk, those included that it did not reach."""
    policy, found = walk.policy, finder(walk.intent)
    taken = {id(rule) for rule in taken_rules(policy, walk.intent)} if is_walked else set()
    has_ended = not is_walked
    for index, rule in enumerate(policy.rules):
        conditions = explain_conditions(rule.match, found)
        is_match = all(one.met for one in conditions)
        outcome = _outcome(rule, walk) if id(rule) in taken else UNSET
        ends_walk = is_match and outcome is UNSET and not has_ended
        yield ExplainedRule(
            name=rule.name,
            priority=rule.priority,
            line=walk.lines[index] if walk.lines else 0,
            effect=rule.effect,
            reason_codes=rule.reason_codes,
            violations=rule.violations,
            state="ends_walk" if ends_walk else _state(outcome, walk.decision, has_ended=has_ended),
            matches=is_match,
            conditions=conditions,
            conditions_not_set=len(PREDICATES) - len(conditions),
            outcome=outcome,
        )
        has_ended = has_ended or ends_walk


def _state(
    outcome: Outcome | UnsetType, decision: Decision | StepVerdict, *, has_ended: bool
) -> str:
    if outcome is UNSET:
        return "not_reached" if has_ended else "not_matched"
    return "decides" if outcome.verdict == decision.verdict else "taken"


def _outcome(rule: Rule, walk: _Walk) -> Outcome:
    alone = evaluate(Policy(rules=(rule,)), walk.intent, walk.around)
    return Outcome(
        verdict=alone.verdict,
        reason_codes=alone.reason_codes,
        violations=alone.violations,
        checks=explain_checks(rule, walk.intent, walk.around),
        freeze_window=alone.freeze_window,
        sandbox=alone.sandbox,
    )


def _script(walk: _Walk, decision: Decision) -> ExplainedScript:
    """Explain a script; its steps only where they were judged."""
    verdicts = decision.step_verdicts
    share = _MOST_RULES // max(1, len(verdicts))
    steps = zip(step_intents(walk.intent), verdicts, strict=False)
    return ExplainedScript(
        step_count=decision.step_count,
        composite_risk_class=decision.composite_risk_class,
        limits=explain_script_limits(walk.policy.scripts, walk.intent, walk.around),
        steps=tuple(_step(walk, step, verdict, share) for step, verdict in steps),
    )


def _step(walk: _Walk, step: NormalIntent, verdict: StepVerdict, share: int) -> ExplainedStep:
    intent = with_inventory(step, walk.around.inventory)
    rules = tuple(_rules(walk._replace(intent=intent, decision=verdict), is_walked=True))
    listed = tuple(_most_telling(rules, share))
    return ExplainedStep(
        index=verdict.index,
        tool_name=verdict.tool_name,
        risk_class=step_risk(intent),
        verdict=verdict.verdict,
        reason_codes=verdict.reason_codes,
        violations=verdict.violations,
        matched_rule=verdict.matched_rule,
        decided_by=_decider(verdict.matched_rule),
        rules=listed,
        rules_left_out=len(rules) - len(listed),
    )


def _most_telling(rules: Sequence[ExplainedRule], most: int) -> Iterable[ExplainedRule]:
    """Keep the first rules, and all that matched; the order stays."""
    return (rule for index, rule in enumerate(rules) if index < most or rule.outcome is not UNSET)
