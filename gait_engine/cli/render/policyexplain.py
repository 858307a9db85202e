"""Why a policy decides as it does, as text for a tired reader: the verdict, why, what else."""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import UNSET

from gait_engine.cli.output import Renderers
from gait_engine.cli.render.foreign import foreign, railed
from gait_engine.contract.answers.policyexplain import (
    Check,
    Condition,
    ExplainedRule,
    ExplainedScript,
    ExplainedStep,
    Outcome,
    PolicyExplainAnswer,
)

_MOST_RULES: Final = 12
_MOST_CHANGES: Final = 12
_MOST_VALUES: Final = 8
_LONGEST: Final = 200
_LABEL: Final = 22
_RELATIONS: Final = {
    "any_of": "any of ",
    "none_of": "none of ",
    "all_of": "all of ",
    "starts_with": "beginning ",
    "below": "below ",
    "at_most": "at most ",
    "after": "after ",
}


def _explained(answer: PolicyExplainAnswer) -> Iterator[str]:
    yield from railed(f"{answer.verdict.upper()}  ", _headline(answer))
    yield from _before(answer)
    yield from _why(answer)
    yield from _asked_for(answer)
    yield from _changes(answer)
    yield from _around(answer)


def _headline(answer: PolicyExplainAnswer) -> str:
    tool = _short(answer.tool_name)
    if answer.decided_by == "fail_closed":
        return f"{tool}: fail_closed stops it before any rule is asked"
    if answer.script is not UNSET:
        deciding = _script_deciders(answer.script, answer.verdict)
        return f"script of {answer.script.step_count} steps: {deciding}"
    return f"{tool}: {_deciders(answer.rules)}"


def _deciders(rules: Sequence[ExplainedRule]) -> str:
    deciding = [rule for rule in rules if rule.state == "decides"]
    if not deciding:
        return "no rule matches, default_verdict decides"
    names = ", ".join(f'"{_short(rule.name)}"' for rule in deciding)
    noun, verb = ("rule", "decides") if len(deciding) == 1 else ("rules", "decide")
    raised = _raised_by(deciding[0]) if len(deciding) == 1 else ""
    return f"{noun} {names} (priority {deciding[0].priority}) {verb}{raised}"


def _raised_by(rule: ExplainedRule) -> str:
    """Say which checks made of a rule what it does not declare."""
    if rule.outcome is UNSET or rule.outcome.verdict == rule.effect:
        return ""
    raising = [one.name for one in rule.outcome.checks if one.verdict == rule.outcome.verdict]
    return f"; its effect is {rule.effect}, raised by {' and '.join(raising)}"


def _script_deciders(script: ExplainedScript, verdict: str) -> str:
    """Name the steps, counted from 1, and the limits that have the verdict of the whole."""
    steps = [str(step.index + 1) for step in script.steps if step.verdict == verdict]
    limits = [f"scripts.{limit.name}" for limit in script.limits if limit.verdict == verdict]
    told = [f"step{'s' * (len(steps) > 1)} {', '.join(steps)}"] if steps else []
    verb = "decides" if len(steps) + len(limits) == 1 else "decide"
    return f"{' and '.join(told + limits)} {verb}"


def _before(answer: PolicyExplainAnswer) -> Iterator[str]:
    """Say what fail_closed found, where it concerns the intent."""
    closed = answer.fail_closed
    if not closed.concerns_intent:
        return
    risk = foreign(closed.risk_class, _LABEL)
    yield from _section(f"before the rules: fail_closed, for risk class {risk}")
    for fact in closed.facts:
        missing = f"missing: {fact.reason_code}"
        yield from _row(fact.field, "there" if fact.present else missing)


def _why(answer: PolicyExplainAnswer) -> Iterator[str]:
    if answer.decided_by == "fail_closed":
        return
    if answer.script is UNSET:
        yield from _call(answer.rules, answer)
        return
    raised = [limit for limit in answer.script.limits if limit.state == "raised"]
    if raised:
        yield from _section("limits for scripts")
    for limit in raised:
        yield from _check(limit, "limit")
    for step in answer.script.steps:
        yield from _step(step, answer)


def _step(step: ExplainedStep, answer: PolicyExplainAnswer) -> Iterator[str]:
    title, said = f"step {step.index + 1}, ", f"{_short(step.tool_name)}: {step.verdict}, "
    yield ""
    yield from railed(title, said + _deciders(step.rules))
    for rule in step.rules:
        if rule.state == "decides":
            yield from _decider(rule, answer.policy)
    if step.verdict == answer.verdict:
        yield from _others(step.rules)


def _call(rules: Sequence[ExplainedRule], answer: PolicyExplainAnswer) -> Iterator[str]:
    deciding = [rule for rule in rules if rule.state == "decides"]
    if deciding:
        yield from _section("why")
    for rule in deciding:
        yield from _decider(rule, answer.policy)
    if len(deciding) < len(rules):
        yield from _section("the other rules, in the order of the walk")
        yield from _others(rules)


def _others(rules: Sequence[ExplainedRule]) -> Iterator[str]:
    looked_at = [rule for rule in rules if rule.state not in ("decides", "not_reached")]
    for rule in looked_at[:_MOST_RULES]:
        yield from railed(f"  {rule.priority:>4}  ", f"{_short(rule.name)}: {_fate(rule)}")
    if len(looked_at) > _MOST_RULES:
        yield f"        and {len(looked_at) - _MOST_RULES} more; --json lists them all"
    yield from _unreached([rule for rule in rules if rule.state == "not_reached"])


def _decider(rule: ExplainedRule, policy: str) -> Iterator[str]:
    line = f", {_short(policy)}:{rule.line}" if rule.line else ""
    yield from railed("  ", f'"{_short(rule.name)}"  priority {rule.priority}{line}')
    for one in rule.conditions:
        yield from _row(one.field, _wanted_and_found(one))
    if not rule.conditions:
        yield from _row("matches", "every call: it sets no condition")
    yield from _row("effect", rule.effect)
    yield from _came_of_it(rule.outcome or Outcome())


def _came_of_it(outcome: Outcome) -> Iterator[str]:
    for check in outcome.checks:
        if check.state == "raised":
            yield from _check(check, "check")
    yield from _row("verdict", outcome.verdict)
    yield from _row("reasons", ", ".join(map(_short, outcome.reason_codes)))
    if outcome.violations:
        yield from _row("violations", ", ".join(map(_short, outcome.violations)))


def _check(check: Check, noun: str) -> Iterator[str]:
    codes = ", ".join(map(_short, check.reason_codes))
    yield from _row(f"{check.name} {noun}", f"{check.verdict}: {codes}")
    for one in check.conditions:
        if not one.met:
            yield from _row(f"  {one.field}", _wanted_and_found(one))


def _wanted_and_found(one: Condition) -> str:
    return f"wants {_wanted(one)}, found {_found(one)}"


def _wanted(one: Condition) -> str:
    is_single = len(one.wanted) == 1 and one.relation in ("any_of", "all_of")
    relation = "" if is_single else _RELATIONS.get(one.relation, "")
    return relation + _listed(one.wanted)


def _found(one: Condition) -> str:
    return _listed(one.found, one.found_left_out) or "nothing"


def _listed(values: Sequence[str], left_out: int = 0) -> str:
    left_out += len(values[_MOST_VALUES:])
    more = f" and {left_out} more" if left_out else ""
    return ", ".join(map(_short, values[:_MOST_VALUES])) + more


def _fate(rule: ExplainedRule) -> str:
    """Say in one line why a rule does not decide."""
    if rule.outcome is not UNSET:
        return f"matches, but asks for less ({rule.outcome.verdict})"
    if rule.state == "ends_walk":
        return f"matches ({rule.effect}), but an earlier priority has decided"
    unmet = [one for one in rule.conditions if not one.met]
    held = f"{len(rule.conditions) - len(unmet)} of {len(rule.conditions)} hold"
    return f"no match, {held}; {unmet[0].field} {_wanted_and_found(unmet[0])}"


def _unreached(rules: Sequence[ExplainedRule]) -> Iterator[str]:
    if not rules:
        return
    noun = f"{len(rules)} rule{'s' * (len(rules) > 1)}"
    names = ", ".join(_short(rule.name) for rule in rules[:_MOST_RULES])
    more = ", ..." if len(rules) > _MOST_RULES else ""
    yield from railed(f"  {rules[0].priority:>4}  ", f"{noun} not reached: {names}{more}")


def _asked_for(answer: PolicyExplainAnswer) -> Iterator[str]:
    asks = answer.requirements
    distinct = " of different people" if asks.require_distinct_approvers else ""
    limits = (("rate limit", asks.rate_limit), ("destructive budget", asks.destructive_budget))
    rows = [
        ("approvals", f"{asks.required_approvals}{distinct}" if asks.required_approvals else ""),
        ("approval scope", ", ".join(map(_short, asks.approval_scope))),
        ("may not approve", ", ".join(map(_short, asks.may_not_approve))),
        ("delegation token", _of(asks.require_delegation, asks.delegation_scopes)),
        ("broker credential", _of(asks.require_broker_credential, asks.broker_scopes)),
    ]
    rows += [
        (name, f"{limit.requests} per {limit.window}, by {limit.scope}")
        for name, limit in limits
        if limit is not UNSET
    ]
    told = [(name, text) for name, text in rows if text]
    if told:
        yield from _section("what it asks for")
    for name, text in told:
        yield from _row(name, text)


def _of(is_required: bool, scopes: Sequence[str]) -> str:  # noqa: FBT001  # one of two words
    if not is_required:
        return ""
    return f"required, scope {', '.join(map(_short, scopes))}" if scopes else "required"


def _changes(answer: PolicyExplainAnswer) -> Iterator[str]:
    """List what was tried and leads to another verdict, what the operator can do first."""
    yield from _section("what would change it")
    if answer.requirements.required_approvals:
        yield from _row("allow", "once the approvals above are given to gait gate eval")
    for change in answer.what_would_change[:_MOST_CHANGES]:
        yield from _row(change.verdict, f"if {foreign(change.change)}")
    left = len(answer.what_would_change) - _MOST_CHANGES
    if left > 0:
        yield f"    and {left} more; --json lists them all"
    if answer.changes_cut:
        yield f"    {answer.changes_tried} changes were tried, there are more"
    elif not answer.what_would_change:
        noun = "change" if answer.changes_tried == 1 else "changes"
        yield f"    nothing else: tried {answer.changes_tried} single {noun}, the verdict stays"


def _around(answer: PolicyExplainAnswer) -> Iterator[str]:
    """Say what all this rests on, the digest that `gate eval` prints included, and what not."""
    yield from _section("what it rests on")
    digests = {"policy": answer.policy_digest, "intent": answer.intent_digest}
    if answer.prepared_intent_digest != answer.intent_digest:
        digests["gate eval"] = answer.prepared_intent_digest
    yield from (f"    {name:9} {digest}" for name, digest in digests.items())
    yield from _row("evaluated at", answer.evaluated_at)
    for claim in answer.ignored_claims:
        yield from _row("claim, not counted", f"{_short(claim.field)} {_short(claim.value)}")
    for row in answer.not_considered:
        yield from _row("not looked at", f"{_short(row.name)}: {foreign(row.note)}")


def _section(title: str) -> Iterator[str]:
    yield ""
    yield title


def _row(label: str, text: str) -> Iterator[str]:
    yield from railed(f"    {label:{_LABEL}}  ", text)


def _short(text: str) -> str:
    return foreign(text, _LONGEST)


RENDERERS: Final[Renderers] = {PolicyExplainAnswer: _explained}
