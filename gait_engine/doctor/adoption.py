"""What adoption events say together: how far a team got, how fast, what is missing (scout.md 5)."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import UNSET, UnsetType

from gait_engine.contract.doctor import (
    ActivationMedians,
    ActivationTiming,
    AdoptionReport,
    CommandCount,
    Milestone,
    SkillWorkflow,
)
from gait_engine.contract.scout import AdoptionEvent
from gait_engine.host import Host
from gait_engine.wire.timestamps import EPOCH_1980, ZERO, to_ns

_STEPS: Final = {
    "A1": "gait demo",
    "A2": "gait verify <run_id>",
    "A3": "gait regress init --from <run_id>",
    "A4": "gait regress run",
}
_MILESTONES: Final = (*_STEPS, "E1", "E2", "E3")
_WORKFLOWS: Final = {
    "gait-capture-runpack": ("run record", "verify"),
    "gait-incident-to-regression": ("regress init", "regress run", "regress bootstrap"),
    "gait-policy-test-rollout": ("policy test", "policy simulate", "gate eval"),
}
_WORKFLOW_OF: Final = {c: workflow for workflow, own in _WORKFLOWS.items() for c in own}
_MS_NS: Final = 10**6

Events = Sequence[AdoptionEvent]


def adoption_report(events: Events, source: str, host: Host) -> AdoptionReport:
    """Sum up events, in whatever order they stand; their times are UTC."""
    times = sorted((event.created_at for event in events), key=to_ns)
    tags = {tag for event in events for tag in event.milestones}
    missing = [step for step in _STEPS if step not in tags]
    succeeded = sum(event.success for event in events)
    return AdoptionReport(
        created_at=times[-1] if times else EPOCH_1980,
        producer_version=host.producer_version,
        source=source,
        total_events=len(events),
        success_events=succeeded,
        failed_events=len(events) - succeeded,
        first_event_at=times[0] if times else ZERO,
        last_event_at=times[-1] if times else ZERO,
        commands=_commands(events),
        milestones=tuple(Milestone(name=n, achieved=n in tags) for n in _MILESTONES),
        activation_timing_ms=_timing(events),
        activation_medians_ms=_medians(events),
        skill_workflows=_workflows(events),
        activation_complete=not missing,
        blockers=tuple(f"missing {step}: run `{_STEPS[step]}`" for step in missing),
    )


def _commands(events: Events) -> tuple[CommandCount, ...]:
    totals = Counter(event.command for event in events)
    succeeded = Counter(event.command for event in events if event.success)
    return tuple(
        CommandCount(
            command=command,
            total=total,
            success=succeeded[command],
            failure=total - succeeded[command],
        )
        for command, total in sorted(totals.items())
    )


def _timing(events: Events) -> ActivationTiming | UnsetType:
    """Measure from the first event of all to the first success of each step."""
    first_ns = min((to_ns(event.created_at) for event in events), default=0)
    reached = {
        step.lower(): (min(times) - first_ns) // _MS_NS
        for step in _STEPS
        if (times := [to_ns(event.created_at) for event in _successes(events, step)])
    }
    return ActivationTiming(**reached) if reached else UNSET


def _medians(events: Events) -> ActivationMedians | UnsetType:
    demo = [event.elapsed_ms for event in _successes(events, "A1")]
    regress = [event.elapsed_ms for event in _successes(events, "A4")]
    if not demo and not regress:
        return UNSET
    return ActivationMedians(
        m1_demo_elapsed_ms=_median(demo) if demo else UNSET,
        m2_regress_run_elapsed_ms=_median(regress) if regress else UNSET,
    )


def _successes(events: Events, tag: str) -> Iterable[AdoptionEvent]:
    return (event for event in events if event.success and tag in event.milestones)


def _workflows(events: Events) -> tuple[SkillWorkflow, ...]:
    """Sum up the workflows that skills drive; an event may name its own."""
    by_workflow: dict[str, list[AdoptionEvent]] = defaultdict(list)
    for event in events:
        by_workflow[event.workflow_id or _WORKFLOW_OF.get(event.command, "")].append(event)
    return tuple(_workflow(name, by_workflow[name]) for name in _WORKFLOWS if name in by_workflow)


def _workflow(name: str, events: Events) -> SkillWorkflow:
    codes = Counter(event.exit_code for event in events if not event.success)
    succeeded, total = len(events) - codes.total(), len(events)
    return SkillWorkflow(
        workflow=name,
        total=total,
        success=succeeded,
        failure=codes.total(),
        success_rate=succeeded // total if succeeded in (0, total) else succeeded / total,
        median_runtime_ms=_median([event.elapsed_ms for event in events]),
        most_common_failure_code=min(codes, key=lambda code: (-codes[code], code), default=0),
    )


def _median(values: list[int]) -> int:
    """Return the middle value; the whole part of the mean of the middle two."""
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) // 2
