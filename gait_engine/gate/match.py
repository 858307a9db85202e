"""Which intents a rule is about: one predicate for each condition a rule can set.

A predicate knows what the rule wants and what the intent has, so the same table judges and
explains. Contract: gate.md 2.5.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.intent import (
    WRKR_AUTONOMY_LEVEL,
    WRKR_DATA_CLASS,
    WRKR_ENDPOINT_CLASS,
    WRKR_TOOL_NAME,
    NormalIntent,
)
from gait_engine.contract.policy import Match, Texts
from gait_engine.gate.freeform import read_object
from gait_engine.wire.text import lower, normal

_TRUTH: Final = {True: "true", False: "false"}


def _any_of(wanted: Texts, found: Texts) -> bool:
    return any(text in wanted for text in found)


class Predicate(NamedTuple):
    """One condition: what a rule wants (nothing: no condition), what an intent has."""

    wanted: Callable[[Match], Texts]
    found: Callable[[NormalIntent], Texts]
    agree: Callable[[Texts, Texts], bool] = _any_of


class Condition(NamedTuple):
    """A condition that a rule sets: its predicate, and what the rule wants."""

    name: str
    predicate: Predicate
    wanted: Texts


def conditions(match: Match) -> tuple[Condition, ...]:
    """Return the conditions that are set, in the order of the table."""
    every = (Condition(name, each, each.wanted(match)) for name, each in PREDICATES.items())
    return tuple(condition for condition in every if condition.wanted)


def hold(wanted_of: Iterable[Condition], intent: NormalIntent) -> bool:
    """Tell whether every condition holds."""
    # a loop costs half of `all` with a generator, and this is what a decision mostly does
    for _, predicate, wanted in wanted_of:
        if not predicate.agree(wanted, predicate.found(intent)):
            return False
    return True


def _listed(field: str) -> Callable[[Match], Texts]:
    return partial(_list_of, field=field)


def _list_of(match: Match, *, field: str) -> Texts:
    wanted: Texts = getattr(match, field)
    return wanted


def _context(field: str) -> Callable[[NormalIntent], Texts]:
    return lambda intent: (getattr(intent.context, field),)


def _target(field: str) -> Callable[[NormalIntent], Texts]:
    return lambda intent: _distinct(getattr(target, field) for target in intent.targets)


def _distinct(texts: Iterable[str]) -> Texts:
    return tuple(dict.fromkeys(texts))


def _starts_with_any(wanted: Texts, found: Texts) -> bool:
    return any(text.startswith(wanted) for text in found)


def _auth(key: str) -> Callable[[NormalIntent], Texts]:
    return lambda intent: _auth_text(intent, key)


def _auth_text(intent: NormalIntent, key: str) -> Texts:
    text = intent.context.auth_context
    if text is UNSET:
        return ()
    value = read_object(text).get(key)
    return (normal(value),) if isinstance(value, str) else ()


def _annotation(hint: str) -> Predicate:
    return Predicate(
        lambda match: _truth(getattr(match.tool_annotations, hint)),
        lambda intent: _distinct(_TRUTH[getattr(target, hint)] for target in intent.targets),
    )


def _truth(wanted: object) -> Texts:
    return (_TRUTH[wanted],) if isinstance(wanted, bool) else ()


def _skill_publisher(intent: NormalIntent) -> Texts:
    skill = intent.skill_provenance
    return () if skill is UNSET else (lower(skill.publisher),)


def _skill_source(intent: NormalIntent) -> Texts:
    skill = intent.skill_provenance
    return () if skill is UNSET else (skill.source,)


def _provenance_sources(intent: NormalIntent) -> Texts:
    return _distinct(entry.source for entry in intent.arg_provenance)


def _has_delegation(intent: NormalIntent) -> Texts:
    return (_TRUTH[intent.delegation is not UNSET],)


def _delegators(intent: NormalIntent) -> Texts:
    delegation = intent.delegation
    if delegation is UNSET:
        return ()
    return _distinct(link.delegator_identity for link in delegation.chain)


def _delegates(intent: NormalIntent) -> Texts:
    delegation = intent.delegation
    if delegation is UNSET:
        return ()
    links = (link.delegate_identity for link in delegation.chain)
    return _distinct((delegation.requester_identity, *links))


def _delegated_scopes(intent: NormalIntent) -> Texts:
    delegation = intent.delegation
    if delegation is UNSET:
        return ()
    links = (link.scope_class for link in delegation.chain)
    return _distinct(scope for scope in (delegation.scope_class, *links) if scope)


def _depth(intent: NormalIntent) -> Texts:
    delegation = intent.delegation
    return () if delegation is UNSET else (str(len(delegation.chain)),)


def _max_depth(match: Match) -> Texts:
    depth = match.max_delegation_depth
    return () if depth is UNSET else (str(depth),)


def _at_most(wanted: Texts, found: Texts) -> bool:
    return any(int(depth) <= int(wanted[0]) for depth in found)


PREDICATES: Final[Mapping[str, Predicate]] = {
    "tool_names": Predicate(_listed("tool_names"), lambda intent: (intent.tool_name,)),
    "risk_classes": Predicate(_listed("risk_classes"), _context("risk_class")),
    "identities": Predicate(_listed("identities"), _context("identity")),
    "workspace_prefixes": Predicate(
        _listed("workspace_prefixes"), _context("workspace"), _starts_with_any
    ),
    "target_kinds": Predicate(_listed("target_kinds"), _target("kind")),
    "target_values": Predicate(_listed("target_values"), _target("value")),
    "endpoint_classes": Predicate(_listed("endpoint_classes"), _target("endpoint_class")),
    "discovery_method": Predicate(_listed("discovery_method"), _target("discovery_method")),
    "data_classes": Predicate(_listed("data_classes"), _target("sensitivity")),
    "destination_kinds": Predicate(_listed("destination_kinds"), _target("kind")),
    "destination_values": Predicate(_listed("destination_values"), _target("value")),
    "destination_operations": Predicate(_listed("destination_operations"), _target("operation")),
    "tool_annotations.readOnlyHint": _annotation("read_only_hint"),
    "tool_annotations.destructiveHint": _annotation("destructive_hint"),
    "tool_annotations.idempotentHint": _annotation("idempotent_hint"),
    "tool_annotations.openWorldHint": _annotation("open_world_hint"),
    "skill_publishers": Predicate(_listed("skill_publishers"), _skill_publisher),
    "skill_sources": Predicate(_listed("skill_sources"), _skill_source),
    "provenance_sources": Predicate(_listed("provenance_sources"), _provenance_sources),
    "context_tool_names": Predicate(_listed("context_tool_names"), _auth(WRKR_TOOL_NAME)),
    "context_data_classes": Predicate(_listed("context_data_classes"), _auth(WRKR_DATA_CLASS)),
    "context_endpoint_classes": Predicate(
        _listed("context_endpoint_classes"), _auth(WRKR_ENDPOINT_CLASS)
    ),
    "context_autonomy_levels": Predicate(
        _listed("context_autonomy_levels"), _auth(WRKR_AUTONOMY_LEVEL)
    ),
    "require_delegation": Predicate(
        lambda match: ("true",) if match.require_delegation else (), _has_delegation
    ),
    "allowed_delegator_identities": Predicate(_listed("allowed_delegator_identities"), _delegators),
    "allowed_delegate_identities": Predicate(_listed("allowed_delegate_identities"), _delegates),
    "delegation_scopes": Predicate(_listed("delegation_scopes"), _delegated_scopes),
    "max_delegation_depth": Predicate(_max_depth, _depth, _at_most),
}
"""Every condition by the name of its policy field."""
