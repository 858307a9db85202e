"""The checks of what a call reaches: data flow, endpoints, destruction (gate.md 3.4 (1, 2, 8)).

Each target is judged again alone, so that the rows name those that fail and no others.
"""

from collections.abc import Callable, Iterator
from typing import Final

import msgspec
from msgspec import UNSET

from gait_engine.contract.answers.policyexplain import Condition
from gait_engine.contract.intent import TARGET_KINDS, ArgProvenance, NormalIntent, Target
from gait_engine.contract.policy import Policy, Rule, Texts
from gait_engine.gate.circumstances import Circumstances
from gait_engine.gate.dataflow import judge_dataflow
from gait_engine.gate.endpoint import judge_endpoint
from gait_engine.gate.evaluate import evaluate
from gait_engine.gate.explain.rows import NOT_SET, Seen, condition
from gait_engine.gate.sandbox import sandbox_decision
from gait_engine.gate.verdicts import NOTHING, Finding

_DESTINATIONS: Final = ("destination_kinds", "destination_values", "destination_operations")
_NEUTRAL: Final = "-"


def _path(target: Target) -> str:
    return target.value if target.kind == "path" else ""


def _domain(target: Target) -> str:
    is_on_a_network = target.endpoint_domain or target.kind in ("url", "host")
    return (target.endpoint_domain or target.value) if is_on_a_network else ""


def _egress(target: Target) -> str:
    return target.endpoint_class if target.endpoint_class.startswith("net.") else ""


def _destruction(target: Target) -> str:
    return " ".join(filter(None, (target.operation, target.value))) if target.destructive else ""


_LIMITS: Final[tuple[tuple[str, str, str, Callable[[Target], str]], ...]] = (
    ("path_denylist", "none_of", "endpoint_path_denied", _path),
    ("path_allowlist", "any_of", "endpoint_path_not_allowlisted", _path),
    ("domain_denylist", "none_of", "endpoint_domain_denied", _domain),
    ("domain_allowlist", "any_of", "endpoint_domain_not_allowlisted", _domain),
    ("egress_classes", "any_of", "endpoint_egress_class_not_allowed", _egress),
    ("destructive_action", "none_of", "endpoint_destructive_operation", _destruction),
)
"""The limits of an endpoint: option, relation, its reason, what of a target it is about."""


def see_dataflow(rule: Rule, intent: NormalIntent, _: Circumstances) -> Seen:
    """See whether tainted data is on its way to a destination."""
    flow = rule.dataflow
    if not flow.enabled:
        return NOT_SET
    sources = [entry.source for entry in intent.arg_provenance]
    reached = [f"{t.kind} {t.value}" for t in intent.targets if _is_destination(rule, intent, t)]
    return Seen(
        judge_dataflow(rule, intent),
        (
            condition(
                "tainted_sources",
                flow.tainted_sources,
                sources,
                met=not set(sources) & set(flow.tainted_sources),
                relation="none_of",
            ),
            condition(
                "destinations",
                tuple(_destinations(rule, intent)),
                reached or [f"{target.kind} {target.value}" for target in intent.targets],
                met=not reached,
                relation="none_of",
            ),
        ),
    )


def see_endpoint(rule: Rule, intent: NormalIntent, _: Circumstances) -> Seen:
    """See every limit that is set, with the targets outside it."""
    if not rule.endpoint.enabled:
        return NOT_SET
    named = msgspec.structs.replace(rule.endpoint, reason_code=_NEUTRAL, violation=_NEUTRAL)
    probe = msgspec.structs.replace(rule, endpoint=named)
    reasons = [_reasons(probe, intent, target) for target in intent.targets]
    rows = tuple(_limit_rows(rule, intent.targets, reasons))
    return Seen(judge_endpoint(rule, intent), rows)


def see_destruction(rule: Rule, intent: NormalIntent, around: Circumstances) -> Seen:
    """See whether a target is destructive, and whether a proven sandbox makes up for it."""
    bare = Rule(name=_NEUTRAL, effect="allow", reason_codes=(_NEUTRAL,))
    contained = msgspec.structs.replace(bare, sandbox=rule.sandbox)
    free = evaluate(Policy(rules=(bare,)), intent, around)
    held = evaluate(Policy(rules=(contained,)), intent, around)
    codes = set(free.reason_codes) & set(held.reason_codes) - {_NEUTRAL}
    destructive = [_destruction(target) for target in intent.targets]
    row = condition(
        "targets", ("destructive",), destructive, met=not any(destructive), relation="none_of"
    )
    phase = condition(
        "phase", ("plan",), (intent.context.phase,), met=intent.context.phase == "plan"
    )
    sandbox = condition(
        "sandbox",
        ("valid, every target proc.exec",),
        (_sandbox_status(rule, intent),),
        met=bool(any(destructive) and not codes),
    )
    rows = (row, phase, sandbox) if any(destructive) else (row,)
    return Seen(Finding(free.verdict, tuple(sorted(codes))) if codes else NOTHING, rows)


def _sandbox_status(rule: Rule, intent: NormalIntent) -> str:
    if not rule.sandbox.enabled:
        return ""
    return sandbox_decision(rule.sandbox, intent.context.sandbox).status


def _is_destination(rule: Rule, intent: NormalIntent, target: Target) -> bool:
    """Ask the judge about one target, were the data tainted."""
    tainted = tuple(
        ArgProvenance(arg_path="$", source=source) for source in rule.dataflow.tainted_sources
    )
    alone = msgspec.structs.replace(intent, targets=(target,), arg_provenance=tainted)
    return judge_dataflow(rule, alone) != NOTHING


def _destinations(rule: Rule, intent: NormalIntent) -> Iterator[str]:
    """Name what a destination is: a target that fits every line."""
    lists = [(name.removeprefix("destination_"), getattr(rule.dataflow, name))
             for name in _DESTINATIONS]  # fmt: skip
    if not any(listed for _, listed in lists):
        kinds = [k for k in TARGET_KINDS if _is_destination(rule, intent, Target(kind=k))]
        lists = [("kinds", tuple(kinds))]
    for name, listed in lists:
        if listed:
            yield f"{name}: {', '.join(listed)}"


def _reasons(rule: Rule, intent: NormalIntent, target: Target) -> Texts:
    alone = msgspec.structs.replace(intent, targets=(target,), script=UNSET)
    return judge_endpoint(rule, alone).reasons


def _limit_rows(
    rule: Rule, targets: tuple[Target, ...], reasons: list[Texts]
) -> Iterator[Condition]:
    for option, relation, code, part in _LIMITS:
        wanted = getattr(rule.endpoint, option)
        if not wanted:
            continue
        outside = [
            part(target) or target.value
            for target, found in zip(targets, reasons, strict=True)
            if code in found
        ]
        yield condition(
            option,
            ("destructive",) if option == "destructive_action" else wanted,
            outside or map(part, targets),
            met=not outside,
            relation=relation,
        )
