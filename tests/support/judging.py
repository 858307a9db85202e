"""Policies, intents and decisions for tests of the gate, written as plainly as the files are."""

import json
from typing import Any, Final

import msgspec

from gait_engine.contract.decision import Decision
from gait_engine.contract.intent import NormalIntent
from gait_engine.contract.policy import Match, Policy, Rule
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.match import conditions, hold
from gait_engine.gate.policy import parse
from gait_engine.gate.prepare import prepared
from gait_engine.wire.timestamps import Timestamp
from tests.support import intents

NOON: Final = Timestamp("2026-02-05T12:00:00Z")
AT_NOON: Final = Circumstances(at=NOON)

CONTEXT: Final = {"identity": "agent-7", "workspace": "/srv/app", "risk_class": "medium"}


def policy_of(*rules: dict[str, Any], **fields: Any) -> Policy:
    """Load a policy that blocks by default; a rule gets a name and an effect where it has none."""
    named = [{"name": f"r{n}", "effect": "allow"} | rule for n, rule in enumerate(rules, start=1)]
    written = {"default_verdict": "block", "rules": named} | fields
    return parse(json.dumps(written).encode(), "policy.yaml")


def rule_of(**fields: Any) -> Rule:
    """Load one rule that allows."""
    return policy_of(fields).rules[0]


def intent_of(*targets: dict[str, Any], **fields: Any) -> NormalIntent:
    """Read an intent; `context` is laid over one that is complete."""
    context = CONTEXT | fields.pop("context", {})
    return intents.intent_of(
        **{"tool_name": "db.query", "targets": targets, **fields, "context": context}
    )


def decide(policy: Policy, intent: NormalIntent, around: Circumstances = AT_NOON) -> Decision:
    """Evaluate an intent as `policy test` does."""
    return evaluate(policy, prepared(intent), around)


def with_context(intent: NormalIntent, **fields: Any) -> NormalIntent:
    """Set members of a context that no intent may claim."""
    context = msgspec.structs.replace(intent.context, **fields)
    return msgspec.structs.replace(intent, context=context)


def matches(match: Match, intent: NormalIntent) -> bool:
    """Tell whether a rule with these conditions is about an intent."""
    return hold(conditions(match), intent)


def unmet(match: Match, intent: NormalIntent) -> tuple[str, ...]:
    """Name the conditions that do not hold."""
    return tuple(each.name for each in conditions(match) if not hold((each,), intent))


def codes(decision: Decision) -> set[str]:
    """Return the reasons of a decision but those that only name its rules."""
    return {code for code in decision.reason_codes if not code.startswith("matched_rule_")}
