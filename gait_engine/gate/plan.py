"""A policy as the evaluator walks it: of each rule only what it sets, worked out once.

A plan says nothing that its policy does not say; it is kept for as long as the same policy object
is evaluated again and again. Contract: gate.md 2.5, 3.3, 3.4.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from msgspec import UNSET, UnsetType

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import (
    AGENT_OPTIONS,
    CREDENTIAL_OPTIONS,
    EVIDENCE_OPTIONS,
    Policy,
    RateLimit,
    Rule,
    Texts,
)
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.combine import settled, strictest
from gait_engine.gate.match import conditions, hold
from gait_engine.gate.verdicts import Finding
from gait_engine.wire.jsonwrite import compact
from gait_engine.wire.text import lower

Check = Callable[[Rule, NormalIntent, Circumstances], Finding]

_MOST_PLANS: Final = 8
_UNDERSCORED: Final = str.maketrans(" -", "__")


class PlannedRule(NamedTuple):
    """A rule, what it says by itself, and the checks that may find more.

    `alone` is the decision about a call that only this rule takes and of which nothing more is
    found.
    """

    rule: Rule
    part: Decision
    checks: tuple[Check, ...]
    alone: Decision


class Plan:
    """The conditions of every rule in order; what a rule decides once it is first taken."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._conditions = [conditions(rule.match) for rule in policy.rules]
        self._planned: dict[int, PlannedRule] = {}

    def taken(self, intent: NormalIntent) -> Iterator[PlannedRule]:
        """Yield the matching rules of the first priority that has any."""
        first: Rule | None = None
        for index, rule in enumerate(self.policy.rules):
            if not hold(self._conditions[index], intent):
                continue
            if first is not None and rule.priority != first.priority:
                return
            first = first or rule
            yield self._planned.get(index) or self._plan_rule(index)

    def _plan_rule(self, index: int) -> PlannedRule:
        rule = self.policy.rules[index]
        part = _own_part(rule)
        planned = PlannedRule(rule, part, tuple(_checks(rule)), settled([part]))
        self._planned[index] = planned
        return planned


_plans: Final[dict[int, Plan]] = {}


def plan_of(policy: Policy) -> Plan:
    """Return the plan of a policy, the one made before if there is one."""
    plan = _plans.get(id(policy))
    if plan is None or plan.policy is not policy:
        if len(_plans) >= _MOST_PLANS:
            _plans.clear()
        plan = _plans[id(policy)] = Plan(policy)
    return plan


def _own_part(rule: Rule) -> Decision:
    return Decision(
        verdict=rule.effect,
        reason_codes=rule.reason_codes or (_default_reason(rule.name),),
        violations=rule.violations,
        min_approvals=rule.min_approvals,
        require_distinct_approvers=rule.require_distinct_approvers,
        require_delegation=rule.match.require_delegation,
        delegation_scopes=rule.match.delegation_scopes,
        require_broker_credential=rule.require_broker_credential,
        broker_reference=rule.broker_reference,
        broker_scopes=rule.broker_scopes,
        rate_limit=_limit(rule.rate_limit),
        destructive_budget=_limit(rule.destructive_budget),
        matched_rule=rule.name,
    )


def _default_reason(name: str) -> str:
    """Name a rule in a reason, in the spelling of JSON for the web, without blanks and dashes."""
    spelled = compact(name).decode().strip('"')
    return f"matched_rule_{lower(spelled.translate(_UNDERSCORED))}"


def _limit(limit: RateLimit) -> RateLimit | UnsetType:
    return strictest([limit]) if limit.requests > 0 else UNSET  # it refuses an unknown window


def _checks(rule: Rule) -> Iterator[Check]:
    """Yield the checks that a rule sets, in the order of the contract; no other is loaded."""
    if rule.dataflow.enabled:
        from gait_engine.gate.dataflow import judge_dataflow

        yield lambda rule, intent, _: judge_dataflow(rule, intent)
    if rule.endpoint.enabled:
        from gait_engine.gate.endpoint import judge_endpoint

        yield lambda rule, intent, _: judge_endpoint(rule, intent)
    if _sets_any(rule, EVIDENCE_OPTIONS):
        from gait_engine.gate.evidencerules import judge_evidence

        yield lambda rule, intent, _: judge_evidence(rule, intent)
    if _sets_any(rule, AGENT_OPTIONS):
        from gait_engine.gate.agentrules import judge_agent

        yield lambda rule, intent, around: judge_agent(rule, intent, around.at)
    if _sets_any(rule, CREDENTIAL_OPTIONS):
        from gait_engine.gate.credentialrules import judge_credential

        yield lambda rule, intent, _: judge_credential(rule, intent)


def _sets_any(rule: Rule, options: Texts) -> bool:
    return any(getattr(rule, option) for option in options)
