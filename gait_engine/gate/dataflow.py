"""Tainted data on its way to a destination (gate.md 3.4 (1)).

A rule that blocks goes on blocking whatever this constraint asks for.
"""

from typing import Final

from gait_engine.contract.intent import NormalIntent, Target
from gait_engine.contract.policy import Dataflow, Rule
from gait_engine.gate.verdicts import NOTHING, Finding

_EGRESS_KINDS: Final = frozenset({"host", "url", "bucket", "queue", "topic"})


def judge_dataflow(rule: Rule, intent: NormalIntent) -> Finding:
    """Find an argument of tainted origin beside a target that is a destination."""
    dataflow = rule.dataflow
    if not dataflow.enabled or not _is_tainted(dataflow, intent):
        return NOTHING
    if not any(_is_destination(dataflow, target) for target in intent.targets):
        return NOTHING
    return Finding(dataflow.action, (dataflow.reason_code,), (dataflow.violation,))


def _is_tainted(dataflow: Dataflow, intent: NormalIntent) -> bool:
    return any(entry.source in dataflow.tainted_sources for entry in intent.arg_provenance)


def _is_destination(dataflow: Dataflow, target: Target) -> bool:
    conditions = (
        (dataflow.destination_kinds, target.kind),
        (dataflow.destination_values, target.value),
        (dataflow.destination_operations, target.operation),
    )
    if not any(listed for listed, _ in conditions):
        return target.kind in _EGRESS_KINDS
    return all(not listed or found in listed for listed, found in conditions)
