"""The part of the bridge that writes: a plan first, then the same command without its dry run."""

from collections.abc import Callable
from functools import partial
from typing import Final, NamedTuple

from gait_engine.api.shapes import Answer, WritePlan
from gait_engine.host import Host
from gait_tui import commands
from gait_tui.bridge import Bridge
from gait_tui.commands import Query, argv, dry_argv
from gait_tui.models.act import Act
from gait_tui.readings import Outcome


class Plan(NamedTuple):
    """What a command would write under a name, as the engine says."""

    query: Query
    outcome: Outcome[WritePlan]

    @property
    def answer(self) -> WritePlan | None:
        """The plan; None where the command would be refused."""
        return self.outcome.answer

    @property
    def is_free(self) -> bool:
        """Tell whether the command may be run: it would overwrite nothing it makes."""
        return self.answer is not None and not self.answer.is_taken


def query_of(act: Act, name: str, against: tuple[str, ...] = ()) -> Query:
    """Spell an act; an empty name leaves the choice to the engine."""
    targets = (act.target, name, *against) if name or against else (act.target,)
    return Query(act.kind, targets if act.target else ())


def plan(bridge: Bridge, act: Act, name: str, against: tuple[str, ...] = ()) -> Plan:
    """Ask what the command would write; nothing is written."""
    query = query_of(act, name, against)
    call = partial(_PLANS[act.kind], query.targets, bridge.host)
    return Plan(query, bridge.attempt(dry_argv(query), call))


def first_plan(bridge: Bridge, act: Act) -> Plan:
    """Plan under the name that the engine proposes, or under the free one where that is taken.

    A run to judge that was looked for is named from then on.
    """
    found = plan(bridge, act, "", act.against)
    if not act.target or found.answer is None:
        return found
    named = (found.answer.candidate,) if found.answer.candidate else ()
    return plan(bridge, act, found.answer.free_name, named)


def enact(bridge: Bridge, query: Query) -> Outcome[Answer]:
    """Run the command that was planned."""
    call = partial(_ACTS[query.kind], query.targets, bridge.host)
    return bridge.attempt(argv(query), call)


Targets = tuple[str, ...]


def _name(targets: Targets) -> str:
    return targets[1] if len(targets) > 1 else ""


def _plan_bootstrap(targets: Targets, host: Host) -> WritePlan:
    from gait_engine.api.plans import bootstrap_plan
    from gait_engine.api.regress import PinRequest, SetRequest

    pinning = PinRequest(targets[0], _name(targets), against=targets[2:])
    return bootstrap_plan(pinning, SetRequest(junit=commands.JUNIT), host=host)


def _bootstrap(targets: Targets, host: Host) -> Answer:
    from gait_engine.api.regress import PinRequest, SetRequest, bootstrap

    pinning = PinRequest(targets[0], _name(targets), against=targets[2:], no_overwrite=True)
    return bootstrap(pinning, SetRequest(junit=commands.JUNIT), host=host)


def _plan_rerun(_targets: Targets, host: Host) -> WritePlan:
    from gait_engine.api.plans import run_plan
    from gait_engine.api.regress import RunRequest

    return run_plan(RunRequest(junit=commands.JUNIT), host=host)


def _rerun(_targets: Targets, host: Host) -> Answer:
    from gait_engine.api.regress import RunRequest, run

    return run(RunRequest(junit=commands.JUNIT), host=host)


def _plan_incident(targets: Targets, host: Host) -> WritePlan:
    from gait_engine.api.incident import IncidentRequest
    from gait_engine.api.plans import incident_plan

    return incident_plan(IncidentRequest(targets[0], out=_name(targets)), host=host)


def _incident(targets: Targets, host: Host) -> Answer:
    from gait_engine.api.incident import IncidentRequest, pack

    return pack(IncidentRequest(targets[0], out=_name(targets), no_overwrite=True), host=host)


def _plan_pack(targets: Targets, host: Host) -> WritePlan:
    from gait_engine.api.guard import PackRequest
    from gait_engine.api.plans import guard_plan

    return guard_plan(PackRequest(targets[0], out=_name(targets)), host=host)


def _pack(targets: Targets, host: Host) -> Answer:
    from gait_engine.api.guard import PackRequest, pack

    return pack(PackRequest(targets[0], out=_name(targets), no_overwrite=True), host=host)


_PLANS: Final[dict[str, Callable[[Targets, Host], WritePlan]]] = {
    commands.BOOTSTRAP: _plan_bootstrap,
    commands.RERUN: _plan_rerun,
    commands.INCIDENT_PACK: _plan_incident,
    commands.GUARD_PACK: _plan_pack,
}
_ACTS: Final[dict[str, Callable[[Targets, Host], Answer]]] = {
    commands.BOOTSTRAP: _bootstrap,
    commands.RERUN: _rerun,
    commands.INCIDENT_PACK: _incident,
    commands.GUARD_PACK: _pack,
}
