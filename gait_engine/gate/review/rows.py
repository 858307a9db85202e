"""Every field of an intent beside what the deciding rules ask of it, and what it was last time.

Whether a value meets a condition is asked of the table of predicates that judges it, value by
value: where one target meets a list, another may not. Contract: gate.md 2.5.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import (
    Check,
    Condition,
    ExplainedRule,
    PolicyExplainAnswer,
)
from gait_engine.contract.answers.review import Asked, ReviewRow, RowCounts
from gait_engine.gate.credentials import looks_raw, names_a_credential
from gait_engine.gate.match import PREDICATES
from gait_engine.gate.review.fields import Leaf
from gait_engine.wire.text import lower, normal

MET: Final = "met"
NOT_MET: Final = "not_met"
NOT_CONSTRAINED: Final = "not_constrained"

_WRKR: Final = 'context.auth_context["wrkr.{}"]'
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "tool_names": ("tool_name",),
    "risk_classes": ("context.risk_class",),
    "identities": ("context.identity",),
    "workspace_prefixes": ("context.workspace",),
    "target_kinds": ("targets[].kind",),
    "target_values": ("targets[].value",),
    "endpoint_classes": ("targets[].endpoint_class",),
    "discovery_method": ("targets[].discovery_method",),
    "data_classes": ("targets[].sensitivity",),
    "destination_kinds": ("targets[].kind",),
    "destination_values": ("targets[].value",),
    "destination_operations": ("targets[].operation",),
    "tool_annotations.readOnlyHint": ("targets[].read_only_hint",),
    "tool_annotations.destructiveHint": ("targets[].destructive_hint",),
    "tool_annotations.idempotentHint": ("targets[].idempotent_hint",),
    "tool_annotations.openWorldHint": ("targets[].open_world_hint",),
    "skill_publishers": ("skill_provenance.publisher",),
    "skill_sources": ("skill_provenance.source",),
    "provenance_sources": ("arg_provenance[].source",),
    "context_tool_names": (_WRKR.format("tool_name"),),
    "context_data_classes": (_WRKR.format("data_class"),),
    "context_endpoint_classes": (_WRKR.format("endpoint_class"),),
    "context_autonomy_levels": (_WRKR.format("autonomy_level"),),
    "require_delegation": ("delegation",),
    "allowed_delegator_identities": ("delegation.chain[].delegator_identity",),
    "allowed_delegate_identities": (
        "delegation.requester_identity",
        "delegation.chain[].delegate_identity",
    ),
    "delegation_scopes": ("delegation.scope_class", "delegation.chain[].scope_class"),
    "max_delegation_depth": ("delegation.chain",),
}
"""The fields that each condition looks at; one with no value of its own gets a row by itself."""

_GROUP_OF: Final = {"targets": "target", "arg_provenance": "source", "tool_name": "what"}
_SHARED: Final = ("context.", "skill_provenance.", "delegation")
"""How the fields begin that all steps of a script have in common."""

_step_of: Final = re.compile(r"script\.steps\[([0-9]+)\]\.").match
_index: Final = re.compile(r"\[[0-9]+\]")
TAKEN: Final = ("decides", "taken")
"""The states of the rules that were taken for a call."""

_FOLDED: Final[Mapping[str, Callable[[str], str]]] = {"skill_publishers": lower}


class Call(NamedTuple):
    """A call, the rules that were taken for it, and their checks; `step` is empty for no step."""

    step: str
    rules: tuple[ExplainedRule, ...]
    checks: tuple[tuple[str, Check], ...]


class _Demand(NamedTuple):
    rule: str
    condition: Condition


_Key = tuple[str, str]
"""A step, empty for none, and a field without its indices."""
_Demands = dict[_Key, list[_Demand]]


def deciding_calls(answer: PolicyExplainAnswer) -> tuple[Call, ...]:
    """Return the call, or the steps of a script and the script as a whole, with what was taken."""
    if answer.script is UNSET:
        return (_call("", answer.rules),)
    limits = tuple(("scripts", limit) for limit in answer.script.limits)
    steps = (_call(str(step.index), step.rules) for step in answer.script.steps)
    return (*steps, Call("", (), limits))


def review_rows(
    found: Sequence[Leaf], calls: Sequence[Call], previous: Sequence[Leaf] | None
) -> tuple[ReviewRow, ...]:
    """List every field, then what the rules ask that no field has, then their further checks.

    `previous` are the fields of the last approved intent, None where there is none.
    """
    demands = _demands(calls)
    before = None if previous is None else {leaf.path: leaf.shown for leaf in previous}
    rows = [_field_row(leaf, demands, before) for leaf in found]
    rows += _removed_rows(found, previous or ())
    rows += _absent_rows(demands, {_key(leaf.path) for leaf in found})
    return (*rows, *_check_rows(calls))


def count_rows(rows: Iterable[ReviewRow]) -> RowCounts:
    """Count the rows by state, and those that are not as they were last time."""
    states = [row.state for row in rows]
    return RowCounts(
        met=states.count(MET),
        not_met=states.count(NOT_MET),
        not_constrained=states.count(NOT_CONSTRAINED),
        changed=sum(row.change not in ("", "same") for row in rows),
    )


def _call(step: str, rules: Iterable[ExplainedRule]) -> Call:
    taken = tuple(rule for rule in rules if rule.state in TAKEN)
    outcomes = [(rule.name, rule.outcome) for rule in taken if rule.outcome is not UNSET]
    checks = tuple((name, check) for name, outcome in outcomes for check in outcome.checks)
    return Call(step, taken, checks)


def _demands(calls: Iterable[Call]) -> _Demands:
    """Sort what the rules ask by the field it is asked of."""
    demands: _Demands = defaultdict(list)
    for call in calls:
        for rule in call.rules:
            for condition in rule.conditions:
                for field in _FIELDS[condition.field]:
                    step = "" if field.startswith(_SHARED) else call.step
                    demands[step, field].append(_Demand(rule.name, condition))
    return demands


def _key(path: str) -> _Key:
    step = _step_of(path)
    rest = path[step.end() :] if step else path
    return step[1] if step else "", _index.sub("[]", rest)


def _field_row(leaf: Leaf, demands: _Demands, before: Mapping[str, str] | None) -> ReviewRow:
    asks = [
        _asked(demand, met=_meets(leaf, demand.condition))
        for demand in demands.get(_key(leaf.path), ())
    ]
    old = None if before is None else before.get(leaf.path)
    return ReviewRow(
        group=leaf.group,
        field=leaf.path,
        value=leaf.shown,
        state=_state(asks),
        asks=_each_once(asks),
        change="" if before is None else _change(old, leaf.shown),
        previous=old if old is not None and old != leaf.shown else "",
        is_secret=_is_secret(leaf),
    )


def _meets(leaf: Leaf, condition: Condition) -> bool:
    text = leaf.value if isinstance(leaf.value, str) else leaf.shown
    fold = _FOLDED.get(condition.field, normal if leaf.is_free else str)
    return PREDICATES[condition.field].agree(condition.wanted, (fold(text),))


def _asked(demand: _Demand, *, met: bool) -> Asked:
    condition = demand.condition
    return Asked(
        rule=demand.rule,
        condition=condition.field,
        relation=condition.relation,
        wanted=condition.wanted,
        met=met,
    )


def _state(asks: Sequence[Asked]) -> str:
    if not asks:
        return NOT_CONSTRAINED
    return MET if all(asked.met for asked in asks) else NOT_MET


def _each_once(asks: Iterable[Asked]) -> tuple[Asked, ...]:
    """Drop what several steps of a script ask alike."""
    return tuple(dict.fromkeys(asks))


def _change(old: str | None, new: str) -> str:
    if old is None:
        return "new"
    return "same" if old == new else "changed"


def _is_secret(leaf: Leaf) -> bool:
    """Tell a value that is a credential by key and look; a command is none, whatever its key."""
    if not (leaf.is_free and isinstance(leaf.value, str)):
        return False
    return looks_raw(leaf.value) and any(map(names_a_credential, leaf.keys))


def _removed_rows(found: Iterable[Leaf], previous: Iterable[Leaf]) -> Iterator[ReviewRow]:
    kept = {leaf.path for leaf in found}
    for leaf in previous:
        if leaf.path not in kept:
            yield ReviewRow(
                group=leaf.group,
                field=leaf.path,
                change="removed",
                previous=leaf.shown,
                is_secret=_is_secret(leaf),
            )


def _absent_rows(demands: _Demands, present: Container[_Key]) -> Iterator[ReviewRow]:
    """Show the conditions about which no field says anything: met by what is not there."""
    for (step, field), asked in demands.items():
        alone = [
            one
            for one in asked
            if field == _FIELDS[one.condition.field][0]
            and not _has_field(one.condition, step, present)
        ]
        if not alone:
            continue
        asks = [_asked(one, met=one.condition.met) for one in alone]
        yield ReviewRow(
            group=_GROUP_OF.get(field.partition("[")[0], "who"),
            field=f"script.steps[{step}].{field}" if step else field,
            value=", ".join(dict.fromkeys(text for one in alone for text in one.condition.found)),
            state=_state(asks),
            asks=_each_once(asks),
        )


def _has_field(condition: Condition, step: str, present: Container[_Key]) -> bool:
    return any((step, field) in present for field in _FIELDS[condition.field])


def _check_rows(calls: Iterable[Call]) -> Iterator[ReviewRow]:
    """Show each check that a rule sets: which verdict it demands, if any, and what it looked at."""
    for call in calls:
        place = f"step {call.step} " if call.step else ""
        for rule, check in call.checks:
            if check.state == "not_set":
                continue
            demands = (_Demand(rule, condition) for condition in check.conditions)
            codes = ", ".join(check.reason_codes)
            yield ReviewRow(
                group="check",
                field=f"{place}{check.name}",
                value=f"{check.verdict}: {codes}" if codes else check.state,
                state=NOT_MET if check.state == "raised" else MET,
                asks=tuple(_asked(demand, met=demand.condition.met) for demand in demands),
            )
