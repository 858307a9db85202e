"""Changes of what is asked, when, and with which evidence, that may change a verdict."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import Condition, PolicyExplainAnswer
from gait_engine.contract.intent import (
    WRKR_AUTONOMY_LEVEL,
    WRKR_DATA_CLASS,
    WRKR_ENDPOINT_CLASS,
    WRKR_TOOL_NAME,
    AgentIdentity,
    ArgProvenance,
    IntentRequest,
    Script,
    Step,
)
from gait_engine.contract.policy import HIGH_RISK_FIELDS
from gait_engine.gate.explain.case import (
    MOST_VALUES,
    PLAIN,
    Candidate,
    Case,
    Surroundings,
    raised,
)
from gait_engine.gate.prepare import with_auth
from gait_engine.wire.text import normal

_GIVEN: Final[Mapping[str, object]] = {
    "agent_identity": AgentIdentity(),
    "credential_source": "env",
    "credential_access_type": "jit",
    "credential_ttl_seconds": 300,
}
"""What stands for a fact that is given, where a mere word would not do."""


class _Place(NamedTuple):
    """A call within an intent as it is written."""

    request: IntentRequest
    step: int = PLAIN

    @property
    def call(self) -> IntentRequest | Step:
        script = self.request.script
        return self.request if self.step == PLAIN or script is UNSET else script.steps[self.step]

    @property
    def path(self) -> str:
        return "$" if self.step == PLAIN else f"$.script.steps[{self.step}]"


class _Setter(NamedTuple):
    """How an intent is made to meet a condition; `edit` answers None where it cannot."""

    where: str
    edit: Callable[[_Place, str], IntentRequest | None]


def intent_candidates(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Yield changes, those first that are nearest to hand."""
    yield from _given_facts(case, around)
    yield _other_phase(case)
    yield from _evidence(case, around)
    yield from _after_freeze(case, around)
    yield from _agents_and_credentials(case, around)
    yield from _untainted(case, around)
    for step, rule, lacking in around.near.rows:
        yield from _meeting(case, _Place(case.request, step), lacking, rule)


def _given_facts(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Give all missing facts at once, where they are plain members of the context."""
    missing = _missing_facts(around.answer)
    if missing and set(missing) <= set(HIGH_RISK_FIELDS):
        given = {name: _GIVEN.get(name, "given") for name in missing}
        request = _in_context(case.request, **given)
        change = f"the context gave {', '.join(missing)}"
        yield Candidate("intent", change, case._replace(request=request), "$.context")


def _missing_facts(answer: PolicyExplainAnswer) -> list[str]:
    """Name what keeps the rules from being asked."""
    closed = answer.fail_closed
    if not closed.stops:
        return []
    return [fact.field for fact in closed.facts if not fact.present]


def _other_phase(case: Case) -> Candidate:
    phase = "apply" if normal(case.request.context.phase) == "plan" else "plan"
    request = _in_context(case.request, phase=phase)
    return Candidate(
        "intent", "phase were", case._replace(request=request), "$.context.phase", phase
    )


def _evidence(case: Case, around: Surroundings) -> Iterator[Candidate]:
    checks = [name for decider in around.deciders for name in raised(decider)]
    if "context_evidence" in (*_missing_facts(around.answer), *checks):
        change = "a context envelope proved the context, required and fresh"
        yield Candidate("context_envelope", change, case._replace(has_evidence=True))


def _after_freeze(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Wait for the end of each freeze that is active."""
    for decider in around.deciders:
        freeze = decider.outcome.freeze_window
        if freeze is not UNSET and freeze.status == "active":
            change = f"it were evaluated when the freeze {freeze.window_name} ends,"
            yield Candidate(
                "time",
                change,
                case._replace(around=case.around._replace(at=freeze.window_end)),
                value=freeze.window_end,
                rule=decider.rule.name,
            )


def _agents_and_credentials(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Use another agent or credential, of those that a deciding rule names."""
    for decider in around.deciders:
        rows = (row for check in decider.outcome.checks for row in check.conditions)
        for row in rows:
            field = _CLAIMS_BY_OPTION.get(row.field, "")
            for value in row.wanted[:MOST_VALUES] if field and not row.met else ():
                typed = int(value) if field == "credential_ttl_seconds" else value
                request = _in_context(case.request, **{field: typed})
                yield _candidate(case, request, f"$.context.{field}", value, decider.rule.name)


def _untainted(case: Case, around: Surroundings) -> Iterator[Candidate]:
    """Let every argument that a deciding rule minds come from the user."""
    for decider in around.deciders:
        minded = set(decider.rule.match.provenance_sources)
        if "dataflow" in raised(decider):
            minded.update(decider.rule.dataflow.tainted_sources)
        if minded:
            yield Candidate(
                "intent",
                f"no argument came from {' or '.join(sorted(minded))} but from the user",
                case._replace(request=_from_the_user(case.request, minded)),
                "$.arg_provenance",
                rule=decider.rule.name,
            )


def _from_the_user(request: IntentRequest, minded: set[str]) -> IntentRequest:
    script = request.script
    steps = () if script is UNSET else script.steps
    for index, step in enumerate(steps):
        entries = _all_from_the_user(step.arg_provenance, minded)
        request = _rewritten(_Place(request, index), arg_provenance=entries)
    entries = _all_from_the_user(request.arg_provenance, minded)
    return msgspec.structs.replace(request, arg_provenance=entries)


def _all_from_the_user(
    entries: tuple[ArgProvenance, ...], minded: set[str]
) -> tuple[ArgProvenance, ...]:
    return tuple(
        msgspec.structs.replace(entry, source="user") if normal(entry.source) in minded else entry
        for entry in entries
    )


def _meeting(case: Case, place: _Place, lacking: Condition, rule: str) -> Iterator[Candidate]:
    setter = _SETTERS.get(lacking.field)
    if setter is None:
        return
    for value in lacking.wanted[:MOST_VALUES]:
        request = setter.edit(place, value)
        if request is not None:
            yield _candidate(case, request, setter.where.replace("@", place.path), value, rule)


def _candidate(case: Case, request: IntentRequest, where: str, value: str, rule: str) -> Candidate:
    change = f"{where.removeprefix('$.')} were"
    return Candidate("intent", change, case._replace(request=request), where, value, rule)


def _rewritten(place: _Place, **fields: object) -> IntentRequest:
    """Return the intent with some members of the call replaced."""
    script = place.request.script
    if place.step == PLAIN or script is UNSET:
        return msgspec.structs.replace(place.request, **fields)
    step = msgspec.structs.replace(script.steps[place.step], **fields)
    steps = (*script.steps[: place.step], step, *script.steps[place.step + 1 :])
    return msgspec.structs.replace(place.request, script=Script(steps=steps))


def _in_context(request: IntentRequest, **fields: object) -> IntentRequest:
    context = msgspec.structs.replace(request.context, **fields)
    return msgspec.structs.replace(request, context=context)


def _call_member(field: str) -> _Setter:
    return _Setter(f"@.{field}", lambda place, value: _rewritten(place, **{field: value}))


def _context_member(field: str) -> _Setter:
    return _Setter(
        f"$.context.{field}", lambda place, value: _in_context(place.request, **{field: value})
    )


def _target_member(field: str, *, is_switch: bool = False) -> _Setter:
    def edit(place: _Place, value: str) -> IntentRequest | None:
        targets = place.call.targets
        # a class that is inferred would be no change of what is asked, only a lie about it
        if not targets or (field == "endpoint_class" and not targets[0].endpoint_class):
            return None
        typed = value == "true" if is_switch else value
        return _rewritten(
            place, targets=(msgspec.structs.replace(targets[0], **{field: typed}), *targets[1:])
        )

    return _Setter(f"@.targets[0].{field}", edit)


def _skill_member(field: str) -> _Setter:
    def edit(place: _Place, value: str) -> IntentRequest | None:
        skill = place.request.skill_provenance
        if skill is UNSET:
            return None
        changed = msgspec.structs.replace(skill, **{field: value})
        return msgspec.structs.replace(place.request, skill_provenance=changed)

    return _Setter(f"$.skill_provenance.{field}", edit)


def _auth_member(key: str) -> _Setter:
    def edit(place: _Place, value: str) -> IntentRequest:
        context = with_auth(place.request.context, {key: value})
        return msgspec.structs.replace(place.request, context=context)

    return _Setter(f"$.context.auth_context.{key}", edit)


def _add_provenance(place: _Place, value: str) -> IntentRequest:
    entry = ArgProvenance(arg_path="$", source=value)
    return _rewritten(place, arg_provenance=(*place.call.arg_provenance, entry))


def _delegate_scope(place: _Place, value: str) -> IntentRequest | None:
    delegation = place.request.delegation
    if delegation is UNSET:
        return None
    changed = msgspec.structs.replace(delegation, scope_class=value)
    return msgspec.structs.replace(place.request, delegation=changed)


_CLAIMS_BY_OPTION: Final = {
    "allowed_agent_ids": "agent_id",
    "allowed_credential_sources": "credential_source",
    "allowed_credential_issuers": "credential_issuer",
    "allowed_credential_access_types": "credential_access_type",
    "require_jit_credential": "credential_access_type",
    "max_credential_ttl_seconds": "credential_ttl_seconds",
}
_SETTERS: Final[Mapping[str, _Setter]] = {
    "tool_names": _call_member("tool_name"),
    "risk_classes": _context_member("risk_class"),
    "identities": _context_member("identity"),
    "workspace_prefixes": _context_member("workspace"),
    "target_kinds": _target_member("kind"),
    "target_values": _target_member("value"),
    "endpoint_classes": _target_member("endpoint_class"),
    "discovery_method": _target_member("discovery_method"),
    "data_classes": _target_member("sensitivity"),
    "destination_kinds": _target_member("kind"),
    "destination_values": _target_member("value"),
    "destination_operations": _target_member("operation"),
    "tool_annotations.readOnlyHint": _target_member("read_only_hint", is_switch=True),
    "tool_annotations.destructiveHint": _target_member("destructive_hint", is_switch=True),
    "tool_annotations.idempotentHint": _target_member("idempotent_hint", is_switch=True),
    "tool_annotations.openWorldHint": _target_member("open_world_hint", is_switch=True),
    "skill_publishers": _skill_member("publisher"),
    "skill_sources": _skill_member("source"),
    "provenance_sources": _Setter("@.arg_provenance[].source", _add_provenance),
    "context_tool_names": _auth_member(WRKR_TOOL_NAME),
    "context_data_classes": _auth_member(WRKR_DATA_CLASS),
    "context_endpoint_classes": _auth_member(WRKR_ENDPOINT_CLASS),
    "context_autonomy_levels": _auth_member(WRKR_AUTONOMY_LEVEL),
    "delegation_scopes": _Setter("$.delegation.scope_class", _delegate_scope),
}
"""Conditions that one change of the intent can meet; `@` stands for the path of the call."""
