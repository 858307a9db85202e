"""What stands around the rules in an explanation: the facts before them, the demands after them.

Contract: gate.md 3.1, 3.2, 6.2.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import (
    FailClosedCheck,
    IgnoredClaim,
    NotConsidered,
    RequiredFact,
    Requirements,
)
from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import CONTEXT_AGE, Context, NormalIntent
from gait_engine.contract.policy import FailClosed, Policy, Rule, Texts
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.failclosed import fails_closed, missing_facts
from gait_engine.gate.freeform import read_object

_LISTS: Final = ("required_fields", "required_high_risk_fields")
_UNKNOWN_CLASS: Final = "a known endpoint_class for every target"
_CLAIMS: Final = ("context_set_digest", "context_evidence_mode")
_WRKR: Final = (
    *("context_tool_names", "context_data_classes", "context_endpoint_classes"),
    "context_autonomy_levels",
)


def explain_fail_closed(policy: Policy, intent: NormalIntent) -> FailClosedCheck:
    """Explain what must be known before any rule is asked."""
    closed, risk_class = policy.fail_closed, intent.context.risk_class
    return FailClosedCheck(
        enabled=closed.enabled,
        risk_class=risk_class,
        risk_classes=closed.risk_classes,
        concerns_intent=fails_closed(policy, risk_class),
        stops=missing_facts(policy, intent) is not None,
        facts=tuple(_facts(closed, intent)) if closed.enabled else (),
    )


def ignored_claims(given: NormalIntent, prepared: NormalIntent) -> tuple[IgnoredClaim, ...]:
    """Name the context evidence that preparation took out of an intent."""
    return tuple(
        IgnoredClaim(field=field, value=value)
        for field, value in _claims(given.context)
        if (field, value) not in set(_claims(prepared.context))
    )


def requirements(decision: Decision, intent: NormalIntent) -> Requirements:
    """Say what a decision still asks for."""
    needs_approval = decision.verdict == "require_approval"
    asked = Requirements(
        required_approvals=decision.min_approvals if needs_approval else 0,
        require_distinct_approvers=needs_approval and decision.require_distinct_approvers,
        require_delegation=decision.require_delegation,
        delegation_scopes=decision.delegation_scopes,
        require_broker_credential=decision.require_broker_credential,
        broker_reference=decision.broker_reference,
        broker_scopes=decision.broker_scopes,
        rate_limit=decision.rate_limit,
        destructive_budget=decision.destructive_budget,
    )
    if not needs_approval:
        return asked
    from gait_engine.gate.tokens.counting import ask_for

    ask = ask_for(intent, decision, intent_digest="", policy_digest="")
    return msgspec.structs.replace(
        asked, approval_scope=ask.scope, may_not_approve=ask.own_identities
    )


def not_considered(
    policy: Policy, intent: NormalIntent, around: Circumstances, decision: Decision
) -> tuple[NotConsidered, ...]:
    """Name what `gate eval` would look at beside, where it could matter."""
    rows = _unseen(policy, intent, around, decision)
    return tuple(NotConsidered(name=name, note=note) for name, note, matters in rows if matters)


def _facts(closed: FailClosed, intent: NormalIntent) -> Iterator[RequiredFact]:
    """Ask for each fact alone, and last for what is asked for whatever the policy lists."""
    nothing: set[str] = set()
    unasked = _lacking(intent)
    for option in _LISTS:
        for field in getattr(closed, option):
            yield _fact(field, _lacking(intent, **{option: (field,)}), besides=unasked)
    yield _fact(_UNKNOWN_CLASS, unasked, besides=(nothing, nothing))


def _lacking(intent: NormalIntent, **asked: Texts) -> tuple[set[str], set[str]]:
    """Return the reasons and the violations of what is asked for and not there."""
    closed = msgspec.structs.replace(
        FailClosed(enabled=True, risk_classes=(intent.context.risk_class,)), **asked
    )
    stopped = missing_facts(Policy(fail_closed=closed), intent) or Decision()
    return set(stopped.reason_codes), set(stopped.violations)


def _fact(
    field: str,
    lacking: tuple[set[str], set[str]],
    *,
    besides: tuple[set[str], set[str]],
) -> RequiredFact:
    reasons, violations = lacking[0] - besides[0], lacking[1] - besides[1]
    return RequiredFact(
        field=field,
        present=not reasons,
        reason_code="".join(reasons),
        violation="".join(violations),
    )


def _claims(context: Context) -> Iterator[tuple[str, str]]:
    for field in _CLAIMS:
        if value := getattr(context, field):
            yield field, value
    if context.context_refs:
        yield "context_refs", ", ".join(context.context_refs)
    if context.auth_context is not UNSET:
        plain = read_object(context.auth_context)
        if CONTEXT_AGE in plain:
            yield f"auth_context.{CONTEXT_AGE}", str(plain[CONTEXT_AGE])


def _unseen(
    policy: Policy, intent: NormalIntent, around: Circumstances, decision: Decision
) -> Iterator[tuple[str, str, bool]]:
    has_limit = decision.rate_limit is not UNSET or decision.destructive_budget is not UNSET
    asks_evidence = "context_evidence" in policy.fail_closed.required_fields or any(
        map(_asks_for_evidence, policy.rules)
    )
    asks_inventory = any(getattr(r.match, name) for r in policy.rules for name in _WRKR)
    yield "kill_switch", "it blocks whatever the rules say", True
    yield (
        "approved_scripts",
        "an approved script passes without the rules",
        (intent.script is not UNSET),
    )
    yield "context_envelope", "only it proves context evidence", asks_evidence
    yield (
        "wrkr_inventory",
        "rules ask what it knows of the tool",
        (asks_inventory and not around.inventory),
    )
    yield "delegation_tokens", "without them the call is blocked", decision.require_delegation
    yield "approvals", "enough valid tokens make it allow", decision.verdict == "require_approval"
    yield (
        "broker_credential",
        "without it an allowed call is blocked",
        (decision.require_broker_credential),
    )
    yield "rate_limits", "calls above the limit are blocked", has_limit


def _asks_for_evidence(rule: Rule) -> bool:
    return bool(
        rule.require_context_evidence
        or rule.required_context_evidence_mode
        or rule.max_context_age_seconds
    )
