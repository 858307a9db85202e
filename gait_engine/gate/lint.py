"""What a valid policy probably does not mean: rules without effect, and rules that are too wide.

Nothing here changes a verdict. The order of the warnings is that of the rules. Matching and
walking are those of gate.md 2.5 and 3.3.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import UNSET

from gait_engine.contract.answers.policy import PolicyWarning
from gait_engine.contract.intent import PROVENANCE_SOURCES, TARGET_KINDS
from gait_engine.contract.policy import Match, Policy, Rule
from gait_engine.errors import quoted
from gait_engine.gate.reach import CONDITIONS, Reach, unreachable

_CLOSED_SETS: Final = (
    ("target_kinds", TARGET_KINDS),
    ("destination_kinds", TARGET_KINDS),
    ("provenance_sources", PROVENANCE_SOURCES),
)
_DESTRUCTIVE_CLASSES: Final = frozenset({"fs.delete", "proc.exec"})
_DESTRUCTIVE_WORDS: Final = frozenset(
    ("delete", "remove", "rm", "unlink", "rmdir", "drop", "truncate", "exec", "shell", "spawn")
)
_NARROWING: Final = ("target_values", "identities", "workspace_prefixes", "delegation_scopes")
_BLOCKS: Final = ("endpoint", "sandbox", "dataflow", "freeze_window")
_LIMITS: Final = ("rate_limit", "destructive_budget")
_DEMANDS: Final = (
    *("require_declared_agent", "allowed_agent_ids", "required_agent_manifest_digest"),
    *("block_standing_credentials", "allowed_credential_sources", "require_jit_credential"),
    *("require_context_evidence", "require_broker_credential"),
)
_word_gaps: Final = re.compile(r"[^a-z0-9]+")


def lint(policy: Policy) -> tuple[PolicyWarning, ...]:
    """Return the warnings about a policy."""
    reach = unreachable(policy.rules)
    warnings = [*_about_policy(policy, reach)]
    for index, rule in enumerate(policy.rules):
        if index in reach.hidden_by:
            warnings.append(_unreachable(rule, policy.rules[reach.hidden_by[index]]))
        for check in _RULE_CHECKS:
            warnings += check(rule)
    return tuple(warnings)


def _about_policy(policy: Policy, reach: Reach) -> Iterator[PolicyWarning]:
    if not policy.rules:
        yield PolicyWarning(
            code="policy_empty",
            message=f"the policy has no rules: every call gets {policy.default_verdict}",
        )
    if not reach.is_complete:
        yield PolicyWarning(
            code="reach_not_searched",
            message="too many rules are alike: not all were searched for one that nothing reaches",
        )
    for name, count in Counter(rule.name for rule in policy.rules).items():
        if count > 1:
            yield PolicyWarning(
                code="rule_name_repeated",
                rule=name,
                message=f"{count} rules have the name {quoted(name)}: no verdict tells them apart",
            )


def _unreachable(rule: Rule, wider: Rule) -> PolicyWarning:
    return PolicyWarning(
        code="rule_unreachable",
        rule=rule.name,
        message=f"rule {quoted(rule.name)} is never reached: rule {quoted(wider.name)} of priority"
        f" {wider.priority} matches all that it matches",
    )


def _cannot_match(rule: Rule) -> Iterator[PolicyWarning]:
    for reason in _contradictions(rule.match):
        yield PolicyWarning(
            code="rule_never_matches",
            rule=rule.name,
            message=f"rule {quoted(rule.name)} can never match: {reason}",
        )


def _contradictions(match: Match) -> Iterator[str]:
    for name, known in _CLOSED_SETS:
        wanted = getattr(match, name)
        if wanted and not set(wanted) & set(known):
            yield f"no intent has one of its {name}"
    prefixes = match.workspace_prefixes
    if prefixes and all("\\" in prefix for prefix in prefixes):
        yield "workspaces are compared with forward slashes"
    if match.max_delegation_depth == 0 and match.allowed_delegator_identities:
        yield "a delegation of depth 0 has no delegator"


def _wildcards(rule: Rule) -> Iterator[PolicyWarning]:
    for name in CONDITIONS:
        for entry in getattr(rule.match, name):
            if "*" in entry:
                yield PolicyWarning(
                    code="wildcard_is_literal",
                    rule=rule.name,
                    message=f"{name} of rule {quoted(rule.name)} holds {quoted(entry)}: it is"
                    " compared as it stands, * is no wildcard there",
                )
    if any("*" in scope for scope in rule.broker_scopes):
        yield PolicyWarning(
            code="broker_scope_wildcard",
            rule=rule.name,
            message=f"rule {quoted(rule.name)} asks the broker for a scope with *",
        )
    if {"/**", "*"} & {*rule.endpoint.path_allowlist, *rule.endpoint.domain_allowlist}:
        yield PolicyWarning(
            code="allowlist_open",
            rule=rule.name,
            message=f"an allowlist of rule {quoted(rule.name)} lets everything through",
        )


def _too_wide(rule: Rule) -> Iterator[PolicyWarning]:
    if rule.effect != "allow":
        return
    if rule.match == Match():
        yield PolicyWarning(
            code="allow_everything",
            rule=rule.name,
            message=f"rule {quoted(rule.name)} has no conditions: it allows every call",
        )
    elif (found := _destructive(rule.match)) and not _is_constrained(rule):
        yield PolicyWarning(
            code="allow_destructive_unconstrained",
            rule=rule.name,
            message=f"rule {quoted(rule.name)} allows {quoted(found)} without any constraint: only"
            " the targets that a call itself declares can hold it back",
        )


def _destructive(match: Match) -> str:
    for tool in match.tool_names:
        if _DESTRUCTIVE_WORDS & set(_word_gaps.split(tool)):
            return tool
    return min(_DESTRUCTIVE_CLASSES & set(match.endpoint_classes), default="")


def _is_constrained(rule: Rule) -> bool:
    match = rule.match
    return (
        any(getattr(rule, name).enabled for name in _BLOCKS)
        or any(getattr(rule, name).requests for name in _LIMITS)
        or any(getattr(rule, name) for name in _DEMANDS)
        or any(getattr(match, name) for name in _NARROWING)
        or match.require_delegation
        or match.max_delegation_depth is not UNSET
    )


_RULE_CHECKS: Final[tuple[Callable[[Rule], Iterator[PolicyWarning]], ...]] = (
    _cannot_match,
    _wildcards,
    _too_wide,
)
