"""Changes of the policy that may change a verdict."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import Condition
from gait_engine.contract.policy import (
    FailClosed,
    Rule,
)
from gait_engine.gate.explain.case import Candidate, Case, Decider, Surroundings, raised

_KIND: Final = "policy"
_DEFAULTS: Final = Rule()
_ALLOWLISTS: Final = ("path_allowlist", "domain_allowlist", "egress_classes")


def policy_candidates(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Yield changes of the policy, the smallest first."""
    found, closed = around.deciders, around.answer.fail_closed
    for decider in found:
        yield from _longer_allowlists(case, decider)
    for decider in found:
        yield from _checks_off(case, decider)
    yield from _limits_off(case, around)
    yield from _without_rules(case, [decider.rule for decider in found])
    if closed.stops:
        policy = msgspec.structs.replace(case.policy, fail_closed=FailClosed())
        yield Candidate(_KIND, "fail_closed were not enabled", case._replace(policy=policy))


def _longer_allowlists(case: Case, decider: Decider) -> Iterator[Candidate]:
    """Put on a list what was not on it."""
    rows = [row for check in decider.outcome.checks for row in check.conditions]
    for row in rows:
        if row.field in _ALLOWLISTS and not row.met and not row.found_left_out:
            yield _longer(case, decider.rule, row)


def _longer(case: Case, rule: Rule, row: Condition) -> Candidate:
    listed = getattr(rule.endpoint, row.field) + row.found
    endpoint = msgspec.structs.replace(rule.endpoint, **{row.field: listed})
    return Candidate(
        _KIND,
        f'{row.field} of rule "{rule.name}" held {", ".join(row.found)}',
        _with_rule(case, rule, endpoint=endpoint),
        rule=rule.name,
    )


def _checks_off(case: Case, decider: Decider) -> Iterator[Candidate]:
    for name in raised(decider):
        options = _OPTIONS.get(name)
        if options:
            change = f'rule "{decider.rule.name}" had no {name} check'
            changed = _with_rule(case, decider.rule, **_unset(options))
            yield Candidate(_KIND, change, changed, rule=decider.rule.name)


def _limits_off(case: Case, around: Surroundings) -> Iterator[Candidate]:
    script = around.answer.script
    limits = () if script is UNSET else script.limits
    for name in (check.name for check in limits if check.state == "raised"):
        zero = type(getattr(case.policy.scripts, name))()
        scripts = msgspec.structs.replace(case.policy.scripts, **{name: zero})
        policy = msgspec.structs.replace(case.policy, scripts=scripts)
        yield Candidate(_KIND, f"scripts.{name} were not set", case._replace(policy=policy))


def _without_rules(case: Case, rules: list[Rule]) -> Iterator[Candidate]:
    """Leave out each rule that decides, then all of them."""
    for rule in rules:
        change = f'rule "{rule.name}" were not there'
        yield Candidate(_KIND, change, _without(case, [rule]), rule=rule.name)
    if len(rules) > 1:
        change = f"the {len(rules)} rules that decide were not there"
        yield Candidate(_KIND, change, _without(case, rules))


def _without(case: Case, rules: Iterable[Rule]) -> Case:
    gone = {id(rule) for rule in rules}
    kept = tuple(rule for rule in case.policy.rules if id(rule) not in gone)
    return _with_rules(case, kept)


def _with_rule(case: Case, rule: Rule, **options: object) -> Case:
    changed = msgspec.structs.replace(rule, **options)
    return _with_rules(case, tuple(changed if one is rule else one for one in case.policy.rules))


def _with_rules(case: Case, rules: tuple[Rule, ...]) -> Case:
    return case._replace(policy=msgspec.structs.replace(case.policy, rules=rules))


def _unset(options: Iterable[str]) -> dict[str, object]:
    return {option: getattr(_DEFAULTS, option) for option in options}


_OPTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "dataflow": ("dataflow",),
    "endpoint": ("endpoint",),
    "context_evidence": (
        *("require_context_evidence", "required_context_evidence_mode"),
        "max_context_age_seconds",
    ),
    "agent": (
        *("require_declared_agent", "allowed_agent_ids", "denied_agent_ids"),
        *("required_agent_manifest_digest", "allowed_agent_manifest_publishers"),
        *("allowed_agent_manifest_sources", "required_agent_lifecycle_states"),
        *("require_agent_owner", "require_unexpired_agent"),
    ),
    "credential": (
        *("block_standing_credentials", "allowed_credential_sources"),
        *("allowed_credential_issuers", "allowed_credential_access_types"),
        *("max_credential_ttl_seconds", "require_jit_credential"),
    ),
    "freeze_window": ("freeze_window",),
    "sandbox": ("sandbox",),
}
"""What a rule leaves unset to be without a check."""
